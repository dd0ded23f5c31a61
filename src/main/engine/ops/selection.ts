/** One of two values, by a condition that varies too. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { endsOf } from './binary';
import { alignRanks, fromRank, toRank } from './linear';
import type { OpRule } from './rule';
import { middle } from './secant';

/**
 * select(c, a, b) is c · a + (1 − c) · b, by the rule of products. Over a segment in which the condition stays, what is
 * taken passes whole and the other not at all; where it changes, each passes half, and the jump ā − b̄ goes to the
 * condition: Σ passed · Δin = Δout.
 */
export const selection = {
  select: {
    run: (inputs, { constant }) => {
      const [condition, a, b] = alignRanks(inputs, constant);
      // Whole numbers meet constants, which are all real.
      const [yes, no] = a!.dtype === b!.dtype ? [a!, b!] : [tf.cast(a!, 'float32'), tf.cast(b!, 'float32')];
      return tf.where(tf.greater(condition!, 0.5), yes, no);
    },
    gradient: ({ inputs, constant, output, upstream }) => {
      const [condition] = inputs as readonly [Tensor];
      const taken = tf.greater(constant[0] ? condition : toRank(condition, output.rank), 0.5);
      const nothing = tf.zerosLike(upstream);
      const passed = [nothing, tf.where(taken, upstream, nothing), tf.where(taken, nothing, upstream)];
      return passed.map((each, index) => (constant[index] ? null : fromRank(each, inputs[index]!.rank)));
    },
    multiplier: (context) => {
      const { upstream } = context;
      const condition = endsOf(context, 0);
      const share = middle(condition);
      const back = (index: number, pass: () => Tensor): Tensor | null => {
        const input = context.inputs[index];
        return input ? fromRank(pass(), input.shape.length) : null;
      };
      const jump = (): Tensor => {
        // Where the condition stays, the value not taken may be no number.
        const apart = tf.sub(middle(endsOf(context, 1)), middle(endsOf(context, 2)));
        return tf.where(tf.equal(condition.start, condition.end), tf.zerosLike(upstream), tf.mul(upstream, apart));
      };
      return [back(0, jump), back(1, () => tf.mul(upstream, share)), back(2, () => tf.mul(upstream, tf.sub(1, share)))];
    },
  },
} satisfies { select: OpRule<'select'> };
