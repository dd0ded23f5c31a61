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
import type { GraphNode, VisibleGraph } from './graphTree';

export const NODE_WIDTH = 224;
export const NODE_HEIGHT = 30;
const STACK_GAP = 5;
const LONGEST_STACK = 40;
const GAP = [26, 26] as const;
const PADDING = 16;
const HEADER = 28;

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
  readonly width: number;
  readonly height: number;
  /** Groups before what is in them. */
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

/** What comes of laying out, across a worker's messages: a layout, or why there is none. */
export interface LayoutAnswer {
  readonly layout: Layout | null;
  readonly reason: string | null;
}

type Point = readonly [number, number];
interface Box {
  readonly width: number;
  readonly height: number;
  /** Children relative to this box. */
  readonly places: ReadonlyMap<string, Point>;
  readonly inner: ReadonlyMap<string, Box>;
  /** `from\nto` of two children → bends, relative to this box. */
  readonly routes: ReadonlyMap<string, readonly Point[]>;
}

/** @returns the layout of all visible nodes, top to bottom along the edges */
export function layOut({ roots, edges }: VisibleGraph): Layout {
  const parents = new Map<string, string[]>();
  const visit = (nodes: readonly GraphNode[], path: string[]): void =>
    nodes.forEach((node) => {
      parents.set(node.id, path);
      if (node.children) visit(node.children, [...path, node.id]);
    });
  visit(roots, []);

  const lifted = new Map<string, Map<string, readonly [string, string]>>();
  for (const { from, to } of edges) {
    const [left, right, parent] = siblings(from, to, parents);
    if (left === right) continue;
    const inside = lifted.get(parent) ?? new Map<string, readonly [string, string]>();
    inside.set(`${left}\n${right}`, [left, right]);
    lifted.set(parent, inside);
  }
  const whole = layOutBox('', roots, lifted);
  const nodes: PlacedNode[] = [];
  const places = new Map<string, PlacedNode>();
  const origins = new Map<string, { box: Box; at: Point }>([['', { box: whole, at: [0, 0] }]]);
  const place = (children: readonly GraphNode[], box: Box, [left, top]: Point, depth: number): void =>
    children.forEach((node) => {
      const [x, y] = box.places.get(node.id)!;
      const inner = box.inner.get(node.id);
      const placed: PlacedNode = {
        node,
        x: left + x,
        y: top + y,
        width: inner?.width ?? NODE_WIDTH,
        height: inner?.height ?? NODE_HEIGHT,
        depth,
      };
      nodes.push(placed);
      places.set(node.id, placed);
      if (inner) {
        origins.set(node.id, { box: inner, at: [placed.x, placed.y] });
        place(node.children!, inner, [placed.x, placed.y], depth + 1);
      }
    });
  place(roots, whole, [0, 0], 0);
  return {
    width: whole.width,
    height: whole.height,
    nodes,
    edges: edges.map(({ from, to }) => {
      const [left, right, parent] = siblings(from, to, parents);
      const { box, at } = origins.get(parent)!;
      const bends = (box.routes.get(`${left}\n${right}`) ?? []).map(([x, y]): Point => [x + at[0], y + at[1]]);
      return { from, to, points: [bottom(places.get(from)!), ...bends, top(places.get(to)!)] };
    }),
  };
}

const bottom = ({ x, y, width, height }: PlacedNode): Point => [x + width / 2, y + height];
const top = ({ x, y, width }: PlacedNode): Point => [x + width / 2, y];

/** The ancestors of two nodes that stand side by side, and the group both stand in ('' at the top). */
function siblings(from: string, to: string, parents: ReadonlyMap<string, string[]>): [string, string, string] {
  const left = [...parents.get(from)!, from];
  const right = [...parents.get(to)!, to];
  let depth = 0;
  while (depth < left.length - 1 && depth < right.length - 1 && left[depth] === right[depth]) depth++;
  return [left[depth]!, right[depth]!, depth === 0 ? '' : left[depth - 1]!];
}

function layOutBox(
  id: string,
  children: readonly GraphNode[],
  lifted: ReadonlyMap<string, ReadonlyMap<string, readonly [string, string]>>,
): Box {
  const inner = new Map<string, Box>();
  for (const child of children) if (child.children) inner.set(child.id, layOutBox(child.id, child.children, lifted));
  const edges = withoutCycles(children, [...(lifted.get(id)?.values() ?? [])]);
  const stacks = stacked(children, edges);
  const stackOf = new Map(stacks.flatMap((stack) => stack.map((child) => [child, stack[0]!] as const)));
  const sizes = new Map(stacks.map((stack): [string, [number, number]] => [stack[0]!, sizeOfStack(stack, inner)]));
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
  const [padding, header] = id === '' ? [0, 0] : [PADDING, HEADER];
  const places = new Map<string, Point>();
  for (const stack of stacks) {
    const handle = handles.get(stack[0]!)!;
    let y = handle.y - sizes.get(stack[0]!)![1] / 2 + header;
    for (const child of stack) {
      const box = inner.get(child);
      places.set(child, [handle.x - (box?.width ?? NODE_WIDTH) / 2 + padding, y]);
      y += (box?.height ?? NODE_HEIGHT) + STACK_GAP;
    }
  }
  /** Height of each row, by its middle: an edge that passes a row goes straight down beside it. */
  const rowHeights = new Map<number, number>();
  for (const [first, handle] of handles) {
    const middle = Math.round(handle.y);
    rowHeights.set(middle, Math.max(rowHeights.get(middle) ?? 0, sizes.get(first)![1]));
  }
  const beside = ([x, y]: Point): Point[] => {
    const half = (rowHeights.get(Math.round(y)) ?? 0) / 2;
    return [
      [x + padding, y - half + header],
      [x + padding, y + half + header],
    ];
  };
  const bends = new Map<string, readonly Point[]>();
  for (const link of grid.links())
    bends.set(`${link.source.data}\n${link.target.data}`, link.points.slice(1, -1).flatMap(beside));
  const routes = new Map(
    edges.map(([from, to]) => [`${from}\n${to}`, bends.get(`${stackOf.get(from)}\n${stackOf.get(to)}`) ?? []]),
  );
  return { width: size.width + 2 * padding, height: size.height + header + padding, places, inner, routes };
}

const sizeOfStack = (stack: readonly string[], inner: ReadonlyMap<string, Box>): [number, number] => [
  Math.max(...stack.map((child) => inner.get(child)?.width ?? NODE_WIDTH)),
  stack.reduce((total, child) => total + (inner.get(child)?.height ?? NODE_HEIGHT) + STACK_GAP, -STACK_GAP),
];

/** Children in stacks, first to last: a child joins the one before it when neither has another neighbour on that side. */
function stacked(children: readonly GraphNode[], edges: readonly (readonly [string, string])[]): string[][] {
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
function withoutCycles(
  children: readonly GraphNode[],
  edges: readonly (readonly [string, string])[],
): (readonly [string, string])[] {
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
