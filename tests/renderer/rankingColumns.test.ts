import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ranking } from '../../src/renderer/logic/ranking';
import { barScale, GAP, smallestError, widthsOf } from '../../src/renderer/logic/rankingColumns';
import { record } from './records';

const run = record('nig', [{ name: 'dense', units: [1, -2, 3], errors: [0.1, 0.1, 0.1] }]);
const other = record('rescale', [{ name: 'dense', units: [1, 2, 3] }]);
const one = ranking([run], 5);
const two = ranking([run, other], 5);

describe('widthsOf', () => {
  it('fills the room that there is, whatever it is, once it is no longer too narrow', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4000 }), fc.constantFrom(one, two), (room, table) => {
        const widths = widthsOf(table, room);
        const many = table.columns.length;
        expect(widths.narrowest).toBe(24 + 24 + widths.rank + (many + 2) * GAP + widths.name + many * widths.cell);
        expect(widths.track).toBeGreaterThan(0);
        if (widths.narrowest + 10 > room) expect(widths.name).toBe(96);
        else expect(room - widths.narrowest - 10).toBeLessThan(many);
      }),
    );
  });

  it('shows how far ranks moved only where there is room', () => {
    expect(widthsOf(two, 400).shifts).toBe(false);
    expect(widthsOf(two, 1200).shifts).toBe(true);
  });

  it('gives long names more, but never most of it', () => {
    const named = (name: string) => widthsOf(ranking([record('nig', [{ name, units: [1] }])], 5), 800).name;
    expect(named('a')).toBeLessThan(named('a_longer_name_of_a_layer'));
    expect(named('x'.repeat(300))).toBeLessThan(300);
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
  const [scale, widths] = [barScale(one.columns), widthsOf(one, 800)];
  const error = smallestError(scale, widths);
  expect((2 * error * scale.each * widths.track) / 100).toBeCloseTo(1, 6);
});
