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
  const standing = standingLayers(graph);
  const targets = new Set((rescale?.target ?? []).flatMap((words) => words.split(/[[ ]/)[0]!));
  const candidates = (rescale?.layers ?? []).filter(({ name, units, sum }) => {
    const count = units.length / sum.length;
    return count > 1 && count <= MOST_UNITS && standing.has(name) && !targets.has(name);
  });
  return stretchesOf(candidates).map((own) => {
    const carries = ({ unitsTotal }: (typeof own)[number]): number => unitsTotal.reduce((sum, each) => sum + each, 0);
    return own.reduce((best, layer) => (carries(layer) > carries(best) * (1 + 1e-6) ? layer : best)).name;
  });
}

/** Layers that a handful would be chosen from, where nothing has been computed yet: of each stretch the one in the middle. */
export function foreseenLayers(graph: Graph): string[] {
  const standing = standingLayers(graph);
  const outputs = new Set(graph.outputs.map(({ value }) => value));
  const candidates = graph.layers.filter(({ name, output, unitAxis }) => {
    const units = unitAxis === null ? 1 : (graph.values[output]!.shape[unitAxis] ?? 1);
    return units > 1 && units <= MOST_UNITS && standing.has(name) && !outputs.has(output);
  });
  return stretchesOf(candidates).map((own) => own[Math.floor(own.length / 2)]!.name);
}

/** Layers with units of their own: what only moves or pools units has those of the layer before it. */
function standingLayers(graph: Graph): ReadonlySet<string> {
  const inputs = new Set(graph.inputs.map(({ value }) => value));
  const passing = new Set(
    graph.nodes.flatMap(({ op, output }) => (factsOf(op).passing === 'moved' || /pool/i.test(op) ? [output] : [])),
  );
  const standing = graph.layers.filter(({ output }) => !inputs.has(output) && !passing.has(output));
  return new Set(standing.map(({ name }) => name));
}

/** A list cut into as many stretches as layers are chosen. */
function stretchesOf<Each>(all: readonly Each[]): Each[][] {
  const stretches = Math.min(HANDFUL, all.length);
  return Array.from({ length: stretches }, (_, at) =>
    all.slice(Math.floor((at * all.length) / stretches), Math.floor(((at + 1) * all.length) / stretches)),
  );
}
