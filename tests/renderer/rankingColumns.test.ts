import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ranking } from '../../src/renderer/logic/ranking';
import { barScale, GAP, smallestError, widthsOf } from '../../src/renderer/logic/rankingColumns';
import { record } from './records';

const run = record('nig', [{ name: 'dense', units: [1, -2, 3], errors: [0.1, 0.1, 0.1] }]);
const other = record('rescale', [{ name: 'dense', units: [1, 2, 3] }]);
const one = ranking([run], 5);
const two = ranking([run, other], 5);

/** So many runs of three units. */
const runs = (many: number) =>
  ranking(
    Array.from({ length: many }, (_, at) => ({ ...(at % 2 === 0 ? run : other), run: `run ${at}` })),
    5,
  );

describe('widthsOf', () => {
  it('fills the room that there is, whatever it is, once it is no longer too narrow', () => {
    const longest = fc.integer({ min: 20, max: 600 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 1, max: 8 }), longest, (room, many, name) => {
        const widths = widthsOf(runs(many), room, name);
        expect(widths.narrowest).toBe(24 + 24 + widths.rank + (many + 2) * GAP + widths.name + many * widths.cell);
        if (widths.narrowest + 10 <= room) expect(room - widths.narrowest - 10).toBeLessThan(many + 1);
        else expect(widths).toMatchObject({ stacked: true, cell: 62 });
      }),
    );
  });

  it('never lets a value, its rank and its bar overlap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 1, max: 8 }), (room, many) => {
        const { stacked, track, value, place, cell } = widthsOf(runs(many), room, 200);
        if (stacked) expect([track, value]).toEqual([cell, cell]);
        else {
          expect(track).toBeGreaterThanOrEqual(44);
          expect(track + value + place + 10).toBeLessThanOrEqual(cell);
        }
      }),
    );
  });

  it('shows five methods whole beside a graph at 1280, and scrolls for more with names as they are', () => {
    const five = widthsOf(runs(5), 565, 180);
    expect(five.narrowest).toBeLessThanOrEqual(565);
    expect(five.cell).toBeGreaterThanOrEqual(62);
    expect(widthsOf(runs(8), 565, 180).name).toBeGreaterThan(130);
    expect(widthsOf(runs(8), 1100, 180).narrowest).toBeLessThanOrEqual(1100);
  });

  it('shows how far ranks moved only where there is room', () => {
    expect(widthsOf(two, 400, 100).shifts).toBe(false);
    expect(widthsOf(two, 1200, 100).shifts).toBe(true);
  });

  it('gives long names more, but never most of it', () => {
    const named = (longest: number) => widthsOf(one, 800, longest).name;
    expect(named(50)).toBeLessThan(named(200));
    expect(named(2000)).toBeLessThan(400);
  });
});

describe('barScale', () => {
  it('keeps every bar and whisker within its place', () => {
    const { zero, each } = barScale(two.columns);
    for (const { lowest, highest } of two.columns) {
      expect(zero + lowest * each).toBeGreaterThanOrEqual(-1e-9);
      expect(zero + highest * each).toBeLessThanOrEqual(100 + 1e-9);
    }
  });

  it('puts zero at an edge, with a little room, where all values have one sign', () => {
    const positive = barScale(ranking([other], 5).columns);
    expect(positive.zero).toBeGreaterThan(0);
    expect(positive.zero).toBeLessThan(7);
  });

  it('is finite without any column', () => {
    expect(Number.isFinite(barScale([]).each)).toBe(true);
  });
});

it('an error is drawn from one pixel of whisker on', () => {
  const [scale, widths] = [barScale(one.columns), widthsOf(one, 800, 100)];
  const error = smallestError(scale, widths);
  expect((2 * error * scale.each * widths.track) / 100).toBeCloseTo(1, 6);
});
