import { expect, test } from 'vitest';
import { answers, type Entry } from '../../src/renderer/logic/palette';

const entry = (group: string, label: string, more: Partial<Entry> = {}): Entry => ({ group, label, run: () => label, ...more }); // prettier-ignore
const ENTRIES = [
  entry('Command', 'Export the report'),
  entry('Command', 'Cancel the run', { refused: 'Nothing runs' }),
  entry('Command', 'Run'),
  entry('View', 'Ranking'),
  entry('Layer', 'dense', { units: 16, detail: 'Dense' }),
  entry('Layer', 'dense_1', { units: 4, detail: 'Dense' }),
  entry('Example', 'Example 12'),
];
const labels = (typed: string): string[] => answers(ENTRIES, typed).map(({ label }) => label);

test('before anything is typed it shows commands and views; what is typed finds everything', () => {
  expect(labels('')).toEqual(['Export the report', 'Cancel the run', 'Run', 'Ranking']);
  expect(labels('rep')[0]).toBe('Export the report');
  expect(labels('12')[0]).toBe('Example 12');
});

test('what can be done now comes before what cannot', () => {
  expect(labels('run').slice(0, 2)).toEqual(['Run', 'Cancel the run']);
});

test('a unit is asked for behind its layer, however one writes it; one that is not there is not offered', () => {
  for (const typed of ['dense #12', 'dense:12', 'dense 12', 'dns #12'])
    expect(answers(ENTRIES, typed)[0], typed).toMatchObject({ label: 'dense #12', unit: 12 });
  expect(labels('dense #3')).toEqual(expect.arrayContaining(['dense #3', 'dense_1 #3']));
  expect(labels('dense #99')).toEqual([]);
});

test('> asks for commands alone, @ for layers', () => {
  expect(labels('>')).toEqual(['Export the report', 'Cancel the run', 'Run']);
  expect(labels('@1')).toEqual(['dense_1']);
});
