/** Which of a layer's entries are certain to lead it. */
import type { Evaluation } from './estimate';
import type { Slice } from './points';

/** Of an entry's own details, and of the layer's mean. */
const ERROR = { own: 0.75, mean: 0.2 };
/** Entries nearer than this share of the last that is in, or this share of the largest of all, may change places. */
const INDIFFERENCE = { last: 0.05, largest: 1e-3 };
/** While unresolved leaves hold more of a layer, nothing in it is certain. */
const UNRESOLVED_MATTERS = 0.01;

/** A layer's entries by |value|, falling. */
export interface Ranked {
  readonly values: Float64Array;
  readonly errors: Float64Array;
  /** The least value − error up to each, and the largest value + error from each on. */
  readonly least: Float64Array;
  readonly most: Float64Array;
}

/**
 * @param index of the slice in the evaluation
 * @param values of all slices
 */
export function ranked({ sums, slices }: Evaluation, index: number, slice: Slice, values: Float64Array): Ranked | null {
  if (slices[index]!.unresolved > UNRESOLVED_MATTERS) return null;
  const { begin, end } = slice;
  const size = end - begin;
  const order = Uint32Array.from({ length: size }, (_, i) => begin + i);
  order.sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!) || a - b);
  const mean = sums.roots.subarray(begin, end).reduce((sum, root) => sum + root, 0) / size;
  const ranking: Ranked = {
    values: new Float64Array(size),
    errors: new Float64Array(size),
    least: new Float64Array(size),
    most: new Float64Array(size),
  };
  order.forEach((i, rank) => {
    const value = Math.abs(values[i]!);
    const root = sums.roots[i]!;
    // What is nothing at every point of the path has no error to be seen.
    const dead = value === 0 && root === 0;
    const error = dead ? 0 : ERROR.own * root + ERROR.mean * mean + sums.unresolved[i]!;
    ranking.values[rank] = value;
    ranking.errors[rank] = error;
    ranking.least[rank] = Math.min(value - error, rank > 0 ? ranking.least[rank - 1]! : Infinity);
  });
  for (let rank = size - 1; rank >= 0; rank--)
    ranking.most[rank] = Math.max(
      ranking.values[rank]! + ranking.errors[rank]!,
      rank + 1 < size ? ranking.most[rank + 1]! : 0,
    );
  return ranking;
}

/** Whether the first k stand apart from all others: each pair by more than their errors, up to the indifference. */
export function separated({ values, errors, least, most }: Ranked, k: number): boolean {
  if (k >= values.length) return true;
  const slack = INDIFFERENCE.last * values[k - 1]! + INDIFFERENCE.largest * values[0]!;
  // Two errors together are less than their sum: most are far enough apart by that.
  for (let j = k; j < values.length && least[k - 1]! + slack < most[j]!; j++) {
    if (least[k - 1]! + slack >= values[j]! + errors[j]!) continue;
    for (let i = 0; i < k; i++) if (values[i]! - values[j]! + slack < Math.hypot(errors[i]!, errors[j]!)) return false;
  }
  return true;
}

/** How many from the top are certain, one after the other. */
export function certainFrom(ranking: Ranked): number {
  let k = 0;
  while (k < ranking.values.length && separated(ranking, k + 1)) k++;
  return k;
}
