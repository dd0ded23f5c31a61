/** Examples of a unit in two orders, by what it is there and by what it contributes: they differ, and how is told. */
import { averageRanks, correlation } from '../../contract/correlation';

/** A unit's largest number over its positions at an example, and where that lies; position −1 where it is no number. */
export interface Peak {
  readonly value: number;
  readonly position: number;
}

export interface ListedExample {
  readonly example: number;
  readonly value: number;
  /** Its place in the other order, from 1; null where that does not know it. */
  readonly otherRank: number | null;
  /** Whether the other list shows it, too. */
  readonly inBoth: boolean;
}

export interface TwoLists {
  readonly byActivation: readonly ListedExample[];
  readonly byContribution: readonly ListedExample[];
  /** Spearman's, over the examples that both know; null of too few. */
  readonly correlation: number | null;
  /** How many both know. */
  readonly common: number;
}

/** Fewer examples say nothing of two orders. */
export const LEAST_COMMON = 4;

/**
 * @param most examples of each list
 * @param end which end of the orders is listed: the largest first, or the least
 */
export function twoLists(
  activations: ReadonlyMap<number, Pick<Peak, 'value'>>,
  contributions: ReadonlyMap<number, number>,
  most: number,
  end: 'largest' | 'least',
): TwoLists {
  const sign = end === 'largest' ? 1 : -1;
  const sorted = (values: Iterable<readonly [number, number]>): (readonly [example: number, value: number])[] =>
    [...values].filter(([, value]) => Number.isFinite(value)).sort(([a, x], [b, y]) => sign * (y - x) || a - b);
  const active = sorted([...activations].map(([example, { value }]) => [example, value]));
  const contributing = sorted(contributions);
  const ranks = (list: typeof active) => new Map(list.map(([example], at) => [example, at + 1]));
  const listed = (list: typeof active, other: ReadonlyMap<number, number>): readonly ListedExample[] =>
    list.slice(0, most).map(([example, value]) => {
      const otherRank = other.get(example) ?? null;
      return { example, value, otherRank, inBoth: otherRank !== null && otherRank <= most };
    });
  const contributed = new Map(contributing);
  const both = active.filter(([example]) => contributed.has(example));
  const found =
    both.length < LEAST_COMMON
      ? Number.NaN
      : correlation(
          averageRanks(Float64Array.from(both, ([, value]) => value)),
          averageRanks(Float64Array.from(both, ([example]) => contributed.get(example)!)),
        );
  return {
    byActivation: listed(active, ranks(contributing)),
    byContribution: listed(contributing, ranks(active)),
    correlation: Number.isNaN(found) ? null : found,
    common: both.length,
  };
}
