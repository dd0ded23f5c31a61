/** NumPy arrays out of a ZIP archive, counted before they are unpacked and again before they become float32. */
import type { NumericArray } from '../../../contract/attribution';
import type { Archive } from '../formats/zip';
import type { Allowance } from './allowance';
import { backedHeader, readNpy, readWideNpy, type WideArray } from './npy';

/**
 * @param name with its `.npy`
 * @param limit bytes of the entry
 * @throws NpyFault, TooLarge, and what the archive throws
 */
export const readNpyEntry = (
  archive: Archive,
  name: string,
  limit: number,
  allowance: Allowance,
): Promise<NumericArray> => withEntry(archive, name, limit, allowance, (bytes) => readCounted(bytes, allowance));

/** The same for float32 and float64 that keep their precision. */
export const readWideNpyEntry = (
  archive: Archive,
  name: string,
  limit: number,
  allowance: Allowance,
): Promise<WideArray> =>
  withEntry(archive, name, limit, allowance, (bytes) => {
    allowance.take(Float64Array.BYTES_PER_ELEMENT * backedHeader(bytes).count);
    return readWideNpy(bytes);
  });

/** Lets an entry's bytes go once they are read. */
async function withEntry<Read>(
  archive: Archive,
  name: string,
  limit: number,
  allowance: Allowance,
  read: (bytes: Uint8Array) => Read,
): Promise<Read> {
  const size = archive.sizes.get(name) ?? 0;
  allowance.take(size);
  const result = read(await archive.read(name, limit));
  allowance.give(size);
  return result;
}

/** The array that bytes hold: what numpy stores in one byte takes four. @throws NpyFault, TooLarge */
export function readCounted(bytes: Uint8Array, allowance: Allowance): NumericArray {
  const { count, fortran } = backedHeader(bytes);
  allowance.take(Float32Array.BYTES_PER_ELEMENT * count * (fortran ? 2 : 1));
  const array = readNpy(bytes);
  if (array.lost) allowance.take(array.lost.byteLength);
  if (fortran) allowance.give(Float32Array.BYTES_PER_ELEMENT * count);
  return array;
}
