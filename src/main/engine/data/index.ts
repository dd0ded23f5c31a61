/** Inputs and baselines from files. */
import { open, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { NumericArray } from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import { openArchive } from '../formats/zip';
import { isNpy, NpyFault, readNpy } from './npy';

/** Bytes of one file, and of all arrays of one archive. */
const LARGEST = 2 ** 31;

/**
 * The arrays of a `.npy` (one, named as the file) or `.npz` file (by entry, in the file's order), told apart by content.
 * Every kind of number becomes float32.
 * @throws INPUT_FILE, INPUT_TYPE
 */
export async function readArrays(path: string): Promise<Record<string, NumericArray>> {
  const { head, size } = await look(path);
  if (isNpy(head)) {
    if (size > LARGEST) throw unreadable(path, '.npy', `${size} bytes are more than the limit of ${LARGEST}`);
    const name = basename(path).replace(/\.npy$/i, '');
    return { [name]: array(path, await readFile(path)) };
  }
  if (head[0] !== 0x50 || head[1] !== 0x4b)
    throw unreadable(path, '.npy or .npz', size === 0 ? 'it is empty' : 'it is neither');
  return readArchive(path, size);
}

const unreadable = (path: string, format: string, reason: string, cause?: unknown): MhoError =>
  new MhoError('INPUT_FILE', { path, format, reason }, { cause });

async function look(path: string): Promise<{ head: Uint8Array; size: number }> {
  try {
    const file = await open(path, 'r');
    try {
      const info = await file.stat();
      if (!info.isFile()) throw new Error('it is not a file');
      const head = new Uint8Array(8);
      await file.read(head, 0, head.length, 0);
      return { head, size: info.size };
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'it does not exist' : message;
    throw unreadable(path, '.npy or .npz', reason, error);
  }
}

async function readArchive(path: string, fileSize: number): Promise<Record<string, NumericArray>> {
  try {
    const archive = await openArchive(path, fileSize);
    try {
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
      archive.close();
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
