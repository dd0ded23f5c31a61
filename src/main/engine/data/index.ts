/** Inputs and baselines from files. */
import { open, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { NumericArray } from '../../../contract/attribution';
import type { ImageReading, InputPort } from '../../../contract/data';
import { MhoError } from '../../../contract/errors';
import { DATA_ENDINGS } from '../../../contract/words/formats';
import { openRegular } from '../formats/files';
import { openArchive } from '../formats/zip';
import { decodeImage, frameOf, imageAs, ImageFault, isJpeg, isPng } from './image';
import { isNpy, NpyFault, readNpy } from './npy';
import { alphabetOf, isText, LARGEST_TABLE, readTable, tableAs } from './table';

/** Bytes of one file, and of all arrays of one archive. */
const LARGEST = 2 ** 31;
/** Bytes of a picture's file. */
const LARGEST_IMAGE = 2 ** 28;

type Arrays = Record<string, NumericArray>;

/**
 * The arrays of a `.npy` (one, named as the file) or `.npz` file (by entry, in the file's order), told apart by content.
 * Every kind of number becomes float32.
 * @throws INPUT_FILE, INPUT_TYPE
 */
export async function readArrays(path: string): Promise<Arrays> {
  const { head, size } = await look(path);
  const arrays = await arraysOf(path, head, size);
  if (!arrays) throw unreadable(path, '.npy or .npz', size === 0 ? 'it is empty' : 'it is neither');
  return arrays;
}

/** Null when it is neither of the two. */
async function arraysOf(path: string, head: Uint8Array, size: number): Promise<Arrays | null> {
  if (isNpy(head)) {
    if (size > LARGEST) throw unreadable(path, '.npy', `${size} bytes are more than the limit of ${LARGEST}`);
    return { [basename(path).replace(/\.npy$/i, '')]: array(path, await readFile(path)) };
  }
  return head[0] === 0x50 && head[1] === 0x4b ? readArchive(path) : null;
}

export interface DataRead {
  /** By entry where the files hold arrays, else by model input; `[examples, …]`. */
  readonly arrays: Readonly<Arrays>;
  /** What was done to make them fit, in words; one line per kind of file. */
  readonly how: readonly string[];
  /** How pictures were read, and why so; null without pictures. */
  readonly reading: (ImageReading & { readonly why: string }) | null;
}

/**
 * Files of numbers, letters and pictures as a model's inputs. Several files that go to the same input are further examples.
 * @param ports the model's inputs, or the one that the files are for
 * @param wanted how pictures are read, where the user chose
 * @throws INPUT_FILE, INPUT_TYPE, INPUT_CELL, INPUT_COLUMNS, INPUT_IMAGE, INPUT_SHAPE
 */
export async function readData(
  paths: readonly string[],
  ports: readonly InputPort[],
  wanted: Partial<ImageReading> = {},
): Promise<DataRead> {
  const parts = new Map<string, NumericArray[]>();
  const how = new Map<string, number>();
  let reading: DataRead['reading'] = null;
  for (const path of paths) {
    const read = await readOne(path, ports, wanted);
    for (const [name, each] of Object.entries(read.arrays)) parts.set(name, [...(parts.get(name) ?? []), each]);
    if (read.how) how.set(read.how, (how.get(read.how) ?? 0) + 1);
    reading ??= read.reading;
  }
  return {
    arrays: Object.fromEntries([...parts].map(([name, arrays]) => [name, together(name, arrays)])),
    how: [...how].map(([text, times]) => (times > 1 ? `${times} × ${text}` : text)),
    reading,
  };
}

async function readOne(
  path: string,
  ports: readonly InputPort[],
  wanted: Partial<ImageReading>,
): Promise<{ arrays: Arrays; how: string | null; reading: DataRead['reading'] }> {
  const { head, size } = await look(path);
  if (size === 0) throw unreadable(path, DATA_ENDINGS, 'it is empty');
  const limit = (format: string, largest: number): void => {
    if (size > largest) throw unreadable(path, format, `${size} bytes are more than the limit of ${largest}`);
  };
  if (isPng(head) || isJpeg(head)) {
    const format = isPng(head) ? '.png' : '.jpeg';
    limit(format, LARGEST_IMAGE);
    const port = imagePort(path, ports);
    const usual = usualReading(port);
    const reading = { ...usual, ...wanted, ...(wanted.range && wanted.range !== usual.range && { why: 'as chosen' }) };
    try {
      const { array: one, how } = imageAs(await decodeImage(await readFile(path)), frameOf(port.shape)!, reading);
      const data = port.dtype === 'float32' ? one.data : one.data.map(Math.round);
      return { arrays: { [port.name]: { shape: [1, ...one.shape], data } }, how, reading };
    } catch (error) {
      if (error instanceof ImageFault) throw unreadable(path, format, error.message, error);
      throw error;
    }
  }
  const arrays = await arraysOf(path, head, size);
  if (arrays) return { arrays, how: null, reading: null };
  if (!isText(head.subarray(0, Math.min(head.length, size))))
    throw unreadable(path, DATA_ENDINGS, 'it is none of these');
  limit('.csv', LARGEST_TABLE);
  const bytes = await readFile(path);
  const table = await readTable(bytes).catch((error: Error) => {
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
  const [range, why] = ((): [ImageReading['range'], string] => {
    if (dtype !== 'float32') return ['0..255', 'the input takes whole numbers'];
    if (scale && Math.abs(scale.factor) <= 0.1)
      return ['0..255', `${scale.layer} multiplies by ${Number(scale.factor.toPrecision(3))}`];
    if (scale) return ['0..1', `${scale.layer} multiplies by ${Number(scale.factor.toPrecision(3))}`];
    if (seen && seen[1] > 1.5) return ['0..255', 'as the data that came with the model'];
    if (seen) return [seen[0] < -0.01 ? '-1..1' : '0..1', 'as the data that came with the model'];
    return ['0..1', 'nothing in the model tells; most that do not rescale want it so'];
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

async function look(path: string): Promise<{ head: Uint8Array; size: number }> {
  try {
    const file = await open(path, 'r');
    try {
      const info = await file.stat();
      if (!info.isFile()) throw new Error('it is not a file');
      const head = new Uint8Array(512);
      await file.read(head, 0, head.length, 0);
      return { head, size: info.size };
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'it does not exist' : message;
    throw unreadable(path, DATA_ENDINGS, reason, error);
  }
}

async function readArchive(path: string): Promise<Record<string, NumericArray>> {
  try {
    const file = await openRegular(path);
    try {
      const archive = await openArchive(file);
      const names = [...archive.sizes.keys()].filter((name) => name.endsWith('.npy'));
      if (names.length === 0) throw unreadable(path, '.npz', 'it holds no arrays');
      const total = names.reduce((sum, name) => sum + archive.sizes.get(name)!, 0);
      if (total > LARGEST)
        throw unreadable(path, '.npz', `${total} bytes of arrays are more than the limit of ${LARGEST}`);
      const arrays: [string, NumericArray][] = [];
      for (const name of names)
        arrays.push([name.slice(0, -'.npy'.length), array(`${path}, ${name}`, await archive.read(name, LARGEST))]);
      return Object.fromEntries(arrays);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof MhoError && error.code.startsWith('INPUT_')) throw error;
    const reason = (error instanceof MhoError && error.details['reason']) || (error as Error).message;
    throw unreadable(path, '.npz', String(reason), error);
  }
}

function array(where: string, bytes: Uint8Array): NumericArray {
  try {
    return readNpy(bytes);
  } catch (error) {
    if (!(error instanceof NpyFault)) throw error;
    if (error.kind === 'type') throw new MhoError('INPUT_TYPE', { path: where, have: error.message }, { cause: error });
    throw unreadable(where, '.npy', error.message, error);
  }
}
