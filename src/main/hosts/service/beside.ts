/** Writes what a user says about a model into the `mho.json` beside it; what else it holds stays. */
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BESIDE, besideFrom, LARGEST_BESIDE, type BesideModel } from '../../../contract/beside';
import { MhoError } from '../../../contract/errors';
import { FileFault, readRegular } from '../../engine/formats/files';
import { AS_OTHER_FILES, writeSafely } from '../../engine/sessions/write';

/**
 * @param model file or folder
 * @throws FILE_WRITE, also where what lies there is no JSON object: it is somebody's, and stays
 */
export async function keepBeside(model: string, said: Partial<BesideModel>): Promise<void> {
  const info = await stat(model).catch(() => null);
  const path = join(info?.isDirectory() ? model : dirname(model), BESIDE);
  const bytes = await readRegular(path, LARGEST_BESIDE).catch((error: unknown) => {
    if (error instanceof FileFault && error.trouble !== 'missing') throw unwritable(path, `it ${error.message}`, error);
    return null;
  });
  if (bytes && !besideFrom(bytes.toString('utf8'))) throw unwritable(path, 'what it holds is no JSON object');
  const before = bytes ? (JSON.parse(bytes.toString('utf8')) as object) : {};
  const text = `${JSON.stringify({ ...before, ...said }, null, 2)}\n`;
  await writeSafely(path, async (file) => void (await file.write(text)), AS_OTHER_FILES);
}

const unwritable = (path: string, reason: string, cause?: unknown): MhoError =>
  new MhoError('FILE_WRITE', { path, reason }, { cause });
