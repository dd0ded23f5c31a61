/** Which single values every path from the start to the target passes: the layers whose contributions must sum to F(x) − F(x'). */
import type { ValueId } from './graph';
import type { Pruned } from './prune';

/**
 * The single-value cuts of a pruned graph: its dominators.
 *
 * In a running order, a value is passed by every path exactly when no edge spans its place in the order: whatever stands
 * before a cut leads into it, whatever stands after comes from it. All starts hang on one common source, all sinks on
 * one common end.
 * @returns the ids of the live values that cut the graph
 */
export function singleCuts(pruned: Pruned, starts: readonly ValueId[], sinks: readonly ValueId[]): Set<ValueId> {
  const order = [...starts.filter((id) => pruned.live.has(id)), ...pruned.nodes.map((node) => node.output)];
  const place = new Map(order.map((id, index) => [id, index]));
  const end = order.length;

  // reach[i]: the furthest place that an edge out of something before or at place i leads to
  const furthest = new Array<number>(order.length).fill(-1);
  const edge = (from: number, to: number): void => {
    furthest[from] = Math.max(furthest[from]!, to);
  };
  for (const node of pruned.nodes)
    for (const input of node.inputs) if (place.has(input)) edge(place.get(input)!, place.get(node.output)!);
  for (const sink of sinks) if (place.has(sink)) edge(place.get(sink)!, end);

  const cuts = new Set<ValueId>();
  // The common source leads to every start: it spans all starts but the last.
  let spanned = starts.reduce((most, start) => Math.max(most, place.get(start) ?? -1), -1);
  order.forEach((id, index) => {
    if (spanned <= index) cuts.add(id);
    spanned = Math.max(spanned, furthest[index]!);
  });
  return cuts;
}
