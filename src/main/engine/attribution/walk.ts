/** The backward walk: how much of F each value carries, from the target back to the path's start. Every method is one. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorContainer } from '@tensorflow/tfjs-core';
import type { Node, ValueId } from '../graph/graph';
import type { Difference, GradientContext, MultiplierContext, Parts, Passed, RunContext } from '../ops/rule';
import type { OpName } from '../graph/ops';
import { ruleOf } from './forward';
import type { Plan } from './plan';
import { Differences, type Segments } from './segments';
import type { Stage } from './stages';
import type { Weights } from './weights';

/** A walk from the target back to the path's start, stage after stage. */
export interface BackwardWalk {
  /**
   * Of walks for which each node's inputs tell something first: goes through a stage in running order, whose activations it sees. Not called
   * for the last stage.
   */
  readonly ahead?: (stage: Stage, activations: ReadonlyMap<ValueId, Tensor>) => void;
  /** Goes back through a stage. @param activations [rows, …]; values that no rule reads may be disposed of */
  readonly back: (stage: Stage, activations: ReadonlyMap<ValueId, Tensor>) => void;
}

/** What flows back: a tensor (gradient or multiplier), or a pair of them (RevealCancel). */
interface Flow<M> {
  readonly pass: (node: Node, upstream: M) => readonly (M | null)[];
  readonly add: (a: M, b: M) => M;
  readonly dispose: (flow: M) => void;
}

/**
 * Walks a stage's nodes backwards. Each value is visited once, when all that flows into it has met.
 * @param upstream what has met so far at values of this stage and those before it; the walk takes from it and adds to it
 * @param visit sees each live value with its complete upstream flow, which is freed right after
 */
function walkBack<M>(
  plan: Plan,
  { nodes, first }: Stage,
  upstream: Map<ValueId, M>,
  flow: Flow<M>,
  visit: (id: ValueId, upstream: M) => void,
): void {
  const leave = (id: ValueId): M | undefined => {
    const met = upstream.get(id);
    if (met !== undefined) visit(id, met);
    upstream.delete(id);
    return met;
  };
  for (const node of [...nodes].reverse()) {
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
  if (!first) return;
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

/** What enters at the target; made when a walk begins, which takes it over. */
type Seeds<M> = () => Map<ValueId, M>;

const OF_TENSORS = { add: addAndDispose, dispose: (flow: Tensor) => void flow.dispose() };

/** Gradients of F at every row. @param visit sees [rows, …] of a value's gradient, and its activations */
export function gradientWalk(
  plan: Plan,
  weights: Weights,
  seeds: Seeds<Tensor>,
  visit: (id: ValueId, gradient: Tensor, y: Tensor) => void,
): BackwardWalk {
  let upstream: Map<ValueId, Tensor> | null = null;
  return {
    back: (stage, activations) => {
      const pass = (node: Node, met: Tensor): Passed =>
        tf.tidy(() => {
          const inputs = node.inputs.map((id) => (weights.isConstant(id) ? weights.get(id) : activations.get(id)!));
          const context: GradientContext<OpName> = {
            ...weights.context(node),
            inputs,
            output: activations.get(node.output)!,
            upstream: met,
          };
          return settle(
            plan,
            node,
            ruleOf(node).gradient(context),
            inputs.map((each) => each.shape),
            met,
          ) as Tensor[];
        });
      upstream ??= seeds();
      walkBack(plan, stage, upstream, { pass, ...OF_TENSORS }, (id, gradient) =>
        visit(id, gradient, activations.get(id)!),
      );
    },
  };
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
 * @param visit sees [segments, …] of a value's multiplier, and its difference
 */
export function multiplierWalk(
  plan: Plan,
  weights: Weights,
  segments: Segments,
  seeds: Seeds<Tensor>,
  visit: (id: ValueId, multiplier: Tensor, y: Difference) => void,
): BackwardWalk {
  let upstream: Map<ValueId, Tensor> | null = null;
  return {
    back: (stage, activations) => {
      const differences = new Differences(activations, segments);
      const pass = (node: Node, met: Tensor): Passed => {
        const passed = tf.tidy(() => {
          const context = multiplierContext(node, weights, differences, met, 'rescale');
          const shapes = context.inputs.map((each) => each?.shape ?? []);
          return settle(plan, node, ruleOf(node).multiplier(context), shapes, met) as Tensor[];
        });
        differences.dispose(node.output);
        return passed;
      };
      upstream ??= seeds();
      try {
        walkBack(plan, stage, upstream, { pass, ...OF_TENSORS }, (id, multiplier) =>
          visit(id, multiplier, differences.of(id)),
        );
      } finally {
        differences.dispose();
      }
    },
  };
}

/**
 * Positive and negative parts: DeepLIFT's linear rule and RevealCancel (arXiv 1704.02685, sections 3.4 and 3.5.3). They are made in
 * running order, then walked back.
 * @param nonlinearity which rule a nonlinear node uses
 * @param visit sees the multipliers of both parts, and the parts themselves
 */
export function partsWalk(
  plan: Plan,
  weights: Weights,
  segments: Segments,
  seeds: Seeds<Tensor>,
  nonlinearity: (node: Node) => MultiplierContext<OpName>['nonlinearity'],
  visit: (id: ValueId, multiplier: Parts, parts: Parts) => void,
): BackwardWalk {
  const dispose = (parts: Parts): void => {
    parts.positive.dispose();
    parts.negative.dispose();
  };
  const add = (a: Parts, b: Parts): Parts => ({
    positive: addAndDispose(a.positive, b.positive),
    negative: addAndDispose(a.negative, b.negative),
  });
  /** Parts that wait between stages: the path's ends', and those that cross. */
  const waiting = new Map<ValueId, Parts>();
  let upstream: Map<ValueId, Parts> | null = null;
  const contextOf = (node: Node, differences: Differences): MultiplierContext<OpName> =>
    multiplierContext(node, weights, differences, differences.of(node.output).delta, nonlinearity(node));
  const ruleFor = (node: Node) => ruleOf(node).parts!; // planRun refuses what has none

  /** The parts of a stage's values, and of what it reads. */
  const partsIn = ({ nodes, first }: Stage, differences: Differences): Map<ValueId, Parts> => {
    if (first)
      for (const start of [...plan.starts, ...plan.fixed]) {
        if (waiting.has(start)) continue;
        const { delta } = differences.of(start);
        waiting.set(start, { positive: tf.relu(delta), negative: tf.minimum(delta, 0) });
      }
    const partsOf = new Map(waiting);
    for (const node of nodes)
      partsOf.set(
        node.output,
        tf.tidy(() => {
          const inputs = node.inputs.map((id) => partsOf.get(id) ?? null);
          const { positive, negative } = ruleFor(node).run(inputs, contextOf(node, differences));
          // Ops that only move values about may hand on what they were given.
          return { positive: tf.clone(positive), negative: tf.clone(negative) };
        }),
      );
    return partsOf;
  };

  return {
    ahead: (stage, activations) => {
      const differences = new Differences(activations, segments);
      try {
        const partsOf = partsIn(stage, differences);
        for (const { output } of stage.nodes)
          if (stage.crossing.has(output)) waiting.set(output, partsOf.get(output)!);
          else dispose(partsOf.get(output)!);
      } finally {
        differences.dispose(); // it keeps its tensors beyond any tidy
      }
    },
    back: (stage, activations) => {
      const differences = new Differences(activations, segments);
      for (const { output } of stage.nodes) {
        const before = waiting.get(output);
        if (before) dispose(before); // made again
        waiting.delete(output);
      }
      try {
        const partsOf = partsIn(stage, differences);
        const pass = (node: Node, met: Parts): readonly (Parts | null)[] =>
          tf.tidy(() => {
            const inputs = node.inputs.map((id) => partsOf.get(id) ?? null);
            const passed = ruleFor(node).multiplier(met, inputs, contextOf(node, differences));
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
        upstream ??= new Map(
          [...seeds()].map(([id, seed]) => [id, { positive: seed, negative: tf.clone(seed) }] as const),
        );
        walkBack(plan, stage, upstream, { pass, add, dispose }, (id, multiplier) =>
          visit(id, multiplier, partsOf.get(id)!),
        );
        for (const { output } of stage.nodes) dispose(partsOf.get(output)!);
        if (stage.first) for (const parts of waiting.values()) dispose(parts);
      } finally {
        differences.dispose();
      }
    },
  };
}
