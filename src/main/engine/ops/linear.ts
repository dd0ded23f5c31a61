/** Ops that are linear in what varies: their gradient and their multiplier are one rule, which reads shapes and constants only. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { OpName } from '../graph/ops';
import type { GradientContext, MultiplierContext, OpRule, Passed, RunContext } from './rule';

/** What a linear op's backward rule sees. */
export interface LinearContext<Op extends OpName> extends RunContext<Op> {
  /** Per input: [rows, …] of what varies, the constant's own shape otherwise. */
  readonly shapes: readonly (readonly number[])[];
  readonly constants: readonly (Tensor | null)[];
  readonly outputShape: readonly number[];
  readonly upstream: Tensor;
}

/** `gradient` and `multiplier` of an op from its one backward rule. */
export const linear = <Op extends OpName>(
  backward: (context: LinearContext<Op>) => Passed,
): Pick<OpRule<Op>, 'gradient' | 'multiplier'> => ({
  gradient: (context: GradientContext<Op>) => backward(ofGradient(context)),
  multiplier: (context: MultiplierContext<Op>) => backward(ofMultiplier(context)),
});

export const ofGradient = <Op extends OpName>(context: GradientContext<Op>): LinearContext<Op> => ({
  attributes: context.attributes,
  constant: context.constant,
  derive: context.derive,
  fused: context.fused,
  shapes: context.inputs.map((input) => input.shape),
  constants: context.inputs.map((input, index) => (context.constant[index] ? input : null)),
  outputShape: context.output.shape,
  upstream: context.upstream,
});

export const ofMultiplier = <Op extends OpName>(context: MultiplierContext<Op>): LinearContext<Op> => ({
  attributes: context.attributes,
  constant: context.constant,
  derive: context.derive,
  fused: context.fused,
  shapes: context.inputs.map((input, index) => input?.shape ?? context.constants[index]!.shape),
  constants: context.constants,
  outputShape: context.output.shape,
  upstream: context.upstream,
});

/**
 * Inputs as tensors that broadcast by axes counted from the last, as the graph means them: ones are put after the batch
 * axis of what varies. Constants have no batch axis and need none, unless they have more axes than the values.
 */
export function alignRanks(inputs: readonly Tensor[], constant: readonly boolean[]): Tensor[] {
  const rank = Math.max(...inputs.map((input, index) => input.rank + (constant[index] ? 1 : 0)));
  return inputs.map((input, index) => (constant[index] ? input : toRank(input, rank)));
}

/** [rows, …] with ones after the batch axis until it has `rank` axes. */
export function toRank(x: Tensor, rank: number): Tensor {
  if (x.rank >= rank) return x;
  const [rows, ...rest] = x.shape;
  return tf.reshape(x, [rows!, ...new Array<number>(rank - x.rank).fill(1), ...rest]);
}

/** Undoes `toRank` on a flow: sums the axes that were put in. */
export function fromRank(flow: Tensor, rank: number): Tensor {
  if (flow.rank <= rank) return flow;
  return tf.sum(
    flow,
    Array.from({ length: flow.rank - rank }, (_, index) => index + 1),
  );
}
