/** Inputs and baselines from files. */
import type { NumericArray } from '../../../contract/attribution';
import type { HowRead, ImageReading, InputPort } from '../../../contract/data';
import { shapeFault } from '../../../contract/refusals';
import { type Cancel, readInThread } from '../reading';
import type { Column, PictureReading } from './read';

/**
 * The arrays of a `.npy` (one, named as the file) or `.npz` file (by entry, in the file's order), told apart by content.
 * Every kind of number becomes float32.
 * @throws INPUT_FILE, INPUT_TYPE, INPUT_TOO_LARGE, FILE_SLOW, OPENING_CANCELLED
 */
export const readArrays = async (path: string, cancel: Cancel = {}): Promise<Record<string, NumericArray>> =>
  Object.fromEntries(await readInThread('arrays', { path }, cancel));

/**
 * Something for each example: a column of a table as text, or an array.
 * @param column by its head or its number from 1, or an entry; null where the file holds only one
 * @throws INPUT_FILE, INPUT_TYPE, INPUT_TOO_LARGE, TARGET_FILE, FILE_SLOW, OPENING_CANCELLED
 */
export const readColumn = (path: string, column: string | null, cancel: Cancel = {}): Promise<Column> =>
  readInThread('column', { path, column }, cancel);

export interface DataRead {
  /** By entry where the files hold arrays, else by model input; `[examples, …]`. */
  readonly arrays: Readonly<Record<string, NumericArray>>;
  /** What was done to make them fit, one for each kind of file. */
  readonly how: readonly HowRead[];
  /** How pictures were read, and why so; null without pictures. */
  readonly reading: PictureReading | null;
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
    const read = await readInThread('data', { path, ports, wanted }, cancel);
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

/** Rows of several files as one array. @throws INPUT_SHAPE */
export function together(name: string, arrays: readonly NumericArray[]): NumericArray {
  const [first, ...rest] = arrays as [NumericArray, ...NumericArray[]];
  if (rest.length === 0) return first;
  const shape = first.shape.slice(1);
  const other = rest.find((each) => each.shape.slice(1).join() !== shape.join());
  if (other) throw shapeFault(name, other.shape, [null, ...shape], ', as in the first file');
  const size = arrays.reduce((sum, each) => sum + each.data.length, 0);
  const joined = (part: (array: NumericArray) => Float32Array | undefined): Float32Array => {
    const whole = new Float32Array(size);
    let at = 0;
    for (const each of arrays) {
      whole.set(part(each) ?? [], at);
      at += each.data.length;
    }
    return whole;
  };
  return {
    shape: [arrays.reduce((sum, each) => sum + each.shape[0]!, 0), ...shape],
    data: joined(({ data }) => data),
    ...(arrays.some(({ lost }) => lost) && { lost: joined(({ lost }) => lost) }),
  };
}
