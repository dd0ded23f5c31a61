/** What is said of an array of another shape: the line of NumPy that mends it, where one does and only one. */
import { expect, it } from 'vitest';
import { shapeFault } from '../../../src/contract/refusals';

const remedy = (have: readonly number[], want: readonly (number | null)[]): string =>
  shapeFault('x', have, want).remedy;

it.each([
  ['channels first, wanted last', [2, 3, 12, 10], [null, 12, 10, 3], '(0, 2, 3, 1)'],
  ['channels last, wanted first', [2, 12, 10, 3], [null, 3, 12, 10], '(0, 3, 1, 2)'],
  ['square pictures', [2, 3, 12, 12], [null, 12, 12, 3], 'numpy.transpose(x, (0, 2, 3, 1))'],
  ['free sizes', [2, 3, 20, 20], [null, null, null, 3], 'numpy.transpose(x, (0, 2, 3, 1))'],
  ['a sequence', [5, 4, 900], [null, 900, 4], 'numpy.transpose(x, (0, 2, 1))'],
  ['one example alone', [12, 10, 3], [null, 12, 10, 3], 'x[None]'],
  ['a channel too few', [7, 28, 28], [null, 28, 28, 1], 'x[..., None]'],
  ['an axis of one too many', [7, 1, 28, 28], [null, 28, 28], 'x.squeeze(1)'],
  ['several of them', [1, 1, 28, 1], [null, 28], 'x.squeeze((1, 3))'],
])('%s', (_, have, want, line) => {
  expect(remedy(have, want)).toContain(line);
});

it('nothing is guessed where several orders would do, or none', () => {
  for (const [have, want] of [
    [
      [2, 8, 8, 8, 3],
      [null, 8, 3, null, 9],
    ],
    [
      [2, 5],
      [null, 7],
    ],
    [
      [2, 4, 4, 4],
      [null, 4, 4, 5],
    ],
  ] as const)
    expect(remedy(have, want)).toBe('The first axis is the examples, and ? takes any size.');
});
