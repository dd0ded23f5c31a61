/** What one window has open: a model, data, runs, a session file. It survives the engine's death (recovery.ts). */
import { randomBytes } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { AttributionRequest, RunResult } from '../../../contract/attribution';
import type { InputPort } from '../../../contract/data';
import { MhoError } from '../../../contract/errors';
import type { ModelSummary } from '../../../contract/model';
import type { Question, Session } from '../../../contract/session';
import type {
  DocumentState,
  InputData,
  OpenedModel,
  OpenedSession,
  Params,
  RunRecord,
  RunSetup,
  SampleInfo,
  StudioBaseline,
} from '../../../contract/studio';
import { madeName } from '../../../contract/words/runs';
import type { DataRead } from '../../engine/data';
import type { Graph } from '../../engine/graph/graph';
import { portsOf, readSource, withPart, type DataSource } from './data';
import type { Engine } from './engine';
import { labelsBeside } from './labels';
import {
  holds,
  inputData,
  inputFaults,
  matched,
  openedModel,
  placesOf,
  recordOf,
  rowsOf,
  type Arrays,
  type StoredRun,
} from './records';
import { NOBODY, type Recovery, type RecoveryFolder, type SavedState, type Stamp } from './recovery';
import { sample as findSample, samples as allSamples, type Sample } from './samples';
import { shortFolder } from '../folders';
import { Turns } from './turns';

export interface DocumentSurroundings {
  readonly engine: Engine;
  readonly recovery: Recovery;
  readonly samples: string;
  readonly software: Session['software'];
  /** Session files open in other documents. */
  readonly openElsewhere: (path: string, document: string) => boolean;
  readonly changed: (document: string, state: DocumentState) => void;
}

interface OpenModel {
  readonly graph: Graph;
  readonly ports: readonly InputPort[];
  readonly labels: readonly string[];
  readonly summary: ModelSummary;
  readonly path: string;
  readonly sample: SampleInfo | null;
  /** Names of the other models in its folder. */
  readonly beside: readonly string[];
}

interface OpenData extends DataRead {
  /** What it is read again from; null for rows out of a session or a run. */
  readonly source: DataSource | null;
  /** Of the data's first file; of the session, where that is all there is. */
  readonly path: string;
  readonly name: string;
  /** Number that each row goes by; null where they are counted from 0. */
  readonly rows: readonly number[] | null;
  /** Compared with, not looked at. */
  readonly baseline?: true;
}

/** What `readInputs` asks besides its files. */
type ReadAsked = Omit<Params<'readInputs'>, 'files'>;

/** What becomes of unsaved runs when a request replaces the document: the user is asked first, they go, or they are offered at the next start. */
export type Unsaved = 'ask' | 'discard' | 'keep';

/** A run and where its numbers are kept. */
interface Kept extends StoredRun {
  saved: boolean;
  /** File of the recovery folder; null while it is only in the session file. */
  file: string | null;
  place: number;
}

/** Of data that come from no file. */
const rowsAlone = { source: null, how: [], reading: null } as const;

/** Smaller models are open before anybody could read how far they are. */
const TOLD_BYTES = 32e6;
const TOLD_MS = 100;

export const newId = (): string => randomBytes(12).toString('hex');

const stampOf = async (path: string): Promise<Stamp | null> => {
  const info = await stat(path).catch(() => null);
  return info && { size: info.size, modified: info.mtimeMs };
};

/** Where a file is or would be, whatever links lead there: by it two windows know that they mean the same file. */
const placeOf = (path: string): Promise<string> =>
  realpath(path).catch(async () => {
    const folder = await realpath(dirname(path)).catch(() => dirname(path));
    return join(folder, basename(path));
  });

export class Document {
  #model: OpenModel | null = null;
  /** The model as a session describes it, where the model itself is not open. */
  #described: ModelSummary | null = null;
  readonly #data = new Map<string, OpenData>();
  #runs = new Map<string, Kept>();
  readonly #removed = new Map<string, Kept>();
  /** Runs of other sessions, for comparison. */
  readonly #compared = new Map<string, StoredRun>();
  #session: { path: string; stamp: Stamp | null } | null = null;
  #opening: DocumentState['opening'] = null;
  #dirty = false;
  #created = new Date().toISOString();
  #notes = '';
  #folder: RecoveryFolder;
  /** What was open before, until the window closes; `offered` at the next start if it is not taken back. */
  #before: { readonly folder: RecoveryFolder; readonly state: SavedState; readonly offered: boolean } | null = null;
  /** Of what is being opened: `cancelOpening` ends it. */
  readonly #openings = new Set<AbortController>();
  /** Counts up when the document is replaced: what a job of the one before finds is no part of this one. */
  epoch = 0;
  /** Of two files opened at once the later one stands, alone. */
  readonly #replacing = new Turns();

  private constructor(
    readonly id: string,
    private readonly around: DocumentSurroundings,
  ) {
    this.#folder = around.recovery.create();
  }

  /** A document of a window: as an engine before this one left it, or empty. */
  static async open(id: string, around: DocumentSurroundings): Promise<Document> {
    const document = new Document(id, around);
    const left = await around.recovery.of(id);
    if (left) await document.#adopt(left.folder, left.state);
    return document;
  }

  // ------------------------------------------------------------ state

  get state(): DocumentState {
    const summary = this.#model?.summary ?? this.#described;
    return {
      title: this.#session ? basename(this.#session.path) : (this.#model?.sample?.title ?? summary?.name ?? null),
      session: this.#session && { name: basename(this.#session.path), where: shortFolder(this.#session.path) },
      dirty: this.#dirty,
      runs: this.#runs.size,
      modelOpen: this.#model !== null,
      opening: this.#opening,
    };
  }

  /** All of it, for a page that knows nothing of it; null when nothing is open. */
  get present(): OpenedSession | null {
    const summary = this.#model?.summary ?? this.#described;
    return summary && { document: this.state, summary, runs: this.runs };
  }

  get sessionPath(): string | null {
    return this.#session?.path ?? null;
  }

  get runs(): readonly RunRecord[] {
    return [...this.#runs.values()].map(recordOf);
  }

  get model(): OpenModel {
    if (!this.#model) throw new MhoError('NOTHING_OPEN', { what: 'model' });
    return this.#model;
  }

  async #change(dirty = this.#dirty): Promise<void> {
    this.#dirty = dirty;
    this.around.changed(this.id, this.state);
    await this.#folder.write(() => this.#savedState());
  }

  #savedState(): SavedState {
    return {
      document: this.id,
      owner: this.around.recovery.owner,
      title: this.state.title,
      session: this.#session,
      model: this.#model && { path: this.#model.path, sample: this.#model.sample?.name ?? null },
      data: [...this.#data].flatMap(([id, { path, source, baseline }]) =>
        // out of a run's question: while the window is open, to run with again
        baseline && !source ? [] : [{ id, path, ...(source && { source }), ...(baseline && { baseline }) }],
      ),
      runs: [...this.#runs.values()].map(({ id, file, place, name, note, created, job, saved, trace }) => ({
        id,
        file,
        place,
        name,
        note,
        created,
        job,
        saved,
        trace: [...trace],
      })),
      dirty: this.#dirty,
    };
  }

  /** What is only for convenience must not fail what the user asked: a full disk is told when a run is kept or saved. */
  async #changeQuietly(dirty?: boolean): Promise<void> {
    await this.#change(dirty).catch(() => undefined);
  }

  // ------------------------------------------------------------ opening

  cancelOpening(): void {
    for (const opening of this.#openings) opening.abort();
  }

  /** Something that `cancelOpening` ends: at once for who asked, and as soon as the engine sees it. @throws OPENING_CANCELLED */
  async #open<Result>(path: string, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const opening = new AbortController();
    this.#openings.add(opening);
    const ended = new Promise<never>((_, reject) =>
      opening.signal.addEventListener('abort', () =>
        reject(new MhoError('OPENING_CANCELLED', { name: basename(path) })),
      ),
    );
    try {
      return await Promise.race([work(opening.signal), ended]);
    } finally {
      this.#openings.delete(opening);
    }
  }

  // ------------------------------------------------------------ model and data

  /** @throws RUNS_UNSAVED where another model would replace unsaved runs and the user was not asked, MODEL_… */
  openModel(path: string, sampleName: string | null, unsaved: Unsaved): Promise<OpenedModel> {
    return this.#replacing.take(async () => {
      const sample = sampleName === null ? null : await findSample(this.around.samples, sampleName);
      const { graph, summary, beside } = await this.#readModel(sample?.model ?? path);
      const other = this.#described ?? this.#model?.summary ?? null;
      if (other && other.hash !== summary.hash) await this.#startAnew(unsaved);
      await this.#holdModel(await this.#opened(graph, summary, sample?.model ?? path, sample, beside));
      this.#described = summary;
      this.#data.clear();
      const data = sample ? await this.readInputs([sample.inputs]) : null;
      await this.#changeQuietly();
      return openedModel(this.model, data);
    });
  }

  /** Opens a model; of a large one, the window is told how far it has come. */
  async #readModel(path: string): ReturnType<Engine['openModel']> {
    let told = 0;
    const onProgress = (done: number, total: number): void => {
      if (total < TOLD_BYTES || performance.now() - told < TOLD_MS) return;
      told = performance.now();
      this.#opening = { done, total };
      this.around.changed(this.id, this.state);
    };
    try {
      return await this.#open(path, (signal) => this.around.engine.openModel(path, { onProgress, signal }));
    } finally {
      if (this.#opening) {
        this.#opening = null;
        this.around.changed(this.id, this.state);
      }
    }
  }

  /** A model with what is known about its inputs: a sample's own data tell more than its graph. */
  async #opened(
    graph: Graph,
    summary: ModelSummary,
    path: string,
    sample: Sample | null,
    beside: readonly string[],
  ): Promise<OpenModel> {
    const own = sample && (await this.around.engine.readArrays(sample.inputs).catch(() => null));
    const ports = portsOf(graph, sample?.info.alphabet ?? null, own);
    const labels = sample?.info.labels ?? (await labelsBeside(path, summary.outputs));
    return { graph, summary, ports, labels, path, sample: sample?.info ?? null, beside };
  }

  /** The open model, whose weights stay where it is computed until another takes its place. */
  async #holdModel(model: OpenModel | null): Promise<void> {
    if (this.#model) await this.around.engine.releaseModel(this.#model.graph);
    this.#model = model;
    if (model) await this.around.engine.keepModel(model.graph);
  }

  opened(): OpenedModel | null {
    if (!this.#model) return null;
    const latest = [...this.#data].reverse().find(([, { baseline }]) => !baseline);
    const data = latest ? this.#inputData(...latest) : null;
    return openedModel(this.#model, data);
  }

  /** @throws RUNS_UNSAVED */
  #checkReplacing(unsaved: Unsaved): void {
    if (this.#dirty && this.#runs.size > 0 && unsaved === 'ask')
      throw new MhoError('RUNS_UNSAVED', { title: this.state.title ?? 'The session' });
  }

  /** Another document: this one waits in its folder for the window to take it back. @throws RUNS_UNSAVED */
  async #startAnew(unsaved: Unsaved): Promise<void> {
    this.#checkReplacing(unsaved);
    this.epoch++;
    await this.#leaveBefore();
    if (this.#runs.size > 0) {
      const state = this.#savedState();
      const offered = this.#dirty && unsaved === 'keep';
      this.#before = { folder: this.#folder, state, offered };
      await this.#folder.write(() => ({ ...state, document: '', dirty: offered })).catch(() => undefined);
    } else await this.#folder.remove();
    this.#folder = this.around.recovery.create();
    this.#runs = new Map();
    this.#removed.clear();
    this.#data.clear();
    this.#session = null;
    await this.#holdModel(null);
    this.#described = null;
    this.#dirty = false;
    this.#created = new Date().toISOString();
    this.#notes = '';
  }

  /** Nobody can take back any more what was open before. */
  async #leaveBefore(): Promise<void> {
    const before = this.#before;
    this.#before = null;
    if (before?.offered) await before.folder.write(() => ({ ...before.state, document: '', owner: NOBODY }));
    else await before?.folder.remove();
  }

  /** What was open before this, as it was. This one can be taken back in turn. @throws RUNS_UNSAVED, HANDLE_UNKNOWN */
  reopenBefore(unsaved: Unsaved): Promise<OpenedSession> {
    return this.#replacing.take(async () => {
      const before = this.#before;
      if (!before) throw new MhoError('HANDLE_UNKNOWN', { what: 'earlier session', id: 'before' });
      this.#checkReplacing(unsaved);
      this.#before = null; // it goes on living, as this document
      await this.#startAnew(unsaved);
      await this.#adopt(before.folder, before.state);
      await this.#changeQuietly();
      return { document: this.state, summary: this.#described, runs: this.runs };
    });
  }

  /** @param asked as the request `readInputs` @throws INPUT_… */
  async readInputs(paths: readonly string[], asked: ReadAsked = {}): Promise<InputData> {
    const { input, into, purpose, reading = {} } = asked;
    const before = into === undefined ? null : this.data(into);
    const part = { paths: [...paths], input: input ?? null };
    const source = before?.source ? withPart(before.source, part) : { parts: [part], reading };
    return this.#takeData({
      ...(await this.#readSource({ ...source, reading: { ...source.reading, ...reading } })),
      ...(purpose === 'baseline' && { baseline: true }),
    });
  }

  /** @throws INPUT_…, NOTHING_OPEN where the data come from no file */
  async rereadInputs(id: string, reading: DataSource['reading']): Promise<InputData> {
    const { source, baseline } = this.data(id);
    if (!source) throw new MhoError('NOTHING_OPEN', { what: 'picture' });
    const read = await this.#readSource({ ...source, reading: { ...source.reading, ...reading } });
    return this.#takeData({ ...read, ...(baseline && { baseline }) });
  }

  async #readSource(source: DataSource): Promise<OpenData> {
    const read = await readSource(this.around.engine, source, this.model.ports);
    return { ...read, path: source.parts[0]!.paths[0]!, rows: null };
  }

  async #takeData(data: OpenData): Promise<InputData> {
    const id = newId();
    this.#data.set(id, data);
    await this.#changeQuietly();
    return this.#inputData(id, data);
  }

  #inputData(id: string, data: OpenData): InputData {
    return inputData(id, data, this.model.ports);
  }

  data(id: string): OpenData {
    const data = this.#data.get(id);
    if (!data) throw new MhoError('HANDLE_UNKNOWN', { what: 'data', id });
    return data;
  }

  inputRows(id: string, examples: readonly number[]): Arrays {
    const { arrays, rows } = this.data(id);
    const places = placesOf(examples, rows);
    const entryOf = new Map([...matched(arrays, this.model.ports)].map(([entry, input]) => [input, entry]));
    return Object.fromEntries(
      this.model.ports.flatMap(({ name }) => {
        const entry = entryOf.get(name);
        return entry === undefined ? [] : [[name, rowsOf(arrays[entry]!, places)]];
      }),
    );
  }

  /** Arrays as the model's inputs. @throws INPUT_… */
  #inputs(id: string): Arrays {
    const data = this.data(id);
    const { inputs } = this.model.summary;
    const names = matched(data.arrays, inputs);
    // values that are not finite are looked for in the asked rows alone, by the engine
    const fault = inputFaults(data.arrays, this.model.ports).find(({ code }) => code !== 'INPUT_VALUE');
    if (fault) throw fault;
    return Object.fromEntries([...names].map(([array, input]) => [input, data.arrays[array]!]));
  }

  #baseline(baseline: StudioBaseline, examples: readonly number[]): AttributionRequest['baseline'] {
    if (baseline.kind === 'constant') return baseline;
    const arrays = this.#inputs(baseline.data);
    const places = placesOf(examples, this.data(baseline.data).rows);
    const perExample = baseline.perExample === true;
    const rows = Object.values(arrays)[0]?.shape[0] ?? 0;
    return {
      kind: 'arrays',
      perExample,
      arrays:
        perExample && rows > 1
          ? Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, rowsOf(array, places)]))
          : arrays,
    };
  }

  /** What the engine is asked for a set-up. */
  request(setup: Omit<RunSetup, 'backend'>): AttributionRequest {
    const { data, examples, baseline, ...rest } = setup;
    const inputs = this.#inputs(data);
    const places = placesOf(examples, this.data(data).rows);
    return {
      ...rest,
      inputs: Object.fromEntries(Object.entries(inputs).map(([name, array]) => [name, rowsOf(array, places)])),
      baseline: this.#baseline(baseline, examples),
    };
  }

  question(setup: RunSetup, request: AttributionRequest): Question {
    return {
      inputs: request.inputs,
      source: this.data(setup.data).name,
      examples: setup.examples,
      baseline: request.baseline,
      target: request.target,
      minus: request.minus ?? null,
    };
  }

  // ------------------------------------------------------------ runs

  /** Takes a finished run in; it is in the recovery folder before this returns, or `unkept` says why not. */
  async addRun(
    result: RunResult,
    question: Question,
    job: string,
    trace: RunRecord['trace'],
  ): Promise<{ record: RunRecord; unkept: MhoError | null }> {
    const id = newId();
    const run: Kept = {
      id,
      result,
      question,
      model: this.model.summary.hash,
      name: null,
      note: '',
      created: new Date().toISOString(),
      job,
      trace,
      saved: false,
      file: `${id}.mho`,
      place: 0,
    };
    let unkept: MhoError | null = null;
    this.#runs.set(id, run);
    try {
      const session = this.#sessionOf([run]);
      await this.#folder.add((folder) => this.around.engine.saveSession(join(folder, run.file!), session));
      await this.#change(this.#dirty || !run.saved); // a save may have come in between
    } catch (error) {
      run.file = null;
      unkept = error instanceof MhoError ? error : new MhoError('INTERNAL', { reason: String(error) });
      await this.#changeQuietly(true);
    }
    return { record: recordOf(run), unkept };
  }

  #run(id: string): Kept {
    const run = this.#runs.get(id);
    if (!run) throw new MhoError('HANDLE_UNKNOWN', { what: 'run', id });
    return run;
  }

  /** The arrays that a run's inputs were compared with; null where it was one value for all. */
  runBaseline(id: string): { data: InputData; perExample: boolean } | null {
    const { baseline, examples } = this.#run(id).question;
    if (baseline.kind === 'constant') return null;
    const { arrays, perExample = false } = baseline;
    const rows = perExample ? examples : null;
    const data: OpenData = { ...rowsAlone, path: '', name: 'as in the run', arrays, rows, baseline: true };
    const handle = newId();
    this.#data.set(handle, data);
    return { data: this.#inputData(handle, data), perExample };
  }

  contributions(id: string, layer: string): { contributions: Float32Array; spread: Float32Array | null } {
    const { result } = this.#runs.get(id) ?? this.#removed.get(id) ?? this.#compared.get(id) ?? this.#run(id);
    const found = result.layers.find(({ name }) => name === layer);
    if (!found) throw new MhoError('LAYER_UNKNOWN', { layer, hint: '' });
    // Copied: an array sent takes the memory that it is a part of along, and that is all layers'.
    return { contributions: found.contributions.slice(), spread: found.spread };
  }

  async describeRun(id: string, name: string | undefined, note: string | undefined): Promise<RunRecord> {
    const run = this.#run(id);
    if (name !== undefined) run.name = name.trim() || null;
    if (note !== undefined) run.note = note;
    await this.#changeQuietly(true);
    return recordOf(run);
  }

  async removeRun(id: string): Promise<void> {
    const run = this.#run(id);
    this.#runs.delete(id);
    this.#removed.set(id, run);
    await this.#changeQuietly(true);
  }

  async restoreRun(id: string): Promise<RunRecord> {
    const run = this.#removed.get(id);
    if (!run) throw new MhoError('HANDLE_UNKNOWN', { what: 'run', id });
    this.#removed.delete(id);
    this.#runs.set(id, run);
    await this.#changeQuietly(true);
    return recordOf(run);
  }

  // ------------------------------------------------------------ sessions

  #sessionOf(runs: readonly Kept[]): Session {
    const model = this.#model?.summary ?? this.#described;
    if (!model || runs.length === 0) throw new MhoError('NOTHING_OPEN', { what: 'run' });
    const questions = [...new Set(runs.map(({ question }) => question))];
    return {
      created: this.#created,
      software: this.around.software,
      model,
      questions,
      runs: runs.map(({ result, question, name, note, created, job }) => ({
        ...result,
        question: questions.indexOf(question),
        label: { name: name ?? madeName(result), note, created, job },
      })),
      errors: [],
      notes: this.#notes,
    };
  }

  /**
   * Writes the session: to the path, else to the file it has. To its own file only when nobody changed that meanwhile.
   * @returns whether there was a file to write to
   * @throws FILE_WRITE, SESSION_CHANGED, SESSION_OPEN_ELSEWHERE, NOTHING_OPEN
   */
  async save(given: string | null): Promise<boolean> {
    const path = given ?? this.#session?.path;
    if (path === undefined) return false;
    const place = await placeOf(path);
    if (this.around.openElsewhere(place, this.id)) throw new MhoError('SESSION_OPEN_ELSEWHERE', { path });
    if (this.#session?.path === place) {
      const now = await stampOf(place);
      const then = this.#session.stamp;
      if (now && then && (now.size !== then.size || now.modified !== then.modified))
        throw new MhoError('SESSION_CHANGED', { path });
    }
    const runs = [...this.#runs.values()];
    await this.around.engine.saveSession(place, this.#sessionOf(runs));
    this.#session = { path: place, stamp: await stampOf(place) };
    for (const run of runs) run.saved = true;
    await this.#changeQuietly(false);
    return true;
  }

  /** @throws RUNS_UNSAVED where it would replace unsaved runs and the user was not asked, SESSION_… */
  openSession(path: string, unsaved: Unsaved): Promise<OpenedSession> {
    return this.#replacing.take(async () => {
      const place = await placeOf(path);
      if (this.around.openElsewhere(place, this.id)) throw new MhoError('SESSION_OPEN_ELSEWHERE', { path });
      const session = await this.#open(path, (signal) => this.around.engine.openSession(place, { signal }));
      const stamp = await stampOf(place);
      await this.#startAnew(unsaved);
      this.#session = { path: place, stamp };
      this.#described = session.model;
      this.#created = session.created;
      this.#notes = session.notes;
      this.#take(session, (run, position) => ({ ...run, saved: true, file: null, place: position }));
      await this.#reopenModel({ path: session.model.path, sample: null });
      if (this.#model) await this.#reopenData(session, place);
      await this.#changeQuietly(false);
      return { document: this.state, summary: session.model, runs: this.runs };
    });
  }

  /** The model of a session, when it is still there and still the same. */
  async #reopenModel({ path, sample }: NonNullable<SavedState['model']>): Promise<void> {
    try {
      const { graph, summary, beside } = await this.#readModel(path);
      if (this.#described && summary.hash !== this.#described.hash) return;
      const known = (await allSamples(this.around.samples)).find(
        (each) => each.info.name === sample || each.model === path,
      );
      await this.#holdModel(await this.#opened(graph, summary, path, known ?? null, beside));
      this.#described = summary;
    } catch {
      // shown without its model
    }
  }

  /**
   * The data that a session's last run was asked for, so that it can be run again: from its file, where that is still
   * beside the session or the model and still holds the same rows, else those rows alone, out of the session.
   */
  async #reopenData(session: Session, place: string, id = newId()): Promise<void> {
    const question = session.questions[session.runs.at(-1)?.question ?? -1];
    if (!question) return;
    const { inputs, examples, source } = question;
    const { path, sample } = this.model;
    const folders = [dirname(place), dirname(path), path];
    if (sample) folders.push(dirname((await findSample(this.around.samples, sample.name)).inputs));
    for (const folder of source === null ? [] : folders) {
      const file = join(folder, basename(source!)); // a session from elsewhere names no other folder
      const found = await this.#readSource({ parts: [{ paths: [file], input: null }], reading: {} }).catch(() => null);
      if (!found || !holds(found.arrays, examples, inputs, this.model.summary.inputs)) continue;
      this.#data.set(id, found);
      return;
    }
    const name = source ?? 'inputs of the session';
    this.#data.set(id, { ...rowsAlone, path: place, name, arrays: inputs, rows: examples });
  }

  #take(session: Session, keep: (run: StoredRun, position: number) => Kept): void {
    for (const [position, run] of storedRuns(session).entries()) {
      const kept = keep(run, position);
      this.#runs.set(kept.id, kept);
    }
  }

  /** Another session's runs, to compare with. */
  async readSession(path: string): Promise<OpenedSession> {
    const session = await this.around.engine.openSession(path);
    const runs = storedRuns(session);
    for (const run of runs) this.#compared.set(run.id, run);
    return {
      document: {
        title: basename(path),
        session: null,
        dirty: false,
        runs: runs.length,
        modelOpen: false,
        opening: null,
      },
      summary: session.model,
      runs: runs.map(recordOf),
    };
  }

  // ------------------------------------------------------------ recovery

  /** @throws RUNS_UNSAVED where it would replace unsaved runs and the user was not asked */
  recover(folder: RecoveryFolder, state: SavedState, unsaved: Unsaved): Promise<OpenedSession> {
    return this.#replacing.take(async () => {
      await this.#startAnew(unsaved);
      await this.#adopt(folder, state);
      await this.#changeQuietly();
      return { document: this.state, summary: this.#described, runs: this.runs };
    });
  }

  /** Takes over a folder with what is in it; a file that is gone takes its runs with it. */
  async #adopt(folder: RecoveryFolder, state: SavedState): Promise<void> {
    this.#folder = folder;
    this.#session = state.session;
    const sessions = new Map<string, Session | null>();
    const read = async (path: string): Promise<Session | null> => {
      if (!sessions.has(path)) sessions.set(path, await this.around.engine.openSession(path).catch(() => null));
      return sessions.get(path)!;
    };
    for (const { id, file, place, name, note, created, job, saved, trace } of state.runs) {
      const path = file === null ? state.session?.path : folder.file(file);
      const session = path === undefined ? null : await read(path);
      const run = session && storedRuns(session)[place];
      if (!session || !run) continue;
      this.#described ??= session.model;
      this.#runs.set(id, { ...run, id, name, note, created, job, saved, trace, file, place });
    }
    this.#dirty = state.dirty;
    if (state.model) await this.#reopenModel(state.model);
    for (const { id, path, source, baseline } of state.data) {
      if (path === state.session?.path) {
        const session = await read(path);
        if (session && this.#model) await this.#reopenData(session, path, id);
        continue;
      }
      if (!this.#model) continue;
      const again = source ?? { parts: [{ paths: [path], input: null }], reading: {} };
      const found = await this.#readSource(again).catch(() => null);
      if (found) this.#data.set(id, { ...found, ...(baseline && { baseline }) });
    }
  }

  /** Nobody has it open any more: offered again when something in it is unsaved. */
  async leave(): Promise<void> {
    await this.#holdModel(null);
    await this.#leaveBefore();
    const state = this.#savedState();
    if (this.#dirty) await this.#folder.write(() => ({ ...state, document: '', owner: NOBODY }));
    else await this.#folder.remove();
  }

  /** The window is closed and the user has decided about what was unsaved. */
  async close(): Promise<void> {
    await this.#holdModel(null);
    await this.#leaveBefore();
    await this.#folder.remove();
  }
}

function storedRuns(session: Session): StoredRun[] {
  return session.runs.map(({ question, label, ...result }) => ({
    id: newId(),
    result,
    question: session.questions[question]!,
    model: session.model.hash,
    name: label && label.name !== madeName(result) ? label.name : null,
    note: label?.note ?? '',
    created: label?.created ?? session.created,
    job: label?.job ?? '',
    trace: [],
  }));
}
