/** NumPy arrays out of a ZIP archive, counted before they are unpacked and again before they become float32. */
import type { NumericArray } from '../../../contract/attribution';
import type { Archive } from '../formats/zip';
import type { Allowance } from './allowance';
import { backedHeader, readNpy } from './npy';

/**
 * @param name with its `.npy`
 * @param limit bytes of the entry
 * @throws NpyFault, TooLarge, and what the archive throws
 */
export async function readNpyEntry(
  archive: Archive,
  name: string,
  limit: number,
  allowance: Allowance,
): Promise<NumericArray> {
  const size = archive.sizes.get(name) ?? 0;
  allowance.take(size);
  const bytes = await archive.read(name, limit);
  const array = readCounted(bytes, allowance);
  allowance.give(size);
  return array;
}

/** The array that bytes hold: what numpy stores in one byte takes four. @throws NpyFault, TooLarge */
export function readCounted(bytes: Uint8Array, allowance: Allowance): NumericArray {
  const { count, fortran } = backedHeader(bytes);
  allowance.take(Float32Array.BYTES_PER_ELEMENT * count * (fortran ? 2 : 1));
  const array = readNpy(bytes);
  if (fortran) allowance.give(Float32Array.BYTES_PER_ELEMENT * count);
  return array;
}
