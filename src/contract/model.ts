import type { Proven } from './check';

/** A model as the interface shows it: no weights, no tensors. */
/** Number types of 16 bits: 11 bits of precision, or 8. */
export type FewerBits = 'float16' | 'bfloat16';

export interface ModelSummary {
  readonly name: string;
  readonly format: string;
  readonly path: string;
  /** SHA-256 over configuration and weights, hex. */
  readonly hash: string;
  readonly inputs: readonly PortSummary[];
  readonly outputs: readonly PortSummary[];
  /** The output that a target lies in where none is named; absent where that is the first. */
  readonly defaultOutput?: string;
  readonly layers: readonly LayerSummary[];
  readonly parameters: number;
  /** A file that takes one example at a time, with an axis of one or with none; it is asked for `[examples, …]` all the same. Absent: its first axis is the examples. */
  readonly examples?: 'one' | 'whole';
  /** The signatures of a SavedModel, and which of them is open; absent in other formats. */
  readonly signatures?: readonly string[];
  readonly signature?: string;
  /** Weights that hold what is no number, or infinities where none belong; absent in sessions, which hold no weights. */
  readonly notFinite?: readonly NotFiniteWeight[];
  /** The file has it computed on fewer bits than Mho's; absent where all of it is float32 or wider, and in sessions. */
  readonly fewerBits?: FewerBits;
  /** What came of comparing it with what lies beside it; absent where nothing does, and in sessions. */
  readonly proven?: Proven;
}

/** A weight with numbers that are none; infinities that only mask are not counted (the words are in words/weights.ts). */
export interface NotFiniteWeight {
  readonly weight: string;
  /** The layer that reads it. */
  readonly layer: string;
  readonly nan: number;
  readonly infinite: number;
  readonly of: number;
  /** Index of the first, row-major. */
  readonly first: number;
}

export interface PortSummary {
  readonly name: string;
  /** Without the batch axis; null where the size is free. */
  readonly shape: readonly (number | null)[];
  readonly dtype: 'float32' | 'int32' | 'bool' | 'string';
  /** Of texts: the layer behind which they are something else. */
  readonly reader?: string;
}

export interface LayerSummary {
  readonly name: string;
  readonly kind: string;
  /** Nested models and scopes that contain the layer, outermost first. */
  readonly group: readonly string[];
  readonly shape: readonly (number | null)[];
  readonly unitAxis: number | null;
  readonly units: number | null;
  readonly parameters: number;
  /** Names of the layers that feed it. */
  readonly inputs: readonly string[];
  /** Ops of the layer without a rule; empty when it can be attributed. */
  readonly unsupported: readonly string[];
  /** Layers without a rule that it comes after, the nearest ones; absent where there are none. */
  readonly behind?: readonly string[];
}

/**
 * What a method gives at an op. Exact: what the op passes on sums to the difference of its output, by the method's rule or
 * one that extends it. Approximate: the sum holds, but not all that the method means by it, as the note says. None: a run
 * through the op is refused.
 */
export type Support = 'exact' | 'approximate' | 'none';

/** Why an op is not exact; the words are in words/ops.ts. */
export type OpNote =
  | 'jumps'
  /** The parts of RevealCancel pass as Rescale's whole does. */
  | 'shares'
  | 'no-parts'
  | 'both-vary'
  | 'broadcast-adds-axes'
  | 'whole-numbers'
  | 'no-rule'
  /** Steps that stand for a line: paths walk that. */
  | 'line'
  // of an op wherever it stands: what makes it less, or more, in some places
  | 'may-jump'
  | 'may-both-vary'
  | 'may-add-axes'
  | 'exact-by-constant';

/** An op of a model, and what each method gives for it. */
export interface OpSupport {
  /** Canonical name; for what is not known, the file's. */
  readonly op: string;
  /** How many of the model's nodes. */
  readonly nodes: number;
  /** Neuron Integrated Gradients. */
  readonly nig: Support;
  /** DeepLIFT Rescale. */
  readonly rescale: Support;
  readonly revealCancel: Support;
  readonly genomics: Support;
  /** Why it is not exact; empty where it is. */
  readonly notes: readonly OpNote[];
}

/** Where a path starts when nothing else is asked. */
export interface PathStart {
  /** Layer or value. */
  readonly name: string;
  /** The model inputs of whole numbers or texts that it stands behind, 64 at the most; empty where it is an input itself. */
  readonly behind: readonly string[];
}

/**
 * Why an input stays as it is at the input while a path is walked: it is multiplied with or added to what varies, or covers it; it
 * divides (a length, a count); it says where values stand; it decides which of them are taken; it was asked for.
 */
export const HELD_REASONS = ['mask', 'divisor', 'position', 'choice', 'asked'] as const;
export type HeldReason = (typeof HELD_REASONS)[number];

/** An input that is held, or what of it is: token ids may be walked and also mask. */
export interface HeldInput {
  readonly input: string;
  readonly why: HeldReason;
  /** Whether it can be walked where that is asked for. */
  readonly walkable: boolean;
}

/** What a path varies, and what it does not. */
export interface Varied {
  readonly walked: readonly PathStart[];
  readonly held: readonly HeldInput[];
}
