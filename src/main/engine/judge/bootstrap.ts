/** How far a mean over examples would move with other examples of the kind (percentile bootstrap, Efron 1979). */
import { seededNumbers } from '../attribution/random';

const RESAMPLES = 2000;
/** Examples below which nothing is said of others. */
const FEWEST = 3;

export interface Estimated {
  readonly mean: number;
  /** How many examples tell. */
  readonly known: number;
  readonly interval: { readonly low: number; readonly high: number } | null;
}

/** @param values one for each example; those that are no numbers are left out. @returns null where none is left */
export function meanWithInterval(values: readonly (number | null)[], seed: number): Estimated | null {
  const known = values.filter((value) => value !== null && Number.isFinite(value)) as number[];
  if (known.length === 0) return null;
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  if (known.length < FEWEST) return { mean, known: known.length, interval: null };
  const next = seededNumbers(seed);
  const means = Float64Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let at = 0; at < known.length; at++) sum += known[Math.floor(next() * known.length)]!;
    return sum / known.length;
  }).sort();
  const at = (share: number): number => means[Math.min(RESAMPLES - 1, Math.round(share * (RESAMPLES - 1)))]!;
  return { mean, known: known.length, interval: { low: at(0.025), high: at(0.975) } };
}

export const leavesOutZero = (estimated: Estimated | null): boolean =>
  estimated?.interval != null && (estimated.interval.low > 0 || estimated.interval.high < 0);
