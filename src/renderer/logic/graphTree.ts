/** The layer graph as it is shown: nested groups that are open or closed, and the edges between what is visible. */
import type { LayerSummary } from '../../contract/model';
import { count } from '../../contract/words/quantities';
import { commonName, pattern, repeatsIn, type Repeat } from './repeats';

export interface GraphNode {
  /** A layer's name, or a group's path with a trailing slash. */
  readonly id: string;
  readonly label: string;
  /** What the second line says: a layer's kind or a group's size. */
  readonly detail: string;
  /** Names of the layers it stands for. */
  readonly layers: readonly string[];
  /** Children of an open group; null for layers and closed groups. */
  readonly children: readonly GraphNode[] | null;
  readonly group: boolean;
}

export interface VisibleGraph {
  readonly roots: readonly GraphNode[];
  /** Between visible leaves (layers and closed groups), each pair once. */
  readonly edges: readonly { readonly from: string; readonly to: string }[];
  /** layer name → id of the visible node that shows it */
  readonly shownBy: ReadonlyMap<string, string>;
}

interface Branch {
  readonly path: string;
  readonly name: string;
  /** Blocks of one structure that are folded into one; their number. */
  readonly blocks: number | null;
  /** Whether these are the blocks behind a first one that stands before them. */
  readonly rest?: true;
  readonly layers: LayerSummary[];
  order: (Branch | LayerSummary)[];
}

/** A model's layers in their groups, repeated blocks as groups of their own; made once for a model. */
export interface LayerTree {
  readonly layers: readonly LayerSummary[];
  readonly root: Branch;
  /** layer name → ids of the groups around it, outermost first */
  readonly around: ReadonlyMap<string, readonly string[]>;
}

/** The groups around a layer: as its format says, else the scopes in its name; inputs stand before all groups. */
const groupOf = ({ group, name, kind }: LayerSummary): readonly string[] =>
  group.length > 0 || kind === 'Input' ? group : name.split('/').slice(0, -1).filter(Boolean);

const isBranch = (entry: Branch | LayerSummary): entry is Branch => 'order' in entry;
const nameOf = (entry: Branch | LayerSummary): string =>
  isBranch(entry) ? entry.name : entry.name.slice(entry.name.lastIndexOf('/') + 1);
const layersOf = (entry: Branch | LayerSummary): LayerSummary[] => (isBranch(entry) ? entry.layers : [entry]);

export function layerTree(layers: readonly LayerSummary[]): LayerTree {
  const root: Branch = { path: '', name: '', blocks: null, layers: [], order: [] };
  const made = new Map<string, Branch>();
  for (const layer of layers) {
    let at = root;
    for (const name of groupOf(layer)) {
      const path = `${at.path}${name}/`;
      let next = made.get(path);
      if (!next) {
        next = { path, name, blocks: null, layers: [], order: [] };
        made.set(path, next);
        at.order.push(next);
      }
      next.layers.push(layer);
      at = next;
    }
    at.order.push(layer);
  }
  fold(root);
  const around = new Map<string, readonly string[]>();
  const visit = ({ order }: Branch, groups: readonly string[]): void =>
    order.forEach((entry) => {
      if (!isBranch(entry)) return void around.set(entry.name, groups);
      visit(entry, [...groups, entry.path]);
    });
  visit(root, []);
  return { layers, root, around };
}

// ---------------------------------------------------------------- repeated blocks

/** Puts each run of equal blocks among what stands in a group into a group of its own, and so on inside. */
function fold(branch: Branch): void {
  if (branch.blocks === null) branch.order = withRepeats(branch);
  for (const entry of branch.order) if (isBranch(entry)) fold(entry);
}

function withRepeats({ path, order }: Branch): Branch['order'] {
  const places = new Map(order.flatMap((entry, at) => layersOf(entry).map(({ name }) => [name, at] as const)));
  const pieces = order.map((entry, at) => {
    const inputs = new Set<number>();
    const outside = new Set<string>();
    for (const layer of layersOf(entry))
      for (const input of layer.inputs) {
        const from = places.get(input);
        if (from === undefined) outside.add(input);
        else if (from !== at) inputs.add(from);
      }
    const layers = layersOf(entry).length;
    return { structure: structureOf(entry), layers, inputs: [...inputs], outside: [...outside] };
  });
  const shown: Branch['order'] = [];
  let at = 0;
  for (const repeat of repeatsIn(pieces)) {
    shown.push(...order.slice(at, repeat.from), folded(path, order, repeat));
    at = repeat.from + repeat.length * repeat.count;
  }
  return [...shown, ...order.slice(at)];
}

/** More blocks are not listed: the first stands for them, the others are folded behind it. */
const MOST_LISTED = 4;

/** The group of a run of blocks: of groups, or of stretches of the list, which become groups. */
function folded(path: string, order: Branch['order'], { from, length, count: blocks }: Repeat): Branch {
  const entries = order.slice(from, from + length * blocks);
  const common = commonName(entries.map(nameOf));
  const name = common ?? `${kindOf(entries[0]!)} … ${kindOf(entries[length - 1]!)}`;
  const own = `${path}×${idOf(entries[0]!)}/`;
  const block = (at: number): Branch | LayerSummary => {
    const inside = entries.slice(at * length, (at + 1) * length);
    if (length === 1) return inside[0]!;
    const number = common === null ? null : /^\D?(\d+)/.exec(nameOf(inside[0]!).slice(common.length))?.[1];
    return {
      path: `${own}${at}/`,
      name: `${name} ${number ?? at + 1}`,
      blocks: null,
      layers: inside.flatMap(layersOf),
      order: inside,
    };
  };
  const listed = Array.from({ length: blocks }, (_, at) => block(at));
  const more = blocks > MOST_LISTED ? listed.splice(1) : [];
  if (more.length > 0)
    listed.push({
      path: `${own}×/`,
      name: `${more.length} more × ${name}`,
      blocks: more.length,
      rest: true,
      layers: more.flatMap(layersOf),
      order: more,
    });
  return { path: own, name: `${blocks} × ${name}`, blocks, layers: entries.flatMap(layersOf), order: listed };
}

const idOf = (entry: Branch | LayerSummary): string => (isBranch(entry) ? entry.path : entry.name);
const kindOf = (entry: Branch | LayerSummary): string => (isBranch(entry) ? entry.name : entry.kind);

/** Ops, shapes and joints of all layers of an entry, and their names without numbers. */
function structureOf(entry: Branch | LayerSummary): string {
  const layers = layersOf(entry);
  const places = new Map(layers.map(({ name }, at) => [name, at]));
  const skipped = isBranch(entry) ? entry.path.length : 0;
  return [
    pattern(nameOf(entry)),
    ...layers.map(({ name, kind, shape, parameters, inputs }) => {
      const inside = inputs.map((input) => places.get(input) ?? 'outside').join();
      // a group may be none of the names' scopes: then the names themselves are compared
      const own =
        isBranch(entry) && name.startsWith(entry.path) ? name.slice(skipped) : nameOf({ name } as LayerSummary);
      return [pattern(own), kind, shape.join('×'), parameters, inside].join(' ');
    }),
  ].join('\n');
}

// ---------------------------------------------------------------- what is visible

/** @param open ids of the groups that are open */
export function visibleGraph({ layers, root }: LayerTree, open: ReadonlySet<string>): VisibleGraph {
  const shownBy = new Map<string, string>();
  const node = (entry: Branch | LayerSummary): GraphNode => {
    if (!isBranch(entry)) {
      shownBy.set(entry.name, entry.name);
      return {
        id: entry.name,
        label: nameOf(entry),
        detail: entry.kind,
        layers: [entry.name],
        children: null,
        group: false,
      };
    }
    const opened = open.has(entry.path);
    if (!opened) for (const layer of entry.layers) shownBy.set(layer.name, entry.path);
    return {
      id: entry.path,
      label: entry.name,
      detail: count(entry.layers.length, 'layer'),
      layers: entry.layers.map((layer) => layer.name),
      children: opened ? entry.order.map(node) : null,
      group: true,
    };
  };
  const roots = root.order.map(node);
  const seen = new Set<string>();
  const edges: { from: string; to: string }[] = [];
  for (const layer of layers)
    for (const input of layer.inputs) {
      const from = shownBy.get(input);
      const to = shownBy.get(layer.name)!;
      if (from === undefined || from === to || seen.has(`${from}\n${to}`)) continue;
      seen.add(`${from}\n${to}`);
      edges.push({ from, to });
    }
  return { roots, edges, shownBy };
}

/** Ids of the groups around a layer, outermost first: opening them all shows it. */
export const groupsAround = ({ around }: LayerTree, layer: string): readonly string[] => around.get(layer) ?? [];

/**
 * Ids of the groups of the first levels. Of repeated blocks none is opened.
 * @param first but the first of them, which says what all are made of
 */
export function groupsOpen({ root }: LayerTree, levels: number, first: boolean): ReadonlySet<string> {
  const open = new Set<string>();
  const visit = ({ blocks, order }: Branch, depth: number): void => {
    if (depth === levels) return;
    for (const [at, entry] of order.entries()) {
      if (!isBranch(entry) || entry.rest || (blocks !== null && at > 0) || (entry.blocks !== null && !first)) continue;
      open.add(entry.path);
      // a fold without its first block open says no more than closed
      visit(entry, entry.blocks === null ? depth + 1 : depth);
    }
  };
  visit(root, 0);
  return open;
}

/** Ids of a group and of all groups in it. */
export const groupsWithin = ({ around }: LayerTree, id: string): ReadonlySet<string> =>
  new Set([...around.values()].flatMap((groups) => (groups.includes(id) ? groups.slice(groups.indexOf(id)) : [])));

/** Layers that a search finds by name or kind, in their order; none without words. */
export function layersFound(layers: readonly LayerSummary[], search: string): readonly LayerSummary[] {
  const words = search.trim().toLowerCase();
  return words === '' ? [] : layers.filter(({ name, kind }) => `${name} ${kind}`.toLowerCase().includes(words));
}
