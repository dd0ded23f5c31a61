/** Units × examples as a picture: names, cells, classes above them. */
import type { Theme } from '../logic/colour';
import type { Band, UnitName } from '../logic/matrix';
import type { PixelUrl } from './positions';
import { drawing, fitting, paints, tag, words } from './svg';

export interface DrawnMatrix {
  readonly title: string;
  /** Run, data and scale. */
  readonly about: string;
  readonly rows: readonly UnitName[];
  readonly columns: readonly { readonly example: number; readonly group: string | null }[];
  readonly bands: readonly Band[];
  /** RGBA, a pixel for each cell. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

const [PAD, NAMES, TOP, ROW] = [12, 190, 54, 16];

export function unitMatrix(
  { title, about, rows, columns, bands, pixels }: DrawnMatrix,
  theme: Theme,
  url: PixelUrl,
): string {
  const paint = paints[theme];
  const cell = Math.max(4, Math.min(22, 720 / Math.max(1, columns.length)));
  const [width, height] = [cell * columns.length, ROW * rows.length];
  const left = PAD + NAMES;
  const named = cell >= 16;
  return drawing(Math.max(left + width + PAD, 480), TOP + height + (named ? 20 : 0) + PAD, title, theme, [
    words(fitting(about, Math.max(left + width, 440), 11), PAD, 22, 11, { fill: paint.soft }),
    ...bands.flatMap(({ group, from, count }) => [
      tag('line', { x1: left + from * cell, x2: left + from * cell, y1: TOP - 18, y2: TOP + height, stroke: paint.strong, 'stroke-width': 0.5 }), // prettier-ignore
      ...(group !== null && count * cell >= 14
        ? [words(fitting(group, count * cell, 11), left + (from + count / 2) * cell, TOP - 6, 11, { 'text-anchor': 'middle', fill: paint.soft })] // prettier-ignore
        : []),
    ]),
    ...rows.map(({ layer, unit }, at) => {
      const number = ` #${unit}`;
      const label = fitting(layer, NAMES - 12 - number.length * 7, 11) + number;
      return words(label, left - 8, TOP + at * ROW + 12, 11, { 'text-anchor': 'end' });
    }),
    tag('image', { href: url(pixels, columns.length, rows.length), x: left, y: TOP, width, height, preserveAspectRatio: 'none', 'image-rendering': 'pixelated' }), // prettier-ignore
    ...(named
      ? columns.map(
          ({ example }, at) =>
          words(`${example}`, left + (at + 0.5) * cell, TOP + height + 14, 11, { 'text-anchor': 'middle', fill: paint.faint }), // prettier-ignore
        )
      : []),
  ]);
}
