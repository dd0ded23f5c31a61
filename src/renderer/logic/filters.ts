/** Filters over pictures as one picture. */
import type { NumericArray } from '../../contract/attribution';

/** Across a row. */
const COLUMNS = 16;
/** Screen pixels that a filter is about wide. */
const SIZE = 20;

export interface FilterPicture {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and opacity, row by row; between filters nothing. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  /** Screen pixels for each of its own. */
  readonly scale: number;
}

/** @param filters `[filters, height, width, 1 or 3]`: no weight is grey, the largest of all white or black */
export function filterPixels({ shape, data }: NumericArray): FilterPicture {
  const [count, rows, columns, channels] = shape as [number, number, number, number];
  const across = Math.min(COLUMNS, count);
  const width = across * (columns + 1) - 1;
  const height = Math.ceil(count / across) * (rows + 1) - 1;
  const pixels = new Uint8ClampedArray(width * height * 4);
  const most = data.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 1e-12);
  for (let at = 0; at < count * rows * columns; at++) {
    const [filter, place] = [Math.floor(at / (rows * columns)), at % (rows * columns)];
    const x = (filter % across) * (columns + 1) + (place % columns);
    const y = Math.floor(filter / across) * (rows + 1) + Math.floor(place / columns);
    for (let colour = 0; colour < 3; colour++)
      pixels[(y * width + x) * 4 + colour] =
        127.5 + (127.5 * data[at * channels + (channels === 3 ? colour : 0)]!) / most;
    pixels[(y * width + x) * 4 + 3] = 255;
  }
  return { width, height, pixels, scale: Math.max(1, Math.round(SIZE / columns)) };
}
