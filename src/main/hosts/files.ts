/** Files by token: a window may ask only for what the user picked in it. */
import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { MhoError } from '../../contract/errors';
import type { FileRef } from '../../contract/studio';
import { shortFolder } from './folders';

export class Grants {
  readonly #paths = new Map<string, string>();

  grant(path: string, kind: FileRef['kind']): FileRef {
    const file = randomBytes(16).toString('hex');
    this.#paths.set(file, path);
    return { file, name: basename(path), where: shortFolder(path), kind };
  }

  /** @throws FILE_NOT_GRANTED */
  path(token: string): string {
    const path = this.#paths.get(token);
    if (path === undefined) throw new MhoError('FILE_NOT_GRANTED');
    return path;
  }

  /** The tokens among a request's parameters, with their paths. @throws FILE_NOT_GRANTED */
  of(params: unknown): Record<string, string> {
    const { file, files } = params as { file?: unknown; files?: unknown };
    const tokens = [file, ...(Array.isArray(files) ? (files as unknown[]) : [])].filter((token) => typeof token === 'string'); // prettier-ignore
    return Object.fromEntries(tokens.map((token) => [token, this.path(token)]));
  }
}

export const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => null)) !== null;
