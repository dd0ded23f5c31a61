/** How a sum comes about along the path, and where even steps are wider than what happens inside them. */
import type { Alarm } from '../../../contract/attribution';

/** A stretch of the path, and what it carries. */
interface Piece {
  readonly from: number;
  readonly to: number;
  /** Σ over units of |contribution|, per pair; of F: how far it moves. */
  readonly mass: Float32Array;
}

/** One sum's course for some pairs of input and baseline. */
export class Course {
  readonly #pieces: Piece[] = [];
  /** Σ and Σ of squares over the joined stretches of how far their segments lie from them, Σ| | over units; per pair. */
  readonly apart: Float64Array;
  readonly apartSquares: Float64Array;

  constructor(private readonly pairs: number) {
    this.apart = new Float64Array(pairs);
    this.apartSquares = new Float64Array(pairs);
  }

  /**
   * @param alphas of neighbouring points
   * @param segments of each piece between them
   * @param masses [pieces × pairs]
   */
  addPieces(alphas: readonly number[], segments: readonly number[], masses: Float32Array): void {
    let point = 0;
    for (const [place, count] of segments.entries()) {
      const from = alphas[point]!;
      const to = alphas[(point += count)]!;
      this.#pieces.push({ from, to, mass: masses.slice(place * this.pairs, (place + 1) * this.pairs) });
    }
  }

  /** @param target F at neighbouring points, [points × pairs] */
  addMoves(alphas: readonly number[], target: Float32Array): void {
    const moves = target.slice(this.pairs).map((value, place) => Math.abs(value - target[place]!));
    this.addPieces(alphas, alphas.slice(1).fill(1), moves);
  }

  /** @param details [stretches × pairs] */
  addDetails(details: Float32Array): void {
    for (const [place, detail] of details.entries()) {
      this.apart[place % this.pairs]! += detail;
      this.apartSquares[place % this.pairs]! += detail ** 2;
    }
  }

  /** Takes over a course of neighbouring pairs on the same points. */
  place(part: Course, first: number): void {
    for (const [at, { from, to, mass }] of part.#pieces.entries()) {
      this.#pieces[at] ??= { from, to, mass: new Float32Array(this.pairs) };
      this.#pieces[at].mass.set(mass, first);
    }
    this.apart.set(part.apart, first);
    this.apartSquares.set(part.apartSquares, first);
  }

  /**
   * Over how many stretches the distances are spread: 1 where one holds all, their number where all hold the same. For pairs from
   * `first` to before `end` together.
   */
  spread(first: number, end: number): number {
    const sum = total(this.apart, first, end);
    const squares = total(this.apartSquares, first, end);
    return squares > 0 ? sum ** 2 / squares : 1;
  }

  /** The pieces and what share of the whole each carries, for pairs from `first` to before `end` together; none where there is nothing. */
  shares(first: number, end: number): { readonly from: number; readonly to: number; readonly share: number }[] {
    const masses = this.#pieces.map(({ mass }) => total(mass, first, end));
    const whole = masses.reduce((sum, mass) => sum + mass, 0);
    return whole > 0 ? this.#pieces.map(({ from, to }, place) => ({ from, to, share: masses[place]! / whole })) : [];
  }
}

function total(values: Float32Array | Float64Array, first: number, end: number): number {
  let sum = 0;
  for (let place = first; place < end; place++) sum += values[place]!;
  return sum;
}

/** Shares of the whole above which a piece is too wide: so many times its width, and where it is wide, so much. */
const CONCENTRATED = 12.5;
const CONCENTRATED_AT_MOST = 0.6;
/** No alarm below: of few wide pieces one may well carry most. */
const WIDE = 4;
const NEARLY_ALL = 0.95;
/** More than so many times what either neighbour carries, and more than its own width, is a peak; among pieces narrower than this. */
const PEAK = 2;
const NARROW = 1 / 16;

/** The share above which a piece of the path carries too much: 25 % of a path in 50 steps. */
const tooMuch = (width: number): number =>
  Math.min(NEARLY_ALL, Math.max(WIDE * width, Math.min(CONCENTRATED * width, CONCENTRATED_AT_MOST)));

/**
 * The piece of a course that holds something narrower than itself, if any: what carries too much, else the highest peak.
 * @param first, end pairs, taken together
 */
export function alarmOf(course: Course, first: number, end: number): Omit<Alarm, 'example' | 'layer'> | null {
  const pieces = course.shares(first, end);
  const highest = (found: typeof pieces): (typeof pieces)[number] | undefined =>
    found.reduce<(typeof pieces)[number] | undefined>(
      (best, each) => (best && best.share >= each.share ? best : each),
      undefined,
    );
  const concentrated = highest(pieces.filter(({ from, to, share }) => share > tooMuch(to - from)));
  if (concentrated) return { kind: 'concentrated', ...concentrated };
  const peak = highest(
    pieces.filter(({ from, to, share }, place) => {
      const neighbours = [pieces[place - 1], pieces[place + 1]].map((each) => each?.share ?? 0);
      return to - from <= NARROW && share > to - from && share > PEAK * Math.max(...neighbours);
    }),
  );
  return peak ? { kind: 'peak', ...peak } : null;
}
