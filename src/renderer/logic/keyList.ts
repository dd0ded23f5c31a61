/** The keys that work in the window, and what each does: the dialog of keys and the documents are made of it. */
import { COMMAND_LIST, type Keys } from '../../contract/commands';
import { VIEWS } from './views';

export type Host = 'electron' | 'browser';

/** Commands that a host has. */
export const commandsOf = (host: Host): typeof COMMAND_LIST =>
  COMMAND_LIST.filter(({ only }) => only === undefined || only === host);

/** Keys as they stand on the keyboard, one after the other. @param mac whether it is one of Apple's */
export const capsOf = (keys: Keys, mac: boolean): readonly string[] => {
  const names: Readonly<Record<string, string>> = { Mod: mac ? '⌘' : 'Ctrl', Escape: 'Esc' };
  return keys.split(/\+(?=.)/).map((key) => names[key] ?? key);
};

/** Keys that the views have for themselves, and those of the host. */
const OTHERS: readonly { readonly keys: readonly (readonly string[])[]; readonly does: string }[] = [
  { keys: [['Arrows']], does: 'Move in the graph, the ranking, the examples' },
  { keys: [['Enter']], does: 'Select; open or close a group; on what is selected: the unit’s page' },
  { keys: [['Shift', 'Enter']], does: 'In the graph: open a group with all that is in it' },
  { keys: [['I']], does: 'In the graph: what the selected layer is made of' },
  {
    keys: [
      ['Alt', '←'],
      ['Alt', '→'],
    ],
    does: 'Back and forward between units’ pages; Esc returns to the results',
  },
  { keys: [['+'], ['−'], ['0']], does: 'Zoom the graph in, out, to fit' },
  {
    keys: [
      ['Shift', '↑'],
      ['Shift', '↓'],
      ['Shift', 'Backspace'],
    ],
    does: 'The same, as in Netron',
  },
  { keys: [['Shift', 'F10'], ['Menu']], does: 'What can be done with the row, value or picture' },
  { keys: [['Ctrl', 'C']], does: 'Copy the row that has the focus' },
  {
    keys: [
      ['Ctrl', '+'],
      ['Ctrl', '−'],
      ['Ctrl', '0'],
    ],
    does: 'Larger, smaller, as it was',
  },
];

/** All keys and what they do: each works as it stands there, in every host. */
export const keyList = (host: Host, mac: boolean): typeof OTHERS => [
  ...commandsOf(host)
    .filter(({ keys }) => keys.length > 0)
    .map(({ label, keys }) => ({ keys: keys.map((each) => capsOf(each, mac)), does: label.replace(/…$/, '') })),
  ...VIEWS.map(({ name }, at) => ({ keys: [[`${at + 1}`]], does: name })),
  ...OTHERS,
];
