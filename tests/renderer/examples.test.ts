import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  asksPredictions,
  batchAfter,
  chosenAfter,
  classFilter,
  filterOf,
  isCorrect,
  type ExampleFacts,
} from '../../src/renderer/logic/examples';

const ids = Array.from({ length: 12 }, (_, at) => at);

describe('choosing examples', () => {
  it('with Shift takes all between two clicks, in either direction', () => {
    expect(chosenAfter([0], ids, 0, 11, 'range')).toEqual(ids);
    expect(chosenAfter([11], ids, 11, 9, 'range')).toEqual([9, 10, 11]);
  });

  it('by range goes by what is seen, not by numbers', () => {
    expect(chosenAfter([2], [7, 2, 5, 9], 2, 9, 'range')).toEqual([2, 5, 9]);
    expect(chosenAfter([4], [7, 2, 5, 9], 4, 9, 'range')).toEqual([9]);
  });

  it('with Ctrl adds one or takes it out, the last one staying', () => {
    expect(chosenAfter([5], ids, 5, 2, 'toggle')).toEqual([2, 5]);
    expect(chosenAfter([2, 5], ids, 5, 2, 'toggle')).toEqual([5]);
    expect(chosenAfter([5], ids, 5, 5, 'toggle')).toEqual([5]);
  });

  it('is never empty, rising and without doubles, whatever is clicked', () => {
    const click = fc.record({ example: fc.nat(11), how: fc.constantFrom('only', 'toggle', 'range') });
    fc.assert(
      fc.property(fc.array(click, { maxLength: 20 }), (clicks) => {
        let chosen: readonly number[] = [0];
        let anchor = 0;
        for (const { example, how } of clicks) {
          chosen = chosenAfter(chosen, ids, anchor, example, how);
          if (how !== 'range') anchor = example;
          expect(chosen.length).toBeGreaterThan(0);
          expect([...chosen]).toEqual([...new Set(chosen)].sort((a, b) => a - b));
          if (how !== 'toggle') expect(chosen).toContain(example);
        }
      }),
    );
  });
});

describe('a filter', () => {
  const facts = (example: number, truth: string | null, predicted: string | null, run = false): ExampleFacts => ({
    example,
    truth,
    predicted,
    value: predicted === null ? null : 0.9,
    correct: isCorrect(truth, predicted, 3),
    run,
  });
  const all = [
    facts(0, 'green circle', 'green circle', true),
    facts(1, 'green circle', 'red circle'),
    facts(2, 'red circle', 'red circle'),
    facts(3, null, 'blue'),
    facts(12, '3', null),
  ];
  const left = (text: string): number[] => all.filter(filterOf(text)).map(({ example }) => example);

  it('finds wrong ones, right ones, those that were run and were not', () => {
    expect(left('wrong')).toEqual([1]);
    expect(left('right')).toEqual([0, 2]);
    expect(left('run')).toEqual([0]);
    expect(left('unrun')).toEqual([1, 2, 3, 12]);
    expect(left('Wrong green')).toEqual([1]);
  });

  it('finds numbers and ranges, any of several', () => {
    expect(left('1-2')).toEqual([1, 2]);
    expect(left('0, 2..3')).toEqual([0, 2, 3]);
    expect(left('12')).toEqual([12]);
  });

  it('finds classes by name, true and predicted apart; in quotes the whole name', () => {
    expect(left('circle')).toEqual([0, 1, 2]);
    expect(left('true:green')).toEqual([0, 1]);
    expect(left('predicted:red')).toEqual([1, 2]);
    expect(left(classFilter('true', '3'))).toEqual([12]);
    expect(left(classFilter('true', 'circle'))).toEqual([]);
    expect(left(classFilter('true', 'green circle'))).toEqual([0, 1]);
    expect(left('')).toHaveLength(5);
  });

  it('takes anything that is typed', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => all.filter(filterOf(text))).not.toThrow();
      }),
    );
    expect(left('constructor')).toEqual([]);
  });

  it('says whether predictions are needed to answer it', () => {
    expect(['wrong', 'predicted:x', 'cat'].map(asksPredictions)).toEqual([true, true, true]);
    expect(['', '0-11', 'run', 'unrun 3', 'true:x'].map(asksPredictions)).toEqual([false, false, false, false, false]);
  });
});

describe('batches', () => {
  it('grow while they are quick, shrink where they are slow, and stay within bounds', () => {
    expect(batchAfter(8, 20)).toBe(16);
    expect(batchAfter(8, 300)).toBe(8);
    expect(batchAfter(8, 900)).toBe(4);
    expect(batchAfter(1, 9000)).toBe(1);
    expect(batchAfter(256, 1)).toBe(256);
  });
});
