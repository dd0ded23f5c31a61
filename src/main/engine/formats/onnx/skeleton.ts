/**
 * An ONNX file without its large arrays. Those stay on the disk: the message says of each where in the file it lies, in the
 * same words as of arrays that are kept in a file of their own, so that one reader serves both and nothing is held twice.
 */
import { readSync } from 'node:fs';
import { basename } from 'node:path';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { RegularFile } from '../files';
import { WireFault } from '../protobuf';

/** Arrays above this many bytes stay on the disk. */
const LARGE = 2 ** 16;
/** Read at once to see how fields begin. */
const WINDOW = 2 ** 16;
const MOST_NESTED = 32;

/** Fields that large arrays are inside of, or are themselves. */
interface Inside {
  readonly [field: number]: Inside | 'array';
}
const TENSOR: Inside = { 4: 'array', 9: 'array', 10: 'array' }; // packed floats, bytes, packed doubles
const GRAPH: { [field: number]: Inside | 'array' } = { 5: TENSOR };
const ATTRIBUTE: Inside = { 5: TENSOR, 6: GRAPH };
GRAPH[1] = { 5: ATTRIBUTE };
const FUNCTION: Inside = { 7: { 5: ATTRIBUTE } };
const MODEL: Inside = { 7: GRAPH, 25: FUNCTION };

/** @throws WireFault where the file is no message */
export const skeletonOf = ({ handle, path, size }: RegularFile): Uint8Array =>
  new Skeleton(handle.fd, basename(path)).message(0, size, MODEL, 0);

class Skeleton {
  private readonly window = new Uint8Array(WINDOW);
  private begin = 0;
  private filled = 0;

  constructor(
    private readonly file: number,
    private readonly name: string,
  ) {}

  /** The message between two places, its large arrays replaced. */
  message(from: number, to: number, inside: Inside, depth: number): Uint8Array {
    if (depth > MOST_NESTED) throw new WireFault('messages nested too deeply');
    const writer = new BinaryWriter();
    let copied = from;
    let array: readonly [from: number, to: number] | null = null;
    for (let at = from; at < to;) {
      const { field, wire, body, end } = this.field(at, to);
      const within = wire === WireType.LengthDelimited && end - body > LARGE ? inside[field] : undefined;
      if (within !== undefined) {
        writer.raw(this.bytes(copied, at));
        if (within === 'array') array = [body, end];
        else writer.tag(field, wire).bytes(this.message(body, end, within, depth + 1));
        copied = end;
      }
      at = end;
    }
    writer.raw(this.bytes(copied, to));
    if (array) this.reference(writer, ...array); // last, so that it holds whatever stood before
    return writer.finish();
  }

  /** TensorProto's external_data and data_location. */
  private reference(writer: BinaryWriter, from: number, to: number): void {
    for (const [key, value] of [
      ['location', this.name],
      ['offset', `${from}`],
      ['length', `${to - from}`],
    ] as const)
      // prettier-ignore
      writer
        .tag(13, WireType.LengthDelimited)
        .fork()
        .tag(1, WireType.LengthDelimited)
        .string(key)
        .tag(2, WireType.LengthDelimited)
        .string(value)
        .join();
    writer.tag(14, WireType.Varint).int32(1);
  }

  /** The field that begins at a place. */
  private field(
    at: number,
    limit: number,
  ): { readonly field: number; readonly wire: WireType; readonly body: number; readonly end: number } {
    const reader = new BinaryReader(this.look(at, Math.min(limit, at + 20)));
    const [field, wire] = reader.tag();
    if (wire === WireType.Varint) reader.uint64();
    const length = wire === WireType.LengthDelimited ? reader.uint32() : wire === WireType.Bit32 ? 4 : wire === WireType.Bit64 ? 8 : 0; // prettier-ignore
    if (wire === WireType.StartGroup || wire === WireType.EndGroup) throw new WireFault(`a group in field ${field}`);
    const body = at + reader.pos;
    if (body + length > limit) throw new WireFault(`field ${field} of ${length} bytes does not fit`);
    return { field, wire, body, end: body + length };
  }

  /** A few bytes, by the window. */
  private look(from: number, to: number): Uint8Array {
    if (from < this.begin || to > this.begin + this.filled) {
      this.begin = from;
      this.filled = readSync(this.file, this.window, 0, WINDOW, from);
    }
    return this.window.subarray(from - this.begin, Math.min(to - this.begin, this.filled));
  }

  private bytes(from: number, to: number): Uint8Array {
    const bytes = new Uint8Array(to - from);
    if (bytes.length > 0 && readSync(this.file, bytes, 0, bytes.length, from) < bytes.length)
      throw new WireFault('the file ends too early');
    return bytes;
  }
}
