/** What is copied of a run: its numbers, the command that repeats it, the Python that reads it. */
import type { RunRecord } from '../../contract/studio';
import { pythonLines } from '../../contract/words/python';
import { runForms } from '../logic/copies';
import type { MenuItem } from '../logic/menus';
import { isProvisional } from '../logic/provisional';
import { copyMenu } from './contextMenu.svelte';
import { studio } from './studio.svelte';

/** Where a run stands in the session's file; null where it is in none. */
function pythonOf(run: RunRecord): string | null {
  const { document, runs } = studio;
  const place = runs.own.findIndex((own) => own.run === run.run);
  if (!document?.session || document.dirty || place < 0) return null;
  const { where, name } = document.session;
  return pythonLines(`${where === '/' ? '' : where}/${name}`, place, runs.nameOf(run));
}

/** The items of its menu. */
export function runCopies(run: RunRecord): readonly MenuItem[] {
  const own = studio.runs.own.includes(run) && !isProvisional(run);
  const python = pythonOf(run);
  const command = () => studio.program.client.request('runCommand', { run: run.run });
  return copyMenu({ ...runForms(run, studio.runs.nameOf(run)), ...(own && { command, python: python ?? '' }) }).map(
    (item) =>
      item.label === 'Copy as Python' && python === null ? { ...item, refused: 'Save the session first' } : item,
  );
}
