/**
 * A document as it was, out of a session file or of its recovery folder: its runs in any case, its model and data where
 * they are still there and still the same.
 */
import { basename, dirname, join } from 'node:path';
import type { RunResult } from '../../../../contract/attribution';
import type { ModelSummary } from '../../../../contract/model';
import { choicesOf, type OpeningChoices } from '../../../../contract/opening';
import type { Question, Session } from '../../../../contract/session';
import { holds, type Arrays } from '../arrays';
import { sourceOf } from '../data';
import type { Engine } from '../engine';
import type { StoredRun } from '../records';
import { runsOf, type RecoveryFolder, type SavedRun, type SavedState } from '../recovery';
import { sample as findSample, samples as allSamples, type Sample } from '../samples';
import { readOpenData } from './data';
import type { Epoch } from './epoch';
import type { Placed } from './guests';
import { newId } from './ids';
import { readKept } from './keptData';
import type { OpenModel } from './model';
import type { AdoptedRun, AskedWith, Keeping } from './runs';
import {
  sameStamp,
  stampOf,
  storedRuns,
  viewFromFile,
  type DataPlace,
  type SessionFile,
  type SessionPlaces,
} from './session';

export interface ReopeningSurroundings {
  readonly engine: Engine;
  /** Folder of the bundled samples. */
  readonly samples: string;
  /** Session files of all documents. */
  readonly places: SessionPlaces;
  /** Whether a file outlives the host. */
  readonly lasting: (path: string) => boolean;
}

/** A run of a session file, with what the file says of its model. */
type Found = StoredRun & { readonly describes: ModelSummary };

/** A run of a recovery folder, or of the session file that it is about. */
interface FoundRun extends Placed {
  readonly saved: SavedRun;
}

/** Where a model was that is known by its description alone. */
const placeOfModel = (described: ModelSummary): NonNullable<SavedState['model']> => ({
  path: described.path,
  sample: null,
  choices: choicesOf(described),
});

const NO_DATA: AskedWith = { data: null, baseline: null };

export class Reopening {
  constructor(
    private readonly document: string,
    private readonly around: ReopeningSurroundings,
    /** The user may give a model up; the rest goes on without. */
    private readonly readModel: (
      path: string,
      sample: Sample | null,
      choices: OpeningChoices,
      signal: AbortSignal,
    ) => Promise<OpenModel>,
  ) {}

  /** Takes in what a session file holds; the file's place is claimed by then. */
  async session(epoch: Epoch, file: SessionFile, session: Session, signal: AbortSignal): Promise<void> {
    epoch.session = file;
    epoch.described = session.model;
    epoch.created = session.created;
    epoch.notes = session.notes;
    epoch.notebook = epoch.writtenNotebook = session.notebook ?? [];
    for (const judgement of session.judgements ?? []) epoch.judgements.add(judgement);
    epoch.judgements.wrote(epoch.judgements.all);
    for (const run of storedRuns(session)) epoch.runs.add({ ...run, askedWith: NO_DATA, keeping: null, revision: 0 });
    const ids = epoch.runs.all.map(({ id }) => id);
    let named: readonly DataPlace[] = [];
    if (session.view) {
      const { view, guests, data } = await viewFromFile(session.view, ids, file.path);
      epoch.view = view;
      named = data;
      epoch.guests.expect(guests);
    }
    epoch.runs.wrote(epoch.runs.snapshot(), this.around.lasting(file.path));
    await this.#model(epoch, placeOfModel(session.model), signal);
    if (epoch.model) {
      await this.#named(epoch, named, file.path, signal);
      await this.#dataOf(epoch, session, dirname(file.path), signal);
    }
    await epoch.sizeToData(signal);
  }

  /** Takes in what the epoch's folder holds; a file that is gone takes its runs with it. */
  async folder(epoch: Epoch, state: SavedState, signal: AbortSignal): Promise<void> {
    try {
      if (state.session) epoch.release = this.around.places.claim(state.session.path, this.document);
      epoch.session = state.session;
    } catch {
      // Another document has the file by now: these runs are to be saved under another name.
    }
    if (state.created !== undefined) epoch.created = state.created;
    epoch.notes = state.notes ?? '';
    epoch.view = state.view ?? null;
    epoch.guests.expect(state.guests ?? []);
    epoch.notebook = state.notebook ?? [];
    epoch.writtenNotebook = state.writtenNotebook ?? [];
    epoch.described = state.described ?? null;
    const asWritten = await this.#asWritten(epoch);
    await this.#runs(epoch, state, asWritten, signal);
    await epoch.judgements.adopt(state.judgements ?? [], epoch.folder, asWritten);
    // that it was away when this was left is no reason not to look for it
    const model = state.model ?? (epoch.described && placeOfModel(epoch.described));
    if (model) await this.#model(epoch, model, signal);
    for (const { id, source, baseline } of epoch.model ? state.data : []) {
      const data = source
        ? await readOpenData(this.around.engine, source, epoch.openModel.ports, signal).catch(() => null)
        : epoch.runs.dataOf(id, null);
      if (data) epoch.data.take(id, data, baseline ? 'baseline' : 'input');
    }
    await epoch.sizeToData(signal);
  }

  async #runs(epoch: Epoch, state: SavedState, asWritten: boolean, signal: AbortSignal): Promise<void> {
    const { session } = epoch;
    const all: AdoptedRun[] = [];
    for (const { saved, run, describes } of await this.#found(epoch.folder, state, state.runs, signal)) {
      const { file, place, askedWith = NO_DATA } = saved;
      const numbers = run.result;
      const keeping: Keeping | null =
        file !== null ? { in: 'folder', file, numbers } : session && { in: 'session', place, numbers };
      all.push({ saved, run: { ...run, askedWith, keeping, revision: 0 } });
      epoch.described ??= describes;
    }
    if (asWritten)
      epoch.runs.adopt(all, ({ saved }) => (saved.saved ? 'as it is' : saved.changed ? 'as before' : 'not'));
    else await this.#byContent(epoch, all, signal);
  }

  /**
   * Of a session file that is not as the folder tells it: this document may have written it just before its program ended, or somebody
   * else since. It is this document's where all that it holds are its runs.
   */
  async #byContent(epoch: Epoch, all: readonly AdoptedRun[], signal: AbortSignal): Promise<void> {
    const { session } = epoch;
    const stamp = session && (await stampOf(session.path));
    const file = stamp && (await this.around.engine.openSession(session.path, { signal }).catch(() => null));
    const stored = file ? storedRuns(file) : [];
    const ours = stored.length > 0 && stored.every((there) => all.some(({ saved }) => isThatRun(there, saved)));
    const isRead = ours && sameStamp(stamp, await stampOf(session!.path));
    epoch.runs.adopt(all, ({ run, saved }) => {
      const there = isRead ? stored.find((each) => isThatRun(each, saved)) : undefined;
      if (!there) return 'not';
      const same = there.name === saved.name && there.note === saved.note && sameNumbers(there.result, run.result);
      return same ? 'as it is' : 'as before';
    });
    if (!isRead) return;
    epoch.session = { path: session!.path, stamp };
    epoch.writtenNotebook = file!.notebook ?? [];
  }

  /** Whether the session file is still what it was: one that somebody else has written since holds nobody knows what. */
  async #asWritten({ session }: Epoch): Promise<boolean> {
    const stamp = session && (await stampOf(session.path));
    return stamp !== null && sameStamp(stamp, session!.stamp);
  }

  /** The runs of a folder and of its session file that were not taken out, and where they are. */
  async runsOf(folder: RecoveryFolder, state: SavedState, signal: AbortSignal): Promise<readonly Placed[]> {
    return this.#found(folder, state, runsOf(state), signal);
  }

  /** What of a state's runs is still there, called as the state calls it. */
  async #found(
    folder: RecoveryFolder,
    state: SavedState,
    wanted: readonly SavedRun[],
    signal: AbortSignal,
  ): Promise<readonly FoundRun[]> {
    const read = this.#reader(signal);
    const all: FoundRun[] = [];
    for (const saved of wanted) {
      const path = saved.file === null ? state.session?.path : folder.file(saved.file);
      const found = path === undefined ? null : await this.#run(path, saved, read);
      if (!found) continue;
      const { describes, ...run } = found;
      const { id, place, name, note, trace } = saved;
      all.push({ saved, describes, path: path!, place, run: { ...run, id, name, note, trace: [...trace] } });
    }
    return all;
  }

  /** Null where its file is gone, or holds another run at its place by now. */
  async #run(path: string, saved: SavedRun, read: (path: string) => Promise<readonly Found[]>): Promise<Found | null> {
    const run = (await read(path))[saved.place];
    return run && isThatRun(run, saved) ? run : null;
  }

  /** Reads each session file once; none where it is gone or damaged. */
  #reader(signal: AbortSignal): (path: string) => Promise<readonly Found[]> {
    const known = new Map<string, readonly Found[]>();
    return async (path) => {
      const runs =
        known.get(path) ??
        (await this.around.engine.openSession(path, { signal }).then(
          (session) => storedRuns(session).map((run) => ({ ...run, describes: session.model })),
          () => [],
        ));
      known.set(path, runs);
      return runs;
    };
  }

  /** The model, when it is still there and still the same. */
  async #model(
    epoch: Epoch,
    { path, sample, choices = {} }: NonNullable<SavedState['model']>,
    signal: AbortSignal,
  ): Promise<void> {
    const known = (await allSamples(this.around.samples)).find(
      (each) => each.info.name === sample || each.model === path,
    );
    const model = await this.readModel(path, known ?? null, choices, signal).catch(() => null);
    if (!model || (epoch.described && model.summary.hash !== epoch.described.hash)) return; // shown without its model
    epoch.model = model;
    epoch.described = model.summary;
  }

  /** What was asked at the left, of files that are there and hold what they held. */
  async #named(epoch: Epoch, places: readonly DataPlace[], file: string, signal: AbortSignal): Promise<void> {
    const { asked } = epoch.view ?? {};
    for (const place of places) {
      const purpose = asked?.rows === place.id ? 'input' : 'baseline';
      const data = await readKept(this.around.engine, place, file, epoch.openModel.ports, signal);
      if (data) epoch.data.take(place.id, data, purpose);
    }
  }

  /**
   * The data that the run which is shown was asked for, else the last that the user asked, so that it can be run again: from its file, where that is still
   * beside the session or the model and still holds the same rows, else those rows alone, out of the session.
   */
  async #dataOf(epoch: Epoch, session: Session, beside: string, signal: AbortSignal): Promise<void> {
    const asked = session.runs.findLast(({ label }) => label?.aside === undefined) ?? session.runs.at(-1);
    const shown = session.view?.shown?.[0];
    const question = session.questions[(session.runs[Number(shown)] ?? asked)?.question ?? -1];
    if (!question) return;
    const { inputs, examples, source } = question;
    const { path, ports, sample } = epoch.openModel;
    const folders = [beside, dirname(path), path];
    if (sample) folders.push(dirname((await findSample(this.around.samples, sample.name)).inputs));
    const { latest } = epoch.data;
    const open = latest === null ? null : epoch.data.get(latest, 'input');
    const isOpen = open !== null && open.name === source && holds(open.arrays, examples, inputs, ports);
    const handle = isOpen ? latest! : newId();
    const took = (of: Question): void => {
      for (const run of epoch.runs.all) if (run.question === of) run.askedWith = { ...NO_DATA, data: handle };
    };
    const takeAll = (found: Arrays): void => {
      for (const other of session.questions)
        if (other.source === source && holds(found, other.examples, other.inputs, ports)) took(other);
    };
    took(question);
    if (isOpen) return takeAll(open.arrays);
    for (const folder of source === null ? [] : folders) {
      const file = join(folder, basename(source!)); // a session from elsewhere names no other folder
      const found = await readOpenData(this.around.engine, sourceOf(file), ports, signal).catch(() => null);
      if (!found || !holds(found.arrays, examples, inputs, ports)) continue;
      takeAll(found.arrays);
      epoch.data.take(handle, found, 'input');
      return;
    }
    const rows = epoch.runs.dataOf(handle, 'input');
    if (rows) epoch.data.take(handle, rows, 'input');
  }
}

/** A place of a session file that was written anew in the meantime may hold another run. */
/** Of one run, whether it has not gone on between. */
const sameNumbers = (a: RunResult, b: RunResult): boolean =>
  a.durationMs === b.durationMs && walksOf(a).join() === walksOf(b).join() && a.delta.join() === b.delta.join();
const walksOf = ({ adaptive }: RunResult): number[] => adaptive?.examples.map(({ walks }) => walks) ?? [];

const isThatRun = ({ created, job, result }: StoredRun, saved: SavedRun): boolean =>
  created === saved.created && job === saved.job && (saved.method === undefined || result.method === saved.method);
