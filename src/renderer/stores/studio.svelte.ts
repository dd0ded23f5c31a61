/**
 * The document of this window: which model, data, question and runs it has, how it is opened, replaced and saved. Each
 * part is made anew when what it is about is replaced, so that there is nothing to reset. Over 500 lines, since opening, replacing,
 * recovering and saving all make the same parts anew, and must not come between one another.
 */
import type { Accuracy, NumericArray } from '../../contract/attribution';
import {
  isRunSetup,
  type DocumentState,
  type FileRef,
  type JobSetup,
  type JudgeSetup,
  type LeftBehind,
  type OpenedModel,
  type OpenedSession,
  type RecoveryEntry,
  type RunRecord,
  type RunSetup,
  type StudioClient,
} from '../../contract/studio';
import type { SessionView } from '../../contract/view';
import { linkInAddress } from '../logic/unitLink';
import { plainNote, type Notebook } from '../../contract/notebook';
import { madeIn } from '../../contract/words/baselines';
import { count, heldWords } from '../../contract/words/quantities';
import { modelTitle } from '../../contract/checkpoints';
import { runsBefore, type RunsBefore } from '../logic/checkpoints';
import { finding } from '../logic/finding';
import { exampleOf } from '../logic/inputs';
import { VIEWS } from '../logic/views';
import { Jobs, type Heard } from './jobs.svelte';
import { Judgements } from './judgements.svelte';
import { faultOf, messages, type About } from './messages.svelte';
import { Interventions } from './interventions.svelte';
import { Looks } from './looks.svelte';
import { OpenModel } from './model.svelte';
import { notebook } from './notebook.svelte';
import { Program } from './program.svelte';
import { Runs } from './runs.svelte';
import { selection } from './selection.svelte';
import { Sharpening, sharpeningOf } from './sharpening.svelte';
import { shell } from './shell.svelte';

/** Milliseconds after which reading data is worth a word. */
const LONG = 400;

/** What was said about the model before, and its data. */
const OF_A_MODEL = ['model', 'session', 'data', 'baseline', 'run'] as const satisfies readonly About[];

export class Studio {
  readonly program = new Program();
  readonly jobs = new Jobs(this.program);
  document = $state.raw<DocumentState | null>(null);
  /** What is being opened; two at a time are shown as the later one. */
  opening = $state.raw<{ readonly name: string } | null>(null);
  /** A link that the window was handed, until it is followed. */
  linked = $state<string | null>(null);
  model = $state.raw(new OpenModel(this.program, null, null));
  /** What was open before another model took its place: its runs, which can be compared with. */
  before = $state.raw<RunsBefore | null>(null);
  runs = $state.raw(this.#noRuns());
  looks = $state.raw(new Looks(this.runs));
  judgements = $state.raw(new Judgements(this.program, []));
  readonly interventions = new Interventions({
    program: this.program,
    model: () => this.model,
    main: () => this.runs.main,
    setupOf: (run) => this.setupOf(run),
  });

  /** What the window is called after. */
  readonly title = $derived(this.document?.title ?? this.model.summary?.name ?? null);

  get question(): OpenModel['question'] {
    return this.model.question;
  }

  #noRuns(): Runs {
    return new Runs(
      this.program,
      () => this.model.summary?.layers ?? [],
      () => this.model.opened?.labels ?? [],
      () => ({ hash: this.model.summary?.hash ?? null, title: modelTitle(this.model.summary) }),
    );
  }

  /**
   * Connects, then opens what the window was started with.
   * @param address of the page, from its `#` on: a link that stands there is followed
   */
  async start(client: StudioClient, address = ''): Promise<void> {
    const { program } = this;
    program.connect(client);
    client.onNotice((notice) => {
      if (notice.kind === 'engine') {
        program.engine = notice.state;
        if (notice.fault) messages.fault(notice.fault, this.#again(), 'run');
        if (notice.state !== 'ready') this.jobs.end();
        else {
          if (this.model.setup) this.model.refresh(); // a new engine knows nothing of how long this model takes
          this.interventions.again();
        }
      } else if (notice.kind === 'unsaved') messages.fault(notice.fault, this.#saveElsewhere);
      else if (notice.kind === 'document') this.document = notice.document;
      else if (notice.kind === 'settings') program.apply(notice.settings);
      else if (notice.kind === 'open') void this.open(notice.file);
      else if (notice.kind === 'link') this.linked = notice.link;
    });
    await program.guard(async () => {
      await program.ask();
      shell.restore(program.settings.layout);
      this.question.prefer(program.settings);
      const launch = await client.request('launch', {});
      if (launch.kind === 'sample') await this.openSample(launch.name);
      else if (launch.kind === 'link') {
        if (launch.file) await this.open(launch.file);
      } else if (launch.kind !== 'nothing') await this.open(launch.file);
      else {
        // A page that is loaded again, after it died for example, shows what is open.
        const present = await client.request('present', {});
        if (present) await this.#takeSession(present);
      }
      void this.#takeUp(client.left);
      await program.askOffers();
      // what a link may lead into is known by now
      this.linked ??= launch.kind === 'link' ? launch.link : linkInAddress(address);
    });
  }

  // ------------------------------------------------------------- opening

  async openSample(name: string): Promise<void> {
    await this.#openModel('the sample', () => this.program.client.request('openSample', { name }));
  }

  async open(file: FileRef): Promise<void> {
    if (file.kind === 'session') await this.openSession(file);
    else if (file.kind === 'data') await this.readInputs([file]);
    else await this.#openModel(file.name, () => this.program.client.request('openModel', { file: file.file }));
  }

  /** Opens the model that is open by another of its signatures. */
  async openSignature(signature: string): Promise<void> {
    const choices = { signature };
    await this.#openModel(signature, () => this.program.client.request('reopenModel', { choices }));
  }

  /** What was dropped: data files together, else the first file. */
  async openAll(files: readonly FileRef[]): Promise<void> {
    const data = files.filter(({ kind }) => kind === 'data');
    if (files.length > 0 && data.length === files.length) await this.readInputs(data);
    else if (files[0]) await this.open(files[0]);
  }

  /**
   * Says what is being opened, until it is there. A fault of it is shown.
   * @param after ms: what is there sooner is not worth saying
   */
  async #whileOpening(name: string, about: About, work: () => Promise<unknown>, after = 0): Promise<boolean> {
    const mine = { name };
    const say = () => (this.opening = mine);
    const timer = after > 0 ? setTimeout(say, after) : (say(), undefined);
    const went = await this.program.guard(work, about);
    clearTimeout(timer);
    if (this.opening === mine) this.opening = null;
    return went;
  }

  /** Why Run has no effect; null where it has one. */
  get runRefusal(): string | null {
    if (this.program.engine !== 'ready') return 'The engine is not ready yet.';
    if (this.opening) return `${this.opening.name} is being opened.`;
    return this.model.lacking;
  }

  /** Whether Run has an effect: what is still being opened would not be what it is run on. */
  get mayRun(): boolean {
    return this.model.setup !== null && this.program.engine === 'ready' && this.opening === null;
  }

  /** Ends what is being opened; what was open before stays. */
  cancelOpening(): Promise<boolean> {
    return this.program.guard(() => this.program.client.request('cancelOpening', {}));
  }

  async #openModel(name: string, ask: () => Promise<OpenedModel>): Promise<void> {
    await this.#whileOpening(name, 'model', async () => {
      const { model: last, document, runs } = this;
      const hash = last.summary?.hash;
      const before = {
        title: document?.title,
        runs: runs.own.length,
        notes: notebook.notes.length,
        judgements: this.judgements.all.length,
      };
      const opened = await ask();
      const model = new OpenModel(this.program, this.question, opened);
      this.model = model;
      messages.outdated(...OF_A_MODEL);
      if (hash !== opened.summary.hash) {
        this.before = runsBefore(last.summary, runs.own, opened.summary);
        this.#showRuns(this.#noRuns());
        this.#showNotebook([], opened.summary.hash);
        this.judgements = new Judgements(this.program, [], this.judgements);
        if (hash !== undefined) this.#offerBack(before);
      }
      // another checkpoint of one model: its data are still open, and it is asked the same
      const goesOn = opened.data !== null && opened.data.data === last.data?.data;
      // all but its units: they are of the model that was open
      if (goesOn) model.question.restore({ ...last.question.state, taken: [], scaled: [] });
      if (opened.data) await model.use(opened.data, goesOn ? last.question.examples : (opened.sample?.examples ?? [0]));
      await this.program.askRecent();
    });
  }

  /** The runs of another document, in which nothing is selected yet. */
  #showRuns(runs: Runs, view: SessionView | null = null): void {
    selection.clear();
    this.runs = runs;
    this.looks = new Looks(runs, view);
  }

  /** @param model whose document it is in */
  #showNotebook(notes: Notebook, model: string | undefined): void {
    const keep = async (all: Notebook): Promise<void> => {
      await this.program.guard(() => this.program.client.request('keepNotebook', { model: model!, notebook: all.map(plainNote) })); // prettier-ignore
    };
    notebook.show(notes, model === undefined ? null : keep);
  }

  /** Opening something else can be undone. */
  #offerBack(before: {
    readonly title: string | null | undefined;
    readonly runs: number;
    readonly notes: number;
    readonly judgements: number;
  }): void {
    const { title, runs, notes, judgements } = before;
    if (runs + notes + judgements === 0) return;
    const { guard, client } = this.program;
    const undo = { label: 'Undo', run: () => void guard(async () => this.#takeSession(await client.request('reopenBefore', {}))) }; // prettier-ignore
    messages.note(`${title ?? 'What was open'} was closed, with ${heldWords(before)}.`, undo, `closed ${title ?? ''}`);
  }

  // ------------------------------------------------------------- data

  /** Shows the host's dialog and reads what was chosen: for one input, or for all. */
  async chooseInputs(input?: string): Promise<void> {
    await this.program.guard(async () => {
      const files = await this.program.client.request('chooseData', {});
      if (files.length > 0) await this.readInputs(files, input);
    });
  }

  async readInputs(files: readonly FileRef[], input?: string): Promise<void> {
    const { model } = this;
    if (model.opened) await this.#whileOpening(files[0]!.name, 'data', () => model.read(files, input), LONG);
    else messages.note('Open a model first: data are checked against it.');
  }

  /** Shows the host's dialog and compares with what was chosen. */
  async chooseBaseline(): Promise<void> {
    const { model } = this;
    await this.program.guard(async () => {
      const files = await this.program.client.request('chooseData', {});
      if (files.length > 0) await this.#whileOpening(files[0]!.name, 'baseline', () => model.readBaseline(files), LONG);
    });
  }

  /** An input of an example as a run took it, whatever data are open by now; null where they are not at hand. */
  async inputOf(run: RunRecord, input: string, example: number): Promise<NumericArray | null> {
    const { inputs, data: here } = this.model;
    const data = this.runs.setups.get(run.job)?.data;
    if (data === undefined || data === here?.data)
      return run.asked.dataName === here?.name ? (inputs?.row(input, example) ?? null) : null;
    try {
      const rows = await this.program.client.request('inputRows', { data, examples: [example] });
      const array = new Map(Object.entries(rows)).get(input);
      return array ? exampleOf(array, 0) : null;
    } catch {
      return null; // the engine was started anew and knows these data no more
    }
  }

  /** What an example truly is, by the data that are open, where the first shown run took it from there. */
  labelOf(example: number): string | undefined {
    const [run] = this.runs.columns;
    return run && run.asked.dataName !== this.model.data?.name ? undefined : this.model.label(example);
  }

  // ------------------------------------------------------------- running

  /** What a run was asked, while its model and data are open here; null otherwise. */
  setupOf(run: RunRecord): RunSetup | null {
    return this.runs.setupOf(run, this.model.opened?.summary.hash);
  }

  /** Starts what is asked, or `setup`: one that is asked aside leaves the shown columns as they are. Answers the runs it made. */
  async run(setup: RunSetup | null = this.model.setup): Promise<readonly RunRecord[]> {
    return setup ? this.#run(setup, (to) => this.jobs.run(setup, to)) : [];
  }

  /** Asks what a run of this document was asked, by what it took and by its method, and runs it. */
  async runAgain(run: RunRecord): Promise<readonly RunRecord[]> {
    const { model, program } = this;
    const went = await program.guard(async () => {
      const data = await program.client.request('runInputs', { run: run.run });
      await this.#askAsBefore(model, run, [run]);
      await model.use(data, run.asked.examples);
    });
    return went && this.model === model ? this.run() : [];
  }

  /** Goes on with an adaptive run from where it is. It stays the same run, and as it is until the better one is there. */
  async goOn({ run }: RunRecord, accuracy: Accuracy): Promise<readonly RunRecord[]> {
    const { backend, memoryMB } = this.question;
    const asked = { run, accuracy, backend, ...(memoryMB !== null && { memoryMB }) };
    return this.#run(asked, (to) => this.jobs.goOn(asked, to));
  }

  /** Judges methods on the examples that are chosen. */
  async judge(setup: JudgeSetup): Promise<void> {
    await this.#run(setup, (to) => this.jobs.judge(setup, to));
  }

  /** Jobs of the page before this one, those that have ended meanwhile first. */
  async #takeUp(jobs: readonly LeftBehind[]): Promise<void> {
    for (const left of jobs) await this.#run(left.setup, (to) => this.jobs.follow(left, to));
  }

  async #run(setup: JobSetup, toItsEnd: (to: Heard) => Promise<readonly RunRecord[]>): Promise<readonly RunRecord[]> {
    if (this.jobs.running) return [];
    messages.outdated('run');
    const { runs, model, judgements } = this; // whose run it is, whatever is open when it ends
    const aside = isRunSetup(setup) && setup.aside !== undefined;
    const of = aside ? null : sharpeningOf(setup, runs.own, model);
    runs.sharpening = of && new Sharpening(of);
    const made = await toItsEnd({
      run: (run, soFar, unkept) => {
        if (unkept) messages.fault(unkept, this.#saveElsewhere);
        runs.add(run, isRunSetup(setup) ? setup : null, soFar);
      },
      round: (round) => runs.round(round),
      judgement: (record, unkept) => {
        if (unkept) messages.fault(unkept, this.#saveElsewhere);
        judgements.add(record);
      },
    });
    runs.settle();
    model.refreshEstimate();
    if (!aside && made.length > 0) this.#selectTelling();
    return made;
  }

  /** Where nothing is selected, what the headline names: the first look shows a unit, too. */
  #selectTelling(): void {
    if (selection.layer !== null) return;
    const { current, telling } = this.runs;
    const top = finding(current, selection.example, telling, this.model.sample)?.top;
    if (top) selection.selectUnit(top);
  }

  #again() {
    const setup = this.jobs.running?.setup;
    return setup && isRunSetup(setup) ? { label: 'Run again', run: () => void this.run(setup) } : null;
  }

  // ------------------------------------------------------------- sessions

  async openSession(file: FileRef): Promise<void> {
    await this.#whileOpening(file.name, 'session', async () => {
      await this.#replaceWith(() => this.program.client.request('openSession', { file: file.file }));
      await this.program.askRecent();
    });
  }

  async recover(entry: RecoveryEntry): Promise<void> {
    const { program } = this;
    const asked = () => program.client.request('recover', { id: entry.id });
    if (await this.#whileOpening(entry.title, 'session', () => this.#replaceWith(asked)))
      program.recovery = program.recovery.filter(({ id }) => id !== entry.id);
  }

  async #replaceWith(ask: () => Promise<OpenedSession>): Promise<void> {
    const before = {
      title: this.document?.title,
      runs: this.runs.own.length,
      notes: notebook.notes.length,
      judgements: this.judgements.all.length,
    };
    await this.#takeSession(await ask());
    this.#offerBack(before);
  }

  /**
   * Shows another document as it was left; with its model and its data, where these are still there, so that it can be run
   * again. What is asked is what the run was asked that is shown.
   */
  async #takeSession({
    document,
    summary,
    runs: given,
    view,
    notebook: notes,
    judgements,
  }: OpenedSession): Promise<void> {
    const { program } = this;
    const runs = this.#noRuns();
    this.document = document;
    this.before = null;
    messages.outdated(...OF_A_MODEL, `closed ${document.title ?? ''}`);
    const alone = new OpenModel(program, this.question, null, summary);
    this.model = alone;
    this.#showRuns(runs, view);
    this.#showNotebook(notes, summary?.hash);
    this.judgements = new Judgements(program, judgements, this.judgements);
    const main = runs.take(given, view);
    const taken = new Set(given.flatMap((run) => run.asked.examples));
    const example = [view?.example, main?.asked.examples[main.result.examples[0] ?? 0]].find((each) => each !== undefined && taken.has(each)) ?? 0; // prettier-ignore
    selection.example = example;
    this.#look(view);
    if (runs.awaited.length > 0) void this.#welcomeGuests(runs);
    if (!document.modelOpen) return;
    const opened = await program.client.request('openedModel', {});
    if (this.model !== alone) return; // another one was opened meanwhile
    const model = new OpenModel(program, this.question, opened, summary);
    if (view?.reading) model.readAs(view.reading);
    this.model = model;
    if (main) await this.#askAsBefore(model, main, given);
    const data = main && opened?.data ? await program.client.request('runInputs', { run: main.run }) : opened?.data;
    if (data) await model.use(data, main?.asked.examples ?? opened?.sample?.examples ?? [0]);
    if (this.model !== model) return;
    if (main && model.setup) runs.setups = new Map([[main.job, model.setup]]);
    if (view?.asked) await model.askKept(view.asked);
    const looked = view?.example;
    selection.example = looked !== undefined && model.inputs?.ids.includes(looked) ? looked : example;
  }

  /** Reads again the runs of other sessions that a document was compared with. */
  async #welcomeGuests(runs: Runs): Promise<void> {
    await this.program.guard(async () => {
      const { runs: guests, models, missing } = await this.program.client.request('guestRuns', {});
      if (this.runs !== runs) return;
      runs.welcome(guests, models);
      // of what is open, and gone with it
      for (const fault of missing) messages.fault(fault, null, 'model');
    });
  }

  /** Looks at what was looked at; where nobody told, at what tells most. */
  #look(view: SessionView | null): void {
    if (!view) return this.#selectTelling();
    selection.selectLayer(view.layer ?? null);
    selection.unit = view.unit ?? null;
    shell.view = VIEWS.find(({ id }) => id === view.tab)?.id ?? shell.view;
    shell.setupOpen = view.setupOpen ?? shell.setupOpen;
    if (view.maximised !== undefined) shell.maximised = view.maximised;
  }

  /** What of the screen is kept with the runs. */
  readonly view = $derived.by((): SessionView => ({
    version: 1,
    ...this.runs.view,
    example: selection.example,
    ...(selection.layer !== null && { layer: selection.layer }),
    ...(selection.unit !== null && { unit: selection.unit }),
    tab: shell.view,
    setupOpen: shell.setupOpen,
    maximised: shell.maximised,
    ...this.looks.view,
    ...this.#askedView,
    ...(this.model.reading && { reading: this.model.reading }),
  }));

  /** What is asked; as it was kept where the model is not open. */
  get #askedView(): Pick<SessionView, 'asked'> {
    const { model, runs, looks } = this;
    if (!model.data) return looks.kept?.asked ? { asked: looks.kept.asked } : {};
    const comparedBy = (data: string): string | undefined =>
      runs.own.find(({ job }) => {
        const baseline = runs.setups.get(job)?.baseline;
        return baseline?.kind === 'data' && baseline.data === data;
      })?.run;
    return { asked: this.question.kept(model.data, comparedBy) };
  }

  /** Has it kept; nobody waits for that, and where it fails it is kept the next time. */
  async keepView(): Promise<void> {
    const of = this.runs.own[0]?.run ?? (notebook.notes.length > 0 ? this.model.summary?.hash : undefined);
    if (of === undefined) return;
    const known = this.runs.own.map(({ run }) => run);
    await this.program.client.request('keepView', { of, view: this.view, known }).catch(() => undefined);
  }

  /** Asks again what a run was asked, as far as a record tells it. */
  async #askAsBefore(model: OpenModel, last: RunRecord, runs: readonly RunRecord[]): Promise<void> {
    model.question.askAs(
      last,
      runs.filter(({ job }) => job === last.job),
    );
    const { baseline } = last.asked;
    const made = baseline.kind === 'fitting' ? madeIn(baseline.chosen) : null;
    if (baseline.kind === 'constant') model.question.compareWith(baseline);
    else if (baseline.kind === 'fitting' && made?.kind === 'mean' && made.ofFile) await model.compareAs(last.run);
    else if (baseline.kind === 'fitting' && made) model.question.compareWith(made);
    else if (baseline.kind === 'fitting')
      model.question.compareWith({ kind: 'fitting', uniform: baseline.chosen.some(({ kind }) => kind === 'uniform') });
    else await model.compareAs(last.run);
  }

  async addGuests(file: FileRef): Promise<void> {
    const { runs } = this;
    await this.#whileOpening(file.name, 'session', async () => {
      const { runs: read, summary } = await this.program.client.request('readSession', { file: file.file });
      const guests = runs.welcome(read, summary ? [summary] : []);
      messages.note(
        guests.length > 0
          ? `${count(guests.length, 'run')} of ${file.name} can be compared with.`
          : `${file.name} is about another model, ${summary?.name ?? 'an unknown one'}: no layer of it is one of these, by name and units.`,
      );
    });
  }

  async save(as = false): Promise<void> {
    try {
      await notebook.settled(); // of notes alone no view is kept before them
      await this.keepView();
      if (!(await this.program.client.request(as ? 'saveSessionAs' : 'saveSession', {}))) return;
      messages.settle('Save As…');
      messages.note('Saved.');
      await this.program.askRecent();
    } catch (error) {
      messages.fault(faultOf(error), this.#saveElsewhere);
    }
  }

  /** What can always be done about a session that could not be written. */
  readonly #saveElsewhere = { label: 'Save As…', run: () => void this.save(true) };
}

export const studio = new Studio();
