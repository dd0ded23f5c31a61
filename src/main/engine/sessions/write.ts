/** Files that are either the old one or the whole new one, whatever happens while they are written. */
import { constants, type Stats } from 'node:fs';
import { access, open, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
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
    ENXIO: 'it is a pipe or a device',
    ENAMETOOLONG: 'its name is too long',
    EMFILE: 'this program may open no more files',
    ENFILE: 'this machine may open no more files',
  };
  return new MhoError('FILE_WRITE', { path, reason: (code && reasons[code]) ?? message }, { cause: error });
};

const reasoned = (code: string): Error => Object.assign(new Error(code), { code });

/** Whether a file could be written there, asked before long work. Never waits for the other end of a pipe. @throws FILE_WRITE */
export async function checkWritable(path: string): Promise<void> {
  try {
    await access(dirname(resolve(path)), constants.W_OK | constants.X_OK);
    if (Buffer.byteLength(basename(path)) > LONGEST_NAME) throw reasoned('ENAMETOOLONG');
    const file = await open(path, constants.O_WRONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return null;
    });
    if (!file) return;
    const isFile = await file.stat().then((info) => info.isFile());
    await file.close();
    if (!isFile) throw reasoned('ENXIO');
  } catch (error) {
    throw notWritten(path, error);
  }
}

export interface Access {
  /** Mode of a file that was not there; by default nobody else may read it: sessions hold what models and data are. */
  readonly fresh?: number;
  /** Whether a file that was there keeps its mode and owner. */
  readonly kept?: boolean;
}

/** What a table or a picture gets that the user exports: as the umask says. */
export const AS_OTHER_FILES: Access = { fresh: 0o666 };

/**
 * Writes a file by way of a temporary one in the same folder: written, synced, renamed, and the folder synced, so that a
 * crash at any moment leaves the old file or the new one. A symbolic link stays one; a pipe or a device is refused.
 * @throws FILE_WRITE; the temporary file is then gone. A MhoError of `write` is passed on.
 */
export async function writeSafely(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  { fresh = 0o600, kept = true }: Access = {},
): Promise<void> {
  const place = await realpath(path).catch(() => resolve(path));
  const folder = dirname(place);
  const temporary = join(folder, temporaryName(basename(place)));
  let created = false;
  try {
    const before = await stat(place).catch(() => null);
    if (before && !before.isFile()) throw reasoned(before.isDirectory() ? 'EISDIR' : 'ENXIO');
    // Until it has the mode it is to have, nobody else can open it.
    const file = await open(temporary, 'wx', before ? 0o600 : fresh);
    created = true;
    try {
      await write(file);
      if (before) await (kept ? keepAccess(file, before) : file.chmod(fresh));
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

/** Bytes of a name on every file system in use. */
const LONGEST_NAME = 255;

/** Hidden, beside the file, its own; of a long name only the beginning. */
function temporaryName(name: string): string {
  const ending = `.${randomBytes(6).toString('hex')}.part`;
  const room = LONGEST_NAME - 1 - ending.length;
  let kept = name;
  while (Buffer.byteLength(kept) > room) kept = [...kept].slice(0, -1).join('');
  return `.${kept}${ending}`;
}

/** Owner, group and mode as they were. Whoever cannot give a file to its group gives nobody in another one more than before. */
async function keepAccess(file: FileHandle, { mode, uid, gid }: Stats): Promise<void> {
  const made = await file.stat();
  const given =
    (made.uid === uid && made.gid === gid) ||
    (await file.chown(uid, gid).then(
      () => true,
      () => false,
    ));
  await file.chmod(mode & (given || made.gid === gid ? 0o777 : 0o707));
}

/** Makes a rename outlive a power cut. Windows cannot open folders, and some network disks cannot sync them. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
