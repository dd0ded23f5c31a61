/** The reader of sessions. It has a thread of its own: models would wait for the schemas and the arithmetic that it loads. */
import type { Session } from '../../../contract/session';
import { readSession } from '../sessions/read';
import type { Reader } from './reader';

export const sessions = {
  session: (({ path, room }, tell) => readSession(path, tell.onDisk, room)) satisfies Reader<
    { path: string; room?: number },
    Session
  >,
};
