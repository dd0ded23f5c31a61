/** Baselines as the picker offers them, and what the model says at several references. */
import { describe, expect, it } from 'vitest';
import { madeBaseline } from '../../src/contract/baselines';
import { MADE_CHOICES, madeAtFirst, numbersIn, saidAt, spreadWords } from '../../src/renderer/logic/baselines';

describe('what a kind is at first', () => {
  it.each(MADE_CHOICES.map(({ kind }) => kind))('%s can be asked for as it is', (kind) => {
    expect(madeBaseline.safeParse(madeAtFirst(kind, [0, 1], 0)).success).toBe(true);
  });

  it('no example is compared with itself, unless there is no other', () => {
    expect(madeAtFirst('examples', [4, 7], 4)).toEqual({ kind: 'examples', examples: [7] });
    expect(madeAtFirst('examples', [4], 4)).toEqual({ kind: 'examples', examples: [4] });
  });

  it('numbers of a text, each once', () => {
    expect(numbersIn('3, 5;3 12')).toEqual([3, 5, 12]);
    expect(numbersIn('none')).toEqual([]);
  });
});

describe('what is said at references', () => {
  const said = saidAt({ shape: [3, 2], data: Float32Array.of(1, 2, 4, 3, 0, 6) });

  it('is the largest value of each', () => {
    expect(said).toEqual([
      { index: 1, value: 2 },
      { index: 0, value: 4 },
      { index: 1, value: 6 },
    ]);
  });

  it('spreads over classes and values, of those that are shown', () => {
    const label = (index: number) => `class ${index}`;
    expect(spreadWords(said, 3, label, String)).toBe('3 references: class 1 (2), class 0 (1); 2 to 6');
    expect(spreadWords(said.slice(0, 1), 32, label, String)).toBe('The first 1 of 32 references: 2');
  });
});
