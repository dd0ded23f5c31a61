/** Changes of what is asked, to be undone: those about the data that are open. */
import { History } from '../logic/history';
import type { Question, QuestionState } from './question.svelte';

/** Drawn by a slider. */
const DRAWN: ReadonlySet<string> = new Set<keyof QuestionState>(['accuracy', 'scaled']);

export class Changes {
  readonly #history = new History<QuestionState>(DRAWN);
  #about: unknown = undefined;
  canUndo = $state(false);
  canRedo = $state(false);

  /** What is asked now. @param about the data; with others there is nothing to go back to */
  saw(state: QuestionState, about: unknown): void {
    if (about === this.#about) this.#history.saw(state);
    else {
      this.#about = about;
      this.#history.begin(state);
    }
    this.#tell();
  }

  /** @returns whether there was something */
  undo(question: Question): boolean {
    return this.#restore(question, this.#history.undo());
  }

  redo(question: Question): boolean {
    return this.#restore(question, this.#history.redo());
  }

  #restore(question: Question, state: QuestionState | null): boolean {
    if (state) question.restore(state);
    this.#tell();
    return state !== null;
  }

  #tell(): void {
    this.canUndo = this.#history.canUndo;
    this.canRedo = this.#history.canRedo;
  }
}
