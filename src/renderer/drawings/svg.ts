/** Pictures as text: SVG that stands alone, for exports and the report. The window's own colours, light or dark. */
import type { Theme } from '../logic/colour';
import { fitted } from '../logic/names';
import { textWidth } from './metrics';

/** The colours of `styles/tokens.css` that pictures use; a picture on its own knows no style sheet. */
export interface Paint {
  readonly ground: string;
  readonly text: string;
  readonly soft: string;
  readonly faint: string;
  readonly line: string;
  readonly strong: string;
  readonly accent: string;
  readonly raises: string;
  readonly lowers: string;
  readonly bad: string;
  readonly warn: string;
  /** Of a sequence's letters; others are `soft`. */
  readonly letters: Readonly<Record<string, string>>;
}

export const paints: Readonly<Record<Theme, Paint>> = {
  light: {
    ground: '#ffffff',
    text: '#14171c',
    soft: '#49515d',
    faint: '#5f6875',
    line: '#dde1e7',
    strong: '#b9c0ca',
    accent: '#5a45d0',
    raises: '#b2182b',
    lowers: '#2166ac',
    bad: '#b3261e',
    warn: '#8a5a00',
    letters: { A: '#1b7a3d', C: '#2456b3', G: '#8a6100', T: '#b3261e' },
  },
  dark: {
    ground: '#16191f',
    text: '#e9ebef',
    soft: '#b0b8c4',
    faint: '#929cab',
    line: '#282d37',
    strong: '#454d5b',
    accent: '#a394f7',
    raises: '#ee7a70',
    lowers: '#63aaf0',
    bad: '#f2857d',
    warn: '#e0ad4f',
    letters: { A: '#63c989', C: '#7db1f7', G: '#e2b550', T: '#f2857d' },
  },
};

export const FONT = "'Inter Variable', Inter, system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
export const MONO = "ui-monospace, 'SF Mono', 'DejaVu Sans Mono', monospace";

/** What XML 1.0 has no place for, escaped or not: a single one would make the whole picture unreadable. */
const NOT_XML = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** Markup without the characters that XML 1.0 forbids. */
export const soundXml = (text: string): string => text.replace(NOT_XML, '�');

export const escaped = (text: string): string =>
  soundXml(text).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

type Attributes = Readonly<Record<string, string | number | null>>;

const rounded = (value: string | number): string =>
  typeof value === 'number' ? `${Math.round(value * 100) / 100}` : escaped(value);

/** An element with its attributes; those that are null are left out. Children are markup already. */
export function tag(name: string, attributes: Attributes, ...children: readonly string[]): string {
  let text = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) if (value !== null) text += ` ${key}="${rounded(value)}"`;
  return children.length === 0 ? `${text}/>` : `${text}>${children.join('')}</${name}>`;
}

/** Text at a place; `size` in pixels. */
export const words = (text: string, x: number, y: number, size: number, more: Attributes = {}): string =>
  tag('text', { x, y, 'font-size': size, ...more }, escaped(text));

/** Cut in the middle to so many pixels of text of a size. */
export const fitting = (text: string, width: number, size: number, bold = false): string =>
  fitted(text, width, (part) => textWidth(part, size, bold));

/** A whole picture. @param title what it shows, for those who do not see it */
export const drawing = (
  width: number,
  height: number,
  title: string,
  theme: Theme,
  children: readonly string[],
): string =>
  tag(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width: Math.ceil(width),
      height: Math.ceil(height),
      viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`,
      role: 'img',
      'font-family': FONT,
      fill: paints[theme].text,
    },
    tag('title', {}, escaped(title)),
    tag('rect', { width: '100%', height: '100%', fill: paints[theme].ground }),
    ...children,
  );
