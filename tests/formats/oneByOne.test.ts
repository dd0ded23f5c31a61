/** Files that compute one example at a time: examples are asked for all the same, and each gives what it gives alone. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NumericArray } from '../../src/contract/attribution';
import { attribute, predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { readArrays } from '../../src/main/engine/data';
import { openModel } from '../../src/main/engine/formats';
import { hold } from '../device';
import { constantOf, type Graph, INT64, onnxFile } from './onnxFile';

let device: Device;
let folder = '';
beforeAll(async () => {
  device = await hold('wasm');
  folder = mkdtempSync(join(tmpdir(), 'mho-one-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const opened = (graph: Graph) => {
  const path = join(folder, 'model.onnx');
  writeFileSync(path, onnxFile(graph, 17));
  return openModel(path);
};
const whole = (...data: number[]) => ({ shape: [data.length], data, type: INT64 });
const numbers = (shape: readonly number[], of: (i: number) => number): NumericArray => ({
  shape: [...shape],
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.fround(of(i))),
});
const kernel = constantOf({ shape: [3, 2], data: Float64Array.of(0.5, -1, 0.25, 2, -0.75, 1) });
const times = (row: ArrayLike<number>, column: number): number =>
  [0, 1, 2].reduce((sum, i) => sum + row[i]! * kernel.data[2 * i + column]!, 0);

/** Of [batch, 4, 3]: tanh of a product, whose numbers over all axes are averaged, the batch's among them. */
const averaged = (batch: number | string): Graph => ({
  inputs: [{ name: 'x', shape: [batch, 4, 3] }],
  outputs: [{ name: 'y' }],
  nodes: [
    { op: 'MatMul', inputs: ['x', 'w'], outputs: ['product'] },
    { op: 'Tanh', inputs: ['product'], outputs: ['active'] },
    { op: 'ReduceMean', inputs: ['active'], outputs: ['mean'], attributes: { keepdims: 0 } },
    { op: 'Reshape', inputs: ['mean', 'flat'], outputs: ['y'] },
  ],
  constants: { w: kernel, flat: whole(1) },
});
const mean = ({ data }: NumericArray, example: number): number =>
  [0, 1, 2, 3].reduce((sum, place) => {
    const row = data.subarray(12 * example + 3 * place, 12 * example + 3 * place + 3);
    return sum + (Math.tanh(times(row, 0)) + Math.tanh(times(row, 1))) / 8;
  }, 0);

describe('a file that computes one example at a time', () => {
  it('whose output is declared with a free first axis gives examples there, and no axis of one beside them', async () => {
    const { nodes, constants, ...graph } = averaged('batch');
    const { graph: made } = await opened({
      ...graph,
      outputs: [{ name: 'y', shape: ['batch', 2] }],
      nodes: [
        ...nodes.slice(0, 2),
        { op: 'ReduceMean', inputs: ['active'], outputs: ['mean'] },
        { op: 'Add', inputs: ['active', 'mean'], outputs: ['moved'] },
        { op: 'Gather', inputs: ['moved', 'first'], outputs: ['row'], attributes: { axis: 1 } },
        { op: 'Gemm', inputs: ['row', 'square'], outputs: ['y'] },
      ],
      constants: {
        ...constants,
        first: { shape: [], data: [0], type: INT64 },
        square: constantOf({ shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) }),
      },
    });
    const x = numbers([3, 4, 3], (i) => Math.sin(i));
    expect((await predict(device, made, { x }))['y']!.shape).toEqual([3, 2]);
  });

  it.each([1, 'batch'])('whose arithmetic goes over all axes (batch %s) is asked for examples', async (batch) => {
    const { graph, summary } = await opened(averaged(batch));
    expect(summary.inputs[0]!.shape).toEqual([4, 3]);
    expect(summary.layers.find(({ name }) => name === 'active')!.shape).toEqual([4, 2]);
    const x = numbers([3, 4, 3], (i) => Math.sin(i));
    const given = (await predict(device, graph, { x }))['y']!;
    expect([...given.data]).toEqual([0, 1, 2].map((example) => expect.closeTo(mean(x, example), 5)));
    const [run] = await attribute(device, graph, { inputs: { x }, baseline: { kind: 'constant', value: 0.1 }, target: { index: 0 }, methods: ['nig'], rule: 'secant', steps: 8 }); // prettier-ignore
    const start = run!.layers.find(({ name }) => name === 'x')!;
    expect(start.shape).toEqual([4, 3]);
    [0, 1, 2].forEach((example) => {
      expect(run!.atInput[example]).toBeCloseTo(mean(x, example), 5);
      expect(start.residual![example]).toBeCloseTo(0, 5);
    });
  });

  it('where its batch is written as 1', async () => {
    const { graph, summary } = await opened({
      inputs: [{ name: 'x', shape: ['batch', 2, 3] }],
      outputs: [{ name: 'y', shape: ['batch', 4] }],
      nodes: [
        { op: 'MatMul', inputs: ['x', 'w'], outputs: ['product'] },
        { op: 'Relu', inputs: ['product'], outputs: ['active'] },
        { op: 'Reshape', inputs: ['active', 'flat'], outputs: ['y'] },
      ],
      constants: { w: kernel, flat: whole(1, 4) },
    });
    expect([summary.inputs[0]!.shape, summary.outputs[0]!.shape]).toEqual([[2, 3], [4]]);
    const x = numbers([2, 2, 3], (i) => Math.cos(3 * i));
    const expected = [0, 1, 2, 3].flatMap((row) =>
      [0, 1].map((column) => expect.closeTo(Math.max(0, times(x.data.subarray(3 * row), column)), 5)),
    );
    expect([...(await predict(device, graph, { x }))['y']!.data]).toEqual(expected);
  });

  it('whose batch is taken apart, and put together along another axis', async () => {
    const { graph, summary } = await opened({
      inputs: [{ name: 'x', shape: [1, 2, 3] }],
      outputs: [{ name: 'y', shape: [2, 1, 2] }],
      nodes: [
        { op: 'Squeeze', inputs: ['x', 'first'], outputs: ['single'] },
        { op: 'MatMul', inputs: ['single', 'w'], outputs: ['product'] },
        { op: 'Sigmoid', inputs: ['product'], outputs: ['active'] },
        { op: 'Unsqueeze', inputs: ['active', 'second'], outputs: ['y'] },
      ],
      constants: { w: kernel, first: whole(0), second: whole(1) },
    });
    expect([summary.inputs[0]!.shape, summary.outputs[0]!.shape]).toEqual([
      [2, 3],
      [2, 2],
    ]);
    const x = numbers([2, 2, 3], (i) => i / 5 - 1);
    const expected = [0, 1, 2, 3].flatMap((row) =>
      [0, 1].map((column) => expect.closeTo(1 / (1 + Math.exp(-times(x.data.subarray(3 * row), column))), 5)),
    );
    expect([...(await predict(device, graph, { x }))['y']!.data]).toEqual(expected);
  });

  it('beside an input without a batch: each example has its own', async () => {
    const { graph, summary } = await opened({
      inputs: [
        { name: 'x', shape: [1, 3] },
        { name: 'places', shape: [5, 3] },
      ],
      outputs: [{ name: 'y', shape: [5] }],
      nodes: [
        { op: 'Mul', inputs: ['x', 'places'], outputs: ['product'] },
        { op: 'ReduceSum', inputs: ['product', 'last'], outputs: ['y'], attributes: { keepdims: 0 } },
      ],
      constants: { last: whole(1) },
    });
    expect(summary.inputs.map(({ shape }) => shape)).toEqual([[3], [5, 3]]);
    const x = numbers([2, 3], (i) => i - 2);
    const places = numbers([2, 5, 3], (i) => Math.sin(i));
    const expected = Array.from(
      { length: 10 },
      (_, row) =>
      expect.closeTo([0, 1, 2].reduce((sum, i) => sum + x.data[3 * Math.floor(row / 5) + i]! * places.data[3 * row + i]!, 0), 5), // prettier-ignore
    );
    expect([...(await predict(device, graph, { x, places }))['y']!.data]).toEqual(expected);
  });

  it('a locally connected layer of a SavedModel, which joins its places in front of the batch', async () => {
    const at = (name: string) => resolve(import.meta.dirname, '../field/locally_connected', name);
    const { graph, summary } = await openModel(at('saved'));
    expect(summary.inputs[0]!.shape).toEqual([20, 4]);
    expect(summary.layers.map(({ name, shape }) => [name, shape])).toEqual([
      ['dna', [20, 4]],
      ['local', [16, 6]],
      ['flat', [96]],
      ['y', [1]],
    ]);
    const single = await readArrays(at('case.in.npz'));
    const { dna } = single;
    const twice = { dna: { shape: [2, 20, 4], data: Float32Array.from([...dna!.data, ...dna!.data.map((v) => -v)]) } };
    const alone = await predict(device, graph, single);
    const both = await predict(device, graph, twice);
    expect(alone['y']!.data[0]).toBeCloseTo(0.14557397365570068, 5);
    expect(both['y']!.data[0]).toBeCloseTo(alone['y']!.data[0]!, 6);
  });
});
