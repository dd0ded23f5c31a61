/**
 * The recovery folder: what is finished outlives the engine and the program. Per document a folder with `document.json`
 * and one session file per run, written the moment the run is finished. A folder whose program is gone is offered at the
 * next start.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { dataSource } from './data';
import { writeSafely } from '../../engine/sessions/write';

const runRecord = z.object({
  id: z.string(),
  /** Session file in this folder with this run alone; null for a run of the session file. */
  file: z.string().nullable(),
  /** Place in that file. */
  place: z.number().int().nonnegative(),
  /** Null where nobody named it. */
  name: z.string().nullable(),
  note: z.string(),
  created: z.string(),
  job: z.string(),
  saved: z.boolean(),
  trace: z.array(z.object({ alpha: z.number(), expected: z.number(), running: z.number() })),
});

const stamp = z.object({ size: z.number(), modified: z.number() });

const stateSchema = z.object({
  /** The document it belongs to, by which a new engine finds it again. */
  document: z.string(),
  /** The program that has it open. */
  owner: z.object({ pid: z.number(), began: z.string().nullable() }),
  title: z.string().nullable(),
  session: z.object({ path: z.string(), stamp: stamp.nullable() }).nullable(),
  model: z.object({ path: z.string(), sample: z.string().nullable() }).nullable(),
  /** `source` is missing where the data are the session's own rows. */
  data: z.array(
    z.object({ id: z.string(), path: z.string(), source: dataSource.optional(), baseline: z.boolean().optional() }),
  ),
  runs: z.array(runRecord),
  dirty: z.boolean(),
});
export type SavedState = z.infer<typeof stateSchema>;
export type Stamp = z.infer<typeof stamp>;
export type Owner = SavedState['owner'];

const STATE = 'document.json';
/** Behind the name of a folder that the user gave up, as long as that can be undone. */
const DISCARDED = '.discarded';
/** Milliseconds after which a discarded folder is removed. */
const KEEP_DISCARDED = 3_600_000;

/** When a process began, where the system tells: process numbers are used again. */
function beginning(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

export const ownerOf = (pid: number): Owner => ({ pid, began: beginning(pid) });

/** Of a document that its window gave up. */
export const NOBODY: Owner = { pid: 0, began: null };

function alive({ pid, began }: Owner): boolean {
  if (pid === 0) return false; // for the system, 0 would be this very process group
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return began === null || beginning(pid) === began;
}

/** One document's folder. */
export class RecoveryFolder {
  #writing: Promise<unknown> = Promise.resolve();
  #gone = false;

  constructor(readonly path: string) {}

  get name(): string {
    return this.path.split(/[\\/]/).at(-1)!;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Everything but the runs' numbers. One write at a time, the last one wins. @throws FILE_WRITE */
  write(state: () => SavedState): Promise<void> {
    return this.#inTurn(async () => {
      await mkdir(this.path, { recursive: true });
      const text = JSON.stringify(state());
      await writeSafely(this.file(STATE), (file) => file.writeFile(text));
    });
  }

  /** Something to be written into the folder. */
  add(write: (folder: string) => Promise<void>): Promise<void> {
    return this.#inTurn(async () => {
      await mkdir(this.path, { recursive: true });
      await write(this.path);
    });
  }

  remove(): Promise<void> {
    return this.#inTurn(async () => {
      this.#gone = true;
      await rm(this.path, { recursive: true, force: true });
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const next = this.#writing.then(() => (this.#gone ? undefined : work()));
    this.#writing = next.catch(() => undefined);
    return next;
  }
}

/** All documents' folders of this user. */
export class Recovery {
  constructor(
    private readonly root: string,
    readonly owner: Owner,
  ) {}

  create(): RecoveryFolder {
    return new RecoveryFolder(join(this.root, randomBytes(9).toString('base64url').replace(/^-/, '_')));
  }

  async #states(): Promise<{ folder: RecoveryFolder; state: SavedState }[]> {
    const names = await readdir(this.root).catch(() => []);
    const states = await Promise.all(
      names.map(async (name) => {
        if (name.endsWith(DISCARDED)) return null;
        const folder = new RecoveryFolder(join(this.root, name));
        try {
          const state = stateSchema.parse(JSON.parse(await readFile(folder.file(STATE), 'utf8')));
          return { folder, state };
        } catch {
          return null; // another program is just making it, or it is not ours
        }
      }),
    );
    return states.filter((state) => state !== null);
  }

  /** What an engine before this one left of a document that is still open. */
  async of(document: string): Promise<{ folder: RecoveryFolder; state: SavedState } | null> {
    const states = await this.#states();
    return states.find(({ state }) => state.document === document && alive(state.owner)) ?? null;
  }

  /** Documents whose program is gone and that hold runs which are in no session file, newest first. */
  async orphans(): Promise<{ folder: RecoveryFolder; state: SavedState }[]> {
    const abandoned = (await this.#states()).filter(({ state }) => !alive(state.owner));
    const offered = abandoned.filter(({ state }) => state.dirty && state.runs.length > 0);
    for (const { folder, state } of abandoned) if (!state.dirty || state.runs.length === 0) await folder.remove();
    const last = ({ state }: { state: SavedState }): string =>
      state.runs
        .map(({ created }) => created)
        .sort()
        .at(-1)!;
    return offered.sort((a, b) => last(b).localeCompare(last(a)));
  }

  /** @param name what `recoveryList` gave */
  async orphan(name: string): Promise<{ folder: RecoveryFolder; state: SavedState } | null> {
    return (await this.orphans()).find(({ folder }) => folder.name === name) ?? null;
  }

  /** Gives an orphan up. Its folder stays for a while, so that this can be undone. */
  async discard(name: string): Promise<void> {
    const left = await this.orphan(name);
    if (!left) return;
    const now = new Date();
    await utimes(left.folder.path, now, now).catch(() => undefined);
    await rename(left.folder.path, left.folder.path + DISCARDED);
  }

  /** Takes a discarded folder back; one that is gone stays gone. */
  async undiscard(name: string): Promise<{ folder: RecoveryFolder; state: SavedState } | null> {
    const path = join(this.root, name);
    await rename(path + DISCARDED, path).catch(() => undefined);
    return this.orphan(name);
  }

  /** Removes what was discarded long enough ago that nobody wants it back. */
  async clear(): Promise<void> {
    const names = await readdir(this.root).catch(() => []);
    for (const name of names.filter((each) => each.endsWith(DISCARDED))) {
      const path = join(this.root, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
      if (Date.now() - mtimeMs > KEEP_DISCARDED) await rm(path, { recursive: true, force: true });
    }
  }
}
