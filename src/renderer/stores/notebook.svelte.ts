/** The notebook of the open document: its units, notes and tags. What is changed is kept with the document at once. */
import { sameNotebook, type Notebook, type UnitNote } from '../../contract/notebook';
import { noted, noteOf, putBack, without } from '../logic/notes';
import type { UnitKeyed } from '../logic/unitPage';
import { messages } from './messages.svelte';

/** Writes a notebook where its document is kept. */
export type Keep = (notebook: Notebook) => Promise<void>;

export class NotebookStore {
  notes = $state.raw<Notebook>([]);
  #keep: Keep | null = null;
  #kept: Notebook = [];
  #writing: Promise<void> | null = null;

  /** Shows another document's. @param keep null where there is no document to keep it in */
  show(notes: Notebook, keep: Keep | null): void {
    this.notes = this.#kept = notes;
    this.#keep = keep;
    this.#writing = null;
  }

  /** Resolves when all that is noted by now is with the document: what saves that waits for it. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  of(key: UnitKeyed): UnitNote | null {
    return noteOf(this.notes, key);
  }

  write(key: UnitKeyed, change: Partial<Pick<UnitNote, 'note' | 'tags'>>): void {
    this.#take(noted(this.notes, key, change));
  }

  /** Keeps a unit, or keeps it no longer; what was noted on it can be had back. */
  toggle(key: UnitKeyed): void {
    const note = this.of(key);
    if (!note) return this.write(key, {});
    const [at, keep] = [this.notes.indexOf(note), this.#keep];
    this.#take(without(this.notes, key));
    if (note.note === '' && note.tags.length === 0) return;
    messages.note(`${note.layer} #${note.unit} was taken out of the notebook, with its note.`, {
      label: 'Undo',
      run: () => this.#keep === keep && this.#take(putBack(this.notes, note, at)),
    });
  }

  #take(notes: Notebook): void {
    this.notes = notes;
    const keep = this.#keep;
    if (keep && !sameNotebook(notes, this.#kept)) this.#writing ??= this.#write(keep);
  }

  /** One write at a time; what is noted meanwhile is written after it. */
  async #write(keep: Keep): Promise<void> {
    while (this.#keep === keep && !sameNotebook(this.notes, this.#kept)) {
      const writing = this.notes;
      await keep(writing);
      if (this.#keep === keep) this.#kept = writing;
    }
    if (this.#keep === keep) this.#writing = null;
  }
}

export const notebook = new NotebookStore();
