/** Two values, broadcast; either may be a constant. Products pass at midpoints, maxima by who leads for how long. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { OpName } from '../graph/ops';
import { alignRanks, fromRank, linear, toRank } from './linear';
import type { GradientContext, MultiplierContext, OpRule, Passed } from './rule';
import { bothEnds, midpoint, openShare, reciprocalSlope, type Ends } from './secant';

type Binary = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum';

const run =
  (f: (a: Tensor, b: Tensor) => Tensor): OpRule<Binary>['run'] =>
  (inputs, { constant }) => {
    const [a, b] = alignRanks(inputs, constant);
    return f(a!, b!);
  };

/** Gradient rule over inputs that broadcast (asked for one by one: beside a constant the other's value is not kept); the passed flows get back the inputs' number of axes. */
const gradient =
  (f: (a: () => Tensor, b: () => Tensor, upstream: Tensor) => readonly [() => Tensor, () => Tensor]) =>
  <Op extends OpName>({ inputs, constant, output, upstream }: GradientContext<Op>): Passed => {
    const input = (index: number) => (): Tensor =>
      constant[index] ? inputs[index]! : toRank(inputs[index]!, output.rank);
    return f(input(0), input(1), upstream).map((pass, index) =>
      constant[index] ? null : fromRank(pass(), inputs[index]!.rank),
    );
  };

/** Both ends of an input, aligned; a constant is the same at both. */
const endsOf = <Op extends OpName>(context: MultiplierContext<Op>, index: number): Ends => {
  const rank = context.output.shape.length;
  const fixed = context.constants[index];
  if (fixed) return { start: fixed, end: fixed };
  const { start, end } = context.inputs[index]!;
  return { start: toRank(start, rank), end: toRank(end, rank) };
};

const multiplier =
  (f: (a: () => Ends, b: () => Ends, upstream: Tensor) => readonly [() => Tensor, () => Tensor]) =>
  <Op extends OpName>(context: MultiplierContext<Op>): Passed =>
    f(
      () => endsOf(context, 0),
      () => endsOf(context, 1),
      context.upstream,
    ).map((pass, index) => {
      const input = context.inputs[index];
      return input ? fromRank(pass(), input.shape.length) : null;
    });

/** A constant's midpoint is itself. */
const middle = (ends: Ends): Tensor => (ends.start === ends.end ? ends.start : midpoint(ends));

/** The share of the segment on which a > b; ½ … 1 to a where they are equal all along. */
const shareOfLarger = (a: Ends, b: Ends): Tensor => {
  const lead = bothEnds({ start: tf.sub(b.start, a.start), end: tf.sub(b.end, a.end) }, (each) => each);
  const open = bothEnds(lead, (each) => tf.relu(each));
  return tf.sub(1, openShare(open, lead.delta)); // the first wins a tie
};

export const binary = {
  add: {
    run: run(tf.add),
    ...linear<'add'>(({ shapes, constant, upstream }) =>
      shapes.map((shape, index) => (constant[index] ? null : fromRank(upstream, shape.length))),
    ),
  },
  sub: {
    run: run(tf.sub),
    ...linear<'sub'>(({ shapes, constant, upstream }) =>
      shapes.map((shape, index) =>
        constant[index] ? null : fromRank(index ? tf.neg(upstream) : upstream, shape.length),
      ),
    ),
  },
  mul: {
    run: run(tf.mul),
    gradient: gradient((a, b, upstream) => [() => tf.mul(upstream, b()), () => tf.mul(upstream, a())]),
    multiplier: multiplier((a, b, upstream) => [
      () => tf.mul(upstream, middle(b())),
      () => tf.mul(upstream, middle(a())),
    ]),
  },
  // a · (1/b), at midpoints, with the reciprocal's secant slope
  div: {
    run: run(tf.div),
    gradient: gradient((a, b, upstream) => [
      () => tf.div(upstream, b()),
      () => tf.neg(tf.div(tf.mul(upstream, a()), tf.square(b()))),
    ]),
    multiplier: multiplier((a, b, upstream) => {
      const inverse = (): Ends => bothEnds(b(), (each) => tf.reciprocal(each));
      return [
        () => tf.mul(upstream, midpoint(inverse())),
        () => tf.mul(tf.mul(upstream, middle(a())), reciprocalSlope(inverse())),
      ];
    }),
  },
  maximum: {
    run: run(tf.maximum),
    gradient: gradient((a, b, upstream) => {
      const first = tf.cast(tf.greaterEqual(a(), b()), 'float32');
      return [() => tf.mul(upstream, first), () => tf.mul(upstream, tf.sub(1, first))];
    }),
    multiplier: multiplier((a, b, upstream) => {
      const share = shareOfLarger(a(), b());
      return [() => tf.mul(upstream, share), () => tf.mul(upstream, tf.sub(1, share))];
    }),
  },
  minimum: {
    run: run(tf.minimum),
    gradient: gradient((a, b, upstream) => {
      const first = tf.cast(tf.lessEqual(a(), b()), 'float32');
      return [() => tf.mul(upstream, first), () => tf.mul(upstream, tf.sub(1, first))];
    }),
    multiplier: multiplier((a, b, upstream) => {
      const negative = (ends: Ends): Ends => bothEnds(ends, (each) => tf.neg(each));
      const share = shareOfLarger(negative(a()), negative(b()));
      return [() => tf.mul(upstream, share), () => tf.mul(upstream, tf.sub(1, share))];
    }),
  },
} satisfies { [Op in Binary]: OpRule<Op> };
