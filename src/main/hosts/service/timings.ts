/** What runs are expected to take: how many passes, and how long models took on which device. */
import { takesAdaptivePath, type AttributionRequest } from '../../../contract/attribution';
import type { ModelSummary } from '../../../contract/model';
import type { Estimate } from '../../../contract/studio';
import { firstWalks, typicalWalks } from '../../../contract/words/walks';
import type { Device } from '../../engine/backends';
import type { Graph } from '../../engine/graph/graph';
import type { Engine } from './engine';

/** Points that are computed for each walk of an adaptive path: a split has three, and two walks. */
const ROWS = 1.5;

/**
 * What a request takes. How far an adaptive path has to go, nobody knows before: it is counted as on networks that were measured.
 * @throws what the run would be refused with
 */
export async function expectedCost(
  engine: Pick<Engine, 'planCost'>,
  device: Device,
  graph: Graph,
  request: AttributionRequest,
): Promise<Pick<Estimate, 'passes' | 'memoryMB' | 'walks'>> {
  const { accuracy, ...even } = request;
  if (!accuracy || !takesAdaptivePath(request)) return { ...(await engine.planCost(device, graph, even)), walks: null };
  const walks = { first: firstWalks(accuracy), typical: typicalWalks(accuracy), most: accuracy.mostWalks };
  const steps = Math.ceil(ROWS * walks.typical) - 1;
  const path = await engine.planCost(device, graph, { ...request, methods: ['nig'], steps });
  const others = even.methods.filter((method) => method !== 'nig');
  const beside = others.length > 0 ? await engine.planCost(device, graph, { ...even, methods: others }) : null;
  return {
    passes: path.passes + (beside?.passes ?? 0),
    memoryMB: Math.max(path.memoryMB, beside?.memoryMB ?? 0),
    walks,
  };
}

type Model = Pick<ModelSummary, 'hash'>;
const keyOf = ({ hash }: Model, { info }: Pick<Device, 'info'>): string => `${hash} ${info.name} ${info.device}`;

/** What there is to compute at one point: what a kernel costs by itself, and what grows with the points. */
export interface Work {
  readonly nodes: number;
  /** Whose contributions are given. */
  readonly layers: number;
  /** Numbers that its nodes give. */
  readonly elements: number;
  readonly weights: number;
}

/** A free size counts as one. */
export function workOf({ nodes, layers, values }: Pick<Graph, 'nodes' | 'layers' | 'values'>): Work {
  const sizeOf = (id: number): number => values[id]!.shape.reduce<number>((all, size) => all * (size ?? 1), 1);
  return {
    nodes: nodes.length,
    layers: layers.length,
    elements: nodes.reduce((all, { output }) => all + sizeOf(output), 0),
    weights: values.reduce((all, { constant }) => all + (constant?.data.length ?? 0), 0),
  };
}

/** A pass is a forward and a backward walk: about two and a half forward ones. */
const FORWARDS = 2.5;
/** Of a forward pass, ms that more points at once do not add to (and what a busy machine does): of any, and for each node. */
const CALL = { any: 5, node: 0.02 } as const;

/*
 * Measured on the window's test models and samples (bench, part estimates) on two cores that nobody else used; their runs are mostly
 * what their first walks cost: kernels met for the first time, graphs made of them, results of their layers.
 */

/** ms of a model's first run beside its passes: of any, for each layer and node, and at the most for large activations (half at `half`). */
const FIRST = { any: 180, layer: 5, node: 0.6, large: 2700, half: 1_400_000 } as const;
/** ms until a forward pass was made a graph, of any model and for each node: how fast this machine is beside that of the measurement. */
const RECORDED = { any: 12, node: 0.05 } as const;
/** A single such measurement is rough, and a busy machine is slower in it than in a run: it is believed by this power, and within limits. */
const BELIEVED = { power: 0.75, least: 0.75, most: 4 } as const;
const speed = ({ nodes }: Work, recording: number): number => {
  if (recording === 0) return 1;
  const { power, least, most } = BELIEVED;
  return Math.min(most, Math.max(least, (recording / (RECORDED.any + RECORDED.node * nodes)) ** power));
};
const firstRun = (work: Work, recording: number): number =>
  speed(work, recording) *
  (FIRST.any +
    FIRST.layer * work.layers +
    FIRST.node * work.nodes +
    (FIRST.large * work.elements) / (work.elements + FIRST.half));

/** As many nodes make a graph of which making it takes longer than what it saves a run. */
const MANY_NODES = 400;
/** What the next run takes beside one of the same passes that was the model's first or second: the second makes the graphs. */
function nextAfter(which: number, { nodes }: Work): number {
  const many = Math.min(1, nodes / MANY_NODES);
  if (which === 1) return 0.75 + 0.5 * many;
  return which === 2 ? 1 - 0.3 * many : 1;
}

/** Elements (weights count a quarter) from which on half of a short run's time grows with its passes: points are computed at once. */
const HALF = 150_000;
/** ms that do not grow, at the most: of any model, and for each node. */
const FIXED = { any: 2000, node: 10 } as const;
const growing = ({ elements, weights }: Work): number => {
  const counted = elements + weights / 4;
  return counted / (counted + HALF);
};
/** Runs whose passes lie so far apart tell how time grows with them. */
const APART = 1.8;
/** Runs of a model that are remembered. */
const REMEMBERED = 8;

interface Ran {
  readonly ms: number;
  readonly passes: number;
}
interface Remembered extends Ran {
  /** Of the model's runs, counted from 1. */
  readonly which: number;
}

export class Timings {
  /** Milliseconds of one forward pass of an example, and of making a graph of it. */
  readonly #forward = new Map<string, { readonly each: number; readonly recording: number }>();
  /** Runs, the newest first. */
  readonly #runs = new Map<string, readonly Remembered[]>();
  /** How many passes an adaptive path of the model took, as a share of what is expected of any. */
  readonly #spent = new Map<string, number>();
  /** ms of each forward pass of the model's last judgement. */
  readonly #judged = new Map<string, number>();

  /** Whether anything was timed yet. */
  knows(model: Model, device: Device): boolean {
    return this.#forward.has(keyOf(model, device));
  }

  /** @param each ms of one example, by a graph @param recording ms until that was made; 0 where it was not watched */
  forward(model: Model, device: Device, each: number, recording = 0): void {
    const key = keyOf(model, device);
    const before = this.#forward.get(key);
    this.#forward.set(key, {
      each: Math.min(each, before?.each ?? Infinity),
      recording: Math.max(recording, before?.recording ?? 0),
    });
  }

  /**
   * A run has come to its end.
   * @param expected passes, before it, of its adaptive path; null where it has none, or was content with less than was asked
   */
  ran(model: Model, device: Device, { ms, passes }: Ran, expected: number | null): void {
    if (passes <= 0) return;
    const key = keyOf(model, device);
    const before = this.#runs.get(key) ?? [];
    this.#runs.set(key, [{ ms, passes, which: (before[0]?.which ?? 0) + 1 }, ...before].slice(0, REMEMBERED));
    if (expected !== null) this.#spent.set(key, passes / expected);
  }

  /** A judgement is complete. @param forwards that it took, as they were counted before it */
  judged(model: Model, device: Device, ms: number, forwards: number): void {
    if (forwards > 0) this.#judged.set(keyOf(model, device), ms / forwards);
  }

  /**
   * ms that judging takes; null before anything was judged on the model: what it does with few rows at once, for layer after layer,
   * is mostly not what a forward pass of many costs.
   */
  expectsJudging(model: Model, device: Device, forwards: number): number | null {
    const each = this.#judged.get(keyOf(model, device));
    return each === undefined ? null : each * forwards;
  }

  /** What passes take; null before anything was timed. @param adaptive whether as many are only typical */
  expects(
    model: Model,
    device: Device,
    { passes: typical, adaptive, work }: { readonly passes: number; readonly adaptive: boolean; readonly work: Work },
  ): Pick<Estimate, 'passes' | 'durationMs' | 'basis'> {
    const key = keyOf(model, device);
    const passes = Math.max(1, Math.round(typical * (adaptive ? (this.#spent.get(key) ?? 1) : 1)));
    const far = (ran: Ran): number => Math.abs(Math.log(ran.passes / passes));
    const runs = (this.#runs.get(key) ?? []).toSorted((a, b) => far(a) - far(b));
    const [nearest] = runs;
    if (nearest) {
      const most = FIXED.any + FIXED.node * work.nodes;
      // of a long run neither what its first walks cost nor what does not grow is a share
      const spared = (1 - nextAfter(nearest.which, work)) * Math.min(nearest.ms, most);
      const ms = nearest.ms - spared;
      const share = sharePerPass(nearest, runs) ?? growing(work);
      const fixed = Math.min((1 - share) * ms, most);
      return { passes, durationMs: fixed + ((ms - fixed) * passes) / nearest.passes, basis: 'runs' };
    }
    const forward = this.#forward.get(key);
    if (!forward) return { passes, durationMs: null, basis: null };
    const each = Math.max(0, forward.each - CALL.any - CALL.node * work.nodes);
    return { passes, durationMs: firstRun(work, forward.recording) + each * FORWARDS * passes, basis: 'forward' };
  }
}

/** Which share of a run's time grows with its passes, by the others; null where none that was not the first has enough more or fewer. */
function sharePerPass(run: Remembered, others: readonly Remembered[]): number | null {
  const other = others.find(
    ({ passes, which }) => which > 1 && Math.abs(Math.log(passes / run.passes)) > Math.log(APART),
  );
  if (!other || run.which === 1) return null;
  const perPass = (other.ms - run.ms) / (other.passes - run.passes);
  return Math.min(1, Math.max(0, (perPass * run.passes) / run.ms));
}
