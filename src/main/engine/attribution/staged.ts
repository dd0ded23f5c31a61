/**
 * One sweep over rows, in groups of layers where its activations do not fit at once: the forward pass holds only what crosses from a
 * group to those after it, and when the backward walks reach a group its activations are computed again from that (Chen et al. 2016,
 * arXiv 1604.06174). One group is the ordinary sweep: nothing is computed twice.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ValueId } from '../graph/graph';
import { forward } from './forward';
import type { Stage } from './stages';
import type { BackwardWalk } from './walk';
import type { Weights } from './weights';

export interface Staged {
  readonly weights: Weights;
  readonly stages: readonly Stage[];
  /** Values that the walks read; see `Plan.kept`. */
  readonly kept: ReadonlySet<ValueId>;
}

export interface Visits {
  /** When the forward pass is through: what F lies in is there. */
  readonly reached?: (activations: ReadonlyMap<ValueId, Tensor>) => void;
  /** When all walks have left a stage; its activations tell their shapes. */
  readonly left?: (stage: Stage, activations: ReadonlyMap<ValueId, Tensor>) => void;
}

/**
 * Forward over rows and back by every walk. To be called inside a tidy, which frees what a failure leaves.
 * @param given [rows, …] of the path's starts and of what is fixed; stays the caller's
 */
export function sweepStages(
  { weights, stages, kept }: Staged,
  given: ReadonlyMap<ValueId, Tensor>,
  walks: readonly BackwardWalk[],
  { reached, left }: Visits = {},
): void {
  const ahead = walks.some((walk) => walk.ahead);
  const held = new Map(given);
  let activations = new Map<ValueId, Tensor>();
  for (const [at, stage] of stages.entries()) {
    const last = at === stages.length - 1;
    const needed = last || ahead ? new Set([...kept, ...stage.crossing]) : stage.crossing;
    activations = forward(stage.nodes, weights, held, needed);
    if (last) break;
    for (const walk of walks) walk.ahead?.(stage, activations);
    for (const { output } of stage.nodes)
      if (stage.crossing.has(output)) held.set(output, activations.get(output)!);
      else activations.get(output)!.dispose();
  }
  reached?.(activations);
  for (const [at, stage] of [...stages.entries()].reverse()) {
    if (at < stages.length - 1) {
      for (const { output } of stage.nodes) {
        held.get(output)?.dispose(); // it is made again, with all that is between
        held.delete(output);
      }
      activations = forward(stage.nodes, weights, held, kept);
    }
    for (const walk of walks) walk.back(stage, activations);
    for (const { output } of stage.nodes) activations.get(output)!.dispose();
    left?.(stage, activations);
  }
}
