/** Opens a saved model, whatever format it is in. */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { OpeningChoices } from '../../../contract/opening';
import { readInThread, type ReadingOptions } from '../reading';
import { roomHere } from './budget';
import type { OpenedModel } from './recognise';

export type { OpenedModel };

export interface OpenOptions extends ReadingOptions {
  /** Bytes that the model may take when it is open; else what the machine has for it. */
  readonly room?: number;
  readonly choices?: OpeningChoices;
}

/**
 * Opens a model file, or the model in a folder.
 * @throws MhoError MODEL_*, OPENING_CANCELLED
 */
export async function openModel(
  path: string,
  { room = roomHere(), choices = {}, ...options }: OpenOptions = {},
): Promise<OpenedModel> {
  const scratch = join(tmpdir(), `mho-${randomUUID()}`);
  try {
    return await readInThread('model', { path: resolve(path), room, choices, scratch }, options);
  } finally {
    // The thread may have been ended at any time.
    await rm(scratch, { recursive: true, force: true });
  }
}
