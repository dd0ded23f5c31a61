/**
 * Secant slopes Δout / Δin of functions of one value, in forms that do not cancel: in float32 the plain quotient loses
 * the slope where the difference is small against the value. Where a segment is a point they give the derivative.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { kernels } from '../backends';

/** Of float32. */
const LARGEST = 3.4028234663852886e38;

/** The two ends of a value over its segments, [segments, …]. */
export interface Ends {
  readonly start: Tensor;
  readonly end: Tensor;
}
interface EndsAndDelta extends Ends {
  readonly delta: Tensor;
}

/** A constant's midpoint is itself. */
export const middle = (ends: Ends): Tensor => (ends.start === ends.end ? ends.start : midpoint(ends));

export const midpoint = ({ start, end }: Ends): Tensor => tf.mul(tf.add(start, end), 0.5);
/** Of values whose sum may leave float32: those of additive masks do. */
export const midpointOfLarge = ({ start, end }: Ends): Tensor => tf.add(tf.mul(start, 0.5), tf.mul(end, 0.5));
export const bothEnds = ({ start, end }: Ends, f: (x: Tensor) => Tensor): EndsAndDelta => {
  const ends = { start: f(start), end: f(end) };
  return { ...ends, delta: kernels.difference(ends.start, ends.end) };
};

/** Δout / Δin, 0 where Δin is 0: exact for functions whose pieces are constant or x itself, which round nothing. */
export const plainSlope = (deltaIn: Tensor, deltaOut: Tensor): Tensor => kernels.divNoNan(deltaOut, deltaIn);

/**
 * The share of the segment on which a value is positive: the secant slope of the ReLU. (y₀ + y₁) / max(y₀ + y₁, |Δx|),
 * y the ReLU's output: 1 where open at both ends, also where the value comes back to where it was; 0 where closed.
 */
export function openShare(output: Ends, deltaIn: Tensor): Tensor {
  const open = tf.minimum(tf.add(output.start, output.end), LARGEST); // open to infinity is open
  return kernels.divNoNan(open, tf.maximum(open, tf.abs(deltaIn)));
}

/** Slope of clip(x, min, max), whose pieces are exact. At a point: 1 inside, else 0. */
export function clipSlope(x: EndsAndDelta, min: number, max: number): Tensor {
  const inside = tf.logicalAnd(tf.greater(x.start, min), tf.less(x.start, max));
  return atPointOr(x, inside, (each) => tf.minimum(tf.maximum(each, min), max));
}

/** Slope of max(x, min), whose pieces are exact. At a point: 1 from min on. */
export const slopeAbove = (x: EndsAndDelta, min: number): Tensor =>
  atPointOr(x, tf.greaterEqual(x.start, min), (each) => tf.maximum(each, min));

/** Slope of min(x, max), whose pieces are exact. At a point: 1 up to max. */
export const slopeBelow = (x: EndsAndDelta, max: number): Tensor =>
  atPointOr(x, tf.lessEqual(x.start, max), (each) => tf.minimum(each, max));

const atPointOr = (x: EndsAndDelta, inside: Tensor, f: (x: Tensor) => Tensor): Tensor =>
  tf.where(tf.equal(x.delta, 0), tf.cast(inside, 'float32'), plainSlope(x.delta, bothEnds(x, f).delta));

/**
 * The slope of a smooth function of scale 1 by its derivative at the midpoint where |Δx| is below 0.01 (for large x,
 * where these functions are straight, 0.001 |x|), else by the quotient. At 0.01 both are wrong by about 1e-5: the
 * midpoint by Δ²f‴/24, the quotient by the rounding of f over Δ; and Δ³f‴/24 is the rounding of f itself.
 */
export function smoothSlope(x: EndsAndDelta, deltaOut: Tensor, derivative: (x: Tensor) => Tensor): Tensor {
  const middle = midpoint(x);
  const small = tf.less(tf.abs(x.delta), tf.maximum(tf.mul(tf.abs(middle), 1e-3), 1e-2));
  return tf.where(small, derivative(middle), plainSlope(x.delta, deltaOut));
}

/** (eᵇ − eᵃ) / (b − a) = e^((a+b)/2) · sinh(h) / h, h = Δ/2; the series where h is small. */
export function expSlope(x: EndsAndDelta): Tensor {
  const half = tf.mul(x.delta, 0.5);
  const squared = tf.square(half);
  const series = tf.add(1, tf.mul(tf.div(squared, 6), tf.add(1, tf.div(squared, 20))));
  const byMiddle = tf.mul(tf.exp(midpoint(x)), series);
  const quotient = plainSlope(x.delta, tf.sub(tf.exp(x.end), tf.exp(x.start)));
  return tf.where(tf.less(squared, 0.0225), byMiddle, quotient);
}

/** h ↦ tanh(h) / h. */
function tanhOverSelf(h: Tensor): Tensor {
  const squared = tf.square(h);
  const series = tf.sub(1, tf.mul(squared, tf.sub(1 / 3, tf.mul(squared, 2 / 15))));
  return tf.where(tf.less(squared, 0.0025), series, plainSlope(h, tf.tanh(h)));
}

/** tanh b − tanh a = tanh(b − a) · (1 − tanh a · tanh b). */
export const tanhSlope = (output: Ends, deltaIn: Tensor): Tensor =>
  tf.mul(tanhOverSelf(deltaIn), tf.sub(1, tf.mul(output.start, output.end)));

/** As tanh, by σ(x) = ½(1 + tanh(x/2)): 1 − tanh · tanh = 2(p(1 − q) + q(1 − p)) at outputs p and q. */
export function sigmoidSlope({ start: p, end: q }: Ends, deltaIn: Tensor): Tensor {
  const spread = tf.add(tf.mul(p, tf.sub(1, q)), tf.mul(q, tf.sub(1, p)));
  return tf.mul(tanhOverSelf(tf.mul(deltaIn, 0.5)), tf.mul(spread, 0.5));
}

/** log(b/a) / (b − a) of positive values, by 2 artanh(z) / Δ, z = Δ / (a + b), where z is small. */
export function logSlope({ start, end, delta }: EndsAndDelta, deltaOut: Tensor): Tensor {
  const sum = tf.add(start, end);
  const squared = tf.square(tf.div(delta, sum));
  const series = tf.add(1, tf.mul(squared, tf.add(1 / 3, tf.mul(squared, tf.add(1 / 5, tf.div(squared, 7))))));
  return tf.where(tf.less(squared, 0.01), tf.div(tf.mul(series, 2), sum), plainSlope(delta, deltaOut));
}

/** h ↦ sin(h) / h. */
export function sineOverSelf(h: Tensor): Tensor {
  const squared = tf.square(h);
  const series = tf.sub(1, tf.mul(tf.div(squared, 6), tf.sub(1, tf.div(squared, 20))));
  return tf.where(tf.less(squared, 0.01), series, plainSlope(h, tf.sin(h)));
}

/** (sin b − sin a) / (b − a) = cos((a + b)/2) · sin(h) / h, h = Δ/2. */
export const waveSlope = (deltaIn: Tensor, atMiddle: Tensor): Tensor =>
  tf.mul(atMiddle, sineOverSelf(tf.mul(deltaIn, 0.5)));

/** h ↦ sinh(h) / h. */
export function hyperbolicSineOverSelf(h: Tensor): Tensor {
  const squared = tf.square(h);
  const series = tf.add(1, tf.mul(tf.div(squared, 6), tf.add(1, tf.div(squared, 20))));
  return tf.where(tf.less(squared, 0.01), series, plainSlope(h, tf.sinh(h)));
}

/** (sinh b − sinh a) / (b − a) = cosh((a + b)/2) · sinh(h) / h, h = Δ/2. @param atMiddle sinh's or cosh's derivative */
export const hyperbolicSlope = (x: EndsAndDelta, atMiddle: (x: Tensor) => Tensor): Tensor =>
  tf.mul(atMiddle(midpoint(x)), hyperbolicSineOverSelf(tf.mul(x.delta, 0.5)));

/**
 * The slope of a function whose scale is the distance to where it ends (asin at 1): by its derivative at the midpoint
 * where |Δx| is below a hundredth of that, else by the quotient.
 */
export function narrowSlope(
  x: EndsAndDelta,
  deltaOut: Tensor,
  distance: (x: Tensor) => Tensor,
  derivative: (x: Tensor) => Tensor,
): Tensor {
  const middle = midpoint(x);
  const small = tf.less(tf.abs(x.delta), tf.mul(distance(middle), 1e-2));
  return tf.where(small, derivative(middle), plainSlope(x.delta, deltaOut));
}

/** −r₀r₁ of r = 1/x; for r = 1/√x, −(r₀r₁)² / (r₀ + r₁). */
export const reciprocalSlope = (output: Ends): Tensor => tf.neg(tf.mul(output.start, output.end));
export const rsqrtSlope = (output: Ends): Tensor =>
  tf.neg(kernels.divNoNan(tf.square(tf.mul(output.start, output.end)), tf.add(output.start, output.end)));
