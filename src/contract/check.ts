/** A model's values beside what it is known to give: by files of the user, or by what lies beside the model. */

/** How far values may lie apart: the largest difference, as a share of the largest value expected where that is above 1. */
export const CHECK_TOLERANCE = 1e-4;

/** One output or layer. */
export interface Compared {
  readonly name: string;
  readonly kind: 'output' | 'layer';
  /** Of one example. */
  readonly shape: readonly number[];
  /** The largest difference, and where: one index per axis of what was expected, the example first. */
  readonly difference: number;
  readonly at: readonly number[];
  readonly have: number;
  readonly want: number;
  readonly agrees: boolean;
}

export interface CheckResult {
  /** What it was compared with: a file, or what the format calls it. */
  readonly from: string;
  readonly examples: number;
  readonly tolerance: number;
  /** Outputs first, then layers in running order. */
  readonly compared: readonly Compared[];
  readonly agrees: boolean;
  /** The first layer in running order that differs, and the last before it that agrees; null where no layer differs. */
  readonly begins: { readonly layer: string; readonly after: string | null } | null;
}

/** What lies beside a model and could not be compared, and why. */
export interface Unchecked {
  readonly from: string;
  readonly reason: string;
}

/** What opening a model found out by the proof that lies beside it. */
export type Proven = CheckResult | Unchecked;
