import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BUNCH,
  bunchAt,
  bunchesDrawn,
  bunchesFrom,
  offsetAt,
  placeAt,
  revealing,
  rowOfKey,
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

describe('moving in a list', () => {
  const short = { rows: 100, pitch: 30, height: 300 };
  const long = { rows: 1_000_000, pitch: 30, height: 300 };

  it('puts the scroll bar where it says the offset, and the rows make up for what it cannot tell', () => {
    fc.assert(
      fc.property(fc.constantFrom(short, long), fc.double({ min: 0, max: 1, noNaN: true }), (list, share) => {
        const offset = share * (list.rows * list.pitch - list.height);
        const { scrollTop, shift } = placeAt(list, offset);
        expect(Number.isInteger(scrollTop)).toBe(true);
        if (list === short) expect(shift).toBe(0);
        else expect(scrollTop + shift).toBeCloseTo(offset, 6);
      }),
    );
  });

  it('reveals a row by as little as it takes, and not at all where it is seen', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2700 }), fc.integer({ min: 0, max: 99 }), (offset, row) => {
        const to = revealing(short, offset, row);
        const seen = (from: number) => row * 30 >= from && row * 30 + 30 <= from + 300;
        if (to === null) expect(seen(offset)).toBe(true);
        else {
          expect(seen(offset)).toBe(false);
          expect(seen(to)).toBe(true);
          expect(seen(to + (to < offset ? 1 : -1))).toBe(false);
        }
      }),
    );
  });

  it('goes by keys, and stays within the list', () => {
    const keys = ['ArrowDown', 'ArrowUp', 'PageDown', 'PageUp', 'Home', 'End'];
    expect(keys.map((key) => rowOfKey(key, short, 50))).toEqual([51, 49, 59, 41, 0, 99]);
    expect(keys.map((key) => rowOfKey(key, short, -1))).toEqual([0, 0, 8, 0, 0, 99]);
    expect(keys.map((key) => rowOfKey(key, { ...short, rows: 0 }, -1))).toEqual(keys.map(() => null));
    for (const key of ['a', 'Enter', 'constructor', '__proto__']) expect(rowOfKey(key, short, 3)).toBeNull();
  });
});
