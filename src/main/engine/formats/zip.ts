/** ZIP archives that may be hostile: nothing is unpacked beyond its declared, bounded size, and sums are checked. */
import { buf as crc32 } from 'crc-32';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { MhoError } from '../../../contract/errors';
import type { RegularFile } from './files';

export interface Archive {
  /** Entry name → its uncompressed size. */
  readonly sizes: ReadonlyMap<string, number>;
  /** @throws MODEL_DAMAGED, MODEL_TOO_LARGE */
  readonly read: (name: string, limit: number) => Promise<Buffer<ArrayBuffer>>;
  /**
   * Where an entry lies, for readers that need not hold all of it: in the archive itself where it is not packed, else as
   * `read`.
   * @throws MODEL_DAMAGED, MODEL_TOO_LARGE
   */
  readonly place: (name: string, limit: number) => Promise<Stretch | Buffer<ArrayBuffer>>;
  /** Writes an entry to a file that is not there yet. @throws MODEL_DAMAGED, MODEL_TOO_LARGE, and what writing throws */
  readonly extract: (name: string, limit: number, path: string) => Promise<void>;
}

/** Bytes of an open file. */
export interface Stretch {
  readonly fd: number;
  readonly offset: number;
  readonly size: number;
}

/** Bytes before the name in an entry's own header, which is followed by what the directory does not tell the length of. */
const HEADER = 30;
const PART = 2 ** 20;

/** Entries looked at; a model has a handful. */
const MOST_ENTRIES = 10_000;

/**
 * Reads the archive's directory.
 * @param file stays open as long as the archive is read, and is closed by whoever opened it
 * @param most entries that it may have
 * @throws MODEL_DAMAGED, MODEL_TOO_LARGE
 */
export async function openArchive(
  { path, handle, size: fileSize }: RegularFile,
  most = MOST_ENTRIES,
): Promise<Archive> {
  const damaged = (error: unknown): MhoError => {
    const reason = (error instanceof Error ? error.message : String(error)).replace(/\.+$/, '');
    return error instanceof MhoError ? error : new MhoError('MODEL_DAMAGED', { path, reason }, { cause: error });
  };
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    class Reader extends yauzl.RandomAccessReader {
      override _readStreamForRange(from: number, to: number): Readable {
        return Readable.from(parts(from, to), { objectMode: false });
      }
      #ahead = { from: 0, bytes: Buffer.alloc(0) };
      /** Headers, one after the other: read ahead, since a stream for each takes a millisecond. */
      override read(
        into: Buffer,
        offset: number,
        length: number,
        position: number,
        callback: (error: Error | null) => void,
      ): void {
        const { from, bytes } = this.#ahead;
        if (position >= from && position + length <= from + bytes.length) {
          bytes.copy(into, offset, position - from, position - from + length);
          setImmediate(callback, null);
          return;
        }
        const part = Buffer.allocUnsafe(Math.max(0, Math.min(Math.max(PART, length), fileSize - position)));
        handle.read(part, 0, part.length, position).then(
          ({ bytesRead }) => {
            this.#ahead = { from: position, bytes: part.subarray(0, bytesRead) };
            if (bytesRead < length) callback(damaged(`it ends after ${position + bytesRead} bytes`));
            else this.read(into, offset, length, position, callback);
          },
          (error: unknown) => callback(damaged(error)),
        );
      }
    }
    async function* parts(from: number, to: number): AsyncGenerator<Buffer> {
      for (let at = from; at < to;) {
        const part = Buffer.allocUnsafe(Math.min(PART, to - at));
        const { bytesRead } = await handle.read(part, 0, part.length, at);
        if (bytesRead === 0) throw damaged(`it ends after ${at} bytes`);
        yield part.subarray(0, bytesRead);
        at += bytesRead;
      }
    }
    yauzl.fromRandomAccessReader(new Reader(), fileSize, { lazyEntries: true, autoClose: false }, (error, file) =>
      error ? reject(damaged(error)) : resolve(file),
    );
  });
  try {
    const entries = await new Promise<Map<string, Entry>>((resolve, reject) => {
      const found = new Map<string, Entry>();
      zip.on('error', (error: unknown) => reject(damaged(error)));
      zip.on('end', () => resolve(found));
      zip.on('entry', (entry: Entry) => {
        if (found.size >= most) {
          const details = { path, what: 'the number of entries', have: `above ${most}`, limit: most };
          reject(new MhoError('MODEL_TOO_LARGE', details));
          return;
        }
        found.set(entry.fileName, entry);
        zip.readEntry();
      });
      zip.readEntry();
    });
    /** @throws what an entry declares beyond reason */
    const checked = (name: string, limit: number): Entry => {
      const entry = entries.get(name);
      if (!entry) throw damaged(`${name} is missing from it`);
      if (entry.isEncrypted()) throw damaged(`${name} is encrypted`);
      const size = entry.uncompressedSize;
      if (size > limit) throw new MhoError('MODEL_TOO_LARGE', { path, what: `the size of ${name}`, have: size, limit });
      // Deflate packs at most 1,032 to 1: more than that is no archive but a bomb.
      if (entry.compressedSize > fileSize || size > entry.compressedSize * 1032 + 64)
        throw damaged(`${name} declares ${size} bytes, more than the archive can hold`);
      return entry;
    };
    const wrongSum = (name: string): MhoError => damaged(`the check sum of ${name} does not match its content`);
    const read = async (name: string, limit: number): Promise<Buffer<ArrayBuffer>> => {
      const entry = checked(name, limit);
      const size = entry.uncompressedSize;
      const bytes = await new Promise<Buffer<ArrayBuffer>>((resolve, reject) => {
        zip.openReadStream(entry, (error, stream) => {
          if (error) {
            reject(damaged(error));
            return;
          }
          const whole = Buffer.allocUnsafe(size);
          let at = 0;
          stream.on('error', (fault: unknown) => reject(damaged(fault)));
          stream.on('data', (part: Buffer) => {
            part.copy(whole, at);
            at += part.length;
          });
          stream.on('end', () =>
            at === size ? resolve(whole) : reject(damaged(`${name} ends after ${at} of ${size} bytes`)),
          );
        });
      });
      if (crc32(bytes) >>> 0 !== entry.crc32) throw wrongSum(name);
      return bytes;
    };
    const extract = async (name: string, limit: number, path: string): Promise<void> => {
      const entry = checked(name, limit);
      const stream = await new Promise<Readable>((resolve, reject) => {
        zip.openReadStream(entry, (error, opened) => (error ? reject(damaged(error)) : resolve(opened)));
      });
      // Faults of reading are the archive's, those of writing are not.
      async function* read(from: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
        try {
          yield* from;
        } catch (error) {
          throw damaged(error);
        }
      }
      const out = await open(path, 'wx', 0o600);
      try {
        let [size, sum] = [0, 0];
        for await (const part of read(stream)) {
          size += part.length;
          sum = crc32(part, sum);
          await out.write(part);
        }
        if (size !== entry.uncompressedSize)
          throw damaged(`${name} ends after ${size} of ${entry.uncompressedSize} bytes`);
        if (sum >>> 0 !== entry.crc32) throw wrongSum(name);
      } finally {
        await out.close();
      }
    };
    const place = async (name: string, limit: number): Promise<Stretch | Buffer<ArrayBuffer>> => {
      const entry = checked(name, limit);
      const { uncompressedSize: size, compressionMethod, relativeOffsetOfLocalHeader: header } = entry;
      if (compressionMethod !== 0) return read(name, limit);
      const part = Buffer.allocUnsafe(PART);
      await handle.read(part, 0, HEADER, header);
      const offset = header + HEADER + part.readUInt16LE(26) + part.readUInt16LE(28);
      if (part.readUInt32LE(0) !== 0x04034b50 || size !== entry.compressedSize || offset + size > fileSize)
        throw damaged(`${name} does not lie where its directory says`);
      let sum = 0;
      for (let at = 0; at < size;) {
        const { bytesRead } = await handle.read(part, 0, Math.min(PART, size - at), offset + at);
        if (bytesRead === 0) throw damaged(`${name} ends after ${at} of ${size} bytes`);
        sum = crc32(part.subarray(0, bytesRead), sum);
        at += bytesRead;
      }
      if (sum >>> 0 !== entry.crc32) throw wrongSum(name);
      return { fd: handle.fd, offset, size };
    };
    return {
      sizes: new Map([...entries].map(([name, entry]) => [name, entry.uncompressedSize])),
      read,
      place,
      extract,
    };
  } catch (error) {
    throw damaged(error);
  }
}
