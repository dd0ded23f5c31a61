/** A file or folder that may be a model, looked at without reading all of it; and what a format is. */
import { type FileHandle, open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MhoError } from '../../../contract/errors';
import type { Graph } from '../graph/graph';
import { isRecord } from './json';

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
  /** The file as JSON; null where it is none. Read once. */
  readonly json: () => Promise<Readonly<Record<string, unknown>> | null>;
  readonly reading: Reading;
}

/** Told of how the weights come in, in bytes: more to come, and a part that has been read. */
export interface Reading {
  readonly expect: (bytes: number) => void;
  readonly read: (bytes: number) => void;
}

/** What a format gives: the graph, and what a hash is made of. */
export interface OpenedGraph {
  readonly graph: Graph;
  /** Sum of all weights' sizes, each counted once. */
  readonly parameters: number;
  /** Configuration and weights, in an order that the file fixes. */
  readonly hashed: Iterable<string | Uint8Array>;
}

export interface Format {
  /** As the user reads it, e.g. `Keras 3 (.keras)`. */
  readonly name: string;
  /** Decides by content, never by the file's name. */
  readonly match: (source: Source) => boolean | Promise<boolean>;
  /** @throws MhoError of the catalogue and nothing else, whatever the file holds */
  readonly open: (source: Source) => Promise<OpenedGraph>;
}

/** @throws MODEL_NOT_FOUND, MODEL_DAMAGED */
export async function sourceAt(path: string, reading: Reading): Promise<Source> {
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') throw new MhoError('MODEL_NOT_FOUND', { path });
    throw unreadable(path, error);
  });
  const isFolder = info.isDirectory();
  if (!isFolder && !info.isFile())
    throw new MhoError('MODEL_DAMAGED', { path, reason: 'it is neither a file nor a folder' });
  const entries = isFolder ? await namesIn(path) : [];
  const head = isFolder ? new Uint8Array() : await headOf(path, info.size);
  let parsed: Promise<Readonly<Record<string, unknown>> | null> | null = null;
  const source: Source = {
    path,
    name: basename(path),
    isFolder,
    size: isFolder ? 0 : info.size,
    head,
    entries,
    json: () => (parsed ??= parseJson(source)),
    reading,
  };
  return source;
}

const unreadable = (path: string, error: unknown): MhoError =>
  new MhoError(
    'MODEL_DAMAGED',
    { path, reason: error instanceof Error ? error.message : String(error) },
    { cause: error },
  );

async function namesIn(path: string): Promise<string[]> {
  const names = await readdir(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  return names.sort().slice(0, MOST_ENTRIES);
}

async function headOf(path: string, size: number): Promise<Uint8Array> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    const head = new Uint8Array(Math.min(HEAD_BYTES, size));
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Weights are read in parts of this size, each of them told of. */
const PART = 16 * 2 ** 20;

/**
 * Fills `bytes` from a place in a file.
 * @returns how many were there: fewer than asked for where the file ends
 */
export async function readInto(file: FileHandle, bytes: Uint8Array, offset: number, reading: Reading): Promise<number> {
  let at = 0;
  while (at < bytes.byteLength) {
    const { bytesRead } = await file.read(bytes, at, Math.min(PART, bytes.byteLength - at), offset + at);
    if (bytesRead === 0) break;
    at += bytesRead;
    reading.read(bytesRead);
  }
  return at;
}

/** A file's bytes. @throws MODEL_DAMAGED */
export const readBytes = (path: string): Promise<Buffer> =>
  readFile(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });

async function parseJson(source: Source): Promise<Readonly<Record<string, unknown>> | null> {
  const first = source.head.find((byte) => byte > 32 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf);
  if (source.isFolder || first !== 0x7b || source.size > LARGEST_JSON) return null;
  const text = (await readBytes(source.path)).toString('utf8').replace(/^\uFEFF/, '');
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

/** The sources inside a folder: its files and, one level down, its folders. */
export async function sourcesIn(folder: Source): Promise<Source[]> {
  const sources: Source[] = [];
  for (const entry of folder.entries) {
    if (entry.startsWith('.')) continue;
    const source = await sourceAt(join(folder.path, entry), folder.reading).catch(() => null); // a broken link is no model
    if (source) sources.push(source);
  }
  return sources;
}
