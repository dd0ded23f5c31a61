import { expect, test } from 'vitest';
import { placeLink } from '../../src/contract/unitLink';
import { copyItems, formsOf, jsonOf, tsvOf, type Clipboard } from '../../src/renderer/logic/copying';

const table = {
  head: ['layer', 'unit', 'value'],
  rows: [['conv\t1\n', 3, -0.5] as const, ['dense', 0, null] as const],
};

test('a cell never breaks the row that it is in', () => {
  expect(tsvOf(table)).toBe('layer\tunit\tvalue\nconv 1 \t3\t-0.5\ndense\t0\t');
});

test('rows are objects under the names of their columns; the only row is one object', () => {
  expect(JSON.parse(jsonOf(table))).toEqual([
    { layer: 'conv\t1\n', unit: 3, value: -0.5 },
    { layer: 'dense', unit: 0, value: null },
  ]);
  expect(JSON.parse(jsonOf({ head: ['a'], rows: [[1]] }))).toEqual({ a: 1 });
});

test('a link names the layer whatever letters it has', () => {
  expect(placeLink('ab12', 'enc/0:attn #1', 7)).toBe('mho://ab12/enc%2F0%3Aattn%20%231:7');
  expect(placeLink('ab12', 'dense', null)).toBe('mho://ab12/dense');
});

test('forms that are there are offered, in one order; pictures go as pictures, and nothing is copied of nothing', async () => {
  const copied: string[] = [];
  const clipboard: Clipboard = {
    text: async (text) => void copied.push(`text ${text}`),
    picture: async (svg) => void copied.push(`picture ${svg}`),
  };
  const items = copyItems(
    { picture: async () => '<svg/>', ...formsOf({ head: ['a'], rows: [[1]] }), text: 'said', link: () => null },
    clipboard,
  );
  expect(items.map(({ label }) => label)).toEqual([
    'Copy as text',
    'Copy as TSV',
    'Copy as JSON',
    'Copy link',
    'Copy picture',
  ]);
  for (const item of items) await item.run();
  expect(copied).toEqual(['text said', 'text a\n1', 'text {\n  "a": 1\n}', 'picture <svg/>']);
});
