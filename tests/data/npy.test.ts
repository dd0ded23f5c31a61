import { describe, expect, it } from 'vitest';
import { npyBytes, npyHeader, NpyFault, readHeader, readNpy } from '../../src/main/engine/data/npy';
import { random } from '../random';

/** A `.npy` file with the given dictionary and numbers. */
const file = (dictionary: string, numbers: ArrayBufferView, version = 1): Uint8Array => {
  const text = Buffer.from(dictionary, 'latin1');
  const start = version === 1 ? 10 : 12;
  const bytes = Buffer.alloc(start + text.length + numbers.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  if (version === 1) bytes.writeUInt16LE(text.length, 8);
  else bytes.writeUInt32LE(text.length, 8);
  bytes.set(text, start);
  bytes.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), start + text.length);
  return bytes;
};
const dictionary = (descr: string, shape = '(2, 3)', order = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
const swapped = (numbers: ArrayBufferView & { BYTES_PER_ELEMENT: number }): Uint8Array => {
  const bytes = Buffer.from(numbers.buffer.slice(0) as ArrayBuffer);
  for (let at = 0; at < bytes.length; at += numbers.BYTES_PER_ELEMENT)
    bytes.subarray(at, at + numbers.BYTES_PER_ELEMENT).reverse();
  return bytes;
};
const fault = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof NpyFault) return `${error.kind}: ${error.message}`;
    throw error;
  }
  return 'none';
};

describe('readNpy', () => {
  const whole = [0, 1, 2, 3, 100, 7];
  it.each([
    ['|i1', Int8Array.from(whole)],
    ['|u1', Uint8Array.from(whole)],
    ['<i2', Int16Array.from(whole)],
    ['<u2', Uint16Array.from(whole)],
    ['<i4', Int32Array.from(whole)],
    ['<u4', Uint32Array.from(whole)],
    ['<i8', BigInt64Array.from(whole.map(BigInt))],
    ['<u8', BigUint64Array.from(whole.map(BigInt))],
    ['<f4', Float32Array.from(whole)],
    ['<f8', Float64Array.from(whole)],
    ['<f2', Uint16Array.from([0, 0x3c00, 0x4000, 0x4200, 0x5640, 0x4700])],
  ])('reads %s, and its big-endian twin', (descr, numbers) => {
    expect(readNpy(file(dictionary(descr), numbers))).toEqual({ shape: [2, 3], data: Float32Array.from(whole) });
    expect(readNpy(file(dictionary(descr.replace('<', '>')), swapped(numbers))).data).toEqual(Float32Array.from(whole));
  });

  it('keeps what float32 loses of numbers so large that differences would show it', () => {
    const stamps = [1_700_000_001, 3, 0.1];
    const { data, lost } = readNpy(file(dictionary('<f8', '(3,)'), Float64Array.from(stamps)));
    expect(Array.from(data, (near, at) => near + lost![at]!).slice(0, 2)).toEqual(stamps.slice(0, 2));
    const long = readNpy(file(dictionary('<i8', '(2,)'), BigInt64Array.from([2n ** 24n + 1n, 5n])));
    expect(Array.from(long.lost!)).toEqual([1, 0]);
    expect(readNpy(file(dictionary('<f8', '(3,)'), Float64Array.from([0.1, 2 ** 24, 1023.3])))).not.toHaveProperty('lost'); // prettier-ignore
  });

  it('reads booleans, negatives, subnormals and what is not finite', () => {
    expect(readNpy(file(dictionary('|b1', '(3,)'), Uint8Array.from([0, 1, 2]))).data).toEqual(
      new Float32Array([0, 1, 1]),
    );
    expect(readNpy(file(dictionary('<i2', '(2,)'), Int16Array.from([-1, -32768]))).data).toEqual(
      new Float32Array([-1, -32768]),
    );
    const halves = Uint16Array.from([0x0001, 0x8400, 0x7c00, 0xfc00, 0x7e00]);
    expect(readNpy(file(dictionary('<f2', '(5,)'), halves)).data).toEqual(
      new Float32Array([2 ** -24, -(2 ** -14), Infinity, -Infinity, NaN]),
    );
  });

  it('turns Fortran order into row-major order', () => {
    const columns = Float32Array.from([0, 3, 1, 4, 2, 5]);
    expect(readNpy(file(dictionary('<f4', '(2, 3)', 'True'), columns)).data).toEqual(
      new Float32Array([0, 1, 2, 3, 4, 5]),
    );
    const cube = Float32Array.from([0, 4, 2, 6, 1, 5, 3, 7]);
    expect(readNpy(file(dictionary('<f4', '(2, 2, 2)', 'True'), cube)).data).toEqual(
      new Float32Array([0, 1, 2, 3, 4, 5, 6, 7]),
    );
  });

  it('reads scalars, empty arrays, versions 2 and 3, and numbers that do not begin aligned', () => {
    expect(readNpy(file(dictionary('<f4', '()'), Float32Array.of(2)))).toEqual({ shape: [], data: Float32Array.of(2) });
    expect(readNpy(file(dictionary('<f4', '(0, 3)'), new Float32Array()))).toEqual({
      shape: [0, 3],
      data: new Float32Array(),
    });
    for (const version of [2, 3])
      expect(readNpy(file(dictionary('<f4', '(1,)'), Float32Array.of(5), version)).data).toEqual(Float32Array.of(5));
    expect(readNpy(file(`${dictionary('<f4', '(1,)')} `, Float32Array.of(5))).data).toEqual(Float32Array.of(5));
  });

  it.each([
    ['|O', 'type: Python objects'],
    ['<U5', 'type: text'],
    ['|S3', 'type: bytes'],
    ['<c8', 'type: complex numbers'],
    ['<M8[ns]', 'type: dates'],
    ['<f16', "type: the type '<f16'"],
  ])('refuses %s', (descr, message) => {
    expect(fault(() => readNpy(file(dictionary(descr), new Uint8Array(96))))).toBe(message);
  });

  it('refuses records', () => {
    const text = "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }\n";
    expect(fault(() => readNpy(file(text, new Float32Array(2))))).toBe('type: records');
  });

  it.each([
    [dictionary('<f4', '(3, 3)'), 'it ends after 24 of 36 bytes of a [3, 3] array'],
    [dictionary('<f4', '(99999999999999,)'), 'it ends after 24 of 399999999999996 bytes of a [99999999999999] array'],
    [dictionary('<f4', '(99999999999, 99999999999)'), 'the shape (99999999999, 99999999999) is not possible'],
    [dictionary('<f4', '(-1,)'), 'its header is not a numpy header'],
    ["{'descr': '<f4', 'shape': (6,)}", 'its header lacks type, order or shape'],
    ["{'descr': __import__('os'), 'fortran_order': False, 'shape': (6,)}", 'its header is not a numpy header'],
  ])('refuses what its bytes do not back: %s', (header, message) => {
    expect(fault(() => readNpy(file(header, new Float32Array(6))))).toBe(`damaged: ${message}`);
  });

  it('survives mutations: an array or a fault, never more numbers than bytes', () => {
    const next = random(7);
    const whole = file(dictionary('<f4'), Float32Array.from([1, 2, 3, 4, 5, 6]));
    let refused = 0;
    for (let round = 0; round < 500; round++) {
      const bytes = Uint8Array.from(whole.subarray(0, round % 3 ? whole.length : Math.floor(next() * whole.length)));
      for (let change = 0; change < 1 + (round % 4); change++) bytes[Math.floor(next() * bytes.length)] = next() * 256;
      try {
        expect(readNpy(bytes).data.length).toBeLessThanOrEqual(bytes.length);
      } catch (error) {
        expect(error).toBeInstanceOf(NpyFault);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});

describe('npyHeader', () => {
  it.each([[[]], [[4]], [[2, 3]], [[1, 2, 3, 4, 5]]])('writes %j so that it reads back, aligned', (shape) => {
    const count = shape.reduce<number>((product, size) => product * size, 1);
    const data = Float32Array.from({ length: count }, (_, place) => place / 3);
    const bytes = Buffer.concat([npyHeader(shape), npyBytes(data)]);
    expect(readHeader(bytes).byteOffset % 64).toBe(0);
    expect(readNpy(bytes)).toEqual({ shape, data });
  });
});
