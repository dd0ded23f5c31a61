/** Which stretch of a long row of positions is shown: where it opens, how it zooms and moves, its ticks, what a pixel stands for. */

/** Positions from `from` up to before `to`; whole or not. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Pixels of a position at which its letter can be read, and at which a strip opens; of the letter itself. */
export const LETTER = { least: 7, opening: 10, size: 11 } as const;
/** Positions that a span has at the least. */
const FEWEST = 8;

export const whole = (count: number): Span => ({ from: 0, to: count });
export const lengthOf = ({ from, to }: Span): number => to - from;

/** As long as before, inside 0 … count. */
function inside(from: number, length: number, count: number): Span {
  const long = Math.min(count, Math.max(Math.min(FEWEST, count), length));
  const begin = Math.min(count - long, Math.max(0, from));
  return { from: begin, to: begin + long };
}

/** Everything where its letters can be read, else as much as can around a place. @param width pixels */
export function openingAt(place: number, count: number, width: number): Span {
  if (count * LETTER.least <= width) return whole(count);
  const length = Math.floor(width / LETTER.opening);
  return inside(Math.round(place + 0.5 - length / 2), length, count);
}

/** @param place stays where it is @param factor of the length */
export function zoomed({ from, to }: Span, place: number, factor: number, count: number): Span {
  const length = Math.min(count, Math.max(Math.min(FEWEST, count), (to - from) * factor));
  return inside(place - ((place - from) / (to - from)) * length, length, count);
}

export const moved = (span: Span, by: number, count: number): Span => inside(span.from + by, lengthOf(span), count);

/** Around a place, as long as before. */
export const centred = (span: Span, place: number, count: number): Span =>
  inside(place - lengthOf(span) / 2, lengthOf(span), count);

/** Round positions, so far apart that their numbers do not touch. @param apart pixels */
export function ticks({ from, to }: Span, width: number, apart = 56): number[] {
  const least = ((to - from) * apart) / width;
  const size = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  const step = Math.max(
    1,
    [1, 2, 5, 10].map((each) => each * size).find((each) => each >= least)!,
  );
  const found: number[] = [];
  for (let at = Math.ceil(from / step) * step; at < to; at += step) found.push(at);
  return found;
}

/** The least and the largest value of each of as many equal stretches, zero included; the first place of a stretch comes with it. */
export function stretches(
  values: ArrayLike<number>,
  { from, to }: Span,
  most: number,
): readonly { readonly from: number; readonly to: number; readonly low: number; readonly high: number }[] {
  const [first, last] = [Math.max(0, Math.floor(from)), Math.min(values.length, Math.ceil(to))];
  const count = Math.max(0, last - first);
  const bins = Math.min(count, Math.max(1, Math.floor(most)));
  return Array.from({ length: bins }, (_, bin) => {
    const begin = first + Math.floor((bin * count) / bins);
    const end = first + Math.floor(((bin + 1) * count) / bins);
    let [low, high] = [0, 0];
    for (let at = begin; at < end; at++) {
      low = Math.min(low, values[at]!);
      high = Math.max(high, values[at]!);
    }
    return { from: begin, to: end, low, high };
  });
}

/** Where the largest |value| of several rows lies, as a share of their length. */
export function peakOf(rows: readonly ArrayLike<number>[]): number {
  let [peak, most] = [0, -1];
  for (const row of rows)
    for (let at = 0; at < row.length; at++)
      if (Math.abs(row[at]!) > most) [peak, most] = [(at + 0.5) / row.length, Math.abs(row[at]!)];
  return peak;
}
