/** ONNX tensors: inline, raw or in a file beside the model, of every numeric type. */
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { MhoError } from '../../../../contract/errors';
import { fromHalf } from '../hdf5';
import { type HostArray, precise, product, reals, wholes } from '../tensors/array';
import type { Budget } from '../budget';
import type { RegularFile } from '../files';
import { openPart, type Reading, readInto } from '../source';
import type { TensorProto } from './proto';

/** Type number → bytes per number and how it is read (little-endian). */
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
};

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
 * @param external bytes of a tensor kept in another file
 * @throws MODEL_DAMAGED, MODEL_TOO_LARGE
 */
export function tensorOf(
  tensor: TensorProto,
  path: string,
  external: ReadonlyMap<TensorProto, Uint8Array>,
  budget: Budget,
): HostArray {
  const { dims, dataType, name } = tensor;
  const fail = (reason: string): never => {
    throw new MhoError('MODEL_DAMAGED', { path, reason: `the tensor ${name || 'without a name'} ${reason}` });
  };
  const type = TYPES[dataType] ?? fail(`is of type ${dataType}, which is not known`);
  const size = product(dims);
  if (dims.some((each) => each < 0) || !Number.isSafeInteger(size)) fail(`has shape [${dims.join(', ')}]`);
  const raw = external.get(tensor) ?? tensor.rawData;
  if (raw) {
    if (raw.byteLength < size * type.width) fail(`holds ${raw.byteLength} of ${size * type.width} bytes`);
    return fromBytes(raw, size, dims, type, budget);
  }
  const half = dataType === 10 ? fromHalf : dataType === 16 ? fromBrain : null;
  const listed =
    [tensor.floatData, tensor.doubleData, tensor.int32Data, tensor.int64Data, tensor.uint64Data].find(
      (each) => each.length > 0,
    ) ?? [];
  budget.take(8 * listed.length);
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
  budget.take((type.name === 'double' ? 16 : type.whole ? 8 : 4) * size);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  if (type.name === 'double')
    return precise(
      dims,
      Float64Array.from({ length: size }, (_, i) => type.at(view, 8 * i)),
    );
  const data = type.whole ? new Float64Array(size) : new Float32Array(size);
  for (let i = 0; i < size; i++) data[i] = type.at(view, i * type.width);
  return { shape: dims, data, whole: type.whole };
}

/**
 * Reads what tensors keep in files beside the model, or elsewhere in its own. Tensors of the same bytes share them.
 * @throws MODEL_DAMAGED, MODEL_WEIGHTS_SHORT, MODEL_TOO_LARGE, MODEL_LINK, MODEL_NOT_FILE
 */
export async function readExternal(
  tensors: readonly TensorProto[],
  path: string,
  reading: Reading,
): Promise<ReadonlyMap<TensorProto, Uint8Array>> {
  const kept = tensors.filter(({ dataLocation }) => dataLocation === 1).map((tensor) => placed(tensor, path));
  const all = kept.reduce((sum, { want }) => sum + want, 0);
  if (Number.isSafeInteger(all) && all > 0) reading.expect(all);
  const read = new Map<TensorProto, Uint8Array>();
  const files = new Map<string, RegularFile>();
  const shared = new Map<string, Uint8Array>();
  try {
    for (const { tensor, file: at, offset, want } of kept) {
      const key = `${offset} ${want} ${at}`;
      const known = shared.get(key);
      if (known) {
        read.set(tensor, known);
        reading.read(want);
        continue;
      }
      const file = files.get(at) ?? (await openPart(at, reading, 'this weight file is missing'));
      files.set(at, file);
      if (!Number.isSafeInteger(offset) || offset < 0 || !(want >= 0) || offset + want > file.size)
        throw new MhoError('MODEL_WEIGHTS_SHORT', { path: at, have: file.size, want: offset + want });
      reading.budget.take(want + EACH);
      const bytes = new Uint8Array(want);
      const have = await readInto(file, bytes, offset, reading);
      if (have < want)
        throw new MhoError('MODEL_WEIGHTS_SHORT', { path: at, have: offset + have, want: offset + want });
      shared.set(key, bytes);
      read.set(tensor, bytes);
    }
  } finally {
    for (const file of files.values()) await file.close();
  }
  return read;
}

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
  const want = product(dims) * (TYPES[dataType]?.width ?? 0);
  const length = Number(entry('length') ?? want);
  if (length < want)
    throw new MhoError('MODEL_DAMAGED', {
      path,
      reason: `the tensor ${name || 'without a name'} holds ${length} of ${want} bytes`,
    });
  return { tensor, file: join(dirname(path), place), offset: Number(entry('offset') ?? 0), want };
}
