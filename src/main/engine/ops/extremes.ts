/**
 * The crossing rule for a maximum over several candidates: over a segment, the winner at the start carries the change
 * until its line and the line of the winner at the end cross, the winner at the end from there. With leads
 * a = z_i − z_j at the start and b = z_j − z_i at the end, i gets u = a / (a + b), j the rest: Σ passed · Δin = Δmax.
 * The first of equal candidates wins.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { kernels } from '../backends';
import type { Ends } from './secant';

/** Bool masks, one per candidate: which is the first to reach the maximum. */
export function firstWinners(candidates: readonly Tensor[], top: Tensor): Tensor[] {
  let free: Tensor | null = null; // where nobody has won yet
  return candidates.map((candidate, index) => {
    const last = index === candidates.length - 1;
    if (last && free) return free;
    const wins = tf.equal(candidate, top);
    const first = free ? tf.logicalAnd(wins, free) : wins;
    if (!last) free = free ? tf.logicalAnd(free, tf.logicalNot(wins)) : tf.logicalNot(wins);
    return first;
  });
}

/** What each candidate is passed at a point: upstream to the winner. */
export function toWinners(candidates: readonly Tensor[], top: Tensor, upstream: Tensor): Tensor[] {
  const nothing = tf.zerosLike(upstream);
  return firstWinners(candidates, top).map((wins) => tf.where(wins, upstream, nothing));
}

/** What each candidate is passed over segments, by the crossing rule. All shapes are those of `top`. */
export function toCrossing(start: readonly Tensor[], end: readonly Tensor[], top: Ends, upstream: Tensor): Tensor[] {
  const atStart = firstWinners(start, top.start);
  const atEnd = firstWinners(end, top.end);
  const pick = (values: readonly Tensor[], masks: readonly Tensor[]): Tensor =>
    values.slice(1).reduce((picked, value, index) => tf.where(masks[index + 1]!, value, picked), values[0]!);
  const late = tf.mul(upstream, lateShare(top, pick(start, atEnd), pick(end, atStart)));
  const early = tf.sub(upstream, late);
  const nothing = tf.zerosLike(upstream);
  // Who wins at both ends has the early share, which is then all.
  return atStart.map((first, index) => tf.where(first, early, tf.where(atEnd[index]!, late, nothing)));
}

/** 1 − u = b / (a + b); 0 where one candidate wins at both ends. */
const lateShare = (top: Ends, laterAtStart: Tensor, earlierAtEnd: Tensor): Tensor => {
  const lead = kernels.difference(earlierAtEnd, top.end);
  return kernels.divNoNan(lead, tf.add(lead, kernels.difference(laterAtStart, top.start)));
};

/** 1 at the first winner along the last axis, else 0. [m, n] */
function firstAlongLast(z: Tensor, top: Tensor): Tensor {
  const wins = tf.cast(tf.equal(z, top), 'float32');
  return tf.mul(wins, tf.cast(tf.equal(tf.cumsum(wins, 1, true), 0), 'float32'));
}

/**
 * The same along the last axis of [m, n]; upstream [m, 1].
 * @param end the segments' end; at a point, as `start`
 */
export function crossingAlongLast(start: Tensor, end: Tensor, upstream: Tensor): Tensor {
  const top = { start: tf.max(start, 1, true), end: tf.max(end, 1, true) };
  const atStart = firstAlongLast(start, top.start);
  if (start === end) return tf.mul(atStart, upstream);
  const atEnd = firstAlongLast(end, top.end);
  const pick = (z: Tensor, mask: Tensor): Tensor => tf.sum(kernels.mulNoNan(z, mask), 1, true);
  const late = tf.mul(upstream, lateShare(top, pick(start, atEnd), pick(end, atStart)));
  return tf.add(tf.mul(atStart, tf.sub(upstream, late)), tf.mul(atEnd, late));
}
