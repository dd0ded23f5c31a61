/** The path: straight lines from baselines to inputs, the points on them, and where F lies at its end; numbers, then tensors. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { NumericArray } from '../../../contract/attribution';
import { sizeOf, type ValueId } from '../graph/graph';

/** One value's ends, [pairs, …]; the same array twice for what stays as it is. */
export interface Line {
  readonly from: NumericArray;
  readonly to: NumericArray;
}

/** Lines in the space of the path's starts, one per pair of input and baseline; and what is fixed. */
export interface Lines {
  readonly pairs: number;
  readonly ends: ReadonlyMap<ValueId, Line>;
}

/** In place of an index: this pair's F does not lie in this value. */
export const NOT_HERE = -1;

/** A flat index of F in one value, per pair, and whether it is added or subtracted. */
export interface Seed {
  readonly value: ValueId;
  /** The value's, without rows. */
  readonly shape: readonly number[];
  readonly index: readonly number[];
  readonly sign: 1 | -1;
}

/** Neighbouring pairs whose points go into the same chunks. */
export interface Group {
  readonly first: number;
  readonly pairs: number;
}

/** A line's `from`, `to` and their difference for the group's pairs: [3, pairs, …]. */
export function lineTensor({ from, to }: Line, group: Group): Tensor {
  const shape = from.shape.slice(1);
  const size = group.pairs * sizeOf(shape);
  const data = new Float32Array(3 * size);
  const at = group.first * sizeOf(shape);
  data.set(from.data.subarray(at, at + size));
  data.set(to.data.subarray(at, at + size), size);
  for (let place = 0; place < size; place++) data[2 * size + place] = to.data[at + place]! - from.data[at + place]!;
  return tf.tensor(data, [3, group.pairs, ...shape], 'float32');
}

/**
 * What a point takes of `from`, `to` and their difference: [points, 3]. Exact where the path ends, at which from + (to − from)
 * need not be `to`, and where it does not change.
 */
export const pointWeights = (alphas: readonly number[]): Tensor =>
  tf.tensor2d(alphas.flatMap((alpha) => (alpha === 1 ? [0, 1, 0] : [1, 0, alpha])), [alphas.length, 3], 'float32'); // prettier-ignore

/** Points on lines, [points × pairs, …]. */
export const pointsOn = (line: Tensor, weights: Tensor): Tensor =>
  tf.reshape(tf.matMul(weights as Tensor2D, tf.reshape(line, [3, -1])), [-1, ...line.shape.slice(2)]);

/** Rows of the group's pairs: [pairs, …]. */
export function pairsTensor({ shape, data }: NumericArray, { first, pairs }: Group): Tensor {
  const size = sizeOf(shape.slice(1));
  return tf.tensor(data.subarray(first * size, (first + pairs) * size), [pairs, ...shape.slice(1)], 'float32');
}

/** [pairs, …] → [points × pairs, …], the same at every point. */
export const atPoints = (tensor: Tensor, points: number): Tensor =>
  tf.tile(tensor, [points, ...tensor.shape.slice(1).map(() => 1)]);

/** Where a term of F lies in its value, one-hot, or zeros for pairs whose F does not: [pairs, …]. */
export function markTensor({ shape, index }: Seed, group: Group): Tensor {
  const size = sizeOf(shape);
  const data = new Float32Array(group.pairs * size);
  for (let pair = 0; pair < group.pairs; pair++) {
    const place = index[group.first + pair]!;
    if (place !== NOT_HERE) data[pair * size + place] = 1;
  }
  return tf.tensor(data, [group.pairs, ...shape], 'float32');
}

/** ∂F/∂value of every value that F reads, at `points` points of the group. @param marks one per seed */
export function seedsAt(seeds: readonly Seed[], marks: readonly Tensor[], points: number): Map<ValueId, Tensor> {
  const made = new Map<ValueId, Tensor>();
  for (const [term, { value, sign }] of seeds.entries()) {
    const before = made.get(value);
    const seed = tf.tidy(() => {
      const signed = tf.mul(atPoints(marks[term]!, points), sign);
      return before ? tf.add(before, signed) : signed;
    });
    before?.dispose();
    made.set(value, seed);
  }
  return made;
}

/** F at every row: [points × pairs]. */
export function targetAt(
  seeds: readonly Seed[],
  marks: readonly Tensor[],
  points: number,
  activations: ReadonlyMap<ValueId, Tensor>,
): Tensor {
  const terms = seeds.map(({ value, sign }, term) => {
    const values = activations.get(value)!;
    const marked = tf.cast(atPoints(marks[term]!, points), 'bool');
    const picked = tf.where(marked, values, tf.zerosLike(values));
    return tf.mul(tf.sum(tf.reshape(picked, [values.shape[0]!, -1]), 1), sign);
  });
  return terms.length === 1 ? terms[0]! : tf.addN(terms);
}
