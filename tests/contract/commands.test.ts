import { expect, test } from 'vitest';
import { COMMAND_LIST, commandOf, keysOf } from '../../src/contract/commands';
import { VIEWS, viewOfKey } from '../../src/renderer/logic/views';

const press = (key: string, ...held: ('ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey')[]) => ({
  key,
  ctrlKey: held.includes('ctrlKey'),
  metaKey: held.includes('metaKey'),
  altKey: held.includes('altKey'),
  shiftKey: held.includes('shiftKey'),
});

test('no key has two meanings', () => {
  const all = COMMAND_LIST.flatMap(({ keys }) => keys);
  expect(new Set(all).size).toBe(all.length);
  expect(all.filter((keys) => viewOfKey(keys))).toEqual([]);
  expect(VIEWS.map((_, at) => commandOf(press(`${at + 1}`)))).toEqual(VIEWS.map(() => undefined));
});

test('a press is its keys, on every system and with Caps Lock alike', () => {
  expect(keysOf(press('p', 'ctrlKey', 'shiftKey'))).toBe('Mod+Shift+P');
  expect(commandOf(press('E', 'ctrlKey'))).toBe('export-report');
  expect(commandOf(press('e', 'metaKey'))).toBe('export-report');
  expect(commandOf(press('e'))).toBeUndefined();
  expect(commandOf(press('?', 'shiftKey'))).toBe('keys');
  expect(commandOf(press('k', 'ctrlKey'))).toBe('palette');
  expect(commandOf(press('F1'))).toBe('palette');
  expect(commandOf(press('Escape'))).toBe('cancel');
});
