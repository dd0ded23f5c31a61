/** The window's colours: text can be read on every ground it stands on, in both themes, and styles name colours by their tokens. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lab, rgb } from 'd3-color';
import { describe, expect, it } from 'vitest';

const sheet = readFileSync('src/renderer/styles/tokens.css', 'utf8');
const darkAt = sheet.indexOf("[data-theme='dark']");
const tokensOf = (text: string): Map<string, string> =>
  new Map(Array.from(text.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g), ([, name, value]) => [name!, value!]));
const light = tokensOf(sheet.slice(0, darkAt));
const themes = { light, dark: new Map([...light, ...tokensOf(sheet.slice(darkAt))]) };

/** Relative luminance and contrast as WCAG 2 defines them. */
function luminance(colour: string): number {
  const { r, g, b } = rgb(colour);
  const [red, green, blue] = [r, g, b].map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

describe.each(Object.entries(themes))('%s', (_, tokens) => {
  const token = (name: string): string => tokens.get(name)!;
  const below = (pairs: readonly (readonly [string, string])[], least: number): string[] =>
    pairs
      .filter(([ink, ground]) => contrast(token(ink), token(ground)) < least)
      .map(([ink, ground]) => `${ink} on ${ground}: ${contrast(token(ink), token(ground)).toFixed(2)}`);
  const on = (inks: readonly string[], grounds: readonly string[]) =>
    inks.flatMap((ink) => grounds.map((ground) => [ink, ground] as const));

  it('text stands out from its ground by 4.5 at least', () => {
    const grounds = ['ground', 'surface', 'sunken', 'hover'];
    expect(below(on(['text', 'text-2', 'text-3', 'accent', 'raises', 'lowers', 'good', 'warn', 'bad'], grounds), 4.5)).toEqual([]); // prettier-ignore
    const own = [['on-accent', 'accent'], ['on-accent', 'accent-hover'], ['accent', 'accent-soft'], ['text', 'accent-soft'], ['text-2', 'accent-soft'], ['warn', 'warn-soft'], ['bad', 'bad-soft'], ['raises', 'raises-soft'], ['lowers', 'lowers-soft']] as const; // prettier-ignore
    expect(below(own, 4.5)).toEqual([]);
    expect(below(on(['base-a', 'base-c', 'base-g', 'base-t'], ['surface']), 4.5)).toEqual([]);
  });

  it('raising and lowering are as light as one another: neither weighs more to the eye', () => {
    expect(Math.abs(lab(token('raises')).l - lab(token('lowers')).l)).toBeLessThan(12);
  });
});

const files = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)],
  );
const styles = files('src/renderer')
  .filter((file) => file.endsWith('.svelte'))
  .map((file) => [file, /<style[^>]*>([\s\S]*)<\/style>/.exec(readFileSync(file, 'utf8'))?.[1] ?? ''] as const);

it('components name no colour of their own: a theme is changed in one place', () => {
  const stray = styles.flatMap(([file, style]) =>
    Array.from(style.matchAll(/#[0-9a-f]{3,8}\b|rgba?\([^)]*\)|hsla?\([^)]*\)/gi), ([colour]) => `${file}: ${colour}`),
  );
  expect(stray).toEqual([]);
});

it('no text of a component is smaller than 11 pixels', () => {
  const small = styles.flatMap(([file, style]) =>
    Array.from(
      style.matchAll(/font(?:-size)?:[^;]*?\b(\d+(?:\.\d+)?)px/g),
      ([rule, size]) => [Number(size), rule] as const,
    )
      .filter(([size]) => size < 11)
      .map(([, rule]) => `${file}: ${rule}`),
  );
  expect(small).toEqual([]);
});
