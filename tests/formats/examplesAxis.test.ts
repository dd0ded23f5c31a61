/**
 * Which axis of a file's tensors counts examples, free sizes that share a name, and branches that only some sizes allow: by files
 * whose numbers are known by hand.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NumericArray } from '../../src/contract/attribution';
import type { OpeningChoices } from '../../src/contract/opening';
import { predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { openModel } from '../../src/main/engine/formats';
import { readingsOf } from '../../src/main/engine/formats/tensors/examples';
import { hold } from '../device';
import { recurrentFile } from './freeOnnx';
import { type Graph, INT64, type Node, onnxFile, type Tensor } from './onnxFile';

let device: Device;
let folder = '';
beforeAll(async () => {
  device = await hold('wasm');
  folder = mkdtempSync(join(tmpdir(), 'mho-axis-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const opened = (graph: Graph | Uint8Array, choices: OpeningChoices = {}) => {
  const path = join(folder, 'model.onnx');
  writeFileSync(path, graph instanceof Uint8Array ? graph : onnxFile(graph, 17));
  return openModel(path, { choices });
};
const reals = (shape: readonly number[], data: readonly number[]): NumericArray => ({
  shape: [...shape],
  data: Float32Array.from(data),
});
const whole = (...data: number[]): Tensor => ({ shape: [data.length], data, type: INT64 });
const node = (op: string, inputs: string, outputs: string, attributes: Node['attributes'] = {}): Node => ({
  op,
  inputs: inputs.split(' '),
  outputs: outputs.split(' '),
  attributes,
});
const shapes = ({ summary }: Awaited<ReturnType<typeof openModel>>) => summary.inputs.map(({ shape }) => shape);

/** An RNN of one unit: tanh(x + state / 2), from an initial state. */
const rnn = (x: readonly (number | string)[], state: readonly (number | string)[]): Graph => ({
  inputs: [
    { name: 'x', shape: x },
    { name: 'state', shape: state },
  ],
  outputs: [{ name: 'y' }],
  constants: { w: { shape: [1, 1, 1], data: [1] }, r: { shape: [1, 1, 1], data: [0.5] } },
  nodes: [
    {
      op: 'RNN',
      inputs: ['x', 'w', 'r', '', '', 'state'],
      outputs: ['all', 'y'],
      attributes: { hidden_size: 1 },
    },
  ],
});
const last = (steps: readonly number[], state: number): number => steps.reduce((h, x) => Math.tanh(x + h / 2), state);

describe('the axis that counts examples', () => {
  it.each([
    ['named', ['T', 'N', 1], [1, 'N', 1]],
    ['not named', ['a', 'b', 1], [1, 'c', 1]],
  ] as const)('of steps and states is the second (%s)', async (_, x, state) => {
    const graph = rnn([...x], [...state]);
    expect(shapes(await opened(graph))).toEqual([
      [null, 1],
      [1, 1],
    ]);
    const sized = await opened(graph, { sizes: { x: [3, 1] } });
    const given = await predict(device, sized.graph, {
      x: reals([2, 3, 1], [0.1, -0.2, 0.3, 0.5, 0.4, -0.6]),
      state: reals([2, 1, 1], [0.7, -0.9]),
    });
    expect(given['y']!.shape).toEqual([2, 1, 1]);
    expect([...given['y']!.data]).toEqual([
      expect.closeTo(last([0.1, -0.2, 0.3], 0.7), 6),
      expect.closeTo(last([0.5, 0.4, -0.6], -0.9), 6),
    ]);
  });

  it('is none where the first is walked and there is no other', async () => {
    const { nodes, ...rest } = rnn(['frames', 1], [1, 1, 1]);
    const graph: Graph = {
      ...rest,
      constants: { ...rest.constants, one: whole(1) },
      nodes: [node('Unsqueeze', 'x one', 'timed'), { ...nodes[0]!, inputs: ['timed', 'w', 'r', '', '', 'state'] }],
    };
    expect(shapes(await opened(graph))[0]).toEqual([null, 1]);
    const sized = await opened(graph, { sizes: { x: [2, 1] } });
    const state = shapes(sized)[1]!;
    const given = await predict(device, sized.graph, {
      x: reals([1, 2, 1], [0.1, -0.2]),
      state: reals([1, ...(state as number[])], [0.3]),
    });
    expect(given['y']!.data[0]).toBeCloseTo(last([0.1, -0.2], 0.3), 6);
  });

  it('is the first where nothing tells another', () => {
    const readings = readingsOf([{ name: 'x', sizes: [null, 3, null, null], names: ['p', null, 'q', 'r'] }]);
    expect(readings[0]).toEqual({ way: 'batched', places: [0] });
  });
});

describe('free sizes of one name', () => {
  const graph: Graph = {
    inputs: [
      { name: 'a', shape: ['batch', 'length', 2] },
      { name: 'b', shape: ['batch', 'length', 2] },
    ],
    outputs: [{ name: 'y' }],
    nodes: [node('Add', 'a b', 'y')],
  };

  it('are chosen at once', async () => {
    expect(shapes(await opened(graph, { sizes: { a: [5, 2] } }))).toEqual([
      [5, 2],
      [5, 2],
    ]);
  });

  it('are as many as are given, where one input calls its own so', async () => {
    const inputs = [{ name: 'x', shape: ['batch', 'side', 'side'] }];
    const picture: Graph = { inputs, outputs: [{ name: 'y' }], nodes: [node('Tanh', 'x', 'y')] };
    expect(shapes(await opened(picture, { sizes: { x: [4, 5] } }))).toEqual([[4, 5]]);
  });

  it('are refused where they are given as two', async () => {
    await expect(opened(graph, { sizes: { a: [5, 2], b: [4, 2] } })).rejects.toThrow(
      'The file calls a size of a and of b by one name, length, and it was given as 5 and as 4.',
    );
  });
});

describe('what the size and the input decide', () => {
  /** Of x [1, length]: times a matrix of three rows, or, by the rate, of two; only one of them fits. */
  const graph: Graph = {
    inputs: [
      { name: 'x', shape: ['batch', 'length'] },
      { name: 'rate', shape: [], type: INT64 },
    ],
    outputs: [{ name: 'y' }],
    constants: {
      high: { shape: [], data: [16], type: INT64 },
      three: { shape: [3, 1], data: [1, 2, 3] },
      two: { shape: [2, 1], data: [4, 5] },
    },
    nodes: [
      node('Equal', 'rate high', 'is'),
      node('If', 'is', 'y', {
        then_branch: { inputs: [], outputs: [{ name: 'p' }], nodes: [node('MatMul', 'x three', 'p')] },
        else_branch: { inputs: [], outputs: [{ name: 'q' }], nodes: [node('MatMul', 'x two', 'q')] },
      }),
    ],
  };

  it('is the branch that fits, and a fault where the other would be taken', async () => {
    const model = await opened(graph, { sizes: { x: [3] } });
    const x = reals([1, 3], [1, 1, 1]);
    const rate = (value: number): NumericArray => ({ shape: [1], data: Float32Array.of(value) });
    expect((await predict(device, model.graph, { x, rate: rate(16) }))['y']!.data[0]).toBeCloseTo(6, 6);
    await expect(predict(device, model.graph, { x, rate: rate(8) })).rejects.toThrow(
      'layer y takes a branch that cannot be computed at the sizes of this input',
    );
    expect(model.summary.notFinite ?? []).toEqual([]);
  });

  it('are bounds that values are cut to, the lower one first', async () => {
    const cut: Graph = {
      inputs: [{ name: 'x', shape: ['batch', 3] }],
      outputs: [{ name: 'y' }],
      constants: { eight: { shape: [], data: [8] }, top: { shape: [], data: [2] } },
      nodes: [
        node('ReduceMax', 'x', 'max', { keepdims: 0 }),
        node('Sub', 'max eight', 'least'),
        node('Clip', 'x least top', 'y'),
      ],
    };
    const { graph: one } = await opened(cut);
    const given = await predict(device, one, { x: reals([2, 3], [3, -9, 1, 20, 11, 13]) });
    expect([...given['y']!.data]).toEqual([2, -5, 1, 2, 2, 2]);
  });

  it('are a thousand steps', async () => {
    const { summary } = await opened(recurrentFile(1000));
    expect(summary.layers.flatMap(({ unsupported }) => unsupported)).toEqual([]);
  });
});

describe('lists of values', () => {
  it('are what their places in the file say', async () => {
    const place = (value: number): Tensor => ({ shape: [], data: [value], type: INT64 });
    const { graph } = await opened({
      inputs: [{ name: 'x', shape: ['batch', 4] }],
      outputs: [{ name: 'y' }],
      constants: { first: place(0), last: place(-1), parts: whole(1, 3) },
      nodes: [
        node('SplitToSequence', 'x', 'singles', { axis: 1 }),
        node('SequenceErase', 'singles first', 'rest'),
        node('SplitToSequence', 'x parts', 'two', { axis: 1 }),
        node('SequenceAt', 'two last', 'three'),
        node('SequenceInsert', 'rest three first', 'all'),
        node('Optional', 'all', 'maybe'),
        node('OptionalGetElement', 'maybe', 'sure'),
        node('ConcatFromSequence', 'sure', 'y', { axis: 1 }),
      ],
    });
    const given = await predict(device, graph, { x: reals([2, 4], [1, 2, 3, 4, 5, 6, 7, 8]) });
    expect([...given['y']!.data]).toEqual([2, 3, 4, 2, 3, 4, 6, 7, 8, 6, 7, 8]);
  });
});
