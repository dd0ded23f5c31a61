/**
 * Sizes that files leave free, bound when they are opened: the same as a file with those sizes fixed, and as what it should give by
 * hand. The kinds are those of detection, text, sound and genomes: shape arithmetic, ranges over a length, resizing by a shape.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NumericArray } from '../../src/contract/attribution';
import type { OpeningChoices } from '../../src/contract/opening';
import { attribute, predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { openModel } from '../../src/main/engine/formats';
import { hold } from '../device';
import { random } from '../random';
import { functional, tensor } from './written';
import { FLOAT, type Graph, INT64, type Node, onnxFile, type Tensor } from './onnxFile';

let device: Device;
let scratch = '';
beforeAll(async () => {
  device = await hold('wasm');
  scratch = mkdtempSync(join(tmpdir(), 'mho-sizes-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let count = 0;
function written(graph: Graph): string {
  const folder = join(scratch, String(count++));
  mkdirSync(folder);
  const path = join(folder, 'model.onnx');
  writeFileSync(path, onnxFile(graph));
  return path;
}

const next = random(5);
const noise = (...shape: number[]): NumericArray => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 2 * next() - 1),
});
const ints = (...data: number[]): Tensor => ({ shape: [data.length], data, type: INT64 });
const one = (value: number): Tensor => ({ shape: [], data: [value], type: INT64 });
const node = (op: string, inputs: string, output: string, attributes: Node['attributes'] = {}): Node => ({
  op,
  inputs: inputs === '' ? [] : inputs.split(' '),
  outputs: output.split(' '),
  attributes,
});

/** Sizes of x, one by one: n, c, h, w. */
const SIZES: readonly Node[] = [
  node('Shape', 'x', 'shape'),
  ...['n', 'c', 'h', 'w'].map((name, axis) => node('Gather', `shape i${axis}`, name)),
  ...['n', 'c', 'h', 'w'].map((name) => node('Unsqueeze', `${name} first`, `${name}1`)),
];
const PLACES = { i0: one(0), i1: one(1), i2: one(2), i3: one(3), first: ints(0) };

interface Kind {
  readonly what: string;
  readonly nodes: readonly Node[];
  readonly constants?: Readonly<Record<string, Tensor>>;
  /** From x of [2, 2, 4, 6] to y. */
  readonly truth: (at: (n: number, c: number, h: number, w: number) => number) => number[];
}
const each = (sizes: readonly number[], value: (...place: [number, number, number, number]) => number): number[] =>
  Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, (_, flat) => {
    const place = [...sizes].reverse().reduce<[number[], number]>(([list, rest], size) => [[rest % size, ...list], Math.floor(rest / size)], [[], flat])[0]; // prettier-ignore
    return value(...(place as [number, number, number, number]));
  });

const kinds: readonly Kind[] = [
  {
    what: 'rows of a grid: Shape, Gather, Mul, Concat, Reshape',
    nodes: [
      node('Mul', 'h w', 'hw'),
      node('Unsqueeze', 'hw first', 'hw1'),
      node('Concat', 'n1 c1 hw1', 'wanted', { axis: 0 }),
      node('Reshape', 'x wanted', 'rows'),
      node('Transpose', 'rows', 'y', { perm: [0, 2, 1] }),
    ],
    truth: (at) => each([2, 24, 2], (n, place, c) => at(n, c, Math.floor(place / 6), place % 6)),
  },
  {
    what: 'a range over a length, as positions',
    nodes: [
      node('Range', 'zero w step', 'places'),
      node('Cast', 'places', 'real', { to: FLOAT }),
      node('Mul', 'x real', 'y'),
    ],
    constants: { zero: one(0), step: one(1) },
    truth: (at) => each([2, 2, 4, 6], (n, c, h, w) => at(n, c, h, w) * w),
  },
  {
    what: 'a grid of points, as detection heads make it',
    nodes: [
      node('Range', 'zero h step', 'rows'),
      node('Cast', 'rows', 'real', { to: FLOAT }),
      node('Unsqueeze', 'real last', 'column'),
      node('Concat', 'h1 w1', 'grid', { axis: 0 }),
      node('Expand', 'column grid', 'points'),
      node('Add', 'x points', 'y'),
    ],
    constants: { zero: one(0), step: one(1), last: ints(1) },
    truth: (at) => each([2, 2, 4, 6], (n, c, h, w) => at(n, c, h, w) + h),
  },
  {
    what: 'resizing to twice a shape',
    nodes: [
      node('Mul', 'h1 two', 'h2'),
      node('Mul', 'w1 two', 'w2'),
      node('Concat', 'n1 c1 h2 w2', 'sizes', { axis: 0 }),
      node('Resize', 'x none none sizes', 'y', {
        mode: 'nearest',
        nearest_mode: 'floor',
        coordinate_transformation_mode: 'asymmetric',
      }),
    ],
    constants: { two: ints(2), none: { shape: [0], data: [] } },
    truth: (at) => each([2, 2, 8, 12], (n, c, h, w) => at(n, c, h >> 1, w >> 1)),
  },
  {
    what: 'a constant expanded by a shape',
    nodes: [node('Expand', 'bias shape', 'whole'), node('Add', 'x whole', 'y')],
    constants: { bias: { shape: [1, 2, 1, 1], data: [0.5, -2] } },
    truth: (at) => each([2, 2, 4, 6], (n, c, h, w) => at(n, c, h, w) + [0.5, -2][c]!),
  },
  {
    what: 'the second half of an axis, by division',
    nodes: [node('Div', 'w1 two', 'half'), node('Slice', 'x half w1 axis', 'y')],
    constants: { two: ints(2), axis: ints(3) },
    truth: (at) => each([2, 2, 4, 3], (n, c, h, w) => at(n, c, h, w + 3)),
  },
  {
    what: 'all but the ends of an axis, by subtraction',
    nodes: [node('Sub', 'h1 one', 'last'), node('Slice', 'x one last axis', 'y')],
    constants: { one: ints(1), axis: ints(2) },
    truth: (at) => each([2, 2, 2, 6], (n, c, h, w) => at(n, c, h + 1, w)),
  },
  {
    what: 'a mean by a size',
    nodes: [
      node('ReduceSum', 'x axis', 'sum', { keepdims: 0 }),
      node('Cast', 'w', 'real', { to: FLOAT }),
      node('Div', 'sum real', 'y'),
    ],
    constants: { axis: ints(3) },
    truth: (at) => each([2, 2, 4], (n, c, h) => [0, 1, 2, 3, 4, 5].reduce((sum, w) => sum + at(n, c, h, w), 0) / 6),
  },
];

const model = ({ nodes, constants }: Pick<Kind, 'nodes' | 'constants'>, shape: readonly (number | string)[]): string =>
  written({
    nodes: [...SIZES, ...nodes],
    inputs: [{ name: 'x', shape }],
    outputs: [{ name: 'y' }],
    constants: { ...PLACES, ...constants },
  });

const sizes: OpeningChoices = { sizes: { x: [2, 4, 6] } };

describe('sizes left free, and bound', () => {
  it.each(kinds)('$what', async (kind) => {
    const bound = await openModel(model(kind, ['n', 2, 'height', 'width']), { choices: sizes });
    const fixed = await openModel(model(kind, ['n', 2, 4, 6]));
    const told = ({ summary }: typeof bound) => [summary.inputs, summary.outputs, summary.layers];
    expect(told(bound)).toEqual(told(fixed));
    const x = noise(2, 2, 4, 6);
    const { y } = await predict(device, bound.graph, { x });
    const truth = kind.truth((n, c, h, w) => x.data[((n * 2 + c) * 4 + h) * 6 + w]!);
    expect(y!.data.length).toBe(truth.length);
    truth.forEach((value, at) => expect(y!.data[at]).toBeCloseTo(value, 5));
    const request = {
      inputs: { x },
      baseline: { kind: 'constant', value: 0 },
      target: { index: y!.shape.slice(1).map((size) => size - 1) },
      methods: ['nig'],
      rule: 'secant',
      steps: 3,
    } as const;
    const [mine] = await attribute(device, bound.graph, request);
    const [theirs] = await attribute(device, fixed.graph, request);
    expect(mine!.layers).toEqual(theirs!.layers);
  });

  it('takes the axis of examples too, and null where a size stays as it is', async () => {
    const path = model(kinds[0]!, ['n', 2, 'height', 'width']);
    for (const x of [
      [2, 4, 6],
      [7, 2, 4, 6],
      [null, 4, 6],
    ])
      expect((await openModel(path, { choices: { sizes: { x } } })).summary.inputs[0]!.shape).toEqual([2, 4, 6]);
  });

  it.each([
    ['INPUT_UNKNOWN: The model has no input X (did you mean x?)', { X: [2, 4, 6] }],
    ['MODEL_SIZES: The input x cannot have the sizes [3, 4, 6]: its shape is [2, 4, 6]', { x: [3, 4, 6] }],
    ['MODEL_SIZES: The input x cannot have the sizes [4]: its shape is [2, ?, ?]', { x: [4] }],
  ])('refuses %s', async (message, chosen) => {
    const path = model(kinds[0]!, ['n', 2, 'height', 'width']);
    await expect(openModel(path, { choices: { sizes: chosen } })).rejects.toThrow(message);
  });

  it('says so where a layer cannot work at a size, and that another one is wanted', async () => {
    const path = join(scratch, 'cropped.json');
    const cropped = functional(
      [{ name: 'x', shape: [null, 2] }],
      [
        {
          kind: 'Cropping1D',
          name: 'crop',
          module: 'keras.layers',
          config: { cropping: [3, 3] },
          args: [tensor('x')],
        },
      ],
      [['crop', 0]],
    );
    const topology = { model_config: cropped, keras_version: '3.8.0' };
    writeFileSync(path, JSON.stringify({ modelTopology: topology, weightsManifest: [] }));
    const at = (steps: number) => openModel(path, { choices: { sizes: { x: [steps, 2] } } });
    expect((await at(9)).summary.outputs[0]!.shape).toEqual([3, 2]);
    await expect(at(6)).rejects.toThrow(
      'MODEL_SIZES_LAYER: At the sizes x [6, 2] layer crop (Cropping1D) cannot work: ',
    );
  });
});
