/**
 * A document's judgements: which there are, and whether the session file holds them. One is never changed, so that what is
 * unsaved follows from which of them the file has. Each is in a file of the recovery folder, wherever it came from.
 */
import { readFile } from 'node:fs/promises';
import { MhoError } from '../../../../contract/errors';
import { judgement as judgementSchema, type Judgement } from '../../../../contract/judgement';
import type { JudgementRecord } from '../../../../contract/studio';
import type { RecoveryFolder, SavedJudgement } from '../recovery';
import { newId } from './ids';

export const judgementFile = (id: string): string => `${id}.json`;

export class Judgements {
  readonly #present = new Map<string, JudgementRecord>();
  /** Taken out by the user, to be put back. */
  readonly #removed = new Map<string, JudgementRecord>();
  /** Those that the session file holds. */
  #written: ReadonlySet<string> = new Set();
  /** Files of the recovery folder. */
  readonly #files = new Map<string, string>();

  get all(): readonly JudgementRecord[] {
    return [...this.#present.values()];
  }

  get size(): number {
    return this.#present.size;
  }

  get unsaved(): boolean {
    return this.#present.size !== this.#written.size || this.all.some(({ id }) => !this.#written.has(id));
  }

  /** Those that are in memory alone. */
  get notKept(): readonly JudgementRecord[] {
    return this.all.filter(({ id }) => !this.#files.has(id));
  }

  add(judgement: Judgement): JudgementRecord {
    const record = { id: newId(), judgement };
    this.#present.set(record.id, record);
    return record;
  }

  /** @throws HANDLE_UNKNOWN */
  remove(id: string): void {
    this.#move(id, this.#present, this.#removed);
  }

  /** @throws HANDLE_UNKNOWN */
  restore(id: string): void {
    this.#move(id, this.#removed, this.#present);
  }

  #move(id: string, from: Map<string, JudgementRecord>, to: Map<string, JudgementRecord>): void {
    const record = from.get(id);
    if (!record) throw new MhoError('HANDLE_UNKNOWN', { what: 'judgement', id });
    from.delete(id);
    to.set(id, record);
  }

  keptIn(id: string, file: string): void {
    this.#files.set(id, file);
  }

  /** The session file now holds these, and no others. */
  wrote(judgements: readonly JudgementRecord[]): void {
    this.#written = new Set(judgements.map(({ id }) => id));
  }

  // ------------------------------------------------------------ recovery

  get saved(): readonly SavedJudgement[] {
    const one = ({ id, judgement: { created } }: JudgementRecord, removed: boolean): SavedJudgement[] => {
      const file = this.#files.get(id);
      if (file === undefined) return [];
      return [{ id, file, created, saved: this.#written.has(id), ...(removed && { removed }) }];
    };
    return [
      ...this.all.flatMap((record) => one(record, false)),
      ...[...this.#removed.values()].flatMap((record) => one(record, true)),
    ];
  }

  /**
   * Takes in what a recovery folder told; what is damaged there is gone.
   * @param asWritten whether the session file is still as it was written
   */
  async adopt(saved: readonly SavedJudgement[], folder: RecoveryFolder, asWritten: boolean): Promise<void> {
    const written = new Set<string>();
    for (const { id, file, saved: there, removed } of saved) {
      const judgement = await read(folder.file(file));
      if (!judgement) continue;
      (removed ? this.#removed : this.#present).set(id, { id, judgement });
      this.#files.set(id, file);
      if (asWritten && there) written.add(id);
    }
    this.#written = written;
  }
}

const read = async (path: string): Promise<Judgement | null> => {
  try {
    return judgementSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return null;
  }
};
