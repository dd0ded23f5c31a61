/** The backward walk: how much of F each value carries, from the target back to the path's start. Every method is one. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorContainer } from '@tensorflow/tfjs-core';
import type { Node, ValueId } from '../graph/graph';
import type { GradientContext, MultiplierContext, Parts, Passed, RunContext } from '../ops/rule';
import type { OpName } from '../graph/ops';
import { ruleOf } from './forward';
import type { Plan } from './plan';
import type { Differences } from './segments';
import type { Weights } from './weights';

/** What flows back: a tensor (gradient or multiplier), or a pair of them (RevealCancel). */
interface Flow<M> {
  readonly pass: (node: Node, upstream: M) => readonly (M | null)[];
  readonly add: (a: M, b: M) => M;
  readonly dispose: (flow: M) => void;
}

/**
 * Walks the planned nodes backwards. Each value is visited once, when all that flows into it has met.
 * @param seeds what enters at the target; the walk takes it over
 * @param visit sees each live value with its complete upstream flow, which is freed right after
 */
function walkBack<M>(
  plan: Plan,
  seeds: Map<ValueId, M>,
  flow: Flow<M>,
  visit: (id: ValueId, upstream: M) => void,
): void {
  const upstream = seeds;
  const leave = (id: ValueId): M | undefined => {
    const met = upstream.get(id);
    if (met !== undefined) visit(id, met);
    upstream.delete(id);
    return met;
  };
  for (const node of [...plan.pruned.nodes].reverse()) {
    const met = leave(node.output);
    if (met === undefined) continue;
    // Before the first layer that is asked for, nothing needs it.
    const passed = node.inputs.some((input) => plan.walked.has(input)) ? flow.pass(node, met) : [];
    node.inputs.forEach((input, index) => {
      const each = passed[index];
      if (each === null || each === undefined) return;
      const before = upstream.get(input);
      upstream.set(input, before === undefined ? each : flow.add(before, each));
    });
    flow.dispose(met);
  }
  for (const start of plan.starts) {
    const met = leave(start);
    if (met !== undefined) flow.dispose(met);
  }
}

/** Sums a flow back to the shape that was broadcast to it. The result is a new tensor, or `flow` itself. */
export function sumTo(flow: Tensor, shape: readonly number[]): Tensor {
  if (flow.rank !== shape.length) throw new Error(`a flow of rank ${flow.rank} met a value of rank ${shape.length}`);
  const axes = shape.flatMap((size, axis) => (size === 1 && flow.shape[axis] !== 1 ? [axis] : []));
  return axes.length ? tf.sum(flow, axes, true) : flow;
}

const addAndDispose = (a: Tensor, b: Tensor): Tensor => {
  const sum = tf.add(a, b);
  a.dispose();
  b.dispose();
  return sum;
};

/** What a rule returned, as new tensors of the inputs' shapes; nothing for inputs that the walk need not reach. */
function settle(
  plan: Plan,
  node: Node,
  passed: Passed,
  shapes: readonly (readonly number[])[],
  upstream: Tensor,
): Passed {
  const taken = new Set([upstream]);
  return node.inputs.map((id, index) => {
    const flow = passed[index];
    if (!flow || !plan.walked.has(id)) return null;
    const summed = sumTo(flow, shapes[index]!);
    if (taken.has(summed)) return tf.clone(summed);
    taken.add(summed);
    return summed;
  });
}

/**
 * Gradients of F at every row.
 * @param activations [rows, …]; values that no nonlinear op reads may be disposed of
 */
export function walkGradients(
  plan: Plan,
  weights: Weights,
  activations: ReadonlyMap<ValueId, Tensor>,
  seeds: Map<ValueId, Tensor>,
  visit: (id: ValueId, gradient: Tensor) => void,
): void {
  const pass = (node: Node, upstream: Tensor): Passed =>
    tf.tidy(() => {
      const inputs = node.inputs.map((id) => (weights.isConstant(id) ? weights.get(id) : activations.get(id)!));
      const context: GradientContext<OpName> = {
        ...weights.context(node),
        inputs,
        output: activations.get(node.output)!,
        upstream,
      };
      return settle(
        plan,
        node,
        ruleOf(node).gradient(context),
        inputs.map((each) => each.shape),
        upstream,
      ) as Tensor[];
    });
  walkBack(plan, seeds, { pass, add: addAndDispose, dispose: (flow) => void flow.dispose() }, visit);
}

const multiplierContext = (
  node: Node,
  weights: Weights,
  differences: Differences,
  upstream: Tensor,
  nonlinearity: MultiplierContext<OpName>['nonlinearity'],
): MultiplierContext<OpName> => {
  const context: RunContext<OpName> = weights.context(node);
  return {
    ...context,
    inputs: node.inputs.map((id, index) => (context.constant[index] ? null : differences.of(id))),
    constants: node.inputs.map((id, index) => (context.constant[index] ? weights.get(id) : null)),
    output: differences.of(node.output),
    upstream,
    nonlinearity,
  };
};

/**
 * DeepLIFT's multipliers over every segment: the secant rule's walk, and with one segment from baseline to input Rescale.
 * @param visit sees [segments, …] multipliers and may ask `differences` for the value's own difference
 */
export function walkMultipliers(
  plan: Plan,
  weights: Weights,
  differences: Differences,
  seeds: Map<ValueId, Tensor>,
  visit: (id: ValueId, multiplier: Tensor) => void,
): void {
  const pass = (node: Node, upstream: Tensor): Passed => {
    const passed = tf.tidy(() => {
      const context = multiplierContext(node, weights, differences, upstream, 'rescale');
      const shapes = context.inputs.map((each) => each?.shape ?? []);
      return settle(plan, node, ruleOf(node).multiplier(context), shapes, upstream) as Tensor[];
    });
    differences.dispose(node.output);
    return passed;
  };
  try {
    walkBack(plan, seeds, { pass, add: addAndDispose, dispose: (flow) => void flow.dispose() }, visit);
  } finally {
    differences.dispose();
  }
}

/**
 * Positive and negative parts: DeepLIFT's linear rule and RevealCancel (arXiv 1704.02685, sections 3.4 and 3.5.3).
 * @param nonlinearity which rule a nonlinear node uses
 * @param visit sees the multipliers of both parts, and the parts themselves
 */
export function walkParts(
  plan: Plan,
  weights: Weights,
  differences: Differences,
  seeds: Map<ValueId, Tensor>,
  nonlinearity: (node: Node) => MultiplierContext<OpName>['nonlinearity'],
  visit: (id: ValueId, multiplier: Parts, parts: Parts) => void,
): void {
  const dispose = (parts: Parts): void => {
    parts.positive.dispose();
    parts.negative.dispose();
  };
  const partsOf = new Map<ValueId, Parts>();
  const contextOf = (node: Node): MultiplierContext<OpName> =>
    multiplierContext(node, weights, differences, differences.of(node.output).delta, nonlinearity(node));
  const ruleFor = (node: Node) => ruleOf(node).parts!; // planRun refuses what has none
  const inputParts = (node: Node): (Parts | null)[] => node.inputs.map((id) => partsOf.get(id) ?? null);

  const pass = (node: Node, upstream: Parts): readonly (Parts | null)[] =>
    tf.tidy(() => {
      const passed = ruleFor(node).multiplier(upstream, inputParts(node), contextOf(node));
      return node.inputs.map((id, index) => {
        const each = passed[index];
        if (!each || !plan.walked.has(id)) return null;
        const { shape } = differences.of(id);
        return {
          positive: tf.clone(sumTo(each.positive, shape)),
          negative: tf.clone(sumTo(each.negative, shape)),
        };
      }) as unknown as TensorContainer;
    }) as unknown as (Parts | null)[];
  const seedParts = new Map(
    [...seeds].map(([id, seed]) => [id, { positive: seed, negative: tf.clone(seed) }] as const),
  );
  const add = (a: Parts, b: Parts): Parts => ({
    positive: addAndDispose(a.positive, b.positive),
    negative: addAndDispose(a.negative, b.negative),
  });
  try {
    for (const start of [...plan.starts, ...plan.fixed]) {
      const { delta } = differences.of(start);
      partsOf.set(start, { positive: tf.relu(delta), negative: tf.minimum(delta, 0) });
    }
    for (const node of plan.pruned.nodes)
      partsOf.set(
        node.output,
        tf.tidy(() => {
          const { positive, negative } = ruleFor(node).run(inputParts(node), contextOf(node));
          // Ops that only move values about may hand on what they were given.
          return { positive: tf.clone(positive), negative: tf.clone(negative) };
        }),
      );
    walkBack(plan, seedParts, { pass, add, dispose }, (id, multiplier) => visit(id, multiplier, partsOf.get(id)!));
    for (const parts of partsOf.values()) dispose(parts);
  } finally {
    differences.dispose(); // it keeps its tensors beyond any tidy
  }
}
