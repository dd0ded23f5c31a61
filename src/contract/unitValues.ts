/** A unit at many examples, as it crosses to the window: how active it is, where most, and what of the inputs it sees there. */
import type { BackendInfo } from './backends';

/** Elements of a layer that are worked out at once at the most; of larger layers fewer examples are asked about at a time. */
export const MOST_AT_ONCE = 16_000_000;

/** A unit's largest activation over its positions. */
export interface UnitActivations {
  /** By example, in the order in which they were asked for; NaN where one of them is not a number. */
  readonly value: Float32Array;
  /** Its position, counted row by row over the layer's axes but the units'; −1 where the value is no number. */
  readonly position: Int32Array;
  readonly backend: BackendInfo;
}

/** What of one input a unit can see from a position: along each of its axes from and up to (exclusive). */
export interface ReceptiveField {
  readonly input: string;
  readonly from: readonly number[];
  readonly to: readonly number[];
  /** Whether it sees every element in between; else what it sees lies within. */
  readonly exact: boolean;
}
