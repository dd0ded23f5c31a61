/** Saves what was computed, somewhere: a run of hours is not lost for a disk that filled up meanwhile. */
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { MhoError } from '../../../contract/errors';
import type { Session } from '../../../contract/session';
import { saveSession } from '../../engine/sessions';
import { stateFolder } from '../folders';

export interface Saved {
  /** Where it is; null when it could be kept nowhere. */
  readonly path: string | null;
  /** Why it is not where it was asked for; null when it is. */
  readonly fault: MhoError | null;
}

/** Saves a session where it was asked for, else where the program keeps things, else where anybody does. */
export async function saveSomewhere(out: string, session: Session): Promise<Saved> {
  const fault = await faultOf(out, session);
  return fault ? saveElsewhere(out, session, fault) : { path: out, fault };
}

/** @param fault why it cannot be saved where it was asked for */
export async function saveElsewhere(out: string, session: Session, fault: MhoError): Promise<Saved> {
  const name = `unsaved-${new Date().toISOString().replace(/[:.]/g, '-')}-${basename(out).slice(0, 80)}`;
  for (const folder of [join(stateFolder(), 'unsaved'), tmpdir()]) {
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch(() => undefined);
    const path = join(folder, name);
    if (!(await faultOf(path, session))) return { path, fault };
  }
  return { path: null, fault };
}

const faultOf = (path: string, session: Session): Promise<MhoError | null> =>
  saveSession(path, session).then(
    () => null,
    (error: MhoError) => error,
  );
