/**
 * NumPy's array format (NEP 1), read strictly and written plainly.
 *
 * Our own, since the libraries of the registry read neither big-endian nor Fortran order, take the header apart with
 * unanchored patterns and believe whatever shape it declares.
 */
import { endianness } from 'node:os';
import type { NumericArray } from '../../../contract/attribution';
import { rounded } from './precision';

/** A fault of the bytes; whoever knows the file turns it into an error of the catalogue. */
export class NpyFault extends Error {
  constructor(
    /** `type`: sound, but not numbers. */
    readonly kind: 'damaged' | 'type',
    message: string,
  ) {
    super(message);
  }
}

const MAGIC = Uint8Array.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]);
/** numpy itself refuses longer ones unless told to trust the file. */
const LONGEST_HEADER = 10_000;
/** numpy's own limit. */
const MOST_AXES = 64;

export const isNpy = (head: Uint8Array): boolean => MAGIC.every((byte, place) => head[place] === byte);

type Read = (view: DataView, byteOffset: number, little: boolean) => number;

/** Type code of numpy → bytes per number, and how to read one. */
const kinds: Readonly<Record<string, readonly [size: number, read: Read]>> = {
  b1: [1, (view, at) => (view.getUint8(at) ? 1 : 0)],
  i1: [1, (view, at) => view.getInt8(at)],
  u1: [1, (view, at) => view.getUint8(at)],
  i2: [2, (view, at, little) => view.getInt16(at, little)],
  u2: [2, (view, at, little) => view.getUint16(at, little)],
  i4: [4, (view, at, little) => view.getInt32(at, little)],
  u4: [4, (view, at, little) => view.getUint32(at, little)],
  i8: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  u8: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
  f2: [2, (view, at, little) => float16(view.getUint16(at, little))],
  f4: [4, (view, at, little) => view.getFloat32(at, little)],
  f8: [8, (view, at, little) => view.getFloat64(at, little)],
};

/** IEEE 754 half precision. */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const otherKinds: Readonly<Record<string, string>> = {
  O: 'Python objects',
  U: 'text',
  S: 'bytes',
  a: 'bytes',
  c: 'complex numbers',
  M: 'dates',
  m: 'time spans',
  V: 'records',
};

export interface NpyHeader {
  readonly shape: readonly number[];
  /** Type code without byte order, e.g. `f4`. */
  readonly kind: string;
  readonly little: boolean;
  readonly fortran: boolean;
  /** Where the numbers begin. */
  readonly byteOffset: number;
  /** How many numbers. */
  readonly count: number;
}

/** One `'key': value` of the header's dictionary, as numpy writes it and as Python would also read it. */
const ENTRY = /\s*(['"])(\w+)\1\s*:\s*((['"])[^'"]*\4|\[.*\]|\([\d\s,L]*\)|True|False)\s*(,|(?=\}))/sy;

/** The header's dictionary as texts. Nothing of it is ever evaluated. */
function dictionary(text: string): ReadonlyMap<string, string> {
  const body = text.trim();
  const found = new Map<string, string>();
  ENTRY.lastIndex = 1;
  let at = 1;
  while (body.startsWith('{') && !/^\s*\}$/.test(body.slice(at))) {
    ENTRY.lastIndex = at;
    const entry = ENTRY.exec(body);
    if (!entry) throw new NpyFault('damaged', 'its header is not a numpy header');
    found.set(entry[2]!, entry[3]!);
    at = ENTRY.lastIndex;
  }
  return found;
}

/** @throws NpyFault */
export function readHeader(bytes: Uint8Array): NpyHeader {
  if (!isNpy(bytes) || bytes.length < 10) throw new NpyFault('damaged', 'it does not begin as a numpy array');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw new NpyFault('damaged', `version ${version} of the format is not known`);
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start) throw new NpyFault('damaged', 'it ends inside the header');
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > LONGEST_HEADER) throw new NpyFault('damaged', `its header claims ${length} bytes`);
  const byteOffset = start + length;
  if (bytes.length < byteOffset) throw new NpyFault('damaged', 'it ends inside the header');

  const entries = dictionary(
    new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(start, byteOffset)),
  );
  const descr = entries.get('descr');
  const order = entries.get('fortran_order');
  const axes = entries.get('shape');
  if (!descr || !order || !axes?.startsWith('('))
    throw new NpyFault('damaged', 'its header lacks type, order or shape');
  if (descr.startsWith('[')) throw new NpyFault('type', 'records');
  const type = /^([<>|=]?)(\w)(\d*)/.exec(descr.slice(1, -1));
  const kind = type ? type[2]! + type[3]! : '';
  if (!Object.hasOwn(kinds, kind)) throw new NpyFault('type', (type && otherKinds[type[2]!]) ?? `the type ${descr}`);
  const shape = axes
    .slice(1, -1)
    .split(',')
    .map((axis) => axis.trim().replace(/L$/, ''))
    .filter((axis) => axis !== '')
    .map(Number);
  const count = shape.reduce((product, size) => product * size, 1);
  if (shape.length > MOST_AXES || !shape.every(Number.isSafeInteger) || !Number.isSafeInteger(count))
    throw new NpyFault('damaged', `the shape ${axes} is not possible`);
  const little = type![1] === '<' || ((type![1] === '=' || type![1] === '') && endianness() === 'LE');
  return { shape, kind, little, fortran: order === 'True', byteOffset, count };
}

/** The header of a whole array. @throws NpyFault, also where the bytes do not back the shape that it declares */
export function backedHeader(bytes: Uint8Array): NpyHeader {
  const header = readHeader(bytes);
  const { shape, kind, byteOffset, count } = header;
  const want = count * kinds[kind]![0];
  const have = bytes.length - byteOffset;
  if (have < want)
    throw new NpyFault('damaged', `it ends after ${have} of ${want} bytes of a [${shape.join(', ')}] array`);
  return header;
}

/**
 * An array of numbers of any kind, as float32 in row-major order; with what rounding took from float64 and integers beyond 2²⁴,
 * where that can matter.
 * @throws NpyFault, before anything is allocated that the bytes do not back
 */
export function readNpy(bytes: Uint8Array): NumericArray {
  const { shape, kind, little, fortran, byteOffset, count } = backedHeader(bytes);
  const [size, read] = kinds[kind]!;
  const inOrder = (data: Float32Array): Float32Array => (fortran && shape.length > 1 ? rowMajor(data, shape) : data);
  if (kind === 'f4' && little && endianness() === 'LE') {
    const data = new Float32Array(count);
    new Uint8Array(data.buffer).set(bytes.subarray(byteOffset, byteOffset + count * 4));
    return { shape, data: inOrder(data) };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + byteOffset, count * size);
  const { data, lost } = rounded(count, (place) => read(view, place * size, little));
  return { shape, data: inOrder(data), ...(lost && { lost: inOrder(lost) }) };
}

/** An array whose numbers keep their precision. */
export interface WideArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/**
 * An array of float32 or float64 as it is, row-major: no bit of it is changed.
 * @throws NpyFault, also for numbers of other kinds, before anything is allocated that the bytes do not back
 */
export function readWideNpy(bytes: Uint8Array): WideArray {
  const { shape, kind, little, fortran, byteOffset, count } = backedHeader(bytes);
  if ((kind !== 'f4' && kind !== 'f8') || (fortran && shape.length > 1))
    throw new NpyFault('type', 'other numbers than float32 and float64 in row-major order');
  const data = kind === 'f4' ? new Float32Array(count) : new Float64Array(count);
  const [size, read] = kinds[kind]!;
  if (little && endianness() === 'LE')
    new Uint8Array(data.buffer).set(bytes.subarray(byteOffset, byteOffset + count * size));
  else {
    const view = new DataView(bytes.buffer, bytes.byteOffset + byteOffset, count * size);
    for (let place = 0; place < count; place++) data[place] = read(view, place * size, little);
  }
  return { shape, data };
}

/** From first axis fastest to last axis fastest. */
function rowMajor(data: Float32Array, shape: readonly number[]): Float32Array {
  const turned = new Float32Array(data.length);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, size) => product * size, 1));
  const places = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    turned[to] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++places[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      places[axis] = 0;
    }
  }
  return turned;
}

/** The header of an array in row-major order: version 1.0, padded so that the numbers begin at a multiple of 64. */
export function npyHeader(shape: readonly number[], kind: 'f4' | 'f8' = 'f4'): Uint8Array {
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '<${kind}', 'fortran_order': False, 'shape': (${axes}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64;
  const header = new Uint8Array(length).fill(0x20);
  header.set(MAGIC);
  header.set([1, 0], 6);
  new DataView(header.buffer).setUint16(8, length - 10, true);
  header.set(new TextEncoder().encode(text), 10);
  header[length - 1] = 0x0a;
  return header;
}

/** The numbers as little-endian bytes; a view where the machine is little-endian itself. */
export function npyBytes(data: Float32Array | Float64Array): Uint8Array {
  if (endianness() === 'LE') return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const view = new DataView(new ArrayBuffer(data.byteLength));
  if (data instanceof Float32Array) data.forEach((value, place) => view.setFloat32(place * 4, value, true));
  else data.forEach((value, place) => view.setFloat64(place * 8, value, true));
  return new Uint8Array(view.buffer);
}
