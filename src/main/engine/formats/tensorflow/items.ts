/** What nodes give while a TensorFlow graph is read: tensors, and what stands for them until they are known. */
import { NotExpressible } from '../tensors/array';
import type { Tensor } from '../tensors/assembly';
import type { Complex } from '../tensors/fourier';
import type { Later } from '../tensors/later';

/** A handle of a variable, passed about like a value. */
export class Handle {
  constructor(readonly name: string) {}
}
/** The output of a SpaceToBatchND. */
export class Spread {
  constructor(
    readonly x: Tensor,
    readonly block: readonly number[],
    readonly paddings: readonly (readonly [number, number])[],
  ) {}
}
/** What lies between a SpaceToBatchND and its BatchToSpaceND: made once the cut is known. */
export class Folded {
  constructor(
    readonly block: readonly number[],
    readonly make: (crops: readonly (readonly [number, number])[]) => Tensor,
  ) {}
}
/** What a branch that is not taken gives. */
export class Untaken {}
/** A list in which a loop collects its steps. */
export class TensorList {
  /** @param items null: not set yet */
  constructor(readonly items: readonly (Tensor | null)[]) {}
}
/** Numbers drawn at random: not below the first, and below the second. */
export class Drawn {
  constructor(
    readonly low: number,
    readonly high: number,
  ) {}
}
/** The bits of a value. */
export class Bits {
  constructor(readonly x: Tensor) {}
}
/** A complex value: two real ones. */
export class ComplexItem implements Complex {
  constructor(
    readonly re: Tensor,
    readonly im: Tensor | null,
  ) {}
}

export type Item = Tensor | Handle | Spread | Folded | TensorList | Drawn | Bits | ComplexItem | Later | Untaken;

export const isTensor = (item: Item): item is Tensor => 'data' in item || 'axes' in item;
export const tensorOf = (item: Item | undefined): Tensor => {
  if (item === undefined || !isTensor(item)) throw new NotExpressible('an input that is no number');
  return item;
};

/** What a branch gives. */
export const tensorsOf = (items: readonly Item[]): readonly Tensor[] =>
  items.map((item) => {
    if (!isTensor(item)) throw new NotExpressible('a branch that gives no numbers');
    return item;
  });
