/** Which accuracies are offered, and how long it would take to reach them. */
import { LEAST_TOLERANCE, type Reached } from '../../contract/attribution';

/** Tolerances that are offered; any other can be typed. */
export const TOLERANCES = [0.05, 0.02, 0.01, 0.005, 0.001] as const;

/** The next of them below what was reached, at most so many. Below the least there is nothing. */
export const nextTolerances = (estimate: number, most = 2): number[] =>
  [...TOLERANCES, LEAST_TOLERANCE].filter((tolerance) => tolerance < 0.95 * estimate).slice(0, most);

/** How an estimate has fallen: walks so far, and what it was by then. */
export interface Fallen {
  readonly walks: number;
  readonly estimate: number;
}

/** An error falls as walks to the power of this: on rough paths as 1/n, where few kinks matter three times as fast. */
const SLOWEST = 1;
const USUAL = 1.5;
const QUICKEST = 3;

/** By which power of the walks an estimate has fallen lately; the usual one before that can be told. */
export function powerOf(fallen: readonly Fallen[]): number {
  const last = fallen.at(-1);
  const before = last && fallen.findLast(({ walks }) => walks * 1.4 <= last.walks);
  if (!last || !before || !(last.estimate < before.estimate)) return last && before ? SLOWEST : USUAL;
  const power = Math.log(before.estimate / last.estimate) / Math.log(last.walks / before.walks);
  return Math.min(QUICKEST, Math.max(SLOWEST, power));
}

/**
 * About how long it takes to go on, ms.
 * @param durationMs what was spent on the way so far
 * @param anew whether that has to be spent again
 */
export function aboutMs(
  { estimate }: Pick<Reached, 'estimate'>,
  tolerance: number,
  durationMs: number,
  power: number,
  anew: boolean,
): number {
  const times = Math.max(1, estimate / tolerance) ** (1 / power);
  return durationMs * (anew ? times : times - 1);
}

/** How far an estimate has fallen from nothing known towards what was asked, 0 to 1: each halving counts alike. */
export const fallenShare = (estimate: number | null, tolerance: number): number =>
  estimate === null || !(estimate < 1) ? 0 : Math.min(1, Math.log(estimate) / Math.log(Math.min(0.5, tolerance)));
