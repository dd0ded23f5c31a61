/** The kernels that tfjs lacks from ordinary tfjs ops, for backends without TensorFlow's. */
import * as tf from '@tensorflow/tfjs-core';
import type { Kernels } from './kernels';

/** α·λ and λ of the SELU (arXiv 1706.02515). */
const seluScaleAlpha = 1.7580993408473768599402175208123;
const seluScale = 1.0507009873554804934193349852946;

export const portableKernels: Kernels = {
  divNoNan: (a, b) => tf.divNoNan(a, b),
  mulNoNan: (a, b) =>
    tf.tidy(() => {
      const product = tf.mul(a, b);
      const nothing = tf.broadcastTo(tf.equal(b, 0), product.shape);
      return tf.where(nothing, tf.zerosLike(product), product);
    }),
  difference: (start, end) =>
    tf.tidy(() => {
      const difference = tf.sub(end, start);
      return tf.where(tf.equal(start, end), tf.zerosLike(difference), difference);
    }),
  reluGrad: (upstream, output) => tf.tidy(() => tf.where(tf.greater(output, 0), upstream, tf.zerosLike(upstream))),
  relu6Grad: (upstream, output) =>
    tf.tidy(() => {
      const open = tf.logicalAnd(tf.greater(output, 0), tf.less(output, 6));
      return tf.where(open, upstream, tf.zerosLike(upstream));
    }),
  leakyReluGrad: (upstream, input, slope) =>
    tf.tidy(() => tf.where(tf.greater(input, 0), upstream, tf.mul(upstream, slope))),
  eluGrad: (upstream, output) =>
    tf.tidy(() => tf.where(tf.less(output, 0), tf.mul(upstream, tf.add(output, 1)), upstream)),
  seluGrad: (upstream, output) =>
    tf.tidy(() => {
      const closed = tf.mul(upstream, tf.add(output, seluScaleAlpha));
      return tf.where(tf.less(output, 0), closed, tf.mul(upstream, seluScale));
    }),
  sigmoidGrad: (upstream, output) => tf.tidy(() => tf.mul(upstream, tf.mul(output, tf.sub(1, output)))),
  tanhGrad: (upstream, output) => tf.tidy(() => tf.mul(upstream, tf.sub(1, tf.square(output)))),
  softplusGrad: (upstream, input) => tf.tidy(() => tf.mul(upstream, tf.sigmoid(input))),
  softsignGrad: (upstream, input) => tf.tidy(() => tf.div(upstream, tf.square(tf.add(1, tf.abs(input))))),
};
