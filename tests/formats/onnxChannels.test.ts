/** Channels are the units of an input of channels first, and of all that is done to it before the first window, whatever that is. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NumericArray } from '../../src/contract/attribution';
import { predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { openModel } from '../../src/main/engine/formats';
import { hold } from '../device';
import { FLOAT, type Graph, INT64, type Node, onnxFile, type Tensor } from './onnxFile';

let device: Device;
const folder = mkdtempSync(join(tmpdir(), 'mho-channels-'));
beforeAll(async () => {
  device = await hold('wasm');
});
afterAll(() => rmSync(folder, { recursive: true }));

const opened = (graph: Graph, how: Parameters<typeof openModel>[1] = {}) => {
  const path = join(folder, 'model.onnx');
  writeFileSync(path, onnxFile(graph, 17));
  return openModel(path, how);
};
const wave = (shape: readonly number[], of: (i: number) => number): NumericArray => ({
  shape: [...shape],
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.fround(of(i))),
});
const constant = (shape: readonly number[], ...data: number[]): Tensor => ({ shape, data });
const node = (op: string, inputs: string, output: string, attributes: Node['attributes'] = {}): Node => ({
  op,
  inputs: inputs.split(' '),
  outputs: [output],
  attributes,
});

const KERNEL = wave([4, 3, 3, 3], (i) => Math.sin(3 * i));
const CONSTANTS = {
  w: KERNEL,
  mean: constant([1, 3, 1, 1], 0.5, 0.4, 0.3),
  deviation: constant([3, 1, 1], 0.2, 0.25, 0.5),
  scale: constant([], 1 / 64),
  zero: { shape: [], data: [128], type: 2 },
  around: { shape: [8], data: [0, 0, 1, 1, 0, 0, 1, 1], type: INT64 },
  low: constant([], -0.6),
  high: constant([], 0.6),
} satisfies Readonly<Record<string, Tensor>>;

const MEAN = [0.5, 0.4, 0.3];
const DEVIATION = [0.2, 0.25, 0.5];
const channelOf = (i: number): number => Math.floor(i / 30) % 3;

/** What stands before the convolution, and what it makes of a number at its place. */
const BEFORE: Readonly<Record<string, readonly [nodes: readonly Node[], of: (value: number, i: number) => number]>> = {
  'nothing': [[node('Identity', 'x', 'y')], (value) => value],
  'a mean taken off, divided by a deviation': [
    [node('Sub', 'x mean', 'a'), node('Div', 'a deviation', 'y')],
    (value, i) => (value - MEAN[channelOf(i)]!) / DEVIATION[channelOf(i)]!,
  ],
  'a constant that comes first': [[node('Sub', 'mean x', 'y')], (value, i) => MEAN[channelOf(i)]! - value],
  'steps of eight bits': [
    [node('QuantizeLinear', 'x scale zero', 'q'), node('DequantizeLinear', 'q scale zero', 'y')],
    (value) => Math.round(value * 64) / 64,
  ],
  'a clip and a square': [
    [node('Clip', 'x low high', 'a'), node('Mul', 'a a', 'y')],
    (value) => Math.max(-Math.fround(0.6), Math.min(Math.fround(0.6), value)) ** 2,
  ],
  'a conversion': [[node('Cast', 'x', 'a', { to: 1 }), node('Neg', 'a', 'y')], (value) => -value],
}; // prettier-ignore

const model = (before: readonly Node[], shape: readonly (number | string)[], pads: readonly number[]): Graph => ({
  inputs: [{ name: 'x', shape, type: FLOAT }],
  outputs: [{ name: 'out' }],
  constants: CONSTANTS,
  nodes: [
    ...before,
    node('Conv', 'y w', 'c', { kernel_shape: [3, 3], pads }),
    node('Relu', 'c', 'r'),
    node('GlobalAveragePool', 'r', 'g'),
    node('Flatten', 'g', 'out'),
  ],
});

describe.each(Object.keys(BEFORE))('%s before a convolution', (name) => {
  const [nodes, of] = BEFORE[name]!;
  it.each([
    ['of a free count of examples', ['n', 3, 5, 6]],
    ['of one example', [1, 3, 5, 6]],
    ['of free sizes', ['n', 3, 'h', 'w']],
  ] as const)('%s', async (_, shape) => {
    const pads = [1, 1, 1, 1];
    const x = wave([1, 3, 5, 6], (i) => Math.cos(1.3 * i));
    const { graph, summary } = await opened(model(nodes, shape, pads), {
      choices: { sizes: { x: [3, 5, 6] } },
    });
    const [input, ...inner] = summary.layers;
    expect([input!.shape[input!.unitAxis!], input!.units]).toEqual([3, 3]);
    expect(summary.inputs[0]!.shape).toEqual([3, 5, 6]);
    const conv = inner.findIndex(({ kind }) => kind === 'Conv');
    for (const layer of inner.slice(0, conv)) expect(layer.units, layer.name).toBe(3);
    const plain = await opened(model(BEFORE['nothing']![0], ['n', 3, 5, 6], pads));
    const prepared = wave([1, 3, 5, 6], (i) => of(x.data[i]!, i));
    const [have] = Object.values(await predict(device, graph, { x }));
    const [want] = Object.values(await predict(device, plain.graph, { x: prepared }));
    expect([...have!.data]).toEqual([...want!.data].map((each) => expect.closeTo(each, 5)));
  });
});

it('a border before it, and one place more than pictures have', async () => {
  const { summary } = await opened(model([node('Pad', 'x around', 'y')], ['n', 3, 5, 6], [0, 0, 0, 0]));
  expect(summary.layers.slice(0, 2).map(({ units }) => units)).toEqual([3, 3]);
});

it('two inputs that are joined before it', async () => {
  const { summary } = await opened({
    ...model([node('Sub', 'x half', 'a'), node('Concat', 'a z', 'y', { axis: 1 })], ['n', 2, 5, 6], [0, 0, 0, 0]),
    inputs: [
      { name: 'x', shape: ['n', 2, 5, 6] },
      { name: 'z', shape: ['n', 1, 5, 6] },
    ],
    constants: { ...CONSTANTS, half: constant([], 0.5) },
  });
  const units = new Map(summary.layers.map((layer) => [layer.name, layer.units]));
  expect([units.get('x'), units.get('z'), units.get('a'), units.get('y')]).toEqual([2, 1, 2, 3]);
});

it('what is turned by the file itself has its channels last', async () => {
  const turned = [node('Neg', 'x', 'a'), node('Transpose', 'a', 'y', { perm: [0, 3, 1, 2] })];
  const { summary } = await opened(model(turned, ['n', 5, 6, 3], [0, 0, 0, 0]));
  expect(summary.layers[0]).toMatchObject({ shape: [5, 6, 3], unitAxis: 2, units: 3 });
});

it('an output of channels first: its values are named as in the file', async () => {
  const { summary } = await opened({
    ...model([node('Neg', 'x', 'y')], ['n', 3, 5, 6], [0, 0, 0, 0]),
    outputs: [{ name: 'r' }],
  });
  expect(summary.outputs[0]!.shape).toEqual([4, 3, 4]);
  expect(summary.layers.at(-1)).toMatchObject({ name: 'r', unitAxis: 0, units: 4 });
});

it('a norm over sequences of channels first', async () => {
  const ones = constant([4], 1, 1, 1, 1);
  const { summary } = await opened({
    inputs: [{ name: 'x', shape: ['n', 4, 9] }],
    outputs: [{ name: 'out' }],
    constants: { half: constant([], 0.5), ones, k: wave([2, 4, 3], Math.sin) },
    nodes: [
      node('Mul', 'x half', 'a'),
      node('BatchNormalization', 'a ones ones ones ones', 'b'),
      node('Conv', 'b k', 'out', { kernel_shape: [3] }),
    ],
  });
  expect(summary.layers.map(({ units }) => units)).toEqual([4, 4, 4, 2]);
});
