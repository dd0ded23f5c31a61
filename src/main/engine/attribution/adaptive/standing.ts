/** How an adaptive path stands. */
import type { Stopped } from '../../../../contract/attribution';
import type { Leaf } from './leaf';

export interface SliceStanding {
  /** Estimated L1 error as a share of Σ|contribution|. */
  readonly share: number;
  /** Σ|contribution|, in units of the target. */
  readonly total: number;
  /** What unresolved leaves bring to `share`. */
  readonly unresolved: number;
  /** Whether the values are extrapolated from the last two levels (Richardson). */
  readonly extrapolated: boolean;
}

export interface Standing {
  readonly walks: number;
  readonly points: number;
  readonly rounds: number;
  readonly leaves: number;
  /** The worst bounded slice's share, and its index. */
  readonly estimate: number;
  readonly worst: number;
  readonly stopped: Exclude<Stopped, 'enough'> | null;
  readonly reached: boolean;
  readonly bounded: readonly SliceStanding[];
  readonly others: readonly SliceStanding[];
  /**
   * Per ranked slice: how many entries by |value|, from the top, are certain: each prefix stands apart from the rest. At least
   * `untilTop` where that many do as a set.
   */
  readonly certain: Int32Array;
  /**
   * Per line, the points in the path's order: α; with the sign bit set, 1 + α counted from the input's side, so that -0 is the
   * input.
   */
  readonly grid: readonly Float64Array[];
}

/** The points of every line in the path's order. */
export function placesOf(leaves: readonly Leaf[], lines: number): Float64Array[] {
  return Array.from({ length: lines }, (_, line) => {
    const of = (side: 0 | 1) => leaves.filter((leaf) => leaf.line === line && leaf.side === side);
    const starts = of(0).map(({ lo }) => lo);
    const ends = of(1).map(({ hi }) => hi);
    return Float64Array.from([...starts.sort((a, b) => a - b), ...ends.sort((a, b) => b - a).map((t) => -t), -0]);
  });
}
