/**
 * Leaves, the segments of an adaptive path's present grid: what they hold, when a split says nothing about them, and where they are
 * split.
 */
import type { Chain, Slice, Vector } from './points';
import { pointAt } from './points';

/** Away from a path's ends, a child is unresolved where it carries so many times its sibling (`Calibration.end` at an end). */
export const CONCENTRATED = 10;
/** An unresolved leaf at an end is split at 2^-jump of its width, then at the square of that. */
export const JUMP = 4;
/**
 * Of an unresolved leaf that spans more than this ratio, the farther child stays so whatever it carries, and the nearer one where it carries
 * about as much (in the reference program only where it carries ten times as much: a saturating ratio hides in what is left).
 */
const WIDE = 16;
const ABOUT = 1 / 3;
/** In a region found unresolved, a leaf that spans more than this ratio is split in its geometric middle. */
const GEOMETRIC = 4;

/** What the precision of the walks can tell apart. */
export interface Precision {
  /** No leaf is narrower than this times its place. */
  readonly epsilon: number;
  /** No first leaf is narrower than this. */
  readonly tiny: number;
}
/** 16 units in the last place of float32 and float64. */
export const PRECISIONS: Readonly<Record<4 | 8, Precision>> = {
  4: { epsilon: 16 * 6e-8, tiny: 2 ** -100 },
  8: { epsilon: 16 * 2.2e-16, tiny: 2 ** -900 },
};

export interface Leaf {
  readonly line: number;
  readonly side: 0 | 1;
  /** From the side's end: α, or 1 − α. */
  readonly lo: number;
  readonly hi: number;
  /** Halvings from the whole path. */
  readonly level: number;
  readonly contributions: Vector;
  /** Half the detail of the split that made it, which it shares with its sibling: what its own split is expected to change. */
  readonly half: Vector;
  /** A quarter of the detail one level up: `share` of `vector`; null in the pilot, where it takes a walk of its own. */
  readonly earlier: { readonly vector: Vector; readonly share: number } | null;
  /** Which of the pilot's segments it is, while `earlier` is null. */
  readonly root: number;
  /** Per slice: whether it holds a feature narrower than itself, of which its detail says nothing. */
  readonly unresolved: Uint8Array;
  /** Whether it lies in a region that was found unresolved. */
  readonly narrow: boolean;
  readonly jump: number;
  /** Per slice: Σ|contribution| and Σ|half|. */
  readonly size: Float64Array;
  readonly detail: Float64Array;
}

export type Kind = 'half' | 'geometric' | 'jump';
/** Where a leaf is split: a coordinate between its own. */
export interface Place {
  readonly at: number;
  readonly kind: Kind;
}

/** Σ|v| of every slice. */
export function sizes(v: Vector, slices: readonly Slice[]): Float64Array {
  const sums = new Float64Array(slices.length);
  for (let s = 0; s < slices.length; s++) {
    const { begin, end } = slices[s]!;
    let sum = 0;
    for (let i = begin; i < end; i++) sum += Math.abs(v[i]!);
    sums[s] = sum;
  }
  return sums;
}

/** ½(a + b − whole): half of what splitting the whole changed. */
export function halfDetail(a: Vector, b: Vector, whole: Vector): Vector {
  const half = whole.slice();
  for (let i = 0; i < half.length; i++) half[i] = (a[i]! + b[i]! - half[i]!) / 2;
  return half;
}

/**
 * A leaf's two children.
 * @param near contributions from the leaf's nearer end to the place
 * @param far and from there to its farther end
 * @param end `Calibration.end`
 * @returns the nearer one first
 */
export function split(
  leaf: Leaf,
  { at, kind }: Place,
  near: Vector,
  far: Vector,
  slices: readonly Slice[],
  end: number,
): Leaf[] {
  const { line, side, lo, hi, level } = leaf;
  const half = halfDetail(near, far, leaf.contributions);
  const detail = sizes(half, slices);
  const [nearSize, farSize] = [sizes(near, slices), sizes(far, slices)];
  const jumped = kind === 'jump';
  const ratio = (at - lo) / (hi - at);
  const nearTimes = (lo === 0 ? end : CONCENTRATED) * (jumped ? ratio : 1);
  const farTimes = CONCENTRATED / Math.min(ratio, 1);
  // Of an unresolved leaf, the child that carries nearly all stays so; and both where the split was too uneven to tell.
  const wide = lo > 0 && hi / lo > WIDE;
  const nearStays = wide ? ABOUT : CONCENTRATED;
  const farStays = jumped || wide;
  const nearOpen = new Uint8Array(slices.length);
  const farOpen = new Uint8Array(slices.length);
  for (let s = 0; s < slices.length; s++) {
    if (slices[s]!.exact) continue;
    const [n, f, open] = [nearSize[s]!, farSize[s]!, leaf.unresolved[s]!];
    nearOpen[s] = Number(n > nearTimes * f || (open && (jumped || n > nearStays * f)));
    farOpen[s] = Number((!jumped && f > farTimes * n) || (open && (farStays || f > CONCENTRATED * n)));
  }
  const earlier = { vector: leaf.half, share: 0.5 };
  const child = { ...leaf, level: level + 1, half, detail, earlier };
  const nearer: Leaf = {
    ...child,
    hi: at,
    contributions: near,
    unresolved: nearOpen,
    narrow: leaf.narrow || jumped,
    jump: jumped ? leaf.jump * 2 : leaf.jump,
    size: nearSize,
  };
  const farther: Leaf = { ...child, lo: at, contributions: far, unresolved: farOpen, jump: 1, size: farSize };
  if (!jumped) return [nearer, farther];
  // Behind a jump the farther child is the leaf itself, but for a sliver.
  const both = leaf.half.slice();
  for (let i = 0; i < both.length; i++) both[i] = both[i]! + half[i]!;
  const itself = { level, earlier: leaf.earlier, half: both, detail: sizes(both, slices) };
  return [nearer, { ...farther, line, side, ...itself }];
}

/**
 * Where to split a leaf; null where precision ends.
 * @param unresolved whether it is to be split because it is
 * @param reach how much larger values are than they move, at the leaf's end: with it their rounding grows
 */
export function placeIn(leaf: Leaf, unresolved: boolean, reach: number, precision: Precision): Place | null {
  const { lo, hi } = leaf;
  const { epsilon, tiny } = precision;
  if (lo === 0) {
    const least = Math.max(tiny, epsilon * reach);
    if (!unresolved) return hi / 2 > least ? { at: hi / 2, kind: 'half' } : null;
    const at = Math.max(hi * 0.5 ** leaf.jump, least);
    return at <= hi / 2 ? { at, kind: 'jump' } : null;
  }
  if (hi - lo <= epsilon * (hi + reach)) return null;
  if ((unresolved || leaf.narrow) && hi > GEOMETRIC * lo)
    return { at: Math.sqrt(lo) * Math.sqrt(hi), kind: 'geometric' };
  return { at: (lo + hi) / 2, kind: 'half' };
}

/** The walks of a leaf's split. */
export function chainOf({ line, side, lo, hi }: Leaf, at: number): Chain {
  const [near, middle, far] = [pointAt(side, lo), pointAt(side, at), pointAt(side, hi)];
  return { line, points: side === 0 ? [near, middle, far] : [far, middle, near], whole: false, effect: 'replaces' };
}
