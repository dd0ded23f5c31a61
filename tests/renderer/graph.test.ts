import { describe, expect, it } from 'vitest';
import type { LayerSummary } from '../../src/contract/model';
import { groupsAround, layerTree, visibleGraph } from '../../src/renderer/logic/graphTree';
import { HEADER, layOut, NODE_HEIGHT, NODE_WIDTH } from '../../src/renderer/logic/layout';
import { edgeFlows, layerMass } from '../../src/renderer/logic/mass';
import { processorMs } from '../processorTime';
import { record } from './records';

const layer = (name: string, inputs: string[], group: string[] = []): LayerSummary => ({
  name,
  kind: 'Dense',
  group,
  shape: [4],
  unitAxis: 0,
  units: 4,
  parameters: 0,
  inputs,
  unsupported: [],
});

const residual = [
  layer('input', []),
  layer('block/a', ['input'], ['block']),
  layer('block/inner/b', ['block/a'], ['block', 'inner']),
  layer('add', ['input', 'block/inner/b']),
  layer('out', ['add']),
];

describe('the visible graph', () => {
  it('shows a closed group as one node with its edges joined', () => {
    const { roots, edges, shownBy } = visibleGraph(layerTree(residual), new Set());
    expect(roots.map(({ id }) => id)).toEqual(['input', 'block/', 'add', 'out']);
    expect(edges).toEqual([
      { from: 'input', to: 'block/' },
      { from: 'input', to: 'add' },
      { from: 'block/', to: 'add' },
      { from: 'add', to: 'out' },
    ]);
    expect(shownBy.get('block/inner/b')).toBe('block/');
  });

  it('opens groups within groups', () => {
    const { roots, shownBy } = visibleGraph(
      layerTree(residual),
      new Set(groupsAround(layerTree(residual), 'block/inner/b')),
    );
    expect(roots[1]!.children!.map(({ id }) => id)).toEqual(['block/a', 'block/inner/']);
    expect(shownBy.get('block/inner/b')).toBe('block/inner/b');
  });
});

describe('layout', () => {
  const inside = (inner: { x: number; y: number; width: number; height: number }, outer: typeof inner) =>
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height;

  it('puts every node below what feeds it, and open groups around their own', () => {
    const graph = visibleGraph(layerTree(residual), new Set(['block/', 'block/inner/']));
    const { nodes, edges, width, height } = layOut(graph, 'down');
    const byId = new Map(nodes.map((placed) => [placed.node.id, placed]));
    for (const { from, to } of graph.edges)
      expect(byId.get(to)!.y, `${from} → ${to}`).toBeGreaterThanOrEqual(byId.get(from)!.y + NODE_HEIGHT);
    expect(inside(byId.get('block/a')!, byId.get('block/')!)).toBe(true);
    expect(inside(byId.get('block/inner/b')!, byId.get('block/inner/')!)).toBe(true);
    expect(inside(byId.get('block/inner/')!, byId.get('block/')!)).toBe(true);
    for (const placed of nodes) expect(inside(placed, { x: 0, y: 0, width, height })).toBe(true);
    expect(edges).toHaveLength(graph.edges.length);
  });

  it('puts every node to the right of what feeds it where edges lead there, groups still under their names', () => {
    const graph = visibleGraph(layerTree(residual), new Set(['block/', 'block/inner/']));
    const { nodes, edges, width, height } = layOut(graph, 'right');
    const byId = new Map(nodes.map((placed) => [placed.node.id, placed]));
    for (const { from, to, points } of edges) {
      expect(byId.get(to)!.x, `${from} → ${to}`).toBeGreaterThanOrEqual(byId.get(from)!.x + NODE_WIDTH);
      expect(points.map(([x]) => x)).toEqual(points.map(([x]) => x).sort((a, b) => a - b));
    }
    expect(inside(byId.get('block/inner/b')!, byId.get('block/inner/')!)).toBe(true);
    expect(byId.get('block/inner/b')!.y - byId.get('block/inner/')!.y).toBeGreaterThanOrEqual(HEADER);
    for (const placed of nodes) expect(inside(placed, { x: 0, y: 0, width, height })).toBe(true);
  });

  it('lets no two cards overlap', () => {
    const { nodes } = layOut(visibleGraph(layerTree(residual), new Set()), 'down');
    for (const a of nodes)
      for (const b of nodes)
        if (a !== b)
          expect(
            a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y,
            `${a.node.id} and ${b.node.id}`,
          ).toBe(true);
  });

  it('draws a closed group that is both before and after a layer, without going round in a ring', () => {
    const ring = [layer('g/a', [], ['g']), layer('mid', ['g/a']), layer('g/b', ['mid'], ['g'])];
    const { nodes } = layOut(visibleGraph(layerTree(ring), new Set()), 'down');
    expect(nodes.map(({ node }) => node.id).sort()).toEqual(['g/', 'mid']);
  });

  it('lays out 5,000 layers in a row with skips', async () => {
    const deep = Array.from({ length: 5_000 }, (_, at) =>
      layer(`l${at}`, at === 0 ? [] : at % 4 === 3 ? [`l${at - 1}`, `l${at - 3}`] : [`l${at - 1}`]),
    );
    const tree = layerTree(deep);
    const took = await processorMs(() => {
      const { nodes } = layOut(visibleGraph(tree, new Set([...tree.around.values()].flat())), 'down');
      expect(nodes.filter(({ node }) => !node.group)).toHaveLength(5_000);
    });
    expect(took).toBeLessThan(15_000); // 5 s are promised on a machine that does nothing else
  });
});

describe('flow', () => {
  it('follows completeness along chains, and gives the rest to the one unknown edge', () => {
    const edges = [
      { from: 'in', to: 'branch' },
      { from: 'in', to: 'add' },
      { from: 'branch', to: 'add' },
      { from: 'add', to: 'out' },
    ];
    const sums = new Map([['in', 10], ['branch', 7], ['add', 10], ['out', 10]]); // prettier-ignore
    expect(edgeFlows(edges, sums)).toEqual([7, 3, 7, 10]);
  });

  it('says nothing where completeness does not tell', () => {
    const edges = [
      { from: 'a', to: 'c' },
      { from: 'a', to: 'd' },
      { from: 'b', to: 'c' },
      { from: 'b', to: 'd' },
    ];
    const sums = new Map([['a', 1], ['b', 2], ['c', 1], ['d', 2]]); // prettier-ignore
    expect(edgeFlows(edges, sums)).toEqual([null, null, null, null]);
  });

  it('adds up what raises and what lowers', () => {
    const [first] = record('nig', [{ name: 'a', units: [3, -1, 2] }]).layers;
    expect(layerMass(first!, 0)).toEqual({ positive: 5, negative: -1, mass: 6, sum: 4 });
  });
});
