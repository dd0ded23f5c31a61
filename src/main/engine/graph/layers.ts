/** The layers of a graph by their names, and of its nodes. */
import type { Graph, Layer, Node, ValueId } from './graph';

/** The names of the layers by their outputs; of several layers with one output, the first. */
export function layerNames({ layers }: Graph): ReadonlyMap<ValueId, string> {
  const names = new Map<ValueId, string>();
  for (const { name, output } of layers) if (!names.has(output)) names.set(output, name);
  return names;
}

/** Finds layers by their names, or by another that the file has for them; made once for many names. */
export function layersNamed({ layers, aliases }: Graph): (name: string) => Layer | undefined {
  const named = new Map(layers.map((layer) => [layer.name, layer]));
  const made = new Map<ValueId, Layer>();
  for (const layer of layers) if (!made.has(layer.output)) made.set(layer.output, layer);
  return (name) => {
    const own = named.get(name);
    const alias = own ? undefined : aliases?.get(name);
    return own ?? (alias === undefined ? undefined : made.get(alias));
  };
}

export const layerNamed = (graph: Graph, name: string): Layer | undefined => layersNamed(graph)(name);

/** Tells of a node which layer it is in; undefined for what stands between layers. */
export function layersOfNodes(graph: Graph): (node: Node) => Layer | undefined {
  const layers = new Map(graph.layers.map((layer) => [graph.values[layer.output]!.name, layer]));
  // An op inside a layer is named `layer/op`.
  return ({ name }) => layers.get(name) ?? layers.get(name.slice(0, name.lastIndexOf('/')));
}
