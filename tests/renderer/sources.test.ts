/** What a unit reads and by how much; a layer's units as bars. */
import { describe, expect, it } from 'vitest';
import { barOf, topSources, topUnits, unitBars } from '../../src/renderer/logic/sources';

const dense = { layer: 'before', first: 0, weights: { shape: [4], data: Float32Array.of(3, -1, 0.5, 2) } };

describe('what a unit reads', () => {
  const array = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });

  it('by weight × difference: a large weight of what does not move brings nothing, and all of it adds up to what moved', () => {
    const ends = { atInput: array(7, 5, 2, 1), atBaseline: array(7, 0, 0, 0.5) };
    const found = topSources(dense, ends, 4);
    expect(found.map(({ unit, brings }) => [unit, brings])).toEqual([
      [1, -5],
      [2, 1],
      [3, 1],
      [0, 0],
    ]);
    const sumAt = ({ data }: { data: Float32Array }) =>
      data.reduce((sum, value, unit) => sum + value * dense.weights.data[unit]!, 0);
    expect(found.reduce((sum, { brings }) => sum + brings, 0)).toBe(sumAt(ends.atInput) - sumAt(ends.atBaseline));
  });

  it('by weight where values are not known, or are many for each unit', () => {
    const map = { shape: [2, 4], data: new Float32Array(8) };
    for (const values of [null, { atInput: map, atBaseline: map }])
      expect(topSources(dense, values, 2).map(({ unit, difference }) => [unit, difference])).toEqual([
        [0, null],
        [3, null],
      ]);
  });

  it('a window counts as a whole, from the first unit of its group on', () => {
    const window = { layer: null, first: 6, weights: { shape: [3, 2], data: Float32Array.of(1, 0, 1, -4, 1, 0) } };
    expect(topSources(window, null, 9).map(({ unit, weight }) => [unit, weight])).toEqual([
      [7, -4],
      [6, 3],
    ]);
  });
});

it('the largest of a layer, by size', () => {
  expect(topUnits([1, -7, 3], 2)).toEqual([
    { unit: 1, value: -7 },
    { unit: 2, value: 3 },
  ]);
});

describe('bars of a layer', () => {
  const values = Float32Array.from({ length: 2048 }, (_, unit) => (unit === 1501 ? 9 : 1));

  it.each([
    [10, 1],
    [128, 1],
    [300, 2],
  ])('%i units use the width that there is, on %i line(s)', (count, lines) => {
    const bars = unitBars(values.subarray(0, count), 420, 2);
    expect([bars.lines, bars.units.length]).toEqual([lines, count]);
    expect(bars.pitch * bars.across).toBeLessThanOrEqual(420);
    expect(bars.pitch).toBeGreaterThanOrEqual(2);
  });

  it('of 2,048 in a narrow place several share a bar, which shows the largest of them', () => {
    const bars = unitBars(values, 240, 2);
    expect(bars.pitch).toBeGreaterThanOrEqual(2);
    expect(bars.units).toContain(1501);
    expect(bars.units[barOf(bars, 1501, 2048)]).toBe(1501);
    expect(bars.units.length).toBe(240);
  });
});
