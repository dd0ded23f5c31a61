/**
 * The graph that a path walks where a model rounds its values to the steps of a small type: there F is a staircase, of which every
 * method would tell the steps that it happens to meet. What is rounded to stand for a line (`straight`) is left as it is; cuts at
 * the ends of a type stay, since they act like activations. This is what training with quantisation passes on (arXiv 1308.3432).
 */
import type { Graph, Node } from './graph';

const isStraight = (node: Node): boolean => node.op === 'round' && (node as Node<'round'>).attributes.straight === true;

/** The same graph where nothing is rounded so: values and their ids are alike. */
export function straightened(graph: Graph): Graph {
  if (!graph.nodes.some(isStraight)) return graph;
  const nodes = graph.nodes.map((node): Node =>
    isStraight(node) ? { ...node, op: 'identity', attributes: {} } : node,
  );
  return { ...graph, nodes };
}
