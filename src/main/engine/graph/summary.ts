/** A model as the interface shows it. */
import type { LayerSummary, ModelSummary } from '../../../contract/model';
import { modelName } from '../../../contract/words/modelTitle';
import { defaultOutput } from './closed';
import type { Graph, Layer, ValueId } from './graph';
import { layersOfNodes } from './layers';
import { layersBefore, readerOfTexts, rulelessNodes } from './ruleless';

/** Kinds of ops inside each layer that have no rule, by the layer's output. */
function unsupported(graph: Graph): ReadonlyMap<ValueId, readonly string[]> {
  const layerOf = layersOfNodes(graph);
  const kinds = new Map<ValueId, string[]>();
  for (const node of rulelessNodes(graph)) {
    const layer = layerOf(node);
    if (layer) kinds.set(layer.output, [...(kinds.get(layer.output) ?? []), node.attributes.kind]);
  }
  return kinds;
}

function layerSummary(
  graph: Graph,
  layer: Layer,
  refused: readonly string[],
  before: ReadonlySet<string> | undefined,
): LayerSummary {
  const { name, kind, group, output, unitAxis, parameters, inputs } = layer;
  const { shape } = graph.values[output]!;
  const units = unitAxis === null ? null : (shape[unitAxis] ?? null);
  const behind = [...(before ?? [])].filter((each) => each !== name);
  const own = { name, kind, group, shape, unitAxis, units, parameters, inputs, unsupported: refused };
  return behind.length > 0 ? { ...own, behind } : own;
}

/** The model as a whole. */
export function summarised(
  graph: Graph,
  about: Pick<ModelSummary, 'format' | 'path' | 'hash' | 'parameters' | 'examples' | 'signatures' | 'signature'>,
): ModelSummary {
  const port = ({ name, value }: Graph['inputs'][number]): ModelSummary['inputs'][number] => {
    const { shape, dtype } = graph.values[value]!;
    return { name, shape, dtype, ...(dtype === 'string' && { reader: readerOfTexts(graph, { name, value }) }) };
  };
  const refused = unsupported(graph);
  const before = layersBefore(graph);
  const { name: first } = defaultOutput(graph);
  return {
    name: modelName(graph.name, about.path),
    ...about,
    ...(first !== graph.outputs[0]!.name && { defaultOutput: first }),
    inputs: graph.inputs.map(port),
    outputs: graph.outputs.map(port),
    layers: graph.layers.map((layer) => {
      const { output } = layer;
      return layerSummary(graph, layer, refused.get(output) ?? [], before.get(output));
    }),
  };
}
