/** How many backward walks an adaptive path takes, and how long going on with one: expected before it is walked. */
import type { Accuracy } from '../attribution';
import type { RunRecord } from '../studio';
import { aboutWords, count, duration, shareWords } from './quantities';

/** Below it the first grid is finer (methods of the documentation, "The adaptive path"). */
const TIGHT = 0.005;

/** Walks until there is a first result: the first grid and its doubled segments, and what guards the path's start. */
export const firstWalks = ({ tolerance }: Pick<Accuracy, 'tolerance'>): number =>
  tolerance < TIGHT ? 32 + 16 + 6 + 2 : 8 + 4 + (tolerance < 0.02 ? 8 : 4) + 2;

/** Tolerance and the mean number of walks over 14 ordinary networks (docs/accuracy.md). */
const MEASURED = [
  [0.05, 29],
  [0.02, 42],
  [0.01, 57],
  [0.001, 169],
] as const;

/** Walks on ordinary networks: between what was measured, and beyond it, by the power law of the nearest two. */
export function typicalWalks({ tolerance, mostWalks }: Pick<Accuracy, 'tolerance' | 'mostWalks'>): number {
  const after = MEASURED.findIndex(([measured]) => tolerance >= measured);
  const at = Math.max(1, after < 0 ? MEASURED.length - 1 : after);
  const [[t0, w0], [t1, w1]] = [MEASURED[at - 1]!, MEASURED[at]!];
  const walks = w0 * (tolerance / t0) ** (Math.log(w1 / w0) / Math.log(t1 / t0));
  return Math.min(Math.max(firstWalks({ tolerance }), Math.round(walks)), mostWalks ?? Infinity);
}

/** What going on would take. */
export interface ContinueEstimate {
  /** As it is on ordinary networks, where the error falls as the walks' power 2.2. */
  readonly likelyMs: number;
  /** As it is at worst, on deep networks: the error falls as 1/walks. */
  readonly mostMs: number;
  /** Of how many examples the path is walked anew, since its leaves are not held any more. */
  readonly anew: number;
}

/** How fast an error falls with the walks on ordinary networks. */
const ORDINARY = 2.2;

/**
 * Time that a run takes to go on until a tolerance, by the time that its walks have taken so far.
 * @returns null where no example can come nearer to it
 */
export function continueEstimate(
  { result: { adaptive, durationMs } }: { readonly result: Pick<RunRecord['result'], 'adaptive' | 'durationMs'> },
  { tolerance, mostWalks }: Pick<Accuracy, 'tolerance' | 'mostWalks'>,
): ContinueEstimate | null {
  const examples = adaptive?.examples ?? [];
  const open = examples.filter(({ estimate, goesOn }) => goesOn !== null && !(estimate <= tolerance));
  const walked = examples.reduce((sum, { walks }) => sum + walks, 0);
  if (open.length === 0 || walked === 0) return null;
  const more = (power: number): number =>
    open.reduce((sum, { estimate, walks, goesOn }) => {
      const falls = Number.isFinite(estimate) ? (estimate / tolerance) ** (1 / power) : Infinity;
      const until = Math.min(walks * falls, Math.max(walks, mostWalks ?? Infinity));
      return sum + until - (goesOn === 'held' ? walks : 0);
    }, 0);
  const each = durationMs / walked;
  return {
    likelyMs: each * more(ORDINARY),
    mostMs: each * more(1),
    anew: open.filter(({ goesOn }) => goesOn === 'anew').length,
  };
}

/** `to 1 %: about 40 s`, `to 1 %: about 10 s, at most 2 min; walked anew` */
export function continueWords(estimate: ContinueEstimate, { tolerance }: Pick<Accuracy, 'tolerance'>): string {
  const { likelyMs, mostMs, anew } = estimate;
  const most = Number.isFinite(mostMs) && mostMs > 1.5 * likelyMs ? `, at most ${duration(mostMs)}` : '';
  const about = Number.isFinite(likelyMs) ? `: ${aboutWords(likelyMs)}${most}` : '';
  const again = anew === 0 ? '' : anew === 1 ? '; walked anew' : `; ${count(anew, 'path')} walked anew`;
  return `to ${shareWords(tolerance)}${about}${again}`;
}
