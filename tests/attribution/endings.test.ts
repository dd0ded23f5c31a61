/**
 * Where the default target lies, whatever form a network's end has: F at the input is the number that the last activation was taken
 * of, for every index of the output, and the activation taken of it again is the output.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FinalActivation, RunResult } from '../../src/contract/attribution';
import { attribute, predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { readArrays } from '../../src/main/engine/data';
import { openModel } from '../../src/main/engine/formats';
import { GraphBuilder } from '../../src/main/engine/graph/builder';
import { sizeOf, type Graph, type Shape, type ValueId } from '../../src/main/engine/graph/graph';
import { outputActivations, resolveTarget } from '../../src/main/engine/graph/target';
import { hold } from '../device';
import { INT64, onnxFile } from '../formats/onnxFile';
import { random } from '../random';

let device: Device;
beforeAll(async () => {
  device = await hold('cpu');
});

const SHAPE = [2, 3, 4];
const LAST = { axes: [2], keepDims: true };

/** Ops by name, as exporters chain them. */
class Pieces {
  #made = 0;
  constructor(readonly b: GraphBuilder) {}
  one = (op: Parameters<GraphBuilder['add']>[0], inputs: readonly ValueId[], attributes: object = {}): ValueId =>
    this.b.add(op, inputs, attributes as never, `${op}_${this.#made++}`);
  number = (value: number, shape: readonly number[] = []): ValueId =>
    this.b.constant({ shape, data: new Float32Array(sizeOf(shape)).fill(value) }, `number_${this.#made++}`);
  exp = (x: ValueId): ValueId => this.one('exp', [x]);
  neg = (x: ValueId): ValueId => this.one('neg', [x]);
  sub = (a: ValueId, b: ValueId): ValueId => this.one('sub', [a, b]);
  add = (a: ValueId, b: ValueId): ValueId => this.one('add', [a, b]);
  mul = (a: ValueId, b: ValueId): ValueId => this.one('mul', [a, b]);
  div = (a: ValueId, b: ValueId): ValueId => this.one('div', [a, b]);
  max = (x: ValueId): ValueId => this.one('max', [x], LAST);
  sum = (x: ValueId): ValueId => this.one('sum', [x], LAST);
  shifted = (z: ValueId): ValueId => this.sub(z, this.max(z));
  reshape = (x: ValueId, shape: readonly number[]): ValueId => this.one('reshape', [x], { shape });
  transpose = (x: ValueId, ...permutation: number[]): ValueId => this.one('transpose', [x], { permutation });
  slice = (
    x: ValueId,
    begin: readonly (number | null)[],
    end: readonly (number | null)[],
    strides: readonly number[],
  ) => this.one('slice', [x], { begin, end, strides });
  concat = (axis: number, ...parts: ValueId[]): ValueId => this.one('concat', parts, { axis });
  sigmoid = (x: ValueId): ValueId => this.one('sigmoid', [x]);
  softmax = (x: ValueId, axis = 2): ValueId => this.one('softmax', [x], { axis });
}

type End = (p: Pieces, z: ValueId) => ValueId;
const softmaxOf: End = (p, z) => p.softmax(z);

const ended = (end: End, shape: Shape = SHAPE): Graph => {
  const b = new GraphBuilder('ended');
  const x = b.input('x', shape);
  const p = new Pieces(b);
  const z = p.mul(x, p.number(1.5));
  for (const [name, output] of [
    ['x', x],
    ['z', z],
  ] as const)
    // prettier-ignore
    b.layer({ name, kind: 'Layer', group: [], output, unitAxis: shape.length - 1, inputs: [], parameters: 0 });
  b.output('y', end(p, z));
  return b.build();
};

const next = random(5);
const given = Float32Array.from({ length: sizeOf(SHAPE) }, () => 4 * (next() - 0.5));
const inputs = { x: { shape: [1, ...SHAPE], data: given } };
const logits = given.map((x) => Math.fround(x * Math.fround(1.5)));

const explained = async (
  graph: Graph,
  index: RunResult['steps'] | readonly number[] | 'argmax',
  afterActivation = false,
) =>
  (
    await attribute(device, graph, {
      inputs,
      baseline: { kind: 'constant', value: 0 },
      target: { index, afterActivation },
      methods: ['rescale'],
      rule: 'secant',
      steps: 1,
    })
  )[0]!;

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/** What the last activation makes of F, by what else is in its group. */
const AGAIN: Readonly<Record<string, (f: number, group: readonly number[]) => number>> = {
  sigmoid,
  logSigmoid: (f) => Math.log(sigmoid(f)),
  hardSigmoid: (f) => Math.min(1, Math.max(0, 0.2 * f + 0.5)),
  softmax: (f, group) => Math.exp(f) / group.reduce((sum, each) => sum + Math.exp(each), 0),
  logSoftmax: (f, group) => f - Math.log(group.reduce((sum, each) => sum + Math.exp(each), 0)),
};

/** Of a logit the group that softmax along the last axis puts it in. */
const groupOf = (f: number): number[] => {
  const place = logits.reduce((best, z, at) => (Math.abs(z - f) < Math.abs(logits[best]! - f) ? at : best), 0);
  const first = 4 * Math.floor(place / 4);
  return Array.from(logits.subarray(first, first + 4));
};

/** Holds every index of the output to it. */
async function holds(end: End, kind: FinalActivation, shape?: Shape): Promise<void> {
  const graph = ended(end, shape);
  expect(outputActivations(graph).finalActivation).toEqual({ y: kind });
  const y = (await predict(device, graph, inputs))['y']!;
  for (let index = 0; index < y.data.length; index++) {
    const run = await explained(graph, index);
    const f = run.atInput[0]!;
    expect(Math.min(...Array.from(logits, (z) => Math.min(Math.abs(z - f), Math.abs(z + f))))).toBeLessThan(1e-5);
    expect(AGAIN[kind]!(f, groupOf(f)), `index ${index}`).toBeCloseTo(y.data[index]!, 5);
    expect(run.terms![0]!.activations[0]).toMatchObject({ kind, passed: true });
  }
}

describe('a final activation written out in pieces', () => {
  it.each<[string, FinalActivation, End]>([
    ['exp over its sum', 'softmax', (p, z) => p.div(p.exp(z), p.sum(p.exp(z)))],
    ['shifted by the maximum', 'softmax', (p, z) => ((e) => p.div(e, p.sum(e)))(p.exp(p.shifted(z)))],
    [
      'as JAX writes it: a maximum guarded against infinities, in its own shape, spread again',
      'softmax',
      (p, z) => {
        const narrow = (op: 'max' | 'sum', x: ValueId) => p.reshape(p.one(op, [x], { axes: [2], keepDims: false }), [2, 3, 1]); // prettier-ignore
        const wide = (x: ValueId) => p.one('tile', [x], { repeats: [1, 1, 4] });
        const m = p.one('identity', [p.one('maximum', [narrow('max', z), p.number(-Infinity)])]);
        const e = p.exp(p.sub(z, wide(m)));
        return p.div(e, wide(narrow('sum', e)));
      },
    ],
    [
      'as PyTorch decomposes it: the maximum where it is finite',
      'softmax',
      (p, z) => {
        const m = p.max(z);
        const finite = p.one('greater', [p.number(1e30), p.one('abs', [m])]);
        const e = p.exp(p.sub(z, p.one('select', [finite, m, p.number(0)])));
        return p.div(e, p.sum(e));
      },
    ],
    ['times a reciprocal', 'softmax', (p, z) => ((e) => p.mul(e, p.one('reciprocal', [p.sum(e)])))(p.exp(p.shifted(z)))],
    ['a sum kept from zero', 'softmax', (p, z) => ((e) => p.div(e, p.add(p.sum(e), p.number(1e-7))))(p.exp(p.shifted(z)))],
    ['exp written twice', 'softmax', (p, z) => p.div(p.exp(p.shifted(z)), p.sum(p.exp(p.shifted(z))))],
    ['one op, of what was shifted before', 'softmax', (p, z) => p.softmax(p.shifted(z))],
    ['exp of a log-softmax', 'softmax', (p, z) => p.exp(p.one('logSoftmax', [z], { axis: 2 }))],
    ['log of a softmax', 'logSoftmax', (p, z) => p.one('log', [p.softmax(z)])],
    ['shifted − log Σ exp', 'logSoftmax', (p, z) => ((s) => p.sub(s, p.one('log', [p.sum(p.exp(s))])))(p.shifted(z))],
    [
      'z − log-sum-exp',
      'logSoftmax',
      (p, z) => {
        const m = p.max(z);
        return p.sub(z, p.add(p.one('log', [p.sum(p.exp(p.sub(z, m)))]), m));
      },
    ],
    ['1/(1 + exp(−z))', 'sigmoid', (p, z) => p.div(p.number(1), p.add(p.number(1), p.exp(p.neg(z))))],
    ['the reciprocal of 1 + exp(−z)', 'sigmoid', (p, z) => p.one('reciprocal', [p.add(p.exp(p.mul(z, p.number(-1))), p.number(1))])],
    ['(1 + exp(z)) to the power of −1: of −z', 'sigmoid', (p, z) => p.one('pow', [p.add(p.exp(z), p.number(1))], { exponent: -1 })],
    ['exp(z)/(1 + exp(z))', 'sigmoid', (p, z) => p.div(p.exp(z), p.add(p.exp(z), p.number(1)))],
    ['½(1 + tanh(z/2))', 'sigmoid', (p, z) => p.mul(p.number(0.5), p.add(p.number(1), p.one('tanh', [p.mul(z, p.number(0.5))])))],
    ['½ tanh(z/2) + ½', 'sigmoid', (p, z) => p.add(p.mul(p.one('tanh', [p.div(z, p.number(2))]), p.number(0.5)), p.number(0.5))],
    [
      'where it is accurate: one form for each sign',
      'sigmoid',
      (p, z) => {
        const positive = p.one('greaterEqual', [z, p.number(0)]);
        const e = p.exp(p.neg(p.one('abs', [z])));
        const below = p.add(p.number(1), e);
        return p.one('select', [positive, p.div(p.number(1), below), p.div(e, below)]);
      },
    ],
    ['log of a softmax that a small number keeps from zero', 'logSoftmax', (p, z) => p.one('log', [p.add(p.softmax(z), p.number(1e-9))])],
    ['log of a sigmoid that is clipped', 'logSigmoid', (p, z) => p.one('log', [p.one('clip', [p.sigmoid(z)], { min: 1e-7, max: 1 })])],
    ['a line that is clipped', 'hardSigmoid', (p, z) => p.one('clip', [p.add(p.mul(z, p.number(0.2)), p.number(0.5))], { min: 0, max: 1 })],
    ['a line between two extremes', 'hardSigmoid', (p, z) => p.one('minimum', [p.one('maximum', [p.add(p.number(0.5), p.mul(p.number(0.2), z)), p.number(0)]), p.number(1)])],
    ['a line between ReLU and a minimum', 'hardSigmoid', (p, z) => p.one('relu', [p.one('minimum', [p.number(1), p.add(p.div(z, p.number(5)), p.number(0.5))])])],
    ['a share of what is kept between 0 and 5', 'hardSigmoid', (p, z) => p.div(p.one('clippedRelu', [p.add(z, p.number(2.5))], { maxValue: 5, threshold: 0, slope: 0 }), p.number(5))],
    ['−softplus(−z)', 'logSigmoid', (p, z) => p.neg(p.one('softplus', [p.neg(z)]))],
    ['−log(1 + exp(−z))', 'logSigmoid', (p, z) => p.neg(p.one('log1p', [p.exp(p.neg(z))]))],
    [
      '−(max(−z, 0) + log1p(exp(−|z|)))',
      'logSigmoid',
      (p, z) => p.neg(p.add(p.one('relu', [p.neg(z)]), p.one('log1p', [p.exp(p.neg(p.one('abs', [p.neg(z)])))]))),
    ],
  ])('%s', (_, kind, end) => holds(end, kind)); // prettier-ignore

  it.each<[string, End]>([
    ['a quotient by another sum', (p, z) => p.div(p.exp(z), p.sum(p.exp(p.neg(z))))],
    [
      'sums along one axis spread and turned to another',
      (p, z) => {
        const square = p.slice(z, [0, 0, 0], [2, 2, 2], [1, 1, 1]);
        const e = p.exp(square);
        const sums = p.one('sum', [e], { axes: [1], keepDims: true });
        return p.div(e, p.transpose(p.one('tile', [sums], { repeats: [1, 2, 1] }), 0, 2, 1));
      },
    ],
    ['sums along one axis met along another', (p, z) => p.div(p.exp(z), p.reshape(p.one('sum', [p.exp(z)], { axes: [1], keepDims: false }), [2, 4, 1]))], // prettier-ignore
    ['a gate', (p, z) => p.mul(z, p.sigmoid(z))],
    ['a difference of two', (p, z) => p.sub(z, p.max(z))],
    ['1/(2 + exp(−z))', (p, z) => p.div(p.number(1), p.add(p.number(2), p.exp(p.neg(z))))],
    ['a clip that is not in the middle', (p, z) => p.one('clip', [p.add(z, p.number(0.25))], { min: 0, max: 1 })],
    ['a clipped ReLU', (p, z) => p.one('clippedRelu', [z], { maxValue: 6, threshold: 0, slope: 0 })],
    ['something done to it', (p, z) => p.one('tanh', [p.sigmoid(z)])],
  ])('is not seen in %s', (name, end) => {
    const shape = name.startsWith('sums along') ? [2, 4, 4] : SHAPE;
    expect(outputActivations(ended(end, shape))).toEqual({ finalActivation: { y: null }, probabilities: { y: null } });
  });
});

describe('a final activation behind what moves values', () => {
  it.each<[string, FinalActivation, End]>([
    ['a transpose', 'softmax', (p, z) => p.transpose(p.softmax(z), 2, 0, 1)],
    ['transposes around it', 'softmax', (p, z) => p.transpose(p.softmax(p.transpose(z, 2, 0, 1), 0), 1, 2, 0)],
    ['a reshape, a transpose and a reshape', 'sigmoid', (p, z) => p.reshape(p.transpose(p.reshape(p.sigmoid(z), [6, 4]), 1, 0), [24])],
    ['a slice', 'sigmoid', (p, z) => p.slice(p.sigmoid(z), [null, 1, -1], [null, null, null], [1, 1, -2])],
    ['picked places', 'softmax', (p, z) => p.one('gather', [p.softmax(z)], { axis: 2, indices: [3, -3] })],
    ['repetition', 'sigmoid', (p, z) => p.one('upsample', [p.sigmoid(z)], { scale: [2, 3], method: 'nearest' })],
    ['tiles', 'sigmoid', (p, z) => p.one('tile', [p.one('repeat', [p.sigmoid(z)], { axis: 1, repeats: 2 })], { repeats: [1, 1, 2] })],
    ['a sum with zeros', 'sigmoid', (p, z) => p.add(p.number(0, [2, 2, 3, 4]), p.one('identity', [p.sigmoid(z)]))],
    ['heads joined', 'softmax', (p, z) => p.concat(1, p.softmax(p.slice(z, [0, 0, 0], [1, 3, 4], [1, 1, 1])), p.softmax(p.slice(z, [1, 0, 0], [2, 3, 4], [1, 1, 1])))],
    ['heads stacked', 'sigmoid', (p, z) => p.one('stack', [p.sigmoid(z), p.sigmoid(z)], { axis: 1 })],
    ['both of two classes from one number', 'sigmoid', (p, z) => ((s) => p.concat(2, p.sub(p.number(1), s), s))(p.sigmoid(z))],
  ])('%s', (_, kind, end) => holds(end, kind)); // prettier-ignore

  it('or in one minus it: F is the negative of the number before', async () => {
    const graph = ended((p, z) => p.reshape(p.add(p.neg(p.sigmoid(z)), p.number(1)), [24]));
    const y = (await predict(device, graph, inputs))['y']!;
    const run = await explained(graph, 5);
    expect(sigmoid(run.atInput[0]!)).toBeCloseTo(y.data[5]!, 6);
    expect(run.target).toEqual(['− z[0, 1, 1]']);
  });

  it('is found by a place in the output, and told in the layer before it', async () => {
    const graph = ended((p, z) => p.transpose(p.softmax(z), 2, 0, 1));
    const run = await explained(graph, [3, 1, 2]);
    expect(run.target).toEqual(['z[1, 2, 3]']);
    expect(run.atInput[0]).toBeCloseTo(logits[23]!, 5);
    expect(run.terms).toEqual([
      {
        layer: 'y',
        shape: [4, 2, 3],
        index: [23],
        labels: null,
        activations: [{ kind: 'softmax', before: 'z', passed: true }],
        behind: [0],
      },
    ]);
  });

  it('of joined outputs some may have none: each example explains what its place holds', async () => {
    const graph = ended((p, z) => p.concat(2, p.slice(z, [0, 0, 0], [2, 3, 2], [1, 1, 1]), p.sigmoid(z)));
    const data = Float32Array.from([...given, ...given]);
    const [run] = await attribute(device, graph, {
      inputs: { x: { shape: [2, ...SHAPE], data } },
      baseline: { kind: 'constant', value: 0 },
      target: { index: { each: [[0, 0, 1], [0, 0, 5]] } }, // prettier-ignore
      methods: ['nig'],
      rule: 'secant',
      steps: 3,
    });
    expect(run!.target).toEqual(['y[0, 0, 1]', 'z[0, 0, 3]']);
    expect(run!.atInput[0]).toBeCloseTo(logits[1]!, 5);
    expect(run!.atInput[1]).toBeCloseTo(logits[3]!, 5);
    expect(run!.terms![0]!.behind).toEqual([null, 0]);
    const x = run!.layers.find(({ name }) => name === 'x')!;
    expect(x.contributions[1]).toBeCloseTo(run!.delta[0]!, 5);
    expect(x.contributions[24 + 3]).toBeCloseTo(run!.delta[1]!, 5);
  });

  it('the largest is that of the output: of two groups the surer one, and of saturated values the largest before', async () => {
    const far = Float32Array.from(given, (_, at) => (at === 7 ? 30 : at === 2 ? 40 : at > 3 && at < 8 ? 29.9 : 0));
    const at = async (end: End) => {
      const [run] = await attribute(device, ended(end), {
        inputs: { x: { shape: [1, ...SHAPE], data: far } },
        baseline: { kind: 'constant', value: 0 },
        target: { index: 'argmax' },
        methods: ['rescale'],
        rule: 'secant',
        steps: 1,
      });
      return run!.target[0];
    };
    expect(await at(softmaxOf)).toBe('z[0, 0, 2]');
    expect(await at((p, z) => p.reshape(p.sigmoid(z), [24]))).toBe('z[0, 0, 2]');
    expect(await at((p, z) => p.softmax(p.slice(z, [0, 1, 0], [1, 2, 4], [1, 1, 1])))).toBe('z[0, 1, 3]');
  });
});

describe('a target that is a probability all the same', () => {
  it.each<[string, End, boolean]>([
    ['asked for', softmaxOf, true],
    ['clipped', (p, z) => p.one('clip', [p.softmax(z)], { min: 1e-7, max: 1 - 1e-7 }), false],
    ['a mean of two', (p, z) => p.mul(p.add(p.softmax(z), p.softmax(p.neg(z))), p.number(0.5)), false],
    ['a product of two', (p, z) => p.mul(p.softmax(z), p.sigmoid(z)), false],
    ['the largest of a group', (p, z) => p.max(p.softmax(z)), false],
    ['one minus a softmax', (p, z) => p.sub(p.number(1), p.softmax(z)), false],
  ])('is told with the layer before it: %s', async (_, end, after) => {
    const graph = ended(end);
    const run = await explained(graph, 2, after);
    expect(run.target[0]).toMatch(/^y\[/);
    expect(run.terms![0]!.activations).toEqual([{ kind: 'softmax', before: 'z', passed: false }]);
    expect(outputActivations(graph).probabilities).toMatchObject({ y: { kind: 'softmax', before: 'z' } });
  });
});

describe('forms of ONNX files, channels first', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mho-endings-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const whole = (...data: number[]) => ({ shape: [data.length], data, type: INT64 });
  const node = (op: string, from: string, to: string, attributes = {}) => ({ op, inputs: from.split(' '), outputs: to.split(' '), name: to, attributes }); // prettier-ignore
  const kept = { axes: [1], keepdims: 1 };
  const dropped = { axes: [1], keepdims: 0 };

  it.each([
    ['ReduceLogSumExp', 'logSoftmax', [node('ReduceLogSumExp', 'z', 'l', kept), node('Sub', 'z l', 'y')]],
    [
      'maxima and sums without their axis, expanded',
      'softmax',
      [
        node('ReduceMax', 'z', 'm0', dropped),
        node('Unsqueeze', 'm0 axis', 'm1'),
        node('Shape', 'z', 'shape'),
        node('Expand', 'm1 shape', 'm'),
        node('Sub', 'z m', 's'),
        node('Exp', 's', 'e'),
        node('ReduceSum', 'e axis', 't0', { keepdims: 0 }),
        node('Unsqueeze', 't0 axis', 't1'),
        node('Expand', 't1 shape', 't'),
        node('Div', 'e t', 'y'),
      ],
    ],
    [
      'casts to double and back around a reshape',
      'sigmoid',
      [
        node('Sigmoid', 'z', 's'),
        node('Cast', 's', 'c', { to: 11 }),
        node('Reshape', 'c flat', 'r'),
        node('Cast', 'r', 'y', { to: 1 }),
      ],
    ],
    [
      'transposes around it, and dropout',
      'softmax',
      [
        node('Transpose', 'z', 't', { perm: [0, 2, 3, 1] }),
        node('Softmax', 't', 's', { axis: -1 }),
        node('Transpose', 's', 'd', { perm: [0, 3, 1, 2] }),
        node('Dropout', 'd', 'y'),
      ],
    ],
    ['the first of two parts', 'sigmoid', [node('Sigmoid', 'z', 's'), node('Split', 's parts', 'y other', { axis: 1 })]],
    ['one over one and an exponential', 'sigmoid', [node('Neg', 'z', 'a'), node('Exp', 'a', 'b'), node('Add', 'b one', 'c'), node('Reciprocal', 'c', 'y')]],
  ] as const)('%s', async (name, kind, nodes) => {
    const path = join(folder, `${name}.onnx`);
    const constants = {
      w: { shape: [3, 2, 1, 1], data: [1, 2, 3, 4, 5, 6] },
      one: { shape: [], data: [1] },
      axis: whole(1),
      flat: whole(0, -1),
      parts: whole(2, 1),
    };
    const ports = { inputs: [{ name: 'x', shape: ['n', 2, 4, 5] }], outputs: [{ name: 'y' }] };
    writeFileSync(path, onnxFile({ nodes: [node('Conv', 'x w', 'z'), ...nodes], ...ports, constants }, 17));
    const { graph } = await openModel(path);
    expect(outputActivations(graph).finalActivation).toEqual({ y: kind });
    for (const [channel, place] of [[0, 0], [0, 7], [1, 19]] as const) // prettier-ignore
      expect(resolveTarget(graph, { index: 20 * channel + place })).toMatchObject({ label: 'z', index: 3 * place + channel, negated: false }); // prettier-ignore
  }); // prettier-ignore
});

describe('networks of the field', () => {
  it.each([
    ['seg_sigmoid', 'sigmoid'],
    ['seg_softmax', 'softmax'],
    ['sigmoid_flatten', 'sigmoid'],
  ] as const)('%s: the default target is the convolution', async (name, kind) => {
    const folder = resolve(import.meta.dirname, '../field/activation-behind-move');
    const { graph } = await openModel(resolve(folder, `${name}.onnx`));
    const [x] = Object.values(await readArrays(resolve(folder, 'x.npz')));
    const y = (await predict(device, graph, { x: x! }))['y']!;
    // Channels first: 2 of 4 × 4.
    for (const index of [0, 5, 16, 31]) {
      const other = (index + 16) % 32;
      const [run] = await attribute(device, graph, {
        inputs: { x: x! },
        baseline: { kind: 'constant', value: 0 },
        target: { index },
        ...(kind === 'softmax' && { minus: { index: other } }),
        methods: ['nig'],
        rule: 'secant',
        steps: 2,
      });
      const [channel, row, column] = [Math.floor(index / 16), Math.floor((index % 16) / 4), index % 4];
      const [at, beside] = [channel, 1 - channel].map((unit) => `conv[${row}, ${column}, ${unit}]`);
      expect(run!.target[0]).toBe(kind === 'softmax' ? `${at} − ${beside}` : at);
      // Of two classes one's logit less the other's is that of a sigmoid.
      expect(sigmoid(run!.atInput[0]!)).toBeCloseTo(y.data[index]!, 6);
      expect(run!.layers.map((layer) => layer.name)).toEqual(['x', 'conv']);
    }
  });
});
