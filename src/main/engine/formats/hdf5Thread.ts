/** What the thread that reads an HDF5 file does. Its text is all the thread gets: it refers to nothing but its arguments. */
import type { ready } from 'h5wasm';
import type { readSync } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import type { storageFault } from './hdf5Storage';

export type Hdf5Library = Awaited<typeof ready>;

export interface RawArray {
  readonly shape: readonly number[];
  readonly type: 'float' | 'bfloat' | 'integer' | 'other';
  /** Bytes of one number. */
  readonly size: number;
  readonly signed: boolean;
  readonly littleEndian: boolean;
  readonly raw: Uint8Array<ArrayBuffer>;
}

/** A group or array of the file. */
export interface Extracted {
  /** Of a group. */
  readonly names: readonly string[] | null;
  /** Text attributes; a text instead of a list says why one cannot be read. */
  readonly attributes: Readonly<Record<string, readonly string[] | string>>;
  readonly array: RawArray | null;
  /** Why the object cannot be read. */
  readonly fault: string | null;
}

/** Where an HDF5 file lies: in an open file, perhaps inside another, or in memory. */
export type Hdf5Place =
  Uint8Array<ArrayBuffer> | { readonly fd: number; readonly offset: number; readonly size: number };

/** The file system in the library's memory, as far as it is used here. */
interface LibraryFiles {
  createFile(parent: string, name: string, properties: object, canRead: boolean, canWrite: boolean): LibraryFile;
  unlink(path: string): void;
}
interface LibraryFile {
  usedBytes: number;
  stream_ops: object;
}

/** The attributes that are read. */
export const ATTRIBUTES = /^(model_config|keras_version|(layer|weight)_names\d*)$/;

/**
 * Reads every group and array, except an optimiser's, and posts `{ done: Map<path, Extracted> }`, or `{ refused }` with a
 * reason. Posts `{ step }`, the bytes read so far, before an object and after each part of a large one, no oftener than is
 * of use.
 * @param limit bytes that all arrays together may have
 * @param wanted the attributes that are read
 * @returns whether the library met no damage, and its memory has stayed small
 */
export function extract(
  library: Hdf5Library,
  place: Hdf5Place,
  limit: number,
  port: MessagePort,
  readFile: typeof readSync,
  storage: typeof storageFault,
  wanted: RegExp,
): boolean {
  const MOST_OBJECTS = 200_000;
  const DEEPEST = 64;
  /** Arrays are read in parts of about this many bytes: the library's memory never shrinks. */
  const PART = 8 * 2 ** 20;
  const LARGEST_KEPT = 64 * 2 ** 20;
  /** Milliseconds between two reports: to send one takes as long as to read a small object. */
  const REPORT_EVERY = 20;
  /** The library asks for a few dozen bytes at a time: the file is read in blocks, the last few of which are kept. */
  const BLOCK = 64 * 2 ** 10;
  const BLOCKS = 32;
  /** Small arrays lie together: a buffer of its own costs each more than its numbers. */
  const SMALL = 16 * 2 ** 10;
  const TOGETHER = 2 ** 20;
  /** `GCOL`: a heap of texts begins. */
  const HEAP = 0x4c4f4347;
  const fileSize = 'fd' in place ? place.size : place.length;
  const { STRING, INTEGER, FLOAT, OPAQUE } = {
    STRING: library.H5T_class_t.H5T_STRING.value,
    INTEGER: library.H5T_class_t.H5T_INTEGER.value,
    FLOAT: library.H5T_class_t.H5T_FLOAT.value,
    OPAQUE: library.H5T_class_t.H5T_OPAQUE.value,
  };
  library.activate_throwing_error_handler(); // else the library writes its faults to the terminal

  let allowed = limit;
  /** Bytes of arrays read so far. */
  let read = 0;
  let reported = -Infinity;
  const report = (): void => {
    const now = performance.now();
    if (now - reported < REPORT_EVERY) return;
    reported = now;
    port.postMessage({ step: read });
  };
  let together = new ArrayBuffer(0);
  let filled = 0;
  const roomFor = (size: number): Uint8Array<ArrayBuffer> => {
    if (size > SMALL) return new Uint8Array(size);
    if (filled + size > together.byteLength) [together, filled] = [new ArrayBuffer(TOGETHER), 0];
    const room = new Uint8Array(together, filled, size);
    filled += Math.ceil(size / 8) * 8;
    return room;
  };
  const objects = new Map<string, Extracted>();
  /** The same by the place of their headers: links may give one object many names. */
  const met = new Map<number, Extracted>();

  /** Runs `fill` on that many bytes of the library's memory and copies them out. */
  const copied = <T>(size: number, fill: (pointer: number) => T): T => {
    const pointer = library._malloc(Math.max(size, 1));
    if (pointer === 0) throw new Error('out of memory');
    try {
      return fill(pointer);
    } finally {
      library._free(pointer);
    }
  };
  const declared = (metadata: { shape: number[] | null; size: number }): number =>
    (metadata.shape ?? []).reduce((product, size) => product * size, 1) * metadata.size;

  const textsOf = (object: string, name: string): string[] | string | null => {
    const metadata = library.get_attribute_metadata(file, object, name);
    if (metadata.type !== STRING) return null;
    const size = declared(metadata);
    if (!(size >= 0 && size <= fileSize))
      return `its attribute ${name} declares ${size} bytes, more than the file holds`;
    return copied(size, (pointer) => {
      if (library.get_attribute_data(file, object, name, BigInt(pointer)) < 0)
        return `its attribute ${name} is not readable`;
      const raw = library.HEAPU8.slice(pointer, pointer + size);
      allowed -= size;
      if (metadata.vlen) {
        const texts: string[] = [];
        for (const at of new Uint32Array(raw.buffer)) {
          const text = at ? library.UTF8ToString(at) : '';
          allowed -= text.length;
          if (allowed < 0) return `its attribute ${name} takes more than the file can hold`;
          texts.push(text);
        }
        return texts;
      }
      const texts: string[] = [];
      for (let at = 0; metadata.size && at < size; at += metadata.size) {
        const part = raw.subarray(at, at + metadata.size);
        const end = part.indexOf(0);
        texts.push(new TextDecoder().decode(end < 0 ? part : part.subarray(0, end)));
      }
      return texts;
    });
  };

  const attributesOf = (object: string): Record<string, string[] | string> => {
    const attributes: Record<string, string[] | string> = {};
    for (const name of library.get_attribute_names(file, object)) {
      if (!wanted.test(name)) continue;
      try {
        const texts = textsOf(object, name);
        if (texts !== null) attributes[name] = texts;
      } catch {
        attributes[name] = `its attribute ${name} is not readable`;
      }
    }
    return attributes;
  };

  /** Where an object's header is, by whatever name it was reached. */
  const addressOf = (path: string): number => {
    const reference = Uint8Array.from(library.create_object_reference(file, path));
    return Number(new DataView(reference.buffer).getBigUint64(0, true));
  };

  const chunksOf = ({ shape, chunks }: { shape: number[] | null; chunks: number[] | null }): number | null =>
    chunks && chunks.reduce((product, size, axis) => product * Math.ceil((shape?.[axis] ?? 0) / size), 1);

  const arrayOf = (path: string, address: number): RawArray | string => {
    const metadata = library.get_dataset_metadata(file, path);
    const { shape, size, signed, littleEndian } = metadata;
    const number = metadata.type === FLOAT ? 'float' : metadata.type === INTEGER ? 'integer' : 'other';
    // HDF5 has no bfloat16: numpy writes its two bytes as bytes of which nothing is known.
    const type = metadata.type === OPAQUE && size === 2 ? 'bfloat' : number;
    if (type === 'other') return { shape: shape ?? [], type, size, signed, littleEndian, raw: new Uint8Array() };
    const want = declared(metadata);
    // What is not packed lies in the file as it is.
    const most = metadata.chunks ? allowed : Math.min(allowed, fileSize);
    if (!(want >= 0 && want <= most)) return `${path} declares ${want} bytes, more than the file can hold`;
    const fault = want > 0 ? storage(bytesAt, address, chunksOf(metadata)) : null;
    if (fault !== null) return `${path} ${fault}`;
    allowed -= want;
    const raw = roomFor(want);
    const [rows = 1, ...rest] = shape ?? [];
    const row = want / rows;
    const atOnce = want <= PART ? rows : Math.max(1, Math.floor(PART / row));
    const readable = copied(Math.min(want, atOnce * row), (pointer) => {
      let first = 0;
      do {
        const part = Math.min(atOnce, rows - first);
        const [counts, offsets] =
          part === rows
            ? [null, null]
            : [
                [part, ...rest],
                [first, ...rest.map(() => 0)],
              ];
        const status = library.get_dataset_data(
          file,
          path,
          counts && counts.map(BigInt),
          offsets && offsets.map(BigInt),
          counts && counts.map(() => 1n), // strides: the library fails on part of an array without them
          BigInt(pointer),
        );
        if (status < 0) return false;
        const bytes = part === rows ? want : part * row;
        raw.set(library.HEAPU8.subarray(pointer, pointer + bytes), first * row);
        read += bytes;
        first += part;
        if (first < rows) report();
      } while (first < rows);
      return true;
    });
    return readable ? { shape: shape ?? [], type, size, signed, littleEndian, raw } : `${path} is not readable`;
  };

  const visit = (path: string, depth: number): void => {
    if (objects.size >= MOST_OBJECTS || depth > DEEPEST)
      throw new RangeError(`it holds more than ${MOST_OBJECTS} objects`);
    report();
    try {
      const kind = library.get_type(file, path);
      if (kind !== library.H5G_GROUP && kind !== library.H5G_DATASET) return; // links out of the file, and types
      const address = addressOf(path);
      const known = met.get(address);
      if (known && known.names === null)
        objects.set(path, known); // another name of the same array
      else if (known) throw new RangeError('one of its groups has several names');
      else if (kind === library.H5G_GROUP) {
        const names = library.get_names(file, path, false);
        const group = { names, attributes: attributesOf(path), array: null, fault: null };
        objects.set(path, group);
        met.set(address, group);
        for (const name of names) {
          const inner = path === '/' ? `/${name}` : `${path}/${name}`;
          if (inner !== '/optimizer_weights' && inner !== '/optimizer') visit(inner, depth + 1);
        }
      } else {
        const array = arrayOf(path, address);
        const found = typeof array === 'string' ? { array: null, fault: array } : { array, fault: null };
        objects.set(path, { names: null, attributes: {}, ...found });
        met.set(address, objects.get(path)!);
      }
    } catch (error) {
      if (error instanceof RangeError && depth > 0) throw error;
      if (error instanceof RangeError) {
        refused = error.message;
        return;
      }
      // Whatever the library throws, WebAssembly traps included, is damage of the file.
      objects.set(path, { names: null, attributes: {}, array: null, fault: `${path} is not readable` });
    }
  };

  let refused: string | null = null;
  const system = library.FS as unknown as LibraryFiles;
  const node = system.createFile('/', 'file', {}, true, false);
  const blocks = new Map<number, Uint8Array>();
  /** A block of the file that has been read, or is now; the one used longest ago gives way. */
  const blockAt = (fd: number, offset: number, number: number): Uint8Array => {
    let block = blocks.get(number);
    if (block) blocks.delete(number);
    else {
      if (blocks.size >= BLOCKS) blocks.delete(blocks.keys().next().value!);
      block = new Uint8Array(Math.min(BLOCK, fileSize - number * BLOCK));
      block = block.subarray(0, readFile(fd, block, 0, block.length, offset + number * BLOCK));
    }
    blocks.set(number, block);
    return block;
  };
  /** @returns how many bytes there were */
  const fill = (memory: Uint8Array | Int8Array, at: number, length: number, position: number): number => {
    const wanted = Math.max(0, Math.min(length, fileSize - position));
    if (!('fd' in place)) {
      memory.set(place.subarray(position, position + wanted), at);
      return wanted;
    }
    if (wanted > BLOCK) return readFile(place.fd, memory, at, wanted, place.offset + position);
    let have = 0;
    while (have < wanted) {
      const from = position + have;
      const block = blockAt(place.fd, place.offset, Math.floor(from / BLOCK));
      const part = block.subarray(from % BLOCK, (from % BLOCK) + wanted - have);
      if (part.length === 0) break; // the file has been cut since
      memory.set(part, at + have);
      have += part.length;
    }
    return have;
  };
  const bytesAt = (position: number, length: number): DataView => {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, fileSize - position)));
    return new DataView(bytes.buffer, 0, fill(bytes, 0, bytes.length, position));
  };
  /** Whether a heap of texts has free space that is said to take nothing: the library would walk it for ever. */
  const endless = (heap: number, length: number): boolean => {
    const head = new DataView(new ArrayBuffer(16));
    for (let at = 16; at + 16 <= length && fill(new Uint8Array(head.buffer), 0, 16, heap + at) === 16;) {
      const free = head.getUint16(0, true) === 0;
      const size = head.getUint32(8, true) + head.getUint32(12, true) * 2 ** 32;
      if (free && size === 0) return true;
      at += free ? size : 16 + 8 * Math.ceil(size / 8);
    }
    return false;
  };
  node.usedBytes = fileSize;
  node.stream_ops = {
    ...node.stream_ops,
    // The library sees the stretch it was given, and no other byte of the disk.
    read: (_stream: unknown, memory: Int8Array, at: number, length: number, position: number): number => {
      const count = fill(memory, at, length, position);
      const view = new DataView(memory.buffer, at, count);
      if (count >= 16 && view.getUint32(0, true) === HEAP && endless(position, view.getUint32(8, true)))
        throw new Error('a heap of texts without an end');
      return count;
    },
  };
  const file = library.open('/file', library.H5F_ACC_RDONLY, false, -1, -1);
  visit('/', 0);
  library.close_file(file);
  system.unlink('/file');
  if (refused !== null) port.postMessage({ refused });
  else {
    const buffers = [...objects.values()].flatMap(({ array }) => (array?.raw.byteLength ? [array.raw.buffer] : []));
    port.postMessage({ done: objects }, [...new Set(buffers)]);
  }
  const sound = ({ fault, attributes }: Extracted): boolean =>
    fault === null && Object.values(attributes).every((each) => typeof each !== 'string');
  return refused === null && library.HEAPU8.length <= LARGEST_KEPT && [...objects.values()].every(sound);
}
