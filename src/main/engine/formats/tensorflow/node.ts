/** Nodes of a TensorFlow graph, whether they come as protobuf (SavedModel) or as JSON (GraphModel). */
import { isRecord } from '../../../../contract/records';
import { type HostArray, precise, product, reals, room, wholes } from '../tensors/array';
import type { FewerBits } from '../../../../contract/model';
import { fromHalf } from '../hdf5';
import { entries } from '../protobuf';
import type { AttrValue, NodeDef, TensorProto, TensorShape } from './proto';

/** What a file says that cannot be. Whoever knows the file turns it into an error of the catalogue. */
export class TensorflowFault extends Error {}

export interface Attribute {
  readonly s?: string;
  readonly i?: number;
  readonly f?: number;
  readonly b?: boolean;
  readonly type?: number;
  /** −1 where free. */
  readonly shape?: readonly number[];
  readonly func?: string;
  readonly funcs?: readonly string[];
  readonly ints?: readonly number[];
  readonly floats?: readonly number[];
  readonly texts?: readonly string[];
  readonly tensor?: () => HostArray;
}

export interface TfNode {
  readonly name: string;
  readonly op: string;
  /** Data inputs only: `node`, `node:1`, in functions `node:output:0`. */
  readonly inputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

export const DT = {
  float: 1,
  double: 2,
  int32: 3,
  uint8: 4,
  int16: 5,
  int8: 6,
  string: 7,
  complex64: 8,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  uint16: 17,
  complex128: 18,
  half: 19,
  resource: 20,
  variant: 21,
  uint32: 22,
  uint64: 23,
} as const;
/** `1` → `float`, as Keras and numpy name types but for that one. */
export const TYPE_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(DT).map(([name, type]) => [type, name]));
const REAL: ReadonlySet<number> = new Set([DT.float, DT.double, DT.bfloat16, DT.half]);
export const isReal = (type: number): boolean => REAL.has(type);
/** Nodes that keep or hand on what they are given. */
const STORED = new Set(['Const', 'Cast', 'Identity', 'IdentityN', 'ReadVariableOp', 'Placeholder', 'PartitionedCall', 'StatefulPartitionedCall']); // prettier-ignore
/** The type of 16 bits that some node computes in; null where none does. */
export function fewerBitsOf(nodes: Iterable<TfNode>): FewerBits | null {
  for (const { op, attributes } of nodes) {
    const type = STORED.has(op) ? undefined : attributes.get('T')?.type;
    if (type === DT.half) return 'float16';
    if (type === DT.bfloat16) return 'bfloat16';
  }
  return null;
}

/** `DT_FLOAT` → 1; numbers as they are. */
export function typeOf(value: unknown): number {
  if (typeof value === 'number') return value;
  const name = typeof value === 'string' ? value.replace(/^DT_/, '').replace(/_REF$/, '').toLowerCase() : '';
  return Object.hasOwn(DT, name) ? DT[name as keyof typeof DT] : 0;
}

/** Type → bytes per number and how it is read (little-endian). */
const READERS: Readonly<Record<number, readonly [width: number, read: (view: DataView, at: number) => number]>> = {
  [DT.float]: [4, (view, at) => view.getFloat32(at, true)],
  [DT.double]: [8, (view, at) => view.getFloat64(at, true)],
  [DT.int32]: [4, (view, at) => view.getInt32(at, true)],
  [DT.uint8]: [1, (view, at) => view.getUint8(at)],
  [DT.int16]: [2, (view, at) => view.getInt16(at, true)],
  [DT.int8]: [1, (view, at) => view.getInt8(at)],
  [DT.int64]: [8, (view, at) => Number(view.getBigInt64(at, true))],
  [DT.bool]: [1, (view, at) => view.getUint8(at)],
  [DT.uint16]: [2, (view, at) => view.getUint16(at, true)],
  [DT.half]: [2, (view, at) => fromHalf(view.getUint16(at, true))],
  [DT.bfloat16]: [
    2,
    (view, at) => {
      word.setUint32(0, view.getUint16(at, true) << 16);
      return word.getFloat32(0);
    },
  ],
  [DT.uint32]: [4, (view, at) => view.getUint32(at, true)],
  [DT.uint64]: [8, (view, at) => Number(view.getBigUint64(at, true))],
};
const word = new DataView(new ArrayBuffer(4));

export const widthOf = (type: number): number | null => READERS[type]?.[0] ?? null;

/** Numbers from their bytes, which must be enough. */
export function fromBytes(bytes: Uint8Array, type: number, shape: readonly number[]): HostArray {
  const reader = READERS[type];
  const size = product(shape);
  if (!reader) throw new TensorflowFault(`numbers of type ${type}, which is not known`);
  const [width, read] = reader;
  if (bytes.byteLength < size * width)
    throw new TensorflowFault(`${bytes.byteLength} of ${size * width} bytes of a tensor`);
  if (type === DT.float) {
    const own = bytes.byteLength === size * 4 && bytes.buffer.byteLength === bytes.byteLength;
    const buffer = own ? bytes.buffer : Uint8Array.prototype.slice.call(bytes, 0, size * 4).buffer;
    return reals(shape, new Float32Array(buffer));
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (type === DT.double)
    return precise(
      shape,
      Float64Array.from({ length: size }, (_, i) => read(view, 8 * i)),
    );
  const data = isReal(type) ? new Float32Array(size) : new Float64Array(size);
  for (let i = 0; i < size; i++) data[i] = read(view, i * width);
  return { shape, data, whole: !isReal(type) };
}

export const sizesOf = (shape: TensorShape | null): number[] => shape?.dims.map(({ size }) => size) ?? [];

/** A constant in a graph: bytes, or a list whose last number is repeated. A complex one has a last axis of both parts. */
export function tensorOf(tensor: TensorProto): HostArray {
  if (tensor.dtype === DT.complex64) return pairsOf(tensor, DT.float, tensor.complexVal);
  if (tensor.dtype === DT.complex128) return pairsOf(tensor, DT.double, tensor.doubleComplexVal);
  const shape = sizesOf(tensor.shape);
  const size = product(shape);
  if (shape.some((each) => each < 0) || !Number.isSafeInteger(size))
    throw new TensorflowFault(`a constant of shape [${shape.join(', ')}]`);
  if (tensor.content.length) return fromBytes(tensor.content, tensor.dtype, shape);
  const half = tensor.halfVal.map((bits) =>
    tensor.dtype === DT.half ? fromHalf(bits) : (word.setUint32(0, bits << 16), word.getFloat32(0)),
  );
  const lists: readonly (readonly number[])[] = [
    tensor.floatVal,
    tensor.doubleVal,
    tensor.intVal,
    tensor.int64Val,
    half,
    tensor.boolVal.map(Number),
  ];
  const numbers = lists.find((each) => each.length) ?? [0];
  if (numbers.length < size) room(shape);
  const last = numbers.at(-1)!;
  const data = isReal(tensor.dtype) ? new Float32Array(size) : new Float64Array(size);
  for (let i = 0; i < size; i++) data[i] = numbers[i] ?? last;
  return isReal(tensor.dtype) ? reals(shape, data as Float32Array) : wholes(data as Float64Array, shape);
}

function pairsOf(tensor: TensorProto, part: number, list: readonly number[]): HostArray {
  const shape = [...sizesOf(tensor.shape), 2];
  if (tensor.content.length) return fromBytes(tensor.content, part, shape);
  const given = list.length >= 2 ? list : [0, 0];
  const data = new Float32Array(room(shape));
  const last = given.length - 2;
  for (let i = 0; i < data.length; i++) data[i] = given[i] ?? given[last + (i % 2)]!;
  return reals(shape, data);
}

const text = new TextDecoder();

function fromProto(value: AttrValue): Attribute {
  const { s, i, f, b, type, shape, tensor, list, func } = value;
  return {
    ...(s !== null && { s: text.decode(s) }),
    ...(i !== null && { i }),
    ...(f !== null && { f }),
    ...(b !== null && { b }),
    ...(type !== null && { type }),
    ...(shape !== null && !shape.unknownRank && { shape: sizesOf(shape) }),
    ...(func !== null && { func: func.name }),
    ...(list !== null && {
      ints: list.i.length ? list.i : list.type,
      floats: list.f,
      texts: list.s.map((each) => text.decode(each)),
      funcs: list.func.map(({ name }) => name),
    }),
    ...(tensor !== null && { tensor: () => tensorOf(tensor) }),
  };
}

const isData = (input: string): boolean => !input.startsWith('^');

export const nodeFromProto = ({ name, op, inputs, attributes }: NodeDef): TfNode => ({
  name,
  op,
  inputs: inputs.filter(isData),
  attributes: new Map([...entries(attributes)].map(([key, value]) => [key, fromProto(value)])),
});

/** TensorFlow.js writes bytes in base64. */
const bytesText = (value: unknown): string =>
  typeof value === 'string'
    ? Buffer.from(value, 'base64').toString('utf8')
    : Array.isArray(value)
      ? String.fromCharCode(...(value as number[]))
      : '';
/** Whole numbers of 64 bits are written as texts. */
const numberOf = (value: unknown): number =>
  typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' ? Number(value) : NaN;
const numbers = (value: unknown): number[] => (Array.isArray(value) ? value.map(numberOf) : []);
export function shapeFromJson(value: unknown): number[] | null {
  if (!isRecord(value) || value['unknownRank'] === true) return null;
  const dims = value['dim'];
  return Array.isArray(dims)
    ? dims.map((dim) => (isRecord(dim) && dim['size'] !== undefined ? numberOf(dim['size']) : -1))
    : [];
}

function fromJson(value: Readonly<Record<string, unknown>>): Attribute {
  const { s, i, f, b, type, list, func } = value;
  const shape = 'shape' in value ? shapeFromJson(value['shape']) : null;
  return {
    ...(s !== undefined && { s: bytesText(s) }),
    ...(i !== undefined && { i: numberOf(i) }),
    ...(f !== undefined && { f: numberOf(f) }),
    ...(b !== undefined && { b: b === true }),
    ...(type !== undefined && { type: typeOf(type) }),
    ...(shape && { shape }),
    ...(isRecord(func) && typeof func['name'] === 'string' && { func: func['name'] }),
    ...(isRecord(list) && {
      ints: numbers(list['i']),
      floats: numbers(list['f']),
      texts: Array.isArray(list['s']) ? list['s'].map(bytesText) : [],
      funcs: Array.isArray(list['func'])
        ? list['func'].flatMap((each) => (isRecord(each) && typeof each['name'] === 'string' ? [each['name']] : []))
        : [],
    }),
  };
}

export function nodeFromJson(value: unknown): TfNode {
  if (!isRecord(value) || typeof value['name'] !== 'string' || typeof value['op'] !== 'string')
    throw new TensorflowFault('a node without name or kind');
  const inputs = Array.isArray(value['input']) ? value['input'].filter((each) => typeof each === 'string') : [];
  const attr = isRecord(value['attr']) ? value['attr'] : {};
  return {
    name: value['name'],
    op: value['op'],
    inputs: inputs.filter(isData),
    attributes: new Map(
      Object.entries(attr).flatMap(([key, each]) => (isRecord(each) ? [[key, fromJson(each)] as const] : [])),
    ),
  };
}
