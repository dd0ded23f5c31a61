/**
 * The recovery folder: what is finished outlives the engine and the program. Per document a folder with `document.json`
 * and one session file per run, written the moment the run is finished. A folder whose program is gone is offered at the
 * next start.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { METHODS } from '../../../contract/attribution';
import { notebookSchema } from '../../../contract/notebook';
import { openingChoicesSchema } from '../../../contract/opening';
import { modelSchema } from '../../../contract/session';
import { sessionView } from '../../../contract/view';
import { writeSafely } from '../../engine/sessions/write';
import { dataSource } from '../../../contract/setup';
import { Turns } from './turns';

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
  /** In the session file as it is. */
  saved: z.boolean(),
  /** With `created` and `job`, what tells it from another run at its place. */
  method: z.enum(METHODS).optional(),
  trace: z.array(z.object({ alpha: z.number(), expected: z.number(), running: z.number() })),
  /** Handles of the data that it was asked with. */
  askedWith: z.object({ data: z.string().nullable(), baseline: z.string().nullable() }).optional(),
  /** In the session file with another name or note. */
  changed: z.boolean().optional(),
  /** Taken out, to be put back. */
  removed: z.boolean().optional(),
});
export type SavedRun = z.infer<typeof runRecord>;

/** A judgement is always in this folder, in a file of its own: `document.json` is written often. */
const judgementRecord = z.object({
  id: z.string(),
  file: z.string(),
  created: z.string(),
  /** Whether the session file holds it. */
  saved: z.boolean(),
  /** Taken out, to be put back. */
  removed: z.boolean().optional(),
});
export type SavedJudgement = z.infer<typeof judgementRecord>;

const stamp = z.object({ size: z.number(), modified: z.number() });

const stateSchema = z.object({
  /** The document it belongs to, by which a new engine finds it again. */
  document: z.string(),
  /** The program that has it open. */
  owner: z.object({ pid: z.number(), began: z.string().nullable() }),
  title: z.string().nullable(),
  /** Of the session, as it was begun. */
  created: z.string().optional(),
  notes: z.string().optional(),
  /** How its window showed it. */
  view: sessionView.optional().catch(undefined),
  /** Where the runs of other sessions are that its view names. */
  guests: z
    .array(z.object({ id: z.string(), path: z.string(), place: z.number().int().nonnegative(), created: z.string() }))
    .optional(),
  notebook: notebookSchema.optional(),
  /** What of it the session file holds. */
  writtenNotebook: notebookSchema.optional(),
  session: z.object({ path: z.string(), stamp: stamp.nullable() }).nullable(),
  model: z
    .object({ path: z.string(), sample: z.string().nullable(), choices: openingChoicesSchema.optional() })
    .nullable(),
  /** What its model is, where no run's file in this folder tells it. */
  described: modelSchema.optional().catch(undefined),
  /** `source` is missing where the data are a run's own rows. */
  data: z.array(
    z.object({ id: z.string(), path: z.string(), source: dataSource.optional(), baseline: z.boolean().optional() }),
  ),
  runs: z.array(runRecord),
  judgements: z.array(judgementRecord).optional(),
  dirty: z.boolean(),
});
export type SavedState = z.infer<typeof stateSchema>;
export type Stamp = z.infer<typeof stamp>;
export type Owner = SavedState['owner'];

/** Those that were not taken out. */
export const runsOf = ({ runs }: SavedState): readonly SavedRun[] => runs.filter(({ removed }) => !removed);

export const judgementsOf = ({ judgements = [] }: SavedState): readonly SavedJudgement[] =>
  judgements.filter(({ removed }) => !removed);

/** ISO 8601, of the last run or judgement; of a notebook alone, of its session. */
export const lastOf = (state: SavedState): string =>
  [...runsOf(state), ...judgementsOf(state)]
    .map(({ created }) => created)
    .sort()
    .at(-1) ??
  state.created ??
  '';

const STATE = 'document.json';
/** Behind the name of a folder that the user gave up, as long as that can be undone. */
const DISCARDED = '.discarded';
/** Milliseconds after which a discarded folder is removed. */
const KEEP_DISCARDED = 3_600_000;
/** And one that the page it belonged to left behind. */
const KEEP_LEFT = 30 * 24 * 3_600_000;
/** How `writeSafely` calls a file that it has not finished. */
const isUnfinished = (name: string): boolean => name.startsWith('.') && name.endsWith('.part');

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

/** Whether a program still runs, as far as can be told. */
export function alive({ pid, began }: Owner): boolean {
  if (pid === 0) return false; // for the system, 0 would be this very process group
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return began === null || beginning(pid) === began;
}

/** Only the user may read what is kept; its files say so, too (`writeSafely`). */
const OWN_FOLDER = 0o700;

/** One document's folder. */
export class RecoveryFolder {
  readonly #turns = new Turns();
  #left = false;

  constructor(readonly path: string) {}

  get name(): string {
    return this.path.split(/[\\/]/).at(-1)!;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Everything but the runs' numbers. One write at a time, the last one wins. @throws FILE_WRITE */
  write(state: () => SavedState): Promise<void> {
    return this.#inTurn(() => this.#write(state()));
  }

  /** The last write: what comes later would be found by whoever has the folder then. @throws FILE_WRITE */
  leave(state: () => SavedState): Promise<void> {
    return this.#inTurn(() => {
      this.#left = true;
      return this.#write(state());
    });
  }

  /** A file of its own. @param write writes it @throws what `write` throws */
  add(file: string, write: (path: string) => Promise<void>): Promise<void> {
    return this.#inTurn(async () => {
      await mkdir(this.path, { recursive: true, mode: OWN_FOLDER });
      await write(this.file(file));
    });
  }

  remove(): Promise<void> {
    return this.#inTurn(async () => {
      this.#left = true;
      await rm(this.path, { recursive: true, force: true });
    });
  }

  /** Removes what a program that ended in the middle of writing left. */
  async tidy(): Promise<void> {
    const names = await readdir(this.path).catch(() => []);
    for (const name of names) if (isUnfinished(name)) await rm(this.file(name), { force: true });
  }

  async #write(state: SavedState): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: OWN_FOLDER });
    const text = JSON.stringify(state);
    await writeSafely(this.file(STATE), (file) => file.writeFile(text), { kept: false });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    return this.#turns.take(async () => {
      if (!this.#left) await work();
    });
  }
}

/** What a document left, taken by one that goes on with it. */
export interface Claimed {
  readonly folder: RecoveryFolder;
  readonly state: SavedState;
  /** It is left as it was, for who asks next. */
  giveBack(): Promise<void>;
}

/** States read at once: there may be hundreds of folders, and a program has few file descriptors. */
const AT_ONCE = 16;

/** Null where another program is just making it, or it is not ours; that files are short is no reason to think so. */
async function readState(folder: RecoveryFolder): Promise<SavedState | null> {
  try {
    return stateSchema.parse(JSON.parse(await readFile(folder.file(STATE), 'utf8')));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EMFILE' || code === 'ENFILE') throw error;
    return null;
  }
}

/** When a folder was last written to, in milliseconds; what cannot be told is new. */
async function ageOf(path: string): Promise<number> {
  const times = await Promise.all([path, join(path, STATE)].map((each) => stat(each).catch(() => null)));
  return Math.max(...times.map((each) => each?.mtimeMs ?? -Infinity).concat(times[0] ? [] : [Infinity]));
}

const newName = (): string => randomBytes(9).toString('base64url').replace(/^-/, '_');

/** All documents' folders of this user. */
export class Recovery {
  constructor(
    private readonly root: string,
    readonly owner: Owner,
  ) {}

  create(): RecoveryFolder {
    return new RecoveryFolder(join(this.root, newName()));
  }

  /** A state that nobody has open any more. */
  left(state: SavedState): SavedState {
    return { ...state, document: '', owner: NOBODY };
  }

  async #states(): Promise<{ folder: RecoveryFolder; state: SavedState }[]> {
    const names = (await readdir(this.root).catch(() => [])).filter((name) => !name.endsWith(DISCARDED));
    const states: { folder: RecoveryFolder; state: SavedState }[] = [];
    for (let first = 0; first < names.length; first += AT_ONCE) {
      const folders = names.slice(first, first + AT_ONCE).map((name) => new RecoveryFolder(join(this.root, name)));
      const read = await Promise.all(folders.map(readState));
      for (const [place, state] of read.entries()) if (state) states.push({ folder: folders[place]!, state });
    }
    return states;
  }

  /** What an engine before this one left of a document that is still open. */
  async of(document: string): Promise<{ folder: RecoveryFolder; state: SavedState } | null> {
    const states = await this.#states();
    const left = states.find(({ state }) => state.document === document && alive(state.owner)) ?? null;
    await left?.folder.tidy();
    return left;
  }

  /** Session files of this program's documents, as an engine before this one left them; each file once. */
  async sessions(): Promise<readonly { readonly document: string; readonly path: string }[]> {
    const { pid, began } = this.owner;
    const open = (await this.#states()).flatMap(({ state: { document, owner, session } }) =>
      document !== '' && session && owner.pid === pid && owner.began === began
        ? [{ document, path: session.path }]
        : [],
    );
    return [...new Map(open.map((each) => [each.path, each])).values()];
  }

  /** Documents whose program is gone and that hold runs or notes which are in no session file, newest first. */
  async orphans(): Promise<{ folder: RecoveryFolder; state: SavedState }[]> {
    const abandoned = (await this.#states()).filter(({ state }) => !alive(state.owner));
    const worth = ({ state }: { state: SavedState }): boolean =>
      state.dirty && (runsOf(state).length > 0 || judgementsOf(state).length > 0 || (state.notebook?.length ?? 0) > 0);
    const offered = abandoned.filter(worth);
    for (const each of abandoned) if (!worth(each)) await each.folder.remove();
    return offered.sort((a, b) => lastOf(b.state).localeCompare(lastOf(a.state)));
  }

  /** @param name what `recoveryList` gave */
  async orphan(name: string): Promise<{ folder: RecoveryFolder; state: SavedState } | null> {
    return (await this.orphans()).find(({ folder }) => folder.name === name) ?? null;
  }

  /**
   * Takes an orphan: of two that ask at once, one gets it. Its folder is called otherwise from then on.
   * @param name what `recoveryList` gave
   */
  async claim(name: string): Promise<Claimed | null> {
    const left = await this.orphan(name);
    if (!left) return null;
    const folder = this.create();
    try {
      await rename(left.folder.path, folder.path);
    } catch {
      return null; // somebody was quicker
    }
    await folder.tidy();
    const giveBack = (): Promise<void> => rename(folder.path, left.folder.path).catch(() => undefined);
    return { folder, state: left.state, giveBack };
  }

  /** Gives an orphan up. Its folder stays for a while, so that this can be undone. */
  async discard(name: string): Promise<void> {
    const left = await this.orphan(name);
    if (!left) return;
    const now = new Date();
    await utimes(left.folder.path, now, now).catch(() => undefined);
    await rename(left.folder.path, left.folder.path + DISCARDED).catch(() => undefined); // taken meanwhile
  }

  /** Takes a discarded folder back; one that is gone stays gone. */
  async undiscard(name: string): Promise<{ folder: RecoveryFolder; state: SavedState } | null> {
    const path = join(this.root, name);
    await rename(path + DISCARDED, path).catch(() => undefined);
    return this.orphan(name);
  }

  /**
   * What nobody wants back: discarded long enough ago; of a closed page that was not opened again for a month; of no
   * program and without a readable state for as long. Nothing of a program that is alive.
   */
  async sweep(now = Date.now()): Promise<void> {
    await chmod(this.root, OWN_FOLDER).catch(() => undefined);
    for (const name of await readdir(this.root).catch(() => [])) {
      const path = join(this.root, name);
      const age = now - (await ageOf(path));
      if (name.endsWith(DISCARDED)) {
        if (age > KEEP_DISCARDED) await rm(path, { recursive: true, force: true });
        continue;
      }
      const folder = new RecoveryFolder(path);
      const state = await readState(folder);
      if (state && alive(state.owner)) continue;
      if (age > KEEP_LEFT && (state === null || state.owner.pid === NOBODY.pid)) await folder.remove();
      else if (state && age > KEEP_DISCARDED) await folder.tidy();
    }
  }
}
