/** Runs nodes over rows of values, holding only what is still needed. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Node, ValueId } from '../graph/graph';
import type { OpName } from '../graph/ops';
import type { OpRule } from '../ops/rule';
import { ops } from '../ops/table';
import type { Weights } from './weights';

/** The row of the op table for a node, its op no longer known to the compiler. */
export const ruleOf = (node: Node): OpRule<OpName> => ops[node.op] as unknown as OpRule<OpName>;

/**
 * Computes the nodes in order from `given` values.
 * @param given [rows, …] per value; stays the caller's
 * @param kept values to hold on to; all others are freed as soon as nothing reads them
 * @param on `seen` sees each node's output as soon as it is there; `changed` gives what is taken in place of it
 * @returns every value met. Those not kept are disposed of, but still tell their shape; the others that were not given
 * are the caller's to dispose
 */
export function forward(
  nodes: readonly Node[],
  weights: Weights,
  given: ReadonlyMap<ValueId, Tensor>,
  kept: ReadonlySet<ValueId>,
  on: {
    readonly seen?: (node: Node, output: Tensor) => void;
    readonly changed?: (id: ValueId, output: Tensor) => Tensor;
  } = {},
): Map<ValueId, Tensor> {
  const uses = new Map<ValueId, number>();
  for (const node of nodes) for (const id of node.inputs) uses.set(id, (uses.get(id) ?? 0) + 1);

  const values = new Map(given);
  for (const node of nodes) {
    const inputs = node.inputs.map((id) => (weights.isConstant(id) ? weights.get(id) : values.get(id)!));
    const output = tf.tidy(() => {
      const computed = ruleOf(node).run(inputs, weights.context(node));
      const result = on.changed?.(node.output, computed) ?? computed;
      return inputs.includes(result) ? tf.clone(result) : result;
    });
    values.set(node.output, output);
    on.seen?.(node, output);
    for (const id of node.inputs) {
      const left = uses.get(id)! - 1;
      uses.set(id, left);
      if (left === 0 && !kept.has(id) && !given.has(id)) values.get(id)?.dispose();
    }
  }
  return values;
}
