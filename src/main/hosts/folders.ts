/** Where the program's own folders are, for hosts that Electron does not tell; what a folder is called where it is shown. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds `out/` and `resources/`; bundled code may lie deeper than its source says. */
export function ownFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'resources', 'samples'))) return folder;
    if (folder === dirname(folder)) throw new Error('the folder of Mho is not complete: resources/samples is missing');
  }
}

/** Where `mho serve` keeps finished runs until they are saved: what must outlive a cache. */
export const stateFolder = (): string =>
  join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'mho');

/** The folder of a file: `~/models` rather than the whole path. */
export const shortFolder = (path: string): string => {
  const folder = dirname(path);
  return folder === homedir() || folder.startsWith(`${homedir()}/`) ? `~${folder.slice(homedir().length)}` : folder;
};
