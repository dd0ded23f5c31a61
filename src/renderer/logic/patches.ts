/** The part of an example's input that a unit sees, cut out to be looked at, and where it lies in words. */
import type { NumericArray } from '../../contract/attribution';
import type { ReceptiveField } from '../../contract/unitValues';
import type { Picture } from './inputs';

const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);

/** Axes of an input that are places; of what is left (channels, letters) all is shown. */
function placeAxes(picture: Picture, rank: number): readonly number[] {
  if (picture.kind === 'image') return picture.channelsFirst ? [1, 2] : [0, 1];
  if (picture.kind === 'sequence') return [0];
  return rank === 0 ? [] : rank === 1 ? [0] : [0, 1].slice(0, rank - 1);
}

/** Whether a unit sees the whole of an input's places. */
export const seesAll = (
  { from, to }: Pick<ReceptiveField, 'from' | 'to'>,
  shape: readonly number[],
  picture: Picture,
): boolean => placeAxes(picture, shape.length).every((axis) => from[axis] === 0 && to[axis] === shape[axis]);

/** Cuts places out of one example of an input, its channels or letters whole. */
export function cut(
  { shape, data }: NumericArray,
  { from, to }: Pick<ReceptiveField, 'from' | 'to'>,
  picture: Picture,
): NumericArray {
  const axes = placeAxes(picture, shape.length);
  const begin = shape.map((_, axis) => (axes.includes(axis) ? from[axis]! : 0));
  const sizes = shape.map((size, axis) => (axes.includes(axis) ? to[axis]! - from[axis]! : size));
  const part = new Float32Array(product(sizes));
  const strides = shape.map((_, axis) => product(shape.slice(axis + 1)));
  const last = shape.length - 1;
  let place = 0;
  const visit = (axis: number, at: number): void => {
    if (axis >= last) {
      const run = sizes[last] ?? 1;
      part.set(data.subarray(at + (begin[last] ?? 0), at + (begin[last] ?? 0) + run), place);
      place += run;
      return;
    }
    for (let step = 0; step < sizes[axis]!; step++) visit(axis + 1, at + (begin[axis]! + step) * strides[axis]!);
  };
  visit(0, 0);
  return { shape: sizes, data: part };
}

const span = (from: number, to: number): string => (to - from === 1 ? `${from}` : `${from}–${to - 1}`);

/** Where what is seen lies: `rows 1–2, columns 3–4`, `within positions 1–8`. */
export function fieldWords(
  { from, to, exact }: Pick<ReceptiveField, 'from' | 'to' | 'exact'>,
  shape: readonly number[],
  picture: Picture,
): string {
  const within = exact ? '' : 'within ';
  if (seesAll({ from, to }, shape, picture))
    return within + (picture.kind === 'image' ? 'the whole picture' : 'all positions');
  const axes = placeAxes(picture, shape.length);
  const along = axes.map((axis) => span(from[axis]!, to[axis]!));
  return within + (axes.length === 2 ? `rows ${along[0]}, columns ${along[1]}` : `positions ${along[0]}`);
}

/** Of a unit's numbers over its positions the place of the largest by size; −1 where none is a number. */
export function peakPlace(data: ArrayLike<number>): number {
  let best = -1;
  for (let at = 0; at < data.length; at++) if (Math.abs(data[at]!) > (best < 0 ? -1 : Math.abs(data[best]!))) best = at;
  return best;
}
