/** Rounds of adaptive paths on their way to a window: no faster than it draws them, of each path the newest. */
import type { Method, Round } from '../../../../contract/attribution';

/** Milliseconds between two. */
const APART = 100;
/** Paths whose newest round waits; of more examples than that, the round that waits longest is left out. */
const MOST_WAITING = 16;

export class Rounds {
  /** By path, the one that has waited longest first. */
  readonly #waiting = new Map<string, Round>();
  #told = -Infinity;

  constructor(
    private readonly tell: (round: Round) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** A path has come further. Its arrays may be used again once this returns. */
  add(round: Round): void {
    const path = `${round.method} ${round.example}`;
    // The newest takes the place of the one before it: of many examples, each has its turn.
    this.#waiting.set(path, copied(round));
    if (this.#waiting.size > MOST_WAITING) this.#waiting.delete(this.#waiting.keys().next().value!);
    this.pass();
  }

  /** Tells what has waited longest, where it is time. */
  pass(): void {
    const [next] = this.#waiting;
    if (!next || this.now() - this.#told < APART) return;
    this.#told = this.now();
    this.#waiting.delete(next[0]);
    this.tell(next[1]);
  }

  /** The result of a method is there: its rounds are overtaken. */
  done(method: Method): void {
    for (const [path, round] of this.#waiting) if (round.method === method) this.#waiting.delete(path);
  }
}

/** Arrays of its own: what is sent takes the whole memory along that it is a part of. */
const copied = (round: Round): Round => ({
  ...round,
  layers: round.layers.map((layer) => ({
    ...layer,
    units: layer.units.slice(),
    unitError: layer.unitError.slice(),
  })),
});
