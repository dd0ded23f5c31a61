/** What cannot be attributed of a graph, and which output is asked for where none is named. */
import type { Graph, Port, ValueId } from './graph';

/** Values that something unknown leads to. */
export function closedOf({ nodes }: Pick<Graph, 'nodes'>): ReadonlySet<ValueId> {
  const closed = new Set<ValueId>();
  for (const node of nodes)
    if (node.op === 'unknown' || node.inputs.some((id) => closed.has(id))) closed.add(node.output);
  return closed;
}

/** Outputs that can be computed: labels beside them may not. All where none can, so that the reason is told. */
export function openOutputs(graph: Pick<Graph, 'nodes' | 'outputs'>): readonly Port[] {
  const closed = closedOf(graph);
  const open = graph.outputs.filter(({ value }) => !closed.has(value));
  return open.length > 0 ? open : graph.outputs;
}

/** The first output of real values that can be computed: labels are neither. The first of all where there is none. */
export function defaultOutput(graph: Graph): Port {
  const open = openOutputs(graph);
  return open.find(({ value }) => graph.values[value]!.dtype === 'float32') ?? open[0]!;
}
