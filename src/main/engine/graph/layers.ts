/** What a graph's layers look like from outside. */
import type { LayerSummary, ModelSummary } from '../../../contract/model';
import type { Graph, Layer } from './graph';

/** Kinds of ops inside a layer that have no rule; empty when it can be attributed. */
export function unsupportedOf(graph: Graph, layer: Layer): string[] {
  const name = graph.values[layer.output]!.name;
  return graph.nodes.flatMap((node) =>
    node.op === 'unknown' && (node.output === layer.output || node.name.startsWith(`${name}/`))
      ? [(node.attributes as { readonly kind: string }).kind]
      : [],
  );
}

function layerSummary(graph: Graph, layer: Layer): LayerSummary {
  const { name, kind, group, output, unitAxis, parameters, inputs } = layer;
  const { shape } = graph.values[output]!;
  const units = unitAxis === null ? null : (shape[unitAxis] ?? null);
  return { name, kind, group, shape, unitAxis, units, parameters, inputs, unsupported: unsupportedOf(graph, layer) };
}

/** The model as the interface shows it. */
export function summarised(
  graph: Graph,
  about: Pick<ModelSummary, 'format' | 'path' | 'hash' | 'parameters'>,
): ModelSummary {
  const port = ({ name, value }: Graph['inputs'][number]): ModelSummary['inputs'][number] => {
    const { shape, dtype } = graph.values[value]!;
    return { name, shape, dtype };
  };
  return {
    name: graph.name,
    ...about,
    inputs: graph.inputs.map(port),
    outputs: graph.outputs.map(port),
    layers: graph.layers.map((layer) => layerSummary(graph, layer)),
  };
}
