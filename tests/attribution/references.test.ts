/** Several references: each one's units are what a run against it alone gives, and their mean is what is told. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { AttributionRequest, LayerResult } from '../../src/contract/attribution';
import { attribute } from '../../src/main/engine/attribution';
import { pick } from '../../src/main/engine/data/precision';
import { hold, inHand } from '../device';
import { openCase, type ReferenceCase } from './cases';

let plain: ReferenceCase;
beforeAll(async () => {
  await hold('tensorflow');
  plain = await openCase('plain');
});

const ways: Record<string, Pick<AttributionRequest, 'methods' | 'steps' | 'accuracy'>> = {
  'even steps': { methods: ['nig'], steps: 8 },
  'one step': { methods: ['rescale'], steps: 1 },
  'an adaptive path over units': {
    methods: ['nig'],
    steps: 8,
    accuracy: { tolerance: 0.01, over: 'units', mostWalks: null, untilTop: null },
  },
  'an adaptive path over neurons': {
    methods: ['nig'],
    steps: 8,
    accuracy: { tolerance: 0.02, over: 'neurons', mostWalks: null, untilTop: null },
  },
};

describe.each(Object.entries(ways))('by %s', (_, way) => {
  it('each reference is there, for each example, and their mean is the unit’s', async () => {
    const { graph, request } = plain;
    const inputs = Object.fromEntries(Object.entries(request.inputs).map(([name, array]) => [name, pick(array, [0, 1])])); // prettier-ignore
    const references = Object.fromEntries(
      Object.entries(request.inputs).map(([name, array]) => [name, pick(array, [3, 2, 3, 1, 0, 3])]),
    );
    const of = { ...request, ...way, inputs, rule: 'secant', target: { index: 0 }, layers: ['conv2', 'dense1'] } as const; // prettier-ignore
    const run = async (baseline: AttributionRequest['baseline']): Promise<readonly LayerResult[]> =>
      (await attribute(inHand(), graph, { ...of, baseline }))[0]!.layers;
    const together = await run({ kind: 'arrays', arrays: references, perExample: true, references: 3 });
    for (const reference of [0, 1, 2]) {
      const own = Object.fromEntries(
        Object.entries(references).map(([name, array]) => [name, pick(array, [reference, 3 + reference])]),
      );
      const alone = await run({ kind: 'arrays', arrays: own, perExample: true });
      together.forEach((layer, at) => {
        const count = layer.units.length / 2;
        const scale = Math.max(...alone[at]!.units.map(Math.abs));
        for (const example of [0, 1])
          for (let unit = 0; unit < count; unit++) {
            const have = layer.references![(example * 3 + reference) * count + unit]!;
            const want = alone[at]!.units[example * count + unit]!;
            // grids of adaptive paths differ, within what is asked of each
            expect(Math.abs(have - want)).toBeLessThan((way.accuracy ? 0.05 : 1e-4) * scale);
          }
      });
      expect(alone[0]).not.toHaveProperty('references');
    }
    for (const { units, references: each } of together) {
      const count = units.length / 2;
      units.forEach((value, at) => {
        const [example, unit] = [Math.floor(at / count), at % count];
        const mean = [0, 1, 2].reduce((sum, r) => sum + each![(example * 3 + r) * count + unit]! / 3, 0);
        expect(mean).toBeCloseTo(value, 4);
      });
    }
  });
});
