/** Several pictures side by side that are zoomed and moved as one. */

/** What of each picture is seen: its scale, 1 for the whole, and the place in its middle, as shares of the picture. */
export interface PaneView {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export const WHOLE: PaneView = { scale: 1, x: 0.5, y: 0.5 };
const MOST = 64;

/** Inside the picture, whatever was asked. */
function within({ scale, x, y }: PaneView): PaneView {
  const large = Math.min(MOST, Math.max(1, scale));
  const half = 0.5 / large;
  const held = (place: number): number => Math.min(1 - half, Math.max(half, place));
  return { scale: large, x: held(x), y: held(y) };
}

/** @param at what stays where it is, as shares of the pane */
export function zoomedAt(view: PaneView, at: readonly [number, number], factor: number): PaneView {
  const scale = Math.min(MOST, Math.max(1, view.scale * factor));
  const keep = (middle: number, share: number): number => middle + (share - 0.5) * (1 / view.scale - 1 / scale);
  return within({ scale, x: keep(view.x, at[0]), y: keep(view.y, at[1]) });
}

/** @param by as shares of the pane */
export const movedBy = (view: PaneView, by: readonly [number, number]): PaneView =>
  within({ scale: view.scale, x: view.x + by[0] / view.scale, y: view.y + by[1] / view.scale });

/** The place of a picture under a place of its pane, as shares of both. */
export const placeUnder = ({ scale, x, y }: PaneView, at: readonly [number, number]): readonly [number, number] => [
  x + (at[0] - 0.5) / scale,
  y + (at[1] - 0.5) / scale,
];
