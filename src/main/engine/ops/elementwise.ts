/** Activations and other functions of one value: y = f(x), element by element. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { kernels, type FusedKernels } from '../backends';
import { binOf } from '../graph/hashing';
import type { OpAttributes, OpName } from '../graph/ops';
import type { Difference, OpRule } from './rule';
import {
  bothEnds,
  clipSlope,
  expSlope,
  hyperbolicSlope,
  logSlope,
  midpoint,
  narrowSlope,
  openShare,
  plainSlope,
  reciprocalSlope,
  rsqrtSlope,
  sigmoidSlope,
  sineOverSelf,
  slopeAbove,
  slopeBelow,
  smoothSlope,
  tanhSlope,
  waveSlope,
} from './secant';

type Attributes<Op extends OpName> = OpAttributes[Op];

/** A function of one value: f, its derivative times upstream, and its secant slope. */
interface Elementwise<Op extends OpName> {
  readonly f: (x: Tensor, attributes: Attributes<Op>) => Tensor;
  readonly gradient: (upstream: Tensor, x: Tensor, y: Tensor, attributes: Attributes<Op>) => Tensor;
  readonly slope: (x: Difference, y: Difference, attributes: Attributes<Op>) => Tensor;
  /** upstream × slope by a fused kernel, where the backend has one; null where these attributes want more. */
  readonly fused?: (
    kernels: FusedKernels,
    upstream: Tensor,
    x: Difference,
    attributes: Attributes<Op>,
  ) => Tensor | null;
}

/** The row of a function of one value. A slope is Δout / Δin, so that DeepLIFT's Rescale is met whatever its form. */
const of = <Op extends OpName>({ f, gradient, slope, fused }: Elementwise<Op>): OpRule<Op> => ({
  run: ([x], { attributes }) => f(x!, attributes),
  gradient: ({ inputs: [x], output, upstream, attributes }) => [gradient(upstream, x!, output, attributes)],
  multiplier: ({ inputs: [x], output, upstream, attributes, fused: own }) => {
    const byKernel = own && fused ? fused(own, upstream, x!, attributes) : null;
    return [byKernel ?? kernels.mulNoNan(slope(x!, output, attributes), upstream)];
  },
});

/** The row of a function by its derivative, with the slope of a smooth function unless another is given. */
const by = <Op extends OpName>(
  f: (x: Tensor, attributes: Attributes<Op>) => Tensor,
  derivative: (x: Tensor, attributes: Attributes<Op>) => Tensor,
  slope?: Elementwise<Op>['slope'],
  fused?: Elementwise<Op>['fused'],
): OpRule<Op> =>
  of({
    f,
    ...(fused && { fused }),
    gradient: (upstream, x, _y, attributes) => kernels.mulNoNan(derivative(x, attributes), upstream),
    slope: slope ?? ((x, y, attributes) => smoothSlope(x, y.delta, (each) => derivative(each, attributes))),
  });

const where = (condition: Tensor, yes: Tensor | number, no: Tensor | number): Tensor =>
  tf.where(
    condition,
    typeof yes === 'number' ? tf.fill(condition.shape, yes) : yes,
    typeof no === 'number' ? tf.fill(condition.shape, no) : no,
  );
const number = (condition: Tensor): Tensor => tf.cast(condition, 'float32');
/** Where a ReLU that is plain but for its upper end, as ReLU6 is, ends; else null. */
const endOf = ({ maxValue, threshold, slope }: Attributes<'clippedRelu'>): number | null =>
  threshold === 0 && slope === 0 && maxValue !== null && maxValue > 0 ? maxValue : null;
const clip = (x: Tensor, min: number, max: number): Tensor => tf.minimum(tf.maximum(x, min), max);
const between = (x: Tensor, min: number, max: number): Tensor =>
  number(tf.logicalAnd(tf.greater(x, min), tf.less(x, max)));
const reluEnds = (x: Difference): ReturnType<typeof bothEnds> => bothEnds(x, (each) => tf.relu(each));
const below = (x: Difference): ReturnType<typeof bothEnds> => bothEnds(x, (each) => tf.minimum(each, 0));

/** Slope of relu(x) + scale·(e^(min(x, 0)/width) − 1): the open share and, on the rest, the exponential. */
function eluSlope(x: Difference, scale: number, width: number): Tensor {
  const open = openShare(reluEnds(x), x.delta);
  const exponent = bothEnds(below(x), (each) => tf.div(each, width));
  return tf.add(open, tf.mul(tf.sub(1, open), tf.mul(expSlope(exponent), scale / width)));
}

const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;
const SQRT_HALF = Math.SQRT1_2;
const GELU_WIDTH = Math.sqrt(2 / Math.PI);
const GELU_CUBE = 0.044715;

const normalShare = (x: Tensor): Tensor => tf.mul(tf.add(1, tf.erf(tf.mul(x, SQRT_HALF))), 0.5);
const normalDensity = (x: Tensor): Tensor => tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
const erfSlopeOfShare = (x: Difference): Tensor => smoothSlope(x, bothEnds(x, normalShare).delta, normalDensity);
/** x · gate(x): each factor's slope with the other's midpoint. */
const gatedSlope = (x: Difference, gate: ReturnType<typeof bothEnds>, gateSlope: Tensor): Tensor =>
  tf.add(midpoint(gate), kernels.mulNoNan(midpoint(x), gateSlope));

const tanhArgument = (x: Tensor): Tensor => tf.mul(tf.mul(x, GELU_WIDTH), tf.add(1, tf.mul(tf.square(x), GELU_CUBE)));
const softplusSlope = (x: Difference, delta: Tensor): Tensor => smoothSlope(x, delta, (each) => tf.sigmoid(each));
const insideOne = (x: Tensor): Tensor => tf.sub(1, tf.abs(x));
const aboveOne = (x: Tensor): Tensor => tf.sub(x, 1);
/** log(1 + eˣ) that neither overflows nor loses small values. */
const softplus = (x: Tensor): Tensor => tf.add(tf.relu(x), tf.log1p(tf.exp(tf.neg(tf.abs(x)))));

export const elementwise = {
  relu: of<'relu'>({
    f: (x) => tf.relu(x),
    gradient: (upstream, _x, y) => kernels.reluGrad(upstream, y),
    slope: (x, y) => openShare(y, x.delta),
    fused: (own, upstream, x) => own.reluSecant(upstream, x, 0),
  }),
  clippedRelu: by<'clippedRelu'>(
    (x, attributes) => {
      const { maxValue, threshold, slope } = attributes;
      const end = endOf(attributes);
      if (end !== null) return clip(x, 0, end);
      const closed = slope === 0 ? tf.zerosLike(x) : tf.mul(tf.sub(x, threshold), slope);
      const open = where(tf.greaterEqual(x, threshold), x, closed);
      return maxValue === null ? open : where(tf.greaterEqual(x, maxValue), maxValue, open);
    },
    (x, { maxValue, threshold, slope }) => {
      const open = where(tf.greater(x, threshold), 1, slope);
      return maxValue === null ? open : where(tf.greaterEqual(x, maxValue), 0, open);
    },
    // slope · min(x, threshold) and the rest, whose pieces are 0, x and maxValue: exact where slope · (x − threshold) is not
    (x, _y, { maxValue, threshold, slope }) => {
      const rest = bothEnds(x, (each) => {
        const open = where(tf.greaterEqual(each, threshold), each, 0);
        return maxValue === null ? open : where(tf.greaterEqual(each, maxValue), maxValue, open);
      });
      const inside = between(x.start, threshold, maxValue ?? Infinity);
      const opened = where(tf.equal(x.delta, 0), inside, plainSlope(x.delta, rest.delta));
      return slope === 0 ? opened : tf.add(opened, tf.mul(slopeBelow(x, threshold), slope));
    },
    (own, upstream, x, attributes) => {
      const end = endOf(attributes);
      return end === null ? null : own.clipSecant(upstream, x, 0, end);
    },
  ),
  leakyRelu: of<'leakyRelu'>({
    f: (x, { slope }) => tf.leakyRelu(x, slope),
    gradient: (upstream, x, _y, { slope }) => kernels.leakyReluGrad(upstream, x, slope),
    slope: (x, _y, { slope }) => tf.add(tf.mul(openShare(reluEnds(x), x.delta), 1 - slope), slope),
    fused: (own, upstream, x, { slope }) => own.reluSecant(upstream, x, slope),
  }),
  prelu: {
    run: ([x, slopes]) => tf.add(tf.relu(x!), tf.mul(slopes!, tf.minimum(x!, 0))),
    gradient: ({ inputs: [x, slopes], upstream }) => {
      const open = number(tf.greater(x!, 0));
      return [tf.mul(upstream, tf.add(open, tf.mul(tf.sub(1, open), slopes!))), null];
    },
    multiplier: ({ inputs: [x], constants: [, slopes], upstream }) => {
      const open = openShare(reluEnds(x!), x!.delta);
      return [tf.mul(upstream, tf.add(open, tf.mul(tf.sub(1, open), slopes!))), null];
    },
  } satisfies OpRule<'prelu'>,
  elu: by<'elu'>(
    (x, { alpha }) => (alpha === 1 ? tf.elu(x) : tf.add(tf.relu(x), tf.mul(tf.expm1(tf.minimum(x, 0)), alpha))),
    (x, { alpha }) => where(tf.greater(x, 0), 1, tf.mul(tf.exp(tf.minimum(x, 0)), alpha)),
    (x, _y, { alpha }) => eluSlope(x, alpha, 1),
  ),
  selu: by<'selu'>(
    (x) => tf.selu(x),
    (x) => where(tf.greater(x, 0), SELU_SCALE, tf.mul(tf.exp(tf.minimum(x, 0)), SELU_SCALE * SELU_ALPHA)),
    (x) => tf.mul(eluSlope(x, SELU_ALPHA, 1), SELU_SCALE),
  ),
  celu: by<'celu'>(
    (x, { alpha }) => tf.add(tf.relu(x), tf.mul(tf.expm1(tf.div(tf.minimum(x, 0), alpha)), alpha)),
    (x, { alpha }) => tf.exp(tf.div(tf.minimum(x, 0), alpha)),
    (x, _y, { alpha }) => eluSlope(x, alpha, alpha),
  ),
  gelu: by<'gelu'>(
    (x) => tf.mul(x, normalShare(x)),
    (x) => tf.add(normalShare(x), tf.mul(x, normalDensity(x))),
    (x) => gatedSlope(x, bothEnds(x, normalShare), erfSlopeOfShare(x)),
  ),
  geluTanh: by<'geluTanh'>(
    (x) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.tanh(tanhArgument(x)))),
    (x) => {
      const gate = tf.tanh(tanhArgument(x));
      const inner = tf.mul(tf.add(1, tf.mul(tf.square(x), 3 * GELU_CUBE)), GELU_WIDTH);
      const slope = tf.mul(tf.sub(1, tf.square(gate)), inner);
      return tf.mul(tf.add(tf.add(1, gate), tf.mul(x, slope)), 0.5);
    },
    (x) => {
      const argument = bothEnds(x, tanhArgument);
      const gate = bothEnds(argument, (each) => tf.tanh(each));
      // Δx³ / Δx = a² + ab + b²
      const cube = tf.add(tf.mul(x.start, tf.add(x.start, x.end)), tf.square(x.end));
      const inner = tf.mul(tf.add(1, tf.mul(cube, GELU_CUBE)), GELU_WIDTH);
      const slope = tf.mul(tanhSlope(gate, argument.delta), inner);
      return tf.mul(tf.add(tf.add(1, midpoint(gate)), tf.mul(midpoint(x), slope)), 0.5);
    },
  ),
  sigmoid: of<'sigmoid'>({
    f: (x) => tf.sigmoid(x),
    gradient: (upstream, _x, y) => kernels.sigmoidGrad(upstream, y),
    slope: (x, y) => sigmoidSlope(y, x.delta),
  }),
  logSigmoid: by<'logSigmoid'>(
    (x) => tf.neg(softplus(tf.neg(x))),
    (x) => tf.sigmoid(tf.neg(x)),
  ),
  hardSigmoid: by<'hardSigmoid'>(
    (x, { slope, offset }) => clip(tf.add(tf.mul(x, slope), offset), 0, 1),
    (x, { slope, offset }) => tf.mul(between(x, -offset / slope, (1 - offset) / slope), slope),
    (x, _y, { slope, offset }) => tf.mul(clipSlope(x, -offset / slope, (1 - offset) / slope), slope),
  ),
  silu: by<'silu'>(
    (x) => tf.mul(x, tf.sigmoid(x)),
    (x) => {
      const gate = tf.sigmoid(x);
      return tf.mul(gate, tf.add(1, tf.mul(x, tf.sub(1, gate))));
    },
    (x) => {
      const gate = bothEnds(x, (each) => tf.sigmoid(each));
      return gatedSlope(x, gate, sigmoidSlope(gate, x.delta));
    },
  ),
  hardSilu: by<'hardSilu'>(
    (x) => tf.mul(x, clip(tf.add(tf.div(x, 6), 0.5), 0, 1)),
    (x) => where(tf.greaterEqual(x, 3), 1, tf.mul(between(x, -3, 3), tf.add(tf.div(x, 3), 0.5))),
    // c²/6 + c/2 of c = clip(x, −3, 3), and max(x, 3)
    (x) => {
      const inner = midpoint(bothEnds(x, (each) => clip(each, -3, 3)));
      const curve = tf.mul(clipSlope(x, -3, 3), tf.add(tf.div(inner, 3), 0.5));
      return tf.add(curve, slopeAbove(x, 3));
    },
  ),
  mish: by<'mish'>(
    (x) => tf.mul(x, tf.tanh(softplus(x))),
    (x) => {
      const gate = tf.tanh(softplus(x));
      return tf.add(gate, tf.mul(tf.mul(x, tf.sub(1, tf.square(gate))), tf.sigmoid(x)));
    },
    (x) => {
      const argument = bothEnds(x, softplus);
      const gate = bothEnds(argument, (each) => tf.tanh(each));
      const slope = tf.mul(tanhSlope(gate, argument.delta), softplusSlope(x, argument.delta));
      return gatedSlope(x, gate, slope);
    },
  ),
  softplus: of<'softplus'>({
    f: softplus,
    gradient: (upstream, x) => kernels.softplusGrad(upstream, x),
    slope: (x, y) => softplusSlope(x, y.delta),
  }),
  softsign: of<'softsign'>({
    f: (x) => tf.div(x, tf.add(1, tf.abs(x))),
    gradient: (upstream, x) => kernels.softsignGrad(upstream, x),
    // one sign: 1 / ((1 + |a|)(1 + |b|)); across 0: (1 + 2|ab| / |Δ|) times it
    slope: (x) => {
      const across = plainSlope(tf.abs(x.delta), tf.mul(tf.relu(tf.neg(tf.mul(x.start, x.end))), 2));
      const widths = bothEnds(x, (each) => tf.add(1, tf.abs(each)));
      return tf.div(tf.add(1, across), tf.mul(widths.start, widths.end));
    },
  }),
  tanh: of<'tanh'>({
    f: (x) => tf.tanh(x),
    gradient: (upstream, _x, y) => kernels.tanhGrad(upstream, y),
    slope: (x, y) => tanhSlope(y, x.delta),
  }),
  tanhShrink: by<'tanhShrink'>(
    (x) => tf.sub(x, tf.tanh(x)),
    (x) => tf.square(tf.tanh(x)),
    (x) =>
      tf.sub(
        1,
        tanhSlope(
          bothEnds(x, (each) => tf.tanh(each)),
          x.delta,
        ),
      ),
  ),
  softShrink: by<'softShrink'>(
    (x, { lambda }) => tf.sub(x, clip(x, -lambda, lambda)),
    (x, { lambda }) => number(tf.greater(tf.abs(x), lambda)),
    (x, _y, { lambda }) => tf.sub(1, clipSlope(x, -lambda, lambda)),
  ),
  hardShrink: by<'hardShrink'>(
    (x, { lambda }) => where(tf.greater(tf.abs(x), lambda), x, 0),
    (x, { lambda }) => number(tf.greater(tf.abs(x), lambda)),
    (x, y, { lambda }) => {
      const atPoint = number(tf.greater(tf.abs(x.start), lambda));
      return tf.where(tf.equal(x.delta, 0), atPoint, plainSlope(x.delta, y.delta));
    },
  ),
  threshold: by<'threshold'>(
    (x, { threshold, value }) => where(tf.greater(x, threshold), x, value),
    (x, { threshold }) => number(tf.greater(x, threshold)),
    (x, y, { threshold }) => {
      const atPoint = number(tf.greater(x.start, threshold));
      return tf.where(tf.equal(x.delta, 0), atPoint, plainSlope(x.delta, y.delta));
    },
  ),
  squarePlus: by<'squarePlus'>(
    (x, { b }) => tf.mul(tf.add(x, tf.sqrt(tf.add(tf.square(x), b))), 0.5),
    // without b it is a ReLU, whose derivative at 0 is taken as ½
    (x, { b }) => tf.mul(tf.add(1, kernels.divNoNan(x, tf.sqrt(tf.add(tf.square(x), b)))), 0.5),
    // Δ√(x² + b) = Δ(x²) / (sum of the roots)
    (x, _y, { b }) => {
      const roots = bothEnds(x, (each) => tf.sqrt(tf.add(tf.square(each), b)));
      const rising = plainSlope(tf.add(roots.start, roots.end), tf.add(x.start, x.end));
      return tf.mul(tf.add(1, rising), 0.5);
    },
  ),
  sparsePlus: by<'sparsePlus'>(
    (x) => tf.add(tf.mul(tf.square(tf.add(clip(x, -1, 1), 1)), 0.25), tf.sub(tf.maximum(x, 1), 1)),
    (x) => tf.mul(tf.add(clip(x, -1, 1), 1), 0.5),
    (x) => {
      const inner = midpoint(bothEnds(x, (each) => clip(each, -1, 1)));
      const curve = tf.mul(clipSlope(x, -1, 1), tf.mul(tf.add(inner, 1), 0.5));
      return tf.add(curve, slopeAbove(x, 1));
    },
  ),
  sparseSigmoid: by<'sparseSigmoid'>(
    (x) => clip(tf.mul(tf.add(x, 1), 0.5), 0, 1),
    (x) => tf.mul(between(x, -1, 1), 0.5),
    (x) => tf.mul(clipSlope(x, -1, 1), 0.5),
  ),
  clip: by<'clip'>(
    (x, { min, max }) => clip(x, min, max),
    (x, { min, max }) => between(x, min, max),
    (x, _y, { min, max }) => clipSlope(x, min, max),
    (own, upstream, x, { min, max }) => own.clipSecant(upstream, x, min, max),
  ),
  exp: of<'exp'>({
    f: (x) => tf.exp(x),
    gradient: (upstream, _x, y) => tf.mul(upstream, y),
    slope: (x) => expSlope(x),
  }),
  log: by<'log'>(
    (x) => tf.log(x),
    (x) => tf.reciprocal(x),
    (x, y) => logSlope(x, y.delta),
  ),
  log1p: by<'log1p'>(
    (x) => tf.log1p(x),
    (x) => tf.reciprocal(tf.add(x, 1)),
    (x, y) => logSlope({ start: tf.add(x.start, 1), end: tf.add(x.end, 1), delta: x.delta }, y.delta),
  ),
  sqrt: by<'sqrt'>(
    (x) => tf.sqrt(x),
    // 0 at 0, where it has no derivative: a magnitude √(re² + im²) that stays 0 passes nothing on
    (x) => kernels.divNoNan(tf.scalar(0.5), tf.sqrt(x)),
    (_x, y) => kernels.divNoNan(tf.scalar(1), tf.add(y.start, y.end)),
  ),
  rsqrt: by<'rsqrt'>(
    (x) => tf.rsqrt(x),
    (x) => tf.div(tf.mul(tf.rsqrt(x), -0.5), x),
    (_x, y) => rsqrtSlope(y),
  ),
  reciprocal: of<'reciprocal'>({
    f: (x) => tf.reciprocal(x),
    gradient: (upstream, _x, y) => tf.neg(kernels.mulNoNan(tf.square(y), upstream)),
    slope: (_x, y) => reciprocalSlope(y),
  }),
  reciprocalOrZero: of<'reciprocalOrZero'>({
    f: (x) => kernels.divNoNan(tf.scalar(1), x),
    gradient: (upstream, _x, y) => tf.neg(tf.mul(upstream, tf.square(y))),
    // from or to 0 it is a jump, whose slope the plain quotient gives
    slope: (x, y) => where(tf.equal(tf.mul(y.start, y.end), 0), plainSlope(x.delta, y.delta), reciprocalSlope(y)),
  }),
  square: by<'square'>(
    (x) => tf.square(x),
    (x) => tf.mul(x, 2),
    (x) => tf.add(x.start, x.end),
  ),
  pow: by<'pow'>(
    (x, { exponent }) => tf.pow(x, exponent),
    (x, { exponent }) => tf.mul(tf.pow(x, exponent - 1), exponent),
    // A power has no scale of its own: small means small against x.
    (x, y, { exponent }) => {
      const middle = midpoint(x);
      const small = tf.lessEqual(tf.abs(x.delta), tf.mul(tf.abs(middle), 3e-3));
      return tf.where(small, tf.mul(tf.pow(middle, exponent - 1), exponent), plainSlope(x.delta, y.delta));
    },
  ),
  abs: by<'abs'>(
    (x) => tf.abs(x),
    (x) => tf.sign(x),
    (x, y) => tf.where(tf.equal(x.delta, 0), tf.sign(x.start), plainSlope(x.delta, y.delta)),
  ),
  neg: {
    run: ([x]) => tf.neg(x!),
    gradient: ({ upstream }) => [tf.neg(upstream)],
    multiplier: ({ upstream }) => [tf.neg(upstream)],
  } satisfies OpRule<'neg'>,
  erf: by<'erf'>(
    (x) => tf.erf(x),
    (x) => tf.mul(tf.exp(tf.neg(tf.square(x))), 2 / Math.sqrt(Math.PI)),
  ),
  sin: by<'sin'>(
    (x) => tf.sin(x),
    (x) => tf.cos(x),
    (x) => waveSlope(x.delta, tf.cos(midpoint(x))),
  ),
  cos: by<'cos'>(
    (x) => tf.cos(x),
    (x) => tf.neg(tf.sin(x)),
    (x) => waveSlope(x.delta, tf.neg(tf.sin(midpoint(x)))),
  ),
  tan: by<'tan'>(
    (x) => tf.tan(x),
    (x) => tf.reciprocal(tf.square(tf.cos(x))),
    // sin(b − a) / (cos a · cos b)
    (x) => tf.div(sineOverSelf(x.delta), tf.mul(tf.cos(x.start), tf.cos(x.end))),
  ),
  asin: by<'asin'>(
    (x) => tf.asin(x),
    (x) => tf.rsqrt(tf.sub(1, tf.square(x))),
    (x, y) => narrowSlope(x, y.delta, insideOne, (each) => tf.rsqrt(tf.sub(1, tf.square(each)))),
  ),
  acos: by<'acos'>(
    (x) => tf.acos(x),
    (x) => tf.neg(tf.rsqrt(tf.sub(1, tf.square(x)))),
    (x, y) => narrowSlope(x, y.delta, insideOne, (each) => tf.neg(tf.rsqrt(tf.sub(1, tf.square(each))))),
  ),
  sinh: by<'sinh'>(
    (x) => tf.sinh(x),
    (x) => tf.cosh(x),
    (x) => hyperbolicSlope(x, (each) => tf.cosh(each)),
  ),
  cosh: by<'cosh'>(
    (x) => tf.cosh(x),
    (x) => tf.sinh(x),
    (x) => hyperbolicSlope(x, (each) => tf.sinh(each)),
  ),
  asinh: by<'asinh'>(
    (x) => tf.asinh(x),
    (x) => tf.rsqrt(tf.add(tf.square(x), 1)),
  ),
  acosh: by<'acosh'>(
    (x) => tf.acosh(x),
    (x) => tf.rsqrt(tf.sub(tf.square(x), 1)),
    (x, y) => narrowSlope(x, y.delta, aboveOne, (each) => tf.rsqrt(tf.sub(tf.square(each), 1))),
  ),
  atanh: by<'atanh'>(
    (x) => tf.atanh(x),
    (x) => tf.reciprocal(tf.sub(1, tf.square(x))),
    (x, y) => narrowSlope(x, y.delta, insideOne, (each) => tf.reciprocal(tf.sub(1, tf.square(each)))),
  ),
  atan: by<'atan'>(
    (x) => tf.atan(x),
    (x) => tf.reciprocal(tf.add(tf.square(x), 1)),
  ),
  // Steps: flat wherever they have a derivative, and Δout / Δin over a segment.
  sign: by<'sign'>(
    (x) => tf.sign(x),
    tf.zerosLike,
    (x, y) => plainSlope(x.delta, y.delta),
  ),
  floor: by<'floor'>(
    (x) => tf.floor(x),
    tf.zerosLike,
    (x, y) => plainSlope(x.delta, y.delta),
  ),
  hash: by<'hash'>(
    (x, how) => {
      // There is no kernel for it: few numbers are hashed, and of those many are alike.
      const known = new Map<number, number>();
      const bins = Float32Array.from(x.dataSync(), (value) => {
        const bin = known.get(value) ?? binOf(value, how);
        known.set(value, bin);
        return bin;
      });
      return tf.tensor(bins, x.shape);
    },
    tf.zerosLike,
    (x, y) => plainSlope(x.delta, y.delta),
  ),
  round: by<'round'>(
    (x) => tf.round(x),
    tf.zerosLike,
    (x, y) => plainSlope(x.delta, y.delta),
  ),
};
