/** SavedModels: which of their signatures is open, and what their outputs and layers are called. */
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NumericArray } from '../../src/contract/attribution';
import { attribute, predict } from '../../src/main/engine/attribution';
import { readArrays } from '../../src/main/engine/data';
import { openModel } from '../../src/main/engine/formats';
import { namedTarget } from '../../src/main/engine/graph/target';
import { worst } from '../attribution/cases';
import { hold } from '../device';

const field = resolve(import.meta.dirname, '../field');
const two = resolve(field, 'signatures/two');

describe('signatures', () => {
  it('are listed, and the first by name is open where none serves', async () => {
    const { summary } = await openModel(two);
    expect(summary).toMatchObject({ signatures: ['classify', 'embed'], signature: 'classify' });
    expect(summary.outputs.map(({ name }) => name)).toEqual(['logits']);
  });

  it('are chosen by name: another is another model', async () => {
    const [classify, embed, asked] = await Promise.all(
      [undefined, 'embed', 'classify'].map((signature) =>
        openModel(two, { choices: signature === undefined ? {} : { signature } }),
      ),
    );
    expect(embed!.summary.signature).toBe('embed');
    expect(embed!.summary.outputs.map(({ name }) => name)).toEqual(['code']);
    expect(embed!.summary.layers.map(({ name }) => name)).toEqual(['x', 'hidden']);
    expect(embed!.summary.hash).not.toBe(classify!.summary.hash);
    expect(asked!.summary.hash).toBe(classify!.summary.hash);
  });

  it('of Keras 3, which writes one under two names, are one', async () => {
    const path = resolve(field, 'int8_keras/saved');
    expect((await openModel(path)).summary).toMatchObject({ signatures: ['serving_default'] });
    expect((await openModel(path, { choices: { signature: 'serve' } })).summary.signature).toBe('serve');
  });

  it('that are not there are refused with those that are', async () => {
    await expect(openModel(two, { choices: { signature: 'clasify' } })).rejects.toMatchObject({
      code: 'SIGNATURE_UNKNOWN',
      details: { hint: ' (did you mean classify?)', signatures: 'classify, embed' },
    });
  });

  it('where there are none, the function is named that one can be made of', async () => {
    const path = resolve(field, 'signatures/none');
    await expect(openModel(path)).rejects.toMatchObject({
      code: 'MODEL_NO_SIGNATURE',
      details: { path, function: 'call' },
    });
  });
});

describe('names', () => {
  /** Case, its SavedModel, its output, what else that is called, its layers. */
  const CASES = [
    ['int8_keras', 'saved', 'y', ['output_0', 'y_1', 'sequential_1/y_1'], ['x', 'h', 'y']],
    [
      'lambda_siamese',
      'lambda_saved',
      'same',
      ['output_0', 'same_1'],
      ['left', 'right', 'conv', 'flat', 'code', 'encoder/conv', 'encoder/flat', 'encoder/code', 'distance', 'same'],
    ],
    [
      'tabular_lookup',
      'category_saved',
      'risk',
      ['output_0', 'risk_1'],
      ['chest', 'numbers', 'Cast', 'onehot', 'norm', 'all', 'h1', 'risk'],
    ],
  ] as const;

  it.each(CASES)('%s/%s: outputs and layers are called as in Keras', async (name, model, output, others, layers) => {
    const folder = resolve(field, name);
    const { graph, summary } = await openModel(resolve(folder, model));
    expect(summary.outputs.map((port) => port.name)).toEqual([output]);
    expect(summary.layers.map((layer) => layer.name)).toEqual(layers);
    const { value } = namedTarget(graph, output);
    for (const other of others) expect(namedTarget(graph, other)).toEqual({ value, label: other, isOutput: true });
  });

  it.each(CASES)('%s/%s is right, asked by any name', async (name, model, output, [other]) => {
    const folder = resolve(field, name);
    const { graph } = await openModel(resolve(folder, model));
    const inputs = Object.fromEntries(
      Object.entries(await readArrays(resolve(folder, 'case.in.npz'))).filter(([key]) =>
        graph.inputs.some((port) => port.name === key),
      ),
    ) as Record<string, NumericArray>;
    const expected = (await import(resolve(folder, 'case.expected.json'))) as { target: string; atInput: number };
    const device = await hold('wasm');
    const place = Number(expected.target.split(':')[1]);
    const outputs = await predict(device, graph, inputs);
    expect(outputs[output]!.data[place]!).toBeCloseTo(expected.atInput, 4);
    const [result] = await attribute(device, graph, {
      inputs,
      baseline: { kind: 'constant', value: 0 },
      target: { layer: other, index: place, afterActivation: true },
      layers: [other],
      methods: ['rescale'],
      rule: 'secant',
      steps: 1,
    });
    expect(result!.atInput[0]).toBeCloseTo(expected.atInput, 4);
    expect(result!.layers.map((layer) => layer.name)).toEqual([output]);
  });
});

describe('frozen graphs', () => {
  it('open as what they were frozen from: same outputs, same layers', async () => {
    const device = await hold('wasm');
    const folder = resolve(import.meta.dirname, '../reference/cases/plain');
    const { input_0: image, output } = await readArrays(resolve(folder, 'inputs.npz'));
    const [frozen, saved] = await Promise.all(
      ['frozen.pb', 'saved_model_keras2'].map((name) => openModel(resolve(folder, name))),
    );
    expect(frozen!.summary.layers).toEqual(saved!.summary.layers);
    expect(frozen!.summary.parameters).toBe(saved!.summary.parameters);
    const [port] = frozen!.summary.outputs;
    const given = await predict(device, frozen!.graph, { image: image! });
    expect(worst(given[port!.name]!.data, output!.data)).toBeLessThan(1e-5);
  });

  it('are known by their content, and give what TensorFlow gives', async () => {
    const { summary } = await openModel(resolve(field, 'frozen_pb/frozen_graph.pb'));
    expect(summary).toMatchObject({ format: 'TensorFlow frozen graph' });
    expect(summary.layers.map(({ name }) => name)).toEqual(['x', 'h', 'y']);
    expect(summary.outputs.map(({ name }) => name)).toEqual(['y']);
  });
});
