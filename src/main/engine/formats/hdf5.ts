/**
 * HDF5 files that may be hostile. What has the layout that Keras writes is read by ours (`hdf5Classic.ts`); whatever else a file
 * holds, and every damage, by the library. It is the HDF Group's own, compiled to WebAssembly. Damaged files make it loop
 * for ever or write over its own memory, so it runs in a thread, which is ended when it stands still; after a file with
 * any damage it starts anew with fresh memory, and it sees no other file. What a file declares is checked against its size
 * before anything is allocated. Files are read as they are needed, array by array: only the arrays are held.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { MhoError } from '../../../contract/errors';
import { storageFault } from './hdf5Storage';
import type { Reading } from './source';
import { readClassic } from './hdf5Classic';
import { ATTRIBUTES, extract, type Extracted, type Hdf5Place, type RawArray } from './hdf5Thread';

/** Of what numbers an array is stored: real ones, or whole ones with or without a sign. */
export type StoredNumbers = 'real' | 'signed' | 'unsigned';

export interface StoredArray {
  readonly shape: readonly number[];
  readonly numbers: StoredNumbers;
  /** As float32, whatever number type it is stored in. @throws MODEL_DAMAGED */
  readonly read: () => Float32Array;
}

export interface Hdf5File {
  /** Names in a group, in the file's order; none where there is no such group. */
  readonly names: (group: string) => readonly string[];
  /** A text attribute, or a list of texts; null where it is absent. */
  readonly text: (object: string, attribute: string) => string | null;
  readonly texts: (object: string, attribute: string) => readonly string[] | null;
  /** An array of numbers; null where there is none of that name. */
  readonly array: (path: string) => StoredArray | null;
}

/** What an object takes beside its numbers. */
const EACH = 256;

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Whether bytes begin as HDF5 does. */
export const isHdf5 = (head: Uint8Array): boolean => SIGNATURE.every((byte, index) => head[index] === byte);

/**
 * How long the file says it is, in its superblock; null where that is not told.
 * (HDF5 File Format Specification 3.0, II.A: versions 0 and 1 tell at byte 40 or 44, versions 2 and 3 at byte 28.)
 */
export function declaredSize(head: Uint8Array): number | null {
  const place = { 0: 40, 1: 44, 2: 28, 3: 28 }[head[8] ?? -1];
  const offsetBytes = (head[8] ?? 0) < 2 ? head[13] : head[9];
  if (place === undefined || offsetBytes !== 8 || head.length < place + 8) return null;
  return Number(new DataView(head.buffer, head.byteOffset).getBigUint64(place, true));
}

/**
 * A thread that has reported nothing for this long stands still: it does so at objects of the file, and at parts of large
 * ones. The longer a file, the slower its disk may be.
 */
const stillMs = (fileSize: number): number => Math.min(3_000 + fileSize / 10_000, 30_000);
/** What the library may take for itself, beside the size of the file: arrays are read in parts, but a chunk is unpacked whole. */
const LIBRARY_BYTES = 192 * 2 ** 20;
/** Loading the library, on a machine that is busy with other things. */
const START_MS = 60_000;
/**
 * Reads a file.
 * @param place bytes in memory are handed over: they cannot be used afterwards
 * @param path for messages
 * @throws MODEL_DAMAGED
 */
export async function openHdf5(place: Hdf5Place, path: string, reading: Reading): Promise<Hdf5File> {
  const damaged = (reason: string): MhoError => new MhoError('MODEL_DAMAGED', { path, reason });
  const { budget } = reading;
  const size = sizeOf(place);
  reading.expect(size);
  let told = 0;
  const tell = (bytes: number): void => {
    told += bytes;
    reading.read(bytes);
  };
  const objects =
    readClassic(place, budget.left, tell) ??
    (await readByLibrary(place, budget.left, (bytes) => tell(Math.max(0, bytes - told)), damaged));
  tell(size - told);
  budget.take(EACH * objects.size);
  for (const { array } of new Set(objects.values())) budget.take(array?.raw.byteLength ?? 0);
  const at = (object: string): Extracted | null =>
    objects.get(object.replace(/(.)\/+$/, '$1').replace(/\/\/+/g, '/')) ?? null;
  const attribute = (object: string, wanted: string): readonly string[] | null => {
    const found = at(object)?.attributes[wanted] ?? null;
    if (typeof found === 'string') throw damaged(found);
    return found;
  };
  return {
    names: (group) => {
      const found = at(group);
      if (found?.fault) throw damaged(found.fault);
      return found?.names ?? [];
    },
    text: (object, wanted) => attribute(object, wanted)?.[0] ?? null,
    texts: (object, wanted) => {
      const whole = attribute(object, wanted);
      if (whole) return whole;
      // Keras parts attributes above 64 kB: `layer_names0`, `layer_names1` …
      const parts: string[] = [];
      for (let index = 0; ; index++) {
        const part = attribute(object, `${wanted}${index}`);
        if (!part) return index ? parts : null;
        parts.push(...part);
      }
    },
    array: (name) => {
      const found = at(name);
      if (found?.fault) throw damaged(found.fault);
      const array = found?.array;
      return array
        ? {
            shape: array.shape,
            numbers: array.type !== 'integer' ? 'real' : array.signed ? 'signed' : 'unsigned',
            read: () => {
              const numbers = asFloats(array);
              if (!numbers) throw damaged(`${name} does not hold numbers`);
              return numbers;
            },
          }
        : null;
    },
  };
}

/** The library, wherever the program was put. */
function library(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    // The build for browsers: it has a file system in memory, where Node's would follow links into the user's files.
    const file = join(folder, 'node_modules/h5wasm/dist/esm/hdf5_util.js');
    if (existsSync(file)) return pathToFileURL(file).href;
    if (folder === dirname(folder))
      throw new MhoError('INTERNAL', { reason: 'the HDF5 library h5wasm is not installed' });
  }
}

/**
 * What the thread is made of: the text of one function, as bundlers and test runners have no common way to give a file.
 * The library is compiled once; a fresh one shares nothing with the one before it but that code.
 */
const program = (): string => `
const { parentPort, workerData } = require('node:worker_threads');
const { readSync } = require('node:fs');
const __name = (named) => named; // put into functions by some compilers
let { compiled } = workerData;
const { instantiate } = WebAssembly;
WebAssembly.instantiate = async (source, imports) => {
  compiled = await WebAssembly.compile(source);
  parentPort.postMessage({ compiled });
  return { module: compiled, instance: await instantiate(compiled, imports) };
};
const reuse = (imports, done) => { void instantiate(compiled, imports).then((instance) => done(instance, compiled)); };
// Damaged sizes make the library ask for gigabytes.
let most = 0;
const { grow } = WebAssembly.Memory.prototype;
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * 65536 > most) throw new RangeError('too much memory');
  return grow.call(this, pages);
};
const fresh = async () => {
  const { default: make } = await import(workerData.library);
  return make({ noInitialRun: true, ...(compiled && { instantiateWasm: reuse }) });
};
let kept = null;
parentPort.on('message', async ({ place, limit }) => {
  most = ${LIBRARY_BYTES} + (place.size ?? place.length);
  try {
    const library = kept ?? (await fresh());
    kept = null;
    if ((${extract.toString()})(library, place, limit, parentPort, readSync, ${storageFault.toString()}, ${ATTRIBUTES})) kept = library;
  } catch (error) {
    parentPort.postMessage({ failed: String(error) });
  }
});
`;

let compiled: WebAssembly.Module | null = null;
/** A thread that waits for the next file, and how many it has read. */
let spare: Worker | null = null;
const filesRead = new WeakMap<Worker, number>();
/** Then a thread ends: what damaged files leave of a library's memory is not always given back before. */
const MOST_FILES = 24;

function thread(): Worker {
  const kept = spare;
  spare = null;
  if (kept) return kept;
  return new Worker(program(), {
    eval: true,
    workerData: { library: library(), compiled },
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
}

/** Keeps a thread, without keeping the program from ending. */
function keep(worker: Worker): void {
  worker.removeAllListeners();
  const count = (filesRead.get(worker) ?? 0) + 1;
  filesRead.set(worker, count);
  if (spare || count >= MOST_FILES) {
    void worker.terminate();
    return;
  }
  spare = worker;
  worker.unref();
  worker.once('exit', () => {
    if (spare === worker) spare = null;
  });
}

type Message =
  | { readonly compiled: WebAssembly.Module }
  | { readonly done: ReadonlyMap<string, Extracted> }
  | { readonly refused: string }
  | { readonly failed: string }
  | { readonly step: number };

const sizeOf = (place: Hdf5Place): number => (place instanceof Uint8Array ? place.byteLength : place.size);

/**
 * Reads a file by the library.
 * @param place bytes in memory are handed over: they cannot be used afterwards
 * @param limit bytes that all arrays together may have
 * @param tell how many bytes have been read, ever more of them
 * @throws what `damaged` makes of the reason
 */
export function readByLibrary(
  place: Hdf5Place,
  limit: number,
  tell: (bytes: number) => void,
  damaged: (reason: string) => MhoError,
): Promise<ReadonlyMap<string, Extracted>> {
  const size = sizeOf(place);
  // Small buffers share a pool.
  const own = place instanceof Uint8Array && size !== place.buffer.byteLength ? new Uint8Array(place) : place;
  const worker = thread();
  worker.removeAllListeners();
  worker.ref();
  worker.postMessage({ place: own, limit }, own instanceof Uint8Array ? [own.buffer] : []);
  let answered = false;
  let timer: NodeJS.Timeout | undefined;
  return new Promise<ReadonlyMap<string, Extracted>>((resolve, reject) => {
    let heard = true;
    const watch = (delay: number): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        // When this thread was the busy one, reports are waiting: they are read before the second look.
        if (heard) watch(stillMs(size) / 2);
        else reject(damaged('reading its structure comes to no end'));
        heard = false;
      }, delay);
    };
    watch(START_MS);
    const notHdf5 = (): void => reject(damaged('it does not have the structure of an HDF5 file'));
    worker.on('message', (message: Message) => {
      heard = true;
      if ('compiled' in message) compiled = message.compiled;
      else if ('step' in message) {
        tell(message.step);
        watch(stillMs(size) / 2);
      } else {
        answered = true;
        if ('done' in message) resolve(message.done);
        else if ('refused' in message) reject(damaged(message.refused));
        else notHdf5();
      }
    });
    worker.on('error', notHdf5);
    worker.on('exit', notHdf5);
  }).finally(() => {
    clearTimeout(timer);
    if (answered) keep(worker);
    else void worker.terminate();
  });
}

/** Numbers of any stored type as float32; null for what is no number. Those that lie among others get a buffer of their own. */
function asFloats({ raw, type, size, signed, littleEndian: little }: RawArray): Float32Array | null {
  if (type === 'other') return null;
  const { buffer, byteOffset, byteLength } = raw;
  if (type === 'float' && size === 4 && little)
    return new Float32Array(byteLength === buffer.byteLength ? buffer : raw.slice().buffer);
  if (type === 'bfloat') return fromBrain(new Uint16Array(buffer.slice(byteOffset, byteOffset + byteLength)));
  const view = new DataView(buffer, byteOffset, byteLength);
  const read = type === 'float' ? floatReader(view, size, little) : integerReader(view, size, signed, little);
  return read && Float32Array.from({ length: byteLength / size }, (_, index) => read(index * size));
}

/** bfloat16: the upper half of a float32. */
function fromBrain(halves: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
}

function floatReader(view: DataView, size: number, little: boolean): ((at: number) => number) | null {
  if (size === 8) return (at) => view.getFloat64(at, little);
  if (size === 4) return (at) => view.getFloat32(at, little);
  return size === 2 ? (at) => fromHalf(view.getUint16(at, little)) : null;
}

function integerReader(
  view: DataView,
  size: number,
  signed: boolean,
  little: boolean,
): ((at: number) => number) | null {
  if (size === 1) return (at) => (signed ? view.getInt8(at) : view.getUint8(at));
  if (size === 2) return (at) => (signed ? view.getInt16(at, little) : view.getUint16(at, little));
  if (size === 4) return (at) => (signed ? view.getInt32(at, little) : view.getUint32(at, little));
  return size === 8 ? (at) => Number(signed ? view.getBigInt64(at, little) : view.getBigUint64(at, little)) : null;
}

/** A half-precision number (IEEE 754 binary16) from its bits. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
