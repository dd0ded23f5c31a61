/**
 * What the leaves of an adaptive path make together, and how far it is from the truth: per entry, and per layer as a share of its
 * Σ|contribution|.
 */
import type { Calibration } from './calibration';
import type { Leaf } from './leaf';
import type { Slice, Vector } from './points';

/** Below this tolerance no level is trusted more than another, and the pilot is finer. */
export const TIGHT = 0.005;
/** How far the details of leaves are trusted, by level above the pilot; the last one from there on. */
const WEIGHTS = [1.2, 0.9, 0.8];
/** Details of rough paths grow more slowly than the error does: what is told above ROUGH trusts no level more than another. */
const ROUGH_WEIGHT = 1.2;
const TIGHT_WEIGHT = 1.5;
export const ROUGH = 0.1;
/** Errors of leaves are nearly independent where paths have kinks, and share a sign where they are smooth. */
const COHERENCE = 0.5;
/** An unresolved leaf adds so much of its Σ|contribution|. */
const UNRESOLVED = 0.5;
/** Where details two levels apart point the same way and shrink like those of a smooth path, so is the layer (Richardson). */
const SMOOTH = { cosine: 0.95, least: 2.5, most: 6, weight: 0.3 };
/** How nearly details point the same way where that is looked at. */
const COHERENT = 0.7;
/** A layer's Σ|contribution| below this share of the largest layer's is nothing. */
const NOTHING = 1e-9;
/** Per unit: of its own details, independent or of one sign, and of the layer's mean, for what its own do not show. */
const UNIT = { own: 1.5, mean: 0.3, smoothMean: 0.2, rough: 1.6 };

/** How far a leaf's detail is trusted. */
export type Weight = (leaf: Pick<Leaf, 'level' | 'narrow'>) => number;
export const weightFor = (tolerance: number, pilotLevel: number, calibration: Calibration): Weight =>
  tolerance < TIGHT
    ? () => TIGHT_WEIGHT
    : ({ level, narrow }) => {
        const weight = WEIGHTS[Math.min(Math.max(level - pilotLevel, 0), WEIGHTS.length - 1)]!;
        return narrow ? Math.max(weight, calibration.narrow) : weight;
      };

/** Sums over leaves, an entry for each that is followed; all sums over the lines, not their mean. */
export interface Sums {
  readonly contributions: Float64Array;
  /** Σ half details: what the next level is expected to add. */
  readonly halves: Float64Array;
  /** Of the level before; null where it has not been walked. */
  readonly earlier: Float64Array | null;
  /** √Σ 2·half². */
  readonly roots: Float64Array;
  /** Of unresolved leaves. */
  readonly unresolved: Float64Array;
}

/** Room for the sums of so many entries. */
export const roomFor = (length: number): Asked['into'] => ({
  contributions: new Float64Array(length),
  halves: new Float64Array(length),
  earlier: new Float64Array(length),
  roots: new Float64Array(length),
  unresolved: new Float64Array(length),
});

export interface SliceEstimate {
  /** Σ|contribution|, summed over lines. */
  readonly magnitude: number;
  /** What shares are of: the same, or infinite where it is nothing beside the largest layer's, so that they are 0. */
  readonly total: number;
  /** Shares of the total: by what leaves are chosen, and as it is told while paths are rough. */
  readonly share: number;
  readonly roughShare: number;
  /** Of `share`, what resolved leaves' details make, before and after the layer was found smooth. */
  readonly plain: number;
  readonly details: number;
  /** And what unresolved leaves add. */
  readonly unresolved: number;
  /** How nearly details point the same way: 1 when all do. */
  readonly coherence: number;
  /** Whether the layer is smooth: its values are extrapolated. */
  readonly extrapolated: boolean;
}

export interface Evaluation {
  readonly sums: Sums;
  readonly slices: readonly SliceEstimate[];
}

/** A quarter of the detail one level above a leaf. */
export type Earlier = (leaf: Leaf) => { readonly vector: Vector; readonly share: number };

export interface Asked {
  /** Where sums are written, those of these slices alone: made anew for each evaluation, they would be most of what a round makes. */
  readonly into: Sums & { readonly earlier: Float64Array };
  readonly slices: readonly Slice[];
  /** The first of them that is asked for, and the one after the last. */
  readonly from: number;
  readonly to: number;
  readonly weight: Weight;
  /** Where the level above the pilot was walked; null: no layer is found smooth. */
  readonly earlier: Earlier | null;
  /** A layer of which unresolved leaves hold a larger share is not smooth. */
  readonly smoothBelow: number;
  /**
   * Of other slices of the same leaves: its largest Σ|contribution| is what these are nothing beside. Absent: the largest of these
   * slices.
   */
  readonly beside?: Evaluation | undefined;
}

export function evaluate(leaves: readonly Leaf[], asked: Asked): Evaluation {
  const { slices, from, to, weight, earlier } = asked;
  const sums: Sums = { ...asked.into, earlier: earlier && asked.into.earlier };
  // Of these only what they come to is wanted, slice by slice.
  const longest = slices.slice(from, to).reduce((most, { begin, end }) => Math.max(most, end - begin), 0);
  const weighted = { halves: new Float64Array(longest), roots: new Float64Array(longest) };
  const weightedErrors: number[] = [];
  const details = detailsOf(leaves, weight);
  for (let s = from; s < to; s++) {
    const { begin, end } = slices[s]!;
    for (const sum of [sums.contributions, sums.halves, sums.roots, sums.unresolved, sums.earlier])
      sum?.fill(0, begin, end);
    weighted.halves.fill(0, 0, end - begin);
    weighted.roots.fill(0, 0, end - begin);
    for (const leaf of leaves) {
      addTo(sums.contributions, leaf.contributions, begin, end);
      if (leaf.unresolved[s]) addMagnitudes(leaf.contributions, begin, end, sums.unresolved);
      if (earlier) addScaled(earlier(leaf), begin, end, sums.earlier!);
    }
    for (const { half, times, weight: own } of details) addDetail(half, begin, end, times, own, sums, weighted);
    for (let i = begin; i < end; i++) sums.roots[i] = Math.sqrt(2 * sums.roots[i]!);
    for (let i = 0; i < end - begin; i++) weighted.roots[i] = Math.sqrt(2 * weighted.roots[i]!);
    weightedErrors.push(errorOf(weighted, { begin: 0, end: end - begin }));
  }
  const totals = slices.slice(from, to).map((slice) => magnitude(sums.contributions, slice));
  const others = asked.beside?.slices.map((slice) => slice.magnitude);
  const nothing = NOTHING * Math.max(0, ...(others ?? totals));
  const estimates = totals.map((magnitudeOf, index): SliceEstimate => {
    const slice = slices[from + index]!;
    const total = magnitudeOf > nothing ? magnitudeOf : Infinity;
    const plain = weightedErrors[index]! / total;
    const rough = (ROUGH_WEIGHT * errorOf(sums, slice)) / total;
    let [open, apart] = [0, 0];
    for (const leaf of leaves) {
      apart += leaf.detail[from + index]!;
      open += openShare(leaf, from + index, total);
    }
    const smooth = open < asked.smoothBelow && sums.earlier && smoothError(sums.earlier, sums.halves, slice);
    const cap = typeof smooth === 'number' ? smooth / total : Infinity;
    return {
      magnitude: magnitudeOf,
      total,
      plain,
      details: Math.min(plain, cap),
      unresolved: open,
      share: Math.min(plain, cap) + open,
      roughShare: Math.min(rough, cap) + open,
      coherence: magnitude(sums.halves, slice) / Math.max(apart, 1e-300),
      extrapolated: typeof smooth === 'number',
    };
  });
  return { sums, slices: estimates };
}

/** What an unresolved leaf adds to a layer's error; 0 where it is resolved. */
export const openShare = (leaf: Leaf, slice: number, total: number): number =>
  leaf.unresolved[slice] ? (UNRESOLVED * leaf.size[slice]!) / total : 0;

/** Whether details point the same way so clearly that it is worth two walks and more to learn whether layers are smooth. */
export const worthFours = (slices: readonly SliceEstimate[], tolerance: number): boolean =>
  slices.every(({ unresolved }) => unresolved <= tolerance) &&
  slices.some(({ share, coherence }) => share > tolerance && coherence > COHERENT);

interface Detail {
  readonly half: Vector;
  /** How many leaves have it. */
  times: number;
  readonly weight: number;
}

/** Siblings have the same detail: what is added up is each once, as often as it is there. */
function detailsOf(leaves: readonly Leaf[], weight: Weight): Detail[] {
  const details = new Map<Vector, Detail[]>();
  for (const leaf of leaves) {
    const own = weight(leaf);
    const siblings = details.get(leaf.half) ?? [];
    const held = siblings.find((each) => each.weight === own);
    if (held) held.times++;
    else details.set(leaf.half, [...siblings, { half: leaf.half, times: 1, weight: own }]);
  }
  return [...details.values()].flat();
}

type Accumulators = Pick<Sums, 'halves' | 'roots'>;

/** @param weighted the slice's own, from 0 on */
function addDetail(
  half: Vector,
  begin: number,
  end: number,
  times: number,
  weight: number,
  { halves, roots }: Accumulators,
  { halves: weightedHalves, roots: weightedRoots }: Accumulators,
): void {
  const [weightedTimes, weightedSquares] = [times * weight, times * weight * weight];
  for (let i = begin, own = 0; i < end; i++, own++) {
    const p = half[i]!;
    halves[i] = halves[i]! + times * p;
    roots[i] = roots[i]! + times * p * p;
    weightedHalves[own] = weightedHalves[own]! + weightedTimes * p;
    weightedRoots[own] = weightedRoots[own]! + weightedSquares * p * p;
  }
}

/** L1 error, by what details are expected to leave. */
const errorOf = ({ roots, halves }: Accumulators, slice: Slice): number =>
  Math.max(magnitude(roots, slice), COHERENCE * magnitude(halves, slice));

function addTo(sum: Float64Array, v: Vector, begin: number, end: number): void {
  for (let i = begin; i < end; i++) sum[i] = sum[i]! + v[i]!;
}

function addMagnitudes(v: Vector, begin: number, end: number, to: Float64Array): void {
  for (let i = begin; i < end; i++) to[i] = to[i]! + UNRESOLVED * Math.abs(v[i]!);
}

function addScaled({ vector, share }: ReturnType<Earlier>, begin: number, end: number, to: Float64Array): void {
  for (let i = begin; i < end; i++) to[i] = to[i]! + share * vector[i]!;
}

function magnitude(v: Float64Array, { begin, end }: Slice): number {
  let sum = 0;
  for (let i = begin; i < end; i++) sum += Math.abs(v[i]!);
  return sum;
}

/** The extrapolated layer's error, in units of the target; null where details do not shrink as those of a smooth path. */
function smoothError(earlier: Float64Array, halves: Float64Array, slice: Slice): number | null {
  let [xx, yy, xy, left] = [0, 0, 0, 0];
  for (let i = slice.begin; i < slice.end; i++) {
    const [x, y] = [earlier[i]!, halves[i]!];
    xx += x * x;
    yy += y * y;
    xy += x * y;
    left += Math.abs(4 * y - x) / 3;
  }
  const cosine = xy / Math.max(Math.sqrt(xx * yy), 1e-300);
  const ratio = magnitude(earlier, slice) / Math.max(magnitude(halves, slice), 1e-300);
  return cosine > SMOOTH.cosine && ratio > SMOOTH.least && ratio < SMOOTH.most ? SMOOTH.weight * left : null;
}

/** Writes a slice's values: sums of leaves, extrapolated where the layer is smooth. */
export function writeValues(
  { sums }: Evaluation,
  { extrapolated }: SliceEstimate,
  slice: Slice,
  to: Float64Array,
): void {
  for (let i = slice.begin; i < slice.end; i++)
    to[i] = sums.contributions[i]! + (extrapolated ? sums.halves[i]! / 3 : 0);
}

/** Writes a slice's estimated errors, an entry each. */
export function writeErrors(
  { sums }: Evaluation,
  { extrapolated }: SliceEstimate,
  slice: Slice,
  rough: boolean,
  to: Float64Array,
): void {
  const { begin, end } = slice;
  const mean = magnitude(sums.roots, slice) / (end - begin);
  for (let i = begin; i < end; i++)
    to[i] = UNIT.own * Math.max(sums.roots[i]!, COHERENCE * Math.abs(sums.halves[i]!)) + UNIT.mean * mean;
  if (extrapolated) {
    const left = (i: number): number => Math.abs(4 * sums.halves[i]! - sums.earlier![i]!) / 3;
    let sum = 0;
    for (let i = begin; i < end; i++) sum += left(i);
    for (let i = begin; i < end; i++) to[i] = Math.min(to[i]!, left(i) + (UNIT.smoothMean * sum) / (end - begin));
  }
  const times = rough ? UNIT.rough : 1;
  for (let i = begin; i < end; i++) to[i] = times * (to[i]! + sums.unresolved[i]!);
}
