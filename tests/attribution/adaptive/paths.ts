/** Nets small enough to walk by hand: F = Σ y₁·y₂ over pairs of units that move along a path as they are told to. */
import type { Accuracy } from '../../../src/contract/attribution';
import {
  Grid,
  type Chain,
  type Point,
  type Vector,
  type Walked,
} from '../../../src/main/engine/attribution/adaptive/grid';

/** A unit's value, at t from the baseline's or the input's end. */
export type Unit = (point: Point) => number;
/** Two units whose product F adds. */
export type Pair = readonly [Unit, Unit];

export const alphaOf = ({ side, t }: Point): number => (side === 0 ? t : 1 - t);
export const ofAlpha =
  (f: (alpha: number) => number): Unit =>
  (point) =>
    f(alphaOf(point));
export const relu = (offset: number, slope: number): Unit => ofAlpha((alpha) => Math.max(0, offset + slope * alpha));

/** The secant rule on products: each factor meets the other's mean over the segment. An entry for each unit. */
export function walkPairs(pairs: readonly Pair[], from: Point, to: Point): Float64Array {
  const result = new Float64Array(2 * pairs.length);
  pairs.forEach(([one, other], i) => {
    const [a0, a1, b0, b1] = [one(from), one(to), other(from), other(to)];
    result[2 * i] = ((b0 + b1) / 2) * (a1 - a0);
    result[2 * i + 1] = ((a0 + a1) / 2) * (b1 - b0);
  });
  return result;
}

/** Walks what a grid asks for, a net for each line, and keeps account of every segment. */
export class Walker {
  readonly segments = new Map<string, number>();

  constructor(
    private readonly lines: readonly (readonly Pair[])[],
    private readonly round: (v: Float64Array) => Vector = (v) => v,
  ) {}

  walk(chains: readonly Chain[]): Walked[] {
    return chains.map(({ line, points: [a, m, b], whole }) => ({
      first: this.segment(line, a, m),
      second: this.segment(line, m, b),
      whole: whole ? this.segment(line, a, b) : null,
    }));
  }

  segment(line: number, from: Point, to: Point): Vector {
    const key = [line, from.side, from.t, to.side, to.t].join(' ');
    this.segments.set(key, (this.segments.get(key) ?? 0) + 1);
    return this.round(walkPairs(this.lines[line]!, from, to));
  }

  /** One round; false when there is nothing to walk. */
  step(grid: Grid): boolean {
    const chains = grid.next();
    if (chains.length > 0) grid.take(this.walk(chains));
    return chains.length > 0;
  }

  finish(grid: Grid): void {
    while (this.step(grid));
  }
}

export const asked = (more: Partial<Accuracy> = {}): Accuracy => ({
  tolerance: 0.01,
  over: 'units',
  mostWalks: null,
  untilTop: null,
  ...more,
});

/** A grid over all units of a net as one layer, or more. */
export function gridOf(
  pairs: number,
  accuracy: Accuracy,
  more: { lines?: number; bytes?: 4 | 8; layers?: number } = {},
): Grid {
  const { lines = 1, bytes = 8, layers = 1 } = more;
  const each = (2 * pairs) / layers;
  return new Grid({
    lines,
    bounded: Array.from({ length: layers }, (_, i) => ({ begin: i * each, end: (i + 1) * each })),
    others: [],
    accuracy,
    bytes,
    reach: Array.from({ length: lines }, () => [0, 0] as const),
  });
}

export const sum = (v: ArrayLike<number>): number => Array.from(v).reduce((all, value) => all + value, 0);
export const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((all, value, i) => all + Math.abs(value - b[i]!), 0);
export const l1 = (v: ArrayLike<number>): number => distance(v, new Float64Array(v.length));

/** Contributions over so many even segments, and where a unit has kinks. */
export function truth(pairs: readonly Pair[], places: readonly number[]): Float64Array {
  const result = new Float64Array(2 * pairs.length);
  for (let i = 1; i < places.length; i++)
    walkPairs(pairs, { side: 0, t: places[i - 1]! }, { side: 0, t: places[i]! }).forEach((v, k) => (result[k]! += v));
  return result;
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** So many pairs of rectified units, each with a kink somewhere on the path, and the truth of them. */
export function kinked(pairs: number, seed: number): { readonly net: Pair[]; readonly truth: Float64Array } {
  const next = random(seed);
  const kinks: number[] = [];
  const unit = (): Unit => {
    const [kink, slope] = [next(), 2 * next() - 1];
    kinks.push(kink);
    return relu(-slope * kink, slope);
  };
  const net = Array.from({ length: pairs }, (): Pair => [unit(), unit()]);
  // Between kinks both are straight, so that their product is exact.
  return { net, truth: truth(net, [0, ...kinks.sort((a, b) => a - b), 1]) };
}

/** Units that saturate at so small an α beside others that do not, as behind a norm at a zero baseline. */
export function jumping(at: number): { readonly net: Pair[]; readonly truth: Float64Array } {
  const net = [1, 2, 5].map((times): Pair => [
    ofAlpha((alpha) => alpha / (alpha + times * at)),
    ofAlpha((alpha) => (2 * alpha) / (alpha + at) - alpha),
  ]);
  // Graded points, down to where nothing is left.
  const places = [0, ...Array.from({ length: 40_001 }, (_, k) => 10 ** (-26 + (26 * k) / 40_000))];
  return { net, truth: truth(net, places) };
}

/** Units that move like Brownian paths, as gradients do in deep nets: steps of 2^-12, straight between. */
export function brownian(pairs: number, seed: number): { readonly net: Pair[]; readonly truth: Float64Array } {
  const next = random(seed);
  const steps = 2 ** 12;
  const unit = (): Unit => {
    const at = new Float64Array(steps + 1);
    for (let k = 1; k <= steps; k++) at[k] = at[k - 1]! + (next() + next() + next() - 1.5) / Math.sqrt(steps / 4);
    return ofAlpha((alpha) => {
      const [k, rest] = [Math.min(Math.floor(alpha * steps), steps - 1), alpha * steps];
      return at[k]! + (rest - k) * (at[k + 1]! - at[k]!);
    });
  };
  // One of each pair moves evenly: the other is integrated over it, and it over the other.
  const net = Array.from({ length: pairs }, (): Pair => [ofAlpha((alpha) => alpha), unit()]);
  return {
    net,
    truth: truth(
      net,
      Array.from({ length: steps + 1 }, (_, k) => k / steps),
    ),
  };
}
