/** Arguments of a call that are no JSON: places of tensors, slices, the ellipsis. */

/** The tensor or array that is the call's n-th input. */
export class Operand {
  constructor(readonly place: number) {}
}

/** Python's `start:stop:step`. */
export class Slice {
  constructor(
    readonly start: unknown,
    readonly stop: unknown,
    readonly step: unknown,
  ) {}
}

/** Python's `...`. */
export const ELLIPSIS = Symbol('...');
