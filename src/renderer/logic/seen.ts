/** Which items of a list in rows are drawn, where there may be a hundred thousand of them. */

/** Rows above and below what is seen, which are drawn already. */
const AHEAD = 2;

/**
 * @param columns items in a row
 * @param pitch pixels from row to row
 * @returns from which item to which (exclusive) is drawn
 */
export function seen(
  count: number,
  columns: number,
  pitch: number,
  scrollTop: number,
  height: number,
): readonly [from: number, to: number] {
  const rows = Math.ceil(count / columns);
  const first = Math.max(0, Math.min(rows - 1, Math.floor(scrollTop / pitch)) - AHEAD);
  const last = Math.min(rows, Math.ceil((scrollTop + height) / pitch) + AHEAD);
  return [first * columns, Math.min(count, last * columns)];
}

/** The item that a key goes to, and none beyond the ends; null for any other key. */
export function besideByKey(
  key: string,
  at: number,
  count: number,
  columns: number,
  height: number,
  pitch: number,
): number | null {
  const page = Math.max(1, Math.floor(height / pitch) - 1) * columns;
  const steps = new Map([
    ['ArrowRight', 1],
    ['ArrowLeft', -1],
    ['ArrowDown', columns],
    ['ArrowUp', -columns],
    ['PageDown', page],
    ['PageUp', -page],
    ['Home', -count],
    ['End', count],
  ]);
  const step = steps.get(key);
  return step === undefined || count === 0 ? null : Math.max(0, Math.min(count - 1, at + step));
}
