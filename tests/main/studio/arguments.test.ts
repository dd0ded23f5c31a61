/** What the program is started with. */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { opensWith, ownWords } from '../../../src/main/studio/arguments';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mho-arguments-'));
  mkdirSync(join(folder, 'saved.mho'));
  writeFileSync(join(folder, 'first.mho'), '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = (name: string): string => join(folder, name);

it.each([
  [[], [null]],
  [['--some-switch'], [null]],
  [['first.mho'], [{ path: 'first.mho', kind: 'session' }]],
  [
    ['net.keras', 'first.mho'],
    [
      { path: 'net.keras', kind: 'model' },
      { path: 'first.mho', kind: 'session' },
    ],
  ],
  [['saved.mho'], [{ path: 'saved.mho', kind: 'model' }]], // a folder, whatever it is called
  [['--sample', 'motifs'], [{ sample: 'motifs' }]],
  [['--sample', '../../etc'], [null]],
  [
    ['mho://ab12/dense:3', 'first.mho'],
    [{ link: 'mho://ab12/dense:3' }, { path: 'first.mho', kind: 'session' }],
  ],
] as const)('%j: one window for each', (words, expected) => {
  const given = expected.map((each) => (each && 'path' in each ? { ...each, path: path(each.path) } : each));
  expect(opensWith(words, folder)).toEqual(given);
});

it('passes over the program, its switches and the folder of the app', () => {
  expect(ownWords(['electron', '--no-sandbox', '/app', 'a.mho', '--x'], false)).toEqual(['a.mho', '--x']);
  expect(ownWords(['mho', 'a.mho'], true)).toEqual(['a.mho']);
});
