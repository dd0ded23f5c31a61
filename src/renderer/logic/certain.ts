/** Which units are certain to be the largest: told apart from those whose place their errors leave open. */
import { isResolved, trustOf, type Trust } from '../../contract/words/accuracy';
import type { RankingColumn } from './ranking';

/**
 * What is shown as ± covers nearly every unit; for an order half of it suffices, since two units rarely err by all of theirs
 * against one another. Of an adaptive path that is what `certain` of a layer is told by.
 */
const OF_ERROR = 0.5;
/** Pairs that are compared at most, some 20 ms: where so many lie within their errors, no more units are called certain. */
const MOST_PAIRS = 5e5;
/** Units nearer than this share of the last that is in may change places. */
const INDIFFERENCE = 0.05;

/**
 * How many of the largest units are certain, one after the other: each so many stand apart from all others by more than
 * their errors.
 * @param layerOf place of each row's layer in the ranking: of one that is not resolved yet no unit is certain
 * @param rows of the column by size, the largest first
 * @returns 0 where the method gives no error
 */
export function certainFirst(
  { values, errors, hasErrors, layers }: RankingColumn,
  layerOf: Uint32Array,
  rows: Uint32Array,
): number {
  if (!hasErrors) return 0;
  const size = (at: number): number => Math.abs(values[rows[at]!]!);
  const error = (at: number): number => OF_ERROR * errors[rows[at]!]!;
  // the largest that each from here on may be, and the smallest that each up to here may be
  const most = new Float64Array(rows.length + 1).fill(-Infinity);
  for (let at = rows.length - 1; at >= 0; at--) most[at] = Math.max(most[at + 1]!, size(at) + error(at));
  const least = new Float64Array(rows.length);
  let pairs = 0;
  for (let last = 0; last < rows.length; last++) {
    const row = rows[last]!;
    if (!isResolved(values[row]!, errors[row]!) || trustOf(layers[layerOf[row]!]!.estimate) === 'unresolved')
      return last;
    least[last] = Math.min(last > 0 ? least[last - 1]! : Infinity, size(last) - error(last));
    const slack = INDIFFERENCE * size(last);
    // two errors together are less than their sum: most are far enough apart by that
    for (let other = last + 1; other < rows.length && least[last]! + slack < most[other]!; other++) {
      const reach = size(other) + error(other) - slack;
      for (let at = last; at >= 0 && least[at]! < reach; at--)
        if (++pairs > MOST_PAIRS || size(at) - size(other) + slack < Math.hypot(error(at), error(other))) return last;
    }
  }
  return rows.length;
}

/** Whether a value may be as large as another one, by their errors. */
export const mayReach = (value: number, error: number, other: number, otherError: number): boolean =>
  other - value < OF_ERROR * Math.hypot(error, otherError);

/** How a unit's error is to be read. */
export interface UnitTrust {
  /** Of its layer's Σ|contribution|. */
  readonly share: number;
  /** As its share says; `unresolved` also where the unit is smaller than its error, or its layer is not resolved yet. */
  readonly trust: Trust;
}

/** Which kinds of trust beside `fine` some rows have: a legend explains these. @param layer of each row of the ranking */
export function trustsOf(
  columns: readonly RankingColumn[],
  layer: ArrayLike<number>,
  rows: Iterable<number>,
): ReadonlySet<Trust> {
  const found = new Set<Trust>();
  for (const row of rows)
    for (const column of columns) {
      const trust = unitTrust(column, layer[row]!, row)?.trust;
      if (trust && trust !== 'fine') found.add(trust);
    }
  return found;
}

/** @param layer place of the unit's layer in the ranking; null where the method gives no error */
export function unitTrust(
  { values, errors, hasErrors, layers }: RankingColumn,
  layer: number,
  row: number,
): UnitTrust | null {
  if (!hasErrors) return null;
  const { total, estimate } = layers[layer]!;
  const share = total > 0 ? errors[row]! / total : 0;
  const open = !isResolved(values[row]!, errors[row]!) || trustOf(estimate) === 'unresolved';
  return { share, trust: open ? 'unresolved' : trustOf(share) };
}
