/**
 * Places for a visible graph. Each open group is laid out by itself and then stands as one box in its parent; layers
 * that follow each other without a branch stand close together as one stack, so that a deep network stays readable.
 */
import {
  coordGreedy,
  decrossTwoLayer,
  graph as directedGraph,
  layeringLongestPath,
  sugiyama,
  twolayerGreedy,
} from 'd3-dag';
import type { Settings } from '../../contract/studio';
import type { GraphNode, VisibleGraph } from './graphTree';

/** Where the edges lead. */
export type Direction = NonNullable<Settings['graphDirection']>;

/** A card: the layer's name, below it its kind. */
export const NODE_WIDTH = 148;
export const NODE_HEIGHT = 44;
/** The smallest letters of cards and groups; a graph is read where they are no smaller on the screen than `LEAST_LETTERS`. */
export const LETTERS = 12;
const LEAST_LETTERS = 11;
/** Screen pixels for each of the picture's own, from which on its names are read. */
export const READABLE = LEAST_LETTERS / LETTERS;
export const HEADER = 28;
const STACK_GAP = { down: 6, right: 16 } as const;
const LONGEST_STACK = 40;
const GAP = [20, 26] as const;
const PADDING = 14;

export interface PlacedNode {
  readonly node: GraphNode;
  /** Upper left corner, in the whole picture's coordinates. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly depth: number;
}

export interface PlacedEdge {
  readonly from: string;
  readonly to: string;
  readonly points: readonly (readonly [number, number])[];
}

export interface Layout {
  readonly direction: Direction;
  readonly width: number;
  readonly height: number;
  /** Groups before what is in them. */
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

type Point = readonly [number, number];
/** Sizes and places are across the edges, then along them, whichever way they lead. */
interface Box {
  readonly across: number;
  readonly along: number;
  /** Children relative to this box. */
  readonly places: ReadonlyMap<string, Point>;
  readonly inner: ReadonlyMap<string, Box>;
  /** `from\nto` of two children → bends, relative to this box. */
  readonly routes: ReadonlyMap<string, readonly Point[]>;
}
type Ends = readonly (readonly [from: string, to: string])[];
type Lifted = ReadonlyMap<string, ReadonlyMap<string, Ends[number]>>;

/** @returns the layout of all visible nodes, along the edges */
export function layOut({ roots, edges }: Pick<VisibleGraph, 'roots' | 'edges'>, direction: Direction): Layout {
  const parents = new Map<string, string[]>();
  const visit = (nodes: readonly GraphNode[], path: string[]): void =>
    nodes.forEach((node) => {
      parents.set(node.id, path);
      if (node.children) visit(node.children, [...path, node.id]);
    });
  visit(roots, []);

  const lifted = new Map<string, Map<string, Ends[number]>>();
  for (const { from, to } of edges) {
    const [left, right, parent] = siblings(from, to, parents);
    if (left === right) continue;
    const inside = lifted.get(parent) ?? new Map<string, Ends[number]>();
    inside.set(`${left}\n${right}`, [left, right]);
    lifted.set(parent, inside);
  }
  const turned = ([across, along]: Point): Point => (direction === 'down' ? [across, along] : [along, across]);
  const whole = layOutBox('', roots, lifted, direction);
  const nodes: PlacedNode[] = [];
  const places = new Map<string, PlacedNode>();
  const origins = new Map<string, { box: Box; at: Point }>([['', { box: whole, at: [0, 0] }]]);
  const place = (children: readonly GraphNode[], box: Box, [left, top]: Point, depth: number): void =>
    children.forEach((node) => {
      const [across, along] = box.places.get(node.id)!;
      const inner = box.inner.get(node.id);
      const at = [left + across, top + along] as const;
      const [x, y] = turned(at);
      const [width, height] = inner ? turned([inner.across, inner.along]) : [NODE_WIDTH, NODE_HEIGHT];
      const placed: PlacedNode = { node, x, y, width, height, depth };
      nodes.push(placed);
      places.set(node.id, placed);
      if (inner) {
        origins.set(node.id, { box: inner, at });
        place(node.children!, inner, at, depth + 1);
      }
    });
  place(roots, whole, [0, 0], 0);
  const [width, height] = turned([whole.across, whole.along]);
  return {
    direction,
    width,
    height,
    nodes,
    edges: edges.map(({ from, to }) => {
      const [left, right, parent] = siblings(from, to, parents);
      const { box, at } = origins.get(parent)!;
      const bends = (box.routes.get(`${left}\n${right}`) ?? []).map(([x, y]) => turned([x + at[0], y + at[1]]));
      return { from, to, points: [leaves(places.get(from)!), ...bends, arrives(places.get(to)!)] };
    }),
  };

  function leaves({ x, y, width, height }: PlacedNode): Point {
    return direction === 'down' ? [x + width / 2, y + height] : [x + width, y + height / 2];
  }
  function arrives({ x, y, width, height }: PlacedNode): Point {
    return direction === 'down' ? [x + width / 2, y] : [x, y + height / 2];
  }
}

/** The ancestors of two nodes that stand side by side, and the group both stand in ('' at the top). */
function siblings(from: string, to: string, parents: ReadonlyMap<string, string[]>): [string, string, string] {
  const left = [...parents.get(from)!, from];
  const right = [...parents.get(to)!, to];
  let depth = 0;
  while (depth < left.length - 1 && depth < right.length - 1 && left[depth] === right[depth]) depth++;
  return [left[depth]!, right[depth]!, depth === 0 ? '' : left[depth - 1]!];
}

function layOutBox(id: string, children: readonly GraphNode[], lifted: Lifted, direction: Direction): Box {
  const inner = new Map<string, Box>();
  for (const child of children)
    if (child.children) inner.set(child.id, layOutBox(child.id, child.children, lifted, direction));
  const card: Point = direction === 'down' ? [NODE_WIDTH, NODE_HEIGHT] : [NODE_HEIGHT, NODE_WIDTH];
  const sizeOf = (child: string): Point => {
    const box = inner.get(child);
    return box ? [box.across, box.along] : card;
  };
  const gap = STACK_GAP[direction];
  const edges = withoutCycles(children, [...(lifted.get(id)?.values() ?? [])]);
  const stacks = stacked(children, edges);
  const stackOf = new Map(stacks.flatMap((stack) => stack.map((child) => [child, stack[0]!] as const)));
  const sizes = new Map(
    stacks.map((stack): [string, [number, number]] => {
      const each = stack.map(sizeOf);
      return [
        stack[0]!,
        [Math.max(...each.map(([across]) => across)), each.reduce((sum, [, along]) => sum + along + gap, -gap)],
      ];
    }),
  );
  const grid = directedGraph<string, undefined>();
  const handles = new Map(stacks.map(([first]) => [first!, grid.node(first!)]));
  const drawn = new Set<string>();
  for (const [from, to] of edges) {
    const [left, right] = [stackOf.get(from)!, stackOf.get(to)!];
    if (left === right || drawn.has(`${left}\n${right}`)) continue;
    drawn.add(`${left}\n${right}`);
    handles.get(left)!.child(handles.get(right)!, undefined);
  }
  const layout = sugiyama()
    .layering(layeringLongestPath().topDown(false))
    .decross(decrossTwoLayer().order(twolayerGreedy()))
    .coord(coordGreedy())
    .nodeSize(({ data }: { data: string }): [number, number] => sizes.get(data)!)
    .gap(GAP);
  const size = children.length > 0 ? layout(grid) : { width: 0, height: 0 };
  // the header is above what is in the group, whichever way the edges lead
  const padding = id === '' ? 0 : PADDING;
  const header = id === '' ? 0 : HEADER;
  const [before, start] = direction === 'down' ? [padding, header] : [header, padding];
  const places = new Map<string, Point>();
  for (const stack of stacks) {
    const handle = handles.get(stack[0]!)!;
    let along = handle.y - sizes.get(stack[0]!)![1] / 2 + start;
    for (const child of stack) {
      const [across, length] = sizeOf(child);
      places.set(child, [handle.x - across / 2 + before, along]);
      along += length + gap;
    }
  }
  /** Length of each row, by its middle: an edge that passes a row goes straight on beside it. */
  const rows = new Map<number, number>();
  for (const [first, handle] of handles) {
    const middle = Math.round(handle.y);
    rows.set(middle, Math.max(rows.get(middle) ?? 0, sizes.get(first)![1]));
  }
  const beside = ([x, y]: Point): Point[] => {
    const half = (rows.get(Math.round(y)) ?? 0) / 2;
    return [
      [x + before, y - half + start],
      [x + before, y + half + start],
    ];
  };
  const bends = new Map<string, readonly Point[]>();
  for (const link of grid.links())
    bends.set(`${link.source.data}\n${link.target.data}`, link.points.slice(1, -1).flatMap(beside));
  const routes = new Map(
    edges.map(([from, to]) => [`${from}\n${to}`, bends.get(`${stackOf.get(from)}\n${stackOf.get(to)}`) ?? []]),
  );
  return { across: size.width + before + padding, along: size.height + start + padding, places, inner, routes };
}

/** Children in stacks, first to last: a child joins the one before it when neither has another neighbour on that side. */
function stacked(children: readonly GraphNode[], edges: Ends): string[][] {
  const next = new Map<string, string[]>();
  const before = new Map<string, string[]>();
  for (const [from, to] of edges) {
    next.set(from, [...(next.get(from) ?? []), to]);
    before.set(to, [...(before.get(to) ?? []), from]);
  }
  const boxed = new Set(children.filter((child) => child.children).map(({ id }) => id));
  const follows = (id: string): string | null => {
    const [only, other] = before.get(id) ?? [];
    if (only === undefined || other !== undefined || boxed.has(id) || boxed.has(only)) return null;
    return next.get(only)!.length === 1 ? only : null;
  };
  const heads = children.filter(({ id }) => follows(id) === null).map(({ id }) => id);
  const stacks: string[][] = [];
  for (const head of heads) {
    let stack = [head];
    stacks.push(stack);
    for (let at = head; ;) {
      const [child] = next.get(at) ?? [];
      if (child === undefined || follows(child) !== at) break;
      if (stack.length === LONGEST_STACK) stacks.push((stack = []));
      stack.push(child);
      at = child;
    }
  }
  return stacks;
}

/** Closed groups can make a ring of an acyclic graph; the edges that go back against the children's order are left out. */
function withoutCycles(children: readonly GraphNode[], edges: Ends): Ends {
  const next = new Map<string, string[]>(children.map(({ id }) => [id, []]));
  for (const [from, to] of edges) next.get(from)!.push(to);
  const state = new Map<string, 'open' | 'done'>();
  const back = new Set<string>();
  for (const { id } of children) {
    if (state.has(id)) continue;
    // an explicit stack: models of thousands of layers in a row are deeper than the call stack
    const stack = [{ id, at: 0 }];
    state.set(id, 'open');
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const child = next.get(top.id)![top.at++];
      if (child === undefined) {
        state.set(top.id, 'done');
        stack.pop();
      } else if (state.get(child) === 'open') back.add(`${top.id}\n${child}`);
      else if (!state.has(child)) {
        state.set(child, 'open');
        stack.push({ id: child, at: 0 });
      }
    }
  }
  return edges.filter(([from, to]) => !back.has(`${from}\n${to}`));
}
