/** How far the error estimate can be trusted: against the true L1 error of every layer and example. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Rule } from '../../src/contract/attribution';
import { attribute } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { CASES, openCase, truthOf } from './cases';

const STEPS: Record<'secant' | 'trapezoid', readonly number[]> = {
  secant: [4, 8, 16, 32, 64, 128],
  trapezoid: [16, 32, 64, 128, 256],
};
/** Below this relative error float32 rounding decides. */
const FLOOR = 2e-5;

describe('the error estimate over the true L1 error of a layer', () => {
  let device: Device;
  beforeAll(async () => {
    device = await hold('auto');
  });

  it.each(Object.keys(STEPS) as (keyof typeof STEPS)[])('%s: lies between 0.5 and 4 in 90 %', async (rule: Rule) => {
    const ratios: number[] = [];
    for (const name of CASES) {
      const reference = await openCase(name);
      for (const steps of STEPS[rule as keyof typeof STEPS]) {
        const [result] = await attribute(device, reference.graph, { ...reference.request, rule, steps });
        for (const layer of result!.layers) {
          const truth = truthOf(reference, 'nig', layer.name)?.data;
          if (!truth) continue;
          const size = truth.length / layer.sum.length;
          layer.error!.forEach((error, example) => {
            const of = (array: Float32Array) => array.subarray(example * size, (example + 1) * size);
            const have = of(layer.contributions);
            const l1 = of(truth).reduce((sum, value, place) => sum + Math.abs(value - have[place]!), 0);
            const scale = of(truth).reduce((sum, value) => sum + Math.abs(value), 0);
            if (l1 / scale > FLOOR) ratios.push(error / l1);
          });
        }
      }
    }
    const within = ratios.filter((ratio) => ratio >= 0.5 && ratio <= 4).length / ratios.length;
    expect(ratios.length).toBeGreaterThan(300);
    expect(within).toBeGreaterThan(0.9);
  });
});
