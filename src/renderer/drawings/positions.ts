/** A unit's contributions at its positions: heat map over an image, letters over a sequence, bars along one axis. */
import type { NumericArray } from '../../contract/attribution';
import { diverging, pixels, type ColourScale, type Theme } from '../logic/colour';
import { signed } from '../logic/format';
import { LETTER, lengthOf, stretches, ticks, whole, type Span } from '../logic/span';
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
  /** Positions that it stands for, up to before `to`. */
  readonly from: number;
  readonly to: number;
  readonly x: number;
  readonly width: number;
  /** Above and below the line of zero. */
  readonly up: number;
  readonly down: number;
}

/** Places of what is drawn along one axis. */
export interface AlongAxis {
  readonly width: number;
  /** The line of zero. */
  readonly middle: number;
  /** One letter per position, as high as its contribution. */
  readonly glyphs: readonly Glyph[];
  /** One for each position, or for those that share a pixel. */
  readonly bars: readonly Bar[];
  /** The sequence below bars that are fewer than its letters. */
  readonly foot: readonly { readonly letter: string; readonly x: number }[];
  /** Pixels of a place. */
  readonly pitch: number;
}

const PAD = 2;
/** Pixels of a position at the most, where there are few. */
export const WIDEST = 36;

/** Letters of the input that positions are drawn over; null where it has none. */
export const lettersUnder = (input: DrawnInput | null): string | null =>
  input?.picture.kind === 'sequence' ? lettersOf(input.value.data, input.picture.alphabet) : null;

/**
 * Letters where they can be read, else bars.
 * @param map `[positions]`
 * @param letters of the sequence that the positions lie over; null without
 * @param span which places are drawn, counted in letters where there are some; default: all
 */
export function alongAxis(
  map: NumericArray,
  letters: string | null,
  width: number,
  height: number,
  span: Span = whole(letters?.length ?? map.data.length),
): AlongAxis {
  const count = map.data.length;
  /** Pooled layers have fewer positions than the sequence has letters: each covers a stretch of them. */
  const stretch = letters ? letters.length / count : 1;
  const pitch = width / lengthOf(span);
  const x = (place: number): number => (place - span.from) * pitch;
  const legible = letters !== null && pitch >= LETTER.least;
  const same = legible && letters.length === count;
  const high = height - (legible && !same ? LETTER.size + 2 : 0) - 2 * PAD;
  const [low, most] = range(map.data);
  const [up, down] = [Math.max(most, 0), Math.max(-low, 0)];
  const middle = PAD + (up + down === 0 ? high / 2 : (high * up) / (up + down));
  const scale = high / Math.max(1e-12, up + down);
  const places = Array.from({ length: Math.ceil(span.to) - Math.floor(span.from) }, (_, at) => at + Math.floor(span.from)); // prettier-ignore
  const apart = pitch * stretch;
  return {
    width,
    middle,
    pitch,
    glyphs: same
      ? places.map((at): Glyph => {
          const value = map.data[at]!;
          const size = Math.abs(value) * scale;
          return {
            letter: letters[at]!,
            at,
            value,
            x: x(at + 0.5),
            y: value >= 0 ? middle : middle + size,
            scale: size > 0.6 ? [Math.min(pitch, 24) / 10.5, size / 10.2] : [0, 0],
          };
        })
      : [],
    bars: same
      ? []
      : stretches(map.data, { from: span.from / stretch, to: span.to / stretch }, width).map(
          ({ from, to, low: least, high: largest }): Bar => ({
            from,
            to,
            x: x(from * stretch),
            width: Math.max(1, (to - from) * apart - (apart > 3 ? 1 : 0)),
            up: largest * scale,
            down: -least * scale,
          }),
        ),
    foot: legible && !same ? places.map((at) => ({ letter: letters[at]!, x: x(at + 0.5) })) : [],
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
    : alongPicture(map, lettersUnder(input), theme, room, height);
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

/** Below a row: positions of the sequence, or of the layer. */
const TICKS = 15;

function alongPicture(map: NumericArray, letters: string | null, theme: Theme, room: number, height: number): Fragment {
  const paint = paints[theme];
  const count = letters?.length ?? map.data.length;
  const { width, middle, glyphs, bars, foot, pitch } = alongAxis(map, letters, Math.min(room, count * WIDEST), height);
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
  for (const { x, width: wide, up, down } of bars) {
    if (up > 0) parts.push(tag('rect', { x, y: middle - up, width: wide, height: up, fill: paint.raises }));
    if (down > 0) parts.push(tag('rect', { x, y: middle, width: wide, height: down, fill: paint.lowers }));
  }
  for (const { letter, x } of foot)
    parts.push(
      words(letter, x, height - 1, Math.min(LETTER.size, pitch + 0.5), {
        'text-anchor': 'middle',
        'font-weight': 600,
        'font-family': MONO,
        fill: letterFill(letter),
      }),
    );
  for (const at of ticks(whole(count), width))
    parts.push(words(`${at}`, (at + 0.5) * pitch, height + 11, 10, { 'text-anchor': at === 0 ? 'start' : 'middle', fill: paint.soft })); // prettier-ignore
  return { markup: parts.join(''), width, height: height + TICKS };
}
