/** ONNX tensors: inline, raw or in a file beside the model, of every numeric type. */
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { MhoError } from '../../../../contract/errors';
import { fromHalf } from '../hdf5';
import { type HostArray, precise, product, reals, wholes } from '../tensors/array';
import type { Budget } from '../budget';
import type { RegularFile } from '../files';
import { openPart, type Reading, readInto } from '../source';
import type { TensorProto } from './proto';

/** A number of fewer bits than a byte: the lowest bits first. @param byte with the fraction of it that lies before */
const narrow = (view: DataView, byte: number, bits: number): number =>
  (view.getUint8(Math.floor(byte)) >> ((byte % 1) * 8)) & (2 ** bits - 1);
const signed = (value: number, bits: number): number => (value >= 2 ** (bits - 1) ? value - 2 ** bits : value);

/**
 * A floating number of 8 bits or fewer (arXiv 2209.05433).
 * @param special what the largest exponent holds: infinities and NaN as in wider types, NaN alone where all bits are set, or
 * nothing; `unsigned zero`: NaN is what would be −0
 */
function tiny(
  bits: number,
  [exponentBits, digits, bias]: readonly [number, number, number],
  special: 'wide' | 'all' | 'unsigned zero' | 'none',
): number {
  const sign = bits >> (exponentBits + digits) ? -1 : 1;
  const exponent = (bits >> digits) & (2 ** exponentBits - 1);
  const part = bits & (2 ** digits - 1);
  const top = exponent === 2 ** exponentBits - 1;
  if (special === 'wide' && top) return part === 0 ? sign * Infinity : NaN;
  if (special === 'all' && top && part === 2 ** digits - 1) return NaN;
  if (special === 'unsigned zero' && sign < 0 && exponent === 0 && part === 0) return NaN;
  return exponent === 0
    ? sign * 2 ** (1 - bias - digits) * part
    : sign * 2 ** (exponent - bias) * (1 + part / 2 ** digits);
}

/** Type number → bytes per number, part of one where several share it, and how it is read (little-endian). */
const TYPES: Readonly<
  Record<
    number,
    {
      readonly name: string;
      readonly width: number;
      readonly whole: boolean;
      readonly at: (view: DataView, byte: number) => number;
    }
  >
> = {
  1: { name: 'float', width: 4, whole: false, at: (view, byte) => view.getFloat32(byte, true) },
  2: { name: 'uint8', width: 1, whole: true, at: (view, byte) => view.getUint8(byte) },
  3: { name: 'int8', width: 1, whole: true, at: (view, byte) => view.getInt8(byte) },
  4: { name: 'uint16', width: 2, whole: true, at: (view, byte) => view.getUint16(byte, true) },
  5: { name: 'int16', width: 2, whole: true, at: (view, byte) => view.getInt16(byte, true) },
  6: { name: 'int32', width: 4, whole: true, at: (view, byte) => view.getInt32(byte, true) },
  7: { name: 'int64', width: 8, whole: true, at: (view, byte) => Number(view.getBigInt64(byte, true)) },
  9: { name: 'bool', width: 1, whole: true, at: (view, byte) => view.getUint8(byte) },
  10: { name: 'float16', width: 2, whole: false, at: (view, byte) => fromHalf(view.getUint16(byte, true)) },
  11: { name: 'double', width: 8, whole: false, at: (view, byte) => view.getFloat64(byte, true) },
  12: { name: 'uint32', width: 4, whole: true, at: (view, byte) => view.getUint32(byte, true) },
  13: { name: 'uint64', width: 8, whole: true, at: (view, byte) => Number(view.getBigUint64(byte, true)) },
  16: { name: 'bfloat16', width: 2, whole: false, at: (view, byte) => fromBrain(view.getUint16(byte, true)) },
  17: { name: 'float8e4m3fn', width: 1, whole: false, at: (view, byte) => tiny(view.getUint8(byte), [4, 3, 7], 'all') },
  18: {
    name: 'float8e4m3fnuz',
    width: 1,
    whole: false,
    at: (view, byte) => tiny(view.getUint8(byte), [4, 3, 8], 'unsigned zero'),
  },
  19: { name: 'float8e5m2', width: 1, whole: false, at: (view, byte) => tiny(view.getUint8(byte), [5, 2, 15], 'wide') },
  20: {
    name: 'float8e5m2fnuz',
    width: 1,
    whole: false,
    at: (view, byte) => tiny(view.getUint8(byte), [5, 2, 16], 'unsigned zero'),
  },
  21: { name: 'uint4', width: 0.5, whole: true, at: (view, byte) => narrow(view, byte, 4) },
  22: { name: 'int4', width: 0.5, whole: true, at: (view, byte) => signed(narrow(view, byte, 4), 4) },
  23: {
    name: 'float4e2m1',
    width: 0.5,
    whole: false,
    at: (view, byte) => tiny(narrow(view, byte, 4), [2, 1, 1], 'none'),
  },
  24: {
    name: 'float8e8m0',
    width: 1,
    whole: false,
    at: (view, byte) => (view.getUint8(byte) === 255 ? NaN : 2 ** (view.getUint8(byte) - 127)),
  },
  25: { name: 'uint2', width: 0.25, whole: true, at: (view, byte) => narrow(view, byte, 2) },
  26: { name: 'int2', width: 0.25, whole: true, at: (view, byte) => signed(narrow(view, byte, 2), 2) },
};

/** Types from this number on have 8 bits or fewer. */
const SMALL = 17;

const shared = new DataView(new ArrayBuffer(4));
/** A bfloat16 number: the upper half of a float32. */
function fromBrain(bits: number): number {
  shared.setUint32(0, bits << 16);
  return shared.getFloat32(0);
}

export const isReal = (type: number): boolean => TYPES[type]?.whole === false;
export const isNumeric = (type: number): boolean => type in TYPES;

/**
 * A tensor's numbers.
 * @param raw its bytes, where they are kept elsewhere
 * @throws MODEL_DAMAGED, MODEL_TOO_LARGE
 */
export function tensorOf(tensor: TensorProto, path: string, budget: Budget, raw = tensor.rawData): HostArray {
  const { dims, dataType, name } = tensor;
  const fail = (reason: string): never => {
    throw new MhoError('MODEL_DAMAGED', { path, reason: `the tensor ${name || 'without a name'} ${reason}` });
  };
  const type = TYPES[dataType] ?? fail(`is of type ${dataType}, which is not known`);
  const size = product(dims);
  if (dims.some((each) => each < 0) || !Number.isSafeInteger(size)) fail(`has shape [${dims.join(', ')}]`);
  if (raw) {
    const want = Math.ceil(size * type.width);
    if (raw.byteLength < want) fail(`holds ${raw.byteLength} of ${want} bytes`);
    return fromBytes(raw, size, dims, type, budget);
  }
  const half = dataType === 10 ? fromHalf : dataType === 16 ? fromBrain : null;
  const listed =
    [tensor.floatData, tensor.doubleData, tensor.int32Data, tensor.int64Data, tensor.uint64Data].find(
      (each) => each.length > 0,
    ) ?? [];
  budget.take(8 * listed.length);
  // Of the small types each entry is a byte.
  if (dataType >= SMALL && listed === tensor.int32Data) {
    if (listed.length !== Math.ceil(size * type.width)) fail(`holds ${listed.length} bytes for ${size} numbers`);
    return fromBytes(Uint8Array.from(listed), size, dims, type, budget);
  }
  if (listed.length !== size) fail(`holds ${listed.length} of ${size} numbers`);
  const numbers = half && listed === tensor.int32Data ? listed.map(half) : listed;
  if (type.whole) return wholes(numbers, dims);
  return listed === tensor.doubleData ? precise(dims, numbers) : reals(dims, numbers);
}

function fromBytes(
  raw: Uint8Array,
  size: number,
  dims: readonly number[],
  type: (typeof TYPES)[number],
  budget: Budget,
): HostArray {
  if (type.name === 'float') {
    const own = raw.byteLength === size * 4 && raw.buffer.byteLength === raw.byteLength;
    if (!own) budget.take(4 * size);
    return reals(dims, new Float32Array(own ? raw.buffer : Uint8Array.prototype.slice.call(raw, 0, size * 4).buffer));
  }
  budget.take((type.name === 'double' ? 16 : type.whole && type.width > 2 ? 8 : 4) * size);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  if (type.name === 'double')
    return precise(
      dims,
      Float64Array.from({ length: size }, (_, i) => type.at(view, 8 * i)),
    );
  // Whole numbers of up to 16 bits are exact in 32.
  const data = type.whole && type.width > 2 ? new Float64Array(size) : new Float32Array(size);
  for (let i = 0; i < size; i++) data[i] = type.at(view, i * type.width);
  return { shape: dims, data, whole: type.whole };
}

/** Bytes of arrays that share their place with others: hashing a gigabyte takes a second or two. */
const MOST_SHARED = 2 ** 30;

/**
 * Reads what tensors keep in files beside the model, or elsewhere in its own, each place once. Arrays of numbers are made at
 * once, so that no file is held in two forms; real numbers of 32 bits that lie at one place share them.
 * @param hash is given what arrays add to the hash that sessions know a model by: each its bytes, also where several share them.
 * Only where that would take for ever, in files that list the same bytes thousands of times, each place once.
 * @throws MODEL_DAMAGED, MODEL_WEIGHTS_SHORT, MODEL_TOO_LARGE, MODEL_LINK, MODEL_NOT_FILE
 */
export async function readExternal(
  tensors: readonly TensorProto[],
  path: string,
  reading: Reading,
  hash: { update(bytes: Uint8Array): unknown },
): Promise<ReadonlyMap<TensorProto, () => HostArray>> {
  const kept = tensors.filter(({ dataLocation }) => dataLocation === 1).map((tensor) => placed(tensor, path));
  const all = kept.reduce((sum, { want }) => sum + want, 0);
  if (Number.isSafeInteger(all) && all > 0) reading.expect(all);
  const places = new Map(kept.map((each) => [keyOf(each), each.want]));
  const shared = all - [...places.values()].reduce((sum, want) => sum + want, 0);
  const left = new Map<string, number>();
  for (const each of kept) left.set(keyOf(each), (left.get(keyOf(each)) ?? 0) + 1);
  const read = new Map<TensorProto, () => HostArray>();
  const files = new Map<string, RegularFile>();
  const held = new Map<string, Uint8Array>();
  try {
    for (const each of kept) {
      const { tensor, want } = each;
      const key = keyOf(each);
      const known = held.get(key);
      if (known) reading.read(want);
      const bytes = known ?? (await bytesAt(each));
      if (!known || shared <= MOST_SHARED) hash.update(bytes);
      // The bytes are kept for whoever shares them.
      const more = left.get(key)! - 1;
      left.set(key, more);
      if (more > 0) held.set(key, bytes);
      else held.delete(key);
      if (bytes.length < LARGE || !(tensor.dataType in TYPES))
        read.set(tensor, () => tensorOf(tensor, path, reading.budget, bytes));
      else {
        const array = tensorOf(tensor, path, reading.budget, bytes);
        read.set(tensor, () => array);
      }
    }
  } finally {
    for (const file of files.values()) await file.close();
  }
  return read;

  async function bytesAt({ file: at, offset, want }: Placed): Promise<Uint8Array> {
    const file = files.get(at) ?? (await openPart(at, reading, 'this weight file is missing'));
    files.set(at, file);
    if (!Number.isSafeInteger(offset) || offset < 0 || !(want >= 0) || offset + want > file.size)
      throw new MhoError('MODEL_WEIGHTS_SHORT', { path: at, have: file.size, want: offset + want });
    reading.budget.take(want + EACH);
    const bytes = new Uint8Array(want);
    const have = await readInto(file, bytes, offset, reading);
    if (have < want) throw new MhoError('MODEL_WEIGHTS_SHORT', { path: at, have: offset + have, want: offset + want });
    return bytes;
  }
}

const keyOf = ({ offset, want, file }: Placed): string => `${offset} ${want} ${file}`;

/** Arrays of fewer bytes are made when they are asked for: a file may list one place thousands of times. */
const LARGE = 2 ** 16;

/** What an array takes beside its bytes. */
const EACH = 256;

interface Placed {
  readonly tensor: TensorProto;
  readonly file: string;
  readonly offset: number;
  /** Bytes that its shape needs. */
  readonly want: number;
}

/** Where a tensor is kept. @throws MODEL_DAMAGED */
function placed(tensor: TensorProto, path: string): Placed {
  const { dims, dataType, name } = tensor;
  const entry = (key: string): string | undefined => tensor.externalData.find((each) => each.key === key)?.value;
  const place = normalize(entry('location') ?? '');
  if (!place || place === '.' || isAbsolute(place) || place.split(sep)[0] === '..')
    throw new MhoError('MODEL_DAMAGED', {
      path,
      reason: `the tensor ${name} is kept in ${JSON.stringify(entry('location') ?? null)}, outside its folder`,
    });
  const want = Math.ceil(product(dims) * (TYPES[dataType]?.width ?? 0));
  const length = Number(entry('length') ?? want);
  if (length < want)
    throw new MhoError('MODEL_DAMAGED', {
      path,
      reason: `the tensor ${name || 'without a name'} holds ${length} of ${want} bytes`,
    });
  return { tensor, file: join(dirname(path), place), offset: Number(entry('offset') ?? 0), want };
}
