/** Two runs over the same units: how well do they agree, and where do they not? */
import { rankCorrelation } from './correlation';
import { ranksOf } from './ranks';

/** What of a run is compared: its units' contributions at one example. */
export interface Compared {
  readonly values: Float32Array;
  /** Zero where the method gives no error estimate. */
  readonly errors: Float32Array;
  readonly hasErrors: boolean;
  /** 1 is the largest by absolute value. */
  readonly ranks: Uint32Array;
}

export interface Agreement {
  readonly units: number;
  /** Spearman's rank correlation of the signed values, average ranks where values are equal; NaN below two units. */
  readonly rankCorrelation: number;
  /** Share of units whose sign differs, among those that are larger than both errors. */
  readonly signFlips: readonly number[];
  /** Σ|a − b| / Σ max(|a|, |b|): 0 is equal, 2 is opposite. */
  readonly distance: number;
}

export interface Mover {
  readonly row: number;
  readonly difference: number;
  readonly rankA: number;
  readonly rankB: number;
  /** Whether the difference lies within both errors. */
  readonly withinError: boolean;
}

/** Agreement over `rows` of a ranking, or over all. */
export function agreement(a: Compared, b: Compared, rows: Uint32Array): Agreement {
  const left = Float64Array.from(rows, (row) => a.values[row]!);
  const right = Float64Array.from(rows, (row) => b.values[row]!);
  let difference = 0;
  let size = 0;
  const signFlips: number[] = [];
  rows.forEach((row, at) => {
    difference += Math.abs(left[at]! - right[at]!);
    size += Math.max(Math.abs(left[at]!), Math.abs(right[at]!));
    if (flips(a, b, row)) signFlips.push(row);
  });
  return {
    units: rows.length,
    rankCorrelation: rankCorrelation(left, right),
    signFlips,
    distance: size === 0 ? 0 : difference / size,
  };
}

/** Whether a unit's sign differs, beyond both errors. */
export const flips = (a: Compared, b: Compared, row: number): boolean =>
  a.values[row]! * b.values[row]! < 0 &&
  Math.abs(a.values[row]!) > a.errors[row]! &&
  Math.abs(b.values[row]!) > b.errors[row]!;

/** For k = 1 … limit: which share of the k largest (by size) both runs name. */
export function topOverlap(a: Compared, b: Compared, rows: Uint32Array, limit = 100): number[] {
  const byA = ranksOf(Float32Array.from(rows, (row) => a.values[row]!));
  const byB = ranksOf(Float32Array.from(rows, (row) => b.values[row]!));
  const shares: number[] = [];
  const entersAt = Uint32Array.from(byA, (rank, at) => Math.max(rank, byB[at]!));
  const arrivals = new Uint32Array(rows.length + 2);
  for (const rank of entersAt) arrivals[rank]!++;
  let common = 0;
  for (let k = 1; k <= Math.min(limit, rows.length); k++) {
    common += arrivals[k]!;
    shares.push(common / k);
  }
  return shares;
}

/** The rows whose values differ most. */
export function movers(a: Compared, b: Compared, rows: Uint32Array, limit = 50): Mover[] {
  return [...rows]
    .map((row) => ({ row, difference: b.values[row]! - a.values[row]! }))
    .sort((x, y) => Math.abs(y.difference) - Math.abs(x.difference))
    .slice(0, limit)
    .map(({ row, difference }) => ({
      row,
      difference,
      rankA: a.ranks[row]!,
      rankB: b.ranks[row]!,
      withinError: (a.hasErrors || b.hasErrors) && Math.abs(difference) <= a.errors[row]! + b.errors[row]!,
    }));
}

/** Rows of each layer, where they follow on one another. */
export function rowsByLayer(layers: readonly { readonly units: number }[]): Uint32Array[] {
  let from = 0;
  return layers.map(({ units }) => {
    const rows = Uint32Array.from({ length: units }, (_, index) => from + index);
    from += units;
    return rows;
  });
}
