/** Values as they are rounded for a product with quantised weights. */
import * as tf from '@tensorflow/tfjs-core';
import { kernels } from '../backends';
import type { OpRule } from './rule';
import { plainSlope } from './secant';

const tensorAxes = (axes: readonly number[]): number[] => axes.map((axis) => axis + 1);

export const quantised = {
  roundToSteps: {
    run: ([x], { attributes: { axes, least, most, epsilon } }) => {
      // In Keras's order of operations: another rounds a value halfway between two steps to the other one.
      const scale = tf.div(most, tf.add(tf.max(tf.abs(x!), tensorAxes(axes), true), epsilon));
      return tf.div(tf.clipByValue(tf.round(tf.mul(x!, scale)), least, most), scale);
    },
    // Straight through, as Keras's own gradient.
    gradient: ({ upstream }) => [upstream],
    // A value that stays may come to stand at another step, since the largest changed: what it does is shared out among those
    // that move, by how far they do.
    multiplier: ({ inputs: [x], output, upstream, attributes: { axes } }) => {
      const over = tensorAxes(axes);
      const stays = tf.equal(x!.delta, 0);
      const own = tf.where(stays, upstream, tf.mul(upstream, plainSlope(x!.delta, output.delta)));
      const change = tf.mul(upstream, output.delta);
      const left = tf.sum(tf.where(stays, change, tf.zerosLike(change)), over, true);
      const moved = tf.sum(tf.abs(x!.delta), over, true);
      return [tf.add(own, tf.mul(tf.sign(x!.delta), kernels.divNoNan(left, moved)))];
    },
  } satisfies OpRule<'roundToSteps'>,
};
