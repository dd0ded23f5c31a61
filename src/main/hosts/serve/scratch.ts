/**
 * Where uploads and downloads lie while the server runs: a folder of its own for each page, in one that tells whose it is,
 * so that what a killed server left is removed by the next.
 */
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { MhoError } from '../../../contract/errors';
import { LARGEST_UPLOAD } from '../../../contract/wire';
import { alive, ownerOf } from '../service/recovery';
import { UPLOADS } from './limits';

const PREFIX = 'mho-serve-';
/** Inside such a folder. */
const OWNER = 'owner.json';
const ownerSchema = z.object({ pid: z.number().int(), began: z.string().nullable() });

/** Folders of servers that are gone; only this user's own, and no link to elsewhere. */
async function sweep(parent: string): Promise<void> {
  const names = (await readdir(parent)).filter((name) => name.startsWith(PREFIX));
  await Promise.all(
    names.map(async (name) => {
      const path = join(parent, name);
      try {
        const found = await lstat(path);
        if (!found.isDirectory() || found.uid !== (process.getuid?.() ?? found.uid)) return;
        const owner = ownerSchema.parse(JSON.parse(await readFile(join(path, OWNER), 'utf8')));
        if (!alive(owner)) await rm(path, { recursive: true, force: true });
      } catch {
        // one that is just being made, or none of ours
      }
    }),
  );
}

/** A name that a file may have, for any name that a page may give; its ending stays. */
export const fileName = (given: string): string => {
  const name = basename(given.replaceAll('\\', '/')).replaceAll('\0', '');
  return ['', '.', '..'].includes(name) ? 'file' : Buffer.from(name).subarray(-200).toString().replaceAll('\ufffd', '');
};

export class Scratch {
  /** Bytes of uploads, by page. */
  readonly #held = new Map<string, number>();

  private constructor(readonly path: string) {}

  /** @throws SERVER_FOLDER where there is no temporary folder that can be written to */
  static async make(parent = tmpdir()): Promise<Scratch> {
    try {
      await sweep(parent);
      const path = await realpath(await mkdtemp(join(parent, PREFIX)));
      await writeFile(join(path, OWNER), JSON.stringify(ownerOf(process.pid)));
      return new Scratch(path);
    } catch (error) {
      throw new MhoError('SERVER_FOLDER', { path: parent, reason: (error as Error).message }, { cause: error });
    }
  }

  /** A new folder for something of a page. */
  async folder(page: string): Promise<string> {
    const path = join(this.path, page, randomBytes(9).toString('hex'));
    await mkdir(path, { recursive: true });
    return path;
  }

  /**
   * Takes an upload in, as it comes.
   * @param signal ends it when its page is gone
   * @returns its path
   * @throws FILE_WRITE; nothing of it is left then
   */
  async receive(page: string, name: string, content: Readable, signal: AbortSignal): Promise<string> {
    let size = 0;
    const counted = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        size += chunk.length;
        const held = (this.#held.get(page) ?? 0) + chunk.length;
        this.#held.set(page, held);
        const all = [...this.#held.values()].reduce((sum, each) => sum + each, 0);
        if (size > LARGEST_UPLOAD) done(new Error(`it is larger than ${LARGEST_UPLOAD} bytes`));
        else if (all > UPLOADS.bytes) done(new Error(`all uploads together are larger than ${UPLOADS.bytes} bytes`));
        else done(null, chunk);
      },
    });
    let folder: string | null = null;
    try {
      folder = await this.folder(page);
      const path = join(folder, fileName(name));
      await pipeline(content, counted, createWriteStream(path, { flags: 'wx' }), { signal });
      return path;
    } catch (error) {
      this.#held.set(page, (this.#held.get(page) ?? 0) - size);
      if (folder) await rm(folder, { recursive: true, force: true });
      throw new MhoError('FILE_WRITE', { path: fileName(name), reason: (error as Error).message }, { cause: error });
    }
  }

  /** All that is a page's. */
  async removePage(page: string): Promise<void> {
    this.#held.delete(page);
    await rm(join(this.path, page), { recursive: true, force: true });
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true, force: true });
  }
}
