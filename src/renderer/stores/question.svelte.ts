/** What is asked of the open model: everything of a run but its data. A model that is opened begins another one. */
import { METHODS, type Method, type Rule } from '../../contract/attribution';
import type { BackendChoice } from '../../contract/backends';
import type {
  InputData,
  RunRecord,
  RunSetup,
  SampleInfo,
  Settings,
  StudioBaseline,
  StudioTarget,
} from '../../contract/studio';
import { rowOf, type Rows } from './inputs.svelte';

/** What is asked before anybody has chosen. */
const FIRST = { methods: ['nig', 'rescale'], rule: 'secant', steps: 50 } as const satisfies Partial<RunSetup>;

export class Question {
  examples = $state.raw<readonly number[]>([]);
  baseline = $state.raw<StudioBaseline>({ kind: 'constant', value: 0 });
  /** Where the baseline is data: what was read, and its first rows. */
  baselineData = $state.raw<{ readonly data: InputData; readonly rows: Rows } | null>(null);
  target = $state.raw<StudioTarget>({ index: 'argmax' });
  minus = $state.raw<StudioTarget | null>(null);
  methods = $state.raw<readonly Method[]>(FIRST.methods);
  rule = $state<Rule>(FIRST.rule);
  steps = $state<number>(FIRST.steps);
  pathStart = $state<string | null>(null);
  backend = $state<BackendChoice>('auto');
  memoryMB = $state<number | null>(null);

  /**
   * @param before whose methods, accuracy and backend are kept: they are about the user, not about the model
   * @param sample which brings its own
   */
  constructor(before: Question | null, sample: SampleInfo | null) {
    if (before) {
      ({ methods: this.methods, rule: this.rule, steps: this.steps } = before);
      ({ backend: this.backend, memoryMB: this.memoryMB } = before);
    }
    if (sample) {
      ({ methods: this.methods, rule: this.rule, steps: this.steps } = sample);
      ({ target: this.target, baseline: this.baseline } = sample);
    }
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

  /** Adds an example, or takes it out; the last one stays. */
  toggleExample(example: number): void {
    if (!this.examples.includes(example)) this.examples = [...this.examples, example].sort((a, b) => a - b);
    else if (this.examples.length > 1) this.examples = this.examples.filter((other) => other !== example);
  }

  /** As a run was asked, as far as its record tells without its baseline. @param together runs of one job */
  askAs(last: RunRecord, together: readonly RunRecord[]): void {
    this.target = last.asked.target;
    this.minus = last.asked.minus;
    this.methods = METHODS.filter((method) => together.some(({ result }) => result.method === method));
    const along = together.find(({ result }) => result.rule !== null && result.steps > 1);
    if (along) {
      this.rule = along.result.rule!;
      this.steps = along.result.steps;
    }
    this.pathStart = last.result.pathStart;
  }

  /** What a run of these data is asked; null while something is missing. */
  setup(data: InputData | null): RunSetup | null {
    if (!data || data.faults.length > 0 || this.examples.length === 0 || this.methods.length === 0) return null;
    return {
      data: data.data,
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
  }
}
