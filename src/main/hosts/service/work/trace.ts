/** F and the running sums along the first path of the grid that is under way, for a run's record. */
import type { Progress, RunPhase } from '../../../../contract/attribution';
import type { RunRecord } from '../../../../contract/studio';
import { samePhase } from '../../../../contract/words/progress';

/** Points that are kept; a plot shows no more. */
const MOST_POINTS = 2000;

export class Trace {
  #phase: RunPhase | null = null;
  #points: { alpha: number; expected: number; running: number }[] = [];
  #ended = false;

  add({ phase, alpha, expected, running }: Progress): void {
    if (!samePhase(phase, this.#phase)) [this.#phase, this.#points, this.#ended] = [phase, [], false];
    if (this.#points.length > 0 && alpha <= this.#points.at(-1)!.alpha) this.#ended = true;
    if (!this.#ended && this.#points.length < MOST_POINTS) this.#points.push({ alpha, expected, running });
  }

  get points(): RunRecord['trace'] {
    return [...this.#points];
  }
}
