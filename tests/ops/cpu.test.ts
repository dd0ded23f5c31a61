import { everyOp } from './every';

everyOp('cpu');
