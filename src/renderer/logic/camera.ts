/** Where to look at a picture from: all of it, its beginning, one thing in it. Screen = picture · k + (x, y). */
import type { Camera } from './drawnPart';

type Size = readonly [width: number, height: number];
/** In the picture's own coordinates. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Pixels around the whole picture, and below it for what stands at the foot of the view. */
const BESIDE = 24;
const ABOVE_AND_BELOW = 48;
const FOOT = 28;
/** A picture is not blown up further to fit. */
const LARGEST_FIT = 1.15;
/** Nearer to an edge than this, a thing is not seen well; at the foot stands the legend. */
const MARGIN = { left: 12, top: 12, right: 12, bottom: 36 } as const;

/** The scale at which all of it is seen. */
export const fitScale = ([width, height]: Size, picture: Size): number =>
  Math.min((width - BESIDE) / picture[0], (height - ABOVE_AND_BELOW) / picture[1], LARGEST_FIT);

/** All of it, in the middle. */
export function fitting(view: Size, picture: Size): Camera {
  const k = fitScale(view, picture);
  return { x: (view[0] - picture[0] * k) / 2, y: Math.max(MARGIN.top, (view[1] - FOOT - picture[1] * k) / 2), k };
}

/** A view as it is kept: what is in its middle, since it may come back in a window of another size. */
export interface KeptCamera {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly chosen: boolean;
}

export function cameraOf(
  [width, height]: Size,
  { x, y, k, chosen }: Camera & { readonly chosen: boolean },
): KeptCamera {
  return { x: (width / 2 - x) / k, y: (height / 2 - y) / k, scale: k, chosen };
}

export function cameraAt([width, height]: Size, { x, y, scale: k }: KeptCamera): Camera {
  return { x: width / 2 - x * k, y: height / 2 - y * k, k };
}

/**
 * The first look: all of it if it can be read so, else at the smallest scale at which it is read, one box of it in the middle,
 * and no more beyond the picture's edges than needs be.
 * @param readable the scale from which on it is read
 * @param boxes what is better seen whole or not at all, as far as it fits
 */
export function firstLook(view: Size, picture: Size, readable: number, at: Box, boxes: readonly Box[] = []): Camera {
  if (fitScale(view, picture) >= readable) return fitting(view, picture);
  const k = readable;
  const axis = (side: 0 | 1): number => {
    const [before, after] = side === 0 ? [MARGIN.left, MARGIN.right] : [MARGIN.top, MARGIN.bottom];
    const [length, room] = [picture[side] * k, view[side] - before - after];
    if (length <= room) return before + (room - length) / 2;
    const within = (value: number) => Math.min(before, Math.max(view[side] - after - length, value));
    const spans = boxes.map((box) => span(box, side, k)).filter(([from, to]) => to - from <= room);
    const [from, to] = span(at, side, k);
    const middle = within(before + room / 2 - (from + to) / 2);
    const sees = (place: number) =>
      (from + place >= before && to + place <= view[side] - after) || to - from > room || place === middle;
    const cut = (place: number) =>
      spans.filter(([start, end]) => {
        const [first, last] = [start + place, end + place];
        return (first < 0 && last > 0) || (first < view[side] && last > view[side]);
      }).length;
    const places = [middle, ...spans.flatMap(([start, end]) => [before - start, view[side] - after - end])]
      .map(within)
      .filter(sees)
      .map((place) => ({ place, cut: cut(place) }));
    return places.sort((a, b) => a.cut - b.cut || Math.abs(a.place - middle) - Math.abs(b.place - middle))[0]!.place;
  };
  return { x: axis(0), y: axis(1), k };
}

const span = (box: Box, side: 0 | 1, k: number): readonly [from: number, to: number] =>
  side === 0 ? [box.x * k, (box.x + box.width) * k] : [box.y * k, (box.y + box.height) * k];

/** The view moved no further than needs be for a box to be seen; of what is larger than the view, its beginning. */
export function revealing({ x, y, k }: Camera, view: Size, box: Box): Camera {
  const moved = (side: 0 | 1, place: number): number => {
    const [from, to] = span(box, side, k);
    const [before, after] = side === 0 ? [MARGIN.left, MARGIN.right] : [MARGIN.top, MARGIN.bottom];
    const [first, last] = [from + place, to + place];
    const end = view[side] - after;
    if (to - from > end - before) return first < before || first > end ? before - from : place;
    return first < before ? before - from : last > end ? end - to : place;
  };
  return { x: moved(0, x), y: moved(1, y), k };
}

/** Whether all of a picture has its place in the view: else a map of it helps. */
export const seesAll = ({ k }: Pick<Camera, 'k'>, view: Size, picture: Size): boolean =>
  picture[1] * k <= view[1] && picture[0] * k <= view[0];
