/** The adaptive path on a device: the reference nets in float32, against their float64 truth and the grids of the float64 twin. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_ACCURACY, type Accuracy, type RunResult } from '../../../src/contract/attribution';
import { attribute, type AttributionOptions } from '../../../src/main/engine/attribution';
import type { Device } from '../../../src/main/engine/backends';
import { hold, letGo } from '../../device';
import { CASES, openCase, truthOf, type ReferenceCase } from '../cases';

let device: Device;
beforeAll(async () => {
  device = await hold();
});
afterAll(letGo);

const run = async (
  { graph, request }: ReferenceCase,
  accuracy: Accuracy,
  options: AttributionOptions = {},
  change: object = {},
): Promise<RunResult> => (await attribute(device, graph, { ...request, ...change, accuracy }, options))[0]!;

/** L1 error over a layer's entries as a share of the truth's Σ| |, for one example. */
function apart(have: Float32Array, want: Float32Array, example: number, examples: number): number {
  const size = want.length / examples;
  let difference = 0;
  let total = 0;
  for (let at = example * size; at < (example + 1) * size; at++) {
    difference += Math.abs(have[at]! - want[at]!);
    total += Math.abs(want[at]!);
  }
  return total === 0 ? 0 : difference / total;
}

describe.each(CASES)('%s', (name) => {
  it.each([0.05, 0.02, 0.01])('reaches %s over neurons', async (tolerance) => {
    const opened = await openCase(name);
    const before = tf.memory().numTensors;
    const result = await run(opened, { ...DEFAULT_ACCURACY, tolerance, over: 'neurons', mostWalks: null });
    expect(tf.memory().numTensors).toBe(before);
    const examples = result.examples.length;
    for (const [place, { reached }] of result.adaptive!.examples.entries()) {
      const worst = Math.max(
        ...result.layers.map((layer) => {
          const truth = truthOf(opened, 'nig', layer.name);
          return truth ? apart(layer.contributions, truth.data, place, examples) : 0;
        }),
      );
      expect(reached).toBe(true);
      expect(worst).toBeLessThan(tolerance);
    }
    for (const { residual } of result.layers)
      residual?.forEach((value, place) =>
        expect(Math.abs(value)).toBeLessThan(1e-4 * Math.abs(result.delta[place]!) + 1e-5),
      );
  });
});
