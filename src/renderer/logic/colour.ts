/**
 * The colours of numbers. Everywhere in the window red raises the target and blue lowers it, the scale of ColorBrewer's
 * RdBu (readable with every common colour blindness); on dark ground its neutral end is the ground itself.
 */
import { rgb } from 'd3-color';
import { interpolateLab, piecewise } from 'd3-interpolate';
import { interpolateRdBu } from 'd3-scale-chromatic';

export type Theme = 'light' | 'dark';
export type ColourScale = (value: number) => string;

const darkDiverging = piecewise(interpolateLab, [
  '#9ecbff',
  '#4c9bea',
  '#2d5d8f',
  '#23272f',
  '#96413f',
  '#e8695f',
  '#ffb8a3',
]);
const lightMass = piecewise(interpolateLab, ['#ffffff', '#ece9fb', '#c9c1f4', '#9c8de8', '#6d57d3']);
const darkMass = piecewise(interpolateLab, ['#1d2027', '#2a2742', '#433a78', '#6957bb', '#9c8bf0']);

/** −extent … extent → colour; zero is neutral. */
export function diverging(theme: Theme, extent: number): ColourScale {
  const scale = theme === 'light' ? (share: number) => interpolateRdBu(1 - share) : darkDiverging;
  return (value) => scale(extent === 0 ? 0.5 : 0.5 + Math.max(-1, Math.min(1, value / extent)) / 2);
}

/** 0 … extent → colour, for amounts without a sign. */
export function sequential(theme: Theme, extent: number): ColourScale {
  const scale = theme === 'light' ? lightMass : darkMass;
  return (value) => scale(extent === 0 ? 0 : Math.max(0, Math.min(1, value / extent)));
}

/** Black or white, whichever reads better on a colour (WCAG contrast). */
export function textOn(background: string): string {
  const { r, g, b } = rgb(background);
  const [red, green, blue] = [r, g, b].map((level) => {
    const share = level / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return luminance > 0.197 ? '#14161a' : '#ffffff';
}

/** One byte-quadruple per value, for pictures on a canvas. */
export function pixels(values: ArrayLike<number>, colour: ColourScale): Uint8ClampedArray<ArrayBuffer> {
  const data = new Uint8ClampedArray(values.length * 4);
  for (let at = 0; at < values.length; at++) {
    const { r, g, b } = rgb(colour(values[at]!));
    data.set([r, g, b, 255], at * 4);
  }
  return data;
}

/** Colours of edges, which stay behind the layers: the meanings' colours, half way to the ground. */
export const flowColoursOf = ({
  ground,
  raises,
  lowers,
}: Readonly<Record<'ground' | 'raises' | 'lowers', string>>) => ({
  raises: interpolateLab(ground, raises)(0.66),
  lowers: interpolateLab(ground, lowers)(0.66),
});
