/** Rounds of an adaptive path, as the engine tells them, for tests of what is shown on the way. */
import { DEFAULT_ACCURACY, type Round } from '../../src/contract/attribution';

/** Round `rounds` of an example: two layers of the model in `stores/models.ts`, sharper with every one. */
export const round = (rounds: number, change: Partial<Round> = {}): Round => ({
  method: 'nig',
  example: 0,
  target: 'y[1]',
  accuracy: DEFAULT_ACCURACY,
  atInput: 4,
  atBaseline: 1,
  estimate: 0.5 / rounds,
  layer: 'a',
  walks: 10 + 4 * rounds,
  rounds,
  layers: [
    {
      name: 'a',
      cut: true,
      units: Float32Array.of(2, 1.5, -0.5 / rounds),
      unitError: Float32Array.of(0.4 / rounds, 0.2 / rounds, 0.4),
      unitsError: 1 / rounds,
      certain: 1,
    },
  ],
  ...change,
});
