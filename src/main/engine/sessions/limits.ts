/** How large what stands in a session may be. A file that somebody else made can declare anything. */
import { totalmem } from 'node:os';

export const MANIFEST = 'manifest.json';
export const LARGEST_MANIFEST = 2 ** 28;
/** Lists and objects of the manifest: a run of a layer has five; each takes some 100 bytes once it is parsed, a bracket two in the text. */
export const MOST_LISTS = 2 ** 21;
/** Values in them. */
export const MOST_VALUES = 2 ** 24;
/** One array; numpy's and JavaScript's buffers hold no more everywhere. */
export const LARGEST_ARRAY = 2 ** 31;
/** All arrays together. */
export const largestSession = (): number => Math.min(2 ** 33, Math.floor(totalmem() / 2));
