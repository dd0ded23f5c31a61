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
  let total = 0;
  for (let i = begin; i < end; i++) total += sums.roots[i]!;
  const mean = total / size;
  const ranking: Ranked = {
    values: new Float64Array(size),
    errors: new Float64Array(size),
    least: new Float64Array(size),
    most: new Float64Array(size),
  };
  const order = falling(values, slice);
  let least = Infinity;
  for (let rank = 0; rank < size; rank++) {
    const i = order[rank]!;
    const value = Math.abs(values[i]!);
    const root = sums.roots[i]!;
    // What is nothing at every point of the path has no error to be seen.
    const dead = value === 0 && root === 0;
    const error = dead ? 0 : ERROR.own * root + ERROR.mean * mean + sums.unresolved[i]!;
    ranking.values[rank] = value;
    ranking.errors[rank] = error;
    least = Math.min(least, value - error);
    ranking.least[rank] = least;
  }
  let most = 0;
  for (let rank = size - 1; rank >= 0; rank--) {
    most = Math.max(most, ranking.values[rank]! + ranking.errors[rank]!);
    ranking.most[rank] = most;
  }
  return ranking;
}

/**
 * A slice's places by |value|, falling; of equals the first. Without a function that compares, sorting takes a third of the time: the
 * order of positive numbers is that of their bits, of which the lowest say where a number stands.
 */
function falling(values: Float64Array, { begin, end }: Slice): Uint32Array {
  const size = end - begin;
  const places = 2 ** Math.ceil(Math.log2(size + 1)) - 1;
  const keys = new Float64Array(size);
  const bits = new Uint32Array(keys.buffer);
  for (let at = 0; at < size; at++) {
    keys[at] = Math.abs(values[begin + at]!);
    bits[2 * at + LOW] = (bits[2 * at + LOW]! & ~places) | (places - at);
  }
  keys.sort();
  return Uint32Array.from(
    { length: size },
    (_, rank) => begin + places - (bits[2 * (size - 1 - rank) + LOW]! & places),
  );
}

/** Which half of a number holds its lowest bits. */
const LOW = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 0 : 1;

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
