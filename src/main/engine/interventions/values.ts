/** Rows of arrays, and F in them. */
import type { NumericArray } from '../../../contract/attribution';
import { NOT_HERE, type Seed } from '../attribution/path';
import type { ValueId } from '../graph/graph';

/** A view of one row. */
export function rowOf({ shape, data }: NumericArray, row: number): Float32Array {
  const size = data.length / shape[0]!;
  return data.subarray(row * size, (row + 1) * size);
}

/** Where F lies for a pair: the first of its terms. */
export const placeOf = (seeds: readonly Seed[], pair: number): { readonly value: ValueId; readonly index: number } => {
  const { value, index } = seeds.find((seed) => seed.index[pair] !== NOT_HERE)!;
  return { value, index: index[pair]! };
};

/** F of one row. @param values of a value's row */
export function targetOf(seeds: readonly Seed[], values: (id: ValueId) => Float32Array, pair: number): number {
  let sum = 0;
  for (const { value, index, sign } of seeds) if (index[pair] !== NOT_HERE) sum += sign * values(value)[index[pair]!]!;
  return sum;
}

/**
 * The class that a row's values tell: the place of the largest along the last axis, where F's place lies in it; of one value alone its sign.
 * @param index F's place, flat
 */
export function classOf(values: Float32Array, index: number, classes: number): number {
  if (classes === 1) return values[index]! > 0 ? 1 : 0;
  const first = index - (index % classes);
  let best = first;
  for (let at = first; at < first + classes; at++) if (values[at]! > values[best]!) best = at;
  return best;
}
