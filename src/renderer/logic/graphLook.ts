/** Which groups are open when a model is opened: as many as can be read at once. */
import { fitScale } from './camera';
import { groupsOpen, visibleGraph, type LayerTree, type VisibleGraph } from './graphTree';
import { READABLE, type Layout } from './layout';

export interface Look {
  readonly open: ReadonlySet<string>;
  readonly graph: VisibleGraph;
  readonly cards: number;
}

/** Of more cards no layout is read at once, and none is made to find that out. */
const MOST_CARDS = 120;
/** Fewer say too little of a model that has more layers. */
const LEAST_CARDS = 6;

/** What is seen with these groups open. */
export function lookAt(tree: LayerTree, open: ReadonlySet<string>): Look {
  const graph = visibleGraph(tree, open);
  return { open, graph, cards: new Set(graph.shownBy.values()).size };
}

/**
 * What may be seen first, from all groups closed to all open, a level of groups more each time; then the same with the first of
 * repeated blocks open. There is always one.
 */
export function looksAt(tree: LayerTree): Look[] {
  const looks: Look[] = [];
  const known = new Set<string>();
  const deepest = [...tree.around.values()].reduce((most, groups) => Math.max(most, groups.length), 0);
  for (const first of [false, true])
    for (let depth = 0; depth <= deepest; depth++) {
      const open = groupsOpen(tree, depth, first);
      const key = [...open].join('\n');
      if (known.has(key)) continue;
      known.add(key);
      const look = lookAt(tree, open);
      if (looks.length > 0 && look.cards > MOST_CARDS) break;
      looks.push(look);
    }
  return looks;
}

/**
 * The look with the most groups open that is read whole; where that says too little of the model, the first that says enough, if
 * there is one of which no group is cut at its sides.
 * @param layouts of the looks
 * @returns its place
 */
export function bestLook(
  looks: readonly Pick<Look, 'cards'>[],
  layouts: readonly Layout[],
  view: readonly [number, number],
): number {
  const whole = (at: number): boolean => fitScale(view, [layouts[at]!.width, layouts[at]!.height]) >= READABLE;
  const says = (at: number): boolean => looks[at]!.cards >= LEAST_CARDS;
  const uncut = (at: number): boolean => {
    const { direction, nodes } = layouts[at]!;
    const sides = (size: { width: number; height: number }) => (direction === 'down' ? size.width : size.height);
    return nodes.every(({ node, ...box }) => node.children === null || sides(box) * READABLE <= view[direction === 'down' ? 0 : 1]); // prettier-ignore
  };
  const places = looks.map((_, at) => at);
  const read = places.filter(whole).at(-1);
  if (read !== undefined && (says(read) || read === looks.length - 1)) return read;
  return places.find((at) => says(at) && uncut(at)) ?? places.find(says) ?? read ?? 0;
}
