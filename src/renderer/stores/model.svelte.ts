/**
 * The model that is open, its data, what is asked of it, and what that would take. Made anew with every model or session
 * that is opened: what was under way for the one before ends in an object that nothing shows any more.
 */
import type { FinalActivation, TargetActivation } from '../../contract/attribution';
import type { ImageReading } from '../../contract/data';
import type { ModelSummary } from '../../contract/model';
import type { AskedView, ReadingView } from '../../contract/view';
import type { Estimate, FileRef, InputData, OpenedModel, RunSetup, StudioBaseline } from '../../contract/studio';
import type { MhoFault } from '../../contract/errors';
import { takesChannelsFirst, type Known } from '../logic/inputs';
import { awayWords, lacking } from '../logic/asking';
import { chosenAfter } from '../logic/examples';
import { known } from '../logic/interventions';
import { outputLabel } from '../logic/labels';
import { trueEach, type Each } from '../logic/target';
import { Changes } from './changes.svelte';
import { Inputs, readRows } from './inputs.svelte';
import { Latest } from './latest';
import { faultOf, messages } from './messages.svelte';
import type { Program } from './program.svelte';
import { Question } from './question.svelte';
import { selection } from './selection.svelte';

/** How long typing pauses before it is asked what the model says, and what a run would take, ms. */
const PAUSE = { predict: 60, estimate: 250 };

/** As many examples as are predicted whole: of others it is told in short (`verdicts`), or when they are looked at. */
const MOST_PREDICTED = 32;

export class OpenModel {
  /** Null for a session that is open without its model. */
  opened = $state.raw<OpenedModel | null>(null);
  summary = $state.raw<ModelSummary | null>(null);
  readonly question: Question;
  inputs = $state.raw<Inputs | null>(null);
  estimate = $state.raw<Estimate | null>(null);
  /** What was asked and is not there yet, the first of it. */
  readonly awaits = $derived.by((): 'prediction' | 'estimate' | null =>
    this.#predicting ? 'prediction' : this.#estimating ? 'estimate' : null,
  );
  #predicting = $state(false);
  #estimating = $state(false);
  /** Why what is asked cannot run. */
  refusal = $state.raw<MhoFault | null>(null);
  readonly setup = $derived.by((): RunSetup | null => this.question.setup(this.data));
  /** Of what is asked, to be undone. */
  readonly changes = new Changes();
  readonly #newestEstimate = new Latest();
  /** How pictures are read, where it was chosen: others of this model are read so, too. */
  #read: Partial<ImageReading> | null = null;
  /** How pictures were read whose rows came out of a session, which do not tell. */
  #keptReading = $state.raw<ReadingView | null>(null);
  #newestPrediction: object = {};
  #askedEstimate: object = {};
  #reading: Promise<void> = Promise.resolve();
  #predictTimer: ReturnType<typeof setTimeout> | undefined;
  #estimateTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param before the question that was asked until now */
  constructor(
    private readonly program: Program,
    before: Question | null,
    opened: OpenedModel | null,
    summary: ModelSummary | null = opened?.summary ?? null,
  ) {
    this.opened = opened;
    this.summary = summary;
    this.question = new Question(before, opened?.sample ?? null);
  }

  get sample(): OpenedModel['sample'] {
    return this.opened?.sample ?? null;
  }
  get data(): InputData | null {
    return this.inputs?.data ?? null;
  }
  /** What the data say an example truly is. */
  label(example: number): string | undefined {
    return this.inputs?.labels[example];
  }

  /** What tells how an input looks. */
  known(input: string): Known {
    const port = this.data?.expected.find(({ name }) => name === input);
    const { range, fit, channels, mean, std } = this.data?.reading ?? this.#keptReading ?? port?.reading ?? {};
    return {
      alphabet: this.sample?.alphabet ?? port?.alphabet ?? null,
      channelsFirst: this.summary !== null && takesChannelsFirst(this.summary, input),
      reading: range
        ? { range, fit: fit ?? 'stretch', channels: channels ?? 'rgb', mean: mean ?? null, std: std ?? null }
        : null,
    };
  }

  /** What the ids of an input are called: by the vocabulary beside the model, which is of the input with the most ids. */
  tokensOf(input: string): readonly string[] {
    const ports = this.data?.expected ?? [];
    const most = Math.max(0, ...ports.map(({ vocabulary = 0 }) => vocabulary));
    const own = ports.find(({ name }) => name === input)?.vocabulary;
    return own !== undefined && own === most ? (this.opened?.tokens ?? []) : [];
  }

  /** What the places of an input are called by the headers of its tables; empty where none tells, or two tell otherwise. */
  columnsOf(input: string): readonly string[] {
    const told = (this.data?.how ?? []).flatMap(({ made }) =>
      made.kind === 'table' ? (made.columns ?? []).filter((each) => each.input === input) : [],
    );
    const [first, ...others] = told;
    return first && others.every(({ names }) => names.join('\n') === first.names.join('\n')) ? first.names : [];
  }

  /** How pictures became numbers, and whether the user chose that; null where there are none. */
  get reading(): ReadingView | null {
    const { reading } = this.data ?? {};
    if (!reading) return this.#keptReading;
    const { range, fit, channels, mean, std } = reading;
    return { range, fit, channels, mean, std, chosen: this.#read !== null };
  }

  /** Pictures are read as they were in a session. */
  readAs(kept: ReadingView): void {
    const { chosen, ...reading } = kept;
    this.#keptReading = kept;
    if (chosen) this.#read = reading;
  }

  /** The activation in front of an output that the default target steps over. */
  finalActivation(output: string): FinalActivation | null {
    const known = this.opened?.finalActivation ?? {};
    return Object.hasOwn(known, output) ? known[output]! : null;
  }

  /** What makes a probability of an output, and the layer before that; null where it is none. */
  probability(output: string): TargetActivation | null {
    const known = this.opened?.probabilities ?? {};
    return Object.hasOwn(known, output) ? known[output]! : null;
  }

  /** What each example of the sample's own data truly is, as a target; null where nothing tells. */
  get truth(): Each | null {
    return this.sample && this.inputs?.labels.length && this.opened?.data?.data === this.data?.data
      ? trueEach(this.sample)
      : null;
  }

  /** What a class is called: by the labels, where a value of the output that a target lies in where none is named has one. */
  #classOf(index: number): string {
    const { outputs = [], defaultOutput } = this.summary ?? {};
    const output = outputs.find(({ name }) => name === defaultOutput) ?? outputs[0];
    return output ? outputLabel(index, output, this.opened) : `${index}`;
  }

  // ------------------------------------------------------------- data

  /** Takes data as inputs, with those of the examples that they have. */
  async use(data: InputData, examples: readonly number[]): Promise<void> {
    const own =
      this.opened?.data?.data === data.data
        ? (this.sample?.exampleLabels ?? [])
        : (data.truth ?? []).map((index) => this.#classOf(index));
    const inputs = new Inputs(this.program, data, own);
    this.inputs = inputs;
    this.question.examples = examples.filter((example) => inputs.ids.includes(example));
    selection.example = this.question.examples[0] ?? 0;
    await inputs.read();
    if (this.inputs === inputs) this.refresh();
  }

  /** What the engine's side has open, where data bind sizes that the model leaves free: the same model, at these sizes. */
  async #atSizesOf({ bound }: InputData): Promise<void> {
    if (bound.length === 0) return;
    const sized = await this.program.client.request('openedModel', {});
    if (!sized || !this.opened) return;
    this.opened = { ...sized, data: this.opened.data };
    this.summary = sized.summary;
  }

  /** Reads files for the inputs; for one of several, the others stay as they are. */
  read(files: readonly FileRef[], input?: string): Promise<void> {
    return this.#inTurn(async () => {
      const into = input !== undefined && this.data ? { into: this.data.data } : {};
      const data = await this.program.client.request('readInputs', {
        files: files.map(({ file }) => file),
        ...(input !== undefined && { input, ...into }),
        ...(this.#read && { reading: this.#read }),
      });
      await this.#atSizesOf(data);
      this.#keptReading = null; // a file tells how it was read
      await this.use(data, [0]);
    });
  }

  /** Reads the same pictures in another way, the baseline's too. */
  reread(reading: Partial<ImageReading>): Promise<void> {
    return this.#inTurn(async () => {
      const { data, question } = this;
      if (!data) return;
      const reread = (of: InputData) => this.program.client.request('rereadInputs', { data: of.data, reading });
      this.#read = { ...this.#read, ...reading };
      const again = await reread(data);
      await this.#atSizesOf(again);
      const baseline = question.baselineData?.data;
      if (baseline?.reading) await this.#useBaseline(await reread(baseline), question.perExample);
      await this.use(again, question.examples);
    });
  }

  /** Writes beside the model how pictures are read. @returns once it is there */
  async keepReading(): Promise<void> {
    if (this.data) await this.program.client.request('keepReading', { data: this.data.data });
  }

  /** What builds on the data that are open waits for what is being read: two files for two inputs both stay. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const mine = this.#reading.then(work);
    this.#reading = mine.catch(() => undefined);
    return mine;
  }

  /** Takes files' rows as baseline: one, one per example, or several references. */
  async readBaseline(files: readonly FileRef[]): Promise<void> {
    const { range, fit, channels, mean, std } = this.data?.reading ?? {};
    const data = await this.program.client.request('readInputs', {
      files: files.map(({ file }) => file),
      purpose: 'baseline',
      ...(range && { reading: { range, fit, channels, mean, std } }),
    });
    await this.#useBaseline(data);
    this.refresh();
  }

  /** Compares with data. @param perExample default: where they have a row for every row of the inputs */
  async #useBaseline(
    data: InputData,
    perExample = data.examples > 1 && data.examples === this.data?.examples,
  ): Promise<void> {
    const rows = await readRows(this.program, data);
    this.question.compareWith({ kind: 'data', data: data.data, ...(perExample && { perExample }) }, { data, rows });
  }

  /** Compares with what a run was compared with, where that was data. */
  async compareAs(run: string): Promise<void> {
    const found = await this.program.client.request('runBaseline', { run });
    if (found) await this.#useBaseline(found.data, found.perExample);
  }

  /** Asks again what was asked at the left, whether or not it was run; says what of its files is not there any more. */
  async askKept(asked: AskedView): Promise<void> {
    const open = (data: string) => this.program.client.request('openData', { data }).catch(() => null);
    const { rows, baseline } = asked;
    const others = rows !== undefined && rows !== this.data?.data ? await open(rows) : null;
    if (others) await this.use(others, asked.examples ?? []);
    const { data, question, inputs } = this;
    if (!data) return;
    question.askKept(asked, data, inputs?.ids ?? []);
    const units = new Map(
      this.opened?.summary.layers.map((layer) => [layer.name, layer.unitAxis === null ? 1 : layer.units]),
    );
    question.taken = known(question.taken, units);
    question.scaled = known(question.scaled, units);
    const compared = baseline?.kind === 'data' ? await open(baseline.data) : null;
    if (baseline?.kind === 'run') await this.compareAs(baseline.run);
    else if (baseline?.kind === 'data' && compared) await this.#useBaseline(compared, baseline.perExample);
    const away = awayWords({
      data: rows !== undefined && rows !== data.data ? (asked.data ?? 'What was asked about') : null,
      baseline: baseline?.kind === 'data' && !compared,
    });
    if (away) messages.note(away, null, 'data');
    this.refresh();
  }

  // ------------------------------------------------------------- asking

  /**
   * @param how with a range, all from the example that was clicked before it
   * @param listed examples in the order in which they are seen
   */
  chooseExample(
    example: number,
    how: Parameters<typeof chosenAfter>[4],
    listed: readonly number[] = this.inputs?.ids ?? [],
  ): void {
    const { question, inputs } = this;
    if (!inputs) return;
    const anchor = inputs.anchor ?? question.examples[0] ?? example;
    this.chooseExamples(chosenAfter(question.examples, listed, anchor, example, how), example);
    inputs.anchor = how === 'range' ? anchor : example;
  }

  /** Asks about examples. @param look the one that is shown, where it is among them */
  chooseExamples(examples: readonly number[], look = selection.example): void {
    if (examples.length === 0) return;
    this.question.ask(examples);
    selection.example = examples.includes(look) ? look : examples[0]!;
    this.refresh();
  }

  /** Looks at an example without changing what is asked. */
  look(example: number): void {
    selection.example = example;
    if (this.inputs && !this.inputs.told?.examples.includes(example)) this.refresh();
  }

  compareWith(baseline: StudioBaseline): void {
    this.question.compareWith(baseline);
    this.refresh();
  }

  /** Goes back to what was asked before the last change, or forward again. */
  undo(): void {
    if (this.changes.undo(this.question)) this.#shownAgain();
  }
  redo(): void {
    if (this.changes.redo(this.question)) this.#shownAgain();
  }
  #shownAgain(): void {
    const { examples } = this.question;
    if (!examples.includes(selection.example)) selection.example = examples[0] ?? selection.example;
    this.refresh();
  }

  /** Why nothing can be run yet, by what is asked; null where something can. */
  get lacking(): string | null {
    return lacking({
      inputs: this.opened && this.opened.summary.inputs.map(({ name }) => name),
      data: this.data,
      examples: this.question.examples.length,
      methods: this.question.methods.length,
      target: this.setup !== null,
    });
  }

  /** Something that is asked changed: predict and estimate anew, once typing pauses. */
  refresh(): void {
    clearTimeout(this.#predictTimer);
    this.#predicting = this.setup !== null;
    this.#predictTimer = setTimeout(() => void this.#predict(), PAUSE.predict);
    this.refreshEstimate();
  }

  /** Steps, methods and the like leave the prediction as it is. */
  refreshEstimate(): void {
    clearTimeout(this.#estimateTimer);
    this.#estimating = this.setup !== null;
    this.#estimateTimer = setTimeout(() => void this.#estimate(), PAUSE.estimate);
  }

  async #predict(): Promise<void> {
    const { inputs, setup } = this;
    if (!inputs || !setup) {
      this.#predicting = false;
      return;
    }
    const looked = inputs.has(selection.example) ? [selection.example] : [];
    const examples = [...new Set([...looked, ...setup.examples])].slice(0, MOST_PREDICTED).sort((a, b) => a - b);
    const { baseline, hold, walk, backend } = setup;
    const mine = (this.#newestPrediction = {});
    await inputs.predict({ examples, baseline, hold, walk, backend }, (error) => (this.refusal = faultOf(error)));
    if (this.#newestPrediction === mine) this.#predicting = false;
  }

  async #estimate(): Promise<void> {
    if (!this.setup) {
      this.#estimating = false;
      return;
    }
    const mine = (this.#askedEstimate = {});
    await this.#newestEstimate.ask(
      this.program.client.request('estimate', this.setup),
      (estimate) => {
        this.estimate = estimate;
        this.refusal = null;
      },
      (error) => {
        this.estimate = null;
        this.refusal = faultOf(error);
      },
    );
    if (this.#askedEstimate === mine) this.#estimating = false;
  }
}
