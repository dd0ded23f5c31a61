/** What the shapes of ops are made of: broadcasting, windows, slices. Free sizes (null) pass through; what cannot be is a fault. */
import { written } from '../../../contract/words/shape';
import type { Shape, Size } from './values';

/** An op that cannot work on these shapes. The builder turns it into an error of the catalogue that names the layer. */
export class ImpossibleShape extends Error {}

/** Of a value behind an unknown layer: one axis of free size stands for a shape nobody knows. */
export const UNKNOWN_SHAPE: Shape = [null];

/** Sizes above this are taken as damage: no activation has so many positions along one axis. */
export const LARGEST_SIZE = 2 ** 31;

/** @throws ImpossibleShape */
export const fail = (reason: string): never => {
  throw new ImpossibleShape(reason);
};

/** Numpy's broadcasting, aligned at the last axis; a free size meets anything. */
export function broadcast(a: Shape, b: Shape): Size[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = at(a, axis - rank + a.length);
    const right = at(b, axis - rank + b.length);
    if (left === 1) return right;
    if (right === 1 || left === right) return left;
    if (left === null || right === null) return left ?? right;
    return fail(`shapes ${written(a)} and ${written(b)} do not fit each other`);
  });
}
const at = (shape: Shape, axis: number): Size => (axis < 0 ? 1 : shape[axis]!);

/** Windows of padding `same` along an axis, as TensorFlow. */
export const sameCount = (size: number, stride: number): number => Math.ceil(size / stride);

/** Padding of `same`, as TensorFlow: output = ceil(size / stride), the odd one after. */
export function samePadding(
  size: number,
  window: number,
  stride: number,
  dilation: number,
): readonly [before: number, after: number] {
  const reach = (window - 1) * dilation + 1;
  const total = Math.max((sameCount(size, stride) - 1) * stride + reach - size, 0);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

/**
 * What Python's begin:end:stride takes of an axis; null: open.
 * @returns the first position and how many there are; those after the first are `stride` apart
 */
export function takenAlong(
  size: number,
  begin: number | null,
  end: number | null,
  stride: number,
): { readonly first: number; readonly count: number } {
  // An index beyond an end stands at it; before the first, for a negative stride, is −1.
  const [low, high] = stride > 0 ? [0, size] : [-1, size - 1];
  const place = (position: number): number => Math.min(Math.max(position < 0 ? position + size : position, low), high);
  const first = begin === null ? (stride > 0 ? 0 : size - 1) : place(begin);
  const last = end === null ? (stride > 0 ? size : -1) : place(end);
  return { first, count: Math.max(0, Math.ceil((last - first) / stride)) };
}
