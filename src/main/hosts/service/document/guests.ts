/** Runs of other sessions, to compare with: they are no part of the document, and their numbers are still in their file. */
import { MhoError } from '../../../../contract/errors';
import type { Session } from '../../../../contract/session';
import type { Engine } from '../engine';
import type { StoredRun } from '../records';
import { storedRuns } from './session';

interface Guest {
  readonly path: string;
  readonly place: number;
  readonly created: string;
  /** Null once it was put away: read again where somebody wants it back. */
  run: StoredRun | null;
}

export class Guests {
  readonly #guests = new Map<string, Guest>();

  constructor(
    private readonly engine: Pick<Engine, 'openSession'>,
    private readonly signal: AbortSignal,
  ) {}

  /** Takes in the runs of a session file. */
  take(path: string, session: Session): readonly StoredRun[] {
    const runs = storedRuns(session);
    for (const [place, run] of runs.entries()) this.#guests.set(run.id, { path, place, created: run.created, run });
    return runs;
  }

  /** Lets go of a guest's numbers. @throws HANDLE_UNKNOWN */
  forget(id: string): void {
    this.#guest(id).run = null;
  }

  /** @throws HANDLE_UNKNOWN, also where its file does not hold it any more; SESSION_…, OPENING_CANCELLED */
  async get(id: string): Promise<StoredRun> {
    const guest = this.#guest(id);
    if (guest.run) return guest.run;
    const found = storedRuns(await this.engine.openSession(guest.path, { signal: this.signal }))[guest.place];
    if (found?.created !== guest.created) throw new MhoError('HANDLE_UNKNOWN', { what: 'run', id });
    guest.run = { ...found, id };
    return guest.run;
  }

  #guest(id: string): Guest {
    const guest = this.#guests.get(id);
    if (!guest) throw new MhoError('HANDLE_UNKNOWN', { what: 'run', id });
    return guest;
  }
}
