import { describe, expect, it } from 'vitest';
import { rankUnits } from '../../src/main/engine/attribution/ranking';
import { random } from '../random';

/** One example of a layer. */
const layer = (name: string, units: number[], errors: number[] | null = null) => ({
  name,
  units: Float32Array.from(units),
  unitError: errors && Float32Array.from(errors),
  sum: new Float32Array(1),
});

describe('rankUnits', () => {
  it('ranks by magnitude, across layers', () => {
    const ranked = rankUnits([layer('a', [0.25, -4]), layer('b', [1, 0, 2])], 0);
    expect(ranked.map((each) => [each.layer, each.unit, each.contribution, each.rank])).toEqual([
      ['a', 1, -4, 1],
      ['b', 2, 2, 2],
      ['b', 0, 1, 3],
      ['a', 0, 0.25, 4],
      ['b', 1, 0, 5],
    ]);
    expect(ranked.every(({ error, tied }) => error === null && !tied)).toBe(true);
  });

  it('takes the asked example, and the top', () => {
    const two = { name: 'a', units: Float32Array.of(1, 2, 3, 30, 20, 10), unitError: null, sum: new Float32Array(2) };
    expect(rankUnits([two], 1, 2).map(({ unit, contribution }) => [unit, contribution])).toEqual([
      [0, 30],
      [1, 20],
    ]);
  });

  it('marks as tied what lies within the errors, and says which ranks they leave open', () => {
    const ranked = rankUnits([layer('a', [10, 5, -4.5, 1], [0.5, 0.5, 0.25, 0.5])], 0);
    expect(ranked.map(({ unit, tied, ranks }) => [unit, tied, ranks])).toEqual([
      [0, false, [1, 1]],
      [1, true, [2, 3]],
      [2, true, [2, 3]],
      [3, false, [4, 4]],
    ]);
  });

  it('ties equal magnitudes without errors, but no zeros', () => {
    const ranked = rankUnits([layer('a', [0, 3, -3, 0])], 0);
    expect(ranked.map(({ unit, tied, ranks }) => [unit, tied, ranks])).toEqual([
      [1, true, [1, 2]],
      [2, true, [1, 2]],
      [0, false, [3, 4]],
      [3, false, [3, 4]],
    ]);
  });

  it('puts what is no number last', () => {
    expect(rankUnits([layer('a', [NaN, 1, -2])], 0).map(({ unit }) => unit)).toEqual([2, 1, 0]);
  });

  it('agrees with a literal count of what surely stands above and below', () => {
    const next = random(3);
    const units = Array.from({ length: 60 }, () => next() * 2 - 1);
    const errors = units.map(() => next() * 0.1);
    const given = layer('a', units, errors);
    for (const { unit, ranks, rank } of rankUnits([given], 0)) {
      const low = (each: number) => Math.abs(given.units[each]!) - given.unitError![each]!;
      const high = (each: number) => Math.abs(given.units[each]!) + given.unitError![each]!;
      const all = units.map((_, each) => each);
      const above = all.filter((each) => low(each) > high(unit)).length;
      const below = all.filter((each) => high(each) < low(unit)).length;
      expect(ranks).toEqual([1 + above, 60 - below]);
      expect(rank).toBeGreaterThanOrEqual(ranks[0]);
      expect(rank).toBeLessThanOrEqual(ranks[1]);
    }
  });
});
