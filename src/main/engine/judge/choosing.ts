/** Which layers are judged where none were asked for: spread over the depth, in each stretch the one that carries most. */
import type { AttributionRequest } from '../../../contract/attribution';
import { attribute } from '../attribution';
import type { Device } from '../backends';
import type { Graph } from '../graph/graph';
import { factsOf } from '../graph/ops';

const HANDFUL = 6;
/** Layers of more units are not chosen by themselves: each unit is two passes. */
const MOST_UNITS = 4096;

/** @throws as `attribute` */
export async function chooseLayers(
  device: Device,
  graph: Graph,
  request: AttributionRequest,
  signal?: AbortSignal,
): Promise<string[]> {
  const [rescale] = await attribute(device, graph, { ...request, methods: ['rescale'], layers: undefined }, { signal });
  const inputs = new Set(graph.inputs.map(({ value }) => value));
  const outputOf = new Map(graph.layers.map(({ name, output }) => [name, output]));
  // What only moves or pools units has those of the layer before it.
  const passing = new Set(
    graph.nodes.flatMap(({ op, output }) => (factsOf(op).passing === 'moved' || /pool/i.test(op) ? [output] : [])),
  );
  const targets = new Set((rescale?.target ?? []).flatMap((words) => words.split(/[[ ]/)[0]!));
  const candidates = (rescale?.layers ?? []).filter(({ name, units, sum }) => {
    const count = units.length / sum.length;
    return (
      count > 1 &&
      count <= MOST_UNITS &&
      !inputs.has(outputOf.get(name)!) &&
      !passing.has(outputOf.get(name)!) &&
      !targets.has(name)
    );
  });
  const stretches = Math.min(HANDFUL, candidates.length);
  return Array.from({ length: stretches }, (_, at) => {
    const own = candidates.slice(
      Math.floor((at * candidates.length) / stretches),
      Math.floor(((at + 1) * candidates.length) / stretches),
    );
    const carries = ({ unitsTotal }: (typeof own)[number]): number => unitsTotal.reduce((sum, each) => sum + each, 0);
    return own.reduce((best, layer) => (carries(layer) > carries(best) * (1 + 1e-6) ? layer : best)).name;
  });
}
