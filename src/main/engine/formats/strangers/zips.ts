/** ZIP archives that hold no model of ours, by their entries. */
import type { Archive } from '../zip';
import { few, latin1, type Told } from './look';
import { inTorch } from './pickles';

/** Of a pickle that is looked into; the weights lie beside it. */
const LARGEST_PICKLE = 64 * 2 ** 20;

const isProgram = (name: string): boolean => /(?:^|\/)(?:archive_format|serialized_exported_program\.json)$/.test(name);

/** Whether an archive is PyTorch's own: files in it may be called as those of other models. */
export const isTorchArchive = (names: readonly string[]): boolean =>
  names.some((name) => isProgram(name) || /(?:^|\/)data\.pkl$/.test(name));

export async function inZip({ sizes, read }: Archive): Promise<Told> {
  const names = [...sizes.keys()];
  const ends = (end: string): string | undefined => names.find((name) => name === end || name.endsWith(`/${end}`));
  if (names.some(isProgram)) return { name: 'torchProgram' };
  const pickle = ends('data.pkl');
  if (pickle !== undefined) {
    if (ends('constants.pkl') !== undefined || names.some((name) => /(?:^|\/)code\//.test(name)))
      return { name: 'torchScript' };
    const bytes = await read(pickle, LARGEST_PICKLE).catch(() => null);
    return bytes ? inTorch(latin1(bytes)) : { name: 'torchWeights' };
  }
  if (names.length > 0 && names.every((name) => name.endsWith('.npy'))) return { name: 'numpy' };
  if (sizes.has('manifest.json') && names.some((name) => name.endsWith('.npy'))) return { name: 'session' };
  if (sizes.has('coefficients.bin')) return { name: 'java', about: 'Deeplearning4j' };
  if (sizes.has('model.ini')) return { name: 'java', about: 'H2O' };
  if (sizes.has('schema.json') && names.every((name) => /^(?:schema\.json|.+\.(?:npy|npz|bin|json))$/.test(name)))
    return { name: 'skops' };
  const files = names.filter((name) => !name.endsWith('/'));
  return files.length > 0 ? { name: 'zip', about: few(files) } : { name: 'empty' };
}
