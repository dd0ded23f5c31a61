/**
 * Operations of keras.ops in functional models, against numpy's definitions in plain loops: which axes they go over where
 * the call names none, one, a negative one or several, and what is left of their sizes.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { build, type Nd, read, sizeOf } from '../reference/ops';
import { random } from '../random';
import { functional, kerasGraph, tensor } from './written';

let device: Device;
beforeAll(async () => {
  device = await hold('cpu');
});

const next = random(23);
const X = build([3, 4, 2], () => Math.fround(2 * (next() - 0.4)));
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

type Twin = (x: Nd) => Nd;
/** Folds axes of one example away. */
const over =
  (axes: readonly number[], keep: boolean, fold: (values: number[]) => number): Twin =>
  (x) => {
    const left = range(x.shape.length).filter((axis) => !axes.includes(axis));
    const shape = keep ? x.shape.map((size, i) => (axes.includes(i) ? 1 : size)) : left.map((axis) => x.shape[axis]!);
    return build(shape, (at) => {
      const values: number[] = [];
      build(
        axes.map((axis) => x.shape[axis]!),
        (inner) => {
          const place = x.shape.map((_, axis) =>
            axes.includes(axis) ? inner[axes.indexOf(axis)]! : at[keep ? axis : left.indexOf(axis)]!,
          );
          values.push(read(x, place));
          return 0;
        },
      );
      return fold(values);
    });
  };
/** Each value by its place. */
const placed =
  (shape: readonly number[], from: (at: readonly number[]) => readonly number[]): Twin =>
  (x) =>
    build(shape, (at) => read(x, from(at)));
const beside =
  (
    axes: readonly number[],
    fold: (values: number[]) => number,
    join: (value: number, folded: number) => number,
  ): Twin =>
  (x) => {
    const folded = over(axes, true, fold)(x);
    return build(x.shape, (at) => join(read(x, at), read(folded, at.map((place, axis) => (axes.includes(axis) ? 0 : place))))); // prettier-ignore
  };
const sum = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0);
const mean = (v: readonly number[]): number => sum(v) / v.length;
const variance = (v: readonly number[]): number => mean(v.map((each) => (each - mean(v)) ** 2));
const length = (v: readonly number[]): number => Math.sqrt(sum(v.map((each) => each * each)));
const logSum = (v: readonly number[]): number => Math.log(sum(v.map(Math.exp)));
const power = (order: number) => (v: readonly number[]): number => sum(v.map((each) => Math.abs(each) ** order)) ** (1 / order); // prettier-ignore
const folds: Readonly<Record<string, (v: number[]) => number>> = {
  Sum: sum,
  Mean: mean,
  Max: (v) => Math.max(...v),
  Min: (v) => Math.min(...v),
  Amax: (v) => Math.max(...v),
  Prod: (v) => v.reduce((a, b) => a * b, 1),
  Var: variance,
  Std: (v) => Math.sqrt(variance(v)),
  Logsumexp: logSum,
  Norm: length,
};

type Case = readonly [kind: string, config: Readonly<Record<string, unknown>>, twin: Twin, args?: readonly unknown[]];
const array = (value: unknown, dtype = 'float32') => ({ class_name: '__numpy__', config: { value, dtype } });

const cases: readonly Case[] = [
  ...Object.entries(folds).flatMap(([kind, fold]): Case[] => [
    [kind, { axis: 1 }, over([0], false, fold)],
    [kind, { axis: -1, keepdims: true }, over([2], true, fold)],
    [kind, { axis: [1, -2], keepdims: false }, over([0, 1], false, fold)],
    [kind, { axis: [1, 2, 3] }, over([0, 1, 2], false, fold)],
  ]),
  ['Norm', { ord: 1, axis: -1 }, over([2], false, power(1))],
  ['Norm', { ord: 3, axis: 2, keepdims: true }, over([1], true, power(3))],
  ['Norm', { ord: 'inf', axis: 1 }, over([0], false, (v) => Math.max(...v.map(Math.abs)))],
  ['Norm', { ord: 'fro', axis: [2, 3] }, over([1, 2], false, length)],
  ['Softmax', {}, beside([2], logSum, (v, total) => Math.exp(v - total))],
  ['Softmax', { axis: 1 }, beside([0], logSum, (v, total) => Math.exp(v - total))],
  ['Softmax', { axis: [1, 3] }, beside([0, 2], logSum, (v, total) => Math.exp(v - total))],
  ['LogSoftmax', { axis: [-1, -2] }, beside([1, 2], logSum, (v, total) => v - total)],
  ['Normalize', {}, beside([2], length, (v, size) => v / size)],
  ['Normalize', { axis: 2, order: 2 }, beside([1], length, (v, size) => v / size)],
  ['Normalize', { axis: 1, order: 1 }, beside([0], power(1), (v, size) => v / size)],
  ['LayerNorm', { axis: 2, epsilon: 0 }, (x) => {
    const mid = beside([1], mean, (v, m) => v - m)(x);
    const scale = beside([1], (v) => Math.sqrt(variance(v)), (_v, s) => s)(x);
    return build(x.shape, (at) => (read(mid, at) / read(scale, at)) * [1, 2, 3, 4][at[1]!]!);
  }, [tensor('x'), array([1, 2, 3, 4])]],
  ['Cumsum', { axis: 2 }, (x) => build(x.shape, ([i, j, k]) => sum(range(j! + 1).map((each) => read(x, [i!, each, k!]))))],
  ['Cumsum', { axis: -1 }, (x) => build(x.shape, ([i, j, k]) => sum(range(k! + 1).map((each) => read(x, [i!, j!, each]))))],
  ['Flip', { axis: 2 }, placed([3, 4, 2], ([i, j, k]) => [i!, 3 - j!, k!])],
  ['Flip', { axis: [1, -1] }, placed([3, 4, 2], ([i, j, k]) => [2 - i!, j!, 1 - k!])],
  ['Roll', { shift: 1, axis: 2 }, placed([3, 4, 2], ([i, j, k]) => [i!, (j! + 3) % 4, k!])],
  ['Roll', { shift: -1, axis: -3 }, placed([3, 4, 2], ([i, j, k]) => [(i! + 1) % 3, j!, k!])],
  ['Roll', { shift: [1, 2], axis: [1, 2] }, placed([3, 4, 2], ([i, j, k]) => [(i! + 2) % 3, (j! + 2) % 4, k!])],
  ['Roll', { shift: [1, 1], axis: 2 }, placed([3, 4, 2], ([i, j, k]) => [i!, (j! + 2) % 4, k!])],
  ['ExpandDims', { axis: 1 }, placed([1, 3, 4, 2], ([, i, j, k]) => [i!, j!, k!])],
  ['ExpandDims', { axis: -1 }, placed([3, 4, 2, 1], ([i, j, k]) => [i!, j!, k!])],
  ['ExpandDims', { axis: [1, -1] }, placed([1, 3, 4, 2, 1], ([, i, j, k]) => [i!, j!, k!])],
  ['Transpose', { axes: [0, 3, 1, 2] }, placed([2, 3, 4], ([k, i, j]) => [i!, j!, k!])],
  ['Swapaxes', { axis1: 1, axis2: -1 }, placed([2, 4, 3], ([k, j, i]) => [i!, j!, k!])],
  ['Moveaxis', { source: 1, destination: -1 }, placed([4, 2, 3], ([j, k, i]) => [i!, j!, k!])],
  ['Moveaxis', { source: [1, 2], destination: [-1, 1] }, placed([4, 2, 3], ([j, k, i]) => [i!, j!, k!])],
  ['Repeat', { repeats: 2, axis: -1 }, placed([3, 4, 4], ([i, j, k]) => [i!, j!, k! >> 1])],
  ['Repeat', { repeats: [1, 0, 2], axis: 1 }, placed([3, 4, 2], ([i, j, k]) => [[0, 2, 2][i!]!, j!, k!])],
  ['Tile', { repeats: 2 }, placed([3, 4, 4], ([i, j, k]) => [i!, j!, k! % 2])],
  ['Take', { axis: 2 }, placed([3, 2, 2], ([i, j, k]) => [i!, [3, 0][j!]!, k!]), [tensor('x'), array([3, 0], 'int32')]],
  ['Take', { axis: -2 }, placed([3, 2, 2], ([i, j, k]) => [i!, [3, 1][j!]!, k!]), [tensor('x'), array([-1, 1], 'int32')]],
  ['Concatenate', { axis: -1 }, placed([3, 4, 4], ([i, j, k]) => [i!, j!, k! % 2]), [[tensor('x'), tensor('x')]]],
  ['Concatenate', { axis: 1 }, placed([6, 4, 2], ([i, j, k]) => [i! % 3, j!, k!]), [[tensor('x'), tensor('x')]]],
  ['Stack', { axis: -1 }, placed([3, 4, 2, 2], ([i, j, k]) => [i!, j!, k!]), [[tensor('x'), tensor('x')]]],
  ['Stack', { axis: 1 }, placed([2, 3, 4, 2], ([, i, j, k]) => [i!, j!, k!]), [[tensor('x'), tensor('x')]]],
  ['Split', { indices_or_sections: 2, axis: 2 }, placed([3, 2, 2], ([i, j, k]) => [i!, j!, k!])],
  ['Split', { indices_or_sections: [1, 3], axis: -2 }, placed([3, 1, 2], ([i, j, k]) => [i!, j!, k!])],
  ['Split', { indices_or_sections: [-1], axis: 2 }, placed([3, 3, 2], ([i, j, k]) => [i!, j!, k!])],
  ['Unstack', { num: 3, axis: 1 }, placed([4, 2], ([j, k]) => [0, j!, k!])],
  ['Clip', {}, (x) => build(x.shape, (at) => Math.min(Math.max(read(x, at), [-0.1, 0.2][at[2]!]!), 0.5)), [tensor('x'), array([-0.1, 0.2]), 0.5]],
] as const; // prettier-ignore

const graphOf = (kind: string, config: object, args: readonly unknown[] = [tensor('x')], batch?: number) =>
  kerasGraph(
    functional(
      [{ name: 'x', shape: X.shape, ...(batch !== undefined && { batch }) }],
      [{ kind, name: 'y', config: { ...config }, args }],
      [['y', 0]],
    ),
  );

describe('what numpy gives', () => {
  it.each(cases.map(([kind, config, ...rest]) => [kind, config, rest] as const))(
    '%s %j',
    async (kind, config, [twin, args]) => {
      const graph = graphOf(kind, config, args);
      expect(graph.nodes.filter(({ op }) => op === 'unknown').map(({ attributes }) => attributes)).toEqual([]);
      const given = { x: { shape: [2, ...X.shape], data: Float32Array.from([...X.data, ...X.data.map((v) => -v)]) } };
      const [have] = Object.values(await predict(device, graph, given));
      const want = [X, { shape: X.shape, data: X.data.map((v) => -v) }].map(twin);
      expect(have!.shape).toEqual([2, ...want[0]!.shape]);
      const size = sizeOf(want[0]!.shape);
      want.forEach(({ data }, row) =>
        data.forEach((value, i) => expect(have!.data[row * size + i], `value ${i} of ${row}`).toBeCloseTo(value, 4)),
      );
    },
  );
});

describe('over the examples', () => {
  it.each([...Object.keys(folds), 'Flip', 'Cumsum', 'Roll', 'Repeat'])(
    '%s without an axis is refused by name, whether the file fixes their number or not',
    (name) => {
      const config = name === 'Roll' ? { shift: 1, axis: null } : name === 'Repeat' ? { repeats: 2 } : {};
      for (const batch of [undefined, 2]) {
        const [node] = graphOf(name, config, undefined, batch).nodes.filter(({ op }) => op === 'unknown');
        expect((node?.attributes as { kind: string } | undefined)?.kind).toMatch(new RegExp(`^${name}`));
      }
    },
  );

  it('axes of size one are left out, but not that of the examples', () => {
    const config = functional([{ name: 'x', shape: [1, 3, 1], batch: 1 }], [{ kind: 'Squeeze', name: 'y', args: [tensor('x')] }], [['y', 0]]); // prettier-ignore
    const graph = kerasGraph(config);
    expect(graph.values[graph.outputs[0]!.value]!.shape).toEqual([3]);
  });

  it('numbers that the file fixes are taken as numpy takes them', async () => {
    const config = functional(
      [{ name: 'x', shape: [4] }],
      [
        { kind: 'Cumsum', name: 's', config: { axis: null }, args: [array([[1, 2], [3, 4]])] },
        { kind: 'Logsumexp', name: 'l', config: {}, args: [array([[1, 2], [3, 4]])] },
        { kind: 'Add', name: 'a', args: [tensor('x'), tensor('s')] },
        { kind: 'Add', name: 'y', args: [tensor('a'), tensor('l')] },
      ],
      [['y', 0]],
    ); // prettier-ignore
    const [have] = Object.values(await predict(device, kerasGraph(config), { x: { shape: [1, 4], data: new Float32Array(4) } })); // prettier-ignore
    [1, 3, 6, 10].forEach((each, i) => expect(have!.data[i]).toBeCloseTo(each + logSum([1, 2, 3, 4]), 4));
  });
});
