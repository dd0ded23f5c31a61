/** How an adaptive path came to its end, with everything that a test does not care about. */
import type { Reached } from '../src/contract/attribution';

export const reached = (change: Partial<Reached> = {}): Reached => ({
  estimate: 0.016,
  layer: 'dense',
  reached: true,
  stopped: 'reached',
  walks: 44,
  points: 39,
  rounds: 3,
  grid: [Float64Array.of(0, 0.5, -0)],
  saved: null,
  ...change,
});
