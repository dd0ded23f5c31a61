/** Writes small ONNX files, field by field: for ops and forms that no exporter at hand writes. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Nd } from '../reference/ops';

/** ONNX's numbers of types. */
export const FLOAT = 1;
export const INT64 = 7;
export const STRING = 8;
export const FLOAT16 = 10;

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
  readonly type?: number;
  /** Kept in a file beside the model, from this byte on. */
  readonly external?: { readonly location: string; readonly offset: number };
}
export type Attribute = number | string | readonly number[] | readonly string[] | { readonly float: number } | { readonly floats: readonly number[] } | Graph | Tensor; // prettier-ignore
export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly name?: string;
  readonly domain?: string;
}
export interface Port {
  readonly name: string;
  readonly shape?: readonly (number | string)[];
  readonly type?: number;
}
export interface Graph {
  readonly nodes: readonly Node[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly constants?: Readonly<Record<string, Tensor>>;
}

const message = (write: (writer: BinaryWriter) => void): Uint8Array => {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
};
const put = (writer: BinaryWriter, field: number, bytes: Uint8Array): BinaryWriter =>
  writer.tag(field, WireType.LengthDelimited).bytes(bytes);
const text = (writer: BinaryWriter, field: number, value: string): BinaryWriter =>
  writer.tag(field, WireType.LengthDelimited).string(value);
const whole = (writer: BinaryWriter, field: number, value: number): BinaryWriter =>
  writer.tag(field, WireType.Varint).int64(value);

/** A float16 number's bits, of numbers that have any. */
export function half(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  const bits = view.getUint32(0);
  const exponent = ((bits >>> 23) & 0xff) - 112;
  if (value === 0 || exponent <= 0) return (bits >>> 16) & 0x8000; // small numbers are written as 0
  return (((bits >>> 16) & 0x8000) | (exponent << 10) | ((bits >>> 13) & 0x3ff)) & 0xffff;
}

/** A tensor's numbers as a file holds them. */
export function bytesOf({ data, type = FLOAT }: Tensor): Uint8Array {
  const list = Array.from(data);
  if (type === FLOAT16) return new Uint8Array(Uint16Array.from(list, half).buffer);
  if (type === INT64) return new Uint8Array(BigInt64Array.from(list, (each) => BigInt(each)).buffer);
  if (type === 6) return new Uint8Array(Int32Array.from(list).buffer);
  if (type === 2) return Uint8Array.from(list);
  if (type === 3) return new Uint8Array(Int8Array.from(list).buffer);
  return new Uint8Array(Float32Array.from(list).buffer);
}

/** A tensor alone is what test data beside a model are. */
export const onnxTensor = (name: string, given: Tensor): Uint8Array =>
  message((writer) => {
    for (const size of given.shape) whole(writer, 1, size);
    whole(writer, 2, given.type ?? FLOAT);
    text(writer, 8, name);
    if (!given.external) {
      put(writer, 9, bytesOf(given));
      return;
    }
    const { location, offset } = given.external;
    for (const [key, value] of Object.entries({ location, offset, length: bytesOf(given).length }))
      put(writer, 13, message((entry) => text(text(entry, 1, key), 2, String(value)))); // prettier-ignore
    whole(writer, 14, 1);
  });

const attribute = (name: string, value: Attribute): Uint8Array =>
  message((writer) => {
    text(writer, 1, name);
    if (typeof value === 'number') whole(writer, 3, value);
    else if (typeof value === 'string') text(writer, 4, value);
    else if (Array.isArray(value))
      for (const each of value as readonly (number | string)[])
        if (typeof each === 'number') whole(writer, 8, each);
        else text(writer, 9, each);
    else if ('float' in value) writer.tag(2, WireType.Bit32).float(value.float);
    else if ('floats' in value) for (const each of value.floats) writer.tag(7, WireType.Bit32).float(each);
    else if ('nodes' in value) put(writer, 6, graph(value));
    else put(writer, 5, onnxTensor('', value as Tensor));
  });

const port = ({ name, shape, type = FLOAT }: Port): Uint8Array =>
  message((writer) => {
    text(writer, 1, name);
    const kind = message((tensorType) => {
      whole(tensorType, 1, type);
      if (!shape) return;
      const dims = message((list) => {
        for (const size of shape)
          put(list, 1, message((dim) => (typeof size === 'number' ? whole(dim, 1, size) : text(dim, 2, size)))); // prettier-ignore
      });
      put(tensorType, 2, dims);
    });
    put(writer, 2, message((outer) => put(outer, 1, kind))); // prettier-ignore
  });

const graph = ({ nodes, inputs, outputs, constants = {} }: Graph): Uint8Array =>
  message((writer) => {
    for (const node of nodes)
      put(
        writer,
        1,
        message((each) => {
          for (const input of node.inputs) text(each, 1, input);
          for (const output of node.outputs) text(each, 2, output);
          text(each, 3, node.name ?? '');
          text(each, 4, node.op);
          for (const [name, value] of Object.entries(node.attributes ?? {})) put(each, 5, attribute(name, value));
          if (node.domain !== undefined) text(each, 7, node.domain);
        }),
      );
    text(writer, 2, 'written');
    for (const [name, given] of Object.entries(constants)) put(writer, 5, onnxTensor(name, given));
    for (const each of inputs) put(writer, 11, port(each));
    for (const each of outputs) put(writer, 12, port(each));
  });

/** A model's file. @param metadata its own notes, by key */
export const onnxFile = (content: Graph, opset = 17, metadata: Readonly<Record<string, string>> = {}): Uint8Array =>
  message((writer) => {
    whole(writer, 1, 8);
    text(writer, 2, 'tests');
    put(writer, 7, graph(content));
    put(writer, 8, message((each) => whole(text(each, 1, ''), 2, opset))); // prettier-ignore
    for (const [key, value] of Object.entries(metadata))
      put(
        writer,
        14,
        message((each) => void text(text(each, 1, key), 2, value)),
      );
  });

/** Numbers of the twin as a constant of the file. */
export const constantOf = ({ shape, data }: Nd, type = FLOAT): Tensor => ({ shape, data, type });
