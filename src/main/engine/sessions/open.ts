/** Opens a session. */
import type { Session } from '../../../contract/session';
import { type Cancel, readInThread } from '../reading';

export interface OpenSessionOptions extends Cancel {
  /** Bytes that it may take in memory; else what the machine has, and no more than a file of its size can mean. */
  readonly room?: number;
}

/**
 * A session, with everything that ranking, comparing and exporting need; the model's file is not looked for.
 * @throws SESSION_NOT_FOUND, SESSION_DAMAGED, SESSION_NEWER, SESSION_TOO_LARGE, FILE_SLOW, OPENING_CANCELLED, and nothing else
 */
export const openSession = (path: string, { room, ...cancel }: OpenSessionOptions = {}): Promise<Session> =>
  readInThread('session', { path, ...(room !== undefined && { room }) }, cancel);
