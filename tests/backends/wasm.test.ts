/** What tfjs's kernels on WebAssembly are kept from. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { hold } from '../device';
import { mergedShapes } from '../../src/main/engine/backends/portable';

beforeAll(async () => {
  await hold('wasm');
});

describe('two values of more axes than XNNPACK has', () => {
  const long = [2, 3, 1, 2, 2, 3, 2];
  const values = (shape: readonly number[]): tf.Tensor =>
    tf.tensor(
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => 1 + (i % 7)),
      [...shape],
    );

  const flat = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [-1]);

  it.each([[long], [[3, 2]], [[2, 1, 1, 2, 2, 3, 2]], [[1]]])('with [%s]: as in fewer axes', (other) => {
    tf.tidy(() => {
      const [a, b] = [values(long), values(other)];
      const apart = flat(tf.broadcastTo(b, long));
      for (const f of [tf.add, tf.sub, tf.mul, tf.div, tf.squaredDifference]) {
        const made = f(a, b);
        expect(made.shape).toEqual(long);
        expect(made.dataSync()).toEqual(f(flat(a), apart).dataSync());
        expect(f(b, a).dataSync()).toEqual(f(apart, flat(a)).dataSync());
      }
    });
  });

  it('neighbouring axes that broadcast alike are one', () => {
    expect(mergedShapes([2, 3, 4, 5], [2, 3, 4, 5])).toEqual([[120], [120]]);
    expect(mergedShapes([2, 3, 4, 5], [4, 5])).toEqual([[6, 20], [1, 20]]); // prettier-ignore
    expect(mergedShapes([2, 1, 4, 1], [2, 3, 4, 5])).toEqual([[2, 1, 4, 1], [2, 3, 4, 5]]); // prettier-ignore
    expect(mergedShapes([2, 1, 1, 3], [1, 1, 1, 3])).toEqual([[2, 3], [1, 3]]); // prettier-ignore
  });
});

it.each([-0.9, -0.5, -1e-3, -1e-8, 0, 1e-9, 1e-8, 1e-6, 1e-3, 0.3, 0.5, 7, 1e6])(
  'log(1 + %f) keeps its digits',
  (x) => {
    const [log] = tf.tidy(() => tf.log1p(tf.tensor1d([x])).dataSync());
    const truth = Math.log1p(Math.fround(x));
    expect(Math.abs(log! - truth)).toBeLessThanOrEqual(2e-6 * Math.abs(truth));
  },
);
