/** How wide the ranking's columns are and how its bars are scaled: given, so that a row is laid out at once. */
import type { Ranking } from './ranking';

/** Pixels between cells, and of a row. */
export const GAP = 7;
export const ROW = 30;

/** Of a number that was measured. */
export const DID = 66;

export interface Widths {
  /** Pixels of the rank, of the unit's name, of each run's cell and of the bar within it. */
  readonly rank: number;
  readonly name: number;
  readonly cell: number;
  readonly track: number;
  /** Pixels of the value, with its error below it. */
  readonly value: number;
  /** Pixels beside the bar for the rank in that run; 0 where it is left out. */
  readonly place: number;
  /** Whether there is room for how far a rank moved. */
  readonly shifts: boolean;
  /** Whether bars stand below their values, since beside them they would say nothing. */
  readonly stacked: boolean;
  /** The narrowest that a row can be. */
  readonly narrowest: number;
}

/** Pixels of a value whose error stands below it: as its layer's share alone, or with the figure too. */
export const VALUE = { narrow: 72, wide: 122 } as const;
/** From this width of a cell on there is room for both. */
const WIDE = 262;
/** A value alone, and the narrowest bar beside it that says something; a cell with its bar below the value. */
const ALONE = 62;
const BAR = 44;
const STACKED = 62;
/** Pixels that a name has at the least, and at the most as a share of the room: of one that fits, and of one that scrolls. */
const NAME = { least: 108, share: 0.42, scrolling: 0.36 } as const;

/**
 * @param room pixels that there are
 * @param longest pixels of the longest unit's name, its number counted
 */
export function widthsOf(
  { columns, unit, measured }: Pick<Ranking, 'columns' | 'unit' | 'measured'>,
  room: number,
  longest: number,
): Widths {
  const many = Math.max(1, columns.length);
  const digits = String(unit.length).length;
  const rank = Math.max(30, digits * 8 + 6);
  // paddings, pin, scroll bar
  const others = 24 + 24 + 10 + rank + (many + 2) * GAP + (measured ? 2 * (DID + GAP) : 0);
  const free = Math.max(0, room - others);
  const named = Math.max(NAME.least, Math.min(longest, free * NAME.share));
  const told = columns.some(({ hasErrors }) => hasErrors);
  const narrow = told ? VALUE.narrow : ALONE;
  // what gives way, so that names tell units apart: ranks, then the place beside the value; at last the table scrolls
  const bare = BAR + narrow + 10;
  const ranked = bare + digits * 7 + 9;
  const least = [ranked, bare].find((cell) => named + many * cell <= free) ?? STACKED;
  const stacked = least === STACKED;
  const scrolls = NAME.least + many * least > free;
  const left = scrolls ? NAME.scrolling * free : free - many * least;
  const name = Math.floor(Math.max(NAME.least, Math.min(named, left)));
  const cell = Math.max(least, Math.floor((free - name) / many));
  const value = stacked ? cell : told && cell >= WIDE ? VALUE.wide : narrow;
  const shifts = !stacked && cell >= 140 + value + digits * 6;
  const place = least !== ranked ? 0 : shifts ? digits * 7 + 38 : digits * 7 + 9;
  return {
    rank,
    name,
    cell,
    value,
    place,
    track: stacked ? cell : cell - value - place - 10,
    shifts,
    stacked,
    narrowest: others + name + cell * many - 10,
  };
}

/** One scale for all columns: per cent of the bar's place. */
export interface BarScale {
  /** Where zero stands: as far left as the values leave it. */
  readonly zero: number;
  /** For each unit of the target. */
  readonly each: number;
}

export function barScale(columns: readonly Pick<Ranking['columns'][0], 'lowest' | 'highest'>[]): BarScale {
  const low = Math.max(0, ...columns.map(({ lowest }) => -lowest));
  const high = Math.max(1e-12, ...columns.map(({ highest }) => highest));
  const all = Math.max(low, 0.06 * high) + Math.max(high, 0.06 * low);
  return { zero: (100 * Math.max(low, 0.06 * high)) / all, each: 100 / all };
}

/** The error whose whisker is a pixel wide: smaller ones are not drawn. */
export const smallestError = ({ each }: BarScale, { track }: Widths): number => 50 / (each * Math.max(1, track));
