/** What the segments of one walk add at one value: to each neuron's sum and, piece by piece of the path, to each unit's. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { sizeOf } from '../graph/graph';
import { kernels, type FusedKernels, type OnSegments } from '../backends';
import { alike, type Stretch } from './segments';

export interface Term {
  /** Σ over the segments: [pairs, …] */
  readonly neurons: Tensor;
  /** Σ over positions for each piece of the path: [pieces × pairs, units]; null where errors are not estimated. */
  readonly units: Tensor | null;
  /** Segments of each piece. */
  readonly pieces: readonly number[];
}

/**
 * Numbers of one activation above which contributions are not laid out segment by segment: the fused kernel sums over a
 * stretch of segments in one trip to memory, without a tensor of their contributions.
 */
const LARGE = 16_384;

/** Multiplier × difference: 0 where either is 0, whatever the other is. */
export function carried(multiplier: Tensor, delta: Tensor): Tensor {
  const product = kernels.mulNoNan(multiplier, delta);
  return tf.where(tf.equal(multiplier, 0), tf.zerosLike(product), product);
}

/** Σ over segments of a product laid out [segments × pairs, …] → [pairs, …]. */
const overSegments = (product: Tensor, pairs: number): Tensor =>
  tf.sum(tf.reshape(product, [-1, pairs, ...product.shape.slice(1)]), 0);

/** Σ over positions: [rows, …] → [rows, units]. */
export function overPositions(tensor: Tensor, unitAxis: number | null): Tensor {
  const [rows, ...shape] = tensor.shape as [number, ...number[]];
  if (unitAxis === null) return tf.sum(tf.reshape(tensor, [rows, -1]), 1, true);
  const units = shape[unitAxis]!;
  const [before, after] = [sizeOf(shape.slice(0, unitAxis)), sizeOf(shape.slice(unitAxis + 1))];
  if (before === 1 && after === 1) return tf.reshape(tensor, [rows, units]);
  return after === 1
    ? tf.sum(tf.reshape(tensor, [rows, before, units]), 1)
    : tf.sum(tf.reshape(tensor, [rows, before, units, after]), [1, 3]);
}

/** As tf.tidy, for a term. */
export function tidied(make: () => Term): Term {
  let term: Term;
  tf.tidy(() => {
    term = make();
    return term.units ? [term.neurons, term.units] : [term.neurons];
  });
  return term!;
}

/**
 * @param product multiplier × difference of each segment, [segments × pairs, …]
 * @param stretches null where errors are not estimated
 */
export const termOfProduct = (
  product: Tensor,
  pairs: number,
  unitAxis: number | null,
  stretches: readonly Stretch[] | null,
): Term => ({
  neurons: overSegments(product, pairs),
  units: stretches && overPositions(product, unitAxis),
  pieces: stretches ? Array.from({ length: product.shape[0]! / pairs }, () => 1) : [],
});

/**
 * Multiplier × difference, summed.
 * @param multiplier [segments × pairs, …]
 * @param stretches of these segments, which pieces may be as long as; null where errors are not estimated
 */
export function termOf(
  fused: FusedKernels | null,
  multiplier: Tensor,
  y: OnSegments,
  delta: () => Tensor,
  unitAxis: number | null,
  stretches: readonly Stretch[] | null,
): Term {
  const { pairs, stride } = y;
  if (fused && !stretches) return { neurons: fused.contribution(multiplier, y), units: null, pieces: [] };
  const large = sizeOf(multiplier.shape.slice(1)) > LARGE;
  if (!fused || !stretches?.length || !large)
    return termOfProduct(carried(multiplier, delta()), pairs, unitAxis, stretches);
  const { points } = y;
  const parts = stretches.map(({ first, segments }) =>
    fused.contribution(tf.slice(multiplier, first * pairs, segments * pairs), {
      points: tf.slice(points, first * stride * pairs, (segments * stride + 1) * pairs),
      pairs,
      stride,
    }),
  );
  return {
    neurons: parts.length === 1 ? parts[0]! : tf.addN(parts),
    units: tf.concat(parts.map((part) => overPositions(part, unitAxis))),
    pieces: stretches.map(({ segments }) => segments),
  };
}

/** Of pieces of the path, their sums over stretches: [pieces × pairs, units] → [stretches × pairs, units]. */
export function overStretches({ units, pieces }: Term, stretches: readonly Stretch[], pairs: number): Tensor {
  if (stretches.length === 0 || pieces.length === stretches.length) return units!;
  const size = units!.shape[1]!;
  return tf.concat(
    alike(stretches).map(({ first, segments, count }) => {
      const rows = tf.slice(units!, first * pairs, count * segments * pairs);
      return tf.reshape(tf.sum(tf.reshape(rows, [count, segments, pairs, size]), 1), [count * pairs, size]);
    }),
  );
}
