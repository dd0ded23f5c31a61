/** Numbers as a reader wants them. */

/** Three significant digits: `0.123`, `12300`, below a thousandth `4.57e-8`; what is not finite by name. */
export function plain(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const rounded = Number(value.toPrecision(3));
  return rounded !== 0 && Math.abs(rounded) < 1e-3 ? rounded.toExponential() : String(rounded);
}

/** With its sign. */
export const signed = (value: number): string => (value > 0 ? `+${plain(value)}` : plain(value));

/** Magnitude of `part` in percent of `whole`; empty for none, and where the whole is next to nothing, since then it means nothing. */
export function percent(part: number, whole: number): string {
  if (Math.abs(whole) < 1e-6 || !Number.isFinite(part) || part === 0) return '';
  const share = Math.abs((100 * part) / whole);
  return share < 0.01 ? '< 0.01 %' : `${Number(share.toPrecision(2))} %`;
}

export const shape = (sizes: readonly (number | null)[]): string => `[${sizes.map((size) => size ?? '?').join(', ')}]`;

/** `0.4 s`, `35 s`, `2 min 5 s`, `1 h 2 min`. */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (milliseconds < 9950) return `${Number((milliseconds / 1000).toFixed(1))} s`;
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
