/**
 * The sorted table a TensorFlow checkpoint keeps its index in (LevelDB's format): blocks of keys that share prefixes, an
 * index of blocks, a footer. Every length is checked before it is used.
 */
import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Budget } from '../budget';

/** What cannot be read. Whoever knows the file turns it into an error of the catalogue. */
export class TableFault extends Error {}

const FOOTER = 48;
const MAGIC = 0xdb4775248b80fb57n;
/** An unpacked block; writers cut them at some hundred kilobytes. */
const LARGEST_BLOCK = 2 ** 26;

/** Names of variables; each may repeat all of the one before in two bytes. */
const LONGEST_KEY = 4096;
/** What an entry takes beside its key's text. */
const EACH = 128;

/** All entries, by key. @throws TableFault, MODEL_TOO_LARGE */
export function readTable(file: Uint8Array, budget: Budget): Map<string, Uint8Array> {
  if (file.byteLength < FOOTER) throw new TableFault(`it ends after ${file.byteLength} bytes`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getBigUint64(file.byteLength - 8, true) !== MAGIC) throw new TableFault('it does not end as a table does');
  const footer = new BinaryReader(file.subarray(file.byteLength - FOOTER, file.byteLength - 8));
  handle(footer); // of metadata, which checkpoints do not have
  const index = handle(footer);
  const entries = new Map<string, Uint8Array>();
  for (const [, place] of block(file, index, budget))
    for (const [key, value] of block(file, handle(new BinaryReader(place)), budget)) entries.set(key, value);
  return entries;
}

interface Place {
  readonly offset: number;
  readonly size: number;
}
const handle = (reader: BinaryReader): Place => ({ offset: Number(reader.uint64()), size: Number(reader.uint64()) });

const text = new TextDecoder('utf-8');

/** Keys and values of a block. */
function block(file: Uint8Array, { offset, size }: Place, budget: Budget): [string, Uint8Array][] {
  // Behind the block stand its compression and its sum.
  if (!(offset + size + 5 <= file.byteLength))
    throw new TableFault(`a block of ${size} bytes at ${offset} does not fit`);
  const stored = file.subarray(offset, offset + size);
  const kind = file[offset + size]!;
  if (kind > 1) throw new TableFault(`a block is packed in a way (${kind}) that is not known`);
  const data = kind === 1 ? unsnapped(stored) : stored;
  if (kind === 1) budget.take(data.byteLength);
  if (data.byteLength < 4) throw new TableFault('a block without an end');
  const restarts = new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(data.byteLength - 4, true);
  const end = data.byteLength - 4 - 4 * restarts;
  if (end < 0) throw new TableFault('a block without an end');
  const reader = new BinaryReader(data.subarray(0, end));
  const entries: [string, Uint8Array][] = [];
  let key = new Uint8Array();
  while (reader.pos < reader.len) {
    const [shared, fresh, length] = [reader.uint32(), reader.uint32(), reader.uint32()];
    if (shared > key.byteLength || reader.pos + fresh + length > reader.len)
      throw new TableFault('an entry that does not fit its block');
    if (shared + fresh > LONGEST_KEY) throw new TableFault(`a name of ${shared + fresh} bytes`);
    budget.take(shared + fresh + EACH);
    const next = new Uint8Array(shared + fresh);
    next.set(key.subarray(0, shared));
    next.set(data.subarray(reader.pos, reader.pos + fresh), shared);
    reader.pos += fresh;
    entries.push([text.decode(next), data.subarray(reader.pos, reader.pos + length)]);
    reader.pos += length;
    key = next;
  }
  return entries;
}

/** Unpacks Snappy's format: literals, and copies of what was written before. */
export function unsnapped(packed: Uint8Array): Uint8Array {
  const reader = new BinaryReader(packed);
  const size = reader.uint32();
  // A copy of 64 bytes takes three: nothing unpacks to more.
  if (size > LARGEST_BLOCK || size > packed.byteLength * 32) throw new TableFault(`a block of ${size} bytes`);
  const out = new Uint8Array(size);
  let at = 0;
  let from = reader.pos;
  const byte = (): number => {
    if (from >= packed.byteLength) throw new TableFault('a packed block that ends too early');
    return packed[from++]!;
  };
  while (from < packed.byteLength) {
    const tag = byte();
    let length = (tag >> 2) + 1;
    if ((tag & 3) === 0) {
      if (length > 60) {
        let extra = 0;
        for (let i = 0; i < length - 60; i++) extra += byte() * 2 ** (8 * i);
        length = extra + 1;
      }
      if (from + length > packed.byteLength || at + length > size)
        throw new TableFault('a packed block that does not fit');
      out.set(packed.subarray(from, from + length), at);
      from += length;
      at += length;
      continue;
    }
    let distance: number;
    if ((tag & 3) === 1) {
      length = ((tag >> 2) & 7) + 4;
      distance = ((tag >> 5) << 8) | byte();
    } else {
      distance = byte() + byte() * 256;
      if ((tag & 3) === 3) distance += byte() * 65536 + byte() * 16777216;
    }
    if (distance === 0 || distance > at || at + length > size) throw new TableFault('a packed block that does not fit');
    for (let i = 0; i < length; i++, at++) out[at] = out[at - distance]!;
  }
  if (at !== size) throw new TableFault('a packed block that ends too early');
  return out;
}
