/** Runs of other sessions, to compare with: they are no part of the document, and their numbers are still in their file. */
import { asMhoError, MhoError, type MhoFault } from '../../../../contract/errors';
import type { ModelSummary } from '../../../../contract/model';
import type { Engine } from '../engine';
import type { StoredRun } from '../records';
import { storedRuns, type GuestPlace } from './session';

/** A run that is read, of which model, and where in which session file it is. */
export interface Placed {
  readonly path: string;
  readonly place: number;
  readonly run: StoredRun;
  readonly describes: ModelSummary;
}

/** A session of which guests are not there any more. */
export interface MissingGuests {
  readonly path: string;
  readonly runs: number;
  /** What keeps it from being read; null where it holds other runs by now. */
  readonly fault: MhoFault | null;
}

interface Guest extends Omit<GuestPlace, 'id'> {
  /** Null where it was not read yet, or was put away: read where somebody wants it. */
  run: StoredRun | null;
  /** The model that it is of; null before it was read. */
  describes: ModelSummary | null;
  /** Its file goes with this document: nobody finds it again. */
  readonly passing?: true;
}

export class Guests {
  readonly #guests = new Map<string, Guest>();

  constructor(
    private readonly engine: Pick<Engine, 'openSession'>,
    private readonly signal: AbortSignal,
  ) {}

  /** Takes in runs of session files. @param passes whether such a file goes with this document */
  take(placed: readonly Placed[], passes: (path: string) => boolean = () => false): void {
    for (const { path, place, run, describes } of placed)
      this.#guests.set(run.id, {
        ...{ path, place, run, describes, created: run.created },
        ...(passes(path) && { passing: true }),
      });
  }

  /** Takes in guests of a document that is opened again: they are read when somebody wants them. */
  expect(guests: readonly GuestPlace[]): void {
    for (const { id, ...guest } of guests) this.#guests.set(id, { ...guest, run: null, describes: null });
  }

  /** Where these are found again; those that are none, or will not be there, are left out. */
  placesOf(ids: readonly string[]): readonly GuestPlace[] {
    return ids.flatMap((id) => {
      const guest = this.#guests.get(id);
      return guest && !guest.passing ? [{ id, path: guest.path, place: guest.place, created: guest.created }] : [];
    });
  }

  /**
   * These guests, each session read once.
   * @returns those that are there, and their models; and of which sessions some are not
   */
  async read(
    ids: readonly string[],
  ): Promise<{ runs: StoredRun[]; models: ReadonlySet<ModelSummary>; missing: MissingGuests[] }> {
    const wanted = ids.flatMap((id) => (this.#guests.has(id) ? [[id, this.#guests.get(id)!] as const] : []));
    const missing: MissingGuests[] = [];
    for (const path of new Set(wanted.flatMap(([, guest]) => (guest.run ? [] : guest.path)))) {
      const away = wanted.filter(([, guest]) => guest.path === path && guest.run === null);
      const read = await this.engine.openSession(path, { signal: this.signal }).catch(asMhoError);
      if (read instanceof MhoError) missing.push({ path, runs: away.length, fault: read.fault });
      else {
        const there = storedRuns(read);
        for (const [id, guest] of away) [guest.run, guest.describes] = [runAt(there, id, guest), read.model];
        const lost = away.filter(([, { run }]) => run === null).length;
        if (lost > 0) missing.push({ path, runs: lost, fault: null });
      }
    }
    const models = new Set(wanted.flatMap(([, { run, describes }]) => (run && describes) ?? []));
    return { runs: wanted.flatMap(([, { run }]) => run ?? []), models, missing };
  }

  /** Lets go of a guest's numbers. @throws HANDLE_UNKNOWN */
  forget(id: string): void {
    this.#guest(id).run = null;
  }

  /** @throws HANDLE_UNKNOWN, also where its file does not hold it any more; SESSION_…, OPENING_CANCELLED */
  async get(id: string): Promise<StoredRun> {
    const guest = this.#guest(id);
    if (guest.run) return guest.run;
    const read = await this.engine.openSession(guest.path, { signal: this.signal });
    [guest.run, guest.describes] = [runAt(storedRuns(read), id, guest), read.model];
    if (!guest.run) throw new MhoError('HANDLE_UNKNOWN', { what: 'run', id });
    return guest.run;
  }

  /** With the model that it is of. @throws as `get` */
  async whole(id: string): Promise<{ readonly run: StoredRun; readonly describes: ModelSummary }> {
    const run = await this.get(id);
    return { run, describes: this.#guest(id).describes! };
  }

  #guest(id: string): Guest {
    const guest = this.#guests.get(id);
    if (!guest) throw new MhoError('HANDLE_UNKNOWN', { what: 'run', id });
    return guest;
  }
}

/** A guest among the runs of its session; null where another run is at its place by now. */
function runAt(runs: readonly StoredRun[], id: string, { place, created }: Guest): StoredRun | null {
  const found = runs[place];
  return found?.created === created ? { ...found, id } : null;
}
