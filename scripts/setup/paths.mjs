/** Where things are. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The clone this script belongs to. */
export const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));

/** The per-user cache that all clones share. */
export const cache = () =>
  resolve(process.env.MHO_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'mho'));

/** The npm package whose JavaScript drives native TensorFlow, and where it expects the native files. */
export const bindingPackage = (clone = root) => join(clone, 'node_modules/@tensorflow/tfjs-node-gpu');

/** What native set-up came to, for `mho backends`. */
export const nativeRecord = (clone = root) => join(clone, 'node_modules/.mho/native.json');
