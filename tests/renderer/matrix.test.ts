import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/contract/studio';
import { average, distances } from '../../src/renderer/logic/clustering';
import {
  bandsOf,
  columnsOf,
  matrixRows,
  moments,
  orderedColumns,
  orderedRows,
  sidesOf,
} from '../../src/renderer/logic/matrix';
import { record } from './records';

/** A run of examples: `units[example][unit]` of one layer. */
function several(
  run: string,
  examples: readonly number[],
  units: readonly (readonly number[])[],
  asked: Partial<RunRecord['asked']> = {},
): RunRecord {
  const one = record('nig', [{ name: 'layer', units: units[0]! }]);
  return {
    ...one,
    run,
    asked: { ...one.asked, examples, ...asked },
    result: { ...one.result, examples: examples.map((_, at) => at) },
    layers: [{ ...one.layers[0]!, units: Float32Array.from(units.flat()) }],
  };
}

const main = several('main', [2, 5], [[1, -2, 0], [3, 2, 0]]); // prettier-ignore

describe('columns', () => {
  it('are the examples of runs that asked the same, the shown run’s own before others', () => {
    const older = several('older', [5, 7], [[9, 9, 9], [7, 7, 7]]); // prettier-ignore
    const other = several('other', [8], [[1, 1, 1]], { target: { index: 4 } });
    const edited = several('edited', [9], [[1, 1, 1]], { dataName: 'inputs.npz, example 9, edited: position 1 C → T' });
    const found = columnsOf([older, other, edited, main], main);
    expect(found.map(({ example, run }) => [example, run.run])).toEqual([[2, 'main'], [5, 'main'], [7, 'older']]); // prettier-ignore
  });

  it('of a run that was cut short are those it completed', () => {
    const cut = { ...main, result: { ...main.result, examples: [1] } };
    expect(columnsOf([], cut).map(({ example, place }) => [example, place])).toEqual([[5, 0]]);
  });
});

describe('rows', () => {
  const columns = columnsOf([], main);

  it('hold each unit’s contribution at each example, with mean and spread', () => {
    const rows = matrixRows(columns, ['layer'], null);
    expect(rows.map(({ values }) => [...values])).toEqual([[1, 3], [-2, 2], [0, 0]]); // prettier-ignore
    expect(rows[0]!.all).toEqual({ count: 2, mean: 2, spread: Math.SQRT2 });
    expect(rows[1]).toMatchObject({ size: 2, all: { mean: 0 } });
  });

  it('of units that were picked, those that are there', () => {
    expect(matrixRows(columns, [{ layer: 'layer', unit: 1 }, { layer: 'layer', unit: 9 }, { layer: 'none', unit: 0 }], null)).toHaveLength(1); // prettier-ignore
  });

  it('hold a class against another one, with the standard error', () => {
    const run = several('r', [0, 1, 2, 3, 4], [[1], [3], [10], [10], [50]]);
    const groups = ['3', '3', '5', '5', '7'];
    const row = (against: string | null) =>
      matrixRows(columnsOf([], run), ['layer'], sidesOf(groups, '3', against))[0]!;
    expect(row('5').against).toEqual({
      of: { count: 2, mean: 2, spread: Math.SQRT2 },
      others: { count: 2, mean: 10, spread: 0 },
      difference: -8,
      error: 1,
    });
    expect(row(null).against!.others).toMatchObject({ count: 3 });
    expect(row('7').against!.error).toBeNull();
    expect(sidesOf(groups, null, '5')).toBeNull();
    expect(sidesOf(['3', '3'], '3', null)).toBeNull();
  });

  it('come in the asked order, the largest alone', () => {
    const run = several('r', [0, 1], [[1, -5, 2, 0], [1, 5, 4, 0]]); // prettier-ignore
    const rows = matrixRows(columnsOf([], run), ['layer'], sidesOf(['a', 'b'], 'a', 'b'));
    const order = (by: Parameters<typeof orderedRows>[1], most = 4) => orderedRows(rows, by, most).map(({ unit }) => unit); // prettier-ignore
    expect(order('size')).toEqual([1, 2, 0, 3]);
    expect(order('mean')).toEqual([2, 0, 1, 3]);
    expect(order('class')).toEqual([1, 2, 0, 3]);
    expect(order('network', 2)).toEqual([1, 2]);
    expect(new Set(order('likeness', 3))).toEqual(new Set([0, 1, 2]));
  });

  it('have the moments that they are defined by', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 2, maxLength: 20 }), (values) => {
        const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
        const found = moments(values, values.map((_, at) => at)); // prettier-ignore
        expect(found.mean).toBeCloseTo(mean, 9);
        const variance = values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (values.length - 1);
        expect(found.spread).toBeCloseTo(Math.sqrt(variance), 9);
      }),
    );
  });
});

describe('columns in order', () => {
  it('of classes stand side by side, by name, those without one last', () => {
    const run = several('r', [0, 1, 2, 3, 4], [[1], [1], [1], [1], [1]]);
    const columns = columnsOf([], run);
    const groups = ['10', '9', null, '10', '9'];
    const order = orderedColumns(columns, groups, [], 'class');
    expect(order).toEqual([1, 4, 0, 3, 2]);
    expect(bandsOf(order.map((at) => groups[at]!))).toEqual([
      { group: '9', from: 0, count: 2 },
      { group: '10', from: 2, count: 2 },
      { group: null, from: 4, count: 1 },
    ]);
    expect(orderedColumns(columns, groups, [], 'index')).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('likeness', () => {
  /** Average linkage by its definition: the two clusters whose members are nearest on average are joined. */
  function literal(vectors: readonly Float32Array[]): Set<string> {
    const n = vectors.length;
    const d = distances(vectors);
    let clusters = vectors.map((_, at) => [at]);
    const joined = new Set<string>();
    while (clusters.length > 1) {
      let best: readonly [number, number, number] = [Infinity, 0, 0];
      clusters.forEach((a, i) =>
        clusters.forEach((b, j) => {
          if (j <= i) return;
          const mean = a.reduce((sum, x) => sum + b.reduce((part, y) => part + d[x * n + y]!, 0), 0) / (a.length * b.length); // prettier-ignore
          if (mean < best[0]) best = [mean, i, j];
        }),
      );
      const [, i, j] = best;
      const both = [...clusters[i]!, ...clusters[j]!].sort((a, b) => a - b);
      joined.add(both.join());
      clusters = [...clusters.filter((_, at) => at !== i && at !== j), both];
    }
    return joined;
  }
  const vectors = fc
    .array(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 }), {
      minLength: 1,
      maxLength: 9,
    }) // prettier-ignore
    .map((rows) =>
      rows.map((row, at) => Float32Array.from(row, (value, place) => value + Math.sin(at * 7 + place * 3))),
    );

  it('puts every cluster of average linkage side by side', () => {
    fc.assert(
      fc.property(vectors, (rows) => {
        const order = average(rows);
        expect([...order].sort((a, b) => a - b)).toEqual(rows.map((_, at) => at));
        for (const cluster of literal(rows)) {
          const places = cluster.split(',').map((at) => order.indexOf(Number(at)));
          expect(Math.max(...places) - Math.min(...places)).toBe(places.length - 1);
        }
      }),
      { numRuns: 200, seed: 11 },
    );
  });

  it('is the same each time, and takes what does not vary', () => {
    const rows = [[1, 2, 3], [3, 2, 1], [0, 0, 0], [2, 4, 6], [NaN, 1, 2], [6, 4, 2]].map((row) => Float32Array.from(row)); // prettier-ignore
    const order = average(rows);
    expect(average(rows)).toEqual(order);
    expect(Math.abs(order.indexOf(0) - order.indexOf(3))).toBe(1);
    expect(Math.abs(order.indexOf(1) - order.indexOf(5))).toBe(1);
    expect(average([])).toEqual([]);
  });
});
