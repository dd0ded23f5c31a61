/** What is asked of the open model: everything of a run but its data. A model that is opened begins another one. */
import { DEFAULT_ACCURACY, METHODS, type Accuracy, type Method, type Rule } from '../../contract/attribution';
import type { BackendChoice } from '../../contract/backends';
import type { Replacement } from '../../contract/interventions';
import type {
  InputData,
  RunRecord,
  RunSetup,
  SampleInfo,
  Settings,
  StudioBaseline,
  StudioTarget,
} from '../../contract/studio';
import type { AskedView } from '../../contract/view';
import type { Scaled } from '../logic/interventions';
import { targetFor } from '../logic/target';
import { rowOf, type Rows } from './inputs.svelte';
import type { UnitKey } from './selection.svelte';

/** What is asked before anybody has chosen. */
const FIRST = { methods: ['nig', 'rescale'], rule: 'secant', steps: 50 } as const satisfies Partial<RunSetup>;

/** What can be changed and taken back. */
export interface QuestionState extends Pick<
  Question,
  | 'examples'
  | 'baseline'
  | 'target'
  | 'minus'
  | 'eachOf'
  | 'methods'
  | 'rule'
  | 'accuracy'
  | 'even'
  | 'steps'
  | 'hold'
  | 'walk'
  | 'pathStart'
  | 'taken'
  | 'becomes'
  | 'scaled'
> {
  /** Told from others by the handle in `baseline`: its rows need not be compared. */
  readonly baselineData: { readonly value: Question['baselineData']; toJSON(): null };
}

export class Question {
  examples = $state.raw<readonly number[]>([]);
  baseline = $state.raw<StudioBaseline>({ kind: 'fitting' });
  /** Where the baseline is data: what was read, and its first rows. */
  baselineData = $state.raw<{ readonly data: InputData; readonly rows: Rows } | null>(null);
  target = $state.raw<StudioTarget>({ index: 'argmax' });
  minus = $state.raw<StudioTarget | null>(null);
  /** The examples that the places of a target of its own for each are of. */
  eachOf = $state.raw<readonly number[]>([]);
  methods = $state.raw<readonly Method[]>(FIRST.methods);
  rule = $state<Rule>(FIRST.rule);
  /** How far an adaptive path goes. */
  accuracy = $state.raw<Accuracy>(DEFAULT_ACCURACY);
  /** Even steps instead, to reproduce what somebody else computed. */
  even = $state(false);
  steps = $state<number>(FIRST.steps);
  /** Names of inputs that are to stay as they are, and to vary, against the model's own reading of them. */
  hold = $state.raw<readonly string[]>([]);
  walk = $state.raw<readonly string[]>([]);
  pathStart = $state<string | null>(null);
  /** Units that are taken out of what is predicted, and what they become; runs are of the whole network. */
  taken = $state.raw<readonly UnitKey[]>([]);
  becomes = $state.raw<Replacement>({ kind: 'baseline' });
  /** Units whose values are multiplied. */
  scaled = $state.raw<readonly Scaled[]>([]);
  backend = $state<BackendChoice>('auto');
  memoryMB = $state<number | null>(null);

  /**
   * @param before whose methods, accuracy and backend are kept: they are about the user, not about the model
   * @param sample which brings its own
   */
  constructor(before: Question | null, sample: SampleInfo | null) {
    if (before) {
      ({ methods: this.methods, rule: this.rule, steps: this.steps } = before);
      ({ accuracy: this.accuracy, even: this.even } = before);
      ({ backend: this.backend, memoryMB: this.memoryMB } = before);
    }
    if (sample) {
      ({ methods: this.methods, rule: this.rule, steps: this.steps } = sample);
      ({ target: this.target, baseline: this.baseline } = sample);
    }
  }

  /** Whether Neuron Integrated Gradients goes by an adaptive path: it is the secant rule's. */
  get adapts(): boolean {
    return !this.even && this.rule === 'secant' && this.methods.includes('nig');
  }

  /**
   * Goes to another tolerance. The default one has a cap, so that nobody waits who asked for nothing; one that was chosen is
   * to be reached.
   */
  tolerate(tolerance: number): void {
    const { mostWalks } = tolerance === DEFAULT_ACCURACY.tolerance ? DEFAULT_ACCURACY : { mostWalks: null };
    this.accuracy = { ...this.accuracy, tolerance, mostWalks };
  }

  /** All of it that the user chooses, as one value. */
  get state(): QuestionState {
    const { examples, baseline, target, minus, eachOf, methods, rule, accuracy, even, steps } = this;
    const { hold, walk, pathStart, taken, becomes, scaled, baselineData: value } = this;
    const baselineData = { value, toJSON: () => null };
    return { examples, baseline, target, minus, eachOf, methods, rule, accuracy, even, steps, hold, walk, pathStart, taken, becomes, scaled, baselineData }; // prettier-ignore
  }

  restore({ baselineData, ...rest }: QuestionState): void {
    Object.assign(this, rest);
    this.baselineData = baselineData.value;
  }

  /**
   * What is kept of it. @param data whose examples are chosen
   * @param comparedBy a run that was compared with data
   */
  kept(data: InputData | null, comparedBy: (data: string) => string | undefined): AskedView {
    const { baselineData: _rows, baseline, ...rest } = this.state;
    const run = baseline.kind === 'data' ? comparedBy(baseline.data) : undefined;
    const { examples, eachOf, methods, hold, walk, taken, scaled } = rest;
    return {
      ...rest,
      ...(data && { data: data.name, rows: data.data }),
      baseline:
        baseline.kind !== 'data'
          ? baseline
          : run !== undefined
            ? { kind: 'run', run }
            : { kind: 'data', data: baseline.data, perExample: baseline.perExample === true },
      ...{ examples: [...examples], eachOf: [...eachOf], methods: [...methods], hold: [...hold], walk: [...walk] },
      ...{ taken: [...taken], scaled: [...scaled] },
    };
  }

  /**
   * Asks what was kept, as far as it was; arrays to compare with are not in it.
   * @param data the rows that are open
   */
  askKept(
    { data: of, rows: _handle, examples = [], baseline, ...kept }: AskedView,
    data: Pick<InputData, 'name'>,
    ids: readonly number[],
  ): void {
    const given = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
    Object.assign(this, given);
    if (of === data.name && examples.length > 0 && examples.every((each) => ids.includes(each)))
      this.examples = examples;
    if (baseline && baseline.kind !== 'data' && baseline.kind !== 'run') this.compareWith(baseline);
  }

  /** What the settings say of the device. */
  prefer({ backend, memoryMB }: Settings): void {
    this.backend = backend;
    this.memoryMB = memoryMB;
  }

  /** Whether each example is compared with a row of its own. */
  get perExample(): boolean {
    return this.baseline.kind === 'data' && this.baseline.perExample === true;
  }

  /** What is compared with from now on; `rows` where it is data. */
  compareWith(baseline: StudioBaseline, data: Question['baselineData'] = this.baselineData): void {
    this.baseline = baseline;
    this.baselineData = baseline.kind === 'data' ? data : null;
  }

  /** The baseline of an input at an example, where it is data. @param reference which, of several for all examples */
  baselineRow(input: string, example: number, reference: number): ReturnType<typeof rowOf> {
    const rows = this.baselineData?.rows ?? null;
    const shown = this.perExample ? example : rows?.examples[reference];
    return shown === undefined ? null : rowOf(rows, input, shown);
  }

  /** An input stays as it is, varies, or does what the model tells. @param usual whether it would be held */
  turn(input: string, held: boolean, usual: boolean): void {
    const without = (names: readonly string[]): readonly string[] => names.filter((name) => name !== input);
    this.hold = held && !usual ? [...without(this.hold), input] : without(this.hold);
    this.walk = !held && usual ? [...without(this.walk), input] : without(this.walk);
  }

  /** Asks about these examples, at least one. */
  ask(examples: readonly number[]): void {
    this.examples = examples;
    // Nothing tells what one that came anew is to explain.
    const { target, minus } = this.#targetsFor(examples);
    if (!target) this.explain({ index: 'argmax' });
    if (this.minus && !minus) this.minus = null;
  }

  /** Changes what is explained. What is taken from it lies on the same side of a final activation. @param of see `eachOf` */
  explain(change: Partial<StudioTarget>, of: readonly number[] = this.eachOf): void {
    const isSame = change.layer === undefined || change.layer === this.target.layer;
    this.target = { ...this.target, ...change };
    this.eachOf = of;
    if (this.minus) this.subtract(isSame ? this.minus.index : null);
  }

  /** What is taken from it: another value of the same; null for nothing. */
  subtract(index: StudioTarget['index'] | null): void {
    const { layer, afterActivation } = this.target;
    this.minus =
      index === null ? null : { ...(layer && { layer }), index, ...(afterActivation && { afterActivation }) };
  }

  /** The targets for examples; null where one of them has none. */
  #targetsFor(examples: readonly number[]): Record<'target' | 'minus', StudioTarget | null> {
    const { eachOf } = this;
    return {
      target: targetFor(this.target, eachOf, examples),
      minus: this.minus && targetFor(this.minus, eachOf, examples),
    };
  }

  /** As a run was asked, as far as its record tells without its baseline. @param together runs of one job */
  askAs(last: RunRecord, together: readonly RunRecord[]): void {
    this.target = last.asked.target;
    this.minus = last.asked.minus;
    this.eachOf = last.asked.examples;
    this.methods = METHODS.filter((method) => together.some(({ result }) => result.method === method));
    const adaptive = together.find(({ result }) => result.adaptive !== null)?.result.adaptive;
    const along = together.find(({ result }) => !result.adaptive && result.rule !== null && result.steps > 1);
    if (along) {
      this.rule = along.result.rule!;
      this.steps = along.result.steps;
    }
    this.even = !adaptive && along?.result.method === 'nig';
    if (adaptive) {
      this.rule = 'secant';
      this.accuracy = adaptive.accuracy;
    }
    this.hold = last.asked.hold ?? [];
    this.walk = last.asked.walk ?? [];
    this.pathStart = last.result.pathStart;
  }

  /** What a run of these data is asked; null while something is missing. @param examples default: those that are chosen */
  setup(data: InputData | null, examples: readonly number[] = this.examples): RunSetup | null {
    if (!data || data.faults.length > 0 || examples.length === 0 || this.methods.length === 0) return null;
    const { target, minus } = this.#targetsFor(examples);
    if (!target) return null;
    return {
      data: data.data,
      examples: [...examples],
      baseline: this.baseline,
      target,
      ...(minus && { minus }),
      methods: [...this.methods],
      rule: this.rule,
      steps: this.steps,
      ...(this.adapts && { accuracy: this.accuracy }),
      ...(this.hold.length > 0 && { hold: [...this.hold] }),
      ...(this.walk.length > 0 && { walk: [...this.walk] }),
      ...(this.pathStart !== null && { pathStart: this.pathStart }),
      ...(this.memoryMB !== null && { memoryMB: this.memoryMB }),
      backend: this.backend,
    };
  }
}
