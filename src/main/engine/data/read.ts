/** Reads one file of inputs or baselines, in the thread of `reading/`: sized before it is read, refused in our words. */
import { basename } from 'node:path';
import type { NumericArray } from '../../../contract/attribution';
import type { HowRead, ImageReading, InputPort, RangeReason } from '../../../contract/data';
import { MhoError } from '../../../contract/errors';
import { DATA_ENDINGS } from '../../../contract/words/formats';
import { FileFault, openRegular, readRegular, type RegularFile } from '../formats/files';
import { openArchive } from '../formats/zip';
import { Allowance, reasonOf, TooLarge } from './allowance';
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

/** @param onDisk told the file's size */
export const readArrays = (path: string, onDisk: (bytes: number) => void): Promise<Arrays> =>
  withFile(path, onDisk, async (reading) => {
    const arrays = await arraysOf(reading);
    if (!arrays) throw unreadable(path, '.npy or .npz', reading.file.size === 0 ? 'it is empty' : 'it is neither');
    return arrays;
  });

/** Opens a file, looks at its beginning, and makes every fault of reading it one of the catalogue. */
async function withFile<T>(
  path: string,
  onDisk: (bytes: number) => void,
  work: (reading: Reading) => Promise<T>,
): Promise<T> {
  try {
    const file = await openRegular(path);
    try {
      onDisk(file.size);
      const head = new Uint8Array(HEAD_BYTES);
      const { bytesRead } = await file.handle.read(head, 0, head.length, 0);
      return await work({ path, head: head.subarray(0, bytesRead), file, allowance: new Allowance(file.size) });
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
function wholeOf({ path, file, allowance }: Reading, format: string, most: number): Promise<Buffer<ArrayBuffer>> {
  if (file.size > most) throw unreadable(path, format, `${file.size} bytes are more than the limit of ${most}`);
  allowance.take(file.size);
  return readRegular(path, most);
}

/** Null when it is neither of the two. */
async function arraysOf(reading: Reading): Promise<Arrays | null> {
  const { path, head } = reading;
  if (isNpy(head)) {
    const bytes = await wholeOf(reading, '.npy', LARGEST);
    const array = await faultsOf(path, async () => readCounted(bytes, reading.allowance));
    return new Map([[basename(path).replace(/\.npy$/i, ''), array]]);
  }
  return head[0] === 0x50 && head[1] === 0x4b ? readArchive(reading) : null;
}

/** How a picture was read, and why so. */
export type PictureReading = ImageReading & { readonly why: RangeReason };

export interface FileRead {
  /** By entry where the file holds arrays, else by model input; `[examples, …]`. */
  readonly arrays: Arrays;
  /** What was done to make it fit; null for arrays. */
  readonly made: HowRead['made'] | null;
  /** Null unless it is a picture. */
  readonly reading: PictureReading | null;
}

/** A file of any kind. @param onDisk told its size; for the rest see `readData` */
export const readFile = (
  path: string,
  ports: readonly InputPort[],
  wanted: Partial<ImageReading>,
  onDisk: (bytes: number) => void,
): Promise<FileRead> => withFile(path, onDisk, (reading) => readOne(reading, ports, wanted));

async function readOne(
  reading: Reading,
  ports: readonly InputPort[],
  wanted: Partial<ImageReading>,
): Promise<FileRead> {
  const { path, head, file, allowance } = reading;
  if (file.size === 0) throw unreadable(path, DATA_ENDINGS, 'it is empty');
  if (isPng(head) || isJpeg(head)) {
    const format = isPng(head) ? '.png' : '.jpeg';
    const port = imagePort(path, ports);
    const usual = usualReading(port);
    const why: RangeReason = differs(wanted, usual) ? { kind: 'chosen' } : usual.why;
    const image = { ...usual, ...wanted, why };
    const bytes = await wholeOf(reading, format, LARGEST_IMAGE);
    try {
      const { array: one, made } = imageAs(await decodeImage(bytes), frameOf(port.shape, port.channelsFirst)!, image);
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

/** Marks between cells where a cell may be a name of several words. */
const MARKS_OF_WORDS = ['\t', ';', ','];

/** Something for each example, one row each. */
export type Column = NumericArray | readonly string[];

/**
 * A column of a table as text, or an array of a `.npy` or `.npz` file.
 * @param column by its head, or by number from 1; of an `.npz` an entry; null where the file holds only one
 * @throws INPUT_FILE, INPUT_TYPE, INPUT_TOO_LARGE, TARGET_FILE
 */
export const readColumn = (path: string, column: string | null, onDisk: (bytes: number) => void): Promise<Column> =>
  withFile(path, onDisk, async (reading) => {
    const refuse = (reason: string): never => {
      throw new MhoError('TARGET_FILE', { path, reason });
    };
    const arrays = await arraysOf(reading);
    if (arrays) {
      const [only, other] = arrays.keys();
      const name = column ?? (other === undefined ? only! : refuse(`holds ${[...arrays.keys()].join(', ')}`));
      return arrays.get(name) ?? refuse(`holds ${[...arrays.keys()].join(', ')}, but no ${name}`);
    }
    if (!isText(reading.head)) refuse(reading.file.size === 0 ? 'is empty' : 'is neither an array nor a table');
    const bytes = await wholeOf(reading, '.csv', LARGEST_TABLE);
    const { rows } = await readTable(bytes, reading.allowance, MARKS_OF_WORDS).catch((error: Error) => {
      if (error instanceof TooLarge) throw error;
      throw unreadable(path, '.csv', error.message.replace(/\.$/, ''), error);
    });
    const head = rows[0]?.cells ?? refuse('holds no rows');
    const named = column === null ? -1 : head.indexOf(column);
    const numbered = column !== null && /^[1-9]\d*$/.test(column) ? Number(column) - 1 : -1;
    const columns = `has the columns ${head.slice(0, MOST_NAMED).join(', ')}${head.length > MOST_NAMED ? ', …' : ''}`;
    if (column === null && head.length > 1) refuse(columns);
    const at = column === null ? 0 : named >= 0 ? named : numbered;
    if (at < 0 || at >= head.length) refuse(`${columns}, but no ${column}`);
    const short = rows.find(({ cells }) => cells.length <= at);
    if (short) refuse(`has no ${column} in line ${short.line}`);
    return (named >= 0 ? rows.slice(1) : rows).map(({ cells }) => cells[at]!);
  });

/** Columns that a message names. */
const MOST_NAMED = 12;

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

/** How pictures are read unless the user says otherwise: as a file beside the model says, its first layers, or its own data. */
export function usualReading({ dtype, scale, seen, reading }: InputPort): PictureReading {
  const [range, why] = ((): [ImageReading['range'], RangeReason] => {
    if (dtype !== 'float32') return ['0..255', { kind: 'whole numbers' }];
    if (scale) return [Math.abs(scale.factor) <= 0.1 ? '0..255' : '0..1', { kind: 'scale', ...scale }];
    if (seen && seen[1] > 1.5) return ['0..255', { kind: 'own data' }];
    if (seen) return [seen[0] < -0.01 ? '-1..1' : '0..1', { kind: 'own data' }];
    return ['0..1', { kind: 'unknown' }];
  })();
  const usual = { range, fit: 'stretch', channels: 'rgb', mean: null, std: null } as const;
  return reading ? { ...usual, ...reading, why: { kind: 'beside' } } : { ...usual, why };
}

/** Whether anything that was asked is not as it is anyway. */
const differs = (wanted: Partial<ImageReading>, usual: ImageReading): boolean =>
  (['range', 'channels', 'mean', 'std'] as const).some(
    (each) => wanted[each] !== undefined && String(wanted[each]) !== String(usual[each]),
  );

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
    if (error instanceof MhoError && /^INPUT_/.test(error.code)) throw error;
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
