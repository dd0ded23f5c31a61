/** ZIP archives that may be hostile: nothing is unpacked beyond its declared, bounded size, and sums are checked. */
import { buf as crc32 } from 'crc-32';
import type { Entry, ZipFile } from 'yauzl';
import { MhoError } from '../../../contract/errors';

export interface Archive {
  /** Entry name → its uncompressed size. */
  readonly sizes: ReadonlyMap<string, number>;
  /** @throws MODEL_DAMAGED, MODEL_TOO_LARGE */
  readonly read: (name: string, limit: number) => Promise<Buffer>;
  readonly close: () => void;
}

/** Entries looked at; a model has a handful. */
const MOST_ENTRIES = 10_000;

/** Opens the archive and reads its directory. @throws MODEL_DAMAGED, MODEL_TOO_LARGE */
export async function openArchive(path: string, fileSize: number): Promise<Archive> {
  const { default: yauzl } = await import('yauzl');
  const damaged = (error: unknown): MhoError => {
    const reason = (error instanceof Error ? error.message : String(error)).replace(/\.+$/, '');
    return error instanceof MhoError ? error : new MhoError('MODEL_DAMAGED', { path, reason }, { cause: error });
  };
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    yauzl.open(path, { lazyEntries: true, autoClose: false }, (error, file) =>
      error ? reject(damaged(error)) : resolve(file),
    );
  });
  try {
    const entries = await new Promise<Map<string, Entry>>((resolve, reject) => {
      const found = new Map<string, Entry>();
      zip.on('error', (error: unknown) => reject(damaged(error)));
      zip.on('end', () => resolve(found));
      zip.on('entry', (entry: Entry) => {
        if (found.size >= MOST_ENTRIES) {
          const details = { path, what: 'the number of entries', have: `above ${MOST_ENTRIES}`, limit: MOST_ENTRIES };
          reject(new MhoError('MODEL_TOO_LARGE', details));
          return;
        }
        found.set(entry.fileName, entry);
        zip.readEntry();
      });
      zip.readEntry();
    });
    const read = async (name: string, limit: number): Promise<Buffer> => {
      const entry = entries.get(name);
      if (!entry) throw damaged(`${name} is missing from it`);
      if (entry.isEncrypted()) throw damaged(`${name} is encrypted`);
      const size = entry.uncompressedSize;
      if (size > limit) throw new MhoError('MODEL_TOO_LARGE', { path, what: `the size of ${name}`, have: size, limit });
      // Deflate packs at most 1,032 to 1: more than that is no archive but a bomb.
      if (entry.compressedSize > fileSize || size > entry.compressedSize * 1032 + 64)
        throw damaged(`${name} declares ${size} bytes, more than the archive can hold`);
      const bytes = await new Promise<Buffer>((resolve, reject) => {
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
      if (crc32(bytes) >>> 0 !== entry.crc32) throw damaged(`the check sum of ${name} does not match its content`);
      return bytes;
    };
    return {
      sizes: new Map([...entries].map(([name, entry]) => [name, entry.uncompressedSize])),
      read,
      close: () => zip.close(),
    };
  } catch (error) {
    zip.close();
    throw damaged(error);
  }
}
