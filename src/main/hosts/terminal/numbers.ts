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
