/** A run: the sums of all methods over their grids, group by group and chunk by chunk, and the results they come to. */
import type {
  Alarm,
  Accuracy,
  AttributionRequest,
  ExampleFault,
  Method,
  Progress,
  Remark,
  Round,
  Rounded,
  RunPhase,
  RunResult,
} from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import type { MemoryBudget } from '../../../contract/memory';
import type { Device } from '../backends';
import type { Graph } from '../graph/graph';
import { straightened } from '../graph/straightened';
import { resolvedResult } from './adaptive/assemble';
import { resolve, type Resolved } from './adaptive/run';
import { sharingOf, type Sharing } from './adaptive/sharing';
import { liveShapes, type ChunkSize } from './chunks';
import { alarmOf, Course } from './course';
import { calibrationOf } from './evenErrors';
import { activationFault, suspectsOf, whyNotFinite, type Summed, type Suspect } from './finite';
import { budgetOf, within } from './memory';
import { type EvenGrid, genomicsNonlinearity, gridsOf, methodSum, type MethodSum } from './methods';
import { planRun, type Plan, watchedValue } from './plan';
import { GridSums } from './gridSums';
import { jumpOf, leastJump } from './jumps';
import { remarksOn } from './remarks';
import { nearZero, prepare, type Prepared } from './request';
import { layerResult, rowsOf } from './results';
import { Room } from './room';
import { ofOtherSums, roundingOf, targetRounding, type Rounding } from './rounding';
import { sweepGroup, type Swept } from './sweep';
import { termsOf } from './target';
import { asRounded, meanOver, steppedEnds, type SteppedEnds } from './stepped';
import { withWeights, type Weights } from './weights';

export interface AttributionOptions {
  /** After every chunk. */
  readonly onProgress?: (progress: Progress) => void;
  /** As soon as a method is complete; the work goes on once it is done with it, since chunks would keep it waiting. */
  readonly onResult?: (result: RunResult) => void | Promise<void>;
  /** Takes effect at the next chunk; what is complete by then is returned. */
  readonly signal?: AbortSignal;
  /** Ends adaptive paths at the next round, complete as far as they have come. */
  readonly enough?: AbortSignal;
  /** After a round of an adaptive path, for each example that it was about, not more often than can be looked at. */
  readonly onRound?: (round: Round) => void;
  /** What the same request came to before: its adaptive paths go on from where they are, those whose grids it holds. */
  readonly resume?: RunResult;
  /** Whether to estimate errors (an eighth more work for secant). Default true. */
  readonly estimateError?: boolean;
  /** Before the first chunk: what the run may take. */
  readonly onBudget?: (budget: MemoryBudget) => void;
}

class Cancelled extends Error {}

/**
 * Contributions of every neuron of the asked layers, by the asked methods.
 * @returns one result per method, in the asked order; after a cancel, those that have any complete example
 * @throws catalogue errors for a request that does not fit the model (before any work), MEMORY_BUDGET, MEMORY_EXHAUSTED; at the
 * end, when `onResult` has been given all that is sound, NOT_FINITE_… for the first example something of which is not a number
 */
export async function attribute(
  device: Device,
  given: Graph,
  asked: AttributionRequest,
  options: AttributionOptions = {},
): Promise<RunResult[]> {
  try {
    const { graph: near, request, rounded } = nearZero(given, asked);
    const graph = straightened(near);
    return await withWeights(device, graph, async (weights) => {
      const prepared = await prepare(graph, weights, request);
      const plan = planRun(graph, prepared.starts, prepared.sinks, request.layers, request.methods, prepared.fixed);
      const stepped = await steppedEnds(device, near, graph, prepared);
      return new Run(graph, request, options, weights, prepared, plan, rounded, stepped).results();
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (!(error instanceof MhoError) && /OOM|resource exhausted|out of memory|allocation failed/i.test(reason))
      throw new MhoError('MEMORY_EXHAUSTED', { reason: reason.split('\n')[0]! }, { cause: error });
    throw error;
  }
}

const evenAlphas = (steps: number): number[] => Array.from({ length: steps + 1 }, (_, k) => k / steps);

const NONE: ReadonlySet<number> = new Set();

/** What is done in turn, and how it fits the memory. */
type Planned =
  { readonly grid: EvenGrid; readonly size: ChunkSize } | { readonly accuracy: Accuracy; readonly sharing: Sharing };

class Run {
  readonly #began = performance.now();
  #total: number;
  #done = 0;
  readonly #pairs: number;
  readonly #room: Room;
  /** Of Neuron Integrated Gradients, where it is not by even steps. */
  readonly #accuracy: Accuracy | null;
  /** What the methods by even steps sum. */
  readonly #sums: ReadonlyMap<Method, MethodSum>;
  /** The first that was found. */
  #fault: MhoError | null = null;
  #rounding: Rounding | null = null;

  constructor(
    private readonly graph: Graph,
    private readonly request: AttributionRequest,
    private readonly options: AttributionOptions,
    private readonly weights: Weights,
    private readonly prepared: Prepared,
    private readonly plan: Plan,
    private readonly rounded: readonly Rounded[],
    private readonly stepped: SteppedEnds | null,
  ) {
    this.#pairs = prepared.lines.pairs;
    const { methods, rule, steps, accuracy } = request;
    this.#room = new Room(
      plan,
      liveShapes(plan, weights, prepared.lines),
      { examples: prepared.examples, references: prepared.references, methods: methods.length },
      budgetOf(request.memoryMB, weights.device.info),
      request.chunkRows,
    );
    this.#accuracy = methods.includes('nig') && rule === 'secant' ? (accuracy ?? null) : null;
    const even = methods.filter((method) => method !== 'nig' || !this.#accuracy);
    this.#sums = new Map(even.map((method) => [method, methodSum(method, rule, steps)]));
    this.#total = gridsOf(this.#sums).reduce((total, { steps }) => total + (steps + 1) * this.#pairs, 0);
  }

  async results(): Promise<RunResult[]> {
    this.options.onBudget?.(this.#room.budget);
    const results = new Map<Method, RunResult>();
    const keep = async (result: RunResult | null): Promise<void> => {
      if (!result) return;
      results.set(result.method, result);
      await this.options.onResult?.(result);
    };
    // What does not fit is refused before anything is walked.
    const planned = within(this.#room.budget, (budget) => this.#planned(this.#room.of(budget)));
    for (const each of planned) {
      if (this.options.signal?.aborted) continue;
      if ('accuracy' in each) {
        await keep(await this.#adaptiveResult(each.accuracy, each.sharing));
        continue;
      }
      const { grid, size } = each;
      const gathered = await this.#sweep(grid, size);
      if (gathered.donePairs < this.prepared.references) continue;
      const rounding = await this.#rounded();
      for (const [method, sum] of this.#sums)
        if (sum.steps === grid.steps) await keep(this.#sound(method, sum, gathered, grid, rounding));
    }
    if (this.#fault) throw this.#fault;
    return this.request.methods.flatMap((method) => results.get(method) ?? []);
  }

  #estimates({ steps }: EvenGrid): boolean {
    return steps > 1 && this.options.estimateError !== false;
  }

  /** All that is to be done, in turn. @throws MemoryShort */
  #planned(room: Room): readonly Planned[] {
    const { plan, weights, prepared, request } = this;
    const grids = gridsOf(this.#sums);
    let before = 0;
    const even = (grid: EvenGrid): Planned => {
      const there = before;
      before += [...this.#sums.values()].filter(({ steps }) => steps === grid.steps).length;
      return { grid, size: room.chunks(grid, this.#estimates(grid), there) };
    };
    const adaptive = (accuracy: Accuracy): Planned => {
      const setting = { plan, weights, prepared, request, accuracy, room };
      return { accuracy, sharing: sharingOf(setting, before++, this.options.resume) };
    };
    return [
      ...grids.filter(({ steps }) => steps === 1).map(even),
      ...(this.#accuracy ? [adaptive(this.#accuracy)] : []),
      ...grids.filter(({ steps }) => steps > 1).map(even),
    ];
  }

  /** Resolves every example; a cancel keeps those that are. */
  async #resolve(
    accuracy: Accuracy,
    sharing: Sharing,
  ): Promise<{ readonly resolved: readonly Resolved[]; readonly faults: readonly ExampleFault[] }> {
    const { plan, weights, prepared, request } = this;
    const { onRound, enough, resume } = this.options;
    const resolved: Resolved[] = [];
    const faults: ExampleFault[] = [];
    const before = this.#done;
    const left = this.#total - before;
    const setting = {
      plan,
      weights,
      prepared,
      request,
      accuracy,
      room: this.#room,
    };
    try {
      await resolve(setting, sharing, {
        onRound,
        enough,
        resume,
        onResolved: (each) => resolved.push(each),
        onNotFinite: (example, alphas) => {
          faults.push(this.#faultOf(example, (suspect) => whyNotFinite(suspect, this.#adaptiveSum(alphas)))!);
        },
        onBatch: async ({ done, total, estimate }) => {
          this.#done = before + done;
          this.#total = before + total + left;
          await this.#report({ alpha: 1, expected: 0, running: 0 }, { kind: 'adaptive', accuracy, estimate });
        },
      });
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
    }
    this.#total = this.#done + left;
    return { resolved, faults };
  }

  /** Null where no example has one. */
  async #adaptiveResult(accuracy: Accuracy, sharing: Sharing): Promise<RunResult | null> {
    const { resolved, faults } = await this.#resolve(accuracy, sharing);
    if (resolved.length === 0) return null;
    const rounding = await this.#rounded();
    const made = (of: readonly Resolved[], without: readonly ExampleFault[]): RunResult | null => {
      if (of.length === 0) return null;
      const result = resolvedResult(this.plan, accuracy, this.prepared, of, rounding);
      const deltaUncertainty = targetRounding(rounding, result.examples, this.prepared.references);
      return this.#told(
        { ...result, deltaUncertainty, alarms: [] },
        without,
        true,
        sharing.stages.length,
        this.#jumps(result),
      );
    };
    const result = made(resolved, faults);
    const apart = result ? this.#strange(result, true, rounding.unbounded, () => this.#adaptiveSum([0, 1])) : [];
    if (apart.length === 0) return result;
    const sound = resolved.filter(({ example }) => apart.every((fault) => fault.example !== example));
    return made(
      sound,
      [...faults, ...apart].sort((one, other) => one.example - other.example),
    );
  }

  /** Where F jumps, of examples whose paths have ended unresolved. */
  #jumps({ adaptive, examples, atInput, atBaseline, delta }: ReturnType<typeof resolvedResult>): Remark[] {
    const { plan, weights, prepared } = this;
    return adaptive!.examples.flatMap(({ stopped, grid }, place) => {
      if (stopped !== 'limit' && stopped !== 'cap') return [];
      const least = leastJump(atInput[place]!, atBaseline[place]!, delta[place]!);
      return jumpOf({ plan, weights, prepared }, examples[place]!, grid, least);
    });
  }

  #adaptiveSum(alphas: readonly number[]): Summed {
    return { method: 'nig', kind: 'secant', alphas, nonlinearity: genomicsNonlinearity(this.graph) };
  }

  /** Sweeps all pairs, group by group; a cancel keeps the groups that are complete. */
  async #sweep(grid: EvenGrid, size: ChunkSize): Promise<GridSums> {
    const { plan, weights, prepared } = this;
    const alphas = evenAlphas(grid.steps);
    const gathered = new GridSums(grid.kinds, this.#pairs, size);
    const swept: Swept = {
      plan,
      weights,
      stages: size.stages,
      lines: prepared.lines,
      seeds: prepared.seeds,
      kinds: grid.kinds,
      spans: this.#estimates(grid) ? { walked: size.span, free: 2 } : null,
      nonlinearity: genomicsNonlinearity(this.graph),
      watched: watchedValue(plan),
      rowBytes: this.#room.rows.bytes,
      bytes: 1e6 * this.#room.budget.megabytes,
    };
    try {
      for (let first = 0; first < this.#pairs; first += size.pairs) {
        const group = { first, pairs: Math.min(size.pairs, this.#pairs - first) };
        const result = await sweepGroup(swept, group, alphas, size, async (chunk) => {
          this.#done += chunk.passes;
          await this.#report(chunk, grid.steps === 1 ? { kind: 'differences' } : { kind: 'path', steps: grid.steps });
        });
        gathered.place(group, result);
      }
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
    }
    return gathered;
  }

  /** Progress after a chunk. @throws Cancelled */
  async #report(chunk: { alpha: number; expected: number; running: number }, phase: RunPhase): Promise<void> {
    const spent = performance.now() - this.#began;
    // Chunks count the point they share with the next: what is left never comes out below zero.
    const done = Math.min(this.#done, this.#total);
    this.options.onProgress?.({
      done,
      total: this.#total,
      remainingMs: (spent / done) * (this.#total - done),
      phase,
      alpha: chunk.alpha,
      expected: chunk.expected,
      running: chunk.running,
    });
    await this.weights.device.between();
    if (this.options.signal?.aborted) throw new Cancelled();
  }

  /** What float32 leaves of the numbers: once for all methods. */
  async #rounded(): Promise<Rounding> {
    const { plan, weights } = this;
    const { lines, seeds } = this.prepared;
    return (this.#rounding ??= await roundingOf({ plan, weights, lines, seeds, room: this.#room }));
  }

  /** The result of all complete examples whose numbers are numbers; null where there is none. */
  #sound(
    method: Method,
    sum: MethodSum,
    gathered: GridSums,
    { steps }: EvenGrid,
    rounding: Rounding,
  ): RunResult | null {
    const done = Math.floor(gathered.donePairs / this.prepared.references);
    const all = Array.from({ length: done }, (_, example) => example);
    const result = this.#assemble(method, sum, gathered, rounding, all, []);
    const faults = this.#strange(result, sum.kind === 'secant', NONE, () => ({
      method,
      kind: sum.kind,
      alphas: evenAlphas(steps),
      nonlinearity: genomicsNonlinearity(this.graph),
    }));
    if (faults.length === 0) return result;
    const sound = all.filter((example) => faults.every((fault) => fault.example !== example));
    return sound.length === 0 ? null : this.#assemble(method, sum, gathered, rounding, sound, faults);
  }

  /**
   * Examples of a result something of which is not a number, or infinite at one end.
   * @param exact see `suspectsOf`
   * @param unbounded pairs to look at besides: segments of an adaptive path may be so short that sums tell nothing of it
   */
  #strange(result: RunResult, exact: boolean, unbounded: ReadonlySet<number>, summed: () => Summed): ExampleFault[] {
    const { references } = this.prepared;
    const isUnbounded = (place: number): boolean => {
      const first = result.examples[place]! * references;
      return [...unbounded].some((pair) => pair >= first && pair < first + references);
    };
    return suspectsOf(result, exact, isUnbounded).flatMap(
      ({ place, why }) =>
        this.#faultOf(result.examples[place]!, (suspect) =>
          why === 'not finite' ? whyNotFinite(suspect, summed()) : activationFault(suspect, [0, 1]),
        ) ?? [],
    );
  }

  #faultOf(example: number, find: (suspect: Suspect) => MhoError | null): ExampleFault | null {
    const { plan, weights, prepared, request } = this;
    const fault = find({ plan, weights, prepared, room: this.#room, example, exampleNumbers: request.exampleNumbers });
    this.#fault ??= fault;
    return fault && { example, fault: fault.fault };
  }

  #assemble(
    method: Method,
    sum: MethodSum,
    gathered: GridSums,
    rounding: Rounding,
    examples: readonly number[],
    faults: readonly ExampleFault[],
  ): RunResult {
    const { references, targets } = this.prepared;
    const estimated = this.options.estimateError !== false;
    const atInput = meanOver(gathered.atInput, examples, references);
    const atBaseline = meanOver(gathered.atBaseline, examples, references);
    const delta = atInput.map((value, example) => value - atBaseline[example]!);
    const least = sum.kind === 'influence' ? ofOtherSums(this.#pairs) : rounding;
    const result = {
      method,
      rule: sum.rule,
      steps: sum.steps,
      adaptive: null,
      target: examples.map((example) => targets[example]!),
      atInput,
      atBaseline,
      delta,
      deltaUncertainty: targetRounding(rounding, examples, references),
      alarms: sum.integral && estimated ? this.#alarms(sum, gathered, examples) : [],
      layers: this.plan.layers.map((layer) => {
        const { shape, fine, coarse, squares } = gathered.arrays.get(sum.kind)!.get(layer.layer.output)!;
        const rows = (values: Float32Array) => rowsOf(values, examples, (values.length / this.#pairs) * references);
        const course = gathered.courses.get(sum.kind)!.get(layer.layer.output) ?? new Course(this.#pairs);
        return layerResult(
          layer,
          { shape, fine: rows(fine), coarse: rows(coarse), squares: rows(squares) },
          examples,
          references,
          delta,
          sum,
          sum.integral && estimated
            ? { course, calibration: calibrationOf(sum.kind, gathered.span), rounding: least }
            : null,
        );
      }),
      examples,
    };
    return this.#told(result, faults, sum.complete, gathered.stages);
  }

  /** A result with all that is the same whatever the path. @param shares whether contributions are shares of the difference @param stages groups of layers that were done at once */
  #told(
    result: Omit<
      RunResult,
      'complete' | 'faults' | 'remarks' | 'terms' | 'backend' | 'pathStart' | 'varied' | 'baseline' | 'durationMs'
    >,
    faults: readonly ExampleFault[],
    shares: boolean,
    stages: number,
    jumps: readonly Remark[] = [],
  ): RunResult {
    const { plan, prepared, request } = this;
    const { told, ...ends } = asRounded(this.stepped, result, prepared.references);
    return {
      ...result,
      ...ends,
      complete: result.examples.length === prepared.examples,
      faults,
      remarks: [...told, ...jumps, ...remarksOn(result, { plan, prepared, complete: shares })],
      terms: termsOf(prepared.terms, result.examples),
      backend: this.weights.device.info,
      pathStart: request.pathStart ?? null,
      varied: prepared.varied,
      baseline: request.baseline.chosen,
      ...(this.rounded.length > 0 && { rounded: this.rounded }),
      ...(stages > 1 && { layerGroups: stages }),
      durationMs: performance.now() - this.#began,
    };
  }

  /** Where the path's steps are too wide: for F, and for each layer. */
  #alarms(sum: MethodSum, gathered: GridSums, examples: readonly number[]): Alarm[] {
    const { references } = this.prepared;
    const courses = gathered.courses.get(sum.kind)!;
    const asked = this.plan.layers.map(({ layer }) => [layer.name, courses.get(layer.output)] as const);
    return examples.flatMap((example, place) =>
      [[null, gathered.ofTarget] as const, ...asked].flatMap(([layer, course]): Alarm[] => {
        const alarm = course && alarmOf(course, example * references, (example + 1) * references);
        return alarm ? [{ example: place, layer, ...alarm }] : [];
      }),
    );
  }
}
