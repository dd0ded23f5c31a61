/** Where the arrows go in the layer graph. */
import type { VisibleGraph } from './graphTree';
import type { PlacedNode } from './layout';

/** Beside is beside: rows count more than columns. */
const apart = (a: PlacedNode, b: PlacedNode): number => 3 * Math.abs(a.y - b.y) + Math.abs(a.x - b.x);

/**
 * Down and up follow the edges, down into an open group first; left and right go to the nearest on that side.
 * @returns the id of the node to go to; null where there is none, undefined for any other key
 */
export function nodeOfKey(
  key: string,
  from: PlacedNode,
  edges: VisibleGraph['edges'],
  nodes: readonly PlacedNode[],
): string | null | undefined {
  const { id, children } = from.node;
  if (key === 'ArrowDown') return children?.[0]?.id ?? edges.find((edge) => edge.from === id)?.to ?? null;
  if (key === 'ArrowUp') return edges.find((edge) => edge.to === id)?.from ?? null;
  if (key !== 'ArrowLeft' && key !== 'ArrowRight') return undefined;
  const side = key === 'ArrowRight' ? 1 : -1;
  const [nearest] = nodes
    .filter((other) => (other.x - from.x) * side > 0 && other.node.children === null)
    .sort((a, b) => apart(a, from) - apart(b, from));
  return nearest?.node.id ?? null;
}
