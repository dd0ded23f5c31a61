/** The system's dialogs. */
import { dialog, type BrowserWindow, type FileFilter } from 'electron';
import { ENDINGS, type FileKind, SESSION_FORMAT } from '../../contract/formats';
import type { Params } from '../../contract/studio';

const everything: FileFilter = { name: 'All files', extensions: ['*'] };
const filter = (name: string, kind: FileKind): FileFilter => ({
  name,
  extensions: ENDINGS[kind].map((ending) => ending.slice(1)),
});
export const SESSION_FILES = filter(`${SESSION_FORMAT.name}s`, 'session');
const filters: Readonly<Record<string, FileFilter[]>> = {
  'model-file': [filter('Models', 'model'), everything],
  session: [SESSION_FILES],
};
const titles: Readonly<Record<Params<'chooseFile'>['purpose'], string>> = {
  'model-file': 'Open a model',
  'model-folder': 'Open a model folder',
  session: 'Open a session',
};

/** Several files at once; empty when the user closed it. */
export async function chooseData(window: BrowserWindow): Promise<readonly string[]> {
  const { canceled, filePaths } = await dialog.showOpenDialog(window, {
    title: 'Open data',
    properties: ['openFile', 'multiSelections'],
    filters: [filter('Data', 'data'), everything],
  });
  return canceled ? [] : filePaths;
}

/** Null when the user closed it. */
export async function chooseFile(
  window: BrowserWindow,
  purpose: Params<'chooseFile'>['purpose'],
): Promise<string | null> {
  const { canceled, filePaths } = await dialog.showOpenDialog(window, {
    title: titles[purpose],
    properties: [purpose === 'model-folder' ? 'openDirectory' : 'openFile'],
    filters: filters[purpose] ?? [],
  });
  return canceled ? null : (filePaths[0] ?? null);
}

/** Null when the user closed it. Asks before an existing file is replaced. */
export async function chooseNewFile(window: BrowserWindow, name: string, filter: FileFilter): Promise<string | null> {
  const { canceled, filePath } = await dialog.showSaveDialog(window, {
    defaultPath: name,
    filters: [filter],
    properties: ['showOverwriteConfirmation', 'createDirectory'],
  });
  if (canceled || !filePath) return null;
  const [ending] = filter.extensions;
  return filePath.toLowerCase().endsWith(`.${ending}`) ? filePath : `${filePath}.${ending}`;
}

/** What to do with unsaved runs. */
export async function askUnsaved(window: BrowserWindow, title: string): Promise<'save' | 'discard' | 'stay'> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'warning',
    message: `Save the session of ${title}?`,
    detail: 'Runs and notes that are in no file are lost if you do not save.',
    buttons: ['Save', 'Don’t Save', 'Cancel'],
    defaultId: 0,
    cancelId: 2,
    noLink: true,
  });
  return (['save', 'discard', 'stay'] as const)[response] ?? 'stay';
}
