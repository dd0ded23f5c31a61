/**
 * The graph that a path walks where a model rounds its values to the steps of a small type: there F is a staircase, of which every
 * method would tell the steps that it happens to meet. What is rounded to stand for a line (`straight`) is left as it is; cuts at
 * the ends of a type stay, since they act like activations. This is what training with quantisation passes on (arXiv 1308.3432).
 */
import type { Graph, Node } from './graph';

/** What a node is on the line; itself where it is the same there. */
function onLine(node: Node): Node {
  if (node.op === 'round' && (node as Node<'round'>).attributes.straight === true)
    return { ...node, op: 'identity', attributes: {} };
  const { straight } = node.op === 'identity' ? (node as Node<'identity'>).attributes : {};
  return straight === undefined ? node : { ...node, op: 'clip', attributes: { min: straight, max: straight } };
}

/** Whether a path walks another node in the place of this one. */
export const isStraightened = (node: Node): boolean => onLine(node) !== node;

/** The same graph where nothing is rounded so: values and their ids are alike. */
export function straightened(graph: Graph): Graph {
  const nodes = graph.nodes.map(onLine);
  return nodes.every((node, at) => node === graph.nodes[at]) ? graph : { ...graph, nodes };
}
