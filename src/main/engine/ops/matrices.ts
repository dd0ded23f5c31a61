/** Matrix products and per-channel scales. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { fromRank, linear, ofGradient, ofMultiplier, toRank, type LinearContext } from './linear';
import type { OpRule, Passed } from './rule';
import { midpoint } from './secant';

type Transposes = Parameters<OpRule<'matmul'>['run']>[1]['attributes'];

/** Batched product; leading axes of one broadcast to the other's. Flat where the right one is a single matrix. */
function multiply(a: Tensor, b: Tensor, { transposeA, transposeB }: Transposes): Tensor {
  if (b.rank === 2 && a.rank !== 2 && !transposeA) {
    const inner = a.shape.at(-1)!;
    const flat = tf.matMul(tf.reshape(a, [-1, inner]), b, false, transposeB);
    return tf.reshape(flat, [...a.shape.slice(0, -1), flat.shape[1]!]);
  }
  return tf.matMul(a, b, transposeA, transposeB);
}

/** Left and right as they meet in the product: ones after the batch axis of the one with fewer axes. */
const aligned = (x: Tensor, other: readonly number[]): Tensor => toRank(x, other.length);

/** C = A·B passes U·Bᵀ to A and Aᵀ·U to B. */
const intoLeft = (upstream: Tensor, b: Tensor, { transposeA, transposeB }: Transposes): Tensor =>
  transposeA
    ? tf.matMul(b, upstream, transposeB, true)
    : multiply(upstream, b, { transposeA: false, transposeB: !transposeB });
const intoRight = (upstream: Tensor, a: Tensor, { transposeA, transposeB }: Transposes): Tensor =>
  transposeB ? tf.matMul(upstream, a, true, transposeA) : tf.matMul(a, upstream, !transposeA, false);

/** A constant on one side: the other's values are not looked at. */
const besideConstant = ({ constants: [a, b], shapes, upstream, attributes }: LinearContext<'matmul'>): Passed =>
  b
    ? [fromRank(intoLeft(upstream, b, attributes), shapes[0]!.length), null]
    : [null, fromRank(intoRight(upstream, a!, attributes), shapes[1]!.length)];

export const matrices = {
  matmul: {
    run: ([a, b], { attributes, constant }) => {
      if (constant[0] || constant[1]) {
        // A constant of more axes than the values' widens them behind the batch axis.
        const left = constant[0] ? a! : toRank(a!, b!.rank + 1 > 3 && !constant[0] ? b!.rank + 1 : a!.rank);
        const right = constant[1] ? b! : toRank(b!, a!.rank + 1 > 3 ? a!.rank + 1 : b!.rank);
        return multiply(left, right, attributes);
      }
      return multiply(aligned(a!, b!.shape), aligned(b!, a!.shape), attributes);
    },
    gradient: (context) => {
      const { inputs: [a, b], constant, upstream, attributes } = context; // prettier-ignore
      if (constant[0] || constant[1]) return besideConstant(ofGradient(context));
      return [
        fromRank(intoLeft(upstream, aligned(b!, a!.shape), attributes), a!.rank),
        fromRank(intoRight(upstream, aligned(a!, b!.shape), attributes), b!.rank),
      ];
    },
    multiplier: (context) => {
      const { inputs: [a, b], upstream, attributes } = context; // prettier-ignore
      if (!a || !b) return besideConstant(ofMultiplier(context));
      return [
        fromRank(intoLeft(upstream, aligned(midpoint(b), a.shape), attributes), a.shape.length),
        fromRank(intoRight(upstream, aligned(midpoint(a), b.shape), attributes), b.shape.length),
      ];
    },
  },
  affine: {
    run: ([x, scale, offset]) => tf.add(tf.mul(x!, scale!), offset!),
    ...linear<'affine'>(({ constants: [, scale], upstream }) => [tf.mul(upstream, scale!), null, null]),
  },
} satisfies { [Op in 'matmul' | 'affine']: OpRule<Op> };
