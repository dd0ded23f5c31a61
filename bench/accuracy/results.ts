/** What is measured of one network: a file of `results/` each. */
import type { Accuracy } from '../../src/contract/attribution';

export const TOLERANCES = [0.05, 0.02, 0.01, 0.001] as const;

/** Of one tolerance over all examples of a network. */
export interface Reach {
  readonly tolerance: number;
  readonly over: Accuracy['over'];
  readonly walks: readonly number[];
  /** What the worst layer's error truly is, and what is said of it; shares. */
  readonly truly: readonly number[];
  readonly said: readonly number[];
  readonly stopped: readonly string[];
  /** Of the layers of all examples, in how many the truth is within the estimate; and within twice of it. */
  readonly layers: number;
  readonly layersCovered: number;
  readonly layersWithinTwice: number;
  /** Units whose true error is within their estimate: all, and the largest tenth of each layer. */
  readonly units: number;
  readonly unitsCovered: number;
  readonly largest: number;
  readonly largestCovered: number;
  /** Leading units that are said to be certain, over layers and examples, and those among them that truly lead. */
  readonly certain: number;
  readonly certainRight: number;
  readonly ms: number;
}

export interface Even {
  readonly steps: number;
  readonly truly: readonly number[];
  readonly said: readonly number[];
  readonly layers: number;
  readonly layersCovered: number;
  readonly layersWithinTwice: number;
  readonly alarms: number;
  readonly ms: number;
}

export interface Measured {
  readonly net: string;
  readonly what: string;
  readonly examples: number;
  readonly reach: readonly Reach[];
  /** At 50 even steps. */
  readonly even: Even;
  /** Per tolerance and example, the smallest even grid that truly reaches it over neurons; null where none does. */
  readonly smallest: readonly { readonly tolerance: number; readonly steps: readonly (number | null)[] }[];
}
