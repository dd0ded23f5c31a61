import type { Tensor } from './assembly';

/** One of several outputs, made where something reads it: others are rarely read, and may be what nothing can tell. */
export class Later {
  constructor(readonly make: () => Tensor) {}
}
