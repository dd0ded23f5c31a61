/** Large weights in another order of axes are turned in the file's own memory once the graph is complete, and nowhere else. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openModel } from '../../src/main/engine/formats';
import { GraphBuilder } from '../../src/main/engine/graph/builder';
import {
  asConstant,
  identityOf,
  reals,
  reshaped,
  settled,
  transposed,
  Turned,
} from '../../src/main/engine/formats/tensors/array';
import { temporaryFolder } from './broken';
import { onnxFile } from './onnxFile';

const folder = temporaryFolder();
const ROWS = 300;
const COLUMNS = 257;
const numbers = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => i + 1);

/** By definition. */
function naive(data: Float32Array, shape: readonly number[], permutation: readonly number[]): number[] {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const sizes = permutation.map((axis) => shape[axis]!);
  return Array.from({ length: data.length }, (_, place) => {
    let [rest, from] = [place, 0];
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      from += (rest % sizes[axis]!) * strides[permutation[axis]!]!;
      rest = Math.floor(rest / sizes[axis]!);
    }
    return data[from]!;
  });
}

const graphOf = (arrays: readonly Parameters<typeof asConstant>[0][]) => {
  const builder = new GraphBuilder('turned');
  arrays.forEach((each, i) => builder.constant(asConstant(each), `w${i}`, 'float32'));
  return builder.build();
};

it.each([
  [
    [ROWS, COLUMNS],
    [1, 0],
  ],
  [
    [130, 65, 3, 3],
    [2, 3, 1, 0],
  ],
  [
    [2, 200, 190],
    [0, 2, 1],
  ],
  [[70_000], [0]],
])('%j by %j: by definition, in the memory that the file was read into', (shape, permutation) => {
  const data = numbers(shape.reduce((a, b) => a * b, 1));
  const wanted = naive(data, shape, permutation);
  const graph = settled(graphOf([transposed(reals(shape, data), permutation)]), true);
  const { constant } = graph.values[0]!;
  expect(constant!.shape).toEqual(permutation.map((axis) => shape[axis]!));
  expect(Array.from(constant!.data)).toEqual(wanted);
  expect(constant!.data.buffer).toBe(data.buffer);
});

it('nothing is made before the graph is complete, reshaped or not', () => {
  const turned = transposed(reals([ROWS, COLUMNS], numbers(ROWS * COLUMNS)), [1, 0]) as Turned;
  const flat = reshaped(turned, [COLUMNS * ROWS]);
  expect(identityOf(flat)).toBe(identityOf(turned));
  graphOf([turned, flat]);
  expect(turned.turning.made).toBeNull();
});

it('weights that the graph also reads as they are keep them, and those that it reads in two orders have both', () => {
  const data = numbers(ROWS * COLUMNS);
  const file = reals([ROWS, COLUMNS], data);
  const before = [...data];
  const cube = reals([3, 100, COLUMNS], data);
  const arrays = [file, transposed(file, [1, 0]), transposed(cube, [2, 0, 1])];
  const { values } = settled(graphOf(arrays), true);
  expect([...values[0]!.constant!.data]).toEqual(before);
  expect([...values[1]!.constant!.data]).toEqual(naive(Float32Array.from(before), [ROWS, COLUMNS], [1, 0]));
  expect([...values[2]!.constant!.data]).toEqual(naive(Float32Array.from(before), [3, 100, COLUMNS], [2, 0, 1]));
});

it('two orders of one array: each is right, though the last is made where the array lay', () => {
  const data = numbers(ROWS * COLUMNS);
  const before = Float32Array.from(data);
  const [file, cube] = [reals([ROWS, COLUMNS], data), reals([3, 100, COLUMNS], data)];
  const { values } = settled(graphOf([transposed(file, [1, 0]), transposed(cube, [2, 0, 1])]), true);
  expect([...values[0]!.constant!.data]).toEqual(naive(before, [ROWS, COLUMNS], [1, 0]));
  expect([...values[1]!.constant!.data]).toEqual(naive(before, [3, 100, COLUMNS], [2, 0, 1]));
  expect(values[1]!.constant!.data.buffer).toBe(data.buffer);
});

it('where the file is asked again, its array stays as it is', () => {
  const data = numbers(ROWS * COLUMNS);
  const { values } = settled(graphOf([transposed(reals([ROWS, COLUMNS], data), [1, 0])]), false);
  expect(values[0]!.constant!.data.buffer).not.toBe(data.buffer);
  expect([...data.subarray(0, 3)]).toEqual([1, 2, 3]);
});

it('an ONNX file: the product is turned, the table that shares its bytes is not, and the hash is of the bytes of the file', async () => {
  const data = numbers(ROWS * COLUMNS);
  const path = join(folder, 'tied.onnx');
  writeFileSync(join(folder, 'weights.bin'), new Uint8Array(data.buffer));
  const tied = { shape: [ROWS, COLUMNS], data, external: { location: 'weights.bin', offset: 0 } };
  const file = onnxFile({
    nodes: [
      { op: 'Gemm', name: 'head', inputs: ['x', 'w'], outputs: ['y'], attributes: { transB: 1 } },
      { op: 'MatMul', name: 'back', inputs: ['y', 'same'], outputs: ['z'] },
    ],
    constants: { w: tied, same: tied },
    inputs: [{ name: 'x', shape: ['n', COLUMNS] }],
    outputs: [{ name: 'z', shape: ['n', COLUMNS] }],
  });
  writeFileSync(path, file);
  const { graph, summary } = await openModel(path);
  const held = graph.values.flatMap(({ constant }) => (constant ? [constant] : []));
  const [kernel, table] = [
    held.find(({ shape }) => shape[0] === COLUMNS)!,
    held.find(({ shape }) => shape[0] === ROWS)!,
  ];
  expect([...kernel.data]).toEqual(naive(data, [ROWS, COLUMNS], [1, 0]));
  expect([...table.data]).toEqual([...data]);
  const bytes = new Uint8Array(data.buffer);
  expect(summary.hash).toBe(createHash('sha256').update(file).update(bytes).update(bytes).digest('hex'));
});
