/** Attention, functions, models over time and both directions: complete at every cut, and what plain differences give. */
import { resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { NumericArray } from '../../src/contract/attribution';
import { attribute } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { readArrays } from '../../src/main/engine/data';
import { openModel, type OpenedModel } from '../../src/main/engine/formats';
import { firstRows } from './cases';
import { numericContributions } from './numeric';

const SAMPLES = resolve(import.meta.dirname, '../samples/keras_layers');

let device: Device;
beforeAll(async () => {
  device = await hold('auto');
});

async function opened(
  version: string,
  family: string,
): Promise<OpenedModel & { inputs: Record<string, NumericArray> }> {
  const model = await openModel(`${SAMPLES}/${version}/${family}.${version === 'keras3' ? 'keras' : 'h5'}`);
  const arrays = await readArrays(`${SAMPLES}/${version}/outputs.npz`);
  const inputs = Object.fromEntries(
    model.graph.inputs.map(({ name }) => [name, firstRows(arrays[`${family}/in/${name}`]!, 1)]),
  );
  return { ...model, inputs };
}

/** Something else of the same shape, without the symmetries of a constant. */
const other = ({ shape, data }: NumericArray): NumericArray => ({
  shape,
  data: data.map((value) => (data.every(Number.isInteger) ? value : 0.4 * value)).reverse(),
});
const zeros = ({ shape, data }: NumericArray): NumericArray => ({ shape, data: new Float32Array(data.length) });

describe.each(['keras3', 'keras2'])('%s', (version) => {
  it.each([
    'attention',
    'attention_mask',
    'operations',
    'positions',
    'models_over_time',
    'bidirectional',
    'fixed_batch',
  ])('%s: every output is complete at every cut by secant steps, and leaves no tensor behind', async (family) => {
    const { graph, inputs } = await opened(version, family);
    const before = tf.memory().numTensors;
    const wrong: string[] = [];
    let cuts = 0;
    for (const { name } of graph.outputs) {
      const [result] = await attribute(device, graph, {
        inputs,
        baseline: {
          kind: 'arrays',
          arrays: Object.fromEntries(Object.entries(inputs).map(([port, x]) => [port, other(x)])),
        },
        target: { layer: name, index: 0, afterActivation: true },
        methods: ['nig'],
        rule: 'secant',
        steps: 5,
      });
      const scale = Math.max(Math.abs(result!.delta[0]!), 0.1);
      for (const { residual, name: layer } of result!.layers) {
        if (!residual) continue;
        cuts++;
        if (!(Math.abs(residual[0]!) / scale < 1e-5)) wrong.push(`${name}: ${layer} ${residual[0]} of ${scale}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(cuts).toBeGreaterThanOrEqual(graph.outputs.length);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('against plain differences', () => {
  it.each([
    ['attention', 'mha_cross', ['x', 'v', 'mha_cross/query', 'mha_cross/weights', 'mha_cross/attended']],
    ['attention', 'mha_axes', ['i', 'mha_axes/key', 'mha_axes/weights']],
    ['attention', 'mha_causal', ['x', 'mha_causal/value', 'mha_causal/weights']],
    ['attention', 'mha_gate', ['mha_gate/gate', 'mha_gate/attended']],
    ['attention', 'grouped', ['grouped/key', 'grouped/weights']],
    ['attention', 'concat_scaled', ['x', 'concat_scaled/weights']],
    ['attention', 'additive', ['v', 'additive/weights']],
    ['operations', 'attended_no_1', ['x']],
    ['operations', 'reduced_no_6', ['x']],
    ['models_over_time', 'whole', ['x', 'conv', 'mha/weights', 'joined']],
    ['bidirectional', 'own', ['x']],
  ] as const)('%s, output %s', async (family, output, layers) => {
    const { graph, inputs } = await opened('keras3', family);
    const baselines = Object.fromEntries(Object.entries(inputs).map(([name, array]) => [name, zeros(array)]));
    const target = graph.outputs.find(({ name }) => name === output)?.name ?? graph.outputs[0]!.name;
    const index = output === 'mha_causal' ? 20 : 2;
    const [result] = await attribute(device, graph, {
      inputs,
      baseline: { kind: 'constant', value: 0 },
      target: { layer: target, index },
      methods: ['nig'],
      rule: 'secant',
      steps: 128,
      layers,
    });
    expect(result!.layers.map(({ name }) => name).sort()).toEqual([...layers].sort());
    for (const { name, contributions } of result!.layers) {
      // The three that matter most, and one that may not.
      const order = [...contributions.keys()].sort((a, b) => Math.abs(contributions[b]!) - Math.abs(contributions[a]!));
      const places = [...order.slice(0, 3), order[Math.floor(order.length / 2)]!];
      const numeric = await numericContributions(
        device,
        graph,
        { inputs, baselines, target, index },
        name,
        places,
        128,
      );
      const largest = Math.abs(contributions[order[0]!]!);
      expect(largest, name).toBeGreaterThan(0);
      places.forEach((place, i) =>
        expect(Math.abs(numeric[i]! - contributions[place]!) / largest, `${name}[${place}]`).toBeLessThan(5e-3),
      );
    }
  });
});
