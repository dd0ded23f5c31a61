/** What an adaptive path's grid holds. */
import type { Accuracy } from '../../../../contract/attribution';
import type { Choice } from './choice';
import { split, type Leaf } from './leaf';
import type { Slice, Vector } from './points';

export interface GridOptions {
  /** Straight lines whose mean is the answer: one for each baseline of an example. */
  readonly lines: number;
  /** Layers' entries that the tolerance bounds, and others whose estimate is only told. Together they are all entries. */
  readonly bounded: readonly Slice[];
  readonly others: readonly Slice[];
  /** Which of the two are ranked, where leaders are to be certain; default: those that are bounded. */
  readonly ranks?: 'bounded' | 'others' | undefined;
  readonly accuracy: Accuracy;
  /** Bytes of the numbers that are walked with. */
  readonly bytes: 4 | 8;
  /** Per line: the median of |x'| / |x − x'| and of |x| / |x − x'| over what moves, 0 for a zero baseline. */
  readonly reach: readonly (readonly [number, number])[];
}

/** Even segments of the first round, and how far the first of them is halved: to 2^-guard. */
export interface Pilot {
  readonly segments: 8 | 32;
  readonly guard: 5 | 7 | 8;
}

export interface State {
  readonly options: Omit<GridOptions, 'accuracy'>;
  readonly accuracy: Accuracy;
  readonly pilot: Pilot;
  readonly walks: number;
  readonly points: number;
  readonly rounds: number;
  readonly leaves: readonly Leaf[];
  /** Per line, contributions over the pilot's segments in pairs, until those in fours are walked. */
  readonly doubled: readonly (readonly Vector[])[];
  /** Per line, what fours of the pilot's segments changed when they became pairs; null: not walked. */
  readonly fours: readonly (readonly Vector[])[] | null;
}

/** What was walked over a chain, the grid's own. */
export interface Owned {
  readonly first: Vector;
  readonly second: Vector;
  readonly whole: Vector | null;
}

/**
 * The leaves with their children in the place of those that were split.
 * @param end `Calibration.end`
 */
export function splitAll(
  leaves: readonly Leaf[],
  choices: readonly Choice[],
  walked: readonly Owned[],
  slices: readonly Slice[],
  end: number,
): Leaf[] {
  const chosen = new Map(choices.map((choice, i) => [choice.index, { ...choice, walked: walked[i]! }]));
  return leaves.flatMap((leaf, index) => {
    const choice = chosen.get(index);
    if (!choice) return [leaf];
    const { first, second } = choice.walked;
    const [near, far] = leaf.side === 0 ? [first, second] : [second, first];
    return split({ ...leaf, narrow: leaf.narrow || choice.unresolved }, choice.place, near, far, slices, end);
  });
}
