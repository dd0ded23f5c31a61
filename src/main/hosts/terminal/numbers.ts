/** Numbers as a reader wants them. */

/** Three significant digits: `0.123`, `-4.57e-8`, `12300`; `not a number` and infinities by name. */
export const plain = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(3))) : String(value);

/** With its sign. */
export const signed = (value: number): string => (value > 0 ? `+${plain(value)}` : plain(value));

/** `part` of `whole` in percent; empty where the whole is next to nothing, since then it means nothing. */
export const percent = (part: number, whole: number): string =>
  Math.abs(whole) < 1e-6 || !Number.isFinite(part)
    ? ''
    : `${Number(((100 * part) / Math.abs(whole)).toPrecision(2))} %`;

export const shape = (sizes: readonly (number | null)[]): string => `[${sizes.map((size) => size ?? '?').join(', ')}]`;

/** `3 s`, `2 min 5 s`, `1 h 2 min`. */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
