/** Constants of an adaptive path that depend on what a tolerance bounds. */
import type { Accuracy } from '../../../../contract/attribution';

export interface Calibration {
  /** A child at a path's end is unresolved where it carries so many times its sibling (per width in a jump). */
  readonly end: number;
  /** In a region that was found unresolved, the details of leaves are trusted no more than this, whatever their level. */
  readonly narrow: number;
}

/**
 * Over neurons as the reference program has them, so that its grids come out, but for `end`: 3 there, with the same grids; a
 * logarithm of counts stays below that, and its kinks unseen. Over units calibrated on the networks of docs/accuracy.md: where a norm or a
 * ratio stands at the baseline, the details of a layer's units share their sign and shrink by less than a fourth a level.
 */
export const CALIBRATIONS: Readonly<Record<Accuracy['over'], Calibration>> = {
  neurons: { end: 2, narrow: 0 },
  units: { end: 1.8, narrow: 1.2 },
};
