/** What keys do in the layer graph: where the arrows go, what zooms. */
import type { VisibleGraph } from './graphTree';
import type { Layout, PlacedNode } from './layout';

/** Zooming by keys: our own, and those that Netron's users know. */
export function zoomOfKey({
  key,
  shiftKey,
}: {
  readonly key: string;
  readonly shiftKey: boolean;
}): 'in' | 'out' | 'fit' | null {
  if (shiftKey && key === 'ArrowUp') return 'in';
  if (shiftKey && key === 'ArrowDown') return 'out';
  if (shiftKey && key === 'Backspace') return 'fit';
  return key === '+' || key === '=' ? 'in' : key === '-' ? 'out' : key === '0' ? 'fit' : null;
}

type Middle = readonly [across: number, along: number];

/** What an arrow means where the edges lead down, and where they lead to the right. */
const TURNS = {
  down: { ArrowDown: 'on', ArrowUp: 'back', ArrowLeft: 'before', ArrowRight: 'after' },
  right: { ArrowRight: 'on', ArrowLeft: 'back', ArrowUp: 'before', ArrowDown: 'after' },
} as const;

/**
 * On and back follow the edges, into and out of an open group by its header, and where no edge leads on, the order in which
 * nodes are laid out. Beside goes to the nearest on that side. Home and End: the first, the last.
 * @returns the id of the node to go to; null where there is none, undefined for any other key
 */
export function nodeOfKey(
  key: string,
  from: PlacedNode,
  edges: VisibleGraph['edges'],
  { nodes, direction }: Pick<Layout, 'nodes' | 'direction'>,
): string | null | undefined {
  if (key === 'Home') return nodes[0]?.node.id ?? null;
  if (key === 'End') return nodes.at(-1)?.node.id ?? null;
  const turns: Readonly<Record<string, 'on' | 'back' | 'before' | 'after'>> = TURNS[direction];
  const turn = Object.hasOwn(turns, key) ? turns[key] : undefined;
  if (turn === undefined) return undefined;
  const { id, children } = from.node;
  const middle = ({ x, y, width, height }: PlacedNode): Middle =>
    direction === 'down' ? [x + width / 2, y + height / 2] : [y + height / 2, x + width / 2];
  const [across, along] = middle(from);
  /** Beside is beside: rows count more than columns. */
  const apart = (other: PlacedNode): number => {
    const [x, y] = middle(other);
    return 3 * Math.abs(y - along) + Math.abs(x - across);
  };
  const nearest = (found: readonly PlacedNode[]): string | null =>
    found.reduce<PlacedNode | null>((best, other) => (best && apart(best) <= apart(other) ? best : other), null)?.node
      .id ?? null;
  const joined = (end: 'from' | 'to'): string | null => {
    const others = new Set(
      edges.filter((edge) => edge[end === 'from' ? 'to' : 'from'] === id).map((edge) => edge[end]),
    );
    return nearest(nodes.filter(({ node }) => others.has(node.id)));
  };
  const place = nodes.findIndex(({ node }) => node.id === id);
  switch (turn) {
    case 'on':
      return children?.[0]?.id ?? joined('to') ?? nodes[place + 1]?.node.id ?? null;
    case 'back': {
      const group = nodes.find(({ node }) => node.children?.[0]?.id === id);
      return group?.node.id ?? joined('from') ?? nodes[place - 1]?.node.id ?? null;
    }
    default: {
      const side = turn === 'after' ? 1 : -1;
      return nearest(nodes.filter((other) => (middle(other)[0] - across) * side > 0 && other.node.children === null));
    }
  }
}
