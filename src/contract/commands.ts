/**
 * What the window can be told to do, as one table: the system's menu, keys, the dialog of keys and the palette are made from
 * it. What a command does stands in `renderer/stores/commands.ts`, where the compiler asks for it.
 */

/** Keys as they are written: `Mod+Shift+P` (Ctrl, or ⌘ on a Mac), `F1`, `?`. */
export type Keys = string;

interface CommandRow {
  readonly id: string;
  /** Which of the system's menus it stands in; none for what is of no use there. */
  readonly menu: 'File' | 'Edit' | 'Run' | 'View' | 'Help' | null;
  readonly label: string;
  /** All do the same; the first one is told. */
  readonly keys: readonly Keys[];
  /** Another host has no way to do it. */
  readonly only?: 'electron';
  /** A line stands above it. */
  readonly line?: true;
}

export const COMMAND_ROWS = [
  { id: 'new-window', menu: 'File', label: 'New window', keys: ['Mod+N'], only: 'electron' },
  { id: 'new-window-here', menu: 'File', label: 'New window on this model', keys: ['Mod+Shift+N'], only: 'electron' },
  { id: 'open-model', menu: 'File', label: 'Open model…', keys: ['Mod+O'], line: true },
  { id: 'open-folder', menu: 'File', label: 'Open model folder…', keys: ['Mod+Shift+O'] },
  { id: 'open-session', menu: 'File', label: 'Open session…', keys: ['Mod+Alt+O'] },
  { id: 'open-data', menu: 'File', label: 'Open input data…', keys: ['Mod+D'] },
  { id: 'save', menu: 'File', label: 'Save the session', keys: ['Mod+S'], line: true },
  { id: 'save-as', menu: 'File', label: 'Save the session as…', keys: ['Mod+Shift+S'] },
  { id: 'export-report', menu: 'File', label: 'Export the report…', keys: ['Mod+E'] },
  { id: 'settings', menu: 'File', label: 'Settings…', keys: ['Mod+,'], line: true },
  { id: 'undo', menu: 'Edit', label: 'Undo the last change of the set-up', keys: ['Mod+Z'], line: true },
  { id: 'redo', menu: 'Edit', label: 'Redo the change of the set-up', keys: ['Mod+Shift+Z', 'Mod+Y'] },
  { id: 'run', menu: 'Run', label: 'Run', keys: ['Mod+Enter', 'F5'] },
  { id: 'enough', menu: 'Run', label: 'Enough: keep what the run has reached', keys: [] },
  { id: 'cancel', menu: 'Run', label: 'Cancel the run', keys: ['Escape', 'Mod+.'] },
  { id: 'palette', menu: 'View', label: 'Go to anything…', keys: ['Mod+K', 'F1', 'Mod+Shift+P', 'Mod+P'] },
  { id: 'find', menu: 'View', label: 'Search units', keys: ['Mod+F'] },
  { id: 'set-up', menu: 'View', label: 'Show or hide the set-up', keys: ['Mod+B'], line: true },
  { id: 'maximise', menu: 'View', label: 'Maximise the panel, or bring all back', keys: ['M'] },
  { id: 'theme', menu: 'View', label: 'Switch between light and dark colours', keys: [] },
  { id: 'example-before', menu: null, label: 'Previous example', keys: ['['] },
  { id: 'example-after', menu: null, label: 'Next example', keys: [']'] },
  { id: 'pin', menu: null, label: 'Pin the selected unit', keys: ['P'] },
  { id: 'take-out', menu: null, label: 'Take the selected unit out, or put it back', keys: ['X'] },
  { id: 'put-back', menu: null, label: 'Put all units back', keys: ['Shift+X'] },
  { id: 'keys', menu: 'Help', label: 'Keys', keys: ['?', 'Mod+/'] },
] as const satisfies readonly CommandRow[];

export type Command = (typeof COMMAND_ROWS)[number]['id'];
/** The table's rows as rows. */
export const COMMAND_LIST: readonly (CommandRow & { readonly id: Command })[] = COMMAND_ROWS;

/** A key that was pressed, as the table writes it. */
export interface Pressed {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** Keys that a press stands for: of a sign, such as `?`, Shift is a part. */
export function keysOf({ key, ctrlKey, metaKey, altKey, shiftKey }: Pressed): Keys {
  const letter = /^[a-z]$/i.test(key);
  const sign = key.length === 1 && !letter;
  return [
    ...(ctrlKey || metaKey ? ['Mod'] : []),
    ...(altKey ? ['Alt'] : []),
    ...(shiftKey && !sign ? ['Shift'] : []),
    letter ? key.toUpperCase() : key,
  ].join('+');
}

const BY_KEYS = new Map<Keys, Command>(COMMAND_LIST.flatMap(({ id, keys }) => keys.map((each) => [each, id] as const)));

/** The command of a key; undefined for any other. */
export const commandOf = (pressed: Pressed): Command | undefined => BY_KEYS.get(keysOf(pressed));

/** Whether keys are what a field takes as text, and so are the field's. */
export const typed = (keys: Keys): boolean => keys.length === 1;
