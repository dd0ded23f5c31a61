/** Numbers and shapes as the window writes them. */

const MINUS = '−';
const signOf = (text: string): string => text.replaceAll('-', MINUS);

/** Three significant digits, a true minus sign, powers of ten where plain digits would mislead. */
export function number(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'not a number' : value > 0 ? '∞' : `${MINUS}∞`;
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return signOf(scientific(value, Math.min(2, digits)));
  if (size >= 10 ** digits) return signOf(Math.round(value).toLocaleString('en-US'));
  return signOf(value.toPrecision(digits));
}

/** As `number`, with a plus sign where it is positive. */
export const signed = (value: number, digits = 3): string => (value > 0 ? '+' : '') + number(value, digits);

function scientific(value: number, digits: number): string {
  const [mantissa, exponent] = value.toExponential(digits - 1).split('e') as [string, string];
  return `${mantissa}e${Number(exponent)}`;
}

/** A share as per cent: `100 %`, `99.7 %`, `< 0.1 %`, `0 %`. */
export function percent(share: number): string {
  const value = share * 100;
  if (!Number.isFinite(value)) return 'n/a';
  if (value === 0 || value === 100) return `${value} %`;
  if (Math.abs(value) < 0.1) return `< 0.1 %`;
  return `${signOf(value.toFixed(Math.abs(value) >= 99.95 || Math.abs(value) < 10 ? 1 : 0))} %`;
}

/** `840 KB`, `12 MB`, `1.4 GB` */
export function bytes(count: number): string {
  if (count < 1e3) return `${count} B`;
  const [scale, unit] = count < 1e6 ? [1e3, 'KB'] : count < 1e9 ? [1e6, 'MB'] : [1e9, 'GB'];
  const value = count / (scale as number);
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** `8 × 8 × 16`; a free size is `n`, no axes `scalar`. */
export const shape = (sizes: readonly (number | null)[]): string =>
  sizes.length === 0 ? 'scalar' : sizes.map((size) => size ?? 'n').join(' × ');

/** The first places of a hash, enough to tell two models apart by eye. */
export const shortHash = (hash: string): string => hash.slice(0, 8);

/** With a capital first letter. */
export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
