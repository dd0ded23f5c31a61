/** How large what stands in a session may be. A file that somebody else made can declare anything. */
import { TooLarge } from '../data/allowance';

export const MANIFEST = 'manifest.json';
/** Bytes; the writer keeps to it as well. */
export const LARGEST_MANIFEST = 2 ** 28;
/** One array; numpy's and JavaScript's buffers hold no more everywhere. */
export const LARGEST_ARRAY = 2 ** 31;
/** Four for each layer of each run, beside the inputs. */
export const MOST_ARRAYS = 2 ** 18;

/**
 * Bytes of what a run's adaptive paths go on from, before they are packed: a small network's of many examples, and nothing like
 * the 130 MB of a deep one. What is beyond is walked anew.
 */
export const MOST_SAVED = 8 * 2 ** 20;

/** Lists and objects of the manifest: a run of a layer has eight. */
const MOST_LISTS = 2 ** 21;
/** Values in them. */
const MOST_VALUES = 2 ** 24;

/** Bytes that JSON takes once it is parsed and checked, by what announces them: a list or object, a key, a further value. */
const LIST = 200;
const KEY = 100;
const VALUE = 50;

/**
 * Bytes that the manifest will take in memory beside its text, told by its text alone.
 * @throws TooLarge
 */
export function extentOf(json: Uint8Array): number {
  let lists = 0;
  let keys = 0;
  let values = 1;
  let quoted = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (quoted && byte === 0x5c) at++;
    else if (byte === 0x22) quoted = !quoted;
    else if (quoted) continue;
    else if (byte === 0x5b || byte === 0x7b) lists++;
    else if (byte === 0x3a) keys++;
    else if (byte === 0x2c) values++;
  }
  if (lists > MOST_LISTS) throw new TooLarge(`the number of lists in ${MANIFEST}`, lists, MOST_LISTS);
  if (values > MOST_VALUES) throw new TooLarge(`the number of values in ${MANIFEST}`, values, MOST_VALUES);
  return LIST * lists + KEY * keys + VALUE * values;
}
