/** What is copied of a run: its numbers, the command that repeats it, the Python that reads it. */
import type { RunRecord } from '../../contract/studio';
import { runForms } from '../logic/copies';
import type { MenuItem } from '../logic/menus';
import { isProvisional } from '../logic/provisional';
import { copyMenu } from './contextMenu.svelte';
import { studio } from './studio.svelte';

/** The Python that reads a run out of its session's file; one of this document that is not in it yet is saved first. */
async function pythonOf(run: RunRecord): Promise<string | null> {
  const { runs, program } = studio;
  const name = runs.nameOf(run);
  if (isUnsaved(run)) await studio.save();
  if (isUnsaved(run)) return null; // the user thought better of it, or was told why not
  return program.client.request('runPython', { run: run.run, name });
}
const isUnsaved = (run: RunRecord): boolean => {
  const { document, runs } = studio;
  return runs.own.includes(run) && (!document?.session || document.dirty);
};

/** The items of its menu. */
export function runCopies(run: RunRecord): readonly MenuItem[] {
  const forms = runForms(run, studio.runs.nameOf(run));
  if (isProvisional(run)) return copyMenu(forms);
  const command = () => studio.program.client.request('runCommand', { run: run.run });
  const items = copyMenu({ ...forms, command, python: () => pythonOf(run) });
  const { fileless, dataName } = run.asked;
  return items.map((item) => {
    if (item.label === 'Copy as Python' && isUnsaved(run)) return { ...item, detail: 'saves the session first' };
    if (item.label === 'Copy as command' && fileless && dataName !== studio.model.data?.name)
      return { ...item, refused: `No file is known that its ${fileless} came from` };
    return item;
  });
}
