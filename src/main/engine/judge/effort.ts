/** What a judgement takes, in forward passes of an example: what its progress and what is expected of it are counted in. */
import { takesAdaptivePath, type AttributionRequest } from '../../../contract/attribution';
import { isMethod, type Judged, type JudgeProgress } from '../../../contract/judgement';
import { typicalWalks } from '../../../contract/words/walks';
import { methodSum } from '../attribution/methods';
import type { Graph } from '../graph/graph';
import { layersNamed } from '../graph/layers';
import { prune } from '../graph/prune';
import { affordable } from './greedy';
import { countsOf } from './measures';
import { stagesAbove, STEPS } from './sanity';

/** A pass is a forward and a backward walk: about two and a half forward ones. */
const FORWARDS = 2.5;
/** Points that are computed for each walk of an adaptive path: a split has three, and two walks. */
const ROWS_OF_A_WALK = 1.5;

export interface Effort {
  readonly total: number;
  /** Of what goes before a part, in the order in which they are done. */
  before(at: JudgeProgress['at']): number;
  of(at: JudgeProgress['at']): number;
}

interface Asked {
  readonly request: AttributionRequest & { readonly layers: readonly string[] };
  readonly methods: readonly Judged[];
  readonly sanity: boolean;
}

/** Of a layer what lies behind it counts alone: that is all that is computed anew. */
export function effortOf(graph: Graph, { request, methods, sanity }: Asked): Effort {
  const examples = Object.values(request.inputs)[0]?.shape[0] ?? 1;
  const pairs = examples * referencesOf(request);
  const named = layersNamed(graph);
  const outputs = graph.outputs.map(({ value }) => value);
  const asked = methods.filter(isMethod);
  const stages = sanity ? stagesAbove(graph, request.layers.filter(named)).length : 0;
  const parts = new Map<string, number>();
  const add = (at: JudgeProgress['at'], forwards: number): void => void parts.set(keyOf(at), forwards);
  for (const method of asked) {
    const adaptive = takesAdaptivePath({ ...request, methods: [method] }) ? request.accuracy : undefined;
    const points = adaptive
      ? ROWS_OF_A_WALK * typicalWalks(adaptive)
      : methodSum(method, request.rule, request.steps).steps + 1;
    add({ kind: 'method', method }, FORWARDS * points * pairs);
  }
  for (const layer of request.layers) {
    const found = named(layer);
    if (!found) continue;
    const { output, unitAxis } = found;
    const units = unitAxis === null ? 1 : (graph.values[output]!.shape[unitAxis] ?? 1);
    const greedy = affordable(units, pairs) ? units * (units + 1) : 0;
    const rows = pairs * (1 + 2 * units + 2 * methods.length * countsOf(units).length + greedy);
    add({ kind: 'layer', layer }, rows * (prune(graph, [output], outputs).nodes.length / graph.nodes.length));
  }
  if (sanity)
    for (const method of asked) {
      const points = methodSum(method, request.rule, Math.min(request.steps, STEPS)).steps + 1;
      add({ kind: 'sanity', method }, FORWARDS * points * pairs * (stages + 1));
    }
  const before = new Map<string, number>();
  let total = 0;
  for (const [key, forwards] of parts) {
    before.set(key, total);
    total += forwards;
  }
  return {
    total,
    before: (at) => before.get(keyOf(at)) ?? 0,
    of: (at) => parts.get(keyOf(at)) ?? 0,
  };
}

const keyOf = (at: JudgeProgress['at']): string => `${at.kind} ${at.kind === 'layer' ? at.layer : at.method}`;

/** Baselines of each example. */
function referencesOf({ baseline }: AttributionRequest): number {
  if (baseline.kind === 'constant') return 1;
  if (baseline.perExample === true) return baseline.references ?? 1;
  return Object.values(baseline.arrays)[0]?.shape[0] ?? 1;
}
