/** The layer graph as it is shown: nested groups that are open or closed, and the edges between what is visible. */
import type { LayerSummary } from '../../contract/model';

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

/** The groups around a layer: as its format says, else the scopes in its name; inputs stand before all groups. */
const groupOf = ({ group, name, kind }: LayerSummary): readonly string[] =>
  group.length > 0 || kind === 'Input' ? group : name.split('/').slice(0, -1);

interface Branch {
  readonly path: string;
  readonly name: string;
  readonly layers: LayerSummary[];
  readonly order: (Branch | LayerSummary)[];
  readonly branches: Map<string, Branch>;
}

const branch = (path: string, name: string): Branch => ({ path, name, layers: [], order: [], branches: new Map() });
const isBranch = (entry: Branch | LayerSummary): entry is Branch => 'branches' in entry;

/** @param open ids of the groups that are open */
export function visibleGraph(layers: readonly LayerSummary[], open: ReadonlySet<string>): VisibleGraph {
  const root = branch('', '');
  for (const layer of layers) {
    let at = root;
    for (const name of groupOf(layer)) {
      let next = at.branches.get(name);
      if (!next) {
        next = branch(`${at.path}${name}/`, name);
        at.branches.set(name, next);
        at.order.push(next);
      }
      next.layers.push(layer);
      at = next;
    }
    at.order.push(layer);
  }
  const shownBy = new Map<string, string>();
  const node = (entry: Branch | LayerSummary): GraphNode => {
    if (!isBranch(entry)) {
      shownBy.set(entry.name, entry.name);
      return {
        id: entry.name,
        label: entry.name.slice(entry.name.lastIndexOf('/') + 1),
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
      detail: `${entry.layers.length} layers`,
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
export function groupsAround(layer: LayerSummary): string[] {
  let path = '';
  return groupOf(layer).map((name) => (path += `${name}/`));
}
