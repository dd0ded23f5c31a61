/** One of two values, by a condition that varies too. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { kernels } from '../backends';
import { endsOf } from './binary';
import { alignRanks, fromRank, toRank } from './linear';
import type { OpRule } from './rule';
import { middle, type Ends } from './secant';

const isNumber = (x: Tensor): Tensor => tf.equal(tf.sub(x, x), 0);
const taken = ({ start, end }: Ends): Ends =>
  start === end
    ? { start, end }
    : { start: tf.where(isNumber(start), start, end), end: tf.where(isNumber(end), end, start) };

/**
 * select(c, a, b) is c · a + (1 − c) · b, by the rule of products. Over a segment in which the condition stays, what is
 * taken passes whole and the other not at all; where it changes, each passes half, and the jump ā − b̄ goes to the
 * condition: Σ passed · Δin = Δout. What is no number at the end at which it is not taken (a logarithm of 0, a division by 0) is
 * as it is at the other end, where it is taken, and passes nothing.
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
      const changes = tf.notEqual(condition.start, condition.end);
      const share = middle(condition);
      const back = (index: number, pass: () => Tensor): Tensor | null => {
        const input = context.inputs[index];
        return input ? fromRank(pass(), input.shape.length) : null;
      };
      const jump = (): Tensor => {
        const [yes, no] = [middle(taken(endsOf(context, 1))), middle(taken(endsOf(context, 2)))];
        const apart = tf.where(changes, kernels.difference(no, yes), tf.zerosLike(upstream));
        return kernels.mulNoNan(apart, upstream);
      };
      const passed = (index: number, of: Tensor): Tensor => {
        if (context.constant[0]) return kernels.mulNoNan(of, upstream); // its values are not kept
        const { start, end } = endsOf(context, index);
        const known = tf.logicalAnd(isNumber(start), isNumber(end));
        const nothing = tf.logicalAnd(changes, tf.logicalNot(known));
        const whole = tf.mul(of, tf.onesLike(upstream));
        return kernels.mulNoNan(tf.where(nothing, tf.zerosLike(whole), whole), upstream);
      };
      return [back(0, jump), back(1, () => passed(1, share)), back(2, () => passed(2, tf.sub(1, share)))];
    },
  },
} satisfies { select: OpRule<'select'> };
