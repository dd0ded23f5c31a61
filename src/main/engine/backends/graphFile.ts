/** A graph written as TensorFlow's saved model (tensorflow/core/protobuf/saved_model.proto, framework/graph.proto). */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { NativeAttribute, NativeBinding } from './native';

const { Varint, Bit32, LengthDelimited } = WireType;

/** The format's version that this writes (tensorflow/core/public/version.h, TF_GRAPH_DEF_VERSION). */
const GRAPH_VERSION = 1087;

/** A tensor made from numbers: the same in every run. */
export interface Constant {
  readonly shape: readonly number[];
  readonly dtype: number;
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/** The bytes of a message. */
export const message = (write: (to: BinaryWriter) => void): Uint8Array => {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
};

type WriteValue = (to: BinaryWriter) => void;

const attribute = (name: string, value: WriteValue): Uint8Array =>
  message((to) => to.tag(1, LengthDelimited).string(name).tag(2, LengthDelimited).bytes(message(value)));

const type =
  (dtype: number): WriteValue =>
  (to) =>
    to.tag(6, Varint).int32(dtype);

export class GraphFile {
  readonly #graph = new BinaryWriter();

  constructor(private readonly binding: NativeBinding) {}

  placeholder(name: string, dtype: number): void {
    this.#add(name, 'Placeholder', [], [attribute('dtype', type(dtype))]);
  }

  constant(name: string, { shape, dtype, values }: Constant): void {
    const tensor = message((to) =>
      to
        .tag(1, Varint)
        .int32(dtype)
        .tag(2, LengthDelimited)
        .bytes(shapeProto(shape))
        .tag(4, LengthDelimited)
        .bytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
    );
    const value: WriteValue = (to) => to.tag(8, LengthDelimited).bytes(tensor);
    this.#add(name, 'Const', [], [attribute('dtype', type(dtype)), attribute('value', value)]);
  }

  /** @returns false where an attribute cannot be written */
  node(name: string, op: string, inputs: readonly string[], attributes: readonly NativeAttribute[]): boolean {
    const written = attributes.map((each) => ({ name: each.name, value: this.#value(each) }));
    if (written.some(({ value }) => value === null)) return false;
    this.#add(
      name,
      op,
      inputs,
      written.map((each) => attribute(each.name, each.value!)),
    );
    return true;
  }

  bytes(tag: string): Uint8Array {
    const version = message((to) => to.tag(1, Varint).int32(GRAPH_VERSION));
    const graph = this.#graph.tag(4, LengthDelimited).bytes(version).finish();
    const about = message((to) => to.tag(4, LengthDelimited).string(tag));
    const meta = message((to) => to.tag(1, LengthDelimited).bytes(about).tag(2, LengthDelimited).bytes(graph));
    return message((to) => to.tag(1, Varint).int64(1).tag(2, LengthDelimited).bytes(meta));
  }

  #add(name: string, op: string, inputs: readonly string[], attributes: readonly Uint8Array[]): void {
    const node = message((to) => {
      to.tag(1, LengthDelimited).string(name).tag(2, LengthDelimited).string(op);
      for (const input of inputs) to.tag(3, LengthDelimited).string(input);
      for (const each of attributes) to.tag(5, LengthDelimited).bytes(each);
    });
    this.#graph.tag(1, LengthDelimited).bytes(node);
  }

  #value({ type: kind, value }: NativeAttribute): WriteValue | null {
    const { binding } = this;
    if (kind === binding.TF_ATTR_TYPE) return type(value as number);
    if (kind === binding.TF_ATTR_BOOL) return (to) => to.tag(5, Varint).bool(value as boolean);
    if (kind === binding.TF_ATTR_STRING) return (to) => to.tag(2, LengthDelimited).string(value as string);
    if (kind === binding.TF_ATTR_FLOAT && typeof value === 'number') return (to) => to.tag(4, Bit32).float(value);
    if (kind === binding.TF_ATTR_INT && typeof value === 'number') return (to) => to.tag(3, Varint).int64(value);
    if (kind !== binding.TF_ATTR_INT || !Array.isArray(value)) return null;
    const list = message((to) => (value as readonly number[]).forEach((each) => to.tag(3, Varint).int64(each)));
    return (to) => to.tag(1, LengthDelimited).bytes(list);
  }
}

const shapeProto = (shape: readonly number[]): Uint8Array =>
  message((to) => {
    for (const size of shape) {
      const dimension = message((each) => each.tag(1, Varint).int64(size));
      to.tag(2, LengthDelimited).bytes(dimension);
    }
  });
