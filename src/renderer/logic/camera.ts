/** Where to look at a picture from: all of it, its beginning, one thing in it. Screen = picture · k + (x, y). */
import type { Camera } from './drawnPart';

type Size = readonly [width: number, height: number];

/** Pixels around the whole picture, and below it for what stands at the foot of the view. */
const BESIDE = 32;
const ABOVE_AND_BELOW = 60;
const FOOT = 28;
const TOP = 14;
/** A picture is not blown up further to fit, nor shown smaller than it can be read at the first look. */
const LARGEST_FIT = 1.15;
const READABLE = 0.5;
const LARGEST_FIRST = 0.8;
/** Nearer to an edge than this, a thing is not seen well. */
const MARGIN: Size = [60, 40];

/** The scale at which all of it is seen. */
export const fitScale = ([width, height]: Size, picture: Size): number =>
  Math.min((width - BESIDE) / picture[0], (height - ABOVE_AND_BELOW) / picture[1], LARGEST_FIT);

/** All of it, in the middle. */
export function fitting(view: Size, picture: Size): Camera {
  const k = fitScale(view, picture);
  return { x: (view[0] - picture[0] * k) / 2, y: Math.max(TOP, (view[1] - FOOT - picture[1] * k) / 2), k };
}

/** The first look: all of it if that is readable, else as wide as it goes, from the top down. */
export function firstLook(view: Size, picture: Size): Camera {
  if (fitScale(view, picture) >= READABLE) return fitting(view, picture);
  const k = Math.max(READABLE, Math.min(LARGEST_FIRST, (view[0] - BESIDE) / picture[0]));
  return { x: (view[0] - picture[0] * k) / 2, y: 16, k };
}

/** Whether a point of the picture is seen, not too near an edge. */
export function sees({ x, y, k }: Camera, view: Size, point: Size): boolean {
  const [across, down] = [point[0] * k + x, point[1] * k + y];
  return across >= MARGIN[0] && down >= MARGIN[1] && across <= view[0] - MARGIN[0] && down <= view[1] - MARGIN[1];
}

/** Whether all of a picture is seen with a little to spare: else a map of it helps. */
export const seesAll = ({ k }: Pick<Camera, 'k'>, view: Size, picture: Size): boolean =>
  picture[1] * k <= view[1] * 1.15 && picture[0] * k <= view[0] * 1.15;
