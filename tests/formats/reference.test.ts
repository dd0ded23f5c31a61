/** The four reference cases in each of Keras's formats: one graph, and the weights that were trained. */
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readArrays } from '../../src/main/engine/data';
import { openModel } from '../../src/main/engine/formats';
import type { Graph } from '../../src/main/engine/graph/graph';

const CASES = ['motif', 'plain', 'residual', 'gated'] as const;
const FILES = ['model.keras', 'model.h5', 'model_keras2.h5', 'tfjs_layers'] as const;
const at = (name: string, file: string): string => resolve(import.meta.dirname, '../reference/cases', name, file);

/** Keras 2 writes some numbers as float32, Keras 3 as they were given. */
const single = (attributes: object): unknown =>
  JSON.parse(JSON.stringify(attributes), (_, value) => (typeof value === 'number' ? Math.fround(value) : value));

/** Everything of a graph but the order in which its values were made: formats list layers differently. */
function described({ values, nodes, inputs, outputs, layers }: Graph) {
  const name = (id: number): string => values[id]!.name;
  return {
    nodes: nodes
      .map(({ op, output, inputs: from, attributes }) => ({
        op,
        output: name(output),
        from: from.map(name),
        attributes: single(attributes),
      }))
      .sort((a, b) => (a.output < b.output ? -1 : 1)),
    values: Object.fromEntries(
      [...values]
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ name: own, shape, dtype }) => [own, { shape, dtype }]),
    ),
    inputs: inputs.map((port) => port.name),
    outputs: outputs.map((port) => [port.name, name(port.value)]),
    layers: layers
      .map(({ name: own, kind, group, output, unitAxis, inputs: from, parameters }) => {
        return { name: own, kind, group, output: name(output), unitAxis, from: [...from], parameters };
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** Keras's variables of each kind of layer, in the order of `get_weights`. */
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  Conv1D: ['kernel', 'bias'],
  Conv2D: ['kernel', 'bias'],
  Dense: ['kernel', 'bias'],
  DepthwiseConv2D: ['kernel', 'bias'],
  SeparableConv2D: ['depthwise_kernel', 'pointwise_kernel'],
  BatchNormalization: ['gamma', 'beta', 'moving_mean', 'moving_variance'],
  LayerNormalization: ['gamma', 'beta'],
};

describe.each(CASES)('%s', (name) => {
  it('is one graph in every format', async () => {
    const [first, ...others] = await Promise.all(FILES.map((file) => openModel(at(name, file))));
    for (const other of others) expect(described(other.graph)).toEqual(described(first!.graph));
  });

  it.each(FILES)('holds the trained weights in %s', async (file) => {
    const { graph, summary } = await openModel(at(name, file));
    const trained = Object.values(await readArrays(at(name, 'weights.npz')));
    const stored = new Map(
      graph.values.filter((value) => value.constant).map((value) => [value.name, value.constant!]),
    );
    const read = graph.layers.flatMap(({ name: layer, kind }) =>
      (VARIABLES[kind] ?? []).flatMap((variable) => stored.get(`${layer}/${variable}`) ?? []),
    );
    expect(read.map((each) => each.shape)).toEqual(trained.map((each) => each.shape));
    read.forEach((each, index) => expect(each.data).toEqual(trained[index]!.data));
    expect(summary.parameters).toBe(trained.reduce((sum, each) => sum + each.data.length, 0));
  });

  it('has the same hash however often it is opened, another for another file', async () => {
    const hashes = await Promise.all(
      ['model.keras', 'model.keras', 'model.h5'].map((file) => openModel(at(name, file))),
    );
    expect(hashes[0]!.summary.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(hashes[1]!.summary.hash).toBe(hashes[0]!.summary.hash);
    expect(hashes[2]!.summary.hash).not.toBe(hashes[0]!.summary.hash);
  });
});

it('keeps the value before a final softmax', async () => {
  const { graph } = await openModel(at('residual', 'model.keras'));
  const classes = graph.nodes.find((node) => node.name === 'classes')!;
  expect(classes.op).toBe('softmax');
  expect(graph.values[classes.inputs[0]!]!.name).toBe('logits');
});

it('summarises layers as the interface shows them', async () => {
  const { summary } = await openModel(at('gated', 'tfjs_layers'));
  expect(summary.inputs).toEqual([
    { name: 'series', shape: [12, 6], dtype: 'float32' },
    { name: 'context', shape: [3], dtype: 'float32' },
  ]);
  expect(summary.layers.find((layer) => layer.name === 'weighted')).toEqual({
    name: 'weighted',
    kind: 'Dot',
    group: [],
    shape: [1, 16],
    unitAxis: 1,
    units: 16,
    parameters: 0,
    inputs: ['attention', 'gated'],
    unsupported: [],
  });
});
