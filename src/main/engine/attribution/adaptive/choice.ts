/** Which leaves of an adaptive path are split next. */
import { openShare, type SliceEstimate, type Weight } from './estimate';
import { placeIn, type Leaf, type Place, type Precision } from './leaf';

/** A split leaves this share of a leaf's error, it is expected. */
const LEFT = 0.25;
/** So many leaves are split at once as bring the details to this share of the tolerance. */
const MARK = 0.9;
const SPLITS = { least: 2, most: 32 };
/** Shares of the tolerance above which an unresolved leaf is split at once, and below which no leaf is worth two walks. */
const UNRESOLVED_MATTERS = 0.05;
const LEAF_MATTERS = 1e-3;

export interface Choice {
  /** Index among the leaves. */
  readonly index: number;
  readonly place: Place;
  /** Whether it is split because it is unresolved. */
  readonly unresolved: boolean;
}

export interface Goal {
  readonly tolerance: number;
  readonly weight: Weight;
  /** Per line: how much larger values are than they move, at the baseline and at the input. */
  readonly reach: readonly (readonly [number, number])[];
  readonly precision: Precision;
  /** Leaves that are split whatever they are expected to bring. */
  readonly coarse: (leaf: Leaf) => boolean;
  /** Slices that count. */
  readonly counted: readonly number[];
  /** Splits at the most. */
  readonly room: number;
}

/** @returns what to split, in the leaves' order; nothing where precision stops every leaf that matters */
export function choose(leaves: readonly Leaf[], slices: readonly SliceEstimate[], goal: Goal): Choice[] {
  const { tolerance, weight, reach, precision, counted } = goal;
  const most = (all: readonly number[], of: (s: number) => number): number => {
    let top = 0;
    for (const s of all) top = Math.max(top, of(s));
    return top;
  };
  const weights = new Map(leaves.map((leaf) => [leaf, weight(leaf)]));
  const worst = most(counted, (s) => slices[s]!.share);
  const open = most(counted, (s) => slices[s]!.unresolved);
  const detailOf = (leaf: Leaf, s: number): number => (weights.get(leaf)! * leaf.detail[s]!) / slices[s]!.total;
  const openOf = (leaf: Leaf, s: number): number => openShare(leaf, s, slices[s]!.total);
  /** A leaf's part in what is left of a layer's details. */
  const leftOf = (leaf: Leaf, s: number): number =>
    detailOf(leaf, s) * (slices[s]!.details / Math.max(slices[s]!.plain, 1e-300));

  const look = (active: readonly number[]) => {
    const unresolved = leaves.map((leaf) => active.some((s) => openOf(leaf, s) > UNRESOLVED_MATTERS * tolerance));
    return {
      active,
      unresolved,
      shares: leaves.map((leaf) => most(active, (s) => leftOf(leaf, s) + openOf(leaf, s))),
      places: leaves.map((leaf, i) => placeIn(leaf, unresolved[i]!, reach[leaf.line]![leaf.side], precision)),
    };
  };
  let seen = look(counted.filter((s) => slices[s]!.share > Math.min(tolerance, worst * 0.999999)));
  // Where precision alone keeps a layer above the tolerance, the rest of it is brought there and no further.
  const fixed = leaves.filter((_, i) => !seen.places[i]);
  const stuck = (s: number): boolean => {
    const kept = fixed.reduce((sum, leaf) => sum + openOf(leaf, s) + detailOf(leaf, s), 0);
    return kept > tolerance && slices[s]!.share - kept <= tolerance;
  };
  const free = seen.active.filter((s) => !stuck(s));
  if (free.length < seen.active.length) seen = look(free);

  const { active, unresolved, shares, places } = seen;
  const falling = (of: readonly number[], all: readonly number[]): number[] => [...all].sort((a, b) => of[b]! - of[a]!);
  const able = falling(
    shares,
    shares.flatMap((share, i) => (places[i] && share > LEAF_MATTERS * tolerance ? [i] : [])),
  );
  const chosen = new Set(leaves.flatMap((leaf, i) => (places[i] && goal.coarse(leaf) ? [i] : [])));
  if (able.length > 0) {
    const settled = open <= tolerance / 4;
    const details = most(active, (s) => slices[s]!.details);
    if (settled || details > MARK * tolerance) {
      const parts = settled ? shares : leaves.map((leaf) => most(active, (s) => leftOf(leaf, s)));
      const order = falling(parts, able);
      const enough = splitsTo(MARK * tolerance, settled ? worst : details, parts, order);
      for (const i of order.slice(0, Math.max(SPLITS.least, Math.min(enough, SPLITS.most)))) chosen.add(i);
    }
    for (const i of able) if (unresolved[i]) chosen.add(i);
    if (chosen.size === 0) for (const i of able.slice(0, SPLITS.least)) chosen.add(i);
  }
  return falling(shares, [...chosen])
    .slice(0, goal.room)
    .sort((a, b) => a - b)
    .map((index) => ({ index, place: places[index]!, unresolved: unresolved[index]! }));
}

/** How many of the leaves, in this order, bring an error below what is wanted; all where they do not. */
function splitsTo(wanted: number, error: number, parts: readonly number[], order: readonly number[]): number {
  const all = Math.max(
    parts.reduce((sum, part) => sum + part * part, 0),
    1e-300,
  );
  let gone = 0;
  const last = order.findIndex((i) => {
    gone += parts[i]! ** 2 * (1 - LEFT ** 2);
    return Math.sqrt(Math.max(1 - gone / all, 0)) * error <= wanted;
  });
  return last < 0 ? order.length : last + 1;
}
