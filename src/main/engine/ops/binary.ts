/** Two values, broadcast; either may be a constant. Products pass at midpoints, maxima by who leads for how long. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { kernels } from '../backends';
import type { OpName } from '../graph/ops';
import { alignRanks, fromRank, linear, toRank } from './linear';
import type { GradientContext, MultiplierContext, OpRule, Passed, RunContext } from './rule';
import {
  bothEnds,
  hyperbolicSineOverSelf,
  middle,
  midpoint,
  openShare,
  plainSlope,
  reciprocalSlope,
  type Ends,
} from './secant';

type Comparison = 'greater' | 'greaterEqual' | 'equal';
type Binary = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum' | 'power' | 'atan2' | Comparison;

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
export const endsOf = <Op extends OpName>(context: MultiplierContext<Op>, index: number): Ends => {
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

/** By how much a is above b at the ends, and how that changes. */
const leadOf = (a: Ends, b: Ends): ReturnType<typeof bothEnds> =>
  bothEnds({ start: kernels.difference(b.start, a.start), end: kernels.difference(b.end, a.end) }, (each) => each);

/** The share of the segment on which a > b; ½ … 1 to a where they are equal all along. */
const shareOfLarger = (a: Ends, b: Ends): Tensor => {
  const lead = leadOf(b, a);
  const open = bothEnds(lead, (each) => tf.relu(each));
  return tf.sub(1, openShare(open, lead.delta)); // the first wins a tie
};

/** Slope of a ↦ aᵇ over the ends of a, at one b: small means small against a, as for a fixed exponent. */
function powerSlope(a: Ends, b: Tensor): Tensor {
  const at = middle(a);
  const delta = tf.sub(a.end, a.start);
  const small = tf.lessEqual(tf.abs(delta), tf.mul(tf.abs(at), 3e-3));
  const quotient = plainSlope(delta, tf.sub(tf.pow(a.end, b), tf.pow(a.start, b)));
  return tf.where(small, tf.mul(tf.pow(at, tf.sub(b, 1)), b), quotient);
}

/** Slope of b ↦ aᵇ over the ends of b, at one a: of e^(b · log a), and where a has no logarithm the quotient. */
function exponentSlope(a: Tensor, b: Ends): Tensor {
  const logarithm = tf.log(a);
  const delta = tf.sub(b.end, b.start);
  const half = tf.mul(tf.mul(delta, logarithm), 0.5);
  const smooth = tf.mul(tf.mul(tf.pow(a, middle(b)), logarithm), hyperbolicSineOverSelf(half));
  return tf.where(tf.greater(a, 0), smooth, plainSlope(delta, tf.sub(tf.pow(a, b.end), tf.pow(a, b.start))));
}

/** a > b and its kin are steps of a − b: flat wherever they have a derivative, and Δout / Δ(a − b) over a segment. */
const comparison = <Op extends Comparison>(f: (a: Tensor, b: Tensor) => Tensor): OpRule<Op> => ({
  run: run((a, b) => tf.cast(f(a, b), 'float32')) as OpRule<Op>['run'],
  gradient: ({ inputs, constant }) => inputs.map((input, index) => (constant[index] ? null : tf.zerosLike(input))),
  multiplier: (context) =>
    multiplier((a, b, upstream) => {
      const lead = leadOf(a(), b());
      const passed = tf.mul(upstream, plainSlope(lead.delta, context.output.delta));
      return [() => passed, () => tf.neg(passed)];
    })(context),
});

/** x + a constant per channel, such as a layer's bias: broadcast by TensorFlow's own kernel it takes twice as long. */
function withOffset(inputs: readonly Tensor[], { constant, fused: own }: RunContext<'add'>): Tensor | null {
  const place = inputs.findIndex((input, index) => constant[index] && input.rank === 1);
  const [offset, x] = [inputs[place], inputs[1 - place]];
  if (!own || !offset || !x || x.rank < 2 || x.shape.at(-1) !== offset.size) return null;
  return x.dtype === 'float32' && offset.dtype === 'float32' ? own.offset(x, offset) : null;
}

export const binary = {
  add: {
    run: (inputs, context) => withOffset(inputs, context) ?? run(tf.add)(inputs, context),
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
    gradient: gradient((a, b, upstream) => [
      () => kernels.mulNoNan(b(), upstream),
      () => kernels.mulNoNan(a(), upstream),
    ]),
    multiplier: multiplier((a, b, upstream) => [
      () => kernels.mulNoNan(middle(b()), upstream),
      () => kernels.mulNoNan(middle(a()), upstream),
    ]),
  },
  // q = a/b solves a = q·b, whose differences pass at midpoints: Δq = (Δa − q̄Δb) / b̄. A divisor that almost vanishes at
  // one end (a norm at a baseline of zeros) makes nothing large. Where it changes its sign: a · (1/b), at midpoints.
  div: {
    run: run(tf.div),
    gradient: gradient((a, b, upstream) => [
      () => kernels.mulNoNan(tf.reciprocal(b()), upstream),
      () => tf.neg(kernels.mulNoNan(tf.div(a(), tf.square(b())), upstream)),
    ]),
    multiplier: (context) =>
      multiplier((a, b, upstream) => {
        const divisor = b();
        const keepsSign = tf.logicalOr(
          tf.greater(tf.minimum(divisor.start, divisor.end), 0),
          tf.less(tf.maximum(divisor.start, divisor.end), 0),
        );
        const reciprocals = bothEnds(divisor, (each) => tf.reciprocal(each));
        const passed = (kept: Tensor, changed: Tensor): Tensor =>
          kernels.mulNoNan(tf.where(keepsSign, kept, changed), upstream);
        const wide = (each: Tensor): Tensor => tf.broadcastTo(each, [...context.output.shape]);
        return [
          () => passed(tf.reciprocal(middle(divisor)), midpoint(reciprocals)),
          () =>
            passed(
              wide(tf.neg(tf.div(middle(context.output), middle(divisor)))),
              wide(tf.mul(middle(a()), reciprocalSlope(reciprocals))),
            ),
        ];
      })(context),
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
  // the mean of the two orders in which a and b may change
  power: {
    run: run(tf.pow),
    gradient: gradient((a, b, upstream) => [
      () => kernels.mulNoNan(tf.mul(b(), tf.pow(a(), tf.sub(b(), 1))), upstream),
      () => {
        const known = tf.greater(a(), 0);
        const logarithm = tf.log(tf.where(known, a(), tf.onesLike(a())));
        return tf.mul(upstream, tf.mul(tf.pow(a(), b()), logarithm));
      },
    ]),
    multiplier: multiplier((a, b, upstream) => [
      () => kernels.mulNoNan(tf.mul(tf.add(powerSlope(a(), b().start), powerSlope(a(), b().end)), 0.5), upstream),
      () => kernels.mulNoNan(tf.mul(tf.add(exponentSlope(a().start, b()), exponentSlope(a().end, b())), 0.5), upstream),
    ]),
  },
  // Where it turns little, Δθ = s · (x̄ Δy − ȳ Δx), whose bracket is r₀ r₁ sin Δθ. Else the integral along the straight line in
  // direction v: Δθ · v_y² + v_x v_y · log(r₁/r₀) to y, Δθ · v_x² − v_x v_y · log(r₁/r₀) to x, which is finite through the origin
  // too; from or to the origin itself, where both logarithms are infinite and cancel, without them.
  atan2: {
    run: run(tf.atan2),
    gradient: gradient((y, x, upstream) => {
      const share = (): Tensor => tf.div(upstream, tf.add(tf.square(x()), tf.square(y())));
      return [() => tf.mul(share(), x()), () => tf.neg(tf.mul(share(), y()))];
    }),
    multiplier: (context) =>
      multiplier((y, x, upstream) => {
        const [ys, xs] = [y(), x()];
        const radius = (end: keyof Ends): Tensor => tf.sqrt(tf.add(tf.square(xs[end]), tf.square(ys[end])));
        const [from, to] = [radius('start'), radius('end')];
        const { delta } = context.output;
        const away = tf.logicalAnd(tf.greater(from, 0), tf.greater(to, 0));
        const straight = tf.logicalAnd(tf.less(tf.abs(delta), 0.03), away);
        const rate = tf.mul(
          kernels.divNoNan(tf.add(1, tf.div(tf.square(delta), 6)), from),
          kernels.divNoNan(tf.onesLike(to), to),
        );
        const stretch = tf.where(away, tf.log(kernels.divNoNan(to, from)), tf.zerosLike(to));
        const [dy, dx] = [tf.sub(ys.end, ys.start), tf.sub(xs.end, xs.start)];
        const length = tf.add(tf.square(dy), tf.square(dx));
        const turned = (one: Tensor, other: Tensor, sign: 1 | -1): Tensor =>
          kernels.divNoNan(tf.add(tf.mul(one, delta), tf.mul(tf.mul(other, stretch), sign)), length);
        const passed = (rule: Tensor, integral: Tensor): Tensor =>
          kernels.mulNoNan(tf.where(straight, rule, integral), upstream);
        return [
          () => passed(tf.mul(rate, middle(xs)), turned(dy, dx, 1)),
          () => passed(tf.neg(tf.mul(rate, middle(ys))), turned(dx, dy, -1)),
        ];
      })(context),
  },
  greater: comparison<'greater'>(tf.greater),
  greaterEqual: comparison<'greaterEqual'>(tf.greaterEqual),
  equal: comparison<'equal'>(tf.equal),
} satisfies { [Op in Binary]: OpRule<Op> };
