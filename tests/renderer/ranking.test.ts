import { ranksOf } from '../../src/contract/ranks';
import { describe, expect, it } from 'vitest';
import {
  arranged,
  NO_FILTER,
  order,
  OrdersOf,
  ranking,
  rowOf,
  tied,
  type SortKey,
} from '../../src/renderer/logic/ranking';
import { random } from '../random';
import { record } from './records';

const nig = record('nig', [
  { name: 'first', units: [1, -4, 0.5], errors: [0.1, 0.1, 0.1] },
  { name: 'second', units: [3, 3.05], errors: [0.1, 0.1] },
]);
const rescale = record('rescale', [
  { name: 'first', units: [2, 1, 0] },
  { name: 'second', units: [-5, 0.1] },
]);

const named = (table: ReturnType<typeof ranking>, rows: Uint32Array) =>
  Array.from(rows, (row) => `${table.layers[table.layer[row]!]!.name}:${table.unit[row]}`);

describe('ranking', () => {
  const table = ranking([nig, rescale], 5);

  it('gives every unit a row and every run a column with its ranks by size', () => {
    expect(table.layer.length).toBe(5);
    expect([...table.columns[0]!.ranks]).toEqual([4, 1, 5, 3, 2]);
    expect([...table.columns[1]!.ranks]).toEqual([2, 3, 5, 1, 4]);
    expect(table.columns[0]!.extent).toBeCloseTo(4.1);
    expect([table.columns[0]!.lowest, table.columns[0]!.highest].map((value) => value.toFixed(2))).toEqual([
      '-4.10',
      '3.15',
    ]);
    expect([table.columns[1]!.lowest, table.columns[1]!.highest]).toEqual([-5, 2]);
  });

  it('knows nothing of an example that no run took', () => {
    expect(ranking([nig], 0).layer.length).toBe(0);
  });

  it('leaves out layers that one of the runs does not have', () => {
    const short = record('genomics', [{ name: 'second', units: [1, 1] }]);
    expect(ranking([nig, short], 5).layers.map(({ name }) => name)).toEqual(['second']);
  });

  it('sorts by size, by value, by change of rank, and turns round', () => {
    const by = (key: Parameters<typeof order>[1], down = true) => named(table, order(table, key, down, NO_FILTER));
    expect(by({ by: 'size', column: 0 })[0]).toBe('first:1');
    expect(by({ by: 'value', column: 0 })[0]).toBe('second:1');
    expect(by({ by: 'value', column: 0 }, false)[0]).toBe('first:1');
    expect(by({ by: 'rank-change', column: 1 }).at(-1)).toBe('first:2');
    expect(by({ by: 'name' })).toEqual(['first:0', 'first:1', 'first:2', 'second:0', 'second:1']);
  });

  it('sorts as comparing pair by pair does, equal values by place', () => {
    const next = random(3);
    // coarse, so that many are equal
    const units = Array.from({ length: 500 }, () => Math.round((next() * 2 - 1) * 60) / 64);
    const others = Array.from({ length: 500 }, () => Math.round((next() * 2 - 1) * 60) / 64);
    const wide = ranking(
      [record('nig', [{ name: 'wide', units }]), record('rescale', [{ name: 'wide', units: others }])],
      5,
    );
    const [a, b] = wide.columns;
    const rows = Array.from(units, (_, row) => row);
    const size = (values: number[]) => rows.toSorted((x, y) => Math.abs(values[y]!) - Math.abs(values[x]!) || x - y);
    const by = (key: Parameters<typeof order>[1]) => [...order(wide, key, true, NO_FILTER)];
    expect(by({ by: 'size', column: 0 })).toEqual(size(units));
    expect(by({ by: 'size', column: 1 })).toEqual(size(others));
    expect(by({ by: 'value', column: 0 })).toEqual(rows.toSorted((x, y) => units[y]! - units[x]! || x - y));
    const change = (row: number) => Math.abs(a!.ranks[row]! - b!.ranks[row]!);
    expect(by({ by: 'rank-change', column: 1 })).toEqual(
      rows.toSorted((x, y) => change(y) - change(x) || b!.ranks[x]! - b!.ranks[y]!),
    );
    const negative = order(wide, { by: 'value', column: 0 }, false, { ...NO_FILTER, sign: 'negative', top: 7 });
    expect([...negative]).toEqual(
      size(units)
        .filter((row) => units[row]! < 0)
        .slice(0, 7)
        .toSorted((x, y) => units[y]! - units[x]! || x - y)
        .reverse(),
    );
  });

  it('ranks what is no number last', () => {
    expect([...ranksOf(Float32Array.of(NaN, 1, -Infinity, -0, -2))]).toEqual([5, 3, 1, 4, 2]);
  });

  it('finds the row of a unit', () => {
    expect(rowOf(table, 'second', 1)).toBe(4);
    expect(rowOf(table, 'first', 3)).toBe(-1);
    expect(rowOf(table, 'third', 0)).toBe(-1);
  });

  it('filters by part of a name, by unit, by sign', () => {
    const with_ = (filter: Partial<typeof NO_FILTER>) =>
      named(table, order(table, { by: 'size', column: 0 }, true, { ...NO_FILTER, ...filter }));
    expect(with_({ search: 'SEC' })).toEqual(['second:1', 'second:0']);
    expect(with_({ search: 'first:1' })).toEqual(['first:1']);
    expect(with_({ search: ':0' })).toEqual(['second:0', 'first:0']);
    expect(with_({ sign: 'negative' })).toEqual(['first:1']);
    expect(with_({ search: 'nowhere' })).toEqual([]);
  });

  it('takes the top k across layers or within each', () => {
    const top = (within: boolean) =>
      named(table, order(table, { by: 'size', column: 0 }, true, { ...NO_FILTER, top: 1, within }));
    expect(top(false)).toEqual(['first:1']);
    expect(top(true)).toEqual(['first:1', 'second:1']);
  });

  it('ties rows whose order lies within their errors', () => {
    const [column] = table.columns;
    expect(tied(column!, 4, 3)).toBe(true);
    expect(tied(column!, 1, 4)).toBe(false);
    expect(tied(table.columns[1]!, 4, 3)).toBe(false); // no error estimate, no tie
  });

  it('keeps the last orders that were asked for', () => {
    const orders = new OrdersOf(table);
    const sizes: SortKey = { by: 'size', column: 1 };
    const first = orders.by(sizes);
    expect(first).toEqual(arranged(table, sizes));
    expect(orders.by({ ...sizes })).toBe(first);
    for (const by of ['size', 'value', 'rank-change'] as const) orders.by({ by, column: 0 });
    expect(orders.by(sizes)).toBe(first);
    for (const by of ['size', 'value', 'rank-change'] as const) orders.by({ by, column: 0 });
    orders.by({ by: 'name' });
    expect(orders.by(sizes)).not.toBe(first);
    expect(orders.by(sizes)).toEqual(first);
  });

  it('sorts a million rows', () => {
    const units = Array.from({ length: 1_000_000 }, (_, at) => Math.fround(Math.sin(at * 12.9898) * 43758.5453));
    const large = ranking([record('nig', [{ name: 'wide', units }])], 5);
    const rows = order(large, { by: 'size', column: 0 }, true, NO_FILTER);
    expect(rows.length).toBe(1_000_000);
    expect(Math.abs(units[rows[0]!]!)).toBe(units.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
  });
});

describe('rows by what the runs leave open', () => {
  const runs = [
    record('nig', [{ name: 'dense', units: [3, -2, 1], errors: [0.1, 0.3, 0.2] }]),
    record('rescale', [{ name: 'dense', units: [3, 2, 1.5] }]),
    record('genomics', [{ name: 'dense', units: [2, 1, 1.2] }], { run: 'third' }),
  ];
  const table = ranking(runs, 5);

  it('stand by their errors, the largest first', () => {
    expect([...order(table, { by: 'error', column: 0 }, true, NO_FILTER)]).toEqual([1, 2, 0]);
  });

  it('stand by how far all runs lie apart, whatever the order of the runs', () => {
    for (const columns of [table.columns, table.columns.toReversed()]) {
      const rows = order({ ...table, columns }, { by: 'disagreement', column: 0 }, true, NO_FILTER);
      expect([...rows]).toEqual([1, 0, 2]);
    }
  });
});
