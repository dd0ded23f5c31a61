import { everyOp } from './every';

everyOp('wasm');
