/** What tells two classes apart: what is asked for it, and when it was. */
import { describe, expect, it } from 'vitest';
import { columnsOf } from '../../src/renderer/logic/matrix';
import { tellingOf } from '../../src/renderer/logic/tellApart';
import { record } from './records';

const labels = ['zero', 'one', 'two'];
const fact = (example: number, truth: string | null, predicted: string | null = null) => ({
  example,
  truth,
  predicted,
});
const facts = [fact(0, 'two'), fact(1, 'one'), fact(2, 'two', 'one'), fact(3, null, 'one'), fact(4, 'zero')];

describe('what tells two classes apart', () => {
  it('is one value minus the other over examples of both, by what they truly are where that is known', () => {
    expect(tellingOf('two', 'one', labels, facts, [])).toEqual({ of: 2, against: 1, examples: [0, 1, 2, 3] });
  });

  it('is not asked of what is no class of the output, or has no example', () => {
    expect(tellingOf('two', 'other', labels, facts, [])).toBeNull();
    expect(tellingOf('two', 'one', labels, facts.slice(2, 3), [])).toBeNull();
  });

  it('is answered once all of these were run so, and not by a run of another target', () => {
    const base = record('nig', [{ name: 'layer', units: [1] }]);
    const ran = (examples: readonly number[], minus: number | null) => {
      const run = {
        ...base,
        asked: { ...base.asked, examples, target: { index: 2 }, minus: minus === null ? null : { index: minus } },
        result: { ...base.result, examples: examples.map((_, at) => at) },
      };
      return columnsOf([run], run);
    };
    expect(tellingOf('two', 'one', labels, facts, ran([0, 1, 2, 3], 1))).toBeNull();
    expect(tellingOf('two', 'one', labels, facts, ran([0, 1, 2], 1))).not.toBeNull();
    expect(tellingOf('two', 'one', labels, facts, ran([0, 1, 2, 3], null))).not.toBeNull();
  });

  it('takes so many of each class that it stays a matter of minutes', () => {
    const many = Array.from({ length: 300 }, (_, at) => fact(at, at % 2 ? 'one' : 'two'));
    expect(tellingOf('two', 'one', labels, many, [])?.examples).toHaveLength(100);
  });
});
