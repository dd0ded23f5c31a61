/**
 * A document's runs: which there are, where each one's numbers are kept, and what of them is in the session file. What is
 * unsaved follows from revisions; nobody sets it.
 */
import { MhoError } from '../../../../contract/errors';
import type { RunResult } from '../../../../contract/attribution';
import type { RunRecord } from '../../../../contract/studio';
import { madeName } from '../../../../contract/words/runs';
import { isFromFile } from '../../../../contract/words/baselines';
import { rowsOf } from '../arrays';
import { recordOf, type StoredRun } from '../records';
import type { SavedRun } from '../recovery';
import type { OpenData, Purpose } from './data';

/** Handles of the data that a run was asked with; null where there were none. */
export interface AskedWith {
  readonly data: string | null;
  readonly baseline: string | null;
}

/** Where a run's numbers outlive the engine: in a file of the recovery folder, or at a place of the session file. */
export type Keeping = (
  { readonly in: 'folder'; readonly file: string } | { readonly in: 'session'; readonly place: number }
) & {
  /** Which numbers are there: of a run that has gone on since, those before. */
  readonly numbers: RunResult;
};

/** A run of a document. */
export interface Run extends StoredRun {
  /** Another one when it has gone on. */
  result: RunResult;
  trace: RunRecord['trace'];
  askedWith: AskedWith;
  /** Null: in memory alone. */
  keeping: Keeping | null;
  /** Counts what was changed about it. */
  revision: number;
}

/** Whether its numbers outlive the engine. */
export const isKept = ({ keeping, result }: Run): boolean => keeping?.numbers === result;

/** Runs as they were when they were handed to who writes them. */
export interface Snapshot {
  readonly runs: readonly Run[];
  readonly revisions: ReadonlyMap<string, number>;
}

/** A run that a recovery folder told of. */
export interface AdoptedRun {
  readonly run: Run;
  readonly saved: SavedRun;
}

/** Whether a session file has a run: as it is, as it was before it changed, or not at all. */
export type InFile = 'as it is' | 'as before' | 'not';

export class Runs {
  readonly #present = new Map<string, Run>();
  /** Taken out by the user, to be put back. */
  readonly #removed = new Map<string, Run>();
  /** What the session file holds: run → its revision there. */
  #written: ReadonlyMap<string, number> = new Map();
  /** Those that go on: each in one job at a time. */
  readonly #goingOn = new Set<string>();

  get all(): readonly Run[] {
    return [...this.#present.values()];
  }

  get size(): number {
    return this.#present.size;
  }

  get records(): readonly RunRecord[] {
    return this.all.map(recordOf);
  }

  /** Whether the session file, or none, holds anything else than these runs as they are. */
  get unsaved(): boolean {
    return (
      this.#present.size !== this.#written.size ||
      this.all.some(({ id, revision }) => this.#written.get(id) !== revision)
    );
  }

  /** @throws HANDLE_UNKNOWN */
  get(id: string): Run {
    const run = this.#present.get(id);
    if (!run) throw new MhoError('HANDLE_UNKNOWN', { what: 'run', id });
    return run;
  }

  has(id: string): boolean {
    return this.#present.has(id);
  }

  /** A run whose numbers can be looked at: one that was removed may just be shown still. */
  find(id: string): Run | null {
    return this.#present.get(id) ?? this.#removed.get(id) ?? null;
  }

  add(run: Run): void {
    this.#present.set(run.id, run);
  }

  /** @throws HANDLE_UNKNOWN */
  remove(id: string): void {
    this.#removed.set(id, this.get(id));
    this.#present.delete(id);
  }

  /** @throws HANDLE_UNKNOWN */
  restore(id: string): Run {
    const run = this.#removed.get(id);
    if (!run) throw new MhoError('HANDLE_UNKNOWN', { what: 'run', id });
    this.#removed.delete(id);
    this.#present.set(id, run);
    return run;
  }

  /** An empty name is nobody's. @throws HANDLE_UNKNOWN */
  describe(id: string, name: string | undefined, note: string | undefined): Run {
    const run = this.get(id);
    const named = name === undefined ? run.name : name.trim() || null;
    const noted = note ?? run.note;
    if (named !== run.name || noted !== run.note) run.revision++;
    [run.name, run.note] = [named, noted];
    return run;
  }

  /** A run begins to go on. @returns what ends that @throws HANDLE_UNKNOWN, RUN_GOES_ON */
  goOn(id: string): () => void {
    const { name, result } = this.get(id);
    if (this.#goingOn.has(id)) throw new MhoError('RUN_GOES_ON', { run: name ?? madeName(result) });
    this.#goingOn.add(id);
    return () => void this.#goingOn.delete(id);
  }

  /** A run has gone on: the session file has it no more as it is. */
  revise(run: Run, result: RunResult, trace: RunRecord['trace']): void {
    [run.result, run.trace] = [result, trace];
    run.revision++;
  }

  snapshot(): Snapshot {
    const runs = this.all.map((run) => ({ ...run }));
    return { runs, revisions: new Map(runs.map(({ id, revision }) => [id, revision])) };
  }

  /**
   * The session file now holds this, and nothing else: what was only in the one before is in memory alone.
   * @param lasting whether the file outlives the host: in one that does not, nothing is kept
   */
  wrote({ runs, revisions }: Snapshot, lasting: boolean): void {
    this.#written = revisions;
    const places = new Map(runs.map(({ id }, place) => [id, place]));
    for (const run of [...this.#present.values(), ...this.#removed.values()]) {
      const place = lasting ? places.get(run.id) : undefined;
      const there: Keeping | null = place === undefined ? null : { in: 'session', place, numbers: runs[place]!.result };
      // In the folder it stays, unless that has only numbers from before.
      if (run.keeping?.in !== 'folder' || (!isKept(run) && there?.numbers === run.result)) run.keeping = there;
    }
  }

  // ------------------------------------------------------------ recovery

  /** For the recovery folder: what is kept nowhere could not be found again. */
  get saved(): readonly SavedRun[] {
    const one = (run: Run, removed: boolean): SavedRun[] => {
      const { id, keeping, name, note, created, job, askedWith, trace, result, revision } = run;
      if (!keeping) return [];
      const written = this.#written.get(id);
      return [
        {
          id,
          file: keeping.in === 'folder' ? keeping.file : null,
          place: keeping.in === 'session' ? keeping.place : 0,
          name,
          note,
          created,
          job,
          method: result.method,
          askedWith,
          trace: [...trace],
          saved: written === revision,
          ...(written !== undefined && written !== revision && { changed: true }),
          ...(removed && { removed }),
        },
      ];
    };
    return [
      ...this.all.flatMap((run) => one(run, false)),
      ...[...this.#removed.values()].flatMap((run) => one(run, true)),
    ];
  }

  /** Takes in what a recovery folder told. @param inFile as which of them the session file has a run */
  adopt(runs: readonly AdoptedRun[], inFile: (run: AdoptedRun) => InFile): void {
    const written = new Map<string, number>();
    for (const each of runs) {
      const { run, saved } = each;
      (saved.removed ? this.#removed : this.#present).set(run.id, run);
      const there = inFile(each);
      if (there === 'as before') run.revision = 1;
      if (there !== 'not') written.set(run.id, 0);
    }
    this.#written = written;
  }

  // ------------------------------------------------------------ data of runs

  /**
   * What runs hold of data that are open no more: the rows that they took as inputs, or all that they were compared with.
   * @param purpose null: either
   * @returns null where no run was asked with it for that
   */
  dataOf(handle: string, purpose: Purpose | null): OpenData | null {
    const runs = [...this.#present.values(), ...this.#removed.values()];
    const inputs = inputsOf(runs.filter(({ askedWith }) => askedWith.data === handle));
    const baseline = baselineOf(runs.filter(({ askedWith }) => askedWith.baseline === handle));
    return purpose === 'input' ? inputs : purpose === 'baseline' ? baseline : (inputs ?? baseline);
  }
}

/** The inputs of all these runs' examples, each once. */
function inputsOf(runs: readonly Run[]): OpenData | null {
  const [first, ...others] = [...new Set(runs.map(({ question }) => question))];
  if (!first) return null;
  const rows = [...first.examples];
  let arrays = first.inputs;
  for (const { examples, inputs } of others) {
    const more = examples.flatMap((example, place) => (rows.includes(example) ? [] : [{ example, place }]));
    if (more.length === 0) continue;
    rows.push(...more.map(({ example }) => example));
    arrays = Object.fromEntries(
      Object.entries(arrays).map(([name, { shape, data }]) => {
        const added = rowsOf(inputs[name]!, more.map(({ place }) => place)); // prettier-ignore
        const joined = new Float32Array(data.length + added.data.length);
        joined.set(data);
        joined.set(added.data, data.length);
        return [name, { shape: [shape[0]! + added.shape[0]!, ...shape.slice(1)], data: joined }];
      }),
    );
  }
  return { ...rowsAlone, name: first.source ?? 'inputs of the session', arrays, rows };
}

/** What runs were compared with: all of it, where one of them took it for all examples. */
function baselineOf(runs: readonly Run[]): OpenData | null {
  const all = runs.flatMap(({ question: { baseline, examples } }) =>
    isFromFile(baseline) ? [{ ...baseline, examples }] : [],
  );
  const found = all.find(({ perExample }) => !perExample) ?? all[0];
  if (!found) return null;
  const { arrays, perExample, examples } = found;
  return { ...rowsAlone, name: 'as in the run', arrays, rows: perExample ? examples : null };
}

/** Of data that come from no file. */
const rowsAlone = { source: null, how: [], reading: null } as const;
