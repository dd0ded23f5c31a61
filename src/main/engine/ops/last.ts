/** Works on one axis as the last one. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * Brings an axis to the end of every tensor (all of one shape), applies f, and brings it back.
 * @param axis of the shape, the batch not counted
 */
export function alongLast(tensors: readonly Tensor[], axis: number, f: (moved: readonly Tensor[]) => Tensor): Tensor {
  const { rank } = tensors[0]!;
  const from = axis + 1;
  if (from === rank - 1) return f(tensors);
  const axes = Array.from({ length: rank }, (_, each) => each);
  const order = [...axes.filter((each) => each !== from), from];
  const inverse = axes.map((each) => order.indexOf(each));
  return tf.transpose(f(tensors.map((each) => tf.transpose(each, order))), inverse);
}
