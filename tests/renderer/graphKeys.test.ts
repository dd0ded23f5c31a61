import { expect, it } from 'vitest';
import { nodeOfKey, zoomOfKey } from '../../src/renderer/logic/graphKeys';
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
const layout = { nodes, direction: 'down' } as const;
const edges = [
  { from: 'input', to: 'left' },
  { from: 'input', to: 'right' },
  { from: 'left', to: 'constructor' },
];

it('goes along edges, into an open group first', () => {
  expect(nodeOfKey('ArrowDown', input, edges, layout)).toBe('left');
  expect(nodeOfKey('ArrowUp', end, edges, layout)).toBe('left');
  expect(nodeOfKey('ArrowDown', open, edges, layout)).toBe('group/inner');
  expect(nodeOfKey('ArrowDown', end, edges, layout)).toBeNull();
  expect(nodeOfKey('ArrowUp', input, edges, layout)).toBeNull();
});

it('goes beside, in the same row rather than another, and never onto an open group', () => {
  expect(nodeOfKey('ArrowRight', left, edges, layout)).toBe('right');
  expect(nodeOfKey('ArrowLeft', right, edges, layout)).toBe('left');
  expect(nodeOfKey('ArrowLeft', left, edges, layout)).toBeNull();
});

it('turns with the direction in which edges lead', () => {
  const turned = { nodes, direction: 'right' } as const;
  expect(nodeOfKey('ArrowRight', input, edges, turned)).toBe('left');
  expect(nodeOfKey('ArrowLeft', end, edges, turned)).toBe('left');
  expect(nodeOfKey('ArrowDown', left, edges, turned)).toBe('constructor');
});

it('goes on in the order of the layout where no edge leads on, and from the first in a group back to its header', () => {
  const first = placed('group/inner', 105, 55);
  const all = { nodes: [input, left, open, first, end], direction: 'down' } as const;
  expect(nodeOfKey('ArrowDown', first, edges, all)).toBe('constructor');
  expect(nodeOfKey('ArrowUp', first, edges, all)).toBe('group/');
  expect(nodeOfKey('ArrowUp', open, edges, all)).toBe('left');
  expect([nodeOfKey('Home', end, edges, all), nodeOfKey('End', input, edges, all)]).toEqual(['input', 'constructor']);
});

it('knows no other key', () => {
  for (const key of ['Enter', 'a', 'constructor']) expect(nodeOfKey(key, input, edges, layout)).toBeUndefined();
});

it('zooms by its own keys and by those of Netron; arrows alone go on', () => {
  const zoom = (key: string, shiftKey = false) => zoomOfKey({ key, shiftKey });
  expect(['+', '=', '-', '0'].map((key) => zoom(key))).toEqual(['in', 'in', 'out', 'fit']);
  expect(['ArrowUp', 'ArrowDown', 'Backspace'].map((key) => zoom(key, true))).toEqual(['in', 'out', 'fit']);
  expect(['ArrowUp', 'ArrowDown', 'Backspace', 'ArrowLeft'].map((key) => zoom(key))).toEqual([null, null, null, null]);
  expect(zoom('+', true)).toBe('in');
});
