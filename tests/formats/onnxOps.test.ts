/**
 * ONNX nodes against literal twins in float64: what they give, and the gradient of F with respect to every number that goes
 * in, by differences of the twin; contributions complete at every cut. Forms of files that exporters seldom write. Long: one
 * table of nodes.
 */
import * as tf from '@tensorflow/tfjs-core';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NumericArray } from '../../src/contract/attribution';
import { attribute, predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { openModel, type OpenedModel } from '../../src/main/engine/formats';
import { variation } from '../../src/main/engine/graph/varied';
import { build, type Nd, read } from '../reference/ops';
import { random } from '../random';
import {
  bytesOf,
  constantOf,
  FLOAT,
  FLOAT16,
  type Graph,
  half,
  INT64,
  onnxFile,
  STRING,
  type Tensor,
} from './onnxFile';

let device: Device;
let scratch = '';
let before = 0;
beforeAll(async () => {
  device = await hold('wasm');
  scratch = mkdtempSync(join(tmpdir(), 'mho-onnx-ops-'));
  before = tf.memory().numTensors;
});
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
  expect(tf.memory().numTensors).toBe(before);
});

let count = 0;
const opened = async (graph: Graph, opset = 17, beside: Readonly<Record<string, Uint8Array>> = {}) => {
  const folder = join(scratch, String(count++));
  mkdirSync(folder);
  for (const [name, bytes] of Object.entries(beside)) writeFileSync(join(folder, name), bytes);
  const path = join(folder, 'model.onnx');
  writeFileSync(path, onnxFile(graph, opset));
  return openModel(path);
};

const next = random(11);
const spread = (shape: readonly number[], scale = 1): Nd => build(shape, () => Math.fround(3 * scale * (next() - 0.5)));
type Twin = (x: Nd) => Nd;

/** Rows of inputs as one array. */
const rows = (examples: readonly Nd[]): NumericArray => ({
  shape: [examples.length, ...examples[0]!.shape],
  data: Float32Array.from(examples.flatMap((each) => [...each.data])),
});

/** With the first example picked out of the input: arithmetic across the batch, which changes nothing with a batch of one. */
const alone = (graph: Graph): Graph => ({
  ...graph,
  nodes: [
    { op: 'Gather', inputs: ['x', 'first example'], outputs: ['picked'], attributes: { axis: 0 } },
    ...graph.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map((name) => (name === 'x' ? 'picked' : name)),
    })),
  ],
  constants: { ...graph.constants, 'first example': { shape: [1], data: [0], type: INT64 } },
});

/**
 * Holds a model to its twin.
 * @param shape of an input; with the batch axis of the file in front, unless the whole input is one example
 * @param kinks how far inputs are moved for differences: less where the twin has kinks
 */
async function holds(
  graph: Graph,
  twin: Twin,
  shape: readonly number[],
  options: { opset?: number; beside?: Readonly<Record<string, Uint8Array>>; within?: number; smooth?: boolean } = {},
): Promise<void> {
  const { opset = 17, beside = {}, within = 1e-5, smooth = true } = options;
  const model = await opened(graph, opset, beside);
  const examples = [spread(shape), spread(shape)];
  const expected = examples.map(twin);
  const size = expected[0]!.data.length;
  const scale = Math.max(...expected.flatMap(({ data }) => [...data].map(Math.abs)), 1e-3);
  const gives = async ({ graph, summary }: OpenedModel): Promise<void> => {
    expect(summary.layers.flatMap((layer) => layer.unsupported)).toEqual([]);
    const given = Object.values(await predict(device, graph, { x: rows(examples) }))[0]!;
    expected.forEach(({ data }, row) =>
      data.forEach((value, i) =>
        expect(Math.abs(given.data[row * size + i]! - value) / scale, `output ${i} of example ${row}`).toBeLessThan(
          within,
        ),
      ),
    );
  };
  await gives(model);
  const readInside = graph.nodes.some(({ op }) => op === 'If'); // by its branches, and by its own name
  if (graph.inputs[0]!.shape!.length > shape.length && !readInside) {
    const single = await opened(alone(graph), opset, beside);
    await gives(single);
    expect(single.summary.inputs).toEqual(model.summary.inputs);
    expect(single.summary.outputs).toEqual(model.summary.outputs);
    const shapes = ({ summary }: OpenedModel) => summary.layers.map(({ name, shape }) => [name, shape]);
    expect.soft(shapes(single)).toEqual(shapes(model));
  }

  const index = Math.floor(size / 2);
  const request = (from: readonly Nd[], to: readonly Nd[], steps: number) => ({
    inputs: { x: rows(to) },
    baseline: { kind: 'arrays' as const, arrays: { x: rows(from) }, perExample: true },
    target: { index, afterActivation: true },
    steps,
  });
  // Complete at every cut, over the whole way in one step and in seven.
  const zeros = examples.map((each) => build(each.shape, () => 0.1));
  for (const steps of [1, 7]) {
    const [run] = await attribute(device, model.graph, { ...request(zeros, examples, steps), methods: ['nig'], rule: 'secant' }); // prettier-ignore
    for (const layer of run!.layers.filter(({ cut }) => cut))
      layer.residual!.forEach(
        (each, example) =>
        expect(Math.abs(each), `${layer.name}, ${steps} steps`).toBeLessThan(1e-4 * Math.max(scale, Math.abs(run!.delta[example]!))), // prettier-ignore
      );
  }
  if (!smooth) return;
  // The gradient, number by number.
  const step = 1e-2;
  const near = examples.map((each) => build(each.shape, (at) => Math.fround(read(each, at) - step)));
  const [run] = await attribute(device, model.graph, { ...request(near, examples, 1), methods: ['nig'], rule: 'trapezoid' }); // prettier-ignore
  const start = run!.layers.find(({ name }) => name === 'x')!;
  const inner = examples[0]!.data.length;
  const slopes = examples.map((example, row) =>
    Array.from({ length: inner }, (_, i) => {
      const at = (by: number): number => {
        const moved = Float64Array.from(example.data, (v, j) => (v + near[row]!.data[j]!) / 2 + (j === i ? by : 0));
        return twin({ shape: example.shape, data: moved }).data[index]!;
      };
      return (at(1e-5) - at(-1e-5)) / 2e-5;
    }),
  );
  const largest = Math.max(...slopes.flat().map(Math.abs), 1e-3);
  slopes.forEach((own, row) =>
    own.forEach(
      (slope, i) =>
      expect(Math.abs(start.contributions[row * inner + i]! / step - slope) / largest, `gradient ${i}`).toBeLessThan(2e-3), // prettier-ignore
    ),
  );
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const dot = (row: readonly number[], matrix: Nd, at: number, offset: number): number =>
  row.reduce((sum, value, i) => sum + value * matrix.data[offset + at * row.length + i]!, 0);

interface Cell {
  readonly kind: 'LSTM' | 'GRU' | 'RNN';
  readonly directions: readonly boolean[];
  readonly bias?: boolean;
  readonly peepholes?: boolean;
  readonly initial?: boolean;
  readonly clip?: number;
  readonly length?: number;
  readonly linear?: boolean;
  readonly coupled?: boolean;
  /** f, g, h of each direction, and how the file names them. */
  readonly functions?: readonly ((x: number) => number)[];
  readonly attributes?: Readonly<Record<string, unknown>>;
}

const [STEPS, FEATURES, UNITS] = [4, 3, 2];

/** ONNX's formulas, step by step. Gates lie in the file's order: LSTM input, output, forget, cell; GRU update, reset, hidden. */
function recurrent(cell: Cell) {
  const count = cell.directions.length;
  const gates = { LSTM: 4, GRU: 3, RNN: 1 }[cell.kind];
  const wide = gates * UNITS;
  const weights = {
    W: spread([count, wide, FEATURES], 0.7),
    R: spread([count, wide, UNITS], 0.7),
    B: cell.bias ? spread([count, 2 * wide], 0.3) : null,
    P: cell.peepholes ? spread([count, 3 * UNITS], 0.5) : null,
    h: cell.initial ? spread([count, 1, UNITS], 0.5) : null,
    c: cell.initial && cell.kind === 'LSTM' ? spread([count, 1, UNITS], 0.5) : null,
  };
  const cut = (x: number): number => (cell.clip === undefined ? x : Math.min(Math.max(x, -cell.clip), cell.clip));
  const usual = { LSTM: [sigmoid, Math.tanh, Math.tanh], GRU: [sigmoid, Math.tanh], RNN: [Math.tanh] }[cell.kind];
  const [f, g, h] = (cell.functions ?? usual) as ((x: number) => number)[];
  /** x [steps, features] → [steps, directions, units] */
  const twin: Twin = (x) => {
    const length = cell.length ?? STEPS;
    const outputs = cell.directions.map((reverse, d) => {
      const at = (which: Nd | null, i: number, size: number): number => which?.data[d * size + i] ?? 0;
      let hidden = Array.from({ length: UNITS }, (_, u) => at(weights.h, u, UNITS));
      let carry = Array.from({ length: UNITS }, (_, u) => at(weights.c, u, UNITS));
      const made: number[][] = Array.from({ length: STEPS }, () => new Array<number>(UNITS).fill(0));
      for (let n = 0; n < length; n++) {
        const time = reverse ? length - 1 - n : n;
        const row = [...x.data.subarray(time * FEATURES, (time + 1) * FEATURES)];
        const fromInput = (gate: number, u: number): number =>
          dot(row, weights.W, gate * UNITS + u, d * wide * FEATURES) + at(weights.B, gate * UNITS + u, 2 * wide);
        const fromState = (state: readonly number[], gate: number, u: number): number =>
          dot(state, weights.R, gate * UNITS + u, d * wide * UNITS) + at(weights.B, wide + gate * UNITS + u, 2 * wide);
        const before = hidden;
        const each = (make: (u: number) => number): number[] => Array.from({ length: UNITS }, (_, u) => make(u));
        if (cell.kind === 'RNN') hidden = each((u) => f!(cut(fromInput(0, u) + fromState(before, 0, u))));
        else if (cell.kind === 'LSTM') {
          const peep = (gate: number, u: number, c: number): number => at(weights.P, gate * UNITS + u, 3 * UNITS) * c;
          const old = carry;
          const input = each((u) => f!(cut(fromInput(0, u) + fromState(before, 0, u) + peep(0, u, old[u]!))));
          const forget = each((u) =>
            cell.coupled ? 1 - input[u]! : f!(cut(fromInput(2, u) + fromState(before, 2, u) + peep(2, u, old[u]!))),
          );
          carry = each((u) => forget[u]! * old[u]! + input[u]! * g!(cut(fromInput(3, u) + fromState(before, 3, u))));
          hidden = each(
            (u) => f!(cut(fromInput(1, u) + fromState(before, 1, u) + peep(1, u, carry[u]!))) * h!(carry[u]!),
          );
        } else {
          const update = each((u) => f!(cut(fromInput(0, u) + fromState(before, 0, u))));
          const reset = each((u) => f!(cut(fromInput(1, u) + fromState(before, 1, u))));
          const kept = before.map((value, u) => value * reset[u]!);
          const inner = (u: number): number =>
            cell.linear ? reset[u]! * fromState(before, 2, u) : fromState(kept, 2, u);
          hidden = each((u) => (1 - update[u]!) * g!(cut(fromInput(2, u) + inner(u))) + update[u]! * before[u]!);
        }
        made[time] = hidden;
      }
      return made;
    });
    return build([STEPS, count, UNITS], ([t, d, u]) => outputs[d!]![t!]![u!]!);
  };
  const names = ['x3', 'W', 'R', weights.B ? 'B' : '', cell.length === undefined ? '' : 'lengths', weights.h ? 'h' : '', weights.c ? 'c' : '', weights.P ? 'P' : '']; // prettier-ignore
  while (names.at(-1) === '') names.pop();
  const direction = count === 2 ? 'bidirectional' : cell.directions[0] ? 'reverse' : 'forward';
  const graph: Graph = {
    inputs: [{ name: 'x', shape: ['batch', STEPS, FEATURES] }],
    outputs: [{ name: 'y' }],
    nodes: [
      { op: 'Transpose', inputs: ['x'], outputs: ['x3'], attributes: { perm: [1, 0, 2] } },
      {
        op: cell.kind,
        name: '/cells/Recurrent',
        inputs: names,
        outputs: ['sequence'],
        attributes: {
          hidden_size: UNITS,
          direction,
          ...(cell.linear ? { linear_before_reset: 1 } : {}),
          ...(cell.coupled ? { input_forget: 1 } : {}),
          ...(cell.clip === undefined ? {} : { clip: { float: cell.clip } }),
          ...(cell.attributes as Readonly<Record<string, never>>),
        },
      },
      // [steps, directions, batch, units] → [batch, steps, directions, units]
      { op: 'Transpose', inputs: ['sequence'], outputs: ['y'], attributes: { perm: [2, 0, 1, 3] } },
    ],
    constants: {
      ...Object.fromEntries(Object.entries(weights).flatMap(([name, nd]) => (nd ? [[name, constantOf(nd)]] : []))),
      ...(cell.length === undefined ? {} : { lengths: { shape: [1], data: [cell.length], type: 6 as number } }),
    },
  };
  return { graph, twin };
}

const both = [false, true];
describe('recurrent nodes, unrolled', () => {
  it.each<[string, Cell]>([
    ['LSTM', { kind: 'LSTM', directions: [false] }],
    ['LSTM, both ways, biased, with peepholes and states', { kind: 'LSTM', directions: both, bias: true, peepholes: true, initial: true }],
    ['LSTM backwards, coupled, cut', { kind: 'LSTM', directions: [true], bias: true, coupled: true, clip: 0.9 }],
    ['LSTM over the first of its steps', { kind: 'LSTM', directions: both, bias: true, length: 3 }],
    ['GRU', { kind: 'GRU', directions: [false] }],
    ['GRU, both ways, reset after the product', { kind: 'GRU', directions: both, bias: true, linear: true, initial: true }],
    ['GRU backwards, reset before', { kind: 'GRU', directions: [true], bias: true, initial: true }],
    ['RNN, both ways', { kind: 'RNN', directions: both, bias: true, initial: true }],
    [
      'RNN with another activation',
      { kind: 'RNN', directions: [false], functions: [(x) => 0.8 * Math.tanh(1.3 * x)], attributes: { activations: ['ScaledTanh'], activation_alpha: { floats: [0.8] }, activation_beta: { floats: [1.3] } } },
    ],
  ])('%s', async (_name, cell) => {
    const { graph, twin } = recurrent(cell);
    await holds(graph, twin, [STEPS, FEATURES], { smooth: cell.clip === undefined });
  }); // prettier-ignore

  it('a free number of steps is refused by the name of the op', async () => {
    const { graph } = recurrent({ kind: 'LSTM', directions: [false] });
    const { summary } = await opened({ ...graph, inputs: [{ name: 'x', shape: ['batch', 'time', FEATURES] }] });
    expect(summary.layers.flatMap((layer) => layer.unsupported)[0]).toBe('LSTM with a free number of steps');
  });
});

const matrix = spread([3, 3], 0.6);
const times = (x: ArrayLike<number>, m: Nd): number[] =>
  Array.from({ length: m.shape[1]! }, (_, j) =>
    Array.from(x).reduce((sum, value, i) => sum + value * m.data[i * m.shape[1]! + j]!, 0),
  );

describe('graphs inside nodes', () => {
  const body: Graph = {
    inputs: [{ name: 'i', type: INT64, shape: [] }, { name: 'going', type: 9, shape: [] }, { name: 'h' }],
    outputs: [{ name: 'on' }, { name: 'h_next' }, { name: 'seen' }],
    nodes: [
      { op: 'Identity', inputs: ['going'], outputs: ['on'] },
      { op: 'MatMul', inputs: ['h', 'w'], outputs: ['product'] },
      { op: 'Add', inputs: ['product', 'x'], outputs: ['pre'] },
      { op: 'Tanh', inputs: ['pre'], outputs: ['h_next'] },
      { op: 'Sigmoid', inputs: ['h_next'], outputs: ['seen'] },
    ],
  };
  const looped = (x: Nd): Nd => {
    let h = [...x.data];
    const seen: number[][] = [];
    for (let i = 0; i < 3; i++) {
      h = times(h, matrix).map((value, j) => Math.tanh(value + x.data[j]!));
      seen.push(h.map(sigmoid));
    }
    return build([3, 3], ([t, j]) => seen[t!]![j!]!);
  };
  const loop: Graph = {
    inputs: [{ name: 'x', shape: ['batch', 3] }],
    outputs: [{ name: 'y' }],
    nodes: [
      { op: 'Loop', inputs: ['count', '', 'x'], outputs: ['last', 'steps'], attributes: { body } },
      { op: 'Transpose', inputs: ['steps'], outputs: ['y'], attributes: { perm: [1, 0, 2] } },
    ],
    constants: { w: constantOf(matrix), count: { shape: [], data: [3], type: INT64 } },
  };
  it('a Loop over a known number of steps', () => holds(loop, looped, [3]));

  it('a Loop whose steps depend on values is refused by its name', async () => {
    const until = { ...body, nodes: [...body.nodes.slice(1), { op: 'ReduceSum', inputs: ['h'], outputs: ['sum'], attributes: { keepdims: 0 } }, { op: 'Less', inputs: ['sum', 'limit'], outputs: ['on'] }] }; // prettier-ignore
    const graph = { ...loop, nodes: [{ ...loop.nodes[0]!, attributes: { body: until } }, loop.nodes[1]!], constants: { ...loop.constants, limit: { shape: [], data: [1] } } }; // prettier-ignore
    const model = await opened(graph);
    expect(model.summary.layers.flatMap((layer) => layer.unsupported).join()).toMatch(/Loop with/);
    const asked = { inputs: { x: rows([spread([3])]) }, baseline: { kind: 'constant' as const, value: 0 }, target: { index: 0 }, methods: ['nig' as const], rule: 'secant' as const, steps: 4 }; // prettier-ignore
    await expect(attribute(device, model.graph, asked)).rejects.toThrow(/OP_UNSUPPORTED.*Loop/);
  });

  it('a Loop along a free size is refused before a step is made, and unrolled once an input binds it', async () => {
    const along = {
      ...body,
      nodes: [
        ...body.nodes.filter((node) => !node.outputs.includes('on')),
        { op: 'Add', inputs: ['i', 'one'], outputs: ['next'] },
        { op: 'Less', inputs: ['next', 'length'], outputs: ['on'] },
      ],
    };
    const model = await opened({
      ...loop,
      inputs: [...loop.inputs, { name: 'sound', shape: ['batch', 'time'] }],
      nodes: [
        { op: 'Shape', inputs: ['sound'], outputs: ['shape'] },
        { op: 'Gather', inputs: ['shape', 'one'], outputs: ['length'], attributes: { axis: 0 } },
        { op: 'Less', inputs: ['zero', 'length'], outputs: ['begins'] },
        { ...loop.nodes[0]!, inputs: ['', 'begins', 'x'], attributes: { body: along } },
        loop.nodes[1]!,
      ],
      constants: {
        ...loop.constants,
        one: { shape: [], data: [1], type: INT64 },
        zero: { shape: [], data: [0], type: INT64 },
      },
    });
    const refused = model.summary.layers.flatMap(({ unsupported }) => unsupported);
    expect(refused.join()).toMatch(/Loop with a free number of steps/);
    // No node of the body was made.
    expect(model.summary.layers.length).toBeLessThan(8);
    const bound = await openModel(model.summary.path, { choices: { sizes: { sound: [3] } } });
    expect(bound.summary.layers.flatMap(({ unsupported }) => unsupported)).toEqual([]);
  });

  it('an LSTM whose states are projected is refused: its weights are of two numbers of units', async () => {
    const model = await opened({
      inputs: [{ name: 'x', shape: [3, 'batch', 2] }],
      outputs: [{ name: 'y' }],
      nodes: [{ op: 'LSTM', inputs: ['x', 'w', 'r'], outputs: ['y'], attributes: { hidden_size: 4 } }],
      constants: {
        w: { shape: [1, 16, 2], data: new Array<number>(32).fill(0.1) },
        r: { shape: [1, 16, 3], data: new Array<number>(48).fill(0.1) },
      },
    });
    const refused = model.summary.layers.flatMap(({ unsupported }) => unsupported);
    expect(refused).toEqual(['LSTM with weights of another number of units']);
  });

  it('whole numbers that look up biases of −∞ mask, and stay as at the input', async () => {
    const low = -Infinity;
    const model = await opened({
      inputs: [
        { name: 'kinds', shape: ['batch', 3], type: INT64 },
        { name: 'distances', shape: ['batch', 3, 3], type: INT64 },
      ],
      outputs: [{ name: 'y' }],
      nodes: [
        { op: 'Gather', inputs: ['table', 'kinds'], outputs: ['h'] },
        { op: 'Transpose', inputs: ['h'], outputs: ['turned'], attributes: { perm: [0, 2, 1] } },
        { op: 'MatMul', inputs: ['h', 'turned'], outputs: ['products'] },
        { op: 'Gather', inputs: ['biases', 'distances'], outputs: ['bias'] },
        { op: 'Squeeze', inputs: ['bias', 'last'], outputs: ['flat'] },
        { op: 'Add', inputs: ['products', 'flat'], outputs: ['scores'] },
        { op: 'Softmax', inputs: ['scores'], outputs: ['weights'] },
        { op: 'MatMul', inputs: ['weights', 'h'], outputs: ['y'] },
      ],
      constants: {
        table: { shape: [4, 2], data: [0, 0, 0.3, -1, 1.2, 0.4, -0.7, 0.9] },
        biases: { shape: [3, 1], data: [low, 0.2, -0.4] },
        last: { shape: [1], data: [3], type: INT64 },
      },
    });
    expect(variation(model.graph).varied.held).toEqual([{ input: 'distances', why: 'mask', walkable: true }]);
    const inputs = {
      kinds: { shape: [1, 3], data: Float32Array.from([1, 2, 3]) },
      distances: { shape: [1, 3, 3], data: Float32Array.from([1, 2, 0, 2, 1, 2, 0, 2, 1]) },
    };
    const asked = { inputs, baseline: { kind: 'constant' as const, value: 0 }, target: { index: 0 }, methods: ['nig' as const], rule: 'secant' as const, steps: 8 }; // prettier-ignore
    const [result] = await attribute(device, model.graph, asked);
    const walked = result!.layers.find(({ name }) => name === 'h')!;
    expect(walked.contributions.reduce((sum, each) => sum + each, 0)).toBeCloseTo(result!.delta[0]!, 4);
  });

  /** A network over the nodes of a graph, whose edges are an input. */
  const overEdges = {
    inputs: [
      { name: 'x', shape: ['nodes', 2] },
      { name: 'edges', shape: [2, 'edges'], type: INT64 },
    ],
    outputs: [{ name: 'y' }],
  };

  it('Gather at positions that are an input, from the end too: nodes of a graph at the ends of its edges', async () => {
    const model = await opened({
      ...overEdges,
      nodes: [
        { op: 'Gather', inputs: ['edges', 'zero'], outputs: ['from'], attributes: { axis: 0 } },
        { op: 'Tanh', inputs: ['x'], outputs: ['h'] },
        { op: 'Gather', inputs: ['h', 'from'], outputs: ['y'], attributes: { axis: 0 } },
      ],
      constants: { zero: { shape: [], data: [0], type: INT64 } },
    });
    expect(model.summary.examples).toBe('whole');
    const bound = await openModel(model.summary.path, { choices: { sizes: { x: [4, 2], edges: [2, 3] } } });
    const x = spread([4, 2]);
    const inputs = { x: rows([x]), edges: { shape: [1, 2, 3], data: Float32Array.from([3, 0, -2, 1, 1, 1]) } };
    const { y } = await predict(device, bound.graph, inputs);
    const wanted = [3, 0, 2].flatMap((node) => [x.data[2 * node]!, x.data[2 * node + 1]!].map(Math.tanh));
    expect(y!.shape).toEqual([1, 3, 2]);
    wanted.forEach((value, at) => expect(y!.data[at]).toBeCloseTo(value, 5));
    const [run] = await attribute(device, bound.graph, { inputs, baseline: { kind: 'constant', value: 0 }, target: { index: [2, 1] }, methods: ['nig'], rule: 'secant', steps: 8 }); // prettier-ignore
    const contributions = run!.layers.find(({ name }) => name === 'Tanh' || name === 'h')!.contributions;
    expect(contributions[5]).toBeCloseTo(Math.tanh(x.data[5]!), 4);
    expect([...contributions].filter((value) => Math.abs(value) > 1e-6)).toHaveLength(1);
  });

  it('messages along the edges of a graph, added up at its nodes', async () => {
    const model = await opened({
      ...overEdges,
      nodes: [
        { op: 'Gather', inputs: ['edges', 'zero'], outputs: ['from'], attributes: { axis: 0 } },
        { op: 'Gather', inputs: ['edges', 'one'], outputs: ['to'], attributes: { axis: 0 } },
        { op: 'Gather', inputs: ['x', 'from'], outputs: ['message'], attributes: { axis: 0 } },
        { op: 'Tanh', inputs: ['message'], outputs: ['h'] },
        { op: 'Unsqueeze', inputs: ['to', 'last'], outputs: ['column'] },
        { op: 'Shape', inputs: ['h'], outputs: ['wide'] },
        { op: 'Expand', inputs: ['column', 'wide'], outputs: ['places'] },
        { op: 'Shape', inputs: ['x'], outputs: ['all'] },
        { op: 'ConstantOfShape', inputs: ['all'], outputs: ['nothing'] },
        { op: 'ScatterElements', inputs: ['nothing', 'places', 'h'], outputs: ['y'], attributes: { axis: 0, reduction: 'add' } },
      ],
      constants: {
        zero: { shape: [], data: [0], type: INT64 },
        one: { shape: [], data: [1], type: INT64 },
        last: { shape: [1], data: [1], type: INT64 },
      },
    }, 18); // prettier-ignore
    const bound = await openModel(model.summary.path, { choices: { sizes: { x: [4, 2], edges: [2, 5] } } });
    const x = spread([4, 2]);
    const edges = [[3, 0, 2, 1, 0], [1, 1, 3, 3, 1]] as const; // prettier-ignore
    const inputs = { x: rows([x]), edges: { shape: [1, 2, 5], data: Float32Array.from(edges.flat()) } };
    const wanted = new Float64Array(8);
    edges[0].forEach((from, edge) => {
      for (const unit of [0, 1]) wanted[2 * edges[1][edge]! + unit]! += Math.tanh(x.data[2 * from + unit]!);
    });
    const { y } = await predict(device, bound.graph, inputs);
    expect(y!.shape).toEqual([1, 4, 2]);
    wanted.forEach((value, at) => expect(y!.data[at]).toBeCloseTo(value, 5));
    const [run] = await attribute(device, bound.graph, { inputs, baseline: { kind: 'constant', value: 0 }, target: { index: [1, 0] }, methods: ['nig'], rule: 'secant', steps: 16 }); // prettier-ignore
    // node 1 hears from 3 once, and twice from 0
    const { contributions } = run!.layers.find(({ name }) => name === 'x')!;
    const heard = [2 * Math.tanh(x.data[0]!), 0, 0, 0, 0, 0, Math.tanh(x.data[6]!), 0];
    heard.forEach((value, at) => expect(contributions[at]).toBeCloseTo(value, 4));
  });

  it('decision trees are refused as what they are, with what attributes them', async () => {
    const model = await opened({
      inputs: [{ name: 'x', shape: ['batch', 3] }],
      outputs: [{ name: 'y' }],
      nodes: [{ op: 'TreeEnsembleRegressor', domain: 'ai.onnx.ml', inputs: ['x'], outputs: ['y'] }],
    });
    const asked = { inputs: { x: rows([spread([3])]) }, baseline: { kind: 'constant' as const, value: 0 }, target: { index: 0 }, methods: ['nig' as const], rule: 'secant' as const, steps: 4 }; // prettier-ignore
    await expect(attribute(device, model.graph, asked)).rejects.toThrow(/OP_UNSUPPORTED.*decision trees.*TreeSHAP/);
  });

  it('a Scan along an axis, backwards', async () => {
    const scan: Graph = {
      inputs: [{ name: 'h', shape: ['batch', 3] }, { name: 'row', shape: ['batch', 3] }],
      outputs: [{ name: 'h_next' }, { name: 'seen' }],
      nodes: [
        { op: 'MatMul', inputs: ['h', 'w'], outputs: ['product'] },
        { op: 'Add', inputs: ['product', 'row'], outputs: ['pre'] },
        { op: 'Tanh', inputs: ['pre'], outputs: ['h_next'] },
        { op: 'Identity', inputs: ['h_next'], outputs: ['seen'] },
      ],
    }; // prettier-ignore
    const graph: Graph = {
      inputs: [{ name: 'x', shape: ['batch', 4, 3] }],
      outputs: [{ name: 'y' }],
      nodes: [{ op: 'Scan', inputs: ['start', 'x'], outputs: ['last', 'y'], attributes: { body: scan, num_scan_inputs: 1, scan_input_axes: [1], scan_input_directions: [1], scan_output_axes: [1] } }],
      constants: { w: constantOf(matrix), start: { shape: [1, 3], data: [0.1, -0.2, 0.3] } },
    }; // prettier-ignore
    const twin: Twin = (x) => {
      let h = [0.1, -0.2, 0.3].map(Math.fround);
      const seen: number[][] = [];
      for (let t = 3; t >= 0; t--) {
        h = times(h, matrix).map((value, j) => Math.tanh(value + x.data[t * 3 + j]!));
        seen.push(h);
      }
      return build([4, 3], ([t, j]) => seen[t!]![j!]!);
    };
    await holds(graph, twin, [4, 3]);
  });

  it.each([true, false])('an If whose condition is %s', async (taken) => {
    const branch = (op: string): Graph => ({ inputs: [], outputs: [{ name: 'z' }], nodes: [{ op, inputs: ['x'], outputs: ['z'] }] }); // prettier-ignore
    const graph: Graph = {
      inputs: [{ name: 'x', shape: ['batch', 3] }],
      outputs: [{ name: 'y' }],
      nodes: [{ op: 'If', inputs: ['told'], outputs: ['y'], attributes: { then_branch: branch('Tanh'), else_branch: branch('Sigmoid') } }],
      constants: { told: { shape: [], data: [Number(taken)], type: 2 } },
    }; // prettier-ignore
    await holds(graph, (x) => build([3], ([i]) => (taken ? Math.tanh : sigmoid)(x.data[i!]!)), [3]);
  });
});

describe('an If that the input decides', () => {
  const branch = (op: string, more: Graph['nodes'] = []): Graph => ({ inputs: [], outputs: [{ name: 'z' }], nodes: [{ op, inputs: ['x'], outputs: [more.length ? 'inner' : 'z'] }, ...more] }); // prettier-ignore
  const net = (no: Graph): Graph => ({
    inputs: [{ name: 'x', shape: ['batch', 3] }, { name: 'rate', shape: [], type: INT64 }],
    outputs: [{ name: 'y' }],
    nodes: [
      { op: 'Equal', inputs: ['rate', 'full'], outputs: ['isFull'] },
      { op: 'If', inputs: ['isFull'], outputs: ['chosen'], attributes: { then_branch: branch('Tanh'), else_branch: no } },
      { op: 'Mul', inputs: ['chosen', 'two'], outputs: ['y'] },
    ],
    constants: { full: { shape: [], data: [16000], type: INT64 }, two: { shape: [], data: [2] } },
  }); // prettier-ignore

  it('is decided by the input, which is held, example by example', async () => {
    const { graph, summary } = await opened(net(branch('Sigmoid')));
    expect(summary.layers.flatMap((layer) => layer.unsupported)).toEqual([]);
    expect(variation(graph).varied).toEqual({
      walked: [{ name: 'x', behind: [] }],
      held: [{ input: 'rate', why: 'choice', walkable: false }],
    });
    // A file with an input of one number has no batch axis: its arrays hold one example.
    const x = { shape: [2, 3], data: Float32Array.from([0.3, -0.4, 0.9, 0.3, -0.4, 0.9]) };
    const rate = { shape: [2], data: Float32Array.of(16000, 8000) };
    const [run] = await attribute(device, graph, { inputs: { x, rate }, baseline: { kind: 'constant', value: 0 }, target: { index: 2 }, methods: ['nig'], rule: 'secant', steps: 8 }); // prettier-ignore
    [2 * Math.tanh(0.9), 2 * sigmoid(0.9) - 1].forEach((delta, example) => {
      expect(run!.delta[example]).toBeCloseTo(delta, 5);
      expect(run!.layers.find(({ name }) => name === 'x')!.residual![example]).toBeCloseTo(0, 5);
    });
  });

  it('is refused where its branches have different shapes', async () => {
    const sum: Graph['nodes'] = [{ op: 'ReduceSum', inputs: ['inner', 'last'], outputs: ['z'], attributes: { keepdims: 1 } }]; // prettier-ignore
    const given = net(branch('Sigmoid', sum));
    const { summary } = await opened({ ...given, constants: { ...given.constants, last: { shape: [1], data: [1], type: INT64 } } }); // prettier-ignore
    expect(summary.layers.flatMap((layer) => layer.unsupported).join()).toMatch(/branches of different shapes, between which the input decides/); // prettier-ignore
  });
});

describe('selections by what varies', () => {
  it('Where of comparisons and their logic', async () => {
    const graph: Graph = {
      inputs: [{ name: 'x', shape: ['batch', 5] }],
      outputs: [{ name: 'y' }],
      nodes: [
        { op: 'Greater', inputs: ['x', 'low'], outputs: ['above'] },
        { op: 'LessOrEqual', inputs: ['x', 'high'], outputs: ['below'] },
        { op: 'And', inputs: ['above', 'below'], outputs: ['inside'] },
        { op: 'Not', inputs: ['inside'], outputs: ['outside'] },
        { op: 'Mul', inputs: ['x', 'x'], outputs: ['square'] },
        { op: 'Where', inputs: ['outside', 'x', 'square'], outputs: ['chosen'] },
        { op: 'ReduceSum', inputs: ['chosen', 'axes'], outputs: ['y'], attributes: { keepdims: 1 } },
      ],
      constants: { low: { shape: [], data: [-0.7] }, high: { shape: [], data: [0.9] }, axes: { shape: [1], data: [1], type: INT64 } },
    }; // prettier-ignore
    const twin: Twin = (x) =>
      build([1], () => [...x.data].reduce((sum, v) => sum + (v > Math.fround(-0.7) && v <= Math.fround(0.9) ? v * v : v), 0)); // prettier-ignore
    await holds(graph, twin, [5], { smooth: false });
  });

  it('whole numbers: the path starts behind the embedding, and what they mask stays masked', async () => {
    const table = spread([6, 3]);
    const graph: Graph = {
      inputs: [{ name: 'ids', shape: ['batch', 4], type: INT64 }],
      outputs: [{ name: 'y' }],
      nodes: [
        { op: 'Gather', inputs: ['table', 'ids'], outputs: ['words'], name: '/words/Gather' },
        { op: 'Equal', inputs: ['ids', 'zero'], outputs: ['padding'] },
        { op: 'Unsqueeze', inputs: ['padding', 'last'], outputs: ['wide'] },
        { op: 'Where', inputs: ['wide', 'nothing', 'words'], outputs: ['kept'] },
        { op: 'ReduceSum', inputs: ['kept', 'steps'], outputs: ['sum'], attributes: { keepdims: 0 } },
        { op: 'Tanh', inputs: ['sum'], outputs: ['y'] },
      ],
      constants: {
        table: constantOf(table),
        zero: { shape: [], data: [0], type: INT64 },
        last: { shape: [1], data: [2], type: INT64 },
        steps: { shape: [1], data: [1], type: INT64 },
        nothing: { shape: [], data: [0] },
      },
    };
    const model = await opened(graph);
    expect(variation(model.graph).varied.walked).toEqual([{ name: 'words', behind: ['ids'] }]);
    const ids = { shape: [1, 4], data: Float32Array.from([3, 0, 5, 0]) };
    const [run] = await attribute(device, model.graph, { inputs: { ids }, baseline: { kind: 'constant', value: 0.2 }, target: { index: 1 }, methods: ['nig'], rule: 'secant', steps: 16 }); // prettier-ignore
    const words = run!.layers.find(({ name }) => name === 'words')!;
    expect(words.cut).toBe(true);
    expect(Math.abs(words.residual![0]!)).toBeLessThan(1e-6);
    const carried = [0, 1, 2, 3].map((place) => words.contributions.subarray(3 * place, 3 * place + 3).some((v) => v !== 0)); // prettier-ignore
    expect(carried).toEqual([true, false, true, false]);
  });
});

describe('forms of files', () => {
  const dense = (type: number, own: Partial<Tensor> = {}): Graph => ({
    inputs: [{ name: 'x', shape: ['batch', 3], type: type === FLOAT16 ? FLOAT16 : FLOAT }],
    outputs: [{ name: 'y' }],
    nodes: [
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['product'] },
      { op: 'Tanh', inputs: ['product'], outputs: ['y'] },
    ],
    constants: { w: { ...constantOf(matrix, type), ...own } },
  });
  const product = (m: Nd): Twin => (x) => build([3], ([j]) => Math.tanh(times(x.data, m)[j!]!)); // prettier-ignore

  it('weights in a file beside the model', async () => {
    const bytes = bytesOf(constantOf(matrix));
    const file = new Uint8Array(64 + bytes.length);
    file.set(bytes, 64);
    const graph = dense(FLOAT, { external: { location: 'weights.bin', offset: 64 } });
    await holds(graph, product(matrix), [3], { beside: { 'weights.bin': file } });
    await expect(opened(graph)).rejects.toThrow(/weights\.bin/);
    await expect(opened(graph, 17, { 'weights.bin': file.subarray(0, 70) })).rejects.toThrow(/MODEL_WEIGHTS_SHORT/);
  });

  it('weights of float16', async () => {
    const rounded = build([3, 3], (at) => fromHalf(half(read(matrix, at))));
    await holds(dense(FLOAT16), product(rounded), [3]);
  });

  it('a quantised pair around a value, and quantised weights', async () => {
    const codes = build([3, 3], () => Math.round(120 * (next() - 0.5)));
    const graph: Graph = {
      inputs: [{ name: 'x', shape: ['batch', 3] }],
      outputs: [{ name: 'y' }],
      nodes: [
        { op: 'QuantizeLinear', inputs: ['x', 'scale', 'zero'], outputs: ['q'] },
        { op: 'DequantizeLinear', inputs: ['q', 'scale', 'zero'], outputs: ['dq'] },
        { op: 'DequantizeLinear', inputs: ['codes', 'scales', 'zeros'], outputs: ['w'], attributes: { axis: 1 } },
        { op: 'MatMul', inputs: ['dq', 'w'], outputs: ['y'] },
      ],
      constants: {
        scale: { shape: [], data: [0.02] },
        zero: { shape: [], data: [100], type: 2 },
        codes: constantOf(codes, 3),
        scales: { shape: [3], data: [0.01, 0.02, 0.03] },
        zeros: { shape: [3], data: [3, -2, 0], type: 3 },
      },
    };
    const [scale, scales] = [Math.fround(0.02), [0.01, 0.02, 0.03].map(Math.fround)];
    const weights = build([3, 3], ([i, j]) => (codes.data[i! * 3 + j!]! - [3, -2, 0][j!]!) * scales[j!]!);
    const even = (v: number): number => (Math.abs(v % 1) === 0.5 ? 2 * Math.round(v / 2) : Math.round(v));
    const twin: Twin = (x) => {
      const held = Array.from(
        x.data,
        (v) => (Math.min(Math.max(even(Math.fround(v / scale)) + 100, 0), 255) - 100) * scale,
      );
      return build([3], ([j]) => times(held, weights)[j!]!);
    };
    await holds(graph, twin, [3], { smooth: false });
  });

  it('without a batch axis: the whole of an input is one example', async () => {
    const graph: Graph = {
      inputs: [{ name: 'x', shape: [6] }],
      outputs: [{ name: 'y' }],
      nodes: [
        { op: 'Reshape', inputs: ['x', 'shape'], outputs: ['rows'] },
        { op: 'MatMul', inputs: ['rows', 'w'], outputs: ['product'] },
        { op: 'Tanh', inputs: ['product'], outputs: ['active'] },
        { op: 'ReduceMean', inputs: ['active'], outputs: ['y'], attributes: { axes: [0], keepdims: 0 } },
      ],
      constants: { w: constantOf(matrix), shape: { shape: [2], data: [2, 3], type: INT64 } },
    };
    const twin: Twin = (x) =>
      build([3], ([j]) => [0, 1].reduce((sum, r) => sum + Math.tanh(times(x.data.subarray(3 * r, 3 * r + 3), matrix)[j!]!) / 2, 0)); // prettier-ignore
    await holds(graph, twin, [6]);
  });

  it.each([
    ['texts', { inputs: [{ name: 'x', shape: ['batch', 2], type: STRING }], outputs: [{ name: 'y' }], nodes: [{ op: 'StringNormalizer', inputs: ['x'], outputs: ['y'] }] }, /StringNormalizer/],
    ['sequences', { inputs: [{ name: 'x', shape: ['batch', 2] }], outputs: [{ name: 'y' }], nodes: [{ op: 'SequenceConstruct', inputs: ['x', 'x'], outputs: ['s'] }, { op: 'Cast', inputs: ['x'], outputs: ['at'], attributes: { to: 7 } }, { op: 'SequenceAt', inputs: ['s', 'at'], outputs: ['y'] }] }, /SequenceAt/],
    ['places that depend on values', { inputs: [{ name: 'x', shape: ['batch', 2] }], outputs: [{ name: 'y' }], nodes: [{ op: 'NonZero', inputs: ['x'], outputs: ['y'] }] }, /NonZero/],
    ['random numbers', { inputs: [{ name: 'x', shape: ['batch', 2] }], outputs: [{ name: 'y' }], nodes: [{ op: 'RandomNormalLike', inputs: ['x'], outputs: ['r'] }, { op: 'Add', inputs: ['x', 'r'], outputs: ['y'] }] }, /RandomNormalLike/],
  ] as readonly (readonly [string, Graph, RegExp])[])('%s open for viewing, and are refused by the name of the op', async (_name, graph, op) => {
    const model = await opened(graph);
    expect(model.summary.layers.flatMap((layer) => layer.unsupported).join()).toMatch(op);
    const asked = { inputs: { x: rows([spread([2])]) }, baseline: { kind: 'constant' as const, value: 0 }, target: { index: 0 }, methods: ['nig' as const], rule: 'secant' as const, steps: 4 };
    await expect(attribute(device, model.graph, asked)).rejects.toThrow(op);
  }); // prettier-ignore
});

/** A float16 number. */
function fromHalf(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  const magnitude = exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : (fraction / 1024) * 2 ** -14;
  return bits & 0x8000 ? -magnitude : magnitude;
}
