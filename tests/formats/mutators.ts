/** Ways in which files are damaged, or made by somebody who knows their structure. */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { ZipFile } from 'yazl';

export type Random = () => number;
export type Mutate = (original: Uint8Array, next: Random) => Uint8Array | Promise<Uint8Array>;

const pick = (next: Random, limit: number): number => Math.floor(next() * limit);

/** A cut, changed bytes, or a run of bytes copied to another place. */
export const bytes: Mutate = (original, next) => {
  const copy = Uint8Array.from(original);
  const kind = pick(next, 4);
  if (kind === 0) return copy.subarray(0, pick(next, copy.length));
  if (kind === 1) {
    const from = pick(next, copy.length);
    return copy.copyWithin(pick(next, copy.length), from, from + 1 + pick(next, 64));
  }
  // Where the structure is: most mutations would hit weights otherwise.
  const reach = next() < 0.5 ? Math.min(copy.length, 4096) : copy.length;
  for (let i = 0; i <= pick(next, 12); i++)
    copy[pick(next, reach)] = next() < 0.3 ? [0, 0xff, 0x7f, 0x80][pick(next, 4)]! : pick(next, 256);
  return copy;
};

const ODD = [null, true, '', 'x', -1, 0, 0.5, 3, 1e6, 1e300, [], {}, [[]], [1, 2, 3], { a: 1 }] as const;

/** Up to three values of the tree removed, replaced or put in another's place; one in five is changed as bytes. */
export const json: Mutate = (original, next) => {
  if (next() < 0.2) return bytes(original, next);
  const tree = JSON.parse(Buffer.from(original).toString('utf8')) as Record<string, unknown>;
  for (let i = 0; i <= pick(next, 3); i++) {
    const places: [Record<string, unknown>, string][] = [];
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      const holder = value as Record<string, unknown>;
      for (const key of Object.keys(holder)) {
        places.push([holder, key]);
        visit(holder[key]);
      }
    };
    visit(tree);
    if (places.length === 0) break;
    const [holder, key] = places[pick(next, places.length)]!;
    const [other, from] = places[pick(next, places.length)]!;
    const kind = pick(next, 3);
    if (kind === 0) delete holder[key];
    else holder[key] = kind === 1 ? ODD[pick(next, ODD.length)] : structuredClone(other[from]);
  }
  return Buffer.from(JSON.stringify(tree));
};

/** One entry of an archive changed, and the archive sound again around it: right sizes and sums. */
export const inArchive =
  (entries: Readonly<Record<string, Uint8Array>>, name: string, mutate: Mutate): Mutate =>
  async (_original, next) => {
    const zip = new ZipFile();
    for (const [each, content] of Object.entries(entries))
      zip.addBuffer(Buffer.from(each === name ? await mutate(content, next) : content), each, { compress: false });
    zip.end();
    const parts: Buffer[] = [];
    for await (const part of zip.outputStream) parts.push(part as Buffer);
    return Buffer.concat(parts);
  };

/** A field of a message: its content, perhaps a message in turn. */
interface Field {
  readonly number: number;
  readonly wire: WireType;
  content: Uint8Array | Field[];
}

/** Bytes as a message, where they can be one. */
function fieldsOf(message: Uint8Array, depth = 0): Field[] | null {
  const fields: Field[] = [];
  const reader = new BinaryReader(message);
  try {
    while (reader.pos < reader.len) {
      const [number, wire] = reader.tag();
      const from = reader.pos;
      if (wire === WireType.StartGroup || wire === WireType.EndGroup) return null;
      if (wire === WireType.LengthDelimited) {
        const content = reader.bytes();
        fields.push({ number, wire, content: (depth < 12 && content.length > 1 && fieldsOf(content, depth + 1)) || content }); // prettier-ignore
      } else {
        reader.skip(wire, number);
        fields.push({ number, wire, content: message.subarray(from, reader.pos) });
      }
    }
    return fields;
  } catch {
    return null;
  }
}

function written(fields: readonly Field[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const { number, wire, content } of fields) {
    writer.tag(number, wire);
    const bytes = Array.isArray(content) ? written(content) : content;
    if (wire === WireType.LengthDelimited) writer.bytes(bytes);
    else writer.raw(bytes);
  }
  return writer.finish();
}

const ODD_NUMBERS = [0, 1, 2, 7, 127, 2 ** 31 - 1, -1, 2 ** 40];
const ODD_TEXTS = ['', 'x', '/', '__proto__', 'constructor', 'toString', ':0', '^a', 'a;b'];

/** Up to three fields of a message removed, doubled, replaced or put in another's place; one in five is changed as bytes. */
export const protobuf: Mutate = (original, next) => {
  const tree = next() < 0.2 ? null : fieldsOf(original);
  if (!tree) return bytes(original, next);
  for (let i = 0; i <= pick(next, 3); i++) {
    const places: [Field[], number][] = [];
    const visit = (fields: Field[]): void =>
      fields.forEach((field, at) => {
        places.push([fields, at]);
        if (Array.isArray(field.content)) visit(field.content);
      });
    visit(tree);
    if (places.length === 0) break;
    const [holder, at] = places[pick(next, places.length)]!;
    const [other, from] = places[pick(next, places.length)]!;
    const field = holder[at]!;
    const kind = pick(next, 4);
    if (kind === 0) holder.splice(at, 1);
    else if (kind === 1) holder.splice(at, 0, structuredClone(field));
    else if (kind === 2) holder[at] = structuredClone(other[from]!);
    else if (field.wire === WireType.Varint)
      field.content = new BinaryWriter().int64(ODD_NUMBERS[pick(next, ODD_NUMBERS.length)]!).finish();
    else if (field.wire === WireType.LengthDelimited)
      field.content = Buffer.from(ODD_TEXTS[pick(next, ODD_TEXTS.length)]!);
  }
  return written(tree);
};
