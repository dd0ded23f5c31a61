/** Reads the `mho.json` beside a model, where there is one. */
import { join } from 'node:path';
import { BESIDE, besideFrom, LARGEST_BESIDE, type BesideModel } from '../../../contract/beside';
import { readRegular } from './files';

/**
 * @param folder that the model lies in
 * @param root outside which nothing is read
 * @returns null where there is none, or it cannot be understood
 */
export async function besideOf(folder: string, root: string): Promise<BesideModel | null> {
  const bytes = await readRegular(join(folder, BESIDE), LARGEST_BESIDE, root).catch(() => null); // not there, or no file
  return bytes && besideFrom(bytes.toString('utf8'));
}
