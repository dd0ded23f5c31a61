/** A unit's contributions at its positions: heat map over an image, letters over a sequence, bars along one axis. */
import type { NumericArray } from '../../contract/attribution';
import { diverging, pixels, type ColourScale, type Theme } from '../logic/colour';
import { signed } from '../logic/format';
import { imagePixels, lettersOf, range, type DrawnInput } from '../logic/inputs';
import { MONO, paints, tag, words } from './svg';

export interface Glyph {
  readonly letter: string;
  readonly at: number;
  readonly value: number;
  readonly x: number;
  readonly y: number;
  /** Of a letter of 14 pixels; zero where it is too small to draw. */
  readonly scale: readonly [number, number];
}

export interface Bar {
  readonly at: number;
  readonly value: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Places of what is drawn along one axis. */
export interface AlongAxis {
  readonly width: number;
  /** The line of zero. */
  readonly middle: number;
  /** One letter per position, as high as its contribution. */
  readonly glyphs: readonly Glyph[];
  readonly bars: readonly Bar[];
  /** The sequence below bars that are fewer than its letters. */
  readonly foot: readonly { readonly letter: string; readonly x: number }[];
  readonly pitch: number;
}

const PAD = 2;

/**
 * @param map `[positions]`
 * @param input the example's input and how it is drawn; null where it is not at hand
 * @param room pixels to the right that there are
 */
export function alongAxis(map: NumericArray, input: DrawnInput | null, room: number, height: number): AlongAxis {
  const letters = input?.picture.kind === 'sequence' ? lettersOf(input.value.data, input.picture.alphabet) : null;
  const count = map.data.length;
  const pitch = letters
    ? Math.max(5.5, Math.min(12, room / letters.length))
    : Math.max(2, Math.min(14, room / Math.max(1, count)));
  const same = letters !== null && letters.length === count;
  const high = height - (letters && !same ? 11 : 0) - 2 * PAD;
  const [low, most] = range(map.data);
  const [up, down] = [Math.max(most, 0), Math.max(-low, 0)];
  const middle = PAD + (up + down === 0 ? high / 2 : (high * up) / (up + down));
  const scale = high / Math.max(1e-12, up + down);
  /** Pooled layers have fewer positions than the sequence has letters: each covers a stretch of them. */
  const stretch = letters ? letters.length / count : 1;
  const values = Array.from(map.data);
  return {
    width: (letters ? letters.length : count) * pitch,
    middle,
    pitch,
    glyphs: same
      ? values.map((value, at): Glyph => {
          const size = Math.abs(value) * scale;
          return {
            letter: letters[at]!,
            at,
            value,
            x: at * pitch + pitch / 2,
            y: value >= 0 ? middle : middle + size,
            scale: size > 0.6 ? [pitch / 10.5, size / 10.2] : [0, 0],
          };
        })
      : [],
    bars: same
      ? []
      : values.map((value, at): Bar => {
          const size = Math.abs(value) * scale;
          return {
            at,
            value,
            x: at * pitch * stretch,
            y: value >= 0 ? middle - size : middle,
            width: Math.max(1, pitch * stretch - 1),
            height: size,
          };
        }),
    foot: letters && !same ? Array.from(letters, (letter, at) => ({ letter, x: at * pitch + pitch / 2 })) : [],
  };
}

/** RGBA of a map; over an image, what is small lets it through. */
export function mapPixels(map: NumericArray, extent: number, colour: ColourScale, over: boolean) {
  const data = pixels(map.data, colour);
  if (over)
    map.data.forEach((value, at) => (data[at * 4 + 3] = 70 + 185 * Math.sqrt(Math.min(1, Math.abs(value) / extent))));
  return data;
}

/** A picture of a few pixels as data URL; a page draws it on a canvas. @param data RGBA */
export type PixelUrl = (data: Uint8ClampedArray<ArrayBuffer>, columns: number, rows: number) => string;

const pixelImage = (href: string, width: number, height: number, opacity: number | null): string =>
  tag('image', { href, width, height, preserveAspectRatio: 'none', 'image-rendering': 'pixelated', opacity });

export interface Fragment {
  readonly markup: string;
  readonly width: number;
  readonly height: number;
}

/** Markup to be placed in a picture; nothing for a unit without positions. */
export function positionsFragment(
  map: NumericArray,
  input: DrawnInput | null,
  extent: number,
  theme: Theme,
  room: number,
  height: number,
  url: PixelUrl,
): Fragment | null {
  if (map.data.length <= 1) return null;
  return map.shape.length === 2
    ? heatMap(map, input, extent, theme, Math.min(room, (height * map.shape[1]!) / map.shape[0]!), url)
    : alongPicture(alongAxis(map, input, room, height), theme, height);
}

function heatMap(
  map: NumericArray,
  input: DrawnInput | null,
  extent: number,
  theme: Theme,
  width: number,
  url: PixelUrl,
): Fragment {
  const paint = paints[theme];
  const [rows, columns] = map.shape as [number, number];
  const high = (width * rows) / columns;
  const colour = diverging(theme, extent);
  const parts: string[] = [];
  if (input?.picture.kind === 'image') {
    const { width: across, height: down } = input.picture;
    const [low, most] = range(input.value.data);
    const grey = imagePixels(input.value.data, input.picture, [low, most]);
    for (let at = 0; at < grey.length; at += 4) {
      const light = 0.2126 * grey[at]! + 0.7152 * grey[at + 1]! + 0.0722 * grey[at + 2]!;
      grey.fill(light, at, at + 3);
    }
    parts.push(pixelImage(url(grey, across, down), width, high, 0.4));
  }
  const over = input?.picture.kind === 'image';
  parts.push(pixelImage(url(mapPixels(map, extent, colour, over), columns, rows), width, high, null));
  parts.push(tag('rect', { width, height: high, fill: 'none', stroke: paint.line }));
  const stops = [-1, -0.5, 0, 0.5, 1].map((share) =>
    tag('stop', { offset: (share + 1) / 2, 'stop-color': colour(share * extent) }),
  );
  const id = `scale-${theme}`;
  parts.push(tag('linearGradient', { id }, ...stops));
  parts.push(words(signed(-extent, 2), 0, high + 13, 10, { fill: paint.soft }));
  parts.push(
    tag('rect', { x: 34, y: high + 6, width: Math.max(10, width - 68), height: 6, rx: 3, fill: `url(#${id})` }),
  );
  parts.push(words(signed(extent, 2), width, high + 13, 10, { fill: paint.soft, 'text-anchor': 'end' }));
  return { markup: parts.join(''), width, height: high + 16 };
}

function alongPicture({ width, middle, glyphs, bars, foot, pitch }: AlongAxis, theme: Theme, height: number): Fragment {
  const paint = paints[theme];
  const letterFill = (letter: string): string => paint.letters[letter] ?? paint.soft;
  const parts = [tag('path', { d: `M0 ${middle}H${width}`, stroke: paint.strong })];
  for (const { letter, x, y, scale } of glyphs)
    parts.push(
      scale[0] === 0
        ? tag('circle', { cx: x, cy: middle, r: 0.8, fill: paint.faint })
        : tag(
            'text',
            {
              transform: `translate(${x} ${y}) scale(${scale[0]} ${scale[1]})`,
              'text-anchor': 'middle',
              'font-size': 14,
              'font-weight': 700,
              'font-family': MONO,
              fill: letterFill(letter),
            },
            letter,
          ),
    );
  for (const { value, x, y, width: wide, height: high } of bars)
    parts.push(tag('rect', { x, y, width: wide, height: high, fill: value >= 0 ? paint.raises : paint.lowers }));
  for (const { letter, x } of foot)
    parts.push(
      words(letter, x, height - 1, Math.min(9, pitch + 0.5), {
        'text-anchor': 'middle',
        'font-weight': 600,
        'font-family': MONO,
        fill: letterFill(letter),
      }),
    );
  return { markup: parts.join(''), width, height };
}
