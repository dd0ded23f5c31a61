/** What a run is asked, what it reports while it goes on, and what it gives. Shared by every host. */
import type { BackendInfo } from './backends';

/** `nig`: Neuron Integrated Gradients by `rule`; the others as in methods of the documentation. */
export const METHODS = [
  'nig',
  'rescale',
  'reveal-cancel',
  'genomics',
  'gradient-difference',
  'internal-influence',
] as const;
export type Method = (typeof METHODS)[number];

/** How the path integral is summed. `right` is the paper's; `secant` is the default. */
export const RULES = ['secant', 'trapezoid', 'right', 'left'] as const;
export type Rule = (typeof RULES)[number];

/** Plain numbers with a shape, row-major. */
export interface NumericArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** One scalar of the model: a value of an output or layer. */
export interface TargetSpec {
  /** Output or layer name; the model's first output when absent. */
  readonly layer?: string;
  /** Flat index or one index per axis; `argmax` is the largest at the input, chosen per example. */
  readonly index: number | readonly number[] | 'argmax';
  /** For an output behind a final softmax or sigmoid: take the value after it. Default: the value before it. */
  readonly afterActivation?: boolean;
}

export type BaselineSpec =
  | { readonly kind: 'constant'; readonly value: number }
  /** Per model input `[1, …]`, `[E, …]` (one per example) or `[R, …]` (several references, see `perExample`). */
  | { readonly kind: 'arrays'; readonly arrays: Readonly<Record<string, NumericArray>>; readonly perExample?: boolean };

export interface AttributionRequest {
  /** Model input name → `[E, …]`. Integer inputs (indices) are given as float32 whole numbers. */
  readonly inputs: Readonly<Record<string, NumericArray>>;
  readonly baseline: BaselineSpec;
  readonly target: TargetSpec;
  /** F is `target` minus this one, when given. */
  readonly minus?: TargetSpec;
  readonly methods: readonly Method[];
  readonly rule: Rule;
  readonly steps: number;
  /** Layer names; absent: all. */
  readonly layers?: readonly string[];
  /** The layer whose value the straight path runs through; absent: the model's inputs. */
  readonly pathStart?: string;
  /** For chunk sizes; activations and multipliers held at once stay below it. */
  readonly memoryMB?: number;
  /** Batch rows of one chunk at the most, whatever the memory. Default: what was measured as fastest. */
  readonly chunkRows?: number;
}

/** Results of one method at one layer. E examples. */
export interface LayerResult {
  readonly name: string;
  /** The layer's kind as its format calls it, e.g. `Conv2D`. */
  readonly kind: string;
  /** Shape of one activation, without the batch axis. */
  readonly shape: readonly number[];
  /** Axis of `shape` that counts units (channels, features); null for a scalar activation. */
  readonly unitAxis: number | null;
  /** Whether every path from the path's start to the target passes through this layer exactly once. */
  readonly cut: boolean;
  /** `[E, …shape]`, in units of the target. */
  readonly contributions: Float32Array;
  /** Σ contributions, per example. */
  readonly sum: Float32Array;
  /** sum − (F(x) − F(x')), per example; null where the layer is no cut or the method does not promise completeness. */
  readonly residual: Float32Array | null;
  /** Estimated L1 error over the layer's neurons, per example, in units of the target; null where the method has no integral. */
  readonly error: Float32Array | null;
  /** `[E, units]`: contributions summed over positions. */
  readonly units: Float32Array;
  /** `[E, units]`: estimated error of each unit; null as `error`. */
  readonly unitError: Float32Array | null;
  /** `[E, …shape]`: standard deviation over several references; null with one. */
  readonly spread: Float32Array | null;
}

/** One method on one set of inputs, baseline and target. */
export interface RunResult {
  readonly method: Method;
  readonly rule: Rule | null;
  readonly steps: number;
  /** Human-readable target, e.g. `logits[3]`, per example (argmax may differ). */
  readonly target: readonly string[];
  /** F(x) and F(x'), per example (averaged over references). */
  readonly atInput: Float32Array;
  readonly atBaseline: Float32Array;
  /** F(x) − F(x'), per example. */
  readonly delta: Float32Array;
  readonly layers: readonly LayerResult[];
  /** False when a cancel kept only some examples; `examples` names the complete ones (indices into the request's). */
  readonly complete: boolean;
  readonly examples: readonly number[];
  readonly backend: BackendInfo;
  readonly pathStart: string | null;
  readonly durationMs: number;
}

/** What a run is at: the path of its methods with so many steps, or those that take one step from baseline to input. */
export type RunPhase = { readonly kind: 'path'; readonly steps: number } | { readonly kind: 'differences' };

/** Sent after every chunk. */
export interface Progress {
  /** Passes (point evaluations) done and to do over all methods and examples. */
  readonly done: number;
  readonly total: number;
  readonly remainingMs: number | null;
  readonly phase: RunPhase;
  /** Up to where the path has been walked, F there minus F(x'), and the running sums of the cut layers (first example of the chunk). */
  readonly alpha: number;
  readonly running: number;
  readonly expected: number;
}
