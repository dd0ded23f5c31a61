/**
 * HDF5 files of the layout that Keras writes, without the library: a superblock of version 0, object headers of version 1,
 * groups as trees of symbols, arrays in one piece (HDF5 File Format Specification 3.0, III and IV.A). The library takes
 * longer for a group than for thousands of numbers, and deep models have tens of thousands of groups. Whatever else a file
 * holds, damage above all, is `null`: then the library reads it, and says what is wrong.
 *
 * Nothing here can go on for ever: each place of the file is read as one thing, once.
 */
import { readSync } from 'node:fs';
import { ATTRIBUTES, type Extracted, type Hdf5Place, type RawArray } from './hdf5Thread';

/** What is not read here. Its text is for whoever looks into why; nobody is told. */
class Unusual extends Error {}

const MOST_OBJECTS = 200_000;
const DEEPEST = 64;
/** The file is read in blocks, the last few of which are kept. */
const BLOCK = 256 * 2 ** 10;
const BLOCKS = 16;
/** Small arrays lie together: a buffer of its own costs each more than its numbers. */
const SMALL = 16 * 2 ** 10;
const TOGETHER = 2 ** 20;
/** Large arrays are read in parts, each of which is told. */
const PART = 32 * 2 ** 20;

const NO_PLACE = 0xffff_ffff;
/** Kinds of messages in an object's header (IV.A.2). */
const SPACE = 0x01;
const TYPE = 0x03;
const LAYOUT = 0x08;
const ATTRIBUTE = 0x0c;
const CONTINUED = 0x10;
const SYMBOLS = 0x11;
/** They say nothing of what is stored: room, values where nothing was written, comments, when it was changed. */
const IDLE = new Set([0x00, 0x04, 0x05, 0x0d, 0x0e, 0x12]);
const SHARED = 2;

/** Bytes of the file, at any place. */
class Bytes {
  readonly size: number;
  readonly #blocks = new Map<number, Uint8Array>();
  /** How much may still be asked for: parts of the structure that overlap would be read again and again. */
  #left: number;

  constructor(private readonly place: Hdf5Place) {
    this.size = 'fd' in place ? place.size : place.length;
    this.#left = 4 * this.size;
  }

  /** @throws Unusual where the file ends before */
  at(position: number, length: number): Buffer {
    expectThat(position + length <= this.size, 'it ends before');
    this.#left -= length;
    expectThat(this.#left >= 0, 'parts that overlap');
    const { place } = this;
    if (!('fd' in place)) return Buffer.from(place.buffer, place.byteOffset + position, length);
    const number = Math.floor(position / BLOCK);
    const from = position - number * BLOCK;
    if (from + length <= BLOCK) {
      const block = this.#block(place, number);
      return Buffer.from(block.buffer, block.byteOffset + from, length);
    }
    const bytes = Buffer.alloc(length);
    this.into(bytes, position);
    return bytes;
  }

  /** Fills memory with what begins at a place. */
  into(memory: Uint8Array, position: number): void {
    const { place } = this;
    if (!('fd' in place)) memory.set(place.subarray(position, position + memory.length));
    else for (let at = 0; at < memory.length;) at += some(place.fd, memory, at, place.offset + position + at);
  }

  #block(place: { readonly fd: number; readonly offset: number }, number: number): Uint8Array {
    let block = this.#blocks.get(number);
    if (block) return block;
    if (this.#blocks.size >= BLOCKS) this.#blocks.delete(this.#blocks.keys().next().value!);
    block = new Uint8Array(Math.min(BLOCK, this.size - number * BLOCK));
    for (let at = 0; at < block.length;) at += some(place.fd, block, at, place.offset + number * BLOCK + at);
    this.#blocks.set(number, block);
    return block;
  }
}

/** Reads a part. @returns how many bytes it has */
function some(fd: number, memory: Uint8Array, at: number, position: number): number {
  let count = 0;
  try {
    count = readSync(fd, memory, at, Math.min(PART, memory.length - at), position);
  } catch (error) {
    throw new Unusual('the disk', { cause: error });
  }
  expectThat(count > 0, 'it was cut since');
  return count;
}

/** A whole number of 64 bits: a place or a size. */
function whole(bytes: Buffer, at: number): number {
  const high = bytes.readUInt32LE(at + 4);
  if (high >= 2 ** 20) throw new Unusual(`a place at ${high} × 2³²`);
  return high * 2 ** 32 + bytes.readUInt32LE(at);
}
const isNowhere = (bytes: Buffer, at: number): boolean =>
  bytes.readUInt32LE(at) === NO_PLACE && bytes.readUInt32LE(at + 4) === NO_PLACE;

function expectThat(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Unusual(what);
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  let text: string;
  try {
    text = strict.decode(end < 0 ? bytes : bytes.subarray(0, end));
  } catch (error) {
    throw new Unusual('a text that is none', { cause: error });
  }
  expectThat(!text.startsWith('\ufeff'), 'a text with a mark of byte order');
  return text;
}

interface Message {
  readonly kind: number;
  readonly body: Buffer;
}
/** What numbers or texts are stored as. */
type Stored =
  | (Pick<RawArray, 'size' | 'signed' | 'littleEndian'> & { readonly type: 'float' | 'integer' })
  | { readonly type: 'text' | 'texts'; readonly size: number };
/** An array whose numbers are still to be read. */
interface Found {
  readonly path: string;
  readonly array: Omit<RawArray, 'raw'>;
  readonly at: number | Buffer;
  readonly bytes: number;
}

/**
 * Reads every group and array, except an optimiser's.
 * @param limit bytes that all arrays together may have
 * @param read told of bytes of arrays that were read
 * @returns by path, as the library would have given it; null where the file is left to the library
 */
export function readClassic(
  place: Hdf5Place,
  limit: number,
  read: (bytes: number) => void,
): ReadonlyMap<string, Extracted> | null {
  try {
    return new Classic(new Bytes(place), limit).read(read);
  } catch (error) {
    // RangeErrors are of buffers: a part that is shorter than what is read of it.
    if (error instanceof Unusual || error instanceof RangeError) return null;
    throw error;
  }
}

class Classic {
  readonly #objects = new Map<string, Extracted>();
  readonly #found: Found[] = [];
  /** Places that were read as a part of the structure. */
  readonly #met = new Set<number>();
  /** Heaps of texts: where each text of them lies. */
  readonly #heaps = new Map<number, ReadonlyMap<number, { readonly at: number; readonly size: number }>>();
  #allowed: number;

  constructor(
    private readonly bytes: Bytes,
    limit: number,
  ) {
    this.#allowed = limit;
  }

  read(told: (bytes: number) => void): ReadonlyMap<string, Extracted> {
    this.#object('/', this.#root(), 0);
    let together = new ArrayBuffer(0);
    let filled = 0;
    for (const { path, array, at, bytes } of this.#found) {
      let raw: Uint8Array<ArrayBuffer>;
      if (bytes > SMALL) raw = new Uint8Array(bytes);
      else {
        if (filled + bytes > together.byteLength) [together, filled] = [new ArrayBuffer(TOGETHER), 0];
        raw = new Uint8Array(together, filled, bytes);
        filled += Math.ceil(bytes / 8) * 8;
      }
      if (typeof at !== 'number') raw.set(at);
      else if (bytes <= SMALL) raw.set(this.bytes.at(at, bytes));
      else
        for (let part = 0; part < bytes; part += PART) {
          this.bytes.into(raw.subarray(part, part + PART), at + part);
          told(Math.min(PART, bytes - part));
        }
      this.#objects.set(path, { names: null, attributes: {}, array: { ...array, raw }, fault: null });
    }
    return this.#objects;
  }

  /** Where the header of the outermost group is (II.A). */
  #root(): number {
    const head = this.bytes.at(0, 96);
    const versions = [head[8], head[9], head[10], head[12], head[13], head[14]];
    expectThat(versions.join() === '0,0,0,0,8,8', 'a superblock of another version');
    expectThat(whole(head, 24) === 0 && isNowhere(head, 48), 'parts in other places');
    expectThat(whole(head, 40) <= this.bytes.size, 'it ends before');
    return whole(head, 64);
  }

  #once(place: number): void {
    expectThat(!this.#met.has(place), 'one place as two things');
    this.#met.add(place);
  }

  #object(path: string, header: number, depth: number): void {
    expectThat(this.#met.size < 8 * MOST_OBJECTS && depth <= DEEPEST, 'more than is read');
    const messages = this.#messages(header);
    const only = (kind: number): Buffer => {
      const [first, second] = messages.filter((each) => each.kind === kind);
      expectThat(first !== undefined && second === undefined, `${path} without what it needs, or with two of them`);
      return first.body;
    };
    if (messages.some(({ kind }) => kind === SYMBOLS)) {
      expectThat(!messages.some(({ kind }) => kind === LAYOUT || kind === TYPE), 'a group that is an array');
      const members = this.#members(only(SYMBOLS));
      this.#objects.set(path, {
        names: members.map(({ name }) => name),
        attributes: this.#attributes(messages),
        array: null,
        fault: null,
      });
      for (const { name, header: inner } of members) {
        const at = path === '/' ? `/${name}` : `${path}/${name}`;
        if (at !== '/optimizer_weights' && at !== '/optimizer') this.#object(at, inner, depth + 1);
      }
    } else this.#array(path, only(SPACE), only(TYPE), only(LAYOUT));
    expectThat(this.#objects.size < MOST_OBJECTS, 'more than is read');
  }

  /** The messages of an object's header (IV.A.1.a). */
  #messages(header: number): readonly Message[] {
    this.#once(header);
    const head = this.bytes.at(header, 16);
    expectThat(head[0] === 1, 'a header of another version');
    let left = head.readUInt16LE(2);
    const messages: Message[] = [];
    const blocks = [{ from: header + 16, size: head.readUInt32LE(8) }];
    for (const { from, size } of blocks) {
      if (from !== header + 16) this.#once(from);
      const block = this.bytes.at(from, size);
      let at = 0;
      for (; at + 8 <= size; at += 8) {
        const [kind, length, flags] = [block.readUInt16LE(at), block.readUInt16LE(at + 2), block[at + 4]!];
        expectThat(length % 8 === 0 && at + 8 + length <= size && left-- > 0, 'messages that do not fit');
        const body = block.subarray(at + 8, at + 8 + length);
        at += length;
        if (IDLE.has(kind)) continue;
        expectThat((flags & SHARED) === 0, 'a message that is kept elsewhere');
        if (kind === CONTINUED) blocks.push({ from: whole(body, 0), size: whole(body, 8) });
        else {
          expectThat([SPACE, TYPE, LAYOUT, ATTRIBUTE, SYMBOLS].includes(kind), `a message of kind ${kind}`);
          messages.push({ kind, body });
        }
      }
      expectThat(at === size, 'messages that do not fit');
    }
    expectThat(left === 0, 'messages that are missing');
    return messages;
  }

  /** Names in a group and where their headers are, in the order of names (III.A.1, III.B, III.D). */
  #members(symbols: Buffer): readonly { readonly name: string; readonly header: number }[] {
    const heap = whole(symbols, 8);
    this.#once(heap);
    const head = this.bytes.at(heap, 32);
    expectThat(head.toString('latin1', 0, 4) === 'HEAP' && head[4] === 0, 'no heap of names');
    const names = this.bytes.at(whole(head, 24), whole(head, 8));
    const members: { name: string; header: number }[] = [];
    const nameAt = (at: number): Buffer => {
      const end = names.indexOf(0, at);
      expectThat(end >= at, 'a name without an end');
      return names.subarray(at, end);
    };
    let last: Buffer = Buffer.alloc(0);
    const tree = (place: number, level: number | null): void => {
      this.#once(place);
      const node = this.bytes.at(place, 24);
      const leaves = node[5]!;
      expectThat(node.toString('latin1', 0, 4) === 'TREE' && node[4] === 0, 'no tree of names');
      expectThat(level === null || leaves === level, 'a tree with branches of several lengths');
      const count = node.readUInt16LE(6);
      const keys = this.bytes.at(place + 24, 16 * count + 8);
      for (let i = 0; i <= count; i++) {
        // What lies between two keys is behind the first, and not behind the second.
        const key = nameAt(whole(keys, 16 * i));
        expectThat(last.compare(key) <= 0, 'names in another order');
        last = key;
        if (i === count) break;
        const child = whole(keys, 16 * i + 8);
        if (leaves > 0) tree(child, leaves - 1);
        else leaf(child);
      }
    };
    const leaf = (place: number): void => {
      this.#once(place);
      const node = this.bytes.at(place, 8);
      expectThat(node.toString('latin1', 0, 4) === 'SNOD' && node[4] === 1, 'no list of names');
      const count = node.readUInt16LE(6);
      const entries = this.bytes.at(place + 8, 40 * count);
      for (let i = 0; i < count; i++) {
        expectThat(entries.readUInt32LE(40 * i + 16) < 2, 'a link to a name');
        const bytes = nameAt(whole(entries, 40 * i));
        expectThat(last.compare(bytes) < 0, 'names in another order');
        last = bytes;
        const name = textOf(bytes);
        expectThat(!name.includes('/') && name !== '.', 'a name that is a path');
        members.push({ name, header: whole(entries, 40 * i + 8) });
      }
    };
    tree(whole(symbols, 0), null);
    return members;
  }

  /** Texts of a group's attributes (IV.A.2.m). */
  #attributes(messages: readonly Message[]): Record<string, readonly string[]> {
    const attributes: Record<string, readonly string[]> = {};
    for (const { kind, body } of messages) {
      if (kind !== ATTRIBUTE) continue;
      const version = body[0]!;
      expectThat(version >= 1 && version <= 3 && (version === 1 || body[1] === 0), 'an attribute of another version');
      const sizes = [body.readUInt16LE(2), body.readUInt16LE(4), body.readUInt16LE(6)];
      let at = version === 3 ? 9 : 8;
      const [named, type, space] = sizes.map((size) => {
        const part = body.subarray(at, at + size);
        at += version === 1 ? 8 * Math.ceil(size / 8) : size;
        return part;
      }) as [Buffer, Buffer, Buffer];
      expectThat(at <= body.length, 'an attribute that does not fit');
      const name = textOf(named);
      if (!ATTRIBUTES.test(name)) continue;
      expectThat(!Object.hasOwn(attributes, name), 'two attributes of one name');
      const stored = storedAs(type);
      // An empty list of names has no texts to tell a type by: it is one of numbers.
      if (stored.type === 'float' || stored.type === 'integer') continue;
      const count = shapeOf(space).reduce((product, size) => product * size, 1);
      const data = body.subarray(at, at + count * stored.size);
      expectThat(data.length === count * stored.size, 'an attribute that does not fit');
      this.#allowed -= data.length;
      attributes[name] = Array.from({ length: count }, (_, i) => {
        const each = data.subarray(i * stored.size, (i + 1) * stored.size);
        const text = stored.type === 'text' ? textOf(each) : this.#heapText(each);
        this.#allowed -= text.length;
        expectThat(this.#allowed >= 0, 'more than is read');
        return text;
      });
    }
    return attributes;
  }

  /** A text in a heap of texts (III.E). */
  #heapText(reference: Buffer): string {
    const [size, place, index] = [reference.readUInt32LE(0), whole(reference, 4), reference.readUInt32LE(12)];
    if (place === 0 && size === 0) return '';
    let heap = this.#heaps.get(place);
    if (!heap) {
      this.#once(place);
      heap = this.#heap(place);
      this.#heaps.set(place, heap);
    }
    const found = heap.get(index);
    expectThat(found?.size === size, 'a text that is not there');
    return textOf(this.bytes.at(found.at, size));
  }

  #heap(place: number): ReadonlyMap<number, { readonly at: number; readonly size: number }> {
    const head = this.bytes.at(place, 16);
    expectThat(head.toString('latin1', 0, 4) === 'GCOL' && head[4] === 1, 'no heap of texts');
    const length = whole(head, 8);
    this.bytes.at(place + length, 0);
    const texts = new Map<number, { at: number; size: number }>();
    for (let at = 16; at + 16 <= length;) {
      const object = this.bytes.at(place + at, 16);
      const [index, size] = [object.readUInt16LE(0), whole(object, 8)];
      if (index === 0) {
        expectThat(size >= 16 && at + size <= length, 'a heap of texts without an end');
        at += size;
        continue;
      }
      expectThat(!texts.has(index) && at + 16 + size <= length, 'a heap whose texts do not fit');
      texts.set(index, { at: place + at + 16, size });
      at += 16 + 8 * Math.ceil(size / 8);
    }
    return texts;
  }

  #array(path: string, space: Buffer, type: Buffer, layout: Buffer): void {
    const stored = storedAs(type);
    expectThat(stored.type === 'float' || stored.type === 'integer', 'an array of what is no number');
    const shape = shapeOf(space);
    const bytes = shape.reduce((product, size) => product * size, stored.size);
    expectThat(bytes > 0 && bytes <= this.#allowed, 'an array of another size');
    this.#allowed -= bytes;
    expectThat(layout[0] === 3, 'a layout of another version');
    let at: number | Buffer;
    if (layout[1] === 0) {
      at = Buffer.from(layout.subarray(4, 4 + bytes));
      expectThat(layout.readUInt16LE(2) === bytes && at.length === bytes, 'an array of another size');
    } else {
      expectThat(layout[1] === 1 && !isNowhere(layout, 2), 'an array in pieces, or never written');
      expectThat(whole(layout, 10) === bytes, 'an array of another size');
      at = whole(layout, 2);
      this.#once(at);
      this.bytes.at(at + bytes, 0);
    }
    const { type: kind, size, signed, littleEndian } = stored;
    // It stands where its group lists it; its numbers follow.
    this.#objects.set(path, { names: null, attributes: {}, array: null, fault: null });
    this.#found.push({ path, array: { shape, type: kind, size, signed, littleEndian }, at, bytes });
  }
}

/** The sizes of an array or attribute (IV.A.2.b). */
function shapeOf(space: Buffer): number[] {
  const [version, rank] = [space[0]!, space[1]!];
  expectThat(version === 1 || (version === 2 && space[3]! < 2), 'a shape of another version');
  return Array.from({ length: rank }, (_, axis) => whole(space, (version === 1 ? 8 : 4) + 8 * axis));
}

/** Bits of the exponent, and what it is counted from, of the floats that are read, by their bytes. */
const FLOATS: Readonly<Record<number, readonly [exponent: number, bias: number]>> = { 2: [5, 15], 4: [8, 127], 8: [11, 1023] }; // prettier-ignore

/** A type of numbers or texts (IV.A.2.d). */
function storedAs(type: Buffer): Stored {
  const [version, kind, first, second, size] = [type[0]! >> 4, type[0]! & 15, type[1]!, type[2]!, type.readUInt32LE(4)];
  expectThat(version >= 1 && version <= 3, 'a type of another version');
  if (kind === 3) return { type: 'text', size };
  if (kind === 9) {
    expectThat((first & 15) === 1 && size === 16, 'a list of no texts');
    return { type: 'texts', size };
  }
  expectThat(kind < 2 && type.readUInt16LE(8) === 0 && type.readUInt16LE(10) === 8 * size, 'numbers of other bits');
  const littleEndian = (first & 1) === 0;
  if (kind === 0) {
    expectThat([1, 2, 4, 8].includes(size), 'numbers of other bits');
    return { type: 'integer', size, signed: (first & 8) !== 0, littleEndian };
  }
  const [exponent, bias] = FLOATS[size] ?? [0, 0];
  const mantissa = 8 * size - exponent - 1;
  const usual =
    (first & 0x40) === 0 && // the order of VAX
    (first & 0x30) === 0x20 && // a first bit that is not stored
    [second, type[12], type[13], type[14], type[15], type.readUInt32LE(16)].join() ===
      [8 * size - 1, mantissa, exponent, 0, mantissa, bias].join();
  expectThat(exponent > 0 && usual, 'numbers of other bits');
  return { type: 'float', size, signed: false, littleEndian };
}
