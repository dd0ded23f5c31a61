/** How much a baseline matters: ranks, correlations, signs beyond errors, and the sentence. */
import { describe, expect, it } from 'vitest';
import { layerSensitivity } from '../../src/contract/sensitivity';
import { lowestSpearman, sensitivityWords } from '../../src/contract/words/sensitivity';

const under = (units: number[], errors: number[] | null = null) => ({
  name: 'fc',
  units: Float32Array.from(units),
  unitError: errors && Float32Array.from(errors),
});

describe('a layer under several baselines', () => {
  it('tells ranks by size, the lowest correlation, and which of the first stay', () => {
    const told = layerSensitivity([under([4, -3, 2, 1]), under([1, -2, 3, 4])], [0, 0], [1, 1]);
    expect(told.units.map(({ unit, ranks, best, worst }) => ({ unit, ranks, best, worst }))).toEqual([
      { unit: 0, ranks: [1, 4], best: 1, worst: 4 },
      { unit: 1, ranks: [2, 3], best: 2, worst: 3 },
      { unit: 2, ranks: [3, 2], best: 2, worst: 3 },
      { unit: 3, ranks: [4, 1], best: 1, worst: 4 },
    ]);
    expect(told).toMatchObject({ first: 2, stay: 0, signs: 0 });
    // ranks of signed contributions: 4 1 3 2 and 2 1 3 4, by 1 − 6 Σd² / n(n² − 1)
    expect(lowestSpearman(told)).toBeCloseTo(1 - (6 * 8) / 60, 12);
    expect(sensitivityWords(told, 'zeros')).toBe(
      'Of the 2 first units under zeros 0 stay among the first 2 under every baseline; no unit changes its sign.',
    );
  });

  it('marks a sign that depends on the baseline only beyond both errors', () => {
    const values = [under([1, 1, 1, 0], [0.5, 2, 0.5, 0]), under([-1, -1, -1, 0], [0.5, 0.5, 2, 0])];
    const told = layerSensitivity(values, [0, 0], [1, 1]);
    expect(told.units.toSorted((a, b) => a.unit - b.unit).map(({ signDepends }) => signDepends)).toEqual([true, false, false, false]); // prettier-ignore
    expect(sensitivityWords(told, 'zeros')).toContain('1 of 4 units changes its sign.');
    // without errors every change counts
    const plain = layerSensitivity([under([1, 1]), under([-1, 1])], [0, 0], [1, 1]);
    expect(plain.signs).toBe(1);
  });

  it('looks at the asked example under each baseline, where some lack others', () => {
    const told = layerSensitivity([under([9, 9, 1, 2]), under([2, 1])], [1, 0], [2, 1]);
    expect(told.units.map(({ unit, values }) => ({ unit, values }))).toEqual([
      { unit: 1, values: [2, 1] },
      { unit: 0, values: [1, 2] },
    ]);
    expect(told).toMatchObject({ first: 1, stay: 0 });
    expect(sensitivityWords(told, 'mean')).toMatch(/^The first unit under mean does not stay the first/);
  });

  it('has no correlation where nothing varies', () => {
    expect(lowestSpearman(layerSensitivity([under([1, 1]), under([1, 2])], [0, 0], [1, 1]))).toBeNull();
  });
});
