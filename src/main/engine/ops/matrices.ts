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
  // Leading axes are counted from the last; they are widened by hand: the product steps through ones of both sides wrongly.
  const shared = Math.min(a.rank, b.rank) - 2;
  const ownOf = (x: Tensor): number[] => x.shape.slice(0, x.rank - 2 - shared);
  const sharedOf = (x: Tensor): number[] => x.shape.slice(x.rank - 2 - shared, -2);
  const wide = sharedOf(a).map((size, axis) => Math.max(size, sharedOf(b)[axis]!));
  const widen = (x: Tensor): Tensor =>
    sharedOf(x).every((size, axis) => size === wide[axis])
      ? x
      : tf.broadcastTo(x, [...ownOf(x), ...wide, ...x.shape.slice(-2)]);
  return tf.matMul(widen(a), widen(b), transposeA, transposeB);
}

/** Left and right as they meet in the product: ones after the batch axis of the one with fewer axes. */
const aligned = (x: Tensor, other: readonly number[]): Tensor => toRank(x, other.length);

/** C = A·B passes U·Bᵀ to A and Aᵀ·U to B. */
const intoLeft = (upstream: Tensor, b: Tensor, { transposeA, transposeB }: Transposes): Tensor =>
  transposeA
    ? multiply(b, upstream, { transposeA: transposeB, transposeB: true })
    : multiply(upstream, b, { transposeA: false, transposeB: !transposeB });
const intoRight = (upstream: Tensor, a: Tensor, { transposeA, transposeB }: Transposes): Tensor =>
  transposeB
    ? multiply(upstream, a, { transposeA: true, transposeB: transposeA })
    : multiply(a, upstream, { transposeA: !transposeA, transposeB: false });

/** A constant on one side: the other's values are not looked at. */
const besideConstant = ({ constants: [a, b], shapes, upstream, attributes }: LinearContext<'matmul'>): Passed =>
  b
    ? [fromRank(intoLeft(upstream, b, attributes), shapes[0]!.length), null]
    : [null, fromRank(intoRight(upstream, a!, attributes), shapes[1]!.length)];

export const matrices = {
  matmul: {
    run: ([a, b], { attributes, constant }) => {
      // A constant has no batch axis; where it has more leading axes than the values, these are widened behind theirs.
      if (constant[1]) return multiply(toRank(a!, b!.rank > 2 ? b!.rank + 1 : a!.rank), b!, attributes);
      if (constant[0]) return multiply(a!, toRank(b!, a!.rank > 2 ? a!.rank + 1 : b!.rank), attributes);
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
    run: ([x, scale, offset], { fused }) => {
      const channels = x!.shape.at(-1)!;
      const own = scale!.size === channels && offset!.size === channels ? fused : null;
      return own ? own.affine(x!, scale!, offset!) : tf.add(tf.mul(x!, scale!), offset!);
    },
    ...linear<'affine'>(({ constants: [, scale], upstream }) => [tf.mul(upstream, scale!), null, null]),
  },
} satisfies { [Op in 'matmul' | 'affine']: OpRule<Op> };
