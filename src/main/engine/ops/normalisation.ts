/**
 * Softmax and its kin, and the core of layer norm: compositions of exp, sums, reciprocals, squares and products, each
 * passed by its own rule, in one row so that what lies between is not kept.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { kernels } from '../backends';
import { alongLast } from './last';
import type { OpRule } from './rule';
import { bothEnds, expSlope, midpoint, midpointOfLarge, openShare, plainSlope, rsqrtSlope, type Ends } from './secant';

/** More than e^±80 between the two sums leaves float32. */
const WIDEST = 80;
/**
 * Where the sums of exponentials lie further than e^±5 apart, softmax is passed as the exponential of z − log-sum: as a product with
 * 1 / Σe it would pass e^2g times what comes out of it, g half the difference of the log-sums, and leave the rest to cancellation.
 */
const PRODUCT_WIDEST = 5;

/**
 * Exponentials over a segment with one shift for both ends: the mean of the ends' log-sums, so that the sums are e^−g and e^g.
 * @returns half the difference g of the log-sums, and the exponentials' secant slopes; and where no shift serves both
 * ends, since the log-sums lie too far apart (all is masked at one end), [rows, …, 1]
 */
function sharedShift(ends: Ends): { half: Tensor; slopes: Tensor; apart: Tensor } {
  // Large logits are first brought near 0, which rounds nothing, so that their log-sums keep their digits.
  const common = midpointOfLarge(bothEnds(ends, (z) => tf.max(z, -1, true)));
  const { start, end } = bothEnds(ends, (z) => tf.sub(z, common));
  const logSum = bothEnds({ start, end }, (z) => tf.logSumExp(z, -1, true));
  const half = tf.minimum(tf.maximum(tf.mul(logSum.delta, 0.5), -WIDEST), WIDEST);
  const shift = midpoint(logSum);
  const capped = bothEnds({ start, end }, (z) => tf.minimum(tf.sub(z, shift), WIDEST));
  const apart = tf.greater(tf.abs(logSum.delta), 2 * WIDEST);
  return { half, slopes: expSlope(capped), apart };
}

/**
 * How the log-sum passes between ends that one shift does not serve: in the shares of the mean probabilities, scaled so that
 * Σ share · Δz = Δ log-sum. [rows, …, n]
 */
function farLogSumShares(ends: Ends): Tensor {
  const change = bothEnds(ends, (z) => tf.logSumExp(z, -1, true)).delta;
  const mean = midpoint(bothEnds(ends, (z) => tf.softmax(z)));
  return tf.mul(mean, tf.div(change, weighted(kernels.difference(ends.start, ends.end), mean)));
}

/** How the log-sum passes between any ends: the logarithm's slope between e^−g and e^g is g / sinh g. [rows, …, n] */
function logSumShares(ends: Ends, { half, slopes, apart }: ReturnType<typeof sharedShift>): Tensor {
  const squared = tf.square(half);
  const series = tf.sub(1, tf.mul(tf.div(squared, 6), tf.sub(1, tf.mul(squared, 7 / 60))));
  const sinh = tf.mul(tf.sub(tf.exp(half), tf.exp(tf.neg(half))), 0.5);
  const small = tf.less(squared, 0.01);
  const logSlope = tf.where(small, series, tf.div(half, tf.where(small, tf.onesLike(sinh), sinh)));
  return tf.where(apart, farLogSumShares(ends), tf.mul(slopes, logSlope));
}

/** Softmax as the exponential of z − log-sum: the exponentials by their own slopes. */
function acrossLogSum(ends: Ends, upstream: Tensor, shares: Tensor): Tensor {
  const passed = tf.mul(upstream, expSlope(bothEnds(ends, (z) => tf.logSoftmax(z))));
  return tf.sub(passed, tf.mul(tf.sum(passed, -1, true), shares));
}

const weighted = (upstream: Tensor, weights: Tensor): Tensor => tf.sum(tf.mul(upstream, weights), -1, true);

/**
 * u − Σ u·p for weights p that sum to 1, counted from u at the largest weight: where one weight is almost all, the
 * difference there is small and must not be left to cancellation.
 */
function aboveMean(upstream: Tensor, weights: Tensor): Tensor {
  const largest = tf.cast(tf.equal(weights, tf.max(weights, -1, true)), 'float32');
  const pivot = tf.div(weighted(upstream, largest), tf.sum(largest, -1, true));
  const shifted = tf.sub(upstream, pivot);
  return tf.sub(shifted, weighted(shifted, weights));
}

/**
 * Keras's threshold τ (keras.ops.sparsemax, 3.15): sorted from the largest, the k-th value stays in the support while
 * 1 + k·z_k > Σ_{≤k} z, as in arXiv 1602.02068; then the sums of the support's k values up to each of them are added up,
 * where the paper takes the last one alone: τ = (Σ_{j≤k} Σ_{≤j} z − 1) / k. The r-th largest value is in k − r + 1 of them.
 * @returns τ, [rows, …, 1], and the weights of its weighted sum, (k − r + 1) / k in the support, [rows, …, n]
 */
function sparsemaxThreshold(z: Tensor): { tau: Tensor; weights: Tensor } {
  const count = z.shape.at(-1)!;
  const { values: sorted, indices: order } = tf.topk(z, count);
  const rank = tf.range(1, count + 1);
  const sums = tf.cumsum(sorted, z.rank - 1);
  const inside = tf.cast(tf.greater(tf.add(1, tf.mul(rank, sorted)), sums), 'float32');
  const size = tf.sum(inside, -1, true);
  const tau = tf.div(tf.sub(tf.sum(kernels.mulNoNan(sums, inside), -1, true), 1), size);
  // Sorting the order gives back where each value came to stand.
  const place = tf.topk(tf.neg(tf.cast(order, 'float32')), count).indices;
  const weights = tf.relu(tf.div(tf.sub(size, tf.cast(place, 'float32')), size));
  return { tau, weights };
}

const tensorAxes = (axes: readonly number[]): number[] => axes.map((axis) => axis + 1);

export const normalisation = {
  softmax: {
    run: ([x], { attributes }) => alongLast([x!], attributes.axis, ([z]) => tf.softmax(z!)),
    gradient: ({ output, upstream, attributes }) => [
      alongLast([output, upstream], attributes.axis, ([p, u]) => tf.mul(p!, aboveMean(u!, p!))),
    ],
    // p = e · r, r = 1 / Σe: ½ E · [(u − Σup₁) / Σe₀ + (u − Σup₀) / Σe₁], E the exponentials' slopes
    multiplier: ({ inputs: [x], output, upstream, attributes }) => [
      alongLast([x!.start, x!.end, output.start, output.end, upstream], attributes.axis, ([start, end, p0, p1, u]) => {
        const ends = { start: start!, end: end! };
        const shift = sharedShift(ends);
        const { half, slopes } = shift;
        const grow = tf.exp(half);
        const early = tf.mul(aboveMean(u!, p1!), grow);
        const late = tf.div(aboveMean(u!, p0!), grow);
        const shared = tf.mul(tf.mul(slopes, 0.5), tf.add(early, late));
        const wide = tf.greater(tf.abs(half), PRODUCT_WIDEST);
        // Probabilities sum to 1 at both ends: what all of them pass is left out before it has to cancel.
        const centred = aboveMean(u!, midpoint({ start: p0!, end: p1! }));
        return tf.where(wide, acrossLogSum(ends, centred, logSumShares(ends, shift)), shared);
      }),
    ],
  },
  logSoftmax: {
    run: ([x], { attributes }) => alongLast([x!], attributes.axis, ([z]) => tf.logSoftmax(z!)),
    gradient: ({ output, upstream, attributes }) => [
      alongLast([output, upstream], attributes.axis, ([y, u]) => tf.sub(u!, tf.mul(tf.exp(y!), tf.sum(u!, -1, true)))),
    ],
    // z − log Σe
    multiplier: ({ inputs: [x], upstream, attributes }) => [
      alongLast([x!.start, x!.end, upstream], attributes.axis, ([start, end, u]) => {
        const ends = { start: start!, end: end! };
        return tf.sub(u!, tf.mul(logSumShares(ends, sharedShift(ends)), tf.sum(u!, -1, true)));
      }),
    ],
  },
  sparsemax: {
    run: ([x], { attributes }) =>
      alongLast([x!], attributes.axis, ([z]) => tf.relu(tf.sub(z!, sparsemaxThreshold(z!).tau))),
    gradient: ({ inputs: [x], output, upstream, attributes }) => [
      alongLast([x!, output, upstream], attributes.axis, ([z, p, u]) => {
        const passed = tf.mul(u!, tf.cast(tf.greater(p!, 0), 'float32'));
        return tf.sub(passed, tf.mul(sparsemaxThreshold(z!).weights, tf.sum(passed, -1, true)));
      }),
    ],
    // p = relu(z − τ) passes its open share. τ = Σ w·z − 1/k passes w at its midpoint; where the order or the support changes
    // within the segment, Keras's τ bends or jumps, and its slopes are moved by the least (in squares) that meets Δτ.
    multiplier: ({ inputs: [x], upstream, attributes }) => [
      alongLast([x!.start, x!.end, upstream], attributes.axis, ([start, end, u]) => {
        const [from, to] = [sparsemaxThreshold(start!), sparsemaxThreshold(end!)];
        const shifted = bothEnds({ start: tf.sub(start!, from.tau), end: tf.sub(end!, to.tau) }, (each) => each);
        const share = openShare(
          bothEnds(shifted, (each) => tf.relu(each)),
          shifted.delta,
        );
        const delta = tf.sub(end!, start!);
        const weights = midpoint({ start: from.weights, end: to.weights });
        const same = tf.all(tf.equal(from.weights, to.weights), -1, true);
        const left = tf.sub(tf.sub(to.tau, from.tau), weighted(weights, delta));
        const correction = tf.where(same, tf.zerosLike(left), plainSlope(tf.sum(tf.square(delta), -1, true), left));
        const slopes = tf.add(weights, tf.mul(correction, delta));
        const passed = tf.mul(u!, share);
        return tf.sub(passed, tf.mul(slopes, tf.sum(passed, -1, true)));
      }),
    ],
  },
  normalise: {
    run: ([x], { attributes: { axes, epsilon } }) => {
      const over = tensorAxes(axes);
      const centred = tf.sub(x!, tf.mean(x!, over, true));
      return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), over, true), epsilon)));
    },
    gradient: ({ inputs: [x], output, upstream, attributes: { axes, epsilon } }) => {
      const over = tensorAxes(axes);
      const centred = tf.sub(x!, tf.mean(x!, over, true));
      const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), over, true), epsilon));
      const along = tf.mul(output, tf.mean(tf.mul(upstream, output), over, true));
      return [tf.mul(scale, tf.sub(tf.sub(upstream, tf.mean(upstream, over, true)), along))];
    },
    // y = c · r: c centred, r = 1/√v, v = mean c² + ε; squares and product at midpoints, r by its secant slope
    multiplier: ({ inputs: [x], upstream, attributes: { axes, epsilon } }) => {
      const over = tensorAxes(axes);
      const centred = bothEnds(x!, (each) => tf.sub(each, tf.mean(each, over, true)));
      const scale = bothEnds(centred, (each) => tf.rsqrt(tf.add(tf.mean(tf.square(each), over, true), epsilon)));
      const middle = midpoint(centred);
      // Σ u·c̄ flows into r; v's mean divides by the count; Δ(c²) = 2c̄ Δc
      const intoVariance = tf.mul(tf.mean(tf.mul(upstream, middle), over, true), rsqrtSlope(scale));
      const flow = tf.add(tf.mul(upstream, midpoint(scale)), tf.mul(tf.mul(middle, 2), intoVariance));
      return [tf.sub(flow, tf.mean(flow, over, true))];
    },
  },
} satisfies { [Op in 'softmax' | 'logSoftmax' | 'sparsemax' | 'normalise']: OpRule<Op> };
