/** Variables of a SavedModel: an index of names, and their numbers in shards beside it. */
import { join } from 'node:path';
import { buf as crc32c } from 'crc-32/crc32c';
import { MhoError } from '../../../../contract/errors';
import type { RegularFile } from '../files';
import { openPart, type Reading, readInto, readPart } from '../source';
import { type HostArray, product } from '../tensors/array';
import { fromBytes, sizesOf, TensorflowFault, widthOf } from '../tensorflow/node';
import { BundleEntry, BundleHeader, ObjectGraph } from '../tensorflow/proto';
import { readTable } from './table';

const LARGEST_INDEX = 2 ** 28;
const ABSENT = 'it is missing';
const OBJECT_GRAPH = '_CHECKPOINTABLE_OBJECT_GRAPH';

export interface Checkpoint {
  /** Keys of its tensors by the names of the variables, where the file tells. */
  readonly byName: ReadonlyMap<string, string>;
  /** The same by the object's place among all that were saved, which is the same in the graph's file. */
  readonly byObject: readonly (string | undefined)[];
  /** @throws MODEL_DAMAGED */
  readonly tensor: (key: string) => HostArray | null;
}

/**
 * Reads the checkpoint in a folder (`variables/`).
 * @throws MODEL_DAMAGED, MODEL_WEIGHTS_SHORT, MODEL_TOO_LARGE, MODEL_LINK, MODEL_NOT_FILE
 */
export async function readCheckpoint(folder: string, reading: Reading): Promise<Checkpoint> {
  const index = join(folder, 'variables.index');
  const file = await readPart(index, reading, LARGEST_INDEX, ABSENT).catch((error: unknown) => {
    if (error instanceof MhoError && error.details['reason'] === ABSENT) return null; // a model without variables
    throw error;
  });
  if (!file) return { byName: new Map(), byObject: [], tensor: () => null };
  const { entries, shards } = guarded(index, () => {
    const table = readTable(file, reading.budget);
    const header = BundleHeader.decode(table.get('') ?? new Uint8Array());
    if (header.endianness !== 0) throw new TensorflowFault('numbers written big end first');
    table.delete('');
    return {
      entries: new Map([...table].map(([key, value]) => [key, BundleEntry.decode(value)] as const)),
      shards: header.shards,
    };
  });

  const files = new Map<number, RegularFile>();
  const bytes = new Map<string, Uint8Array>();
  reading.expect([...entries.values()].reduce((sum, { size }) => sum + size, 0));
  try {
    for (const [key, entry] of entries) {
      // A tensor in slices has its parts under other keys; what an optimiser remembers is no weight.
      if (entry.slices.length || key.includes('.OPTIMIZER_SLOT')) continue;
      const path = join(folder, `variables.data-${five(entry.shard)}-of-${five(shards)}`);
      if (!(entry.shard >= 0 && entry.shard < shards))
        throw new MhoError('MODEL_DAMAGED', {
          path: index,
          reason: `${key} lies in shard ${entry.shard} of ${shards}`,
        });
      const shard = files.get(entry.shard) ?? (await openPart(path, reading, 'this weight file is missing'));
      files.set(entry.shard, shard);
      const { size } = shard;
      if (!(entry.offset >= 0 && entry.size >= 0 && entry.offset + entry.size <= size))
        throw new MhoError('MODEL_WEIGHTS_SHORT', { path, have: size, want: entry.offset + entry.size });
      reading.budget.take(entry.size + EACH);
      const part = new Uint8Array(entry.size);
      const bytesRead = await readInto(shard, part, entry.offset, reading);
      if (bytesRead < entry.size)
        throw new MhoError('MODEL_WEIGHTS_SHORT', {
          path,
          have: entry.offset + bytesRead,
          want: entry.offset + entry.size,
        });
      bytes.set(key, part);
    }
  } finally {
    for (const shard of files.values()) await shard.close();
  }

  const tensor = (key: string): HostArray | null => {
    const entry = entries.get(key);
    const part = bytes.get(key);
    if (!entry || !part) return null;
    return guarded(index, () => {
      if (entry.crc !== 0 && masked(crc32c(part)) !== entry.crc)
        throw new TensorflowFault(`the sum of ${key} is wrong`);
      const shape = sizesOf(entry.shape);
      const width = widthOf(entry.dtype);
      if (width === null || shape.some((size) => size < 0) || product(shape) * width !== entry.size)
        throw new TensorflowFault(`${key} of shape [${shape.join(', ')}] holds ${entry.size} bytes`);
      reading.budget.take(8 * product(shape));
      return fromBytes(part, entry.dtype, shape);
    });
  };
  return { ...guarded(index, () => keysOf(bytes.get(OBJECT_GRAPH))), tensor };
}

const five = (number: number): string => String(number).padStart(5, '0');
/** What an array takes beside its bytes. */
const EACH = 256;

/** Sums are stored rotated, so that a sum of sums stays one (LevelDB's crc32c). */
const masked = (sum: number): number => ((((sum >>> 15) | (sum << 17)) >>> 0) + 0xa282ead8) >>> 0;

/** A string tensor of one: its length, the sum of it, then the text. */
function keysOf(stored: Uint8Array | undefined): Pick<Checkpoint, 'byName' | 'byObject'> {
  if (!stored) return { byName: new Map(), byObject: [] };
  let at = 0;
  while (at < stored.length && (stored[at]! & 0x80) !== 0) at++;
  const { nodes } = ObjectGraph.decode(stored.subarray(at + 1 + 4));
  const byName = new Map<string, string>();
  for (const { attributes } of nodes)
    for (const { fullName, key } of attributes) if (fullName !== '' && !byName.has(fullName)) byName.set(fullName, key);
  const byObject = nodes.map(({ attributes }) => (attributes.length === 1 ? attributes[0]!.key : undefined));
  return { byName, byObject };
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof MhoError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new MhoError('MODEL_DAMAGED', { path, reason }, { cause: error });
  }
}
