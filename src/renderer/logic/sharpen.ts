/** Which accuracies are offered, and how an estimate falls towards one. */
import { LEAST_TOLERANCE } from '../../contract/attribution';

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

/** How far an estimate has fallen from nothing known towards what was asked, 0 to 1: each halving counts alike. */
export const fallenShare = (estimate: number | null, tolerance: number): number =>
  estimate === null || !(estimate < 1) ? 0 : Math.min(1, Math.log(estimate) / Math.log(Math.min(0.5, tolerance)));
