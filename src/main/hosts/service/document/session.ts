/** A document's session file: which one, whether anybody else has it open, and what its runs are. */
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { MhoError } from '../../../../contract/errors';
import type { ModelSummary } from '../../../../contract/model';
import type { Session } from '../../../../contract/session';
import type { DataSource } from '../../../../contract/setup';
import { guestPlace, viewOf, withData, type SessionView } from '../../../../contract/view';
import { givenName, madeName } from '../../../../contract/words/runs';
import type { StoredRun } from '../records';
import type { Stamp } from '../recovery';
import { newId } from './ids';

export interface SessionFile {
  readonly path: string;
  /** As it was written or read; null where it was gone right after that. */
  readonly stamp: Stamp | null;
}

export const stampOf = async (path: string): Promise<Stamp | null> => {
  const info = await stat(path).catch(() => null);
  return info && { size: info.size, modified: info.mtimeMs };
};

/** Null for a file that is not there. */
export const sameStamp = (a: Stamp | null, b: Stamp | null): boolean =>
  a?.size === b?.size && a?.modified === b?.modified;

/** Where a file is or would be, whatever links lead there: by it two windows know that they mean the same file. */
export const placeOf = (path: string): Promise<string> =>
  realpath(path).catch(async () => {
    const folder = await realpath(dirname(path)).catch(() => dirname(path));
    return join(folder, basename(path));
  });

/** Which document has which session file: a file is one document's from the moment that it begins to open or write it. */
export class SessionPlaces {
  readonly #documents = new Map<string, { readonly document: string; claims: number }>();

  /** @returns what gives the claim up again @throws SESSION_OPEN_ELSEWHERE */
  claim(path: string, document: string): () => void {
    const held = this.#documents.get(path) ?? { document, claims: 0 };
    if (held.document !== document) throw new MhoError('SESSION_OPEN_ELSEWHERE', { path });
    this.#documents.set(path, held);
    held.claims++;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      if (--held.claims === 0) this.#documents.delete(path);
    };
  }
}

/** The runs of a session file, as runs to be held. */
export const storedRuns = (session: Session): StoredRun[] =>
  session.runs.map((run) => {
    const { question, label, ...result } = run;
    return {
      id: newId(),
      result,
      question: session.questions[question]!,
      model: session.model.hash,
      name: givenName(result, label?.name),
      note: label?.note ?? '',
      created: label?.created ?? session.created,
      job: label?.job ?? '',
      aside: label?.aside,
      trace: [],
    };
  });

/** Where a run of another session is found again. */
export interface GuestPlace {
  readonly id: string;
  readonly path: string;
  readonly place: number;
  readonly created: string;
}

/** Data as a session file names them, and the handle that they go by here. */
export interface DataPlace {
  readonly id: string;
  readonly source: DataSource;
  readonly digest: string;
}

/** Another session, as a session names it: local, and called as sessions are. */
const isSession = (path: string): boolean => /\.mho$/i.test(path) && !/^(\\\\|\/\/)/.test(path);

/** A view as a session file holds it, by the places of its runs and data. @param places of its own runs */
function viewToFile(
  view: SessionView,
  places: ReadonlyMap<string, string>,
  guests: readonly GuestPlace[],
  data: readonly DataPlace[],
): SessionView {
  const files = new Map(data.map(({ id }, at) => [id, String(at)]));
  const all = new Map([...places, ...guests.map(({ id }, at) => [id, guestPlace(at)] as const)]);
  return {
    ...withData(
      viewOf(view, (run) => all.get(run)),
      (id) => files.get(id),
    ),
    dataFiles: data.map(({ source, digest }) => ({ source, digest })),
    ...(guests.length > 0 && { guestFiles: guests.map(({ path, place, created }) => ({ path, place, created })) }),
  };
}

/**
 * The view that a session file holds, by ids; where its guests are: beside the file, if a session of that name is there; and what
 * data it names, by the handles that they are to have.
 * @param ids of the file's own runs
 */
export async function viewFromFile(
  { guestFiles = [], dataFiles = [], ...view }: SessionView,
  ids: readonly string[],
  file: string,
): Promise<{
  readonly view: SessionView;
  readonly guests: readonly GuestPlace[];
  readonly data: readonly DataPlace[];
}> {
  const called = new Map(ids.map((id, place) => [String(place), id]));
  const guests: GuestPlace[] = [];
  for (const [at, guest] of guestFiles.entries()) {
    const beside = join(dirname(file), basename(guest.path));
    const path = (await stampOf(beside)) ? beside : guest.path;
    if (!isSession(path) || !isAbsolute(path)) continue;
    guests.push({ ...guest, path, id: newId() });
    called.set(guestPlace(at), guests.at(-1)!.id);
  }
  const data = dataFiles.map((each) => ({ ...each, id: newId() }));
  const own = viewOf(view, (place) => called.get(place));
  return { view: withData(own, (place) => data[Number(place)]?.id), guests, data };
}

/**
 * @param view how its window shows them, by their ids
 * @param guests of the view, with where they are
 * @throws NOTHING_OPEN where there is neither run nor note nor judgement
 */
export function sessionOf(
  runs: readonly StoredRun[],
  {
    view,
    guests,
    data,
    ...about
  }: Pick<Session, 'created' | 'software' | 'notes' | 'notebook' | 'judgements'> & {
    readonly model: ModelSummary | null;
    readonly view: SessionView | null;
    readonly guests: readonly GuestPlace[];
    readonly data: readonly DataPlace[];
  },
): Session {
  const { model } = about;
  const places = new Map(runs.map(({ id }, place) => [id, String(place)]));
  if (!model || (runs.length === 0 && !about.notebook?.length && !about.judgements?.length))
    throw new MhoError('NOTHING_OPEN', { what: 'run' });
  const questions = [...new Set(runs.map(({ question }) => question))];
  return {
    ...about,
    model,
    questions,
    runs: runs.map(({ result, question, name, note, created, job, aside }) => ({
      ...result,
      question: questions.indexOf(question),
      label: { name: name ?? madeName(result), note, created, job, ...(aside !== undefined && { aside }) },
    })),
    errors: [],
    ...(view && { view: viewToFile(view, places, guests, data) }),
  };
}
