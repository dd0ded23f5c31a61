/** What methods cost: passes and seconds, for all layers at once and for each alone. */
import type { AttributionRequest, Method } from '../../../contract/attribution';
import { asMhoError } from '../../../contract/errors';
import type { Device } from '../backends';
import type { Graph } from '../graph/graph';
import { narrowed } from './choosing';
import { timed } from './runs';

const TIMED = ['nig', 'rescale', 'reveal-cancel', 'genomics'] as const satisfies readonly Method[];

export interface MethodCost {
  readonly method: Method;
  /** Backward walks of one example; NIG's with those of its error estimate left out. */
  readonly passes: number;
  /** Of a run of all layers, and of a run of each alone, in their order. */
  readonly all: number;
  readonly alone: readonly number[];
}

export interface Costs {
  readonly example: number;
  readonly layers: readonly string[];
  readonly methods: readonly MethodCost[];
  /** Methods that have no rule for something here, and what was said. */
  readonly without: readonly { readonly method: Method; readonly why: string }[];
}

/** @throws CANCELLED */
export async function costsOf(
  device: Device,
  graph: Graph,
  asked: AttributionRequest,
  layers: readonly string[],
  signal: AbortSignal | undefined,
  onShare: (share: number) => void,
): Promise<Costs> {
  const first = narrowed(asked, [0]);
  const request: AttributionRequest = { ...first, rule: 'secant' };
  const taken = (method: Method, only: readonly string[] | undefined): Promise<number> =>
    timed(device, graph, { ...request, layers: only }, method, { signal });
  const methods: MethodCost[] = [];
  const without: Costs['without'][number][] = [];
  for (const [at, method] of TIMED.entries())
    try {
      const all = await taken(method, undefined);
      const alone: number[] = [];
      for (const layer of layers) {
        alone.push(await taken(method, [layer]));
        onShare((at + alone.length / layers.length) / TIMED.length);
      }
      methods.push({ method, passes: method === 'nig' ? request.steps : 1, all, alone });
    } catch (error) {
      const fault = asMhoError(error);
      if (fault.code === 'CANCELLED') throw fault;
      without.push({ method, why: fault.message });
    }
  return { example: first.exampleNumbers![0]!, layers, methods, without };
}
