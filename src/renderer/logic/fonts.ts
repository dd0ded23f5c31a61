/** The window's typeface as rules that a picture or a report carries. */
import { filesOf, RANGES, type TypefaceFile } from '../drawings/typeface';

/** As data, each fetched when a picture needs it. */
const load: Readonly<Record<TypefaceFile, () => Promise<{ readonly default: string }>>> = {
  latin: () => import('@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?inline'),
  greek: () => import('@fontsource-variable/inter/files/inter-greek-wght-normal.woff2?inline'),
  'latin-ext': () => import('@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2?inline'),
  cyrillic: () => import('@fontsource-variable/inter/files/inter-cyrillic-wght-normal.woff2?inline'),
};

/** `@font-face` rules with the letters in them, for a text. */
export async function fontRules(text: string): Promise<string> {
  const rules = filesOf(text).map(async (file) => {
    const { default: address } = await load[file]();
    return `@font-face{font-family:'Inter Variable';font-weight:100 900;src:url(${address}) format('woff2');unicode-range:${RANGES[file]}}`;
  });
  return (await Promise.all(rules)).join('');
}
