/**
 * What a row of the op table is. Tensors have the batch on axis 0: rows are points of the path, point-major
 * (row = point · examples + example), so that a segment's starts and ends are two contiguous slices of rows.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { FusedKernels, OnSegments } from '../backends';
import type { OpAttributes, OpName } from '../graph/ops';

/** Everything `run` may look at. Constants come as tensors without a batch axis. */
export interface RunContext<Op extends OpName> {
  readonly attributes: OpAttributes[Op];
  /** Per input: whether it is a constant (no batch axis). */
  readonly constant: readonly boolean[];
  /** A tensor made once from the node's constants (flipped filters, W⁺) and kept, by key, for the whole run. */
  readonly derive: (key: string, make: () => Tensor) => Tensor;
  /** The device's kernels of our own, where it has them. */
  readonly fused: FusedKernels | null;
}

/** Gradient at the rows: how the upstream gradient of F passes to each input. */
export interface GradientContext<Op extends OpName> extends RunContext<Op> {
  /** [rows, …] or constant. */
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  /** ∂F/∂output, [rows, …]. */
  readonly upstream: Tensor;
}

/**
 * The two ends of a value's segments, and the difference over them. The walk owns the tensors; rules do not dispose of them.
 * They are made when first asked for: a linear rule that asks only for `shape` costs no memory (the activations of values
 * that only linear ops touch are not kept; see `reads` in graph/facts/row.ts).
 */
export interface Difference extends OnSegments {
  /** [segments, …] */
  readonly shape: readonly number[];
  readonly start: Tensor;
  readonly end: Tensor;
  /** end − start, computed once and shared; [segments, …]. */
  readonly delta: Tensor;
}

/** A difference over segments: rows are segments; start, end and difference of every varying input and of the output. */
export interface MultiplierContext<Op extends OpName> extends RunContext<Op> {
  /** Per input: its difference, or null for a constant. */
  readonly inputs: readonly (Difference | null)[];
  /** Per input: the constant's tensor, or null for what varies. */
  readonly constants: readonly (Tensor | null)[];
  readonly output: Difference;
  /** Multiplier of F with respect to the output, [segments, …]. */
  readonly upstream: Tensor;
  /** How `parts` passes this nonlinearity: set by the method (RevealCancel, or the genomics default). */
  readonly nonlinearity: 'rescale' | 'reveal-cancel';
}

/**
 * One per input; null for a constant or an input nothing passes to. Shapes may still be broadcast: where an input was
 * broadcast in `run`, the result may have the output's shape, and the walk sums it back (that is undone there, once).
 * Rules are called inside tf.tidy: temporaries need no dispose.
 */
export type Passed = readonly (Tensor | null)[];

export interface OpRule<Op extends OpName> {
  /** @returns [rows, …] */
  readonly run: (inputs: readonly Tensor[], context: RunContext<Op>) => Tensor;
  readonly gradient: (context: GradientContext<Op>) => Passed;
  /** How a difference passes through the op over a segment: Σ_inputs passed · deltaIn = upstream · deltaOut. */
  readonly multiplier: (context: MultiplierContext<Op>) => Passed;
  /** Positive and negative parts, for RevealCancel; see parts.ts. Absent where the op has no such rule. */
  readonly parts?: PartsRule<Op>;
}

/** Positive and negative part of a difference: delta = positive + negative (not by sign of the sum: by sign of what flowed in). */
export interface Parts {
  readonly positive: Tensor;
  readonly negative: Tensor;
}

/** DeepLIFT's linear rule and RevealCancel (arXiv 1704.02685, sections 3.4 and 3.5.3). */
export interface PartsRule<Op extends OpName> {
  /** Parts of the output from those of the inputs (null for constants). */
  readonly run: (inputs: readonly (Parts | null)[], context: MultiplierContext<Op>) => Parts;
  /** Multipliers for the inputs' parts from those for the output's. `context.upstream` is not used. */
  readonly multiplier: (
    upstream: Parts,
    inputs: readonly (Parts | null)[],
    context: MultiplierContext<Op>,
  ) => readonly (Parts | null)[];
}
