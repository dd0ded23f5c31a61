/**
 * How positive and negative parts of a difference pass through every kind of op: DeepLIFT's linear rule and RevealCancel
 * (arXiv 1704.02685, sections 3.5.1 and 3.5.3), as the reference implementation `deeplift` has them. Softmax, layer norm and
 * products of two matrices have no such rule.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { kernels } from '../backends';
import type { Passing } from '../graph/facts/row';
import { OPS, type OpAttributes, type OpName } from '../graph/ops';
import type { MultiplierContext, OpRule, Parts, PartsRule, RunContext } from './rule';

/** A row whose attributes are its own business. */
type Row = OpRule<OpName>;
type Rule = PartsRule<OpName>;
type Context = MultiplierContext<OpName>;

/** deeplift moves a part that is nearly 0 away from it before it divides. */
const NEAR_ZERO = 1e-7;

const add = (a: Parts, b: Parts): Parts => ({
  positive: tf.add(a.positive, b.positive),
  negative: tf.add(a.negative, b.negative),
});
const above = (x: Tensor): Tensor => tf.relu(x);
const below = (x: Tensor): Tensor => tf.minimum(x, 0);

/** One pass of the row's multiplier rule for each part of the upstream. */
function passBoth(row: Row, upstream: Parts, context: Context): (Parts | null)[] {
  const positive = row.multiplier({ ...context, upstream: upstream.positive });
  const negative = row.multiplier({ ...context, upstream: upstream.negative });
  return positive.map((each, index) => (each ? { positive: each, negative: negative[index]! } : null));
}

/** Ops without negative weights (moving values about, sums, means) carry each part as it is. */
const carried = (row: Row): Rule => ({
  run: (inputs, context) => {
    // What pads the values does not pad their difference.
    const attributes = 'value' in context.attributes ? { ...context.attributes, value: 0 } : context.attributes;
    const run = (part: 'positive' | 'negative'): Tensor =>
      row.run(
        inputs.map((parts, index) => parts?.[part] ?? tf.zerosLike(context.constants[index]!)),
        { ...context, attributes } as RunContext<OpName>,
      );
    return { positive: run('positive'), negative: run('negative') };
  },
  multiplier: (upstream, _inputs, context) => passBoth(row, upstream, context),
});

/**
 * Weighted sums, by the sign of each input's whole difference and of the weight: pos = Δ⁺W⁺ + Δ⁻W⁻, neg = Δ⁺W⁻ + Δ⁻W⁺.
 * The input's parts get one multiplier, since what they were made of is not looked at.
 */
const weighted = (row: Row): Rule => {
  const half = (context: Context, sign: 'positive' | 'negative') => {
    const filter = context.derive(`${sign} weights`, () =>
      (sign === 'positive' ? above : below)(context.constants[1]!),
    );
    return {
      ...context,
      constants: [null, filter],
      derive: (key: string, make: () => Tensor) => context.derive(`${sign} ${key}`, make),
      filter,
    };
  };
  return {
    run: (_inputs, context) => {
      const { delta } = context.inputs[0] ?? context.output;
      const by = (part: Tensor, sign: 'positive' | 'negative'): Tensor => {
        const one = half(context, sign);
        return row.run([part, one.filter], one);
      };
      const [up, down] = [above(delta), below(delta)];
      return {
        positive: tf.add(by(up, 'positive'), by(down, 'negative')),
        negative: tf.add(by(up, 'negative'), by(down, 'positive')),
      };
    },
    multiplier: (upstream, _inputs, context) => {
      const back = (part: Tensor, sign: 'positive' | 'negative'): Tensor =>
        row.multiplier({ ...half(context, sign), upstream: part })[0]!;
      const rising = tf.add(back(upstream.positive, 'positive'), back(upstream.negative, 'negative'));
      const falling = tf.add(back(upstream.positive, 'negative'), back(upstream.negative, 'positive'));
      const { delta } = context.inputs[0]!;
      const still = tf.mul(tf.add(rising, falling), 0.5);
      const passed = tf.where(tf.greater(delta, 0), rising, tf.where(tf.less(delta, 0), falling, still));
      return [{ positive: passed, negative: passed }, null];
    },
  };
};

/** Element by element with a weight per input: a negative weight swaps the parts (batch norm, gates, maxima). */
const scaled = (row: Row): Rule => {
  const weights = (context: Context): readonly (Tensor | null)[] =>
    row.multiplier({ ...context, upstream: tf.ones([...context.output.shape]) });
  const swapped = (parts: Parts, weight: Tensor): Parts => {
    const [up, down] = [above(weight), below(weight)];
    return {
      positive: tf.add(kernels.mulNoNan(up, parts.positive), kernels.mulNoNan(down, parts.negative)),
      negative: tf.add(kernels.mulNoNan(up, parts.negative), kernels.mulNoNan(down, parts.positive)),
    };
  };
  return {
    run: (inputs, context) =>
      weights(context)
        .flatMap((weight, index) => (weight ? [swapped(inputs[index]!, weight)] : []))
        .reduce(add),
    // The input's positive part went to the output's positive one where the weight is positive, else to the negative one.
    multiplier: (upstream, _inputs, context) =>
      weights(context).map((weight) => {
        if (!weight) return null;
        const [up, down] = [above(weight), below(weight)];
        return {
          positive: tf.add(kernels.mulNoNan(up, upstream.positive), kernels.mulNoNan(down, upstream.negative)),
          negative: tf.add(kernels.mulNoNan(up, upstream.negative), kernels.mulNoNan(down, upstream.positive)),
        };
      }),
  };
};

/** A maximum over axes is a mean of its winners, by the crossing rule's shares: it carries their parts in that mean. */
const extreme = (row: Row): Rule => ({
  run: ([parts], context) => {
    const { axes, keepDims } = context.attributes as OpAttributes['max'];
    const shares = row.multiplier({ ...context, upstream: tf.ones([...context.output.shape]) })[0]!;
    const over = axes.map((axis) => axis + 1);
    const mean = (part: Tensor): Tensor => tf.sum(tf.mul(part, shares), over, keepDims);
    return { positive: mean(parts!.positive), negative: mean(parts!.negative) };
  },
  multiplier: (upstream, _inputs, context) => passBoth(row, upstream, context),
});

/** p moved away from 0 where |p| < ½ · 1e-7. */
const awayFromZero = (part: Tensor): Tensor => {
  const aside = tf.where(tf.less(part, 0), tf.fill(part.shape, -NEAR_ZERO), tf.fill(part.shape, NEAR_ZERO));
  return tf.where(tf.less(tf.abs(part), NEAR_ZERO / 2), tf.add(part, aside), part);
};

/** A function of one value: both parts by the slope (Rescale), or each by what it brings with and without the other. */
const nonlinear = (row: Row): Rule => {
  const slopes = (parts: Parts, context: Context): Parts & { readonly reach: Parts } => {
    if (context.nonlinearity === 'rescale') {
      const slope = row.multiplier({ ...context, upstream: tf.ones([...context.output.shape]) })[0]!;
      return { positive: slope, negative: slope, reach: parts };
    }
    const constants = context.constants.slice(1) as Tensor[];
    const f = (x: Tensor): Tensor => row.run([x, ...constants], context);
    const { start } = context.inputs[0]!;
    const [p, q] = [awayFromZero(parts.positive), awayFromZero(parts.negative)];
    const [none, withP, withQ, both] = [start, tf.add(start, p), tf.add(start, q), tf.add(tf.add(start, p), q)].map(f);
    const positive = tf.mul(tf.add(kernels.difference(none!, withP!), kernels.difference(withQ!, both!)), 0.5);
    const negative = tf.mul(tf.add(kernels.difference(none!, withQ!), kernels.difference(withP!, both!)), 0.5);
    return { positive: tf.div(positive, p), negative: tf.div(negative, q), reach: { positive: p, negative: q } };
  };
  return {
    run: ([parts], context) => {
      const { positive, negative, reach } = slopes(parts!, context);
      return { positive: tf.mul(reach.positive, positive), negative: tf.mul(reach.negative, negative) };
    },
    multiplier: (upstream, [parts], context) => {
      const { positive, negative } = slopes(parts!, context);
      const passed = {
        positive: tf.mul(upstream.positive, positive),
        negative: tf.mul(upstream.negative, negative),
      };
      return context.inputs.map((input) => (input ? passed : null));
    },
  };
};

/** Rules for parts by what an op is to a difference; none where it has no such rule. */
const RULES: Readonly<Record<Passing, ((row: Row) => Rule) | null>> = {
  function: nonlinear,
  jump: nonlinear,
  moved: carried,
  carried,
  weighted,
  scaled,
  joint: scaled,
  choice: scaled,
  extreme,
  group: null,
  jumpingGroup: null,
  start: null,
  unknown: null,
};

/** The parts rule of a row: its own, or that of its kind. */
export const partsRule = <Op extends OpName>(op: Op, row: OpRule<Op>): PartsRule<Op> | undefined =>
  row.parts ?? (RULES[OPS[op].passing]?.(row as unknown as Row) as PartsRule<Op> | undefined);
