/**
 * Which part of a large picture is drawn. It is drawn with room on every side, as a layer of its own that only moves while
 * the user pans and zooms; it is drawn anew when the view leaves it, or when its scale has become too coarse.
 */

/** Screen = graph · k + (x, y). */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly k: number;
}

export interface DrawnPart {
  /** In the picture's own coordinates. */
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** Screen pixels for each of the picture's own. */
  readonly scale: number;
}

type Size = readonly [number, number];

/** Around the picture: frames and shadows of what lies at its edge. */
const EDGE = 24;

/** What of a picture `[width, height]` is seen; empty stretches beside it do not count. */
function seen({ x, y, k }: Camera, view: Size, picture: Size): Omit<DrawnPart, 'scale'> {
  const within = (value: number, length: number) => Math.max(-EDGE, Math.min(length + EDGE, value));
  return {
    left: within(-x / k, picture[0]),
    top: within(-y / k, picture[1]),
    right: within((view[0] - x) / k, picture[0]),
    bottom: within((view[1] - y) / k, picture[1]),
  };
}

/** The part to draw for a view: half a view more on each side, as far as there is anything. */
export function partFor(camera: Camera, view: Size, picture: Size): DrawnPart {
  const [dx, dy] = [view[0] / camera.k / 2, view[1] / camera.k / 2];
  const part = seen(camera, view, picture);
  return {
    left: Math.max(-EDGE, part.left - dx),
    top: Math.max(-EDGE, part.top - dy),
    right: Math.min(picture[0] + EDGE, part.right + dx),
    bottom: Math.min(picture[1] + EDGE, part.bottom + dy),
    scale: camera.k,
  };
}

/** Whether a view still lies within what is drawn, at a scale that may be shown a little larger or smaller. */
export function covers(part: DrawnPart, camera: Camera, view: Size, picture: Size): boolean {
  const { left, top, right, bottom } = seen(camera, view, picture);
  return (
    left >= part.left &&
    top >= part.top &&
    right <= part.right &&
    bottom <= part.bottom &&
    camera.k / part.scale < 2 &&
    part.scale / camera.k < 2
  );
}

/** Where a drawn part lies for a view, as a CSS transform with its origin at the upper left. */
export function placeOf({ left, top, scale }: DrawnPart, { x, y, k }: Camera): string {
  const size = k === scale ? '' : ` scale(${k / scale})`;
  return `translate(${x + left * k}px, ${y + top * k}px)${size}`;
}
