/** A small computation with a known result: no backend is believed before it has done it. */
import * as tf from '@tensorflow/tfjs-core';

/** [1 2; 3 4]² and a 2 × 2 convolution of ones over 0 … 8, both in whole numbers that float32 holds exactly. */
const expected = { product: [7, 10, 15, 22], convolution: [8, 12, 20, 24] };

/**
 * Computes on the active backend and compares. Throws an Error that says what came out wrong; leaves no tensor.
 */
export const tryActiveBackend = async (): Promise<void> => {
  const results = tf.tidy(() => {
    const matrix = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    const image = tf.tensor4d([0, 1, 2, 3, 4, 5, 6, 7, 8], [1, 3, 3, 1]);
    return {
      product: tf.matMul(matrix, matrix),
      convolution: tf.conv2d(image, tf.ones<tf.Rank.R4>([2, 2, 1, 1]), 1, 'valid'),
    };
  });
  try {
    for (const name of ['product', 'convolution'] as const) {
      const values = Array.from(await results[name].data());
      if (values.join() !== expected[name].join()) throw new Error(`a trial ${name} came out as ${values.join(', ')}`);
    }
  } finally {
    tf.dispose(results);
  }
};
