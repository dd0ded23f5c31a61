/** Moving values along one axis of a tensor, in at most four axes, which every backend handles fast. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Padding, WindowPadding } from '../graph/ops';
import { samePadding } from '../graph/shapes';

const product = (sizes: readonly number[]): number => sizes.reduce((result, size) => result * size, 1);

/** A shape as [before, size of the axis, after]. */
export const around = (shape: readonly number[], axis: number): [before: number, size: number, after: number] => [
  product(shape.slice(0, axis)),
  shape[axis]!,
  product(shape.slice(axis + 1)),
];

const resized = (shape: readonly number[], axis: number, size: number): number[] =>
  shape.map((each, index) => (index === axis ? size : each));

/** Each element `times` times in a row along the axis. */
export function repeatAlong(x: Tensor, axis: number, times: number): Tensor {
  if (times === 1) return x;
  const [before, size, after] = around(x.shape, axis);
  const apart = tf.reshape(x, [before * size, 1, after]);
  return tf.reshape(tf.tile(apart, [1, times, 1]), resized(x.shape, axis, size * times));
}

/** Sums every run of `times` elements along the axis: what `repeatAlong` passes back. */
export function sumRuns(x: Tensor, axis: number, times: number): Tensor {
  if (times === 1) return x;
  const [before, size, after] = around(x.shape, axis);
  const apart = tf.reshape(x, [(before * size) / times, times, after]);
  return tf.reshape(tf.sum(apart, 1), resized(x.shape, axis, size / times));
}

/** Puts `stride` − 1 zeros between the elements along the axis. */
export function spreadAlong(x: Tensor, axis: number, stride: number): Tensor {
  if (stride === 1) return x;
  const [before, size, after] = around(x.shape, axis);
  const apart = tf.reshape(x, [before * size, 1, after]);
  const spread = tf.reshape(
    tf.pad(apart, [
      [0, 0],
      [0, stride - 1],
      [0, 0],
    ]),
    [before, size * stride, after],
  );
  const length = (size - 1) * stride + 1;
  return tf.reshape(tf.slice(spread, [0, 0, 0], [before, length, after]), resized(x.shape, axis, length));
}

/** `spreadAlong` for axes 1, 2, … of [rows, …spatial, channels], or from `first` on. */
export const spread = (x: Tensor, strides: readonly number[], first = 1): Tensor =>
  strides.reduce((each, stride, index) => spreadAlong(each, index + first, stride), x);

/** Elements begin, begin + 1, … along the axis. */
export function sliceAlong(x: Tensor, axis: number, begin: number, size: number): Tensor {
  if (begin === 0 && size === x.shape[axis]) return x;
  return tf.slice(
    x,
    x.shape.map((_, index) => (index === axis ? begin : 0)),
    resized(x.shape, axis, size),
  );
}

/** Elements begin, begin + stride, … along the axis (`count` of them, stride positive), as a slice of a reshaped view. */
export function everyAlong(x: Tensor, axis: number, begin: number, stride: number, count: number): Tensor {
  if (stride === 1) return sliceAlong(x, axis, begin, count);
  const [before, size, after] = around(x.shape, axis);
  const flat = tf.reshape(x, [before, size, after]);
  const end = Math.min(begin + (count - 1) * stride + 1, size);
  const taken = tf.stridedSlice(flat, [0, begin, 0], [before, end, after], [1, stride, 1]);
  return tf.reshape(taken, resized(x.shape, axis, count));
}

/** Pads (and, where negative, crops) axes from `first` on. */
export function padOrCrop(x: Tensor, padding: Padding, first = 1, value = 0): Tensor {
  const amount = (axis: number, side: 0 | 1): number => padding[axis - first]?.[side] ?? 0;
  const crops = padding.some(([before, after]) => before < 0 || after < 0);
  const cropped = crops
    ? tf.slice(
        x,
        x.shape.map((_, axis) => Math.max(0, -amount(axis, 0))),
        x.shape.map((size, axis) => size - Math.max(0, -amount(axis, 0)) - Math.max(0, -amount(axis, 1))),
      )
    : x;
  if (!padding.some(([before, after]) => before > 0 || after > 0)) return cropped;
  return padAll(
    cropped,
    x.shape.map((_, axis) => [Math.max(0, amount(axis, 0)), Math.max(0, amount(axis, 1))]),
    value,
  );
}

/** tf.pad; above four axes one after the other, since not every backend pads more. */
export function padAll(x: Tensor, padding: Padding, value: number): Tensor {
  if (x.rank <= 4) return tf.pad(x, padding as [number, number][], value);
  return padding.reduce((each, [before, after], axis) => {
    if (before === 0 && after === 0) return each;
    const [outer, size, inner] = around(each.shape, axis);
    const padded = tf.pad(
      tf.reshape(each, [outer, size, inner]),
      [
        [0, 0],
        [before, after],
        [0, 0],
      ],
      value,
    );
    return tf.reshape(padded, resized(each.shape, axis, size + before + after));
  }, x);
}

/** Window padding in numbers. */
export function paddingOf(
  padding: WindowPadding,
  spatial: readonly number[],
  window: readonly number[],
  strides: readonly number[],
  dilations?: readonly number[],
): Padding {
  if (padding !== 'same') return padding;
  return spatial.map((size, axis) => samePadding(size, window[axis]!, strides[axis]!, dilations?.[axis] ?? 1));
}

/** Windows that fit along one axis. */
export const windowsAlong = (size: number, reach: number, stride: number): number =>
  Math.floor((size - reach) / stride) + 1;
