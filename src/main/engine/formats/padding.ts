/** Which token id is padding, as files beside a model tell it: what Hugging Face writes, or a `mho.json` of the user's own. */
import { basename, dirname, join } from 'node:path';
import { isRecord } from '../../../contract/records';
import { readRegular } from './files';

/** Bytes; tokenizers' files of many added tokens are some megabytes. */
const LARGEST = 2 ** 23;
const FILES = ['mho.json', 'config.json', 'generation_config.json', 'tokenizer_config.json'];
/** Exports lie in a folder of their own inside that of the model. */
const INNER = 'onnx';

/**
 * @param folder that the model lies in
 * @param root outside which nothing is read
 * @returns null where nothing tells
 */
export async function paddingBeside(folder: string, root: string): Promise<number | null> {
  const folders = basename(folder) === INNER && folder !== root ? [folder, dirname(folder)] : [folder];
  for (const each of folders)
    for (const file of FILES) {
      const told = paddingOf(await jsonOf(join(each, file), root));
      if (told !== null) return told;
    }
  return null;
}

async function jsonOf(path: string, root: string): Promise<unknown> {
  try {
    return JSON.parse((await readRegular(path, LARGEST, root)).toString('utf8')) as unknown;
  } catch {
    return null; // not there, or none of ours to complain about
  }
}

/** `pad_token_id`; else the id of the added token that `pad_token` names. */
export function paddingOf(value: unknown): number | null {
  if (!isRecord(value)) return null;
  const id = value['pad_token_id'];
  if (typeof id === 'number' && Number.isSafeInteger(id) && id >= 0) return id;
  const token = isRecord(value['pad_token']) ? value['pad_token']['content'] : value['pad_token'];
  const added = value['added_tokens_decoder'];
  if (typeof token !== 'string' || !isRecord(added)) return null;
  const found = Object.entries(added).find(([, each]) => isRecord(each) && each['content'] === token)?.[0];
  return found !== undefined && /^\d{1,9}$/.test(found) ? Number(found) : null;
}
