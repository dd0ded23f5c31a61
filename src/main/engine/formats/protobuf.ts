/**
 * Protocol Buffers messages by tables of their fields. The wire format is @bufbuild/protobuf's, whose reader checks every
 * bound and needs neither generated code nor `eval`; the tables name only the fields a model is opened with, the rest is
 * skipped unread. Bytes are views into the file, not copies.
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** A message or scalar that cannot be read. Whoever knows the file turns it into an error of the catalogue. */
export class WireFault extends Error {}

/** How one value is read. */
interface Codec<T> {
  readonly wire: WireType;
  readonly read: (reader: BinaryReader) => T;
  readonly zero: T;
}

interface Field<T> {
  readonly number: number;
  readonly make: () => T;
  /** Reads one occurrence into what was read before. */
  readonly read: (reader: BinaryReader, wire: WireType, before: T) => T;
}

const scalar = <T>(wire: WireType, zero: T, read: (reader: BinaryReader) => T): Codec<T> => ({ wire, read, zero });

/** As a number: whole up to 2^53, which no size or index of a model passes; ONNX's "to the end" (2^63 − 1) stays large. */
export const int64 = scalar(WireType.Varint, 0, (reader) => Number(reader.int64()));
export const uint64 = scalar(WireType.Varint, 0, (reader) => Number(reader.uint64()));
export const int32 = scalar(WireType.Varint, 0, (reader) => Number(reader.int64()));
export const bool = scalar(WireType.Varint, false, (reader) => reader.bool());
export const float = scalar(WireType.Bit32, 0, (reader) => reader.float());
export const double = scalar(WireType.Bit64, 0, (reader) => reader.double());
export const fixed32 = scalar(WireType.Bit32, 0, (reader) => reader.fixed32());
export const string = scalar(WireType.LengthDelimited, '', (reader) => reader.string());
export const bytes = scalar<Uint8Array>(WireType.LengthDelimited, new Uint8Array(), (reader) => reader.bytes());

/** A field that stands at most once; where it is absent, its zero. */
export const one = <T>(number: number, codec: Codec<T>): Field<T> => ({
  number,
  make: () => codec.zero,
  read: (reader, wire) => {
    expectWire(codec, wire, number);
    return codec.read(reader);
  },
});

/** A field whose absence counts. */
export const maybe = <T>(number: number, codec: Codec<T>): Field<T | null> => ({
  ...(one(number, codec) as Field<T | null>),
  make: () => null,
});

/** A repeated field; numbers may be packed. */
export const many = <T>(number: number, codec: Codec<T>): Field<T[]> => ({
  number,
  make: () => [],
  read: (reader, wire, before) => {
    if (wire === WireType.LengthDelimited && codec.wire !== WireType.LengthDelimited) {
      const packed = new BinaryReader(reader.bytes());
      while (packed.pos < packed.len) before.push(codec.read(packed));
    } else {
      expectWire(codec, wire, number);
      before.push(codec.read(reader));
    }
    return before;
  },
});

function expectWire(codec: Codec<unknown>, wire: WireType, number: number): void {
  if (wire !== codec.wire) throw new WireFault(`field ${number} is of wire type ${wire}, expected ${codec.wire}`);
}

type Fields = Readonly<Record<string, Field<never>>>;
// Fields are read and written through `Field<never>` so that one table may hold all types.
type MessageOf<F> = { readonly [Name in keyof F]: F[Name] extends Field<infer T> ? T : never };

/** A message type; as a codec it may stand in another's table. */
export interface Message<T> extends Codec<T> {
  readonly decode: (bytes: Uint8Array) => T;
}

export function message<F extends Record<string, { readonly number: number }>>(fields: F): Message<MessageOf<F>> {
  const all = Object.entries(fields as unknown as Fields).map(([name, field]) => ({ name, field }));
  const byNumber = new Map(all.map((each) => [each.field.number, each]));
  const empty = (): Record<string, unknown> => {
    const result: Record<string, unknown> = {};
    for (const { name, field } of all) result[name] = field.make();
    return result;
  };
  // One for all messages that lack it: nothing writes to a message once it is read.
  let zero: MessageOf<F> | null = null;
  const decode = (data: Uint8Array): MessageOf<F> => {
    // A Buffer's `slice` would not copy: readers of bytes get plain arrays.
    const reader = new BinaryReader(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    const result = empty();
    while (reader.pos < reader.len) {
      const [number, wire] = reader.tag();
      const known = byNumber.get(number);
      if (known) result[known.name] = known.field.read(reader, wire, result[known.name] as never);
      else reader.skip(wire, number);
    }
    return result as MessageOf<F>;
  };
  return {
    wire: WireType.LengthDelimited,
    read: (reader) => decode(reader.bytes()),
    decode,
    get zero() {
      return (zero ??= empty() as MessageOf<F>);
    },
  };
}

export type Decoded<M> = M extends Message<infer T> ? T : never;

/** A map field's entries by key. */
export const entries = <T>(list: readonly { readonly key: string; readonly value: T }[]): ReadonlyMap<string, T> =>
  new Map(list.map(({ key, value }) => [key, value]));
