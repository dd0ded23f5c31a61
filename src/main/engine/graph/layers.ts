/** The layers of a graph by their names, and of its nodes. */
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
