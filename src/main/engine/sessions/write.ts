/** Files that are either the old one or the whole new one, whatever happens while they are written. */
import { constants } from 'node:fs';
import { access, open, realpath, rename, rm, type FileHandle } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import { MhoError } from '../../../contract/errors';

const notWritten = (path: string, error: unknown): MhoError => {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'its folder does not exist',
    ENOTDIR: 'its folder is a file',
    EACCES: 'there is no permission to write there',
    EPERM: 'there is no permission to write there',
    EROFS: 'the disk is read-only',
    ENOSPC: 'the disk is full',
    EDQUOT: 'the quota is used up',
    EISDIR: 'it is a folder',
    EEXIST: 'it is a folder',
    ENOTEMPTY: 'it is a folder',
  };
  return new MhoError('FILE_WRITE', { path, reason: (code && reasons[code]) ?? message }, { cause: error });
};

/** Whether a file could be written there, asked before long work. @throws FILE_WRITE */
export async function checkWritable(path: string): Promise<void> {
  try {
    await access(dirname(resolve(path)), constants.W_OK | constants.X_OK);
    const file = await open(path, constants.O_WRONLY).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return null;
    });
    await file?.close();
  } catch (error) {
    throw notWritten(path, error);
  }
}

/**
 * Writes a file by way of a temporary one in the same folder: written, synced, renamed, and the folder synced, so that a
 * crash at any moment leaves the old file or the new one. A symbolic link stays one.
 * @throws FILE_WRITE; the temporary file is then gone. A MhoError of `write` is passed on.
 */
export async function writeSafely(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const place = await realpath(path).catch(() => resolve(path));
  const folder = dirname(place);
  const temporary = join(folder, `.${basename(place)}.${randomBytes(6).toString('hex')}.part`);
  let created = false;
  try {
    const file = await open(temporary, 'wx');
    created = true;
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, place);
    await syncFolder(folder);
  } catch (error) {
    if (created) await rm(temporary, { force: true });
    throw error instanceof MhoError ? error : notWritten(path, error);
  }
}

/** Makes a rename outlive a power cut. Windows cannot open folders, and some network disks cannot sync them. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
