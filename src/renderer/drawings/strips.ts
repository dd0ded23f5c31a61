/** One strip per layer along the path, coloured by an amount. */
import { sequential, type Theme } from '../logic/colour';
import { drawing, fitting, paints, tag, words } from './svg';

export interface Strip {
  readonly layer: string;
  /** From the baseline to the input, 0 to 1. */
  readonly shares: readonly number[];
  /** Written behind the strip. */
  readonly value: string;
  /** For those who do not see it, and on hovering. */
  readonly says: string;
}

export const ROW = 17;
const NAME = 128;
const VALUE = 62;
const FOOT = 16;

/** Where names, strips and values stand in a width; the window draws by the same. */
export const stripPlaces = (width: number, rows: number) => ({
  left: NAME,
  across: Math.max(60, width - NAME - VALUE),
  height: rows * ROW + FOOT,
});

function stripMarkup(strips: readonly Strip[], width: number, theme: Theme): string {
  const paint = paints[theme];
  const colour = sequential(theme, 1);
  const { left, across, height } = stripPlaces(width, strips.length);
  const axis = { fill: paint.faint };
  return [
    ...strips.map(({ layer, shares, value }, row) => {
      const y = row * ROW;
      const wide = across / shares.length;
      return [
        words(fitting(layer, left - 12, 11), left - 8, y + 12, 11, { 'text-anchor': 'end', fill: paint.soft }),
        ...shares.map((share, at) =>
          tag('rect', { x: left + at * wide, y: y + 2, width: wide + 0.4, height: ROW - 4, fill: colour(share) }),
        ),
        words(value, width - 2, y + 12, 11, { 'text-anchor': 'end', fill: paint.soft }),
      ].join('');
    }),
    words('baseline', left, height - 3, 11, axis),
    words('input', left + across, height - 3, 11, { 'text-anchor': 'end', ...axis }),
  ].join('');
}

export const stripPicture = (strips: readonly Strip[], title: string, theme: Theme): string => {
  const [width, pad] = [640, 16];
  const { height } = stripPlaces(width, strips.length);
  return drawing(width + 2 * pad, height + 2 * pad, title, theme, [
    tag('g', { transform: `translate(${pad} ${pad})` }, stripMarkup(strips, width, theme)),
  ]);
};
