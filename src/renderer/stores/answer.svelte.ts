/** An answer that is shown beside its question: it never stands under another one, and of several asked the newest wins. */
import { Latest } from './latest';

export class Answer<Value> {
  #newest = new Latest();
  #now = $state.raw<string | null>(null);
  #held = $state.raw<{ readonly of: string; readonly value: Value } | null>(null);
  #failed = $state.raw<{ readonly of: string; readonly error: unknown } | null>(null);

  /** The answer to what was asked last; null until it is there, and where it failed. */
  get value(): Value | null {
    return this.#held?.of === this.#now ? (this.#held?.value ?? null) : null;
  }
  /** What the question asked last failed with; null where it did not. */
  get error(): unknown {
    return this.#failed?.of === this.#now ? (this.#failed?.error ?? null) : null;
  }
  /** Whether the answer is on its way. */
  get waiting(): boolean {
    return this.#now !== null && this.#held?.of !== this.#now && this.#failed?.of !== this.#now;
  }

  /**
   * Asks. What was answered to the same question before is shown meanwhile, nothing else.
   * @param of tells this question from others
   */
  ask(of: string, asked: Promise<Value>): void {
    this.#now = of;
    this.#failed = null;
    void this.#newest.ask(
      asked,
      (value) => (this.#held = { of, value }),
      (error) => {
        this.#held = null;
        this.#failed = { of, error };
      },
    );
  }

  /** Nothing is asked: nothing is shown, and what is under way is not taken. */
  drop(): void {
    this.#newest.drop();
    this.#now = null;
    this.#held = null;
    this.#failed = null;
  }
}
