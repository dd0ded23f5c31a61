import { describe, expect, it } from 'vitest';
import {
  BUNCH,
  bunchAt,
  bunchesDrawn,
  bunchesFrom,
  offsetAt,
  rowsOfBunch,
  scrolledHeight,
  scrollTopAt,
  shiftAfter,
  TALLEST,
} from '../../src/renderer/logic/longList';

const short = { rows: 1_000, pitch: 30, height: 500 };
const long = { rows: 1_000_000, pitch: 30, height: 500 };

describe('a long list', () => {
  it('is as tall as its rows until a page cannot be that tall', () => {
    expect(scrolledHeight(short)).toBe(30_000);
    expect(offsetAt(short, 12_345)).toBe(12_345);
    expect(scrolledHeight(long)).toBe(TALLEST);
    expect(offsetAt(long, TALLEST - 500)).toBeCloseTo(30_000_000 - 500, 3);
    expect(scrollTopAt(long, offsetAt(long, 777))).toBeCloseTo(777, 9);
  });

  it('moves rows as far as the wheel says, and jumps to where the bar stands', () => {
    const before = { scrollTop: 8_000_000, shift: offsetAt(long, 8_000_000) - 8_000_000 };
    expect(shiftAfter(long, 8_000_090, before)).toBe(before.shift);
    expect(shiftAfter(long, 4_000_000, before)).toBeCloseTo(offsetAt(long, 4_000_000) - 4_000_000, 3);
  });

  it('begins with the first row and ends with the last, however it got there', () => {
    const last = TALLEST - long.height;
    expect(shiftAfter(long, 0, { scrollTop: 40, shift: 900 })).toBe(0);
    expect(last + shiftAfter(long, last, { scrollTop: last - 40, shift: 900 })).toBeCloseTo(30_000_000 - 500, 3);
    // scrolled by the wheel past the last row although the bar has not come to its end
    const before = { scrollTop: last - 1_000, shift: 30_000_000 - 500 - (last - 1_000) };
    expect(last - 950 + shiftAfter(long, last - 950, before)).toBeLessThanOrEqual(30_000_000 - 500);
  });

  it('never shifts what is whole', () => {
    expect(shiftAfter(short, 90, { scrollTop: 0, shift: 0 })).toBe(0);
    expect(shiftAfter(short, 29_500, { scrollTop: 100, shift: 0 })).toBe(0);
  });

  it('draws all rows that can be seen, and the same ones until a bunch has gone by', () => {
    for (const offset of [0, 1, 239, 240, 10_000, 29_500]) {
      const rows = bunchesFrom(short, bunchAt(short, offset)).flatMap((bunch) => rowsOfBunch(bunch, short.rows));
      expect(rows[0]! * 30).toBeLessThanOrEqual(offset);
      expect((rows.at(-1)! + 1) * 30).toBeGreaterThanOrEqual(Math.min(30_000, offset + short.height));
      expect(rows.length).toBeLessThanOrEqual(bunchesDrawn(short) * BUNCH);
      expect(new Set(rows).size).toBe(rows.length);
    }
    expect(bunchAt(short, 10_000)).toBe(bunchAt(short, 10_000 + 10));
  });

  it('draws nothing of nothing', () => {
    const none = { rows: 0, pitch: 30, height: 500 };
    expect(bunchesFrom(none, bunchAt(none, 0))).toEqual([]);
    expect(rowsOfBunch(0, 3)).toEqual([0, 1, 2]);
  });
});
