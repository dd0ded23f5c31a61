/** What token ids stand for, as files beside a model tell it: `mho.json`, a tokeniser's `vocab.txt` or `tokenizer.json`. */
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BESIDE, besideFrom } from '../../../contract/beside';
import { isRecord } from '../../../contract/records';
import { readRegular } from '../../engine/formats/files';

/** Bytes: a tokeniser of 250,000 tokens has some 20 MB. */
const LARGEST = 2 ** 25;
/** Ids: more are no vocabulary. */
const MOST = 2 ** 20;

/** @returns null where the text tells none */
type Reader = (text: string) => readonly string[] | null;

const ofJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** By id, of `token → id`; ids that no token has stand empty. */
function byId(entries: Iterable<readonly [token: string, id: unknown]>): string[] | null {
  const tokens: string[] = [];
  for (const [token, id] of entries)
    if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < MOST) tokens[id] = token;
  return tokens.length > 0 ? Array.from(tokens, (token: string | undefined) => token ?? '') : null;
}

/** Hugging Face's: `model.vocab` is `token → id`, or pairs of token and score in their order. */
export const tokenizerTokens: Reader = (text) => {
  const value = ofJson(text);
  const model = isRecord(value) ? value['model'] : null;
  const vocab = isRecord(model) ? model['vocab'] : null;
  if (Array.isArray(vocab)) return byId(vocab.flatMap((pair: unknown, id) => (Array.isArray(pair) && typeof pair[0] === 'string' ? [[pair[0], id] as const] : []))); // prettier-ignore
  return isRecord(vocab) ? byId(Object.entries(vocab)) : null;
};

/** A token on each line, in the order of ids. */
export const lineTokens: Reader = (text) => {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines.length > 0 && lines.length <= MOST ? lines : null;
};

const READERS: readonly (readonly [file: string, read: Reader])[] = [
  [BESIDE, (text) => besideFrom(text)?.vocabulary ?? null],
  ['vocab.txt', lineTokens],
  ['tokenizer.json', tokenizerTokens],
];

/** @param model file or folder @param ids how many there are @returns by id, no more than `ids`; empty where nothing tells */
export async function tokensBeside(model: string, ids: number): Promise<readonly string[]> {
  const info = await stat(model).catch(() => null);
  const folder = info?.isDirectory() ? model : dirname(model);
  for (const [file, read] of READERS) {
    const bytes = await readRegular(join(folder, file), LARGEST, folder).catch(() => null); // not there, or no file
    const tokens = bytes && read(bytes.toString('utf8'));
    if (tokens) return tokens.slice(0, ids);
  }
  return [];
}
