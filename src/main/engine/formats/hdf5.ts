/**
 * HDF5 files that may be hostile. The library is the HDF Group's own, compiled to WebAssembly: it runs on a copy in
 * memory and sees no other file, so links out of the file lead nowhere. What a file declares is checked against its
 * size before anything is allocated.
 */
import type { ready as H5Ready, Metadata } from 'h5wasm';
import { MhoError } from '../../../contract/errors';

type H5Module = Awaited<typeof H5Ready>;

export interface StoredArray {
  readonly shape: readonly number[];
  /** As float32, whatever number type it is stored in. @throws MODEL_DAMAGED */
  readonly read: () => Float32Array;
}

export interface Hdf5File {
  /** Names in a group, in the file's order; none where there is no such group. */
  readonly names: (group: string) => string[];
  /** A text attribute, or a list of texts; null where it is absent. */
  readonly text: (object: string, attribute: string) => string | null;
  readonly texts: (object: string, attribute: string) => string[] | null;
  /** An array of numbers; null where there is none of that name. */
  readonly array: (path: string) => StoredArray | null;
  readonly close: () => void;
}

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Whether bytes begin as HDF5 does. */
export const isHdf5 = (head: Uint8Array): boolean => SIGNATURE.every((byte, index) => head[index] === byte);

/** Deflate packs at most 1,032 to 1. */
const PACKED_AT_MOST = 1032;
/** Above this one array is taken as damage. */
const LARGEST_ARRAY = 4 * 2 ** 30;

let files = 0;

/**
 * Opens a file held in memory; the bytes are used in place and must not change.
 * @param path for messages
 * @throws MODEL_DAMAGED
 */
export async function openHdf5(bytes: Uint8Array, path: string): Promise<Hdf5File> {
  const { ready } = await import('h5wasm');
  const module: H5Module = await ready;
  module.activate_throwing_error_handler(); // else the library writes its faults to the terminal
  const damaged = (reason: string, cause?: unknown): MhoError =>
    new MhoError('MODEL_DAMAGED', { path, reason }, { cause });
  /** Whatever the library throws, WebAssembly traps included, is damage of the file. */
  const guarded = <T>(what: string, work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (error instanceof MhoError) throw error;
      throw damaged(`its ${what} is not readable`, error);
    }
  };

  const name = `/model${files++}.h5`;
  // `canOwn` saves a second copy of the file.
  (module.FS as unknown as { writeFile(path: string, data: Uint8Array, options: object): void }).writeFile(
    name,
    bytes,
    {
      canOwn: true,
    },
  );
  let file = -1n;
  const close = (): void => {
    try {
      if (file >= 0n) module.close_file(file);
      module.FS.unlink(name);
    } catch {
      // A file too damaged to close is dropped with the module's memory.
    }
  };
  try {
    file = guarded('structure', () => module.open(name, module.H5F_ACC_RDONLY, false, -1, -1));
    if (file < 0n) throw damaged('it does not have the structure of an HDF5 file');
  } catch (error) {
    close();
    throw error;
  }

  const boundedBytes = (metadata: Metadata, what: string): number => {
    const declared = (metadata.shape ?? []).reduce((product, size) => product * size, 1) * metadata.size;
    const limit = Math.min(LARGEST_ARRAY, metadata.chunks ? bytes.length * PACKED_AT_MOST : bytes.length);
    if (!(declared >= 0 && declared <= limit))
      throw damaged(`${what} declares ${declared} bytes, more than the file can hold`);
    return declared;
  };

  /** Raw bytes out of the module's memory. */
  const copied = (size: number, fill: (pointer: bigint) => number): Uint8Array => {
    const pointer = module._malloc(Math.max(size, 1));
    if (pointer === 0) throw damaged(`there is not enough memory for ${size} bytes of it`);
    try {
      if (fill(BigInt(pointer)) < 0) throw damaged('a part of it is missing');
      return module.HEAPU8.slice(pointer, pointer + size);
    } finally {
      module._free(pointer);
    }
  };

  const attribute = (object: string, wanted: string): string[] | null =>
    guarded(`attribute ${wanted}`, () => {
      if (!module.get_attribute_names(file, object).includes(wanted)) return null;
      const metadata = module.get_attribute_metadata(file, object, wanted);
      if (metadata.type !== module.H5T_class_t.H5T_STRING.value) return [];
      const size = boundedBytes(metadata, `attribute ${wanted}`);
      const pointer = module._malloc(Math.max(size, 1));
      if (pointer === 0) throw damaged(`there is not enough memory for attribute ${wanted}`);
      try {
        if (module.get_attribute_data(file, object, wanted, BigInt(pointer)) < 0)
          throw damaged(`its attribute ${wanted} is not readable`);
        const raw = module.HEAPU8.slice(pointer, pointer + size);
        if (metadata.vlen) {
          const texts = Array.from(new Uint32Array(raw.buffer), (each) => (each ? module.UTF8ToString(each) : ''));
          module.reclaim_vlen_memory(file, object, wanted, BigInt(pointer));
          return texts;
        }
        const count = metadata.size ? size / metadata.size : 0;
        return Array.from({ length: count }, (_, index) => {
          const part = raw.subarray(index * metadata.size, (index + 1) * metadata.size);
          const end = part.indexOf(0);
          return new TextDecoder().decode(end < 0 ? part : part.subarray(0, end));
        });
      } finally {
        module._free(pointer);
      }
    });

  return {
    close,
    names: (group) =>
      guarded(`group ${group}`, () =>
        module.get_type(file, group) === module.H5G_GROUP ? module.get_names(file, group, false) : [],
      ),
    text: (object, wanted) => attribute(object, wanted)?.[0] ?? null,
    texts: (object, wanted) => {
      const whole = attribute(object, wanted);
      if (whole) return whole;
      // Keras parts attributes above 64 kB: `layer_names0`, `layer_names1` …
      const parts: string[] = [];
      for (let index = 0; ; index++) {
        const part = attribute(object, `${wanted}${index}`);
        if (!part) return index ? parts : null;
        parts.push(...part);
      }
    },
    array: (arrayPath) =>
      guarded(`array ${arrayPath}`, () => {
        if (module.get_type(file, arrayPath) !== module.H5G_DATASET) return null;
        const metadata = module.get_dataset_metadata(file, arrayPath);
        const size = boundedBytes(metadata, arrayPath);
        return {
          shape: metadata.shape ?? [],
          read: () =>
            guarded(`array ${arrayPath}`, () => {
              const raw = copied(size, (at) => module.get_dataset_data(file, arrayPath, null, null, null, at));
              const numbers = asFloats(raw, metadata, module);
              if (!numbers) throw damaged(`${arrayPath} does not hold numbers`);
              return numbers;
            }),
        };
      }),
  };
}

/** Numbers of any stored type as float32; null for what is no number. */
function asFloats(
  raw: Uint8Array,
  { type, size, signed, littleEndian }: Metadata,
  module: H5Module,
): Float32Array | null {
  const isFloat = type === module.H5T_class_t.H5T_FLOAT.value;
  if (!isFloat && type !== module.H5T_class_t.H5T_INTEGER.value) return null;
  const { buffer, byteOffset, byteLength } = raw;
  if (isFloat && size === 4 && littleEndian) return new Float32Array(buffer, byteOffset, byteLength / 4);
  const view = new DataView(buffer, byteOffset, byteLength);
  const read = isFloat ? floatReader(view, size, littleEndian) : integerReader(view, size, signed, littleEndian);
  return read && Float32Array.from({ length: byteLength / size }, (_, index) => read(index * size));
}

function floatReader(view: DataView, size: number, little: boolean): ((at: number) => number) | null {
  if (size === 8) return (at) => view.getFloat64(at, little);
  if (size === 4) return (at) => view.getFloat32(at, little);
  return size === 2 ? (at) => fromHalf(view.getUint16(at, little)) : null;
}

function integerReader(
  view: DataView,
  size: number,
  signed: boolean,
  little: boolean,
): ((at: number) => number) | null {
  if (size === 1) return (at) => (signed ? view.getInt8(at) : view.getUint8(at));
  if (size === 2) return (at) => (signed ? view.getInt16(at, little) : view.getUint16(at, little));
  if (size === 4) return (at) => (signed ? view.getInt32(at, little) : view.getUint32(at, little));
  return size === 8 ? (at) => Number(signed ? view.getBigInt64(at, little) : view.getBigUint64(at, little)) : null;
}

/** A half-precision number (IEEE 754 binary16) from its bits. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
