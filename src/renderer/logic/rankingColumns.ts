/** How wide the ranking's columns are and how its bars are scaled: given, so that a row is laid out at once. */
import type { Ranking } from './ranking';

/** Pixels between cells, and of a row. */
export const GAP = 7;
export const ROW = 30;

export interface Widths {
  /** Pixels of the rank, of the unit's name, of each run's cell and of the bar within it. */
  readonly rank: number;
  readonly name: number;
  readonly cell: number;
  readonly track: number;
  /** Pixels of the value, with its error below it. */
  readonly value: number;
  /** Pixels beside the bar for the rank in that run. */
  readonly place: number;
  /** Whether there is room for how far a rank moved. */
  readonly shifts: boolean;
  /** The narrowest that a row can be. */
  readonly narrowest: number;
}

/** Pixels of a value whose error stands below it: as its layer's share alone, or with the figure too. */
export const VALUE = { narrow: 62, wide: 104 } as const;
/** From this width of a cell on there is room for both. */
const WIDE = 225;

/** @param room pixels that there are */
export function widthsOf({ columns, layers, unit }: Ranking, room: number): Widths {
  const many = Math.max(1, columns.length);
  const digits = String(unit.length).length;
  const rank = Math.max(30, digits * 8 + 6);
  const longest = layers.reduce(
    (most, { name, units }) => Math.max(most, name.length * 7.2 + String(units).length * 8),
    0,
  );
  // paddings, pin, scroll bar; then names as long as they are, and the bars take the rest
  const others = 24 + 24 + 10 + rank + (many + 2) * GAP;
  const name = Math.max(96, Math.min(longest + 44, (room - others) * 0.36));
  const free = Math.floor((room - others - name) / many);
  const told = columns.some(({ hasErrors }) => hasErrors);
  const value = !told ? 50 : free >= WIDE ? VALUE.wide : VALUE.narrow;
  const cell = Math.max(28 + value + digits * 7 + 9, free);
  const shifts = cell >= 140 + value + digits * 6;
  const place = digits * 7 + (shifts ? 38 : 9);
  return {
    rank,
    name,
    cell,
    value,
    place,
    track: cell - value - place - 10,
    shifts,
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
