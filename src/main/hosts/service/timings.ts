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

export class Timings {
  /** Milliseconds of one forward pass of an example. */
  readonly #forward = new Map<string, number>();
  /** Milliseconds per pass of runs, and over how many passes that was measured. */
  readonly #runs = new Map<string, { readonly ms: number; readonly passes: number }>();

  /** Whether anything was timed yet. */
  knows(model: Model, device: Device): boolean {
    return this.#forward.has(keyOf(model, device));
  }

  /** @param ms of one example */
  forward(model: Model, device: Device, ms: number): void {
    const key = keyOf(model, device);
    this.#forward.set(key, Math.min(ms, this.#forward.get(key) ?? Infinity));
  }

  /** @param ms of all passes */
  ran(model: Model, device: Device, ms: number, passes: number): void {
    const key = keyOf(model, device);
    // A short or early cancelled run is mostly its beginning: it does not replace what a longer one has told.
    if (passes > 0 && passes * 2 >= (this.#runs.get(key)?.passes ?? 0))
      this.#runs.set(key, { ms: ms / passes, passes });
  }

  /** Milliseconds of one pass; null before anything was timed. */
  pass(model: Model, device: Device): { readonly each: number | null; readonly basis: Estimate['basis'] } {
    const key = keyOf(model, device);
    const [ran, forward] = [this.#runs.get(key), this.#forward.get(key)];
    if (ran) return { each: ran.ms, basis: 'runs' };
    return forward === undefined ? { each: null, basis: null } : { each: forward * FORWARDS, basis: 'forward' };
  }
}
