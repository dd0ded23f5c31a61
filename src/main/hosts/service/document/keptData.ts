/**
 * Data that a document had open and that no run need have taken: a session file names their files, with what they held, and
 * they are there again where the files are and still hold it.
 */
import { createHash } from 'node:crypto';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { InputPort } from '../../../../contract/data';
import { kindByEnding } from '../../../../contract/formats';
import type { DataSource } from '../../../../contract/setup';
import type { SessionView } from '../../../../contract/view';
import type { Arrays } from '../arrays';
import type { Engine } from '../engine';
import { readOpenData, type Data, type OpenData } from './data';
import { stampOf, type DataPlace } from './session';

/** Handles that a view names: of the data that are asked about, and of those they are compared with. */
const handlesIn = ({ asked }: SessionView): readonly string[] =>
  [asked?.rows, asked?.baseline?.kind === 'data' ? asked.baseline.data : undefined].filter((id) => id !== undefined);

const digests = new WeakMap<Arrays, string>();
/** Of names, shapes and numbers; worked out once. */
function digestOf(arrays: Arrays): string {
  const known = digests.get(arrays);
  if (known !== undefined) return known;
  const hash = createHash('sha256');
  for (const [name, { shape, data }] of Object.entries(arrays).sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(JSON.stringify([name, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  const digest = hash.digest('hex');
  digests.set(arrays, digest);
  return digest;
}

/** Where data that a view names are found again: those of files that stay. */
export function dataPlaces(
  view: SessionView | null,
  data: Data,
  lasting: (path: string) => boolean,
): readonly DataPlace[] {
  return (view ? handlesIn(view) : []).flatMap((id) => {
    const open = data.whole(id);
    if (!open?.source || !open.source.parts.every(({ paths }) => paths.every(lasting))) return [];
    return [{ id, source: open.source, digest: digestOf(open.arrays) }];
  });
}

/** A data file that a session names: beside the session if one of that name is there, else where it was. Null for what is none, or elsewhere. */
async function foundPath(path: string, folder: string): Promise<string | null> {
  const beside = join(folder, basename(path));
  const found = (await stampOf(beside)) ? beside : path;
  return kindByEnding(found) === 'data' && isAbsolute(found) && !/^(\\\\|\/\/)/.test(found) ? found : null;
}

/** @param file the session @returns null where data are not there any more, or are others by now */
export async function readKept(
  engine: Pick<Engine, 'readData'>,
  { source, digest }: DataPlace,
  file: string,
  ports: readonly InputPort[],
  signal: AbortSignal,
): Promise<OpenData | null> {
  const parts: DataSource['parts'][number][] = [];
  for (const part of source.parts) {
    const paths = await Promise.all(part.paths.map((path) => foundPath(path, dirname(file))));
    const there = paths.filter((path) => path !== null);
    if (there.length < paths.length) return null;
    parts.push({ ...part, paths: there });
  }
  const read = await readOpenData(engine, { ...source, parts }, ports, signal).catch(() => null);
  return read && digestOf(read.arrays) === digest ? read : null;
}
