/** The grids, sums and estimates of tests/reference/adaptive: its own program's, over neurons, in float64. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Accuracy } from '../../../src/contract/attribution';
import { Grid } from '../../../src/main/engine/attribution/adaptive/grid';
import all from '../../reference/adaptive/expected.json';
import { openNet, TwinWalker } from './twin';

interface Expected {
  readonly points: number;
  readonly walks: number;
  readonly rounds: number;
  readonly leaves: number;
  readonly estimate: number;
  readonly reached: boolean;
  readonly grid: readonly string[];
  readonly layers: Readonly<
    Record<string, { l1: number; sum: number; estimate: number; top_unit: number; top_value: number }>
  >;
}
const { constants: _constants, ...nets } = all;
const expected = nets as unknown as Readonly<Record<string, Readonly<Record<string, Expected>>>>;

/**
 * Points that lie elsewhere, since the nearer child of a wide unresolved leaf stays unresolved here where it carries about as much as the
 * farther one: one split at 1e-16, where a ratio saturates, in place of one at 4e-6.
 */
const ELSEWHERE: Readonly<Record<string, number>> = { 'lib 0.05': 2 };

const of = (v: Float64Array, f: (value: number) => number): number => v.reduce((all, value) => all + f(value), 0);

describe.each(Object.keys(expected))('%s', (name) => {
  let walker: TwinWalker;
  const [any] = Object.values(expected[name]!);
  const names = Object.keys(any!.layers);
  beforeAll(async () => {
    walker = new TwinWalker(await openNet(name, names));
  });

  it.each(Object.entries(expected[name]!))('to %s', (tolerance, want) => {
    const accuracy: Accuracy = { tolerance: Number(tolerance), over: 'neurons', mostWalks: null, untilTop: null };
    const grid = new Grid({ lines: 1, bounded: walker.slices, others: [], accuracy, bytes: 8, reach: [[0, 0]] });
    while (grid.next().length > 0) grid.take(walker.walk(grid.next()));

    const { walks, points, rounds, leaves, reached, estimate, bounded, grid: places } = grid.standing;
    expect({ walks, points, rounds, leaves, reached }).toEqual({
      walks: want.walks,
      points: want.points,
      rounds: want.rounds,
      leaves: want.leaves,
      reached: want.reached,
    });
    const should = want.grid.map(Number);
    const near = (place: number): boolean =>
      should.some(
        (each) => Math.abs(place - each) <= 1e-9 * Math.abs(place) && Object.is(Math.sign(place), Math.sign(each)),
      );
    const elsewhere = ELSEWHERE[`${name} ${tolerance}`] ?? 0;
    expect(places[0]!.filter((place) => !near(place))).toHaveLength(elsewhere);
    if (elsewhere > 0) return void expect(estimate / want.estimate).toBeCloseTo(1, 1);
    expect(estimate / want.estimate).toBeCloseTo(1, 4);

    const values = grid.values();
    names.forEach((layer, i) => {
      const { begin, end } = walker.slices[i]!;
      const [have, should] = [values.subarray(begin, end), want.layers[layer]!];
      expect(of(have, Math.abs) / should.l1).toBeCloseTo(1, 4);
      expect(Math.abs(of(have, (value) => value) - should.sum)).toBeLessThan(1e-4 * should.l1);
      expect(have[should.top_unit]! / should.top_value).toBeCloseTo(1, 4);
      // Below that, an estimate is what rounding leaves.
      if (should.estimate > 1e-6) expect(bounded[i]!.share / should.estimate).toBeCloseTo(1, 3);
    });
  });
});
