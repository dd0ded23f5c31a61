/**
 * Rows of one height in a list that may be longer than a page can be. Of such a list a pixel of the scroll bar stands for
 * more than a pixel of rows; the wheel still moves rows pixel by pixel, as if nothing were compressed.
 */

/** Pixels that a page keeps whole: beyond, the compositor rounds places to two pixels and more. */
export const TALLEST = 16_000_000;
/** Rows are drawn anew in bunches, so that between two of them scrolling draws nothing at all. */
export const BUNCH = 4;

export interface List {
  readonly rows: number;
  /** Pixels of one row. */
  readonly pitch: number;
  /** Pixels that are seen. */
  readonly height: number;
}

const length = ({ rows, pitch }: List): number => rows * pitch;
/** How tall the page makes the list. */
export const scrolledHeight = (list: List): number => Math.min(length(list), TALLEST);
const ratio = (list: List): number =>
  length(list) <= TALLEST ? 1 : (length(list) - list.height) / (TALLEST - list.height);

/** Pixel of the whole list that a place of the scroll bar stands for, and the other way round. */
export const offsetAt = (list: List, scrollTop: number): number => scrollTop * ratio(list);
export const scrollTopAt = (list: List, offset: number): number => offset / ratio(list);

/**
 * How far the rows are shifted against the page after it was scrolled: `offset = scrollTop + shift`. A short way moves
 * them as far as the page; a jump, and either end, goes where the scroll bar stands.
 * @param before scroll place and shift until now
 */
export function shiftAfter(
  list: List,
  scrollTop: number,
  before: { readonly scrollTop: number; readonly shift: number },
): number {
  const last = length(list) - list.height;
  const offset = scrollTop + before.shift;
  const ends = scrollTop <= 0 || scrollTop >= scrolledHeight(list) - list.height;
  const near = Math.abs(scrollTop - before.scrollTop) <= 2 * list.height;
  return near && !ends && offset >= 0 && offset <= last ? before.shift : offsetAt(list, scrollTop) - scrollTop;
}

/** The first bunch to draw for what is seen: the same until one has gone by. */
export const bunchAt = ({ pitch }: List, offset: number): number =>
  Math.max(0, Math.floor(Math.max(0, offset) / pitch / BUNCH) - 1);

/** How many bunches are drawn at most. */
export const bunchesDrawn = ({ height, pitch }: List): number => Math.ceil(height / pitch / BUNCH) + 3;

/** The bunches to draw. */
export function bunchesFrom(list: List, first: number): number[] {
  const end = Math.min(first + bunchesDrawn(list), Math.ceil(list.rows / BUNCH));
  return Array.from({ length: Math.max(0, end - first) }, (_, at) => first + at);
}

/** The rows of one bunch. */
export const rowsOfBunch = (bunch: number, rows: number): number[] =>
  Array.from({ length: Math.min(BUNCH, rows - bunch * BUNCH) }, (_, at) => bunch * BUNCH + at);

/** Where a list stands: the scroll bar, and the rows shifted against the page. */
export interface Place {
  readonly scrollTop: number;
  readonly shift: number;
}

/** Where the scroll bar goes for an offset, which it can only tell to the pixel: the rows make up for it. */
export function placeAt(list: List, offset: number): Place {
  const scrollTop = Math.round(scrollTopAt(list, offset));
  return { scrollTop, shift: scrolledHeight(list) === length(list) ? 0 : offset - scrollTop };
}

/** The offset at which a row is seen, no further from the present one than it must be; null where it is seen already. */
export function revealing({ pitch, height }: List, offset: number, row: number): number | null {
  const y = row * pitch;
  if (y >= offset && y + pitch <= offset + height) return null;
  return y < offset ? y : y + pitch - height;
}

/** The row that a key goes to; null for any other key, or where there is none. */
export function rowOfKey(key: string, { rows, pitch, height }: List, at: number): number | null {
  const page = Math.max(1, Math.floor(height / pitch) - 1);
  const last = rows - 1;
  const steps = new Map([
    ['ArrowDown', at + 1],
    ['ArrowUp', at - 1],
    ['PageDown', at + page],
    ['PageUp', at - page],
    ['Home', 0],
    ['End', last],
  ]);
  const wanted = steps.get(key);
  return wanted === undefined || last < 0 ? null : Math.max(0, Math.min(last, wanted));
}
