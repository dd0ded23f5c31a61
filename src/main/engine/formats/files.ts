/**
 * The only way in which files of a user's choice, and files that those name, are read. They may come from strangers: links
 * lead nowhere but where they are allowed to, and what is no regular file (a pipe, a device) is refused without waiting for it.
 */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';

/** Why a file is not read. Whoever knows what the file is for turns it into an error of the catalogue. */
export type FileTrouble = 'missing' | 'folder' | 'special' | 'outside' | 'large' | 'unreadable';

export class FileFault extends Error {
  constructor(
    readonly path: string,
    readonly trouble: FileTrouble,
    /** Ends a sentence that begins with the path: `is a pipe, not a file`. */
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A file that is open for reading, whatever happens to its name. */
export interface RegularFile {
  /** As it was given, for messages. */
  readonly path: string;
  readonly handle: FileHandle;
  readonly size: number;
  readonly modifiedMs: number;
  /** The same for all names of one file. */
  readonly identity: string;
  readonly close: () => Promise<void>;
}

/** What a name stands for. @param root as for `openRegular` @throws FileFault */
export async function placeOf(path: string, root: string | null = null): Promise<{ real: string; info: Stats }> {
  try {
    const real = await realpath(path);
    if (root !== null && !isInside(await realpath(root), real))
      throw new FileFault(path, 'outside', `is a link that leads out of ${root}`);
    return { real, info: await lstat(real) };
  } catch (error) {
    throw faultOf(path, error);
  }
}

/** Whether a resolved path lies in a resolved folder, at any depth. */
function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/**
 * Opens a regular file.
 * @param root folder that the file must lie in when all links are resolved; null where the user named the file itself
 * @throws FileFault
 */
export async function openRegular(path: string, root: string | null = null): Promise<RegularFile> {
  const { real, info } = await placeOf(path, root);
  refuseSpecial(path, info); // some devices act on being opened
  const handle = await open(
    real,
    // Between the look and the opening a pipe may have come in its place: it must not be waited for, nor a link followed.
    constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0) | (constants.O_NOCTTY ?? 0),
  ).catch((error: unknown) => {
    throw faultOf(path, error);
  });
  try {
    const opened = await handle.stat();
    refuseSpecial(path, opened);
    const { size, mtimeMs, dev, ino } = opened;
    return { path, handle, size, modifiedMs: mtimeMs, identity: `${dev}:${ino}`, close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw faultOf(path, error);
  }
}

/** A whole file. @param most bytes that it may have @throws FileFault */
export async function readRegular(
  path: string,
  most: number,
  root: string | null = null,
): Promise<Buffer<ArrayBuffer>> {
  const file = await openRegular(path, root);
  try {
    if (file.size > most) throw new FileFault(path, 'large', `has ${file.size} bytes, more than the limit of ${most}`);
    const bytes = Buffer.from(new ArrayBuffer(file.size));
    let at = 0;
    while (at < bytes.length) {
      const { bytesRead } = await file.handle.read(bytes, at, Math.min(LARGEST_READ, bytes.length - at), at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes.subarray(0, at);
  } catch (error) {
    throw faultOf(path, error);
  } finally {
    await file.close();
  }
}

/** What one read may ask of the system. */
const LARGEST_READ = 2 ** 30;

function refuseSpecial(path: string, info: Stats): void {
  if (info.isFile()) return;
  if (info.isDirectory()) throw new FileFault(path, 'folder', 'is a folder, not a file');
  const kind = info.isFIFO() ? 'a pipe' : info.isSocket() ? 'a socket' : 'a device';
  throw new FileFault(path, 'special', `is ${kind}, not a file`);
}

function faultOf(path: string, error: unknown): FileFault {
  if (error instanceof FileFault) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const options = { cause: error };
  if (code === 'ENOENT' || code === 'ENOTDIR') return new FileFault(path, 'missing', 'does not exist', options);
  if (code === 'ELOOP') return new FileFault(path, 'missing', 'is a link that leads nowhere', options);
  if (code === 'EMFILE' || code === 'ENFILE')
    return new FileFault(
      path,
      'unreadable',
      'cannot be opened: no more files may be open at once (ulimit -n)',
      options,
    );
  return new FileFault(path, 'unreadable', `cannot be read: ${message}`, options);
}
