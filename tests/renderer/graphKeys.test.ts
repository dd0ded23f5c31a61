import { expect, it } from 'vitest';
import { nodeOfKey } from '../../src/renderer/logic/graphKeys';
import type { PlacedNode } from '../../src/renderer/logic/layout';

const placed = (id: string, x: number, y: number, children: PlacedNode['node']['children'] = null): PlacedNode => ({
  node: { id, label: id, detail: '', layers: [id], children, group: children !== null },
  x,
  y,
  width: 10,
  height: 10,
  depth: 0,
});
const inner = placed('group/inner', 5, 55).node;
const [input, left, right, open, end] = [
  placed('input', 50, 0),
  placed('left', 0, 50),
  placed('right', 100, 50),
  placed('group/', 100, 50, [inner]),
  placed('constructor', 50, 100),
];
const nodes = [input, left, right, open, end];
const edges = [
  { from: 'input', to: 'left' },
  { from: 'input', to: 'right' },
  { from: 'left', to: 'constructor' },
];

it('goes along edges, into an open group first', () => {
  expect(nodeOfKey('ArrowDown', input, edges, nodes)).toBe('left');
  expect(nodeOfKey('ArrowUp', end, edges, nodes)).toBe('left');
  expect(nodeOfKey('ArrowDown', open, edges, nodes)).toBe('group/inner');
  expect(nodeOfKey('ArrowDown', end, edges, nodes)).toBeNull();
  expect(nodeOfKey('ArrowUp', input, edges, nodes)).toBeNull();
});

it('goes beside, in the same row rather than another, and never onto an open group', () => {
  expect(nodeOfKey('ArrowRight', left, edges, nodes)).toBe('right');
  expect(nodeOfKey('ArrowLeft', right, edges, nodes)).toBe('left');
  expect(nodeOfKey('ArrowLeft', left, edges, nodes)).toBeNull();
});

it('knows no other key', () => {
  for (const key of ['Enter', 'a', 'constructor']) expect(nodeOfKey(key, input, edges, nodes)).toBeUndefined();
});
