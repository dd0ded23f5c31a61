/**
 * Networks as exporters of several families wrote them, with the numbers of the framework that they came from: the files lie in `families`,
 * made by export_families.py (familiesExport.test.ts makes all of them anew).
 */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { attribute } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { openModel } from '../../src/main/engine/formats';
import { hold } from '../device';
import { checkOutputs, checkSums, openedExample } from './exported';

const here = join(import.meta.dirname, 'families');
/** What each has that others do not. */
const FILES = {
  keras_jax_conv: 'pools of jax2onnx, whose windows pass examples and channels by',
  keras_tensorflow_masked: 'reverses of tf2onnx, which are sequences of one length turned round',
  keras_tensorflow_mlp: "TensorFlow's Erfc, which tf2onnx leaves",
  keras_torch_two: 'one scope for all',
  flax_mlp: 'values without names',
} as const;

describe('families of exporters', () => {
  let device: Device;
  beforeAll(async () => {
    device = await hold('wasm');
  });

  it.each(Object.entries(FILES))('%s: outputs and sums (%s)', async (name) => {
    const example = await openedExample(join(here, `${name}.onnx`), join(here, `${name}.npz`), device);
    await checkOutputs(example);
    await checkSums(example);
  });

  it('units of pools written by JAX are channels', async () => {
    const { summary } = await openModel(join(here, 'keras_jax_conv.onnx'));
    const shapes = Object.fromEntries(summary.layers.map(({ kind, shape }) => [kind, shape]));
    expect(shapes['MaxPool']).toEqual([4, 4, 8]);
    expect(summary.layers.filter(({ kind }) => kind === 'Conv').at(-1)).toMatchObject({ shape: [4, 4, 5], units: 5 });
  });

  it('a scope that holds all the weights is the model, and no layer', async () => {
    const { summary } = await openModel(join(here, 'keras_torch_two.onnx'));
    const names = summary.layers.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['Conv', 'Relu', 'MatMul', 'Tanh', 'Softmax']));
    expect(names).not.toContain('_wrapped');
  });

  it('a program of JAX in a SavedModel is refused with what writes one that opens', async () => {
    const { graph, summary } = await openModel(join(here, 'flax_mlp_saved'));
    expect(summary.layers.flatMap(({ unsupported }) => unsupported)).toEqual(['XlaCallModule']);
    const input = summary.inputs[0]!.name;
    const asked = attribute(device, graph, {
      inputs: { [input]: { shape: [1, 6], data: new Float32Array(6).fill(1) } },
      baseline: { kind: 'constant', value: 0 },
      target: { index: 0 },
      methods: ['nig'],
      rule: 'secant',
      steps: 1,
    });
    await expect(asked).rejects.toThrow(/jax2onnx\.to_onnx\(.*model\.save\("model\.keras"\)/);
  });
});
