/** What of a graph a run needs: everything between the path's start and the target. */
import type { Graph, Node, ValueId } from './graph';

export interface Pruned {
  /** In running order: every node on a path from a start to a sink. */
  readonly nodes: readonly Node[];
  /** Values that vary along the path and reach a sink, starts and sinks included. */
  readonly live: ReadonlySet<ValueId>;
  /** Values a live node reads that are neither constant nor live: fixed along the path, and not reached by it. */
  readonly beside: readonly ValueId[];
}

/** Whether it tells what is padding: it stays along a path as it is at the input, whatever it is told of. */
export const isHeld = (node: Node): boolean => node.op === 'equal' && 'held' in node.attributes;

/**
 * Keeps the nodes that lie on a path from one of `starts` to one of `sinks`.
 * Nodes that lead into a start are left out: the path sets that value itself.
 * @param holding false: of one point by itself, where what is held along a path is computed like all else
 */
export function prune(graph: Graph, starts: readonly ValueId[], sinks: readonly ValueId[], holding = true): Pruned {
  const varies = new Set(starts);
  for (const node of graph.nodes)
    if (!(holding && isHeld(node)) && node.inputs.some((input) => varies.has(input))) varies.add(node.output);

  const started = new Set(starts);
  const needed = new Set(sinks);
  const nodes: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!needed.has(node.output) || !varies.has(node.output) || started.has(node.output)) continue;
    nodes.push(node);
    for (const input of node.inputs) needed.add(input);
  }
  nodes.reverse();

  const live = new Set([...needed].filter((value) => varies.has(value)));
  const beside = [...needed].filter((value) => !live.has(value) && !graph.values[value]!.constant);
  return { nodes, live, beside };
}

/** An op without a rule that a value comes from: streams of random numbers come from nothing else. */
export function unknownBefore(graph: Graph, value: ValueId): Node<'unknown'> | null {
  const needed = new Set([value]);
  for (const node of [...graph.nodes].reverse()) {
    if (!needed.has(node.output)) continue;
    if (node.op === 'unknown') return node as Node<'unknown'>;
    for (const id of node.inputs) needed.add(id);
  }
  return null;
}
