/** What one example tells about a method's scores, beside what units did. */
import { correlation, rankCorrelation } from '../../../contract/correlation';
import type { AskedUnit } from '../../../contract/judgement';

export const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** What units did, asked each way. */
export type Did = Readonly<Record<AskedUnit, Float64Array>>;

export const didOf = (drop: Float64Array, restore: Float64Array): Did => ({
  drop,
  restore,
  mean: drop.map((value, unit) => (value + restore[unit]!) / 2),
});

/** Below this share of the largest, what a unit does has no sign that could agree. */
const SILENT = 1e-3;

/** Share of the units that do something whose score has their sign; NaN where none does. */
export function signAgreement(scores: ArrayLike<number>, did: Float64Array): number {
  const least = SILENT * did.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let same = 0;
  let all = 0;
  did.forEach((value, unit) => {
    if (value === 0 || Math.abs(value) < least) return;
    all++;
    if (Math.sign(scores[unit]!) === Math.sign(value)) same++;
  });
  return same / all;
}

export const MEASURES = {
  pearson: (scores: Float64Array, did: Float64Array) => correlation(scores, did),
  spearman: (scores: Float64Array, did: Float64Array) => rankCorrelation(scores, did),
  signs: signAgreement,
};

/** Units by score, greatest first; equal ones by their number. */
export const orderOf = (scores: ArrayLike<number>): number[] =>
  Array.from(scores, (_, unit) => unit).sort((a, b) => scores[b]! - scores[a]! || a - b);

/** Units whose score another one has too. */
export function tiesOf(scores: ArrayLike<number>): number {
  const seen = new Map<number, number>();
  for (const score of Array.from(scores)) seen.set(score, (seen.get(score) ?? 0) + 1);
  return [...seen.values()].reduce((sum, times) => sum + (times > 1 ? times : 0), 0);
}

/** Counts of curves beyond which not every one is computed. */
const ALL_COUNTS = 256;
const SOME_COUNTS = 64;

/**
 * How many units are out in a curve: every number, or of large layers some, closer together at both ends. With k also U − k is there, so
 * that insertion is the other order's knock-out backwards.
 */
export function countsOf(units: number): number[] {
  if (units <= ALL_COUNTS) return Array.from({ length: units + 1 }, (_, count) => count);
  const half = SOME_COUNTS / 2;
  const counts = new Set<number>([0, units]);
  for (let at = 0; at <= half; at++) {
    const count = Math.round((units / 2 + 1) ** (at / half)) - (at === 0 ? 0 : 1);
    counts.add(Math.min(count, Math.ceil(units / 2))).add(units - Math.min(count, Math.ceil(units / 2)));
  }
  return [...counts].sort((a, b) => a - b);
}

/** Mean over 0 to all units of what is given at some counts, straight between them. */
export function meanOverCounts(counts: readonly number[], values: ArrayLike<number>): number {
  let area = 0;
  for (let at = 1; at < counts.length; at++)
    area += ((values[at]! + values[at - 1]!) / 2) * (counts[at]! - counts[at - 1]!);
  return area / counts.at(-1)!;
}

/** The value at a count, straight between those that were looked at. */
export function atCount(counts: readonly number[], values: ArrayLike<number>, count: number): number {
  const after = counts.findIndex((each) => each >= count);
  if (counts[after] === count) return values[after]!;
  const share = (count - counts[after - 1]!) / (counts[after]! - counts[after - 1]!);
  return values[after - 1]! + share * (values[after]! - values[after - 1]!);
}
