import { everyOp } from './every';

everyOp('tensorflow');
