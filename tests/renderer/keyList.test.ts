/** The keys that the documents list are those that the program lists, and each is one. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMAND_LIST, commandOf, keysOf } from '../../src/contract/commands';
import { keyList } from '../../src/renderer/logic/keyList';

const BEGIN = '<!-- keys: written by MHO_WRITE_DOCS=1, from the list that the program has -->\n';
const END = '<!-- end of keys -->';

describe('keys', () => {
  it('stand in the documents as in the program', () => {
    const path = 'docs/studio.md';
    const text = readFileSync(path, 'utf8');
    const [from, to] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
    const rows = keyList('electron', false).map(
      ({ keys, does }) =>
        `| ${keys.map((each) => `\`${each.join(' ')}\``).join(', ')} | ${does.replaceAll('|', '\\|')} |\n`,
    );
    const wanted = `${text.slice(0, from)}\n| | |\n|---|---|\n${rows.join('')}\n${text.slice(to)}`;
    if (process.env['MHO_WRITE_DOCS']) writeFileSync(path, wanted);
    expect(text, 'MHO_WRITE_DOCS=1 writes it anew').toBe(wanted);
  });

  it('are the same in a browser, but for those of new windows', () => {
    const [all, there] = [keyList('electron', false), keyList('browser', false)];
    const missing = all.filter(({ does }) => !there.some((each) => each.does === does));
    expect(missing.map(({ does }) => does)).toEqual(['New window', 'New window on this model']);
    expect(there.map(({ does }) => does)).toContain('Export the report');
  });

  it('lead to one command each', () => {
    const keys = COMMAND_LIST.flatMap(({ keys: each }) => each);
    expect(new Set(keys).size).toBe(keys.length);
    for (const { id, keys: each } of COMMAND_LIST)
      for (const key of each) {
        const parts = key.split(/\+(?=.)/);
        const pressed = {
          key: parts.at(-1)!,
          ctrlKey: parts.includes('Mod'),
          metaKey: false,
          altKey: parts.includes('Alt'),
          shiftKey: parts.includes('Shift'),
        };
        expect([keysOf(pressed), commandOf(pressed)]).toEqual([key, id]);
      }
  });
});
