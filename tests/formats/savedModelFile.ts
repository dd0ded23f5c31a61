/** Writes SavedModels of TensorFlow nodes, field by field: one signature, weights in a checkpoint. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { TfNode } from './written';

/** DataType of types.proto. */
const TYPES: Readonly<Record<string, number>> = { DT_FLOAT: 1, DT_INT32: 3, DT_BFLOAT16: 14 };

/** An attribute as TensorFlow's JSON has it, of those that are written here; a constant's numbers for a file of bytes. */
interface Attribute {
  readonly type?: string;
  readonly shape?: { readonly dim: readonly { readonly size: string }[] };
  readonly s?: string;
  readonly i?: string;
  readonly f?: number;
  readonly list?: { readonly i: readonly string[] };
  readonly tensor?: { readonly shape: readonly number[]; readonly data: Int32Array | Float32Array };
}

export interface Port {
  readonly name: string;
  /** With the batch axis, −1 where it is free. */
  readonly shape: readonly number[];
}

/** A variable of the checkpoint; several may hold the same numbers. */
export interface Variable {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const inside = (writer: BinaryWriter, field: number, fill: (writer: BinaryWriter) => void): BinaryWriter => {
  fill(writer.tag(field, WireType.LengthDelimited).fork());
  return writer.join();
};
const text = (writer: BinaryWriter, field: number, value: string): BinaryWriter =>
  writer.tag(field, WireType.LengthDelimited).string(value);
const whole = (writer: BinaryWriter, field: number, value: number): BinaryWriter =>
  writer.tag(field, WireType.Varint).int64(value);
const sizes = (writer: BinaryWriter, list: readonly number[]): void => {
  for (const size of list) inside(writer, 2, (dim) => void whole(dim, 1, size));
};
const bytesOf = ({ buffer, byteOffset, byteLength }: Int32Array | Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

function attributeTo(writer: BinaryWriter, { type, shape, s, i, f, list, tensor }: Attribute): void {
  if (type !== undefined) whole(writer, 6, TYPES[type]!);
  if (shape) inside(writer, 7, (each) => sizes(each, shape.dim.map(({ size }) => Number(size)))); // prettier-ignore
  if (s !== undefined) writer.tag(2, WireType.LengthDelimited).bytes(Buffer.from(s, 'base64'));
  if (i !== undefined) whole(writer, 3, Number(i));
  if (f !== undefined) writer.tag(4, WireType.Bit32).float(f);
  if (list) inside(writer, 1, (each) => list.i.forEach((value) => whole(each, 3, Number(value))));
  if (tensor)
    inside(writer, 8, (each) => {
      whole(each, 1, tensor.data instanceof Int32Array ? TYPES['DT_INT32']! : TYPES['DT_FLOAT']!);
      inside(each, 2, (dims) => sizes(dims, tensor.shape));
      each.tag(4, WireType.LengthDelimited).bytes(bytesOf(tensor.data));
    });
}

/** A table of LevelDB's: one block of entries, an index of that block, a footer. */
export function table(entries: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const varint = (value: number): Uint8Array => new BinaryWriter().uint32(value).finish();
  const block = (list: readonly (readonly [string, Uint8Array])[]): Buffer => {
    const parts = list.flatMap(([key, value]) => [varint(0), varint(Buffer.byteLength(key)), varint(value.length), Buffer.from(key), value]); // prettier-ignore
    const restarts = Buffer.alloc(8);
    restarts.writeUInt32LE(1, 4); // one restart, at 0; then how many
    return Buffer.concat([...parts, restarts, Buffer.alloc(5)]); // not packed, sum not looked at
  };
  const handle = (offset: number, length: number): Uint8Array => Buffer.concat([varint(offset), varint(length - 5)]);
  const data = block(entries);
  const index = block([['~', handle(0, data.length)]]);
  const footer = Buffer.alloc(48);
  Buffer.concat([handle(0, 5), handle(data.length, index.length)]).copy(footer);
  footer.writeBigUInt64LE(0xdb4775248b80fb57n, 40);
  return Buffer.concat([data, index, footer]);
}

/** The nodes by which a variable is read, as TensorFlow 2 writes them. @returns what reads it is called `name` */
export const variableNodes = (name: string): readonly TfNode[] => [
  {
    name: `${name}/handle`,
    op: 'VarHandleOp',
    attr: { dtype: { type: 'DT_FLOAT' }, shared_name: { s: Buffer.from(name).toString('base64') } },
  },
  { name, op: 'ReadVariableOp', input: [`${name}/handle`], attr: { dtype: { type: 'DT_FLOAT' } } },
];

/** @param folder exists @param nodes read variables by `variableNodes` */
export function savedModelFolder(
  folder: string,
  nodes: readonly TfNode[],
  { input, output }: { readonly input: Port; readonly output: Port },
  variables: readonly Variable[],
): string {
  const model = whole(new BinaryWriter(), 1, 1);
  inside(model, 2, (meta) => {
    inside(meta, 1, (info) => void text(info, 4, 'serve'));
    inside(meta, 2, (graph) => {
      for (const { name, op, input: from = [], attr = {} } of nodes)
        inside(graph, 1, (node) => {
          text(text(node, 1, name), 2, op);
          for (const each of from) text(node, 3, each);
          for (const [key, value] of Object.entries(attr))
            inside(node, 5, (entry) => inside(text(entry, 1, key), 2, (to) => attributeTo(to, value as Attribute)));
        });
    });
    inside(meta, 5, (entry) =>
      inside(text(entry, 1, 'serving_default'), 2, (signature) =>
        [input, output].forEach(({ name, shape }, i) =>
          inside(signature, i + 1, (each) =>
            inside(text(each, 1, name), 2, (info) =>
              inside(whole(text(info, 1, `${name}:0`), 2, 1), 3, (dims) => sizes(dims, shape)),
            ),
          ),
        ),
      ),
    );
  });
  writeFileSync(join(folder, 'saved_model.pb'), model.finish());
  mkdirSync(join(folder, 'variables'));
  let offset = 0;
  const entries = [...variables].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, shape, data }) => {
    const entry = whole(new BinaryWriter(), 1, 1);
    inside(entry, 2, (dims) => sizes(dims, shape));
    whole(whole(entry, 4, offset), 5, data.byteLength);
    offset += data.byteLength;
    return { key: [name, entry.finish()] as const, data };
  }); // prettier-ignore
  const head = ['', whole(new BinaryWriter(), 1, 1).finish()] as const;
  writeFileSync(join(folder, 'variables/variables.index'), table([head, ...entries.map(({ key }) => key)]));
  const file = openSync(join(folder, 'variables/variables.data-00000-of-00001'), 'w');
  for (const { data } of entries) writeSync(file, bytesOf(data));
  closeSync(file);
  return folder;
}
