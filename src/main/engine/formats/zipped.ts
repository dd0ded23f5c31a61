/**
 * Zipped models: a SavedModel, a folder of TensorFlow.js, a file of ours with what belongs to it. They are unpacked into a folder of
 * the opening's own, within the limits of what it may take, and opened there; whoever began the opening takes the folder away again.
 */
import { mkdir } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { type ErrorCode, MhoError } from '../../../contract/errors';
import { type Format, type OpenedGraph, type Source, sourceAt, withFile } from './source';
import { isTorchArchive } from './strangers/zips';
import { type Archive, openArchive } from './zip';

/** Files that tell a model, and endings of files that are one. */
const TELLING = new Set(['saved_model.pb', 'model.json']);
const ENDINGS = new Set(['.keras', '.h5', '.hdf5', '.onnx', '.pb']);

/** @param within opens what is in a folder */
export const zipped = (within: (folder: Source) => Promise<OpenedGraph>): Format => ({
  match: async ({ isFolder, head, path, reading }) => {
    if (isFolder || !isArchive(head)) return false;
    const archive = await withFile(path, reading, 'it is missing', openArchive).catch(() => null);
    const names = [...(archive?.sizes.keys() ?? [])];
    return names.some(tells) && !isTorchArchive(names);
  },
  open: async (source) => {
    const { path, reading } = source;
    const { scratch } = reading;
    try {
      await unpack(source);
      return await within(await unwrapped(await sourceAt(scratch, { ...reading, given: scratch, root: scratch })));
    } catch (error) {
      throw error instanceof MhoError ? renamed(error, scratch, path) : error;
    }
  },
});

const isArchive = ([p, k, third, fourth]: Uint8Array): boolean =>
  p === 0x50 && k === 0x4b && third === 3 && fourth === 4;

/** What archivers of some systems add stands beside it. */
const isOwn = (name: string): boolean => !name.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');

function tells(name: string): boolean {
  const file = name.split('/').at(-1)!;
  return isOwn(name) && (TELLING.has(file) || ENDINGS.has(extname(file).toLowerCase()));
}

/** Writes all that is in it. @throws MODEL_ZIPPED, MODEL_TOO_LARGE, MODEL_DAMAGED */
const unpack = ({ path, reading }: Source): Promise<void> =>
  withFile(path, reading, 'it is missing', async (file) => {
    const archive: Archive = await openArchive(file);
    const names = [...archive.sizes.keys()].filter((name) => isOwn(name) && !name.endsWith('/'));
    const whole = names.reduce((sum, name) => sum + archive.sizes.get(name)!, 0);
    // What lies on the disk is read into memory next: it counts once here, and once when it is read.
    reading.budget.take(whole);
    reading.expect(whole);
    const writing = <Value>(work: Promise<Value>): Promise<Value> =>
      work.catch((error: unknown) => {
        if (error instanceof MhoError) throw error;
        const reason = error instanceof Error ? error.message.replaceAll(reading.scratch, path) : String(error);
        throw new MhoError('MODEL_ZIPPED', { path, reason }, { cause: error });
      });
    await writing(mkdir(reading.scratch, { mode: 0o700 })); // is there where this archive came out of another
    const folders = new Set<string>();
    for (const name of names) {
      const to = join(reading.scratch, name);
      const folder = dirname(to);
      if (!folders.has(folder)) await writing(mkdir(folder, { recursive: true, mode: 0o700 }));
      folders.add(folder);
      await writing(archive.extract(name, whole, to));
      reading.read(archive.sizes.get(name)!);
    }
  });

/** The folder in which something stands beside something else, or a file. */
async function unwrapped(folder: Source): Promise<Source> {
  const [only, ...others] = folder.entries;
  if (only === undefined || others.length > 0) return folder;
  const inner = await sourceAt(join(folder.path, only), folder.reading);
  return inner.isFolder ? unwrapped(inner) : folder;
}

/** A fault of a file that was unpacked, told as of the archive. */
function renamed({ code, details, ways, cause }: MhoError, scratch: string, path: string): MhoError {
  const told = Object.entries(details).map(([key, value]) => [
    key,
    typeof value === 'string' ? value.replaceAll(scratch, path) : value,
  ]);
  return new MhoError<ErrorCode>(code, Object.fromEntries(told) as never, { cause, ways });
}
