/** Shapes of ops, free sizes included, and what the builder promises about names and faults. */
import { describe, expect, it } from 'vitest';
import { MhoError } from '../../src/contract/errors';
import { GraphBuilder } from '../../src/main/engine/graph/builder';
import type { Constant, Shape } from '../../src/main/engine/graph/graph';
import { shapeOf, type OpAttributes, type OpName } from '../../src/main/engine/graph/ops';
import { ImpossibleShape, samePadding } from '../../src/main/engine/graph/shapes';

const filled = (...shape: number[]): Constant => ({
  shape,
  data: new Float32Array(shape.reduce((product, size) => product * size, 1)),
});

/** A shape for what varies, a constant for what does not. */
function shape<Op extends OpName>(op: Op, inputs: readonly (Shape | Constant)[], attributes: OpAttributes[Op]): Shape {
  const isConstant = (input: Shape | Constant): input is Constant => 'data' in input;
  const given = inputs.map((input) =>
    isConstant(input) ? { shape: input.shape, constant: input } : { shape: input, constant: null },
  );
  return shapeOf(op, given, attributes);
}

const conv = { strides: [2], dilations: [1], padding: [[1, 1]], groups: 1 } as const;
const plainMatmul = { transposeA: false, transposeB: false };

describe('shapes', () => {
  it('follow convolutions', () => {
    expect(shape('conv', [[9, 4], filled(3, 4, 5)], conv)).toEqual([5, 5]);
    expect(shape('conv', [[null, 4], filled(3, 4, 5)], conv)).toEqual([null, 5]);
    expect(shape('conv', [[9, 4], filled(3, 4, 5)], { ...conv, padding: 'same' })).toEqual([5, 5]);
    expect(shape('conv', [[9, 4], filled(3, 2, 6)], { ...conv, groups: 2 })).toEqual([5, 6]);
    expect(shape('depthwiseConv', [[9, 4], filled(3, 4, 2)], conv)).toEqual([5, 8]);
    const transposed = { strides: [3], dilations: [1], crop: [[1, 0]], extend: [2], groups: 1 } as const;
    expect(shape('convTranspose', [[4, 5], filled(2, 6, 5)], transposed)).toEqual([3 * 3 + 2 - 1 + 2, 6]);
  });

  it('follow products, joins and broadcasting', () => {
    expect(shape('matmul', [[7, 4], filled(4, 5)], plainMatmul)).toEqual([7, 5]);
    expect(shape('matmul', [[4], filled(4, 5)], plainMatmul)).toEqual([5]);
    expect(
      shape(
        'matmul',
        [
          [4, 7],
          [4, null],
        ],
        { transposeA: true, transposeB: false },
      ),
    ).toEqual([7, null]);
    expect(shape('add', [[7, null, 3], filled(3)], {})).toEqual([7, null, 3]);
    expect(
      shape(
        'mul',
        [
          [7, 1],
          [1, 5],
        ],
        {},
      ),
    ).toEqual([7, 5]);
    expect(
      shape(
        'concat',
        [
          [7, 2],
          [7, 5],
        ],
        { axis: 1 },
      ),
    ).toEqual([7, 7]);
    expect(
      shape(
        'stack',
        [
          [7, 2],
          [7, 2],
        ],
        { axis: 1 },
      ),
    ).toEqual([7, 2, 2]);
    expect(shape('embedding', [[7], filled(10, 3)], {})).toEqual([7, 3]);
  });

  it('follow moved and reduced values', () => {
    expect(shape('reshape', [[4, 6]], { shape: [3, -1] })).toEqual([3, 8]);
    expect(shape('reshape', [[null, 6]], { shape: [-1] })).toEqual([null]);
    expect(shape('transpose', [[2, 3, 4]], { permutation: [2, 0, 1] })).toEqual([4, 2, 3]);
    expect(shape('sum', [[2, 3, 4]], { axes: [0, 2], keepDims: false })).toEqual([3]);
    expect(shape('mean', [[2, 3, 4]], { axes: [0, 2], keepDims: true })).toEqual([1, 3, 1]);
    expect(shape('slice', [[9]], { begin: [1], end: [-2], strides: [2] })).toEqual([3]);
    expect(shape('slice', [[9]], { begin: [null], end: [null], strides: [-1] })).toEqual([9]);
    expect(shape('slice', [[null]], { begin: [-3], end: [null], strides: [1] })).toEqual([3]);
    expect(
      shape('pad', [[3, 4]], {
        padding: [
          [1, 2],
          [0, 0],
        ],
        mode: 'constant',
        value: 0,
      }),
    ).toEqual([6, 4]);
    expect(shape('upsample', [[3, 4, 2]], { scale: [2, 3], method: 'nearest' })).toEqual([6, 12, 2]);
    expect(shape('gather', [[5, 4]], { axis: 0, indices: [0, 4, -1] })).toEqual([3, 4]);
  });

  it('pad as TensorFlow', () => {
    expect(samePadding(8, 3, 2, 1)).toEqual([0, 1]);
    expect(samePadding(7, 3, 2, 1)).toEqual([1, 1]);
    expect(samePadding(8, 3, 1, 2)).toEqual([2, 2]);
    expect(samePadding(8, 1, 3, 1)).toEqual([0, 0]);
  });

  it.each([
    [
      'a window larger than the input',
      () => shape('maxPool', [[2, 3]], { size: [3], strides: [1], padding: [[0, 0]] }),
    ],
    ['other channels', () => shape('conv', [[9, 5], filled(3, 4, 5)], conv)],
    ['filters that groups cannot share', () => shape('conv', [[9, 4], filled(3, 2, 5)], { ...conv, groups: 2 })],
    ['a stride of 0', () => shape('conv', [[9, 4], filled(3, 4, 5)], { ...conv, strides: [0] })],
    ['other inner sizes', () => shape('matmul', [[7, 4], filled(5, 5)], plainMatmul)],
    [
      'sizes that do not broadcast',
      () =>
        shape(
          'add',
          [
            [7, 3],
            [7, 4],
          ],
          {},
        ),
    ],
    ['a shape of another size', () => shape('reshape', [[4, 6]], { shape: [5, 5] })],
    ['two open sizes', () => shape('reshape', [[4, 6]], { shape: [-1, -1] })],
    ['an axis that is not there', () => shape('softmax', [[4, 6]], { axis: 2 })],
    ['an axis twice', () => shape('transpose', [[4, 6]], { permutation: [0, 0] })],
    ['an empty slice', () => shape('slice', [[4]], { begin: [3], end: [2], strides: [1] })],
    ['a position outside', () => shape('gather', [[5]], { axis: 0, indices: [5] })],
    ['a size beyond reason', () => shape('tile', [[2 ** 20]], { repeats: [2 ** 20] })],
  ])('refuse %s', (_, impossible) => {
    expect(impossible).toThrow(ImpossibleShape);
  });
});

describe('the builder', () => {
  it('keeps names unique and renames a layer’s last op', () => {
    const builder = new GraphBuilder('net');
    const x = builder.input('x', [4]);
    const first = builder.add('relu', [x], {}, 'layer/relu');
    const second = builder.add('relu', [x], {}, 'layer/relu');
    builder.rename(first, 'layer');
    const { values, nodes } = builder.build();
    expect([values[first]!.name, values[second]!.name]).toEqual(['layer', 'layer/relu:2']);
    expect(nodes.map(({ name }) => name)).toEqual(['layer', 'layer/relu:2']);
  });

  it('gives a layer of a taken name its group', () => {
    const builder = new GraphBuilder('net');
    const x = builder.input('x', [4]);
    const layer = (name: string, group: string[]) =>
      builder.layer({ name, kind: 'Dense', group, output: x, unitAxis: 0, inputs: [], parameters: 0 });
    layer(builder.freeLayerName('dense'), []);
    expect(builder.freeLayerName('dense', ['encoder'])).toBe('encoder/dense');
    expect(() => layer('dense', [])).toThrow(MhoError);
  });

  it('names the layer in a fault', () => {
    const builder = new GraphBuilder('net');
    const x = builder.input('x', [4]);
    const y = builder.input('y', [3]);
    const add = () => builder.within({ layer: 'sum', kind: 'Add' }, () => builder.add('add', [x, y], {}, 'sum/add'));
    expect(add).toThrow('MODEL_CONFIG: Layer sum (Add): shapes [4] and [3] do not fit each other.');
  });

  it('refuses an input of no size', () => {
    expect(() => new GraphBuilder('net').input('x', [0])).toThrow('MODEL_CONFIG: Layer x (input): a size of 0');
  });
});
