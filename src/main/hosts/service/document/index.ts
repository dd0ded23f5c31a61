/**
 * What one window has open. A document is one epoch at a time (model, data and runs: epoch.ts), and what came before it as
 * long as that can be taken back. A change is one step that no other comes between; what has to wait in the middle of one
 * (saving, replacing, closing) takes turns, and reading, which may take long, is done before its turn. It survives the
 * engine's death (recovery.ts). Over 500 lines, since all its changes share the epoch and the turns that keep them apart.
 */
import { basename } from 'node:path';
import { count } from '../../../../contract/words/quantities';
import { MhoError } from '../../../../contract/errors';
import type { ModelSummary } from '../../../../contract/model';
import type { Notebook } from '../../../../contract/notebook';
import type { OpeningChoices } from '../../../../contract/opening';
import type { DataPart, DataSource } from '../../../../contract/setup';
import type {
  LayerContributions,
  DocumentState,
  InputData,
  OpenedModel,
  GuestRuns,
  OpenedSession,
  Params,
  RunRecord,
} from '../../../../contract/studio';
import type { SessionView } from '../../../../contract/view';
import { isFromFile } from '../../../../contract/words/baselines';
import { shortFolder } from '../../folders';
import type { Arrays } from '../arrays';
import { sourceOf, withPart } from '../data';
import { recordOf, type StoredRun } from '../records';
import type { RecoveryFolder, SavedState } from '../recovery';
import { sample as findSample, type Sample } from '../samples';
import { Turns } from '../turns';
import { byInput, readOpenData, type Purpose } from './data';
import { Epoch, type EpochSurroundings } from './epoch';
import { newId } from './ids';
import { openedModel, readModel, sameArchitecture, type OpenModel } from './model';
import { Openings, type Opening } from './openings';
import { Reopening, type ReopeningSurroundings } from './reopening';
import { placeOf, sameStamp, stampOf, storedRuns, type SessionFile } from './session';

export interface DocumentSurroundings extends EpochSurroundings, ReopeningSurroundings {
  readonly changed: (document: string, state: DocumentState) => void;
}

/** What becomes of unsaved runs when a request replaces the document: the user is asked first, they go, or they are offered at the next start. */
export type Unsaved = 'ask' | 'discard' | 'keep';

/** How often a session file is read that is written anew each time, before it is taken as it was read. */
const MOST_READINGS = 3;

/** What was open before. */
interface Before {
  readonly folder: RecoveryFolder;
  /** Comes when nothing is under way for it any more. */
  readonly state: Promise<SavedState>;
}

/** Runs to compare with, as a session that is open nowhere. */
const guests = (
  title: string,
  summary: ModelSummary | null,
  runs: readonly StoredRun[],
  notebook: Notebook = [],
): OpenedSession => ({
  document: {
    title,
    session: null,
    dirty: false,
    runs: runs.length,
    notes: notebook.length,
    judgements: 0,
    modelOpen: false,
    opening: null,
  },
  summary,
  runs: runs.map(recordOf),
  view: null,
  notebook,
  judgements: [],
});

export class Document {
  #epoch: Epoch;
  #before: Before | null = null;
  /** Whose weights stay where it is computed. */
  #held: OpenModel | null = null;
  #reading: DocumentState['opening'] = null;
  #closed = false;
  readonly #openings = new Openings();
  readonly #turns = new Turns();
  readonly #reopening: Reopening;
  /** Resolves when what an engine before this one left is found again. */
  readonly ready: Promise<void>;

  constructor(
    readonly id: string,
    private readonly around: DocumentSurroundings,
  ) {
    this.#epoch = this.#newEpoch(around.recovery.create());
    this.#reopening = new Reopening(id, around, (path, sample, choices, given) =>
      this.#openings.beside(path, given, ({ signal }) => this.#readModel(path, sample, choices, signal)),
    );
    this.ready = this.#findAgain();
  }

  // ------------------------------------------------------------ state

  /** What is open now; who works for it asks its signal. */
  get epoch(): Epoch {
    return this.#epoch;
  }

  get state(): DocumentState {
    const { session, title, dirty, runs, notebook, judgements, model } = this.#epoch;
    return {
      title,
      session: session && { name: basename(session.path), where: shortFolder(session.path) },
      dirty,
      runs: runs.size,
      notes: notebook.length,
      judgements: judgements.size,
      modelOpen: model !== null,
      opening: this.#reading,
    };
  }

  /** All of it, for a page that knows nothing of it; null when nothing is open. */
  get present(): OpenedSession | null {
    return this.#epoch.summary && this.#shown;
  }

  get #shown(): OpenedSession {
    const { summary, runs, view, notebook, judgements } = this.#epoch;
    return { document: this.state, summary, runs: runs.records, view, notebook, judgements: judgements.all };
  }

  #tell(): void {
    if (!this.#closed) this.around.changed(this.id, this.state);
  }

  /** After every change: told, and kept for who finds it again. */
  async #changed(epoch = this.#epoch): Promise<void> {
    this.#tell();
    await epoch.writeQuietly();
  }

  // ------------------------------------------------------------ replacing

  #newEpoch(folder: RecoveryFolder): Epoch {
    return new Epoch(this.id, this.around, folder, (epoch) => epoch === this.#epoch && this.#tell());
  }

  /** @throws RUNS_UNSAVED */
  #checkReplacing(unsaved: Unsaved): void {
    const { dirty, holds, title } = this.#epoch;
    if (dirty && holds && unsaved === 'ask') throw new MhoError('RUNS_UNSAVED', { title: title ?? 'The session' });
  }

  /**
   * Another epoch takes the place of the present one, which waits in its folder for the window to take it back.
   * @param asRead whether it is still what is on the disk
   * @returns false where it is not; as where it throws, nothing has changed then
   * @throws RUNS_UNSAVED, OPENING_CANCELLED
   */
  #replace(
    next: Epoch,
    opening: Opening,
    unsaved: Unsaved,
    asRead: () => Promise<boolean> = () => Promise.resolve(true),
  ): Promise<boolean> {
    return this.#turns.take(async () => {
      if (!(await asRead())) return false;
      this.#checkReplacing(unsaved);
      opening.commit();
      const [last, before] = [this.#epoch, this.#before];
      this.#epoch = next;
      this.#before = null;
      last.end();
      this.#tell();
      // What follows is tidying: it cannot fail what has already happened.
      if (before && before.folder !== next.folder) await this.#leaveBefore(before);
      if (last.holds || last.busy) {
        await last.wait(unsaved === 'discard' ? 'given up' : 'offered');
        this.#before = { folder: last.folder, state: last.rest() };
      } else await last.discard().catch(() => undefined);
      await this.#hold(next.model);
      await next.keepAll();
      await next.writeQuietly();
      return true;
    });
  }

  /** Nobody can take back any more what was open before. */
  async #leaveBefore({ folder, state: resting }: Before): Promise<void> {
    const state = await resting;
    const left = state.dirty ? folder.leave(() => this.around.recovery.left(state)) : folder.remove();
    await left.catch(() => undefined);
  }

  /** Weights of the open model stay where it is computed until another takes its place. In its turn. */
  async #hold(next: OpenModel | null): Promise<void> {
    const last = this.#held;
    if (last === next) return;
    this.#held = next;
    // The same model, opened again, keeps its weights where they are.
    if (next) await this.around.engine.keepModel(next.graph).catch(() => undefined);
    if (last) await this.around.engine.releaseModel(last.graph).catch(() => undefined);
  }

  /** Ends what is being opened; the document stays as it was. */
  cancelOpening(): void {
    this.#openings.cancel();
  }

  // ------------------------------------------------------------ model

  /** @throws RUNS_UNSAVED where another model would replace unsaved runs and the user was not asked, MODEL_…, OPENING_CANCELLED */
  openModel(
    path: string,
    sampleName: string | null,
    unsaved: Unsaved,
    choices: OpeningChoices = {},
  ): Promise<OpenedModel> {
    return this.#openings.inTurn(sampleName ?? path, async (opening) => {
      const sample = sampleName === null ? null : await findSample(this.around.samples, sampleName);
      const model = await this.#readModel(sample?.model ?? path, sample, choices, opening.signal);
      const another = (): boolean => (this.#epoch.summary ?? model.summary).hash !== model.summary.hash;
      if (another()) this.#checkReplacing(unsaved);
      const data =
        sample && (await readOpenData(this.around.engine, sourceOf(sample.inputs), model.ports, opening.signal));
      const take = (epoch: Epoch): void => {
        epoch.takeModel(model);
        epoch.data.clear();
        if (data) epoch.data.take(newId(), data, 'input');
      };
      if (another()) {
        const next = this.#newEpoch(this.around.recovery.create());
        const last = this.#epoch;
        take(next);
        // another checkpoint is asked about the same data
        if (!data && last.model && sameArchitecture(last.model, model)) next.data.takeOpen(last.data);
        await next.sizeToData(opening.signal);
        await this.#replace(next, opening, unsaved);
      } else await this.#takeModel(take, opening);
      return this.opened()!;
    });
  }

  /** The open model, opened with other choices. @throws as `openModel`, NOTHING_OPEN */
  async reopenModel(choices: OpeningChoices, unsaved: Unsaved): Promise<OpenedModel> {
    const { path, sample } = this.#epoch.openModel;
    return this.openModel(path, sample?.name ?? null, unsaved, choices);
  }

  /** The same model again, or the first one: the runs stay. @throws OPENING_CANCELLED */
  #takeModel(take: (epoch: Epoch) => void, opening: Opening): Promise<void> {
    return this.#turns.take(async () => {
      opening.commit();
      take(this.#epoch);
      await this.#hold(this.#epoch.model);
      await this.#changed();
    });
  }

  /** Reads a model; of a large one, the window is told how far it has come. */
  async #readModel(
    path: string,
    sample: Sample | null,
    choices: OpeningChoices,
    signal: AbortSignal,
  ): Promise<OpenModel> {
    let told = false;
    const onProgress = (done: number, total: number): void => {
      told = true;
      this.#reading = { done, total };
      this.#tell();
    };
    const end = (): void => {
      if (!told) return;
      told = false;
      this.#reading = null;
      this.#tell();
    };
    signal.addEventListener('abort', end);
    try {
      return await readModel(this.around.engine, path, sample, choices, { signal, onProgress });
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  }

  opened(): OpenedModel | null {
    const { model, data } = this.#epoch;
    return (
      model && openedModel(this.around.engine, model, data.latest === null ? null : data.shown(data.latest, model))
    );
  }

  // ------------------------------------------------------------ data

  /**
   * @param asked as the request `readInputs`
   * @throws OPENING_CANCELLED; INPUT_… where it cannot be read, or cannot take the place of what is open
   */
  readInputs(paths: readonly string[], asked: Omit<Params<'readInputs'>, 'files'> = {}): Promise<InputData> {
    const { input, into, purpose = 'input', reading = {} } = asked;
    const before = into === undefined ? null : this.#epoch.data.get(into);
    const part: DataPart = { paths: [...paths], input: input ?? null };
    const source = before?.source ? withPart(before.source, part) : { parts: [part], reading };
    return this.#readData({ ...source, reading: { ...source.reading, ...reading } }, purpose);
  }

  /** @throws INPUT_…, NOTHING_OPEN where the data come from no file, OPENING_CANCELLED */
  rereadInputs(handle: string, reading: DataSource['reading']): Promise<InputData> {
    const { data } = this.#epoch;
    const { source } = data.get(handle);
    if (!source) throw new MhoError('NOTHING_OPEN', { what: 'picture' });
    return this.#readData({ ...source, reading: { ...source.reading, ...reading } }, data.purposeOf(handle));
  }

  async #readData(source: DataSource, purpose: Purpose): Promise<InputData> {
    const epoch = this.#epoch;
    const model = epoch.openModel;
    const handle = newId();
    await this.#openings.beside(source.parts.at(-1)!.paths[0]!, epoch.signal, async (opening) => {
      const data = await readOpenData(this.around.engine, source, model.ports, opening.signal);
      const fault = epoch.data.wrong(data, purpose, source.parts.at(-1)!.input, model);
      if (fault) throw fault;
      const sized = purpose === 'input' ? await model.at(byInput(data.arrays, model.ports), opening.signal) : null;
      opening.commit();
      epoch.data.take(handle, data, purpose);
      if (sized) epoch.takeModel(sized);
    });
    if (this.#held !== this.#epoch.model)
      await this.#turns.take(() => this.#hold(this.#closed ? null : this.#epoch.model));
    await this.#changed(epoch);
    return epoch.data.shown(handle, model);
  }

  /** An example with changes. @throws INPUT_UNKNOWN, EXAMPLES_RANGE, EDIT_OUTSIDE, HANDLE_UNKNOWN */
  editInputs({ data: of, example, edits }: Params<'editInputs'>): InputData {
    const { data, openModel } = this.#epoch;
    const handle = newId();
    data.edit(handle, of, example, edits, openModel);
    return data.shown(handle, openModel);
  }

  /** Rows of data, by the model's inputs. @throws EXAMPLES_RANGE */
  inputRows(handle: string, examples: readonly number[]): Arrays {
    return this.#epoch.data.rows(handle, examples, this.#epoch.openModel);
  }

  // ------------------------------------------------------------ runs

  /** The arrays that a run's inputs were compared with; null where it was one value for all. */
  runBaseline(id: string): { data: InputData; perExample: boolean } | null {
    const { runs, data, openModel } = this.#epoch;
    const run = runs.get(id);
    const { baseline } = run.question;
    if (!isFromFile(baseline)) return null;
    const handle = run.askedWith.baseline ?? newId();
    run.askedWith = { ...run.askedWith, baseline: handle };
    return { data: data.shown(handle, openModel), perExample: baseline.perExample === true };
  }

  /** The rows that a run took. @throws HANDLE_UNKNOWN, NOTHING_OPEN */
  runInputs(id: string): InputData {
    const { runs, data, openModel } = this.#epoch;
    const run = runs.get(id);
    const handle = run.askedWith.data ?? newId();
    run.askedWith = { ...run.askedWith, data: handle };
    return data.shown(handle, openModel);
  }

  /**
   * @param of by what it is this document that is meant, and not what was open before: one of its runs; where it holds notes
   * alone, its model's hash
   * @param known runs that the page had heard of when it told the view; default: all
   * @throws HANDLE_UNKNOWN
   */
  async keepView(of: string, view: SessionView, known?: readonly string[]): Promise<void> {
    const epoch = this.#epoch;
    const { runs, holds, summary } = epoch;
    const notesAlone = runs.size === 0 && holds && summary?.hash === of;
    if (!notesAlone) runs.get(of);
    epoch.look(view, known);
    await epoch.writeQuietly();
  }

  /** @throws HANDLE_UNKNOWN, LAYER_UNKNOWN; of a guest that was put away: SESSION_… */
  async contributions(id: string, layer: string): Promise<LayerContributions> {
    const { runs, guests } = this.#epoch;
    const { result } = runs.find(id) ?? (await guests.get(id));
    const found = result.layers.find(({ name }) => name === layer);
    if (!found) throw new MhoError('LAYER_UNKNOWN', { layer, hint: '' });
    // Copied: an array sent takes the memory that it is a part of along, and that is all layers'.
    const { contributions, spread, references } = found;
    return { contributions: contributions.slice(), spread, references: references?.slice() ?? null };
  }

  async describeRun(id: string, name: string | undefined, note: string | undefined): Promise<RunRecord> {
    const run = this.#epoch.runs.describe(id, name, note);
    await this.#changed();
    return recordOf(run);
  }

  async removeRun(id: string): Promise<void> {
    this.#epoch.runs.remove(id);
    await this.#changed();
  }

  async restoreRun(id: string): Promise<RunRecord> {
    const epoch = this.#epoch;
    const run = epoch.runs.restore(id);
    await this.#changed(epoch);
    await epoch.keepAll();
    return recordOf(run);
  }

  async removeJudgement(id: string): Promise<void> {
    this.#epoch.judgements.remove(id);
    await this.#changed();
  }

  async restoreJudgement(id: string): Promise<void> {
    this.#epoch.judgements.restore(id);
    await this.#changed();
  }

  /** Keeps the notebook as it is now. @throws HANDLE_UNKNOWN where it is about another model than is open */
  async keepNotebook(model: string, notebook: Notebook): Promise<void> {
    const epoch = this.#epoch;
    if (epoch.summary?.hash !== model) throw new MhoError('HANDLE_UNKNOWN', { what: 'notebook of model', id: model });
    epoch.notebook = notebook;
    await this.#changed(epoch);
  }

  // ------------------------------------------------------------ sessions

  /**
   * Writes the session: to the path, else to the file it has. To its own file only when nobody changed that meanwhile.
   * @returns whether there was a file to write to
   * @throws FILE_WRITE, SESSION_CHANGED, SESSION_OPEN_ELSEWHERE, NOTHING_OPEN; HANDLE_UNKNOWN where it is replaced by then
   */
  save(given: string | null): Promise<boolean> {
    const epoch = this.#epoch;
    return this.#turns.take(async () => {
      if (epoch !== this.#epoch || this.#closed)
        throw new MhoError('HANDLE_UNKNOWN', { what: 'session', id: epoch.title ?? 'to be saved' });
      const path = given ?? epoch.session?.path;
      if (path === undefined) return false;
      const place = await placeOf(path);
      const release = this.around.places.claim(place, this.id);
      try {
        const then = epoch.session?.path === place ? epoch.session.stamp : null;
        const now = then && (await stampOf(place));
        if (now && !sameStamp(now, then)) throw new MhoError('SESSION_CHANGED', { path });
        const snapshot = epoch.runs.snapshot();
        const { notebook } = epoch;
        const judgements = epoch.judgements.all;
        const session = epoch.sessionOf(snapshot.runs, judgements.map(({ judgement }) => judgement), epoch.view); // prettier-ignore
        await this.around.engine.saveSession(place, session);
        const stamp = await stampOf(place);
        epoch.session = { path: place, stamp };
        epoch.runs.wrote(snapshot, this.around.lasting(place));
        epoch.judgements.wrote(judgements);
        epoch.writtenNotebook = notebook;
      } catch (error) {
        release();
        throw error;
      }
      epoch.release();
      epoch.release = release;
      await epoch.keepAll();
      await this.#changed(epoch);
      return true;
    });
  }

  /** @throws RUNS_UNSAVED where it would replace unsaved runs and the user was not asked, SESSION_…, OPENING_CANCELLED */
  openSession(path: string, unsaved: Unsaved): Promise<OpenedSession> {
    return this.#openings.inTurn(path, async (opening) => {
      const place = await placeOf(path);
      for (let again = MOST_READINGS; ; again--) {
        const next = this.#newEpoch(this.around.recovery.create());
        next.release = this.around.places.claim(place, this.id);
        try {
          const stamp = await stampOf(place);
          await this.#readSession(next, { path: place, stamp }, unsaved, opening.signal);
          // This document itself may have been writing it: what was read is to be what is there.
          const asRead = async (): Promise<boolean> => again === 0 || sameStamp(stamp, await stampOf(place));
          if (await this.#replace(next, opening, unsaved, asRead)) return this.#shown;
          next.release();
        } catch (error) {
          next.release();
          throw error;
        }
      }
    });
  }

  async #readSession(next: Epoch, file: SessionFile, unsaved: Unsaved, signal: AbortSignal): Promise<void> {
    const session = await this.around.engine.openSession(file.path, { signal });
    this.#checkReplacing(unsaved);
    await this.#reopening.session(next, file, session, signal);
  }

  /** Another session's runs, to compare with. @throws SESSION_…, OPENING_CANCELLED */
  async readSession(path: string): Promise<OpenedSession> {
    const epoch = this.#epoch;
    const session = await this.#openings.beside(path, epoch.signal, ({ signal }) =>
      this.around.engine.openSession(path, { signal }),
    );
    const runs = storedRuns(session);
    epoch.guests.take(runs.map((run, place) => ({ path, place, run, describes: session.model })));
    return guests(basename(path), session.model, runs, session.notebook);
  }

  /** The runs of what was open before, to compare with. @throws HANDLE_UNKNOWN, OPENING_CANCELLED */
  async readBefore(): Promise<OpenedSession> {
    const [before, epoch] = [this.#before, this.#epoch];
    if (!before) throw new MhoError('HANDLE_UNKNOWN', { what: 'earlier session', id: 'before' });
    const state = await before.state;
    const found = await this.#openings.beside('what was open before', epoch.signal, ({ signal }) =>
      this.#reopening.runsOf(before.folder, state, signal),
    );
    epoch.guests.take(found, (path) => path !== state.session?.path);
    const runs = found.map(({ run }) => run);
    return guests(
      state.title ?? 'What was open before',
      found[0]?.describes ?? state.described ?? null,
      runs,
      state.notebook,
    );
  }

  /** The guests that the view names, read again where they have to be. */
  async guestRuns(): Promise<GuestRuns> {
    const { guests, view } = this.#epoch;
    const { runs, models, missing } = await guests.read(view?.guests ?? []);
    return {
      runs: runs.map(recordOf),
      models: [...models],
      missing: missing.map(({ path, runs: many, fault }) => {
        const reason = fault?.message ?? 'It holds other runs by now.';
        return new MhoError('GUESTS_AWAY', { runs: count(many, 'run'), session: basename(path), reason }).fault;
      }),
    };
  }

  // ------------------------------------------------------------ recovery

  /** What was open before this, as it was. This one can be taken back in turn. @throws RUNS_UNSAVED, HANDLE_UNKNOWN, OPENING_CANCELLED */
  reopenBefore(unsaved: Unsaved): Promise<OpenedSession> {
    return this.#openings.inTurn('what was open before', async (opening) => {
      const before = this.#before;
      if (!before) throw new MhoError('HANDLE_UNKNOWN', { what: 'earlier session', id: 'before' });
      this.#checkReplacing(unsaved);
      await this.#takeOver(await this.#adopted(before.folder, await before.state, opening.signal), opening, unsaved);
      return this.#shown;
    });
  }

  /** @param name of what a crash left @throws RUNS_UNSAVED where it would replace unsaved runs and the user was not asked, HANDLE_UNKNOWN, OPENING_CANCELLED */
  recover(name: string, unsaved: Unsaved): Promise<OpenedSession> {
    return this.#openings.inTurn(name, async (opening) => {
      const unknown = (): MhoError => new MhoError('HANDLE_UNKNOWN', { what: 'recovered session', id: name });
      if (!(await this.around.recovery.orphan(name))) throw unknown(); // nobody is asked to give up runs for nothing
      this.#checkReplacing(unsaved);
      const left = await this.around.recovery.claim(name);
      if (!left) throw unknown();
      try {
        await this.#takeOver(await this.#adopted(left.folder, left.state, opening.signal), opening, unsaved);
      } catch (error) {
        await left.giveBack();
        throw error;
      }
      return this.#shown;
    });
  }

  async #adopted(folder: RecoveryFolder, state: SavedState, signal: AbortSignal): Promise<Epoch> {
    const epoch = this.#newEpoch(folder);
    await this.#reopening.folder(epoch, state, signal);
    return epoch;
  }

  async #takeOver(next: Epoch, opening: Opening, unsaved: Unsaved): Promise<void> {
    try {
      await this.#replace(next, opening, unsaved);
    } catch (error) {
      next.release();
      throw error;
    }
  }

  /** As an engine before this one left it. Its model can be given up while it is read; the runs come back in any case. */
  async #findAgain(): Promise<void> {
    const left = await this.around.recovery.of(this.id);
    if (!left) return;
    this.#epoch = await this.#adopted(left.folder, left.state, new AbortController().signal);
    await this.#hold(this.#epoch.model);
    await this.#epoch.keepAll();
    await this.#changed();
  }

  // ------------------------------------------------------------ end

  /** Nobody has it open any more: offered again when something in it is unsaved. */
  leave(): Promise<void> {
    return this.#end((epoch) => epoch.leave());
  }

  /** The window is closed and the user has decided about what was unsaved. */
  close(): Promise<void> {
    return this.#end((epoch) => epoch.discard());
  }

  /** Ends what goes on, at once; what is just being written is written first. */
  async #end(last: (epoch: Epoch) => Promise<void>): Promise<void> {
    this.#openings.close();
    this.#epoch.end();
    await this.ready.catch(() => undefined);
    await this.#turns.take(async () => {
      this.#closed = true;
      this.#epoch.end();
      await this.#hold(null);
      if (this.#before) await this.#leaveBefore(this.#before);
      this.#before = null;
      await last(this.#epoch);
    });
  }
}
