import { describe, expect, it } from 'vitest';
import type { LayerSummary } from '../../src/contract/model';
import { GraphFacts } from '../../src/renderer/logic/graphFacts';
import { layerTree, visibleGraph } from '../../src/renderer/logic/graphTree';
import { record } from './records';

const summary = (name: string, inputs: readonly string[], change: Partial<LayerSummary> = {}): LayerSummary => ({
  name,
  kind: 'Dense',
  group: [],
  shape: [2],
  unitAxis: 0,
  units: 2,
  parameters: 0,
  inputs,
  unsupported: [],
  ...change,
});
const layers = [
  summary('x', [], { kind: 'Input' }),
  summary('constructor', ['x'], { group: ['block'] }),
  summary('__proto__', ['constructor'], { group: ['block'], unsupported: ['Erf'] }),
  summary('y', ['__proto__']),
];
const run = record('nig', [
  { name: 'x', units: [100, 100] },
  { name: 'constructor', units: [3, -1], residual: 0.5 },
  { name: '__proto__', units: [1, 1], residual: 0 },
  { name: 'y', units: [0, 2] },
]);
const beyond = (residual: number, delta: number) => Math.abs(residual) > 0.01 * Math.abs(delta);
const facts = new GraphFacts(layers, run, 5, beyond);
const open = visibleGraph(layerTree(layers), new Set(['block/']));
const closed = visibleGraph(layerTree(layers), new Set());
const [, group] = closed.roots;
const [inner, second] = open.roots[1]!.children!;

describe('GraphFacts', () => {
  it('counts a closed group as the heaviest of its layers', () => {
    expect(facts.massOf(group!)).toEqual({ positive: 3, negative: -1, mass: 4, sum: 2 });
    expect(facts.massOf({ layers: ['toString'] })).toBeNull();
  });

  it('leaves inputs out of the colour scale', () => {
    expect(facts.massExtent).toBe(4);
    expect(facts.signedExtent).toBe(200);
  });

  it('tells cuts, residuals beyond the tolerance and layers without a rule, of names of any kind', () => {
    expect(facts.badges(inner!).map(({ kind }) => kind)).toEqual(['residual', 'cut']);
    expect(facts.badges(second!).map(({ kind }) => kind)).toEqual(['rule', 'cut']);
    expect(facts.badges(group!).map(({ kind }) => kind)).toEqual(['rule', 'residual']);
    expect(facts.describe(inner!)).toBe(
      'constructor, Dense, 2, importance mass 4.00, sum +2.00, residual beyond tolerance, cut: everything passes here',
    );
    expect(facts.describe(group!)).toContain('group block, 2 layers');
  });

  it('lets what is conserved flow through edges', () => {
    expect(facts.flows(open)).toEqual({ each: [200, 2, 2], extent: 200 });
    // into and out of a closed group as well
    expect(facts.flows(closed)).toEqual({ each: [200, 2], extent: 200 });
  });

  it('knows where most goes through, inputs aside', () => {
    expect(facts.heaviest(closed.roots.map((node) => ({ node })))).toBe('block/');
    expect(facts.heaviest(open.roots[1]!.children!.map((node) => ({ node })))).toBe('constructor');
  });

  it('says nothing of masses before there is a run, or for an example that it did not take', () => {
    for (const none of [new GraphFacts(layers, null, 5, beyond), new GraphFacts(layers, run, 6, beyond)]) {
      expect(none.massOf(group!)).toBeNull();
      expect(none.flows(open)).toBeNull();
      expect(none.badges(second!).some(({ kind }) => kind === 'rule')).toBe(true);
      expect(none.badges(inner!).some(({ kind }) => kind === 'residual')).toBe(false);
    }
  });
});
