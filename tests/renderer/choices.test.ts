/** Values of an output: found by name and index, called by their labels, drawn on one axis. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choices, MOST_LISTED } from '../../src/renderer/logic/choices';
import { targetName } from '../../src/contract/words/target';
import { outputLabel } from '../../src/renderer/logic/labels';
import { axisOf, placeOn } from '../../src/renderer/logic/prediction';

const names = ['tabby', 'tiger cat', 'Egyptian cat', 'lynx', 'tiger'];

describe('values of an output', () => {
  it('stand by the prediction, largest first, until something is typed', () => {
    expect(choices('', names, [0, 5, 1, 9, 2]).indices).toEqual([3, 1, 4, 2, 0]);
    expect(choices(' ', names, null).indices).toEqual([0, 1, 2, 3, 4]);
  });

  it('are found by index, by a whole name, by its beginning, by words of it in any order', () => {
    expect(choices('2', names, null).indices).toEqual([2]);
    expect(choices('Tiger', names, null).indices).toEqual([4, 1]);
    expect(choices('cat tig', names, null).indices).toEqual([1]);
    expect(choices('cat', names, [0, 1, 2, 0, 0]).indices).toEqual([2, 1]);
    expect(choices('dog', names, null)).toEqual({ indices: [], more: 0 });
  });

  it('are listed in part where there are thousands, and any is found by its index', () => {
    const thousand = Array.from({ length: 1000 }, (_, at) => `class ${at}`);
    expect(choices('', thousand, null)).toMatchObject({ more: 1000 - MOST_LISTED });
    fc.assert(
      fc.property(fc.nat(999), (index) => {
        expect(choices(`${index}`, thousand, null).indices[0]).toBe(index);
      }),
    );
  });
});

describe('what a value is called', () => {
  it('is its label, the output where it has one value, else its place', () => {
    expect(outputLabel(1, { name: 'logits', shape: [5] }, { labels: names })).toBe('tiger cat');
    expect(outputLabel(1, { name: 'other', shape: [3] }, { labels: names })).toBe('1');
    expect(outputLabel(0, { name: 'bound', shape: [1] }, { labels: names })).toBe('bound');
    expect(outputLabel(0, { name: 'bound', shape: [] }, null)).toBe('bound');
    expect(outputLabel(7, { name: 'tokens', shape: [3, 5] }, { labels: names })).toBe('1, Egyptian cat');
    expect(outputLabel(7, { name: 'tokens', shape: [3, 5] }, null)).toBe('1, 2');
  });

  const result = (target: string, layer: string, shape: number[], index: number, labels: (string | null)[] | null) => ({
    target: [target],
    terms: [{ layer, shape, index: [index], labels, activations: [], behind: [null] }],
  });

  it('is in a headline what was named, not where it is computed', () => {
    expect(targetName(result('bound/pre[0]', 'bound', [1], 0, null), 0)).toBe('bound');
    expect(targetName(result('class/pre[9]', 'class', [10], 9, null), 0)).toBe('class[9]');
    expect(targetName(result('class/pre[1]', 'class', [5], 1, ['tiger cat']), 0)).toBe('tiger cat');
    expect(targetName(result('class/pre[1]', 'class', [5], 1, null), 0, names)).toBe('tiger cat');
    expect(targetName({ target: ['logits[4]'] }, 0, names)).toBe('tiger');
  });
});

describe('the axis of a prediction', () => {
  const value = (atInput: number, atBaseline = 0, now = atInput) => ({ index: 0, now, atInput, atBaseline });

  it('is one for all outputs: −5.52 is long, −0.00166 beside it is not', () => {
    const axis = axisOf([[value(-5.52)], [value(-0.00166)]], false);
    const length = (of: number) => Math.abs(placeOn(axis, of) - placeOn(axis, 0));
    expect(axis.high).toBe(0);
    expect(length(-5.52)).toBeGreaterThan(90);
    expect(length(-0.00166)).toBeLessThan(0.1);
  });

  it('holds every value and zero, in their order', () => {
    const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((size) => (Math.abs(size) < 1e-30 ? 0 : size));
    fc.assert(
      fc.property(fc.array(fc.tuple(finite, finite, finite), { minLength: 1, maxLength: 8 }), (rows) => {
        const axis = axisOf([rows.map(([a, b, now]) => value(a, b, now))], false);
        expect(axis.low).toBeLessThanOrEqual(0);
        expect(axis.high).toBeGreaterThanOrEqual(0);
        for (const each of rows.flat()) {
          expect(each).toBeGreaterThanOrEqual(axis.low);
          expect(each).toBeLessThanOrEqual(axis.high);
          if (each < 0) expect(placeOn(axis, each)).toBeLessThanOrEqual(placeOn(axis, 0));
        }
      }),
    );
  });

  it('of probabilities is all of them', () => {
    expect(axisOf([[value(0.2, 0.1)]], true)).toEqual({ low: 0, high: 1 });
    expect(axisOf([[value(0)]], false)).toEqual({ low: 0, high: 1 });
    expect(axisOf([[value(Number.NaN, 2)]], false)).toEqual({ low: 0, high: 2 });
  });
});
