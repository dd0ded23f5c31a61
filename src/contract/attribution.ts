/** What a run is asked, what it reports while it goes on, and what it gives. Shared by every host. */
import type { BackendInfo } from './backends';
import type { MadeBaseline } from './baselines';
import type { KeptFault } from './errors';
import type { Varied } from './model';

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
  /** What rounding to float32 took from each number, where a file held more of it and that can matter: it is `data + lost`. */
  readonly lost?: Float32Array;
}

/** A place in an activation: a flat index, or one index per axis. */
export type TargetIndex = number | readonly number[];

/** A place of its own for each example of a request, in their order. */
export interface IndexEach {
  readonly each: readonly TargetIndex[];
}

/** One scalar of the model: a value of an output or layer. */
export interface TargetSpec {
  /** Output or layer name; the model's first output when absent. */
  readonly layer?: string;
  /** In the shape of what is named; `argmax` is the largest at the input, chosen per example. */
  readonly index: TargetIndex | 'argmax' | IndexEach;
  /** For an output behind a final softmax or sigmoid: take the value after it. Default: the value before it. */
  readonly afterActivation?: boolean;
}

/** What inputs are compared with: nothing (zeros), each of a position's channels alike, the id of padding, what is made of the data. */
export const BASELINE_KINDS = ['zeros', 'uniform', 'padding', 'mean', 'blur', 'noise', 'shuffle', 'examples'] as const;
/**
 * Why: the input holds plain numbers; one channel is 1 at each position; ids are looked up, and nothing tells which is padding; the
 * model tells; it was asked for; what was asked for cannot be made of whole numbers that are looked up; or not without positions.
 */
export const BASELINE_REASONS = ['numbers', 'one-hot', 'ids', 'told', 'asked', 'whole', 'positions'] as const;

/** What one input is compared with where no numbers were given for it. */
export interface BaselineChoice {
  readonly input: string;
  readonly kind: (typeof BASELINE_KINDS)[number];
  /** 0; the share of a channel; the id; the sigma of a blur; of a shuffle 1 where it keeps pairs of letters. */
  readonly value: number;
  readonly why: (typeof BASELINE_REASONS)[number];
  /** As it was asked for, by which it is made again; of what is made of the data. */
  readonly made?: MadeBaseline | undefined;
}

/** Activations that make probabilities, or logarithms of them: a default target lies before them, since they saturate. */
export const FINAL_ACTIVATIONS = [
  'softmax',
  'logSoftmax',
  'sparsemax',
  'sigmoid',
  'logSigmoid',
  'hardSigmoid',
] as const;
export type FinalActivation = (typeof FINAL_ACTIVATIONS)[number];

/** An activation that ends a model, and on which side of it F lies. */
export interface TargetActivation {
  readonly kind: FinalActivation;
  /** The layer before it, or the value where no layer ends there. */
  readonly before: string;
  /** Whether F lies before it; else F is what it gives, or is made of that. */
  readonly passed: boolean;
}

/** What was named as the target, or as what is taken from it. */
export interface TargetTerm {
  /** Output or layer, as it was asked for. */
  readonly layer: string;
  /** Of one of its activations. */
  readonly shape: readonly number[];
  /** Flat index into it, one for each complete example. */
  readonly index: readonly number[];
  /** What the places are called by the model's labels, one for each complete example; null where nothing tells. */
  readonly labels: readonly (string | null)[] | null;
  /** The activations that it stands behind: none, one, or of joined outputs several. */
  readonly activations: readonly TargetActivation[];
  /** Which of them, for each complete example; null for none. */
  readonly behind: readonly (number | null)[];
}

export type BaselineSpec =
  | {
      readonly kind: 'constant';
      readonly value: number;
      /** How it came about, where it was chosen by the data. */
      readonly chosen?: readonly BaselineChoice[];
    }
  /**
   * Per model input `[1, …]`, `[E, …]` (one per example), `[R, …]` (several references) or `[E · R, …]` (several for each example,
   * one example after the other); see `perExample` and `references`.
   */
  | {
      readonly kind: 'arrays';
      readonly arrays: Readonly<Record<string, NumericArray>>;
      readonly perExample?: boolean;
      /** With `perExample`: rows of each example; 1 when absent. */
      readonly references?: number | undefined;
      /** Where the path starts for inputs that are left out; without it, only those that are held may be left out. */
      readonly rest?: number;
      readonly chosen?: readonly BaselineChoice[];
    };

/** How far an adaptive path goes (methods of the documentation, "The adaptive path"). */
export interface Accuracy {
  /**
   * Bound on the worst asked layer's estimated L1 error, as a share of its Σ|contribution|; LEAST_TOLERANCE at the least.
   */
  readonly tolerance: number;
  /** What is bounded: units (contributions summed over positions, what a ranking shows), or single neurons. */
  readonly over: 'units' | 'neurons';
  /** Backward walks for each pair of input and baseline at the most; null: as many as it takes. */
  readonly mostWalks: number | null;
  /** Stops as soon as so many of the first units of every layer are certain; null: by the tolerance alone. */
  readonly untilTop: number | null;
}

/** What float32 sums can reach. */
export const LEAST_TOLERANCE = 1e-4;
export const DEFAULT_ACCURACY: Accuracy = { tolerance: 0.02, over: 'units', mostWalks: 600, untilTop: null };

export interface AttributionRequest {
  /** Model input name → `[E, …]`. Integer inputs (indices) are given as float32 whole numbers. */
  readonly inputs: Readonly<Record<string, NumericArray>>;
  readonly baseline: BaselineSpec;
  readonly target: TargetSpec;
  /** F is `target` minus this one, when given. */
  readonly minus?: TargetSpec;
  readonly methods: readonly Method[];
  readonly rule: Rule;
  /** Even steps of the methods that take a path, but for `nig` by `secant` where `accuracy` is given. */
  readonly steps: number;
  /** `nig` by `secant` runs the adaptive path; absent: even steps. */
  readonly accuracy?: Accuracy;
  /** Layer names; absent: all. */
  readonly layers?: readonly string[];
  /**
   * Names of inputs that stay as they are at the input, and of inputs that vary, where the model's own reading of its inputs is to
   * be turned (`Varied`).
   */
  readonly hold?: readonly string[];
  readonly walk?: readonly string[];
  /** The layer whose value the straight path runs through; absent: the model's inputs. */
  readonly pathStart?: string;
  /** For chunk sizes; activations and multipliers held at once stay below it. */
  readonly memoryMB?: number;
  /** Batch rows of one chunk at the most, whatever the memory. Default: what was measured as fastest. */
  readonly chunkRows?: number;
  /** What faults call the examples, as the data they come from number them; absent: 0, 1, 2, … */
  readonly exampleNumbers?: readonly number[];
}

/** Whether a run with these has a method that takes an adaptive path. */
export const takesAdaptivePath = ({
  accuracy,
  methods,
  rule,
}: Pick<AttributionRequest, 'accuracy' | 'methods' | 'rule'>): boolean =>
  accuracy !== undefined && rule === 'secant' && methods.includes('nig');

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
  /** The same over the layer's units; null as `error`. */
  readonly unitsError: Float32Array | null;
  /** Σ|contribution| over neurons and over units, per example: what errors are shares of. */
  readonly neuronsTotal: Float32Array;
  readonly unitsTotal: Float32Array;
  /** `[E, units]`: contributions summed over positions. */
  readonly units: Float32Array;
  /** `[E, units]`: estimated error of each unit; null as `error`. */
  readonly unitError: Float32Array | null;
  /** Per example, how many of the units that owe most are certain to be those; null where that was not asked. */
  readonly certain: Int32Array | null;
  /** `[E, …shape]`: standard deviation over several references; null with one. */
  readonly spread: Float32Array | null;
  /** `[E, R, units]`: the units' contributions reference by reference; absent with one, and where there are too many to keep. */
  readonly references?: Float32Array | undefined;
}

/**
 * Why an adaptive path ended: what was asked is `reached`; its units are `certain`; the walks it may take are spent (`cap`);
 * what is open lies below what the numbers resolve (`limit`); somebody had `enough`.
 */
export const STOPS = ['reached', 'certain', 'cap', 'limit', 'enough'] as const;
export type Stopped = (typeof STOPS)[number];

/** An adaptive path that can go on: what `about` says in numbers and words, and leaves' sums. */
export interface SavedGrid {
  readonly about: Readonly<Record<string, unknown>>;
  readonly arrays: Readonly<Record<string, Float32Array | Float64Array>>;
}

/** How far the adaptive path of one example came. */
export interface Reached {
  /** Estimated L1 error of the worst asked layer as a share of its Σ|contribution|, over what is bounded; and which layer that is. */
  readonly estimate: number;
  readonly layer: string;
  readonly reached: boolean;
  readonly stopped: Stopped;
  /** Backward walks and points of the path, over all baselines of the example. */
  readonly walks: number;
  readonly points: number;
  readonly rounds: number;
  /**
   * Per baseline, the points that are left, in the path's order: α; with the sign bit set, 1 + α counted from the input's side
   * (so that -0 is the input).
   */
  readonly grid: readonly Float64Array[];
  /** To go on from; null where it is too large to keep: then it is computed anew. */
  readonly saved: SavedGrid | null;
}

export interface AdaptiveResult {
  readonly accuracy: Accuracy;
  /** One for each example of the result. */
  readonly examples: readonly Reached[];
}

/** How an adaptive path stands after a round, for one example. Sharpens until the result comes. */
export interface Round {
  readonly method: Method;
  /** Index into the request's. */
  readonly example: number;
  readonly target: string;
  readonly accuracy: Accuracy;
  readonly atInput: number;
  readonly atBaseline: number;
  readonly estimate: number;
  /** The worst layer. */
  readonly layer: string;
  readonly walks: number;
  readonly rounds: number;
  readonly layers: readonly {
    readonly name: string;
    readonly cut: boolean;
    /** One number for each unit: contributions, and their estimated errors. */
    readonly units: Float32Array;
    readonly unitError: Float32Array;
    readonly unitsError: number;
    readonly certain: number;
  }[];
}

export const ALARM_KINDS = ['concentrated', 'peak'] as const;

/**
 * A stretch of the path that is wider than what happens inside it, so that even steps do not resolve it and their estimate, which
 * has the same points, does not see it: a `concentrated` one carries many times its share of a layer's Σ|contribution|, a `peak`
 * more than twice what its neighbours do.
 */
export interface Alarm {
  /** Place in the result's examples. */
  readonly example: number;
  /** Whose contributions arise there; null: F itself changes there. */
  readonly layer: string | null;
  readonly kind: (typeof ALARM_KINDS)[number];
  /** Where on the path, 0 to 1. */
  readonly from: number;
  readonly to: number;
  /** Of the layer's Σ|contribution| over the path, or of Σ|ΔF|. */
  readonly share: number;
}

/** An example that a method has no result for, since something of it is not a number; told where that first arises. */
export interface ExampleFault {
  /** Index into the request's. */
  readonly example: number;
  readonly fault: KeptFault;
}

/** What is to be known of an example's numbers before they are read; the words are in words/remarks.ts. */
export type Remark =
  /** Baseline and input are the same, so that nothing has anything to carry. */
  | { readonly kind: 'same'; readonly example: number }
  /** F(x) ≈ F(x'): what is relative to their difference says nothing. */
  | {
      readonly kind: 'flat';
      readonly example: number;
      readonly delta: number;
      /** What float32 can tell of a difference of such values. */
      readonly resolution: number;
      /** Of all layers, the one whose units carry most: Σ|contribution|, which all but cancels. */
      readonly layer: string;
      readonly carried: number;
    }
  /** F jumps somewhere on the path, which therefore ended unresolved. */
  | {
      readonly kind: 'jump';
      readonly example: number;
      /** Whose value jumps; and the layer that decides which of its values it takes, where that is another one. */
      readonly layer: string;
      readonly decides: string | null;
      /** Where on the path, 0 to 1, and by how much F changes there. */
      readonly alpha: number;
      readonly delta: number;
    }
  /** Steps of quantised values are walked as the straight line that they approximate: F with the steps, which is told, and on the line. */
  | {
      readonly kind: 'quantised';
      readonly example: number;
      /** On the line, whose difference is what contributions are shares of. */
      readonly atInput: number;
      readonly atBaseline: number;
    }
  /** Layers that would go on from the state that the batch before left: it is taken as it is before the first, zero. */
  | { readonly kind: 'state'; readonly example: number; readonly layers: readonly string[] }
  /** Units all of whose contributions are exactly 0 along the whole path. */
  | {
      readonly kind: 'dead';
      readonly example: number;
      readonly layers: readonly { readonly name: string; readonly dead: number; readonly units: number }[];
    };

/**
 * What float32 takes from an input's numbers at the most, in the input's units: taken alone, and as they were computed with, since
 * what a model subtracts first is subtracted before anything is rounded.
 */
export interface Rounded {
  readonly input: string;
  readonly alone: number;
  readonly by: number;
}

/** One method on one set of inputs, baseline and target. */
export interface RunResult {
  readonly method: Method;
  readonly rule: Rule | null;
  /** Segments of the path; of an adaptive one, the most that any baseline of an example has. */
  readonly steps: number;
  /** How far an adaptive path came; null for even steps, and for methods without a path. */
  readonly adaptive: AdaptiveResult | null;
  /** Where F lies, e.g. `logits[3]`, per example. */
  readonly target: readonly string[];
  /** What was named, of the target and of what is taken from it; absent where a session's version did not tell. */
  readonly terms?: readonly TargetTerm[];
  /** F(x) and F(x'), per example (averaged over references). */
  readonly atInput: Float32Array;
  readonly atBaseline: Float32Array;
  /** F(x) − F(x'), per example. */
  readonly delta: Float32Array;
  /** How far rounding of float32 leaves `delta` open, per example, estimated; null where an older session file does not tell. */
  readonly deltaUncertainty: Float32Array | null;
  readonly layers: readonly LayerResult[];
  /** Where even steps are too wide; none of an adaptive path, which goes there. */
  readonly alarms: readonly Alarm[];
  /**
   * False when a cancel or a fault left only some examples; `examples` names the complete ones (indices into the request's), in
   * rising order.
   */
  readonly complete: boolean;
  readonly examples: readonly number[];
  /** Why others have no result; empty where nothing of them is not a number. */
  readonly faults: readonly ExampleFault[];
  readonly remarks: readonly Remark[];
  readonly backend: BackendInfo;
  readonly pathStart: string | null;
  /** What was walked and what held; absent in sessions of versions that did not tell. */
  readonly varied?: Varied;
  /** Inputs of more digits than float32 has; absent where there are none. */
  readonly rounded?: readonly Rounded[];
  /** What inputs were compared with where no numbers were given for them; absent where they were. */
  readonly baseline?: readonly BaselineChoice[];
  /** In how many groups of layers it was done one after the other, since not all fitted the memory at once; absent where it did. */
  readonly layerGroups?: number;
  readonly durationMs: number;
}

/** Backward walks of a run over all its examples and baselines; of even steps, one for each segment. */
export const passesOf = ({
  adaptive,
  steps,
  examples,
}: Pick<RunResult, 'steps' | 'examples'> & {
  readonly adaptive: { readonly examples: readonly Pick<Reached, 'walks'>[] } | null;
}): number => (adaptive ? adaptive.examples.reduce((sum, { walks }) => sum + walks, 0) : steps * examples.length);

/** What a run is at: the path of its methods with so many steps, or those that take one step from baseline to input. */
export type RunPhase =
  | { readonly kind: 'path'; readonly steps: number }
  | { readonly kind: 'adaptive'; readonly accuracy: Accuracy; readonly estimate: number | null }
  | { readonly kind: 'differences' };

/** Sent after every chunk. */
export interface Progress {
  /**
   * Passes (point evaluations) done and to do over all methods and examples; of an adaptive path, what is to do follows from how
   * its estimate has fallen.
   */
  readonly done: number;
  readonly total: number;
  readonly remainingMs: number | null;
  readonly phase: RunPhase;
  /** Up to where the path has been walked, F there minus F(x'), and the running sums of the cut layers (first example of the chunk). */
  readonly alpha: number;
  readonly running: number;
  readonly expected: number;
}
