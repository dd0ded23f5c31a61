import { expect, test } from 'vitest';
import { fuzzy } from '../../src/renderer/logic/fuzzy';

const best = (asked: string, texts: string[]): string[] =>
  texts
    .map((text) => ({ text, score: fuzzy(asked, text) }))
    .filter(({ score }) => score !== null)
    .sort((a, b) => b.score! - a.score!)
    .map(({ text }) => text);

test('words in any order, letters in theirs; what is typed whole comes first, the shorter before the longer', () => {
  expect(best('report', ['Export the report…', 'Open model…', 'Reopen it'])).toEqual(['Export the report…']);
  expect(best('model open', ['Open model…', 'Open session…', 'Open model folder…'])).toEqual([
    'Open model…',
    'Open model folder…',
  ]);
  expect(best('l2c1', ['backbone/layer1/conv2', 'backbone/layer2/conv1', 'head'])).toEqual(['backbone/layer2/conv1']);
  expect(best('dense', ['dense_10', 'dense', 'condensed'])).toEqual(['dense', 'dense_10', 'condensed']);
});

test('letters that are strewn over a long name are no answer', () => {
  expect(fuzzy('zoom', 'backbone/encoder/stage_0/block')).toBeNull();
  expect(fuzzy('', 'anything')).not.toBeNull();
});
