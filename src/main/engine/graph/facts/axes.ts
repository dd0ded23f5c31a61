/** Sums, means and extremes over axes; softmax and norms along them. */
import type { Shape, Size } from '../values';
import { axisOf, op, type ShapeInput } from './row';

interface Reduced {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}
interface Along {
  readonly axis: number;
}

const reduced = ([x]: readonly ShapeInput[], { axes, keepDims }: Reduced): Size[] => {
  const over = new Set(axes.map((axis) => axisOf(x!.shape, axis)));
  return x!.shape.flatMap((size, axis) => (over.has(axis) ? (keepDims ? [1] : []) : [size]));
};
const along = ([x]: readonly ShapeInput[], { axis }: Along): Shape => {
  axisOf(x!.shape, axis);
  return x!.shape;
};

const group = { shape: along, passing: 'group', reads: 'values' } as const;

export const axes = {
  sum: op<Reduced>({ shape: reduced, passing: 'carried', reads: 'shapes', gives: 'asGiven' }),
  mean: op<Reduced>({ shape: reduced, passing: 'carried', reads: 'shapes' }),
  max: op<Reduced>({ shape: reduced, passing: 'extreme', reads: 'values', gives: 'asGiven' }),
  min: op<Reduced>({ shape: reduced, passing: 'extreme', reads: 'values', gives: 'asGiven' }),
  softmax: op<Along>(group),
  logSoftmax: op<Along>(group),
  /** relu(x − τ) with Keras's threshold τ, which is not that of arXiv 1602.02068 where more than one value is above it. */
  sparsemax: op<Along>({ ...group, passing: 'jumpingGroup' }),
  /** (x − mean) / √(variance + epsilon) over the axes: the core of layer, group and instance norm. */
  normalise: op<{ readonly axes: readonly number[]; readonly epsilon: number }>({
    ...group,
    shape: ([x], attributes) => {
      for (const axis of attributes.axes) axisOf(x!.shape, axis);
      return x!.shape;
    },
  }),
  /**
   * round(x · s) / s with s = most / (max |x| + epsilon) over the axes, cut to least … most: what a layer of quantised weights
   * makes of its inputs (keras.quantizers.AbsMaxQuantizer). Each value counts as a function of itself. That the largest sets the
   * step is not followed: along a path from zero s shrinks as x grows, and all would be the largest value's.
   */
  roundToSteps: op<{
    readonly axes: readonly number[];
    readonly least: number;
    readonly most: number;
    readonly epsilon: number;
  }>({
    shape: ([x], { axes }) => {
      for (const axis of axes) axisOf(x!.shape, axis);
      return x!.shape;
    },
    passing: 'jumpingGroup',
    reads: 'values',
  }),
};
