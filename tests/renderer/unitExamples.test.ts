/** Examples of a unit in two orders, and what of the input it sees, cut out. */
import { describe, expect, it } from 'vitest';
import { pictureOf } from '../../src/renderer/logic/inputs';
import { cut, fieldWords, peakPlace, seesAll } from '../../src/renderer/logic/patches';
import { twoLists } from '../../src/renderer/logic/unitExamples';

const peaks = (values: readonly number[]) => new Map(values.map((value, example) => [example, { value }]));
const sums = (values: readonly number[]) => new Map(values.map((value, example) => [example, value]));

describe('two lists of examples', () => {
  it('each by its own order, with the place in the other, and the correlation of the two', () => {
    const lists = twoLists(peaks([5, 4, 3, 2, 1]), sums([1, 2, 3, 4, 5]), 2, 'largest');
    expect(lists.byActivation).toEqual([
      { example: 0, value: 5, otherRank: 5, inBoth: false },
      { example: 1, value: 4, otherRank: 4, inBoth: false },
    ]);
    expect(lists.byContribution.map(({ example }) => example)).toEqual([4, 3]);
    expect([lists.correlation, lists.common]).toEqual([-1, 5]);
    const least = twoLists(peaks([5, 4, 3, 2, 1]), sums([1, 2, 3, 4, 5]), 2, 'least');
    expect(least.byActivation.map(({ example }) => example)).toEqual([4, 3]);
    expect(least.correlation).toBe(-1);
  });

  it('know of examples that were not run, or whose value is no number', () => {
    const lists = twoLists(peaks([5, 9, NaN, 2]), new Map([[0, 1], [2, 8]]), 3, 'largest'); // prettier-ignore
    expect(lists.byActivation.map(({ example, otherRank, inBoth }) => [example, otherRank, inBoth])).toEqual([
      [1, null, false],
      [0, 2, true],
      [3, null, false],
    ]);
    expect(lists.byContribution.map(({ example, otherRank }) => [example, otherRank])).toEqual([[2, null], [0, 2]]); // prettier-ignore
    expect([lists.correlation, lists.common]).toEqual([null, 1]);
  });
});

describe('what a unit sees of an input', () => {
  const counted = (...shape: number[]) => ({ shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => at) }); // prettier-ignore

  it('of pictures: rows and columns with all channels, wherever these stand', () => {
    const last = counted(4, 5, 3);
    const picture = pictureOf(last.shape, null);
    const field = { from: [1, 2, 0], to: [3, 4, 1], exact: true };
    const part = cut(last, field, picture);
    expect(part.shape).toEqual([2, 2, 3]);
    expect([...part.data.slice(0, 3)]).toEqual([21, 22, 23]);
    expect([...part.data.slice(6, 9)]).toEqual([36, 37, 38]);
    expect(fieldWords(field, last.shape, picture)).toBe('rows 1–2, columns 2–3');
    expect(fieldWords({ ...field, exact: false }, last.shape, picture)).toBe('within rows 1–2, columns 2–3');
    const all = { from: [0, 0, 0], to: [4, 5, 3], exact: false };
    expect(fieldWords(all, last.shape, picture)).toBe('within the whole picture');
    const first = counted(3, 9, 10);
    const turned = pictureOf(first.shape, { alphabet: null, channelsFirst: true, reading: null });
    const piece = cut(first, { from: [0, 8, 9], to: [1, 9, 10] }, turned);
    expect([piece.shape, ...piece.data]).toEqual([[3, 1, 1], 89, 179, 269]);
    expect(fieldWords({ from: [0, 8, 9], to: [1, 9, 10], exact: true }, first.shape, turned)).toBe('rows 8, columns 9');
    expect(seesAll({ from: [0, 0, 0], to: [1, 9, 10] }, first.shape, turned)).toBe(true);
  });

  it('of sequences and of tokens: positions', () => {
    const letters = counted(6, 4);
    const sequence = pictureOf(letters.shape, null);
    expect(cut(letters, { from: [2, 1], to: [4, 2] }, sequence)).toEqual({ shape: [2, 4], data: Float32Array.of(8, 9, 10, 11, 12, 13, 14, 15) }); // prettier-ignore
    const ids = counted(6);
    const numbers = pictureOf(ids.shape, null, 'int32');
    expect([...cut(ids, { from: [1], to: [3] }, numbers).data]).toEqual([1, 2]);
    expect(fieldWords({ from: [1], to: [3], exact: true }, ids.shape, numbers)).toBe('positions 1–2');
    expect(fieldWords({ from: [0], to: [6], exact: true }, ids.shape, numbers)).toBe('all positions');
  });

  it('is around the largest number by size', () => {
    expect(peakPlace([1, -4, 3])).toBe(1);
    expect(peakPlace([Number.NaN, 2])).toBe(1);
    expect(peakPlace([Number.NaN])).toBe(-1);
  });
});
