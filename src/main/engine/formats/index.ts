/** Opens a saved model, whatever format it is in. */
import { resolve } from 'node:path';
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
export const openModel = (
  path: string,
  { room = roomHere(), choices = {}, ...options }: OpenOptions = {},
): Promise<OpenedModel> => readInThread('model', { path: resolve(path), room, choices }, options);
