import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bounded,
  letterEdit,
  letterOf,
  numberEdit,
  patchEdit,
  tokenId,
  withEdits,
} from '../../src/renderer/logic/editing';

const x = { input: 'x', told: null };
const image = { kind: 'image', height: 3, width: 4, channels: 2, channelsFirst: false, reading: null } as const;

describe('a change', () => {
  it('of a letter makes the position one-hot, and says from what', () => {
    const values = Float32Array.from([1, 0, 0, 0, 0, 1, 0, 0]);
    const edit = letterEdit(x, values, 'ACGT', 1, 'T')!;
    expect(edit).toEqual({
      input: 'x',
      places: [4, 5, 6, 7],
      values: [0, 0, 0, 1],
      made: { kind: 'letter', input: null, position: 1, from: 'C', to: 'T' },
    });
    expect(letterEdit(x, values, 'ACGT', 1, 'C')).toBeNull();
    expect(letterEdit(x, values, 'ACGT', 2, 'C')).toBeNull();
    expect(letterEdit(x, values, 'ACGT', 0, 'N')).toBeNull();
    expect(letterOf([0, 0, 0, 0], 'ACGT')).toBe('·');
  });

  it('of a number is none where nothing changes, and a token is a whole number', () => {
    const values = Float32Array.of(0.1, 7);
    expect(numberEdit(x, values, 0, 0.1, false)).toBeNull();
    expect(numberEdit(x, values, 1, 7.5, true)).toBeNull();
    expect(numberEdit(x, values, 1, NaN, false)).toBeNull();
    expect(numberEdit(x, values, 2, 1, false)).toBeNull();
    expect(numberEdit(x, values, 1, 9, true)!.made).toEqual({ kind: 'token', input: null, position: 1, from: '7', to: '9' }); // prettier-ignore
  });

  it('of a patch fills it and nothing else, by the mean of each channel or a value', () => {
    const values = Float32Array.from({ length: 24 }, (_, at) => at);
    const patch = { from: [2, 3], to: [1, 2] } as const;
    const mean = patchEdit(x, values, image, patch, { kind: 'mean' });
    expect(mean.made).toMatchObject({ from: [1, 2], to: [2, 3], filled: 'its mean' });
    const now = withEdits(values, [mean], 'x');
    // row 1: columns 2, 3 are places 12..15; row 2: 20..23
    expect([...now.slice(12, 16), ...now.slice(20, 24)]).toEqual([17, 18, 17, 18, 17, 18, 17, 18]);
    expect([...now.slice(0, 12), ...now.slice(16, 20)]).toEqual([...values.slice(0, 12), ...values.slice(16, 20)]);
    const first = patchEdit(
      x,
      values,
      { ...image, channelsFirst: true },
      { from: [1, 2], to: [1, 2] },
      { kind: 'mean' },
    );
    expect(first.places).toEqual([6, 18]);
    const grid = { kind: 'grid', rows: 2, columns: 3 } as const;
    const one = patchEdit(x, values, grid, { from: [1, 2], to: [1, 2] }, { kind: 'value', value: 9, name: '9' });
    expect([one.places, one.values]).toEqual([[5], [9]]);
  });

  it('stays inside the picture, wherever its corners are', () => {
    const corner = fc.tuple(fc.double(), fc.double());
    fc.assert(
      fc.property(corner, corner, (from, to) => {
        const found = bounded({ from, to }, image);
        expect(found.from[0]).toBeGreaterThanOrEqual(0);
        expect(found.to[0]).toBeLessThan(3);
        expect(found.to[1]).toBeLessThan(4);
        expect(found.from[0]).toBeLessThanOrEqual(found.to[0]);
        expect(found.from[1]).toBeLessThanOrEqual(found.to[1]);
      }),
    );
  });

  it('of another input leaves this one as it is; later changes count', () => {
    const edit = (input: string, value: number) => ({ ...numberEdit(x, Float32Array.of(0), 0, value, false)!, input });
    expect([...withEdits(Float32Array.of(0), [edit('x', 1), edit('y', 5), edit('x', 2)], 'x')]).toEqual([2]);
  });
});

describe('tokens by their words', () => {
  const tokens = ['[PAD]', 'the', '12', 'film'];
  it('are found by word, else by number', () => {
    expect(['film', ' The ', '12', '3', '', 'gone', '1.5'].map((text) => tokenId(text, tokens))).toEqual([3, 1, 2, 3, null, null, null]); // prettier-ignore
  });
  it('are told by word in what was changed', () => {
    const edit = numberEdit({ input: 'x', told: null }, Float32Array.of(1, 7), 0, 3, true, tokens);
    expect(edit!.made).toMatchObject({ from: 'the', to: 'film' });
    expect(numberEdit({ input: 'x', told: null }, Float32Array.of(1, 7), 1, 0, true, tokens)!.made).toMatchObject({ from: '7', to: '[PAD]' }); // prettier-ignore
  });
});
