/** A run on its way: the newest round of each of its examples, shown no more often than an eye can follow. */
import type { Round } from '../../contract/attribution';
import { isRunSetup, type JobSetup, type RunRecord } from '../../contract/studio';
import type { Fallen } from '../logic/sharpen';
import type { OpenModel } from './model.svelte';

/** Milliseconds between two looks: small nets have a round every few, and a look at 50,000 units takes some. */
const PAUSE = 150;

/** What a run was asked, and of which model, by which what is on its way is shown as a run. */
export interface SharpeningOf {
  readonly asked: RunRecord['asked'];
  readonly pathStart: string | null;
  /** Model hash. */
  readonly model: string;
  /** Id of the run that it goes on with; null where it begins anew. */
  readonly continues: string | null;
}

/** What is shown of a run while it sharpens; null where it takes no adaptive path, or is not known here. @param own runs of the document */
export function sharpeningOf(
  setup: JobSetup,
  own: readonly RunRecord[],
  { data, summary, question }: OpenModel,
): SharpeningOf | null {
  if ('run' in setup) {
    const run = own.find(({ run: id }) => id === setup.run);
    return run ? { asked: run.asked, pathStart: run.result.pathStart, model: run.model, continues: run.run } : null;
  }
  if (!isRunSetup(setup) || !setup.accuracy) return null;
  const { examples, target, minus = null, pathStart = null } = setup;
  const baseline: RunRecord['asked']['baseline'] =
    setup.baseline.kind === 'constant'
      ? setup.baseline
      : setup.baseline.kind !== 'data'
        ? { kind: 'fitting', chosen: [] }
        : {
            kind: 'arrays',
            rows: question.baselineData?.data.examples ?? 1,
            perExample: setup.baseline.perExample === true,
            digest: '',
          };
  const asked = { dataName: data?.name ?? '', examples, digests: [], baseline, target, minus };
  return { asked, pathStart, model: summary?.hash ?? '', continues: null };
}

export class Sharpening {
  /** Runs of one job stand together; empty until a run or the one that goes on tells which it is. */
  job = $state.raw('');
  /** Place of the example among those asked → its newest round. */
  rounds = $state.raw<ReadonlyMap<number, Round>>(new Map());
  /** How the estimates have fallen, by the same places. */
  fallen = $state.raw<ReadonlyMap<number, readonly Fallen[]>>(new Map());
  readonly #newest = new Map<number, Round>();
  readonly #fallen = new Map<number, readonly Fallen[]>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #over = false;

  constructor(
    readonly of: SharpeningOf,
    private readonly started = Date.now(),
  ) {}

  get elapsedMs(): number {
    return Date.now() - this.started;
  }

  /** A round came. Newest wins: what comes late, or after the run itself, is passed over. */
  take(round: Round): void {
    const known = this.#newest.get(round.example);
    if (this.#over || round.example >= this.of.asked.examples.length || (known && known.rounds >= round.rounds)) return;
    this.#newest.set(round.example, round);
    const { walks, estimate } = round;
    this.#fallen.set(round.example, [...(this.#fallen.get(round.example) ?? []), { walks, estimate }]);
    if (this.#timer !== undefined) return;
    this.#show();
    this.#timer = setTimeout(() => this.#again(), PAUSE);
  }

  #show(): void {
    this.rounds = new Map(this.#newest);
    this.fallen = new Map(this.#fallen);
  }

  #again(): void {
    const waiting = [...this.#newest].some(([example, round]) => this.rounds.get(example) !== round);
    if (waiting) this.#show();
    this.#timer = waiting ? setTimeout(() => this.#again(), PAUSE) : undefined;
  }

  /** The run is there, or will not come. */
  end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }
}
