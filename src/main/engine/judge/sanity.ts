/**
 * Sanity checks (Adebayo et al., 1810.03292): rankings are made anew with the weights above a layer re-drawn, layer by layer from the
 * target down, and for another target. A ranking that stays as it was does not tell of those weights, or of that target.
 */
import type { AttributionRequest, TargetSpec } from '../../../contract/attribution';
import { rankCorrelation } from '../../../contract/correlation';
import { isMethod, type Judged, type SanityCheck } from '../../../contract/judgement';
import { attribute } from '../attribution';
import { seededNumbers, shuffle } from '../attribution/random';
import type { Device } from '../backends';
import type { Graph, ValueId } from '../graph/graph';
import { layersNamed, layersOfNodes } from '../graph/layers';
import { prune } from '../graph/prune';
import { finite } from './measures';
import type { Scored } from './scores';

/** Stages of re-drawing: of deep networks several layers at once. */
const MOST_STAGES = 6;
/** Even steps: what is asked is whether a ranking falls apart, not its third digit. */
export const STEPS = 16;
/** A ranking that goes so with the true one after all has been re-drawn, or for another target, hardly depends on it. */
const HARDLY = 0.9;

interface How {
  readonly signal?: AbortSignal;
  readonly onShare?: (method: Judged, share: number) => void;
}

/** @throws as `attribute` */
export async function checkSanity(
  device: Device,
  graph: Graph,
  request: AttributionRequest & { readonly layers: readonly string[] },
  methods: readonly Judged[],
  scored: Scored,
  seed: number,
  how: How = {},
): Promise<SanityCheck[]> {
  const asked = methods.filter(isMethod);
  const stages = stagesAbove(graph, request.layers);
  const even = { ...request, steps: Math.min(request.steps, STEPS), accuracy: undefined };
  const other = otherTarget(scored);
  const found: SanityCheck[] = [];
  for (const method of asked) {
    const ranked = async (of: Graph, target: TargetSpec): Promise<ReadonlyMap<string, number | null>> => {
      const [result] = await attribute(device, of, { ...even, target, methods: [method] }, { signal: how.signal });
      return new Map(result?.layers.map(({ name, units, sum }) => [name, likeness(units, scored.of(name, method)!.scores, sum.length)]) ?? []); // prettier-ignore
    };
    // What was explained stays: the place of the true network's largest value, not of the re-drawn one's.
    const fixed = fixedTarget(request.target, scored);
    const after: ReadonlyMap<string, number | null>[] = [];
    for (const [stage, { layers }] of stages.entries()) {
      after.push(await ranked(redrawn(graph, layers, seed), fixed));
      how.onShare?.(method, (stage + 1) / (stages.length + 1));
    }
    const turned = other ? await ranked(graph, { ...request.target, index: { each: other } }) : null;
    for (const layer of request.layers) {
      const own = stages.flatMap(({ above, layers, last }, stage) =>
        above.has(layer) ? [{ layer: last, redrawn: layers.size, spearman: after[stage]!.get(layer) ?? null }] : [],
      );
      const otherTargets = turned?.get(layer) ?? null;
      found.push({
        method,
        layer,
        stages: own,
        otherTarget: otherTargets,
        warns: { weights: (own.at(-1)?.spearman ?? 0) > HARDLY, target: (otherTargets ?? 0) > HARDLY },
      });
    }
  }
  return found;
}

/** Mean over examples of how two rankings go together. */
function likeness(units: Float32Array, scores: readonly Float64Array[], examples: number): number | null {
  const size = units.length / examples;
  const known = scores.flatMap((each, example) => {
    const found = rankCorrelation(Float64Array.from(units.subarray(example * size, (example + 1) * size)), each);
    return Number.isFinite(found) ? [found] : [];
  });
  return finite(known.reduce((sum, value) => sum + value, 0) / known.length);
}

interface StageAbove {
  /** Names of the layers whose weights are re-drawn, and the last of them on the way down. */
  readonly layers: ReadonlySet<string>;
  readonly last: string;
  /** Layers that are judged and stand below all of them. */
  readonly above: ReadonlySet<string>;
}

/** From the target down, ever more of the layers that have weights; none that a judged layer itself is made of. */
export function stagesAbove(graph: Graph, judged: readonly string[]): StageAbove[] {
  const layerOf = layersOfNodes(graph);
  const named = layersNamed(graph);
  const order: string[] = [];
  for (const node of graph.nodes) {
    const name = layerOf(node)?.name;
    if (name !== undefined && !order.includes(name) && node.inputs.some((id) => isDrawn(graph, id))) order.push(name);
  }
  /** Layers behind a judged one. */
  const behind = new Map(
    judged.map((name) => {
      const { live } = prune(graph, [named(name)!.output], graph.outputs.map(({ value }) => value)); // prettier-ignore
      return [name, new Set(order.filter((layer) => layer !== name && live.has(named(layer)!.output)))] as const;
    }),
  );
  const down = order.reverse();
  const most = Math.max(0, ...[...behind.values()].map(({ size }) => size));
  const counts = new Set<number>();
  for (let stage = 1; stage <= Math.min(MOST_STAGES, most); stage++)
    counts.add(Math.ceil((stage * most) / Math.min(MOST_STAGES, most)));
  for (const { size } of behind.values()) if (size > 0) counts.add(size); // for each layer all that lies above it
  return [...counts]
    .sort((a, b) => a - b)
    .slice(0, 2 * MOST_STAGES)
    .map((count) => {
      const layers = new Set(down.slice(0, count));
      const above = [...behind].flatMap(([name, all]) => ([...layers].every((layer) => all.has(layer)) ? [name] : []));
      return { layers, last: down[count - 1]!, above: new Set(above) };
    });
}

const isDrawn = ({ values }: Graph, id: ValueId): boolean => {
  const constant = values[id]!.constant;
  return constant !== null && constant.data instanceof Float32Array && constant.data.length > 1;
};

/** The same network with the weights of some layers drawn anew, out of each array's own values: what they are like stays, what they say goes. */
export function redrawn(graph: Graph, layers: ReadonlySet<string>, seed: number): Graph {
  const layerOf = layersOfNodes(graph);
  const drawn = new Set(
    graph.nodes.flatMap((node) =>
      layers.has(layerOf(node)?.name ?? '') ? node.inputs.filter((id) => isDrawn(graph, id)) : [],
    ),
  );
  return {
    ...graph,
    values: graph.values.map((value, id) => {
      if (!drawn.has(id)) return value;
      const { shape, data } = value.constant!;
      const shuffled = shuffle(data.slice() as Float32Array<ArrayBuffer>, seededNumbers(seed, id));
      return { ...value, constant: { shape, data: shuffled } };
    }),
  };
}

/** The places that were explained, in the shape of what was named. */
function fixedTarget(target: TargetSpec, { results }: Scored): TargetSpec {
  const [term] = [...results.values()][0]?.terms ?? [];
  return term ? { ...target, index: { each: term.index } } : target;
}

/** For each example the next class after the one that was explained, in the same place; null where there is one alone. */
function otherTarget({ results }: Scored): number[] | null {
  const [term] = [...results.values()][0]?.terms ?? [];
  const classes = term?.shape.at(-1) ?? 1;
  if (!term || classes < 2) return null;
  return term.index.map((index) => index - (index % classes) + ((index % classes) + 1) % classes); // prettier-ignore
}
