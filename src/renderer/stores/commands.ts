/** What menu items and keys do: the same as the window's own buttons. */
import type { Command } from '../../contract/studio';
import { sentence } from '../logic/format';
import { VIEWS, viewOfKey } from '../logic/views';
import { shell } from './shell.svelte';
import { selection } from './selection.svelte';
import { studio } from './studio.svelte';
import { unitPages } from './unitPages.svelte';

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

export const commands: Readonly<Record<Command, () => void>> = {
  'open-model': () => void openBy('model-file'),
  'open-folder': () => void openBy('model-folder'),
  'open-session': () => void openBy('session'),
  'open-data': () => void studio.chooseInputs(),
  save: () => void studio.save(),
  'save-as': () => void studio.save(true),
  'export-report': () => void studio.program.guard(async () => (await import('../logic/report')).exportReport()),
  run: () => {
    takeField();
    if (studio.mayRun) void studio.run();
  },
  cancel: () => void studio.jobs.cancel(),
  find: () => {
    shell.view = 'ranking';
    shell.findAsked++;
  },
  settings: () => (shell.dialog = 'settings'),
  keys: () => (shell.dialog = 'keys'),
};

/** Keys that work everywhere; views have their own besides. Shown by the keys dialog. */
export const KEYS: readonly { readonly keys: string; readonly does: string }[] = [
  { keys: 'Ctrl Enter', does: 'Run' },
  { keys: 'Esc', does: 'Close a dialog, or cancel the run' },
  { keys: 'Ctrl F', does: 'Search units' },
  { keys: 'Ctrl O', does: 'Open a model' },
  { keys: 'Ctrl S', does: 'Save the session' },
  {
    keys: VIEWS.map((_, at) => at + 1).join(' '),
    does: sentence(VIEWS.map(({ name }) => name.toLowerCase()).join(', ')),
  },
  { keys: 'Arrows', does: 'Move in the graph, the ranking, the examples' },
  { keys: 'Enter', does: 'Select; open or close a group; in the ranking: the unit’s page' },
  { keys: 'Alt ← →', does: 'Back and forward between units’ pages; Esc returns to the results' },
  { keys: 'P', does: 'Pin the selected unit' },
  { keys: '+ − 0', does: 'Zoom the graph in, out, to fit' },
  { keys: '[ ]', does: 'Previous, next example' },
  { keys: '?', does: 'These keys' },
];

/** Global keys; those typed into a field belong to the field, and those that closed or moved something are answered. */
export function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || unitPages.onKey(event)) return;
  const modified = event.ctrlKey || event.metaKey;
  const command = modified
    ? ({ Enter: 'run', f: 'find', o: 'open-model', s: event.shiftKey ? 'save-as' : 'save' } as const)[
        event.key.length === 1 ? event.key.toLowerCase() : event.key
      ]
    : undefined;
  if (command) {
    event.preventDefault();
    commands[command]();
    return;
  }
  if (modified || event.altKey) return;
  if (event.key === 'Escape' && !shell.dialog && studio.jobs.running) return commands.cancel();
  if (event.target instanceof HTMLElement && event.target.matches('input, select, textarea')) return;
  const view = viewOfKey(event.key);
  if (event.key === '?') commands.keys();
  else if (view) shell.view = view;
  else if (event.key === '[' || event.key === ']') stepExample(event.key === ']' ? 1 : -1);
}

/** Shows the previous or next example of the shown runs. */
export function stepExample(step: 1 | -1): void {
  const list = studio.runs.examples;
  if (list.length === 0) return;
  const at = list.indexOf(selection.example);
  studio.model.look(list[(at + step + list.length) % list.length]!);
}
