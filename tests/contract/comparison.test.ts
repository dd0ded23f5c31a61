import { describe, expect, it } from 'vitest';
import { averageRanks, correlation } from '../../src/contract/correlation';
import { agreement, movers, rowsByLayer, topOverlap } from '../../src/contract/comparison';
import { ranking } from '../../src/renderer/logic/ranking';
import { record } from '../renderer/records';

const compare = (a: number[], b: number[], errors?: number[]) => {
  const table = ranking(
    [record('nig', [{ name: 'layer', units: a, errors }]), record('rescale', [{ name: 'layer', units: b }])],
    5,
  );
  const rows = Uint32Array.from(a, (_, row) => row);
  return { table, rows, left: table.columns[0]!, right: table.columns[1]! };
};

describe('comparison of two runs', () => {
  it('gives equal values their mean rank', () => {
    expect([...averageRanks(Float64Array.of(3, 1, 3, 2))]).toEqual([3.5, 1, 3.5, 2]);
  });

  it("agrees with Spearman's coefficient worked by hand", () => {
    const { left, right, rows } = compare([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]);
    // 1 − 6 Σd² / (n (n² − 1)) with Σd² = 4
    expect(agreement(left, right, rows).rankCorrelation).toBeCloseTo(1 - 24 / 120);
  });

  it('does not make up a correlation where one side is constant', () => {
    expect(correlation([1, 1, 1], [1, 2, 3])).toBeNaN();
  });

  it('measures distance from equal to opposite', () => {
    const same = compare([1, -2], [1, -2]);
    expect(agreement(same.left, same.right, same.rows).distance).toBe(0);
    const opposite = compare([1, -2], [-1, 2]);
    expect(agreement(opposite.left, opposite.right, opposite.rows).distance).toBeCloseTo(2);
  });

  it('counts a changed sign only beyond the error', () => {
    const { left, right, rows } = compare([1, 0.05, -2], [-1, -0.5, -1], [0.1, 0.1, 0.1]);
    expect(agreement(left, right, rows).signFlips).toEqual([0]);
  });

  it('says for every k how many of the k largest both name', () => {
    const { left, right, rows } = compare([4, 3, 2, 1], [3, 4, 0.1, 2]);
    expect(topOverlap(left, right, rows)).toEqual([0, 1, 2 / 3, 1]);
    expect(topOverlap(left, right, rows, 2)).toHaveLength(2);
  });

  it('lists the biggest movers with both ranks, and whether error explains them', () => {
    const { left, right, rows } = compare([4, 1, 2], [4.05, 3, 2], [0.1, 0.1, 0.1]);
    const [first, second] = movers(left, right, rows);
    expect(first).toMatchObject({ row: 1, difference: 2, rankA: 3, rankB: 2, withinError: false });
    expect(second).toMatchObject({ row: 0, withinError: true });
  });

  it('divides rows by layer', () => {
    const table = ranking(
      [record('nig', [{ name: 'a', units: [1, 2] }, { name: 'b', units: [3] }])], // prettier-ignore
      5,
    );
    expect(rowsByLayer(table.layers).map((rows) => [...rows])).toEqual([[0, 1], [2]]);
  });
});
