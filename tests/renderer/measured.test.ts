/** What units were measured to do, in the ranking's rows: which count, how they are sorted, saved, held against predictions. */
import { describe, expect, it } from 'vitest';
import type { MeasuredView } from '../../src/contract/view';
import { measuredRows, predictedTraces, predictedUnits, predictedWell } from '../../src/renderer/logic/measured';
import { arranged, type Ranking, type RankingColumn } from '../../src/renderer/logic/ranking';
import { ariaSort, clicked, FIRST_SORTING } from '../../src/renderer/logic/sorting';
import { widthsOf } from '../../src/renderer/logic/rankingColumns';

const layers = [{ name: 'conv', units: 3 }, { name: 'dense', units: 2 }].map((each) => ({ ...each, kind: 'Dense', cut: true })); // prettier-ignore
const values = Float32Array.of(5, -4, 3, 2, 1);
const column = { values, ranks: Uint32Array.of(1, 2, 3, 4, 5), hasErrors: false } as unknown as RankingColumn;
const table: Ranking = {
  layers,
  layer: Uint32Array.of(0, 0, 0, 1, 1),
  unit: Uint32Array.of(0, 1, 2, 0, 1),
  columns: [column],
};
const told = (layer: string, units: number[], drop: number[], more: Partial<MeasuredView> = {}): MeasuredView => ({
  ...{ run: 'r', example: 0, to: { kind: 'baseline' }, layer, units, drop, restore: drop.map((value) => 2 * value) },
  ...more,
});
const NONE = Number.NaN;

describe('measured units', () => {
  it('stand in their rows, layer by layer; those that became something else than the newest are left out', () => {
    const { drop, restore, known } = measuredRows(table, [told('dense', [1], [7]), told('conv', [0, 2], [1, -3])])!;
    expect([...drop]).toEqual([1, NONE, -3, NONE, 7]);
    expect([...restore]).toEqual([2, NONE, -6, NONE, 14]);
    expect(known).toBe(3);
    const zero = { to: { kind: 'zero' } } as const;
    expect([...measuredRows(table, [told('dense', [1], [7]), told('conv', [0], [1], zero)])!.drop]).toEqual([1, NONE, NONE, NONE, NONE]); // prettier-ignore
    expect(measuredRows(table, [told('other', [0], [1])])).toBeNull();
    expect(measuredRows(table, [])).toBeNull();
    // of a file: units that the layer has not
    expect([...measuredRows(table, [told('dense', [0, 9], [7, 8])])!.drop]).toEqual([NONE, NONE, NONE, 7, NONE]);
  });

  it('sort by size, the others last by their ranks', () => {
    const measured = measuredRows(table, [told('conv', [1, 2], [1, -3]), told('dense', [1], [2])])!;
    const sorted = (by: 'drop' | 'restore') => [...arranged({ ...table, measured }, { by, column: 0 })];
    expect(sorted('drop')).toEqual([2, 4, 1, 0, 3]);
    expect(sorted('restore')).toEqual([2, 4, 1, 0, 3]);
    expect([...arranged(table, { by: 'drop', column: 0 })]).toEqual([0, 1, 2, 3, 4]);
    const once = clicked(FIRST_SORTING, { by: 'drop', column: 0 });
    expect([ariaSort(once, 'drop'), ariaSort(once, 'restore'), ariaSort(once, 0)]).toEqual(['descending', 'none', 'none']); // prettier-ignore
    expect(ariaSort(clicked(once, { by: 'drop', column: 0 }), 'drop')).toBe('ascending');
    expect(ariaSort(FIRST_SORTING, 0)).toBe('descending');
  });

  it('are held against what runs predicted', () => {
    const measured = measuredRows(table, [told('conv', [0, 1, 2], [5, -4, 3])])!;
    const units = predictedUnits(measured, values);
    expect(units.map(({ row, predicted, did }) => [row, predicted, did])).toEqual([[0, 5, 7.5], [1, -4, -6], [2, 3, 4.5]]); // prettier-ignore
    expect(predictedWell(units)).toEqual({ drop: 1, restore: 1, did: 1 });
    expect(predictedWell(units.slice(0, 1)).did).toBeNull();
    const [line, points] = predictedTraces([{ name: 'NIG', units }], String, 'dark');
    expect([line!.x, points!.y, points!.customdata]).toEqual([[-4, 5], [7.5, -6, 4.5], [0, 1, 2]]); // prettier-ignore
  });

  it('have columns of their own in a row’s width', () => {
    const measured = measuredRows(table, [told('conv', [0], [5])])!;
    const narrowest = (units: Ranking) => widthsOf(units, 300, 100).narrowest;
    expect(narrowest({ ...table, measured })).toBeGreaterThan(narrowest(table) + 100);
  });
});
