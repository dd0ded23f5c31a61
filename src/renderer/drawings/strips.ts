/** One strip per layer along the path, coloured by an amount. */
import { sequential, type Theme } from '../logic/colour';
import { textWidth } from './metrics';
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
/** Pixels for names, at the least and as a share of the width at the most. */
const NAME = { least: 64, share: 0.42 } as const;
const VALUE = 62;
const FOOT = 16;

/** Where names, strips and values stand in a width; the window draws by the same. @param names as they are to be drawn */
export function stripPlaces(width: number, names: readonly string[]) {
  const longest = names.reduce((most, name) => Math.max(most, textWidth(name, 11)), 0);
  const left = Math.round(Math.max(NAME.least, Math.min(longest + 14, NAME.share * width)));
  return { left, across: Math.max(60, width - left - VALUE), height: names.length * ROW + FOOT };
}

function stripMarkup(strips: readonly Strip[], names: readonly string[], width: number, theme: Theme): string {
  const paint = paints[theme];
  const colour = sequential(theme, 1);
  const { left, across, height } = stripPlaces(width, names);
  const axis = { fill: paint.faint };
  return [
    ...strips.map(({ shares, value }, row) => {
      const y = row * ROW;
      const wide = across / shares.length;
      return [
        words(fitting(names[row]!, left - 12, 11), left - 8, y + 12, 11, { 'text-anchor': 'end', fill: paint.soft }),
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

/** @param short what a layer is called in the picture */
export const stripPicture = (
  strips: readonly Strip[],
  title: string,
  theme: Theme,
  short: (layer: string) => string = (layer) => layer,
): string => {
  const [width, pad] = [640, 16];
  const names = strips.map(({ layer }) => short(layer));
  const { height } = stripPlaces(width, names);
  return drawing(width + 2 * pad, height + 2 * pad, title, theme, [
    tag('g', { transform: `translate(${pad} ${pad})` }, stripMarkup(strips, names, width, theme)),
  ]);
};
