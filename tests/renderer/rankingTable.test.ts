import { beforeEach, describe, expect, it } from 'vitest';
import { Program } from '../../src/renderer/stores/program.svelte';
import { Runs } from '../../src/renderer/stores/runs.svelte';
import { selection } from '../../src/renderer/stores/selection.svelte';
import { RankingTable } from '../../src/renderer/stores/rankingTable.svelte';
import type { LayerSummary } from '../../src/contract/model';
import { record } from './records';

const NAMES = ['image', 'constructor', '__proto__', 'wide', 'logits'];
const layers = NAMES.map((name, at): LayerSummary => ({
  name,
  kind: at === 0 ? 'Input' : 'Dense',
  group: [],
  shape: [2],
  unitAxis: 0,
  units: 2,
  parameters: 0,
  inputs: at === 0 ? [] : [NAMES[at - 1]!],
  unsupported: [],
}));
const run = record('nig', [
  { name: 'image', units: [9, 9] },
  { name: 'constructor', units: [3, -1] },
  { name: '__proto__', units: [3, -1] },
  { name: 'wide', units: [2, 0.5] },
  { name: 'logits', units: [0, 3] },
]);

let table: RankingTable;
beforeEach(() => {
  selection.clear();
  selection.example = 5;
  const runs = new Runs(new Program(), () => layers);
  runs.take([run]);
  table = new RankingTable(() => runs);
});
const shown = () => Array.from(table.rows, (row) => Object.values(table.keyOf(row)).join(' #'));

describe('RankingTable', () => {
  it('shows units of hidden layers by size, layers that repeat one before once', () => {
    expect(shown()).toEqual(['constructor #0', 'wide #0', 'constructor #1', 'wide #1']);
    expect(table.repeatedBy).toEqual(new Map([['constructor', ['__proto__']]]));
    table.repeats = true;
    expect(shown()).toContain('__proto__ #0');
    table.everything = true;
    expect(shown()[0]).toBe('image #0');
  });

  it('searches, filters by sign, number and layer, and says that it does', () => {
    expect(table.filtering).toBe(false);
    table.search = 'wide';
    expect(shown()).toEqual(['wide #0', 'wide #1']);
    table.search = '';
    table.sign = 'negative';
    expect(shown()).toEqual(['constructor #1']);
    expect(table.filtering).toBe(true);
    table.sign = 'both';
    table.top = 1;
    expect(shown()).toEqual(['constructor #0']);
    table.within = true;
    expect(shown()).toEqual(['constructor #0', 'wide #0']);
    table.top = null;
    table.layers = ['__proto__'];
    expect(shown()).toEqual(['__proto__ #0', '__proto__ #1']);
  });

  it('keeps to the selected layer, and to what is brushed', () => {
    selection.selectUnit({ layer: 'wide', unit: 1 });
    expect(table.selectedAt).toBe(3);
    table.layerOnly = true;
    expect(shown()).toEqual(['wide #0', 'wide #1']);
    table.layerOnly = false;
    selection.brushed = [{ layer: 'constructor', unit: 1 }];
    expect(shown()).toEqual(['constructor #1']);
    expect(table.selectedAt).toBe(-1);
  });

  it('sorts by a click on a head, and in the order of the network', () => {
    table.sort({ by: 'size', column: 0 });
    expect(shown()[0]).toBe('wide #1');
    table.sortBy('name');
    expect(shown()).toEqual(['constructor #0', 'constructor #1', 'wide #0', 'wide #1']);
    expect(table.column).toBe(0);
  });

  it('is empty where no run took the example', () => {
    selection.example = 6;
    expect(shown()).toEqual([]);
    expect(table.selectedRow).toBe(-1);
  });

  it('tells the first rows that are certain, of all units and of one layer alone as its run says', () => {
    expect(table.certain).toBeNull(); // no errors are known
    const known = record('nig', [
      { name: 'constructor', units: [3, -1], errors: [0.1, 0.1] },
      { name: 'wide', units: [2, 0.5], errors: [0.1, 0.1] },
    ]);
    const runs = new Runs(new Program(), () => layers);
    const told = known.layers.map((layer) => (layer.name === 'wide' ? { ...layer, certain: Int32Array.of(1) } : layer));
    runs.take([{ ...known, layers: told }]);
    const one = new RankingTable(() => runs);
    expect(one.certain).toBe(4);
    one.sign = 'negative';
    expect([one.rows.length, one.certain]).toEqual([1, 1]);
    one.sign = 'both';
    one.layers = ['wide'];
    expect([one.rows.length, one.certain]).toEqual([2, 1]);
    one.layers = ['constructor'];
    expect(one.certain).toBe(2);
    one.sortBy('value');
    expect(one.certain).toBeNull();
  });
});
