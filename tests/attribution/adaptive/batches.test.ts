/** Which chains are walked at once, and which of them share points. */
import { describe, expect, it } from 'vitest';
import { batchesOf } from '../../../src/main/engine/attribution/adaptive/batches';
import { pointAt, type Chain } from '../../../src/main/engine/attribution/adaptive/points';

/** The k-th of n even chains of a path of one pair. */
const chain = (pair: number, k: number, n = 8): { pair: number; chain: Chain } => {
  const at = (place: number) => pointAt(place <= n ? 0 : 1, place <= n ? place / (2 * n) : 1 - place / (2 * n));
  return {
    pair,
    chain: { line: 0, points: [at(2 * k), at(2 * k + 1), at(2 * k + 2)], whole: false, effect: 'adds' },
  };
};
const lengths = (batches: readonly (readonly (readonly unknown[])[])[]): number[][] =>
  batches.map((trains) => trains.map(({ length }) => length));

describe('chains that follow on one another', () => {
  const path = Array.from({ length: 8 }, (_, k) => chain(0, k));

  it.each([
    [3, [[1], [1], [1], [1], [1], [1], [1], [1]]],
    [5, [[2], [2], [2], [2]]],
    [8, [[2], [3], [3]]],
    [9, [[4], [4]]],
    [18, [[4, 4]]],
  ])('are trains, with room for %i points', (rows, want) => {
    const batches = batchesOf(path, rows, true);
    expect(lengths(batches)).toEqual(want);
    expect(batches.flat(2)).toEqual(path);
  });

  it('stand alone where nothing is shared, in batches of about one size', () => {
    expect(lengths(batchesOf(path, 9, false))).toEqual([
      [1, 1],
      [1, 1, 1],
      [1, 1, 1],
    ]);
  });

  it('are of one pair, and meet in a point', () => {
    const others = [chain(0, 0), chain(0, 2), chain(0, 3), chain(1, 4), chain(1, 5)];
    expect(lengths(batchesOf(others, 30, true))).toEqual([[1], [2, 2]]);
  });
});
