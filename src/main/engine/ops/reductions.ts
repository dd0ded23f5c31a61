/** Sums, means and extremes over axes. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { crossingAlongLast } from './extremes';
import { linear } from './linear';
import type { OpRule } from './rule';

interface Reduced {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}
type Reduction = 'sum' | 'mean' | 'max' | 'min';

/** Axes of the tensor: the graph's do not count the batch. */
const tensorAxes = ({ axes }: Reduced): number[] => axes.map((axis) => axis + 1);

/** The reduced shape with ones where the axes were. */
const withOnes = (shape: readonly number[], attributes: Reduced): number[] => {
  const over = new Set(tensorAxes(attributes));
  return shape.map((size, axis) => (over.has(axis) ? 1 : size));
};

const spreadBack = (upstream: Tensor, shape: readonly number[], attributes: Reduced): Tensor =>
  tf.broadcastTo(tf.reshape(upstream, withOnes(shape, attributes)), [...shape]);

/** The reduced axes last and flat: [m, n], and how to undo it. */
function reducedLast(shape: readonly number[], attributes: Reduced) {
  const over = tensorAxes(attributes);
  const kept = shape.map((_, axis) => axis).filter((axis) => !over.includes(axis));
  const order = [...kept, ...over];
  const moved = order.map((axis) => shape[axis]!);
  const count = over.reduce((product, axis) => product * shape[axis]!, 1);
  const inPlace = order.every((axis, index) => axis === index);
  const inverse = order.map((_, axis) => order.indexOf(axis));
  return {
    flatten: (x: Tensor): Tensor => tf.reshape(inPlace ? x : tf.transpose(x, order), [-1, count]),
    restore: (x: Tensor): Tensor => {
      const whole = tf.reshape(x, moved);
      return inPlace ? whole : tf.transpose(whole, inverse);
    },
  };
}

/** An extreme's rules; the minimum is the maximum of the negatives. */
const extreme = <Op extends 'max' | 'min'>(sign: 1 | -1): Pick<OpRule<Op>, 'gradient' | 'multiplier'> => {
  const pass = (start: Tensor, end: Tensor, upstream: Tensor, attributes: Reduced): Tensor => {
    const { flatten, restore } = reducedLast(start.shape, attributes);
    const signed = (x: Tensor): Tensor => flatten(sign === 1 ? x : tf.neg(x));
    const first = signed(start);
    const last = start === end ? first : signed(end);
    return restore(crossingAlongLast(first, last, tf.reshape(upstream, [-1, 1])));
  };
  return {
    gradient: ({ inputs: [x], upstream, attributes }) => [pass(x!, x!, upstream, attributes)],
    multiplier: ({ inputs: [x], upstream, attributes }) => [pass(x!.start, x!.end, upstream, attributes)],
  };
};

export const reductions = {
  sum: {
    run: ([x], { attributes }) => tf.sum(x!, tensorAxes(attributes), attributes.keepDims),
    ...linear<'sum'>(({ shapes: [shape], upstream, attributes }) => [spreadBack(upstream, shape!, attributes)]),
  },
  mean: {
    run: ([x], { attributes }) => tf.mean(x!, tensorAxes(attributes), attributes.keepDims),
    ...linear<'mean'>(({ shapes: [shape], upstream, attributes }) => {
      const count = tensorAxes(attributes).reduce((product, axis) => product * shape![axis]!, 1);
      return [spreadBack(tf.div(upstream, count), shape!, attributes)];
    }),
  },
  max: {
    run: ([x], { attributes }) => tf.max(x!, tensorAxes(attributes), attributes.keepDims),
    ...extreme<'max'>(1),
  },
  min: {
    run: ([x], { attributes }) => tf.min(x!, tensorAxes(attributes), attributes.keepDims),
    ...extreme<'min'>(-1),
  },
} satisfies { [Op in Reduction]: OpRule<Op> };
