/**
 * One life of a document: from what opened it to what replaces it. Model, data and runs with the folder that keeps them;
 * whoever works for it holds it and asks `signal`, so that nothing of one epoch reaches the next.
 */
import { basename } from 'node:path';
import type { RunResult } from '../../../../contract/attribution';
import { MhoError, asMhoError } from '../../../../contract/errors';
import type { ModelSummary } from '../../../../contract/model';
import { plainNote, sameNotebook, type Notebook } from '../../../../contract/notebook';
import type { Judgement } from '../../../../contract/judgement';
import type { Question, Session } from '../../../../contract/session';
import type { JudgementRecord, RunRecord } from '../../../../contract/studio';
import type { SessionView } from '../../../../contract/view';
import { writeSafely } from '../../../engine/sessions/write';
import type { Engine } from '../engine';
import { recordOf } from '../records';
import { NOBODY, type Recovery, type RecoveryFolder, type SavedState } from '../recovery';
import { byInput, Data } from './data';
import { Guests } from './guests';
import { newId } from './ids';
import { judgementFile, Judgements } from './judgements';
import { dataPlaces } from './keptData';
import type { OpenModel } from './model';
import { isKept, Runs, type AskedWith, type Run } from './runs';
import { sessionOf, type GuestPlace, type SessionFile } from './session';

/** A run that was taken in; `unkept` says why it is in no file. */
export interface Kept {
  readonly record: RunRecord;
  readonly unkept: MhoError | null;
}

export interface KeptJudgement {
  readonly record: JudgementRecord;
  readonly unkept: MhoError | null;
}

/** What work was refused with. */
const faultOf = (work: Promise<unknown>): Promise<MhoError | null> =>
  work.then(
    () => null,
    (error: unknown) => asMhoError(error),
  );

export interface EpochSurroundings {
  readonly engine: Engine;
  readonly recovery: Recovery;
  readonly software: Session['software'];
  /** Whether a file outlives the host. */
  readonly lasting: (path: string) => boolean;
}

/**
 * Whose it is, as its folder says: a document's; waiting to be taken back by the window that replaced it, `offered` at the
 * next start if that does not happen; nobody's, and so offered.
 */
type Whose = { readonly document: string } | { readonly waiting: 'offered' | 'given up' } | 'nobody';

export class Epoch {
  model: OpenModel | null = null;
  /** The model as a session describes it, where the model itself is not open. */
  described: ModelSummary | null = null;
  readonly runs = new Runs();
  readonly judgements = new Judgements();
  readonly data: Data;
  readonly guests: Guests;
  session: SessionFile | null = null;
  /** Gives the session file up to other documents. */
  release: () => void = () => undefined;
  created = new Date().toISOString();
  notes = '';
  /** How its window shows it, by ids of runs; null where nobody told. */
  view: SessionView | null = null;
  notebook: Notebook = [];
  /** The notebook that the session file holds. */
  writtenNotebook: Notebook = [];
  readonly #end = new AbortController();
  readonly #works = new Set<Promise<unknown>>();
  #whose: Whose;

  constructor(
    document: string,
    private readonly around: EpochSurroundings,
    readonly folder: RecoveryFolder,
    /** Something about it has changed. */
    private readonly tell: (epoch: Epoch) => void,
  ) {
    this.#whose = { document };
    this.data = new Data(around.engine, (handle, purpose) => this.runs.dataOf(handle, purpose));
    this.guests = new Guests(around.engine, this.signal);
  }

  /** Comes when it is replaced or closed: what was begun for it ends. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  get over(): boolean {
    return this.#end.signal.aborted;
  }

  /** @throws NOTHING_OPEN */
  get openModel(): OpenModel {
    if (!this.model) throw new MhoError('NOTHING_OPEN', { what: 'model' });
    return this.model;
  }

  /** What data are open tells sizes that the model leaves free; where it cannot be opened for them it stays as it is. */
  async sizeToData(signal: AbortSignal): Promise<void> {
    const { model, data } = this;
    if (!model || data.latest === null) return;
    const { arrays } = data.get(data.latest);
    const sized = await Promise.resolve(model.at(byInput(arrays, model.ports), signal)).catch(() => model);
    this.takeModel(sized);
  }

  takeModel(model: OpenModel): void {
    this.model = model;
    this.described = model.summary;
  }

  get summary(): ModelSummary | null {
    return this.model?.summary ?? this.described;
  }

  /** Of the session file, or of the model; null when nothing is open. */
  get title(): string | null {
    if (this.session) return basename(this.session.path);
    return this.model?.sample?.title ?? this.summary?.name ?? null;
  }

  /** Something is in no file, or not as it is. */
  get dirty(): boolean {
    return this.runs.unsaved || this.judgements.unsaved || !sameNotebook(this.notebook, this.writtenNotebook);
  }

  /** Whether there is anything that a session could hold. */
  get holds(): boolean {
    return this.runs.size > 0 || this.judgements.size > 0 || this.notebook.length > 0;
  }

  // ------------------------------------------------------------ runs

  /**
   * Takes a finished run in; it is in the recovery folder before this returns, or `unkept` says why not. What was complete
   * when the epoch ended comes after that, and is kept with it.
   */
  async addRun(
    result: RunResult,
    about: {
      readonly question: Question;
      readonly askedWith: AskedWith;
      readonly job: string;
      readonly aside: string | undefined;
      readonly trace: RunRecord['trace'];
    },
  ): Promise<Kept> {
    const run: Run = {
      id: newId(),
      result,
      ...about,
      model: this.openModel.summary.hash,
      name: null,
      note: '',
      created: new Date().toISOString(),
      keeping: null,
      revision: 0,
    };
    this.runs.add(run);
    if (about.aside === undefined) this.#shows(run);
    this.tell(this);
    const unkept = await faultOf(this.keep(run));
    return { record: recordOf(run), unkept };
  }

  /** Takes how a page shows the document. @param known runs that it had heard of by then: what was made meanwhile is shown as well */
  look(view: SessionView, known: readonly string[] | undefined): void {
    this.view = view;
    if (!known) return;
    const heard = new Set(known);
    for (const run of this.runs.all) if (run.aside === undefined && !heard.has(run.id)) this.#shows(run);
  }

  /** A page that ends before it tells has shown a new run all the same: beside those of its job, else in place of what was not pinned. */
  #shows({ id, job }: Run): void {
    const { view, runs } = this;
    if (!view?.shown) return;
    const together = view.shown.some((other) => runs.find(other)?.job === job);
    this.view = { ...view, shown: [...(together ? view.shown : (view.pinnedRuns ?? [])), id] };
  }

  /**
   * Gives a run that has gone on its new numbers. They are in the recovery folder before the run has them: up to then the
   * folder has those before, which a crash brings back.
   * @returns null where the user has taken the run out meanwhile: it has them when it is put back
   */
  async reviseRun(run: Run, result: RunResult, trace: RunRecord['trace']): Promise<Kept | null> {
    const written = this.#write(run, result, () => this.runs.revise(run, result, trace));
    const unkept = await faultOf(written.then(() => this.write()));
    if (run.result !== result) this.runs.revise(run, result, trace); // in memory alone
    this.tell(this);
    return this.runs.has(run.id) ? { record: recordOf(run), unkept } : null;
  }

  /** Writes a run that is in memory alone into the recovery folder. @throws FILE_WRITE */
  async keep(run: Run): Promise<void> {
    await this.#write(run, run.result, () => undefined);
    await this.write();
  }

  /** Writes numbers of a run into its file of the recovery folder. @param then as soon as they are there @throws FILE_WRITE */
  #write(run: Run, result: RunResult, then: () => void): Promise<void> {
    const file = `${run.id}.mho`;
    return this.folder.add(file, async (path) => {
      await this.around.engine.saveSession(path, this.sessionOf([{ ...run, result }], [], null));
      run.keeping = { in: 'folder', file, numbers: result };
      then();
    });
  }

  /** Takes a judgement in, as `addRun` does a run. */
  async addJudgement(judgement: Judgement): Promise<KeptJudgement> {
    const record = this.judgements.add(judgement);
    this.tell(this);
    const unkept = await faultOf(this.#keepJudgement(record).then(() => this.write()));
    return { record, unkept };
  }

  /** @throws FILE_WRITE */
  #keepJudgement({ id, judgement }: JudgementRecord): Promise<void> {
    const file = judgementFile(id);
    return this.folder.add(file, async (path) => {
      await writeSafely(path, (open) => open.writeFile(JSON.stringify(judgement)));
      this.judgements.keptIn(id, file);
    });
  }

  /** Every run that is there, wherever it was kept before; a full disk is told when the user saves. */
  async keepAll(): Promise<void> {
    for (const run of this.runs.all) if (!isKept(run)) await this.keep(run).catch(() => undefined);
    for (const record of this.judgements.notKept) await this.#keepJudgement(record).catch(() => undefined);
  }

  /** @throws NOTHING_OPEN */
  sessionOf(runs: readonly Run[], judgements: readonly Judgement[], view: SessionView | null): Session {
    const { created, notes, notebook, summary } = this;
    const { software, lasting } = this.around;
    const guests = this.#guestsOf(view).filter(({ path }) => lasting(path));
    const data = dataPlaces(view, this.data, lasting);
    return sessionOf(runs, { created, notes, notebook, judgements, view, guests, data, model: summary, software });
  }

  #guestsOf(view: SessionView | null): readonly GuestPlace[] {
    return this.guests.placesOf(view?.guests ?? []);
  }

  // ------------------------------------------------------------ folder

  get saved(): SavedState {
    const whose = this.#whose;
    const runs = [...this.runs.saved];
    const told = runs.some(({ file }) => file !== null);
    const document = typeof whose === 'object' && 'document' in whose ? whose.document : '';
    return {
      document,
      owner: whose === 'nobody' ? NOBODY : this.around.recovery.owner,
      title: this.title,
      created: this.created,
      notes: this.notes,
      ...(this.view && { view: this.view }),
      guests: [...this.#guestsOf(this.view)],
      notebook: this.notebook.map(plainNote),
      writtenNotebook: this.writtenNotebook.map(plainNote),
      session: this.session,
      model: this.model && {
        path: this.model.path,
        sample: this.model.sample?.name ?? null,
        choices: this.model.choices,
      },
      data: [...this.data.saved],
      ...(!told && this.holds && this.summary && { described: this.summary as SavedState['described'] }),
      runs,
      judgements: [...this.judgements.saved],
      dirty: this.dirty && !(typeof whose === 'object' && 'waiting' in whose && whose.waiting === 'given up'),
    };
  }

  /** @throws FILE_WRITE */
  write(): Promise<void> {
    return this.folder.write(() => this.saved);
  }

  /** What is only for convenience must not fail what the user asked: a full disk is told when a run is kept or saved. */
  async writeQuietly(): Promise<void> {
    await this.write().catch(() => undefined);
  }

  // ------------------------------------------------------------ end

  /** Takes note of work that may bring something in, until it has ended. */
  during(work: Promise<unknown>): void {
    const noted: Promise<unknown> = work.catch(() => undefined).then(() => this.#works.delete(noted));
    this.#works.add(noted);
  }

  /** Whether something may still come in. */
  get busy(): boolean {
    return this.#works.size > 0;
  }

  /** What was begun for it ends: of what was complete by then it is told before `rest` resolves. */
  end(): void {
    this.#end.abort();
  }

  /** Of one that is over: all that it will ever hold is in it. */
  async rest(): Promise<SavedState> {
    while (this.busy) await Promise.all(this.#works);
    return this.saved;
  }

  /** It waits in its folder, as the window may take it back. */
  async wait(waiting: 'offered' | 'given up'): Promise<void> {
    this.#whose = { waiting };
    this.release();
    await this.writeQuietly();
  }

  /** Nobody has it any more: it is offered where something in it is unsaved. Nothing is written after that. */
  async leave(): Promise<void> {
    this.release();
    await this.rest();
    this.#whose = 'nobody';
    if (this.dirty) await this.folder.leave(() => this.saved);
    else await this.folder.remove();
  }

  /** Nobody wants it. */
  async discard(): Promise<void> {
    this.release();
    await this.folder.remove();
  }
}
