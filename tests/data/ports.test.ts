/** What a graph tells about its inputs' values. */
import { describe, expect, it } from 'vitest';
import { doubtWords } from '../../src/contract/words/data';
import { GraphBuilder } from '../../src/main/engine/graph/builder';
import { inputPorts, valueDoubt, valueFault } from '../../src/main/engine/data/ports';

const constant = (build: GraphBuilder, data: Float32Array, shape: number[]): number =>
  build.constant({ shape, data }, `c${Math.random()}`);

describe('inputPorts', () => {
  it('finds what pixels are multiplied by', () => {
    const build = new GraphBuilder('net');
    const image = build.input('image', [4, 4, 3]);
    const scaled = build.add(
      'affine',
      [image, constant(build, new Float32Array(3).fill(1 / 255), [3]), constant(build, new Float32Array(3), [3])],
      {},
      'rescaling',
    );
    const out = build.add('mul', [scaled, constant(build, Float32Array.of(2), [1])], {}, 'twice');
    build.output('out', out);
    const [port] = inputPorts(build.build());
    expect(port!.scale!.factor).toBeCloseTo(2 / 255, 6);
    expect(port!.scale!.layer).toBe('rescaling');
  });

  it('tells nothing of an input that goes into a nonlinearity, or two ways', () => {
    const build = new GraphBuilder('net');
    const [a, b] = [build.input('a', [2]), build.input('b', [2])];
    const half = constant(build, Float32Array.of(0.5, 0.5), [2]);
    const relu = build.add('mul', [build.add('relu', [a], {}, 'relu'), half], {}, 'half');
    const two = build.add('add', [build.add('mul', [b, half], {}, 'left'), b], {}, 'both');
    build.output('out', build.add('add', [relu, two], {}, 'sum'));
    expect(inputPorts(build.build()).map(({ scale }) => scale)).toEqual([undefined, undefined]);
  });

  it('finds the vocabulary behind moves', () => {
    const build = new GraphBuilder('net');
    const tokens = build.input('tokens', [3], 'int32');
    const table = build.constant({ shape: [7, 2], data: new Float32Array(14) }, 'table');
    build.output('out', build.add('embedding', [tokens, table], {}, 'embedding'));
    expect(inputPorts(build.build())[0]).toMatchObject({ dtype: 'int32', vocabulary: 7 });
  });
});

describe('values', () => {
  const tokens = { name: 't', shape: [2], dtype: 'int32', vocabulary: 7 } as const;
  const array = (...data: number[]) => ({ shape: [1, data.length], data: Float32Array.from(data) });
  it.each([
    [[0, 6], null],
    [[0, 7], 'INPUT_RANGE: The input t holds 7 at index 1, expected whole numbers from 0 to 6.'],
    [[-1, 0], 'holds -1 at index 0'],
    [[0.5, 0], 'holds 0.5 at index 0'],
    [[0, NaN], 'INPUT_VALUE'],
  ] as const)('%j', (data, message) => {
    const fault = valueFault(tokens, array(...data));
    if (message === null) expect(fault).toBeNull();
    else expect(fault!.message).toContain(message);
  });

  it('a real input holds what it likes', () => {
    expect(valueFault({ name: 'x', shape: [2], dtype: 'float32' }, array(-1.5, 300))).toBeNull();
  });

  it('doubts pixels in the wrong range', () => {
    const scaled = { name: 'x', shape: [2], dtype: 'float32', scale: { factor: 1 / 255, layer: 'rescaling' } } as const;
    expect(doubtWords(valueDoubt(scaled, 0, 1)!)).toContain('rescaling multiplies by 0.00392');
    expect(valueDoubt(scaled, 0, 255)).toBeNull();
    const plain = { name: 'x', shape: [2], dtype: 'float32', seen: [0, 1] } as const;
    expect(doubtWords(valueDoubt(plain, 0, 255)!)).toContain('lie from 0 to 1');
    expect(valueDoubt(plain, 0, 1.2)).toBeNull();
  });
});
