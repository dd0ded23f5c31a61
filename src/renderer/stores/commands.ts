/** What commands do: one table behind menu items, keys, buttons and the palette. */
import type { PanelName } from '../../contract/view';
import { COMMAND_LIST, commandOf, keysOf, typed, type Command, type Keys } from '../../contract/commands';
import { isProvisional } from '../logic/provisional';
import { capsOf, commandsOf, keyList } from '../logic/keyList';
import { viewOfKey } from '../logic/views';
import { appearance } from './theme.svelte';
import { messages } from './messages.svelte';
import { notebook } from './notebook.svelte';
import { shell } from './shell.svelte';
import { selection } from './selection.svelte';
import { studio } from './studio.svelte';
import { unitPages } from './unitPages.svelte';

interface Action {
  run(): void;
  /** Why it has no effect now; null where it has one. */
  refused?(): string | null;
}

async function openBy(purpose: 'model-file' | 'model-folder' | 'session'): Promise<void> {
  const file = await studio.program.choose(purpose);
  if (file) await studio.open(file);
}

/** A key or menu item leaves the focus where it is: what is typed there counts all the same. */
function takeField(): void {
  const field = document.activeElement;
  if (field instanceof HTMLInputElement && field.type !== 'search')
    field.dispatchEvent(new Event('change', { bubbles: true }));
}

const newWindow = (here: boolean): void =>
  void studio.program.guard(async () => {
    if (!(await studio.program.client.request('newWindow', { here })))
      messages.note('This model came with its session. Open the model itself in a new window.');
  });
const unless = (holds: boolean, reason: string): string | null => (holds ? null : reason);

const ACTIONS: Readonly<Record<Command, Action>> = {
  'new-window': { run: () => newWindow(false) },
  'new-window-here': { run: () => newWindow(true), refused: () => unless(studio.model.opened !== null, 'No model is open') }, // prettier-ignore
  'open-model': { run: () => void openBy('model-file') },
  'open-folder': { run: () => void openBy('model-folder') },
  'open-session': { run: () => void openBy('session') },
  'open-data': {
    run: () => void studio.chooseInputs(),
    refused: () => unless(studio.model.opened !== null, 'No model is open'),
  },
  save: { run: () => void studio.save(), refused: nothingToSave },
  'save-as': { run: () => void studio.save(true), refused: nothingToSave },
  'export-report': {
    run: () => void studio.program.guard(async () => (await import('../logic/report')).exportReport()),
    refused: () =>
      unless(
        !studio.runs.current.every(isProvisional) || notebook.notes.length + studio.judgements.all.length > 0,
        'No run is shown, and nothing is noted',
      ),
  },
  settings: { run: () => (shell.dialog = 'settings') },
  undo: {
    run: () => studio.model.undo(),
    refused: () => unless(studio.model.changes.canUndo, 'Nothing was changed yet'),
  },
  redo: { run: () => studio.model.redo(), refused: () => unless(studio.model.changes.canRedo, 'Nothing was undone') },
  run: {
    run: () => {
      takeField();
      if (studio.mayRun) void studio.run();
    },
    refused: () => (studio.jobs.running ? 'A run is under way' : studio.runRefusal),
  },
  enough: {
    run: () => void studio.jobs.enough(),
    refused: () => unless(studio.jobs.running?.rounds === true, 'No adaptive path has come to a first result'),
  },
  cancel: {
    run: () => void studio.jobs.cancel(),
    refused: () => unless(studio.jobs.running !== null, 'Nothing runs'),
  },
  palette: { run: () => (shell.dialog = 'palette') },
  find: {
    run: () => {
      shell.view = 'ranking';
      shell.findAsked++;
    },
    refused: () => unless(studio.runs.all.length > 0, 'Nothing was run yet'),
  },
  'set-up': { run: () => shell.toggleSetup() },
  maximise: { run: () => shell.maximise(panelOf(document.activeElement)) },
  theme: { run: () => void studio.program.changeSettings({ theme: appearance.theme === 'dark' ? 'light' : 'dark' }) },
  'example-before': { run: () => stepExample(-1), refused: severalExamples },
  'example-after': { run: () => stepExample(1), refused: severalExamples },
  pin: {
    run: () => selection.key && selection.togglePin(selection.key),
    refused: () => unless(selection.key !== null, 'No unit is selected'),
  },
  'take-out': {
    run: () => selection.key && studio.interventions.toggle(selection.key),
    refused: () => unless(selection.key !== null, 'No unit is selected') ?? studio.interventions.lacking,
  },
  'put-back': {
    run: () => studio.interventions.putAllBack(),
    refused: () => unless(studio.interventions.many > 0, 'No unit is out'),
  },
  keys: { run: () => (shell.dialog = 'keys') },
};

function nothingToSave(): string | null {
  const { runs, judgements } = studio;
  return unless(runs.own.length + judgements.all.length + notebook.notes.length > 0, 'Nothing was run or noted yet');
}

function severalExamples(): string | null {
  return unless(studio.runs.examples.length > 1, 'The shown runs have one example');
}

/** The panel that an element is in, as it says itself; the results where it is in none. */
const panelOf = (element: Element | null): PanelName =>
  (element?.closest<HTMLElement>('[data-panel]')?.dataset['panel'] as PanelName | undefined) ?? 'results';

/** Why a command has no effect now; null where it has one. */
export const refusalOf = (command: Command): string | null => ACTIONS[command].refused?.() ?? null;

/** Commands as buttons and menus call them: what is refused is not done. */
export const commands = Object.fromEntries(
  COMMAND_LIST.map(({ id }) => [id, () => refusalOf(id) === null && ACTIONS[id].run()]),
) as Readonly<Record<Command, () => void>>;

/** Commands that this host has. */
export const offered = (): typeof COMMAND_LIST => commandsOf(studio.program.client.host);

const isMac = (): boolean => /^Mac/.test(navigator.platform);

/** Keys as they stand on the keyboard, one after the other. */
export const caps = (keys: Keys): readonly string[] => capsOf(keys, isMac());

/** The keys of a command, as a tooltip names them; empty without. */
export const keyWords = (command: Command): string => {
  const [keys] = COMMAND_LIST.find(({ id }) => id === command)!.keys;
  return keys === undefined ? '' : caps(keys).join(' ');
};

/** All keys of this host and what they do, for the dialog. */
export const keysHere = (): ReturnType<typeof keyList> => keyList(studio.program.client.host, isMac());

const inField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('input, select, textarea, [contenteditable]');
/** What a text field does with these itself. */
const OF_FIELDS = new Set<Keys>(['Mod+Z', 'Mod+Shift+Z', 'Mod+Y']);

/** Global keys; those typed into a field belong to the field, and those that closed or moved something are answered. */
export function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || unitPages.onKey(event)) return;
  const keys = keysOf(event);
  // A dialog has the window to itself; what it does not use does nothing.
  if (shell.dialog || document.querySelector('dialog[open]')) return;
  if (keys === 'Escape') {
    if (studio.jobs.running) commands.cancel();
    else if (shell.maximised !== null) shell.maximise(shell.maximised);
    return;
  }
  if (inField(event.target) && (typed(keys) || OF_FIELDS.has(keys))) return;
  const view = typed(keys) ? viewOfKey(keys) : undefined;
  if (view) shell.view = view;
  const command = commandOf(event);
  if (!command || !offered().some(({ id }) => id === command)) return;
  event.preventDefault();
  commands[command]();
}

/** Shows the previous or next example of the shown runs. */
export function stepExample(step: 1 | -1): void {
  const list = studio.runs.examples;
  if (list.length === 0) return;
  const at = list.indexOf(selection.example);
  studio.model.look(list[(at + step + list.length) % list.length]!);
}
