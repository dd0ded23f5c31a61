/** Inputs and baselines from files. */
import { basename } from 'node:path';
import type { NumericArray } from '../../../contract/attribution';
import type { HowRead, ImageReading, InputPort, RangeReason } from '../../../contract/data';
import { MhoError } from '../../../contract/errors';
import { DATA_ENDINGS } from '../../../contract/words/formats';
import { FileFault, openRegular, readRegular, type RegularFile } from '../formats/files';
import { openArchive } from '../formats/zip';
import { Allowance, reasonOf, TooLarge, type Cancel } from './allowance';
import { decodeImage, frameOf, imageAs, ImageFault, isJpeg, isPng } from './image';
import { isNpy, NpyFault } from './npy';
import { readCounted, readNpyEntry } from './npz';
import { alphabetOf, isText, LARGEST_TABLE, readTable, tableAs } from './table';

/** Bytes of one file, and of all arrays of one archive. */
const LARGEST = 2 ** 31;
/** Bytes of a picture's file. */
const LARGEST_IMAGE = 2 ** 28;
/** Bytes at a file's beginning that tell what it is. */
const HEAD_BYTES = 512;

/** Names are data: an input may be called `__proto__` or `constructor`. */
type Arrays = ReadonlyMap<string, NumericArray>;

/** One file that is being read. */
interface Reading {
  readonly path: string;
  readonly head: Uint8Array;
  readonly file: RegularFile;
  readonly allowance: Allowance;
}

/**
 * The arrays of a `.npy` (one, named as the file) or `.npz` file (by entry, in the file's order), told apart by content.
 * Every kind of number becomes float32.
 * @throws INPUT_FILE, INPUT_TYPE, INPUT_TOO_LARGE, FILE_SLOW, OPENING_CANCELLED
 */
export const readArrays = async (path: string, cancel: Cancel = {}): Promise<Record<string, NumericArray>> =>
  Object.fromEntries(
    await withFile(path, cancel, async (reading) => {
      const arrays = await arraysOf(reading);
      if (!arrays) throw unreadable(path, '.npy or .npz', reading.file.size === 0 ? 'it is empty' : 'it is neither');
      return arrays;
    }),
  );

/** Opens a file, looks at its beginning, and makes every fault of reading it one of the catalogue. */
async function withFile<T>(path: string, cancel: Cancel, work: (reading: Reading) => Promise<T>): Promise<T> {
  try {
    const file = await openRegular(path);
    try {
      const allowance = new Allowance(path, file.size, cancel);
      allowance.check();
      const head = new Uint8Array(HEAD_BYTES);
      const { bytesRead } = await file.handle.read(head, 0, head.length, 0);
      return await work({ path, head: head.subarray(0, bytesRead), file: allowance.guarded(file), allowance });
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof FileFault) {
      const reason = `it ${error.message}`;
      throw unreadable(path, DATA_ENDINGS, reason, error);
    }
    if (error instanceof TooLarge) {
      const { what, have, limit } = error;
      throw new MhoError('INPUT_TOO_LARGE', { path, what, have, limit }, { cause: error });
    }
    throw error;
  }
}

/** A whole file of a known format. @throws INPUT_FILE, TooLarge */
async function wholeOf({ path, file, allowance }: Reading, format: string, most: number): Promise<Buffer<ArrayBuffer>> {
  if (file.size > most) throw unreadable(path, format, `${file.size} bytes are more than the limit of ${most}`);
  allowance.take(file.size);
  await allowance.pause();
  return readRegular(path, most);
}

/** Null when it is neither of the two. */
async function arraysOf(reading: Reading): Promise<Arrays | null> {
  const { path, head } = reading;
  if (isNpy(head)) {
    const bytes = await wholeOf(reading, '.npy', LARGEST);
    const array = await faultsOf(path, () => readCounted(bytes, reading.allowance));
    return new Map([[basename(path).replace(/\.npy$/i, ''), array]]);
  }
  return head[0] === 0x50 && head[1] === 0x4b ? readArchive(reading) : null;
}

export interface DataRead {
  /** By entry where the files hold arrays, else by model input; `[examples, …]`. */
  readonly arrays: Readonly<Record<string, NumericArray>>;
  /** What was done to make them fit, one for each kind of file. */
  readonly how: readonly HowRead[];
  /** How pictures were read, and why so; null without pictures. */
  readonly reading: (ImageReading & { readonly why: RangeReason }) | null;
}

/**
 * Files of numbers, letters and pictures as a model's inputs. Several files that go to the same input are further examples.
 * @param ports the model's inputs, or the one that the files are for
 * @param wanted how pictures are read, where the user chose
 * @throws INPUT_FILE, INPUT_TYPE, INPUT_CELL, INPUT_COLUMNS, INPUT_IMAGE, INPUT_SHAPE, INPUT_TOO_LARGE, FILE_SLOW,
 *   OPENING_CANCELLED
 */
export async function readData(
  paths: readonly string[],
  ports: readonly InputPort[],
  wanted: Partial<ImageReading> = {},
  cancel: Cancel = {},
): Promise<DataRead> {
  const parts = new Map<string, NumericArray[]>();
  const how: HowRead['made'][] = [];
  let reading: DataRead['reading'] = null;
  for (const path of paths) {
    const read = await withFile(path, cancel, (each) => readOne(each, ports, wanted));
    for (const [name, each] of read.arrays) parts.set(name, [...(parts.get(name) ?? []), each]);
    if (read.made) how.push(read.made);
    reading ??= read.reading;
  }
  return {
    arrays: Object.fromEntries([...parts].map(([name, arrays]) => [name, together(name, arrays)])),
    how: counted(how.map((made) => ({ input: null, times: 1, made }))),
    reading,
  };
}

/** What was done alike to several files, said once. */
export function counted(how: readonly HowRead[]): HowRead[] {
  const alike = new Map<string, HowRead>();
  for (const { input, times, made } of how) {
    const key = JSON.stringify([input, made]);
    alike.set(key, { input, times: times + (alike.get(key)?.times ?? 0), made });
  }
  return [...alike.values()];
}

async function readOne(
  reading: Reading,
  ports: readonly InputPort[],
  wanted: Partial<ImageReading>,
): Promise<{ arrays: Arrays; made: HowRead['made'] | null; reading: DataRead['reading'] }> {
  const { path, head, file, allowance } = reading;
  if (file.size === 0) throw unreadable(path, DATA_ENDINGS, 'it is empty');
  if (isPng(head) || isJpeg(head)) {
    const format = isPng(head) ? '.png' : '.jpeg';
    const port = imagePort(path, ports);
    const usual = usualReading(port);
    const why: RangeReason = wanted.range && wanted.range !== usual.range ? { kind: 'chosen' } : usual.why;
    const image = { ...usual, ...wanted, why };
    const bytes = await wholeOf(reading, format, LARGEST_IMAGE);
    try {
      const { array: one, made } = imageAs(await decodeImage(bytes), frameOf(port.shape)!, image);
      const data = port.dtype === 'float32' ? one.data : one.data.map(Math.round);
      return { arrays: new Map([[port.name, { shape: [1, ...one.shape], data }]]), made, reading: image };
    } catch (error) {
      if (error instanceof ImageFault) throw unreadable(path, format, error.message, error);
      throw error;
    }
  }
  const arrays = await arraysOf(reading);
  if (arrays) return { arrays, made: null, reading: null };
  if (!isText(head)) throw unreadable(path, DATA_ENDINGS, 'it is none of these');
  const bytes = await wholeOf(reading, '.csv', LARGEST_TABLE);
  const table = await readTable(bytes, allowance).catch((error: Error) => {
    if (error instanceof TooLarge || error instanceof MhoError) throw error;
    throw unreadable(path, '.csv', error.message.replace(/\.$/, ''), error);
  });
  return { ...tableAs(table, path, ports), reading: null };
}

/** The input a picture goes to: the one called as the file, else the only one that a picture fits. @throws INPUT_IMAGE */
function imagePort(path: string, ports: readonly InputPort[]): InputPort {
  const fitting = ports.filter((port) => frameOf(port.shape) !== null && alphabetOf(port) === null);
  const called = fitting.find(({ name }) => basename(path).replace(/\.[^.]*$/, '') === name);
  const [only, other] = fitting;
  if (called ?? (only && !other)) return (called ?? only)!;
  const list = (given: readonly InputPort[]): string =>
    given.map(({ name, shape }) => `${name} [${shape.map((size) => size ?? '?').join(', ')}]`).join(', ');
  throw new MhoError('INPUT_IMAGE', {
    path,
    inputs: list(fitting.length > 0 ? fitting : ports),
    reason: fitting.length > 0 ? 'could go to several inputs' : 'fits no input of the model',
  });
}

/** What black and white become, unless the user says otherwise: what the model's first layers and its own data tell. */
export function usualReading({ dtype, scale, seen }: InputPort): NonNullable<DataRead['reading']> {
  const [range, why] = ((): [ImageReading['range'], RangeReason] => {
    if (dtype !== 'float32') return ['0..255', { kind: 'whole numbers' }];
    if (scale) return [Math.abs(scale.factor) <= 0.1 ? '0..255' : '0..1', { kind: 'scale', ...scale }];
    if (seen && seen[1] > 1.5) return ['0..255', { kind: 'own data' }];
    if (seen) return [seen[0] < -0.01 ? '-1..1' : '0..1', { kind: 'own data' }];
    return ['0..1', { kind: 'unknown' }];
  })();
  return { range, fit: 'stretch', why };
}

/** Rows of several files as one array. @throws INPUT_SHAPE */
export function together(name: string, arrays: readonly NumericArray[]): NumericArray {
  const [first, ...rest] = arrays as [NumericArray, ...NumericArray[]];
  if (rest.length === 0) return first;
  const shape = first.shape.slice(1);
  const other = rest.find((each) => each.shape.slice(1).join() !== shape.join());
  if (other)
    throw new MhoError('INPUT_SHAPE', {
      input: name,
      have: `[${other.shape.join(', ')}]`,
      want: `[?, ${shape.join(', ')}], as in the first file`,
    });
  const data = new Float32Array(arrays.reduce((sum, each) => sum + each.data.length, 0));
  let at = 0;
  for (const each of arrays) {
    data.set(each.data, at);
    at += each.data.length;
  }
  return { shape: [arrays.reduce((sum, each) => sum + each.shape[0]!, 0), ...shape], data };
}

const unreadable = (path: string, format: string, reason: string, cause?: unknown): MhoError =>
  new MhoError('INPUT_FILE', { path, format, reason }, { cause });

async function readArchive({ path, file, allowance }: Reading): Promise<Arrays> {
  try {
    const archive = await openArchive(file);
    const names = [...archive.sizes.keys()].filter((name) => name.endsWith('.npy'));
    if (names.length === 0) throw unreadable(path, '.npz', 'it holds no arrays');
    const total = names.reduce((sum, name) => sum + archive.sizes.get(name)!, 0);
    if (total > LARGEST)
      throw unreadable(path, '.npz', `${total} bytes of arrays are more than the limit of ${LARGEST}`);
    allowance.foresee(total / 2); // numbers of eight bytes become four
    const arrays = new Map<string, NumericArray>();
    for (const name of names) {
      const array = await faultsOf(`${path}, ${name}`, () => readNpyEntry(archive, name, LARGEST, allowance));
      arrays.set(name.slice(0, -'.npy'.length), array);
    }
    return arrays;
  } catch (error) {
    if (error instanceof TooLarge) throw error;
    if (error instanceof MhoError && /^(INPUT_|FILE_SLOW|OPENING_CANCELLED)/.test(error.code)) throw error;
    const reason = (error instanceof MhoError && error.details['reason']) || reasonOf(error);
    throw unreadable(path, '.npz', String(reason), error);
  }
}

/** An array, its faults as errors of the catalogue. */
async function faultsOf(where: string, read: () => Promise<NumericArray>): Promise<NumericArray> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof NpyFault)) throw error;
    if (error.kind === 'type') throw new MhoError('INPUT_TYPE', { path: where, have: error.message }, { cause: error });
    throw unreadable(where, '.npy', error.message, error);
  }
}
