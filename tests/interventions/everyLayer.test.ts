/**
 * What must hold on any network: a layer that cuts it, all of its units as at the baseline, gives F(x′), and as at the input F(x), whatever
 * ops lie behind; one intervention by itself is as among many.
 */
import { resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AttributionRequest, NumericArray } from '../../src/contract/attribution';
import { readArrays } from '../../src/main/engine/data';
import { openModel } from '../../src/main/engine/formats';
import { knockOuts, onGround, together } from '../../src/main/engine/interventions';
import { firstRows, openCase } from '../attribution/cases';
import { hold, inHand } from '../device';

const SAMPLES = resolve(import.meta.dirname, '../samples/keras_layers');
const FIELD = resolve(import.meta.dirname, '../field');
const TO = { kind: 'baseline' } as const;

beforeAll(async () => void (await hold('tensorflow')));

/** Something else of the same shape; whole numbers stay as they are. */
const other = ({ shape, data }: NumericArray): NumericArray => ({
  shape,
  data: data.map((value) => (data.every(Number.isInteger) ? value : 0.4 * value)).reverse(),
});

/** @returns how many layers were looked at */
async function check(
  path: string,
  inputs: AttributionRequest['inputs'],
  arrays: AttributionRequest['inputs'],
): Promise<number> {
  const { graph } = await openModel(path);
  let looked = 0;
  for (const { name: output } of graph.outputs) {
    const request: AttributionRequest = {
      inputs,
      baseline: Object.keys(arrays).length > 0 ? { kind: 'arrays', arrays } : { kind: 'constant', value: 0 },
      target: { layer: output, index: 0, afterActivation: true },
      methods: [],
      rule: 'secant',
      steps: 1,
    };
    await onGround(inHand(), graph, request, [], async (ground) => {
      const scale = Math.max(...ground.atInput.map(Math.abs), ...ground.atBaseline.map(Math.abs), 0.1);
      for (const name of ground.layers) {
        const { units, cut } = ground.layer(name);
        const all = Array.from({ length: units }, (_, unit) => unit);
        const gone = await together(ground, [{ layer: name, units: all, to: TO }]);
        const same = await together(ground, [{ layer: name, units: all, to: { kind: 'scale', factor: 1 } }]);
        gone.after.forEach((F, example) => {
          if (cut) expect(Math.abs(F - ground.atBaseline[example]!) / scale, `${path} ${output} ${name}`).toBeLessThan(2e-5); // prettier-ignore
          expect(Math.abs(same.after[example]! - ground.atInput[example]!) / scale, `${path} ${name}`).toBeLessThan(2e-5); // prettier-ignore
        });
        looked++;
      }
    });
  }
  return looked;
}

describe.each(['keras3', 'keras2'])('%s', (version) => {
  it.each(['attention', 'operations', 'positions', 'models_over_time', 'bidirectional', 'fixed_batch'])(
    '%s',
    async (family) => {
      const path = `${SAMPLES}/${version}/${family}.${version === 'keras3' ? 'keras' : 'h5'}`;
      const { graph } = await openModel(path);
      const arrays = await readArrays(`${SAMPLES}/${version}/outputs.npz`);
      const inputs = Object.fromEntries(graph.inputs.map(({ name }) => [name, firstRows(arrays[`${family}/in/${name}`]!, 1)])); // prettier-ignore
      const before = tf.memory().numTensors;
      const baselines = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, other(x)]));
      expect(await check(path, inputs, baselines)).toBeGreaterThan(2);
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});

describe('models of the field', () => {
  it.each([
    ['int8_keras/model.keras', 'case'],
    ['masked_lstm/fixed.keras', 'case'],
    ['masked_lstm/fixed_saved', 'case'],
    ['resizing/model.keras', 'case'],
    ['spectral/model.keras', 'case'],
    ['locally_connected/model.h5', 'case'],
    ['qdq_int8/qdq.onnx', 'qdq'],
    ['qdq_int8/dynamic.onnx', 'dynamic'],
    ['estimate-few-kinks/twin.onnx', null],
    ['library-size/lib.onnx', null],
    ['large-offset/price.onnx', null],
  ] as const)('%s', async (model, prefix) => {
    const folder = `${FIELD}/${model.split('/')[0]}`;
    const read = async (kind: 'in' | 'base'): Promise<Record<string, NumericArray>> =>
      readArrays(`${folder}/${prefix ? `${prefix}.${kind}` : kind === 'in' ? 'inputs' : 'baseline'}.npz`).catch(
        () => ({}),
      );
    expect(await check(`${FIELD}/${model}`, await read('in'), await read('base'))).toBeGreaterThan(2);
  });
});

it('a unit by itself is as among all others, whatever the batches', async () => {
  const { graph, request } = await openCase('residual');
  const of = (chunkRows: number | undefined, units?: readonly number[]) =>
    onGround(inHand(), graph, { ...request, chunkRows }, ['stem_relu'], (ground) => knockOuts(ground, 'stem_relu', TO, { units })); // prettier-ignore
  const all = await of(undefined);
  const narrow = await of(3);
  const some = await of(undefined, [5, 1]);
  all.drop.forEach((drops, example) => {
    drops.forEach((drop, unit) => expect(narrow.drop[example]![unit]).toBeCloseTo(drop, 5));
    expect(some.drop[example]![0]).toBeCloseTo(drops[5]!, 5);
    expect(some.restore[example]![1]).toBeCloseTo(all.restore[example]![1]!, 5);
  });
});

it('what does not fit the memory is refused with its figure', async () => {
  const { graph, request } = await openCase('plain');
  const large = { ...request, memoryMB: 0.001 };
  const run = onGround(inHand(), graph, large, ['conv1'], (ground) => knockOuts(ground, 'conv1', TO));
  await expect(run).rejects.toMatchObject({ code: 'MEMORY_BUDGET' });
});
