/**
 * A disk in memory in place of `node:fs/promises`, and an order of events that a test decides: every access waits for its
 * turn in `steps`. A crash leaves the disk as it is and forgets all who wait.
 */
import { dirname, resolve } from 'node:path';

type Entry =
  { readonly kind: 'folder'; mtimeMs: number } | { readonly kind: 'file'; mtimeMs: number; content: unknown };

export const entries = new Map<string, Entry>();
/** What waits for its turn. */
export const steps: { readonly label: string; readonly go: () => void }[] = [];

let clock = Date.now(); // nothing is long ago

export const step = (label: string): Promise<void> =>
  new Promise((go) => {
    steps.push({ label, go });
  });

export const clear = (): void => {
  entries.clear();
  steps.length = 0;
  full.now = false;
};

const fault = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code });
const at = (path: string): Entry => {
  const entry = entries.get(resolve(path));
  if (!entry) throw fault('ENOENT', path);
  return entry;
};
const sizeOf = (entry: Entry): number => (entry.kind === 'file' ? JSON.stringify(entry.content).length : 0);
const statOf = (entry: Entry) => ({
  size: sizeOf(entry),
  mtimeMs: entry.mtimeMs,
  mode: 0o600,
  uid: 0,
  gid: 0,
  isFile: () => entry.kind === 'file',
  isDirectory: () => entry.kind === 'folder',
});

/** Whether there is no room for anything more. */
export const full = { now: false };

/** Writes a file as a whole. */
export const put = (path: string, content: unknown): void => {
  if (full.now) throw fault('ENOSPC', path);
  const place = resolve(path);
  if (!entries.has(dirname(place))) throw fault('ENOENT', path);
  entries.set(place, { kind: 'file', mtimeMs: ++clock, content });
};
export const get = (path: string): unknown => {
  const entry = entries.get(resolve(path));
  return entry?.kind === 'file' ? entry.content : undefined;
};
export const folder = (path: string): void => {
  const place = resolve(path);
  if (entries.has(place)) return;
  if (dirname(place) !== place) folder(dirname(place));
  entries.set(place, { kind: 'folder', mtimeMs: ++clock });
};

export const mkdir = async (path: string): Promise<void> => folder(path);
export const chmod = async (path: string): Promise<void> => void at(path);
export const access = async (path: string): Promise<void> => void at(path);
export const realpath = async (path: string): Promise<string> => {
  at(path);
  return resolve(path);
};
export const utimes = async (path: string): Promise<void> => void (at(path).mtimeMs = ++clock);

export const stat = async (path: string): Promise<ReturnType<typeof statOf>> => {
  await step(`stat ${path}`);
  return statOf(at(path));
};

export const readdir = async (path: string): Promise<string[]> => {
  await step(`readdir ${path}`);
  at(path);
  const place = resolve(path);
  return [...entries.keys()].filter((each) => dirname(each) === place && each !== place).map((each) => each.slice(place.length + 1)); // prettier-ignore
};

export const readFile = async (path: string): Promise<string> => {
  await step(`read ${path}`);
  const entry = at(path);
  if (entry.kind !== 'file') throw fault('EISDIR', path);
  return entry.content as string;
};

export const rename = async (from: string, to: string): Promise<void> => {
  await step(`rename ${from}`);
  at(from);
  const [old, now] = [resolve(from), resolve(to)];
  for (const [path, entry] of [...entries])
    if (path === old || path.startsWith(`${old}/`)) {
      entries.delete(path);
      entries.set(now + path.slice(old.length), entry);
    }
};

export const rm = async (path: string): Promise<void> => {
  await step(`rm ${path}`);
  const place = resolve(path);
  for (const each of [...entries.keys()]) if (each === place || each.startsWith(`${place}/`)) entries.delete(each);
};

export const open = async (path: string, flags: string | number): Promise<unknown> => {
  const place = resolve(path);
  if (flags !== 'wx') throw fault('EISDIR', path); // folders are not opened, nor what is only looked at
  await step(`open ${path}`);
  put(place, '');
  return {
    writeFile: async (text: string) => {
      await step(`write ${path}`);
      put(place, text);
    },
    chmod: async () => undefined,
    chown: async () => undefined,
    stat: async () => statOf(at(place)),
    sync: async () => undefined,
    close: async () => undefined,
  };
};
