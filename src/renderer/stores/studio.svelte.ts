/** The open model, its data, what is asked, what came of it: the one place that talks to the program behind the window. */
import type { Method, NumericArray, Progress, Rule } from '../../contract/attribution';
import type { ImageReading } from '../../contract/data';
import type { BackendChoice } from '../../contract/backends';
import type {
  DocumentState,
  EngineState,
  Estimate,
  FileRef,
  InputData,
  Job,
  JobNotice,
  OpenedModel,
  OpenedSession,
  Prediction,
  RecoveryEntry,
  RunRecord,
  RunSetup,
  SampleInfo,
  Settings,
  StudioBaseline,
  StudioClient,
  StudioStatus,
  StudioTarget,
} from '../../contract/studio';
import { defaultSettings } from '../../contract/defaults';
import type { ModelSummary } from '../../contract/model';
import { runName } from '../../contract/words/runs';
import { METHODS } from '../../contract/attribution';
import { hiddenLayers, repeatedLayers, targetLayers } from '../logic/neurons';
import { finding } from '../logic/finding';
import { count } from '../logic/format';
import { exampleOf } from '../logic/inputs';
import { examplePlace } from '../logic/ranking';
import { appearance } from './theme.svelte';
import { faultOf, messages } from './messages.svelte';
import { selection } from './selection.svelte';

/** As many examples as the picker reads at once. */
const PICKER_ROWS = 64;

export interface RunningJob {
  readonly setup: RunSetup;
  readonly started: number;
  readonly progress: Progress | null;
  readonly queued: boolean;
  readonly cancelling: boolean;
  /** Points of the running sum so far. */
  readonly trace: readonly { readonly alpha: number; readonly expected: number; readonly running: number }[];
  readonly phase: string;
}

class Studio {
  #client: StudioClient | null = null;
  #job: Job | null = null;
  #estimateTimer: ReturnType<typeof setTimeout> | undefined;
  #predictTimer: ReturnType<typeof setTimeout> | undefined;
  #asked = { prediction: 0, estimate: 0 };
  #contributions = new Map<string, Promise<{ contributions: Float32Array; spread: Float32Array | null }>>();

  // the program behind
  status = $state.raw<StudioStatus | null>(null);
  engine = $state<EngineState>('starting');
  settings = $state.raw<Settings>(defaultSettings);
  document = $state.raw<DocumentState | null>(null);
  recovery = $state.raw<readonly RecoveryEntry[]>([]);
  recent = $state.raw<readonly FileRef[]>([]);
  samples = $state.raw<readonly SampleInfo[]>([]);

  // what is open
  opening = $state<string | null>(null);
  opened = $state.raw<OpenedModel | null>(null);
  summary = $state.raw<ModelSummary | null>(null);
  data = $state.raw<InputData | null>(null);
  rows = $state.raw<Readonly<Record<string, NumericArray>> | null>(null);
  readonly sample = $derived(this.opened?.sample ?? null);
  /** What each example truly is, where the data are the sample's own. */
  readonly exampleLabels = $derived(
    this.data && this.opened?.data?.data === this.data.data ? (this.sample?.exampleLabels ?? []) : [],
  );
  /** Numbers of the data's rows, in their order. */
  readonly exampleIds = $derived(this.data?.rows ?? Array.from({ length: this.data?.examples ?? 0 }, (_, at) => at));

  // what is asked
  examples = $state.raw<readonly number[]>([]);
  baseline = $state.raw<StudioBaseline>({ kind: 'constant', value: 0 });
  baselineData = $state.raw<InputData | null>(null);
  baselineRows = $state.raw<Readonly<Record<string, NumericArray>> | null>(null);
  target = $state.raw<StudioTarget>({ index: 'argmax' });
  minus = $state.raw<StudioTarget | null>(null);
  methods = $state.raw<readonly Method[]>(['nig', 'rescale']);
  rule = $state<Rule>('secant');
  steps = $state(50);
  pathStart = $state<string | null>(null);
  backend = $state<BackendChoice>('auto');
  memoryMB = $state<number | null>(null);

  prediction = $state.raw<Prediction | null>(null);
  predictionRows = $state.raw<readonly number[]>([]);
  predicting = $state(false);
  estimate = $state.raw<Estimate | null>(null);
  /** Why what is asked cannot run. */
  refusal = $state.raw<ReturnType<typeof faultOf> | null>(null);

  // what came of it
  runs = $state.raw<readonly RunRecord[]>([]);
  /** Runs of other sessions that were opened to compare with. */
  guests = $state.raw<readonly RunRecord[]>([]);
  /** What each job of this window was asked, by which its runs are looked into further. */
  setups = $state.raw<ReadonlyMap<string, RunSetup>>(new Map());
  /** Jobs that a view started for itself. */
  aside = $state.raw<ReadonlySet<string>>(new Set());
  /** Runs shown as columns. */
  shown = $state.raw<ReadonlySet<string>>(new Set());
  job = $state.raw<RunningJob | null>(null);

  /** Runs of one press of Run stand in the order of the methods, whichever was quicker. */
  readonly allRuns = $derived(
    [...this.runs, ...this.guests].sort((a, b) =>
      a.job === b.job ? METHODS.indexOf(a.result.method) - METHODS.indexOf(b.result.method) : 0,
    ),
  );
  readonly columns = $derived(this.allRuns.filter(({ run }) => this.shown.has(run)));
  /** The columns that know the selected example. */
  readonly current = $derived(this.columns.filter((run) => examplePlace(run, selection.example) >= 0));
  readonly main = $derived(this.current[0] ?? null);
  /** Examples that a shown run took. */
  readonly shownExamples = $derived([
    ...new Set(this.columns.flatMap((run) => run.result.examples.map((place) => run.asked.examples[place]!))),
  ]);
  /** Layers whose units are neurons between input and target: what a ranking is about. */
  readonly hidden = $derived(hiddenLayers(this.summary?.layers ?? [], this.main ? targetLayers(this.main) : new Set()));
  /** Layers that only hand on what the one before them carries → the first of their row. */
  readonly repeats = $derived(repeatedLayers(this.summary?.layers ?? [], this.current, selection.example));
  /** Hidden layers, each row of repeating ones once. */
  readonly telling = $derived(new Set([...this.hidden].filter((name) => !this.repeats.has(name))));
  readonly setup = $derived.by((): RunSetup | null => {
    if (!this.data || this.data.faults.length > 0 || this.examples.length === 0 || this.methods.length === 0)
      return null;
    return {
      data: this.data.data,
      examples: [...this.examples],
      baseline: this.baseline,
      target: this.target,
      ...(this.minus && { minus: this.minus }),
      methods: [...this.methods],
      rule: this.rule,
      steps: this.steps,
      ...(this.pathStart !== null && { pathStart: this.pathStart }),
      ...(this.memoryMB !== null && { memoryMB: this.memoryMB }),
      backend: this.backend,
    };
  });

  get client(): StudioClient {
    if (!this.#client) throw new Error('The window is not connected yet.');
    return this.#client;
  }

  /** Connects, then opens what the window was started with. */
  async start(client: StudioClient): Promise<void> {
    this.#client = client;
    client.onNotice((notice) => {
      if (notice.kind === 'engine') {
        this.engine = notice.state;
        if (notice.fault) messages.fault(notice.fault, this.#again());
        if (notice.state !== 'ready') this.#jobEnded();
        else if (this.setup) this.refresh(); // a new engine knows nothing of how long this model takes
      } else if (notice.kind === 'unsaved') messages.fault(notice.fault, this.#saveElsewhere);
      else if (notice.kind === 'document') this.document = notice.document;
      else if (notice.kind === 'settings') this.#apply(notice.settings);
      else if (notice.kind === 'open') void this.open(notice.file);
    });
    await this.guard(async () => {
      const [settings, status] = await Promise.all([client.request('settings', {}), client.request('status', {})]);
      this.#apply(settings);
      this.status = status;
      this.engine = status.engine;
      this.backend = settings.backend;
      this.memoryMB = settings.memoryMB;
      const launch = await client.request('launch', {});
      if (launch.kind === 'sample') await this.openSample(launch.name);
      else if (launch.kind !== 'nothing') await this.open(launch.file);
      else {
        // A page that is loaded again, after it died for example, shows what is open.
        const present = await client.request('present', {});
        if (present) await this.#takeSession(present);
      }
      this.recovery = await client.request('recoveryList', {});
      this.samples = await client.request('sampleList', {});
      this.recent = await client.request('recentList', {});
    });
  }

  /** Runs a piece of work; a fault of it is shown, not thrown. True when it went well. */
  async guard(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      messages.fault(faultOf(error));
      return false;
    }
  }

  // ------------------------------------------------------------- opening

  async openSample(name: string): Promise<void> {
    await this.#openModel('the sample', () => this.client.request('openSample', { name }));
  }

  async open(file: FileRef): Promise<void> {
    if (file.kind === 'session') await this.openSession(file);
    else if (file.kind === 'data') await this.readInputs([file]);
    else await this.#openModel(file.name, () => this.client.request('openModel', { file: file.file }));
  }

  /** Shows the host's dialog and opens what was chosen. */
  async choose(purpose: 'model-file' | 'model-folder' | 'session'): Promise<FileRef | null> {
    let file: FileRef | null = null;
    await this.guard(async () => (file = await this.client.request('chooseFile', { purpose })));
    return file;
  }

  async #openModel(name: string, ask: () => Promise<OpenedModel>): Promise<void> {
    this.opening = name;
    await this.guard(async () => {
      const before = { hash: this.summary?.hash, title: this.document?.title, runs: this.runs.length };
      const opened = await ask();
      const sample = opened.sample;
      this.opened = opened;
      this.summary = opened.summary;
      this.data = null;
      this.rows = null;
      this.prediction = null;
      this.estimate = null;
      this.refusal = null;
      this.pathStart = null;
      this.minus = null;
      this.baselineData = null;
      this.#askAsUsual(sample);
      if (before.hash !== opened.summary.hash) {
        this.#forget();
        if (before.hash !== undefined) this.#offerBack(before);
      }
      if (opened.data) await this.#useData(opened.data, sample?.examples ?? [0]);
      this.recent = await this.client.request('recentList', {});
    });
    this.opening = null;
  }

  /** What is asked before anybody has chosen. */
  #askAsUsual(sample: SampleInfo | null): void {
    this.target = sample?.target ?? { index: 'argmax' };
    this.baseline = sample?.baseline ?? { kind: 'constant', value: 0 };
    if (!sample) return;
    this.methods = sample.methods;
    this.rule = sample.rule;
    this.steps = sample.steps;
  }

  /** Nothing of the document before is shown any more. */
  #forget(): void {
    selection.clear();
    this.runs = [];
    this.guests = [];
    this.shown = new Set();
    this.aside = new Set();
    this.setups = new Map();
    this.#contributions.clear();
  }

  /** Opening something else can be undone. */
  #offerBack({ title, runs }: { readonly title: string | null | undefined; readonly runs: number }): void {
    if (runs === 0) return;
    messages.note(`${title ?? 'What was open'} was closed, with ${count(runs, 'run')}.`, {
      label: 'Undo',
      run: () => void this.guard(async () => this.#takeSession(await this.client.request('reopenBefore', {}))),
    });
  }

  /** What was dropped: data files together, else the first file. */
  async openAll(files: readonly FileRef[]): Promise<void> {
    const data = files.filter(({ kind }) => kind === 'data');
    if (files.length > 0 && data.length === files.length) await this.readInputs(data);
    else if (files[0]) await this.open(files[0]);
  }

  /** Shows the host's dialog and reads what was chosen: for one input, or for all. */
  async chooseInputs(input?: string): Promise<void> {
    await this.guard(async () => {
      const files = await this.client.request('chooseData', {});
      if (files.length > 0) await this.readInputs(files, input);
    });
  }

  /** Reads files for the inputs; for one of several, the others stay as they are. */
  async readInputs(files: readonly FileRef[], input?: string): Promise<void> {
    if (!this.opened) {
      messages.note('Open a model first: data are checked against it.');
      return;
    }
    await this.guard(async () => {
      const data = await this.client.request('readInputs', {
        files: files.map(({ file }) => file),
        ...(input !== undefined && { input, ...(this.data && { into: this.data.data }) }),
      });
      await this.#useData(data, [0]);
    });
  }

  /** Reads the same pictures in another way, the baseline's too. */
  async reread(reading: Partial<ImageReading>): Promise<void> {
    const { data, examples } = this;
    if (!data) return;
    await this.guard(async () => {
      const again = await this.client.request('rereadInputs', { data: data.data, reading });
      if (this.baselineData?.reading) {
        const baseline = await this.client.request('rereadInputs', { data: this.baselineData.data, reading });
        await this.#useBaseline(baseline);
      }
      await this.#useData(again, examples);
    });
  }

  async #useData(data: InputData, examples: readonly number[]): Promise<void> {
    this.data = data;
    this.rows = null;
    this.prediction = null;
    this.examples = examples.filter((example) => this.exampleIds.includes(example));
    selection.example = this.examples[0] ?? 0;
    if (data.faults.some(({ code }) => code !== 'INPUT_MISSING')) return;
    const list = this.exampleIds.slice(0, PICKER_ROWS);
    this.rows = await this.client.request('inputRows', { data: data.data, examples: list });
    if (data.faults.length === 0) this.refresh();
  }

  /** Takes files' rows as baseline: one, one per example, or several references. */
  async chooseBaseline(): Promise<void> {
    await this.guard(async () => {
      const files = await this.client.request('chooseData', {});
      if (files.length === 0) return;
      const { range, fit } = this.data?.reading ?? {};
      const data = await this.client.request('readInputs', {
        files: files.map(({ file }) => file),
        purpose: 'baseline',
        ...(range && fit && { reading: { range, fit } }),
      });
      if (data.faults[0]) throw { fault: data.faults[0] };
      await this.#useBaseline(data);
      this.refresh();
    });
  }

  async #useBaseline(data: InputData): Promise<void> {
    // a row for every row of the data goes with it; any other number are references for each
    const perExample = data.examples > 1 && data.examples === this.data?.examples;
    const most = Math.min(PICKER_ROWS, data.examples);
    const list = Array.from({ length: most }, (_, at) => at);
    this.baselineRows = await this.client.request('inputRows', { data: data.data, examples: list });
    this.baselineData = data;
    this.baseline = { kind: 'data', data: data.data, ...(perExample && { perExample }) };
  }

  /** One example's row of the inputs that were read for the picker; null where it is not among them. */
  inputRow(input: string, example: number): NumericArray | null {
    const rows = this.rows?.[input];
    const place = this.exampleIds.indexOf(example);
    return rows && place >= 0 && place < rows.shape[0]! ? exampleOf(rows, place) : null;
  }

  /** An input of an example as a run took it, whatever data are open by now; null where they are not at hand. */
  async inputOf(run: RunRecord, input: string, example: number): Promise<NumericArray | null> {
    const data = this.setups.get(run.job)?.data;
    if (data === undefined || data === this.data?.data)
      return run.asked.dataName === this.data?.name ? this.inputRow(input, example) : null;
    try {
      const rows = await this.client.request('inputRows', { data, examples: [example] });
      return rows[input] ? exampleOf(rows[input], 0) : null;
    } catch {
      return null; // the engine was started anew and knows these data no more
    }
  }

  // ------------------------------------------------------------- asking

  get shownExample(): number {
    return selection.example;
  }

  /** Looks at another example that was run, without changing what is asked. */
  showExample(example: number): void {
    selection.example = example;
    if (this.data && !this.predictionRows.includes(example)) this.refresh();
  }

  chooseExample(example: number, add: boolean): void {
    if (!add) this.examples = [example];
    else if (!this.examples.includes(example)) this.examples = [...this.examples, example].sort((a, b) => a - b);
    else if (this.examples.length > 1) this.examples = this.examples.filter((other) => other !== example);
    selection.example = add && !this.examples.includes(example) ? this.examples[0]! : example;
    this.refresh();
  }

  setBaseline(baseline: StudioBaseline): void {
    this.baseline = baseline;
    if (baseline.kind === 'constant') this.baselineData = null;
    this.refresh();
  }

  /** Something that is asked changed: predict and estimate anew, once typing pauses. */
  refresh(): void {
    clearTimeout(this.#predictTimer);
    clearTimeout(this.#estimateTimer);
    this.#predictTimer = setTimeout(() => void this.#predict(), 60);
    this.#estimateTimer = setTimeout(() => void this.#estimate(), 250);
  }

  /** Steps, methods and the like leave the prediction as it is. */
  refreshEstimate(): void {
    clearTimeout(this.#estimateTimer);
    this.#estimateTimer = setTimeout(() => void this.#estimate(), 250);
  }

  async #predict(): Promise<void> {
    const { data, setup } = this;
    if (!data || !setup) return;
    const asked = ++this.#asked.prediction;
    const looked = this.exampleIds.includes(selection.example) ? [selection.example] : [];
    const examples = [...new Set([...setup.examples, ...looked])].sort((a, b) => a - b);
    this.predicting = true;
    try {
      const prediction = await this.client.request('predict', {
        data: data.data,
        examples: this.baseline.kind === 'data' && this.baseline.perExample ? setup.examples : examples,
        baseline: this.baseline,
        backend: this.backend,
      });
      if (asked !== this.#asked.prediction) return;
      this.prediction = prediction;
      this.predictionRows = examples;
      if (this.status) this.status = { ...this.status, backend: prediction.backend };
    } catch (error) {
      if (asked === this.#asked.prediction) this.refusal = faultOf(error);
    } finally {
      if (asked === this.#asked.prediction) this.predicting = false;
    }
  }

  async #estimate(): Promise<void> {
    const { setup } = this;
    if (!setup) return;
    const asked = ++this.#asked.estimate;
    try {
      const estimate = await this.client.request('estimate', setup);
      if (asked !== this.#asked.estimate) return;
      this.estimate = estimate;
      this.refusal = null;
    } catch (error) {
      if (asked !== this.#asked.estimate) return;
      this.estimate = null;
      this.refusal = faultOf(error);
    }
  }

  // ------------------------------------------------------------- running

  /** Starts what is asked, or `setup`. `quiet` leaves the shown columns as they are. Answers the runs it made. */
  async run(setup: RunSetup | null = this.setup, quiet = false): Promise<readonly RunRecord[]> {
    if (!setup || this.job) return [];
    const made: RunRecord[] = [];
    this.job = { setup, started: Date.now(), progress: null, queued: false, cancelling: false, trace: [], phase: '' };
    try {
      await new Promise<void>((resolve, reject) => {
        this.#ended = resolve;
        this.client
          .startRun(setup, (notice) => this.#heard(notice, made, quiet, resolve))
          .then((job) => (this.#job = job), reject);
      });
    } catch (error) {
      messages.fault(faultOf(error));
    }
    this.#jobEnded();
    this.refreshEstimate();
    if (!quiet && made.length > 0) this.#selectTelling();
    return made;
  }
  #ended: (() => void) | null = null;

  #heard(notice: JobNotice, made: RunRecord[], quiet: boolean, end: () => void): void {
    if (notice.kind === 'run') {
      made.push(notice.run);
      if (notice.unkept) messages.fault(notice.unkept, this.#saveElsewhere);
      if (this.job) this.setups = new Map(this.setups).set(notice.run.job, this.job.setup);
      this.runs = [...this.runs, notice.run];
      if (quiet) this.aside = new Set([...this.aside, notice.run.job]);
      else {
        this.shown = new Set(made.map(({ run }) => run));
        if (!notice.run.asked.examples.includes(selection.example))
          selection.example = notice.run.asked.examples[notice.run.result.examples[0] ?? 0] ?? selection.example;
      }
    } else if (notice.kind === 'failed') {
      messages.fault(notice.fault);
      end();
    } else if (notice.kind === 'finished') {
      if (notice.cancelled) messages.note(made.length > 0 ? 'Cancelled. What was complete is kept.' : 'Cancelled.');
      end();
    } else if (this.job && notice.kind === 'queued') this.job = { ...this.job, queued: true };
    else if (this.job && notice.kind === 'progress') {
      const { progress } = notice;
      const last = this.job.trace.at(-1);
      const point = { alpha: progress.alpha, expected: progress.expected, running: progress.running };
      const same = last !== undefined && progress.alpha >= last.alpha && progress.phase === this.job.phase;
      this.job = {
        ...this.job,
        queued: false,
        progress,
        phase: progress.phase,
        trace: same ? [...this.job.trace, point] : [point],
      };
    }
  }

  /** Where nothing is selected, what the headline names: the first look shows a unit, too. */
  #selectTelling(): void {
    if (selection.layer !== null) return;
    const top = finding(this.current, selection.example, this.telling, this.sample)?.top;
    if (top) selection.selectUnit(top);
  }

  async cancel(): Promise<void> {
    if (!this.#job || !this.job) return;
    this.job = { ...this.job, cancelling: true };
    await this.guard(() => this.#job!.cancel());
  }

  #jobEnded(): void {
    this.#job = null;
    this.job = null;
    const ended = this.#ended;
    this.#ended = null;
    ended?.();
  }

  #again() {
    const setup = this.job?.setup;
    return setup ? { label: 'Run again', run: () => void this.run(setup) } : null;
  }

  // ------------------------------------------------------------- results

  /** `[examples, …shape]` of one layer of one run; asked once, then kept. */
  contributions(run: string, layer: string): Promise<{ contributions: Float32Array; spread: Float32Array | null }> {
    const key = `${run}\n${layer}`;
    const known = this.#contributions.get(key);
    if (known) return known;
    const asked = this.client.request('contributions', { run, layer });
    this.#contributions.set(key, asked);
    asked.catch(() => this.#contributions.delete(key));
    if (this.#contributions.size > 40) this.#contributions.delete(this.#contributions.keys().next().value!);
    return asked;
  }

  /** What a run was asked, while its model and data are open here; null otherwise. */
  setupOf({ job, model }: RunRecord): RunSetup | null {
    const setup = this.setups.get(job);
    return setup && this.opened?.summary.hash === model ? setup : null;
  }

  toggleRun(run: string): void {
    const shown = new Set(this.shown);
    if (!shown.delete(run)) shown.add(run);
    this.shown = shown;
  }

  async removeRun(run: RunRecord): Promise<void> {
    await this.guard(async () => {
      await this.client.request('removeRun', { run: run.run });
      this.runs = this.runs.filter((other) => other.run !== run.run);
      messages.note(`Removed ${runName(run)}.`, {
        label: 'Undo',
        run: () =>
          void this.guard(async () => {
            const back = await this.client.request('restoreRun', { run: run.run });
            this.runs = [...this.runs, back].sort((a, b) => a.created.localeCompare(b.created));
          }),
      });
    });
  }

  /** Compares no longer with a run of another session; its file stays as it is. */
  dropGuest(guest: RunRecord): void {
    const { guests, shown } = this;
    this.guests = guests.filter((other) => other !== guest);
    this.shown = new Set([...shown].filter((run) => run !== guest.run));
    messages.note(`${runName(guest)} of the other session was put away.`, {
      label: 'Undo',
      run: () => {
        this.guests = [...this.guests, guest];
        if (shown.has(guest.run)) this.shown = new Set([...this.shown, guest.run]);
      },
    });
  }

  /** Names a run and notes something on it; an empty name is the made one again. True when it was kept. */
  async describeRun(run: RunRecord, name: string, note: string): Promise<boolean> {
    return this.guard(async () => {
      const described = await this.client.request('describeRun', { run: run.run, name, note });
      this.runs = this.runs.map((other) => (other.run === run.run ? described : other));
    });
  }

  // ------------------------------------------------------------- sessions

  async openSession(file: FileRef): Promise<void> {
    this.opening = file.name;
    await this.guard(async () => {
      await this.#replaceWith(() => this.client.request('openSession', { file: file.file }));
      this.recent = await this.client.request('recentList', {});
    });
    this.opening = null;
  }

  async recover(entry: RecoveryEntry): Promise<void> {
    const taken = await this.guard(() => this.#replaceWith(() => this.client.request('recover', { id: entry.id })));
    if (taken) this.recovery = this.recovery.filter(({ id }) => id !== entry.id);
  }

  async discardRecovery(entry: RecoveryEntry): Promise<boolean> {
    return this.guard(() => this.client.request('discardRecovery', { id: entry.id }));
  }

  async restoreRecovery(entry: RecoveryEntry): Promise<boolean> {
    return this.guard(() => this.client.request('restoreRecovery', { id: entry.id }));
  }

  async #replaceWith(ask: () => Promise<OpenedSession>): Promise<void> {
    const before = { title: this.document?.title, runs: this.runs.length };
    await this.#takeSession(await ask());
    this.#offerBack(before);
  }

  /** Shows another document; with its model and its data, where these are still there, so that it can be run again. */
  async #takeSession({ document, summary, runs }: OpenedSession): Promise<void> {
    this.#forget();
    this.document = document;
    this.opened = null;
    this.data = null;
    this.rows = null;
    this.prediction = null;
    this.estimate = null;
    this.refusal = null;
    this.pathStart = null;
    this.baselineData = null;
    this.summary = summary;
    this.runs = runs;
    const last = runs.at(-1);
    this.shown = new Set(runs.filter(({ job }) => job === last?.job).map(({ run }) => run));
    const place = last?.asked.examples[last.result.examples[0] ?? 0] ?? 0;
    selection.example = place;
    this.#selectTelling();
    if (!document.modelOpen) return;
    const opened = await this.client.request('openedModel', {});
    this.opened = opened;
    if (last) await this.#askAsBefore(last, runs);
    else this.#askAsUsual(opened?.sample ?? null);
    if (opened?.data) await this.#useData(opened.data, last?.asked.examples ?? opened.sample?.examples ?? [0]);
    if (last) selection.example = place;
    if (last && this.setup) this.setups = new Map([[last.job, this.setup]]);
  }

  /** Asks again what a run was asked, as far as a record tells it. */
  async #askAsBefore(last: RunRecord, runs: readonly RunRecord[]): Promise<void> {
    const together = runs.filter(({ job }) => job === last.job);
    this.target = last.asked.target;
    this.minus = last.asked.minus;
    this.methods = METHODS.filter((method) => together.some(({ result }) => result.method === method));
    const along = together.find(({ result }) => result.rule !== null && result.steps > 1);
    if (along) {
      this.rule = along.result.rule!;
      this.steps = along.result.steps;
    }
    this.pathStart = last.result.pathStart;
    if (last.asked.baseline.kind === 'constant') {
      this.baseline = last.asked.baseline;
      return;
    }
    const found = await this.client.request('runBaseline', { run: last.run });
    if (!found) return;
    const { data, perExample } = found;
    const row = data.rows?.[0] ?? 0;
    this.baselineRows = await this.client.request('inputRows', { data: data.data, examples: [row] });
    this.baselineData = data;
    this.baseline = { kind: 'data', data: data.data, ...(perExample && { perExample }) };
  }

  async addGuests(file: FileRef): Promise<void> {
    await this.guard(async () => {
      const { runs, summary } = await this.client.request('readSession', { file: file.file });
      const model = this.main?.model ?? this.summary?.hash;
      const same = runs.filter((run) => run.model === model);
      this.guests = [...this.guests, ...same];
      messages.note(
        same.length > 0
          ? `${count(same.length, 'run')} of ${file.name} can be compared with.`
          : `${file.name} is about another model, ${summary?.name ?? 'an unknown one'}: its units are not these.`,
      );
    });
  }

  async save(as = false): Promise<void> {
    try {
      if (!(await this.client.request(as ? 'saveSessionAs' : 'saveSession', {}))) return;
      messages.settle('Save As…');
      messages.note('Saved.');
      this.recent = await this.client.request('recentList', {});
    } catch (error) {
      messages.fault(faultOf(error), this.#saveElsewhere);
    }
  }

  /** What can always be done about a session that could not be written. */
  readonly #saveElsewhere = { label: 'Save As…', run: () => void this.save(true) };

  async changeSettings(change: Partial<Settings>): Promise<void> {
    await this.guard(async () => this.#apply(await this.client.request('changeSettings', change)));
  }

  #apply(settings: Settings): void {
    this.settings = settings;
    appearance.choice = settings.theme;
  }
}

export const studio = new Studio();
