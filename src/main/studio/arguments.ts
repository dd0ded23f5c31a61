/** What the program was started with: files from a command line or the system, a link to a unit, or `--sample NAME`. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { FileRef } from '../../contract/studio';
import { kindByEnding } from '../../contract/formats';
import { linkIn } from '../../contract/unitLink';

export type Opens =
  | { readonly path: string; readonly kind: FileRef['kind'] }
  | { readonly sample: string }
  | { readonly link: string }
  | null;

/**
 * What each window opens with: one window per file, an empty one without any.
 * @param words what follows the program (and, unless packaged, the app's folder); switches of Chromium are passed over
 * @param folder paths are relative to
 */
export function opensWith(words: readonly string[], folder: string): readonly Opens[] {
  const found: Opens[] = [];
  for (const [place, word] of words.entries()) {
    if (word === '--sample' && /^[\w-]+$/.test(words[place + 1] ?? '')) found.push({ sample: words[place + 1]! });
    if (word.startsWith('-') || words[place - 1] === '--sample') continue;
    found.push(linkIn(word) ? { link: word } : opensPath(resolve(folder, word)));
  }
  return found.length > 0 ? found : [null];
}

/** A folder is a model, whatever it is called; a file that is not there is told so when it is opened. */
export function opensPath(path: string): Opens {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const kind = isFolder ? 'model' : kindByEnding(path);
  return { path, kind: kind === 'data' ? 'model' : kind };
}

/** The words after the program and the app's folder. */
export const ownWords = (argv: readonly string[], packaged: boolean): readonly string[] => {
  const words = argv.slice(1);
  if (packaged) return words;
  const app = words.findIndex((word) => !word.startsWith('-'));
  return app < 0 ? [] : words.slice(app + 1);
};
