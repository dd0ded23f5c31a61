<<<<<<< HEAD
/** What a graph's layers look like from outside. */
import type { LayerSummary, ModelSummary } from '../../../contract/model';
import { defaultOutput } from './closed';
=======
/** The layers of a graph by their names, and of its nodes. */
>>>>>>> fc9e26b (A layer without a rule is the only one that is named, with what works for it: the model written as ops, free sizes bound, an earlier target; those after it are told to be behind it)
import type { Graph, Layer, Node, ValueId } from './graph';

/** The names of the layers by their outputs; of several layers with one output, the first. */
export function layerNames({ layers }: Graph): ReadonlyMap<ValueId, string> {
  const names = new Map<ValueId, string>();
  for (const { name, output } of layers) if (!names.has(output)) names.set(output, name);
  return names;
}

/** A layer by its name, or by another that the file has for it. */
export function layerNamed({ layers, aliases }: Graph, name: string): Layer | undefined {
  const alias = aliases?.get(name);
  return layers.find((each) => each.name === name) ?? layers.find(({ output }) => output === alias);
}

/** Tells of a node which layer it is in; undefined for what stands between layers. */
export function layersOfNodes(graph: Graph): (node: Node) => Layer | undefined {
  const layers = new Map(graph.layers.map((layer) => [graph.values[layer.output]!.name, layer]));
  // An op inside a layer is named `layer/op`.
  return ({ name }) => layers.get(name) ?? layers.get(name.slice(0, name.lastIndexOf('/')));
}
<<<<<<< HEAD

/** Kinds of ops inside each layer that have no rule, by the layer's output: absent when it can be attributed. */
function unsupported(graph: Graph): ReadonlyMap<ValueId, readonly string[]> {
  const layerOf = layersOfNodes(graph);
  const kinds = new Map<ValueId, string[]>();
  const of = (layer: ValueId): string[] => kinds.get(layer) ?? kinds.set(layer, []).get(layer)!;
  for (const node of graph.nodes) {
    if (node.op !== 'unknown') continue;
    const layer = layerOf(node);
    if (layer) of(layer.output).push((node.attributes as OpAttributes['unknown']).kind);
  }
  return kinds;
}

function layerSummary(graph: Graph, layer: Layer, refused: readonly string[]): LayerSummary {
  const { name, kind, group, output, unitAxis, parameters, inputs } = layer;
  const { shape } = graph.values[output]!;
  const units = unitAxis === null ? null : (shape[unitAxis] ?? null);
  return { name, kind, group, shape, unitAxis, units, parameters, inputs, unsupported: refused };
}

/** The model as the interface shows it. */
export function summarised(
  graph: Graph,
  about: Pick<ModelSummary, 'format' | 'path' | 'hash' | 'parameters' | 'signatures' | 'signature'>,
): ModelSummary {
  const port = ({ name, value }: Graph['inputs'][number]): ModelSummary['inputs'][number] => {
    const { shape, dtype } = graph.values[value]!;
    return { name, shape, dtype };
  };
  const refused = unsupported(graph);
  const { name: first } = defaultOutput(graph);
  return {
    name: graph.name,
    ...about,
    ...(first !== graph.outputs[0]!.name && { defaultOutput: first }),
    inputs: graph.inputs.map(port),
    outputs: graph.outputs.map(port),
    layers: graph.layers.map((layer) => layerSummary(graph, layer, refused.get(layer.output) ?? [])),
  };
}
=======
>>>>>>> fc9e26b (A layer without a rule is the only one that is named, with what works for it: the model written as ops, free sizes bound, an earlier target; those after it are told to be behind it)
