/** Every reference case against its literal float64 twin, on every backend that serves researchers. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rule } from '../../src/contract/attribution';
import { attribute } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { CASES, CUTS, openCase, truthOf, worst, type ReferenceCase } from './cases';

const RUNS: readonly (readonly [string, Rule, number])[] = [
  ['secant_8', 'secant', 8],
  ['secant_50', 'secant', 50],
  ['right_16', 'right', 16],
  ['right_50', 'right', 50],
  ['trapezoid_50', 'trapezoid', 50],
  ['rescale', 'secant', 1],
];

describe.each(['tensorflow', 'wasm'] as const)('on %s', (choice) => {
  let device: Device;
  let before = 0;
  beforeAll(async () => {
    device = await hold(choice);
    before = tf.memory().numTensors;
  });
  afterAll(() => expect(tf.memory().numTensors).toBe(before));

  describe.each(CASES)('%s', (name) => {
    let reference: ReferenceCase;
    beforeAll(async () => {
      reference = await openCase(name);
    });

    it.each(RUNS)('%s to 1e-4 of the largest value of every layer', async (run, rule, steps) => {
      const [result] = await attribute(device, reference.graph, { ...reference.request, rule, steps });
      const checked = result!.layers.filter((layer) => {
        const truth = truthOf(reference, run, layer.name);
        if (!truth) return false;
        expect([4, ...layer.shape], layer.name).toEqual(truth.shape);
        expect(worst(layer.contributions, truth.data), layer.name).toBeLessThan(1e-4);
        return true;
      });
      expect(checked.length).toBeGreaterThanOrEqual(CUTS[name].length);
      expect(worst(result!.delta, reference.truth.delta!.data)).toBeLessThan(1e-5);
    });

    it('cuts exactly where its README says', async () => {
      const [result] = await attribute(device, reference.graph, { ...reference.request, steps: 1 });
      expect(result!.layers.filter(({ cut }) => cut).map((layer) => layer.name)).toEqual(CUTS[name]);
    });

    it.each([1, 2, 7, 32, 200])('is complete at every cut with %i secant steps', async (steps) => {
      const [result] = await attribute(device, reference.graph, { ...reference.request, steps });
      for (const layer of result!.layers)
        layer.residual?.forEach((residual, example) =>
          expect(Math.abs(residual / result!.delta[example]!), `${layer.name}, example ${example}`).toBeLessThan(1e-5),
        );
    });

    it('by secant at 256 steps is within its own reported error', async () => {
      const [result] = await attribute(device, reference.graph, { ...reference.request, steps: 256 });
      for (const layer of result!.layers) {
        const truth = truthOf(reference, 'nig', layer.name)?.data;
        if (!truth) continue;
        const size = truth.length / 4;
        layer.error!.forEach((error, example) => {
          const at = (array: Float32Array) => array.subarray(example * size, (example + 1) * size);
          const have = at(layer.contributions);
          const l1 = at(truth).reduce((sum, value, place) => sum + Math.abs(value - have[place]!), 0);
          const scale = at(truth).reduce((sum, value) => sum + Math.abs(value), 0);
          expect(l1, `${layer.name}, example ${example}`).toBeLessThanOrEqual(error + 2e-5 * scale);
        });
      }
    });
  });
});
