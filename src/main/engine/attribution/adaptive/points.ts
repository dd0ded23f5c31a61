/** Places on straight paths, and the segments between them that an adaptive path asks to be walked. */

/**
 * A place on a path: `t` from the baseline's end (side 0: α = t) or from the input's (side 1: α = 1 − t), so that both ends
 * resolve far below what α itself could.
 */
export interface Point {
  readonly side: 0 | 1;
  readonly t: number;
}

/** Three neighbouring points in the path's order (baseline first) and their two segments. */
export interface Chain {
  readonly line: number;
  readonly points: readonly [Point, Point, Point];
  /** Whether the segment over both is walked too. */
  readonly whole: boolean;
  /**
   * `adds`: both segments are new leaves; `replaces`: they stand for a leaf (the whole) that was there; `none`: they are walked
   * beside the leaves.
   */
  readonly effect: 'adds' | 'replaces' | 'none';
}

/** An entry for each contribution that is followed. */
export type Vector = Float32Array | Float64Array;

/** Contributions over a chain's first and second segment, and over the whole where asked. */
export interface Walked {
  readonly first: Vector;
  readonly second: Vector;
  readonly whole: Vector | null;
}

/** Entries of a vector that belong together: a layer's units, or its neurons. */
export interface Slice {
  readonly begin: number;
  readonly end: number;
  /** Whether they are by what F itself changes: sums of them are exact, whatever happens within a segment. */
  readonly exact?: boolean | undefined;
}

/** The middle is the baseline's, so that segments of both sides meet in one point. */
export const pointAt = (side: 0 | 1, t: number): Point => (side === 1 && t === 0.5 ? { side: 0, t } : { side, t });

/** The k-th of n + 1 even points. */
export const evenPoint = (k: number, n: number): Point => (2 * k <= n ? pointAt(0, k / n) : pointAt(1, (n - k) / n));

/** Neighbouring segments of a path of n even ones, in pairs. */
export const evenChains = (
  line: number,
  n: number,
  whole: boolean,
  effect: Exclude<Chain['effect'], 'replaces'>,
): Chain[] =>
  Array.from({ length: n / 2 }, (_, pair) => ({
    line,
    points: [evenPoint(2 * pair, n), evenPoint(2 * pair + 1, n), evenPoint(2 * pair + 2, n)],
    whole,
    effect,
  }));
