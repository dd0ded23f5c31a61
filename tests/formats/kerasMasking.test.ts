/** A Masking looks for padding in real numbers: a path leaves it at once, so its mask stays as it is at the input. */
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { attribute } from '../../src/main/engine/attribution';
import { readArrays } from '../../src/main/engine/data';
import { openModel } from '../../src/main/engine/formats';
import { hold } from '../device';

const SAMPLES = resolve(import.meta.dirname, '../samples/keras_masking');

// Made by Keras 3.15: Masking → LSTM → Bidirectional GRU. `base` is what its layers give of zeros with the input's mask.
it.each(['zero', 'minus'])(
  'masking of %s is held as at the input',
  async (name) => {
    const device = await hold('auto');
    const at = (part: string) => readArrays(resolve(SAMPLES, `${name}.${part}.npz`));
    const { graph } = await openModel(resolve(SAMPLES, `${name}.keras`));
    const wanted = await at('out');
    const results = await attribute(device, graph, {
      inputs: await at('in'),
      baseline: { kind: 'arrays', arrays: await at('base'), perExample: true },
      target: { layer: 'out', index: 0 },
      methods: ['nig', 'rescale'],
      rule: 'secant',
      steps: 64,
    });
    expect(results.length).toBe(2);
    for (const { atInput, atBaseline, layers } of results) {
      for (let row = 0; row < atInput.length; row++) {
        expect(atInput[row]).toBeCloseTo(wanted['at']!.data[2 * row]!, 4);
        expect(atBaseline[row]).toBeCloseTo(wanted['base']!.data[2 * row]!, 4);
      }
      const cuts = layers.filter(({ cut }) => cut);
      expect(cuts.length).toBeGreaterThan(1);
      for (const { residual } of cuts) for (const each of residual!) expect(Math.abs(each)).toBeLessThan(1e-4);
    }
  },
  120_000,
);
