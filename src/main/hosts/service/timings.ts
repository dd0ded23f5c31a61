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

/** A pass is a forward and a backward walk: about two and a half forward ones. */
const FORWARDS = 2.5;

/** Until work is repeated by a graph, it is made one, chunk by chunk of each size: so many times what the first forward one took. */
const RECORDINGS = 20;
/** What a run takes before and after its passes: up to so large a share of a short one, and no more ms than that. */
const FIXED = { share: 2 / 3, most: 2000 } as const;
/** Runs of a model that are remembered. */
const REMEMBERED = 8;

interface Ran {
  readonly ms: number;
  readonly passes: number;
}

export class Timings {
  /** Milliseconds of one forward pass of an example, and of making a graph of it. */
  readonly #forward = new Map<string, { readonly each: number; readonly recording: number }>();
  /** Runs, the newest first. */
  readonly #runs = new Map<string, readonly Ran[]>();
  /** How many passes an adaptive path of the model took, as a share of what is expected of any. */
  readonly #spent = new Map<string, number>();

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
    this.#runs.set(key, [{ ms, passes }, ...(this.#runs.get(key) ?? [])].slice(0, REMEMBERED));
    if (expected !== null) this.#spent.set(key, passes / expected);
  }

  /** What passes take; null before anything was timed. @param adaptive whether as many are only typical */
  expects(
    model: Model,
    device: Device,
    typical: number,
    adaptive: boolean,
  ): Pick<Estimate, 'passes' | 'durationMs' | 'basis'> {
    const key = keyOf(model, device);
    const passes = Math.max(1, Math.round(typical * (adaptive ? (this.#spent.get(key) ?? 1) : 1)));
    const far = (ran: Ran): number => Math.abs(Math.log(ran.passes / passes));
    const [nearest] = (this.#runs.get(key) ?? []).toSorted((a, b) => far(a) - far(b));
    if (nearest) {
      const fixed = Math.min(FIXED.share * nearest.ms, FIXED.most);
      return { passes, durationMs: fixed + ((nearest.ms - fixed) * passes) / nearest.passes, basis: 'runs' };
    }
    const forward = this.#forward.get(key);
    if (!forward) return { passes, durationMs: null, basis: null };
    const durationMs = forward.each * FORWARDS * passes + forward.recording * RECORDINGS;
    return { passes, durationMs, basis: 'forward' };
  }
}
