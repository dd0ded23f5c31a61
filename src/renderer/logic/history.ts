/** What can be undone: states one after the other, and where among them one is. */

/** Changes by a slider that follow on one another so fast are one change, ms. */
const TOGETHER = 500;
/** States that are kept. */
const MOST = 100;

export class History<State extends object> {
  #past: State[] = [];
  #future: State[] = [];
  #present: State | null = null;
  /** What changed last, and when. */
  #last: { readonly keys: string; readonly at: number } | null = null;

  /** @param drawn values that a slider changes many times on its way */
  constructor(
    private readonly drawn: ReadonlySet<string> = new Set(),
    private readonly now: () => number = () => performance.now(),
  ) {}

  get canUndo(): boolean {
    return this.#past.length > 0;
  }
  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  /** Something else is asked about: nothing before it can come back. */
  begin(state: State): void {
    this.#past = [];
    this.#future = [];
    this.#present = state;
    this.#last = null;
  }

  /** A state is there. The one that was there before can be brought back. */
  saw(state: State): void {
    const before = this.#present;
    if (before === null) return this.begin(state);
    const keys = changed(before, state);
    if (keys === '') return;
    const at = this.now();
    const goesOn =
      this.drawn.has(keys) && this.#last !== null && this.#last.keys === keys && at - this.#last.at < TOGETHER;
    if (!goesOn) this.#past = [...this.#past.slice(1 - MOST), before];
    this.#future = [];
    this.#present = state;
    this.#last = { keys, at };
  }

  /** @returns the state before; null where there is none */
  undo(): State | null {
    const state = this.#past.pop();
    if (state === undefined) return null;
    this.#future.push(this.#present!);
    return this.#move(state);
  }

  redo(): State | null {
    const state = this.#future.pop();
    if (state === undefined) return null;
    this.#past.push(this.#present!);
    return this.#move(state);
  }

  #move(state: State): State {
    this.#last = null;
    this.#present = state;
    return state;
  }
}

/** Which values differ, as one text; empty where none does. */
function changed<State extends object>(a: State, b: State): string {
  return (Object.keys(b) as (keyof State & string)[])
    .filter((key) => a[key] !== b[key] && JSON.stringify(a[key]) !== JSON.stringify(b[key]))
    .join();
}
