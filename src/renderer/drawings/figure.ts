/**
 * The frame that every exported picture gets: title, what was asked of which model on which example, legend, and the typeface.
 * A picture that is drawn already stands inside it, scaled; the frame's own letters are as large as its page wants them.
 */
import type { Theme } from '../logic/colour';
import type { LegendItem } from './legend';
import { textWidth, wrapped } from './metrics';
import { drawing, escaped, paints, tag, words } from './svg';

export interface Figure {
  readonly title: string;
  /** `['target', 'logits[3]']`: in the order in which they are read. */
  readonly facts: readonly (readonly [string, string])[];
  readonly legend: readonly LegendItem[];
}

/** Sizes in pixels, of which 96 are an inch. */
export interface Page {
  /** Null: as wide as the picture. */
  readonly width: number | null;
  /** Null: as high as it comes out. */
  readonly height: number | null;
  readonly title: number;
  readonly text: number;
  readonly pad: number;
}

/** A picture's own size, and what of its first tag a nested one keeps. */
function opened(picture: string): {
  readonly size: readonly [number, number];
  readonly nested: (place: string) => string;
} {
  const [head = '', inside = ''] = /^<svg([^>]*)>/.exec(picture) ?? [];
  const attribute = (name: string): string | undefined => new RegExp(`\\s${name}="([^"]*)"`).exec(inside)?.[1];
  const box = attribute('viewBox')
    ?.split(/[\s,]+/)
    .map(Number);
  const width = box?.[2] ?? Number.parseFloat(attribute('width') ?? '300');
  const height = box?.[3] ?? Number.parseFloat(attribute('height') ?? '150');
  const kept = inside.replace(/\s(?:xmlns|x|y|width|height|viewBox|role)="[^"]*"/g, '');
  return {
    size: [width, height],
    nested: (place) =>
      `<svg${kept} viewBox="${box?.join(' ') ?? `0 0 ${width} ${height}`}" ${place}>${picture.slice(head.length)}`,
  };
}

/** The smallest letters of a picture, in its own pixels; null where it has none. */
function smallestText(picture: string): number | null {
  const sizes = Array.from(picture.matchAll(/font-size(?:="|:\s*)([\d.]+)/g), ([, size]) => Number(size));
  return sizes.length === 0 ? null : Math.min(...sizes);
}

export interface Framed {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
  /** Of the smallest letters as they come out, in points. */
  readonly smallest: number | null;
}

/** How far a picture is enlarged at most: a few bars need no page of their own. */
const MOST_ENLARGED = 1.6;
/** Of the widest frame around a picture that is smaller than what is said of it. */
const LEAST_WIDTH = 420;

/**
 * @param picture an SVG's text that stands alone
 * @param style `@font-face` rules of the typeface; empty where what shows it has it
 */
export function framed(
  picture: string,
  { title, facts, legend }: Figure,
  page: Page,
  theme: Theme,
  style: string,
): Framed {
  const paint = paints[theme];
  const { size, nested } = opened(picture);
  const { pad, text } = page;
  const width = page.width ?? Math.max(LEAST_WIDTH, size[0]) + 2 * pad;
  const room = width - 2 * pad;
  const line = text * 1.4;
  const parts: string[] = [];
  let y = pad;
  for (const each of wrapped(title, room, page.title, true)) {
    parts.push(words(each, pad, y + page.title * 0.8, page.title, { 'font-weight': 700 }));
    y += page.title * 1.3;
  }
  const said = facts.map(([name, value]) => `${name} ${value}`).join('  ·  ');
  for (const each of wrapped(said, room, text)) {
    parts.push(words(each, pad, y + text * 0.9, text, { fill: paint.soft }));
    y += line;
  }
  y += text * 0.6;
  const below = legendMarkup(legend, room, text, theme);
  const left = page.height === null ? Infinity : page.height - y - below.height - pad - text * 0.6;
  const scale = Math.min(page.width === null ? 1 : MOST_ENLARGED, room / size[0], Math.max(0.01, left / size[1]));
  const [across, down] = [size[0] * scale, size[1] * scale];
  const place = { x: pad + (page.height === null ? 0 : (room - across) / 2), y, width: across, height: down };
  parts.push(nested(Object.entries(place).map(([name, value]) => `${name}="${Math.round(value * 100) / 100}"`).join(' '))); // prettier-ignore
  y += down + text * 0.6;
  parts.push(tag('g', { transform: `translate(${pad} ${y})` }, below.markup));
  y += below.height + pad;
  const height = page.height ?? y;
  const own = smallestText(picture);
  const smallest = Math.min(own === null ? Infinity : own * scale, text) * 0.75;
  return {
    svg: drawing(width, height, title, theme, [...(style === '' ? [] : [tag('style', {}, escaped(style))]), ...parts]),
    width: Math.ceil(width),
    height: Math.ceil(height),
    smallest,
  };
}

/** Items one after the other, broken into lines. */
function legendMarkup(
  legend: readonly LegendItem[],
  room: number,
  text: number,
  theme: Theme,
): { readonly markup: string; readonly height: number } {
  const paint = paints[theme];
  const line = text * 1.5;
  const parts: string[] = [];
  let [x, y] = [0, 0];
  for (const { mark, says } of legend) {
    const swatch = mark(theme, text);
    const lines = wrapped(says, room - swatch.width - text * 0.5, text);
    const wide = swatch.width + text * 0.5 + Math.max(...lines.map((each) => textWidth(each, text)));
    if (x > 0 && x + wide > room) [x, y] = [0, y + line];
    parts.push(tag('g', { transform: `translate(${x} ${y})` }, swatch.markup));
    lines.forEach((each, at) =>
      parts.push(words(each, x + swatch.width + text * 0.5, y + at * line + text * 0.9, text, { fill: paint.soft })),
    );
    y += (lines.length - 1) * line;
    x += wide + text * 1.6;
  }
  return { markup: parts.join(''), height: legend.length === 0 ? 0 : y + line };
}
