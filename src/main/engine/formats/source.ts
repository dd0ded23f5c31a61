/** A file or folder that may be a model, looked at without reading all of it; and what a format is. */
import type { Hash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MhoError } from '../../../contract/errors';
import type { FewerBits } from '../../../contract/model';
import type { OpeningChoices } from '../../../contract/opening';
import { isRecord } from '../../../contract/records';
import type { Graph } from '../graph/graph';
import { Budget } from './budget';
import { FileFault, openRegular, placeOf, type RegularFile } from './files';
import { parsedWithin } from './json';
import { strangerFault } from './strangers/fault';
import { byHead } from './strangers/heads';

/** How much of a file is looked at to recognise it. */
const HEAD_BYTES = 4096;
/** A topology of a million nodes stays below this. */
export const LARGEST_JSON = 512 * 2 ** 20;
/** Files of a folder that are looked at. */
const MOST_ENTRIES = 2000;

export interface Source {
  readonly path: string;
  /** Last part of the path, for messages. */
  readonly name: string;
  readonly isFolder: boolean;
  /** Of a file. */
  readonly size: number;
  /** First bytes of a file. */
  readonly head: Uint8Array;
  /** Names in a folder, sorted. */
  readonly entries: readonly string[];
  /** The file as JSON; null where it is none. Read once. @throws MODEL_TOO_LARGE */
  readonly json: () => Promise<Readonly<Record<string, unknown>> | null>;
  readonly reading: Reading;
}

/** One opening: where its files may lie, and how the weights come in. */
export interface Opening {
  /** As the user gave it: it may be a link to anywhere. */
  readonly given: string;
  /** The folder that the user gave, or that of the file he gave: nothing outside it is read, whatever a link says. */
  readonly root: string;
  /** Bytes that the machine has for the model. */
  readonly room: number;
  /** Where a folder may be made for what has to be unpacked; whoever began the opening takes it away. */
  readonly scratch: string;
  /** What was chosen where the file leaves it open. */
  readonly choices: OpeningChoices;
  /** Told of the bytes on the disk that the files of a model have together, whenever there is one more. */
  readonly onFile: (bytes: number) => void;
  /** Told of how the weights come in, in bytes: more to come, and a part that has been read. */
  readonly expect: (bytes: number) => void;
  readonly read: (bytes: number) => void;
}

/** The same for one of the models that a folder may hold. */
export interface Reading extends Opening {
  readonly budget: Budget;
}

/** What a format gives: the graph, and what a hash is made of. */
export interface OpenedGraph {
  readonly graph: Graph;
  /** Sum of all weights' sizes, each counted once. */
  readonly parameters: number;
  /** Configuration and weights, in an order that the file fixes; or the SHA-256 of them, where they were hashed as they were read. */
  readonly hashed: Iterable<string | Uint8Array> | Hash;
  /** Where a file holds several entries to its model: their names, and which is open. */
  readonly signatures?: { readonly names: readonly string[]; readonly open: string };
  /** Of 16 bits, where the file has something computed on them. */
  readonly fewerBits?: FewerBits | null;
  /** How the file counts examples, where it does not always count them on the first axis (`tensors/examples.ts`). */
  readonly reading?: 'batched' | 'one' | 'whole';
  /** Of what was unpacked: what it is. */
  readonly format?: string;
}

export interface Format {
  /** Decides by content, never by the file's name: what it is called stands in the contract's table. */
  readonly match: (source: Source) => boolean | Promise<boolean>;
  /** @throws MhoError of the catalogue and nothing else, whatever the file holds */
  readonly open: (source: Source) => Promise<OpenedGraph>;
}

/** The folder that a file must lie in; none for what the user named. */
const rootFor = (path: string, { given, root }: Opening): string | null => (path === given ? null : root);

/** @throws MODEL_NOT_FOUND, MODEL_NOT_FILE, MODEL_LINK, MODEL_DAMAGED */
export async function sourceAt(path: string, opening: Opening): Promise<Source> {
  const root = rootFor(path, opening);
  const name = basename(path);
  try {
    const { info } = await placeOf(path, root);
    const reading: Reading = {
      ...opening,
      root: root === null && info.isDirectory() ? path : opening.root,
      budget: new Budget(path, opening.room, opening.onFile),
    };
    if (info.isDirectory()) {
      const entries = (await readdir(path)).sort().slice(0, MOST_ENTRIES);
      const none = { size: 0, head: new Uint8Array(), json: () => Promise.resolve(null) };
      return { path, name, isFolder: true, entries, reading, ...none };
    }
    const file = await openRegular(path, root);
    try {
      const head = new Uint8Array(Math.min(HEAD_BYTES, file.size));
      const { bytesRead } = await file.handle.read(head, 0, head.length, 0);
      let parsed: Promise<Readonly<Record<string, unknown>> | null> | null = null;
      const source: Source = {
        path,
        name,
        isFolder: false,
        size: file.size,
        head: head.subarray(0, bytesRead),
        entries: [],
        json: () => (parsed ??= parseJson(source)),
        reading,
      };
      return source;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof FileFault && error.trouble === 'missing') throw new MhoError('MODEL_NOT_FOUND', { path });
    throw modelFault(error, path, opening.root);
  }
}

/** Any fault of reading a model's file, as one of the catalogue. */
function modelFault(error: unknown, path: string, root: string): MhoError {
  if (error instanceof MhoError) return error;
  const options = { cause: error };
  if (error instanceof FileFault) {
    if (error.trouble === 'outside') return new MhoError('MODEL_LINK', { path, folder: root }, options);
    if (error.trouble === 'special') return new MhoError('MODEL_NOT_FILE', { path, reason: error.message }, options);
    const reason = error.trouble === 'missing' ? 'it is missing' : `it ${error.message}`;
    return new MhoError('MODEL_DAMAGED', { path, reason }, options);
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new MhoError('MODEL_DAMAGED', { path, reason }, options);
}

/**
 * A file of the model, opened for `work` and closed after it.
 * @param missing said where there is none: `this weight file is missing`
 * @throws MODEL_DAMAGED, MODEL_LINK, MODEL_NOT_FILE
 */
export async function withFile<T>(
  path: string,
  reading: Reading,
  missing: string,
  work: (file: RegularFile) => T | Promise<T>,
): Promise<T> {
  const file = await openPart(path, reading, missing);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

/** The same for whoever closes it himself. */
export async function openPart(path: string, reading: Reading, missing: string): Promise<RegularFile> {
  try {
    const file = await openRegular(path, rootFor(path, reading));
    await refusePointer(file);
    reading.budget.file(file);
    return file;
  } catch (error) {
    if (error instanceof FileFault && error.trouble === 'missing')
      throw new MhoError('MODEL_DAMAGED', { path, reason: missing }, { cause: error });
    throw modelFault(error, path, reading.root);
  }
}

/** Bytes that a pointer of Git LFS may have, by its specification. */
const LARGEST_POINTER = 1024;

/** Of models that were cloned, weights that were not fetched are texts of a few lines. @throws MODEL_STRANGER */
async function refusePointer(file: RegularFile): Promise<void> {
  if (file.size > LARGEST_POINTER) return;
  const head = new Uint8Array(file.size);
  const { bytesRead } = await file.handle.read(head, 0, head.length, 0);
  if (byHead(head.subarray(0, bytesRead), file.size)?.name !== 'lfs') return;
  await file.close();
  throw strangerFault({ name: 'lfs', path: file.path, about: '' });
}

/** Weights are read in parts of this size, each of them told of. */
const PART = 16 * 2 ** 20;

/**
 * Fills `bytes` from a place in a file.
 * @returns how many were there: fewer than asked for where the file ends
 */
export async function readInto(
  { handle, path }: RegularFile,
  bytes: Uint8Array,
  offset: number,
  reading: Reading,
): Promise<number> {
  let at = 0;
  while (at < bytes.byteLength) {
    const { bytesRead } = await handle
      .read(bytes, at, Math.min(PART, bytes.byteLength - at), offset + at)
      .catch((error: unknown) => {
        throw modelFault(error, path, reading.root);
      });
    if (bytesRead === 0) break;
    at += bytesRead;
    reading.read(bytesRead);
  }
  return at;
}

/** A whole file of the model that is no weights. @throws MODEL_DAMAGED, MODEL_TOO_LARGE, MODEL_LINK, MODEL_NOT_FILE */
export const readPart = (
  path: string,
  reading: Reading,
  limit: number,
  missing = 'it is missing',
): Promise<Uint8Array<ArrayBuffer>> =>
  withFile(path, reading, missing, async (file) => {
    if (file.size > limit)
      throw new MhoError('MODEL_TOO_LARGE', { path, what: 'the size of the file', have: file.size, limit });
    reading.budget.take(file.size);
    const bytes = new Uint8Array(file.size);
    const quiet = { ...reading, read: () => undefined };
    return bytes.subarray(0, await readInto(file, bytes, 0, quiet));
  });

async function parseJson(source: Source): Promise<Readonly<Record<string, unknown>> | null> {
  const first = source.head.find((byte) => byte > 32 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf);
  if (source.isFolder || first !== 0x7b || source.size > LARGEST_JSON) return null;
  const { path, reading } = source;
  try {
    const value = parsedWithin(await readPart(path, reading, LARGEST_JSON), reading.budget);
    return isRecord(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/**
 * The sources inside a folder: its files and, one level down, its folders.
 * @returns also the fault of an entry that may not be read, such as a link out of the folder
 */
export async function sourcesIn(
  folder: Source,
): Promise<{ readonly sources: readonly Source[]; readonly refused: MhoError[] }> {
  const sources: Source[] = [];
  const refused: MhoError[] = [];
  for (const entry of folder.entries) {
    if (entry.startsWith('.')) continue;
    try {
      sources.push(await sourceAt(join(folder.path, entry), folder.reading));
    } catch (error) {
      if (!(error instanceof MhoError)) throw error;
      if (error.code !== 'MODEL_NOT_FOUND') refused.push(error); // a broken link is no model
    }
  }
  return { sources, refused };
}
