/** The weights of a layer and of one of its units, as they cross to the window. */
import type { NumericArray } from './attribution';

/** What weights of a layer are, and how they lie. */
export interface KernelSummary {
  /** Rows in and columns out; windows over positions; one window for each channel; a window that is spread. */
  readonly kind: 'dense' | 'conv' | 'depthwise' | 'transposed';
  /** `[…window, in, out]`, whatever order the file has. */
  readonly shape: readonly number[];
  /** Of windows: how far they move, how far their values lie apart; empty for dense ones. */
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly groups: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Standard deviation. */
  readonly deviation: number;
  /** How many are exactly zero. */
  readonly zeros: number;
  /** How many lie in each of as many equal parts from `min` to `max`. */
  readonly histogram: readonly number[];
}

/** Weights between a unit and the units of another layer. */
export interface Connections {
  /** The layer at the other end; null where it cannot be told. */
  readonly layer: string | null;
  /** `[…window, units]`: of the other layer's units from `first` on. */
  readonly weights: NumericArray;
  readonly first: number;
}

export interface LayerWeights {
  /** Null where the layer has none that its units are made by. */
  readonly kernel: KernelSummary | null;
  /** What the asked unit is made of; null without a unit or a kernel, or where the kernel's outputs are no units of the layer. */
  readonly incoming: (Connections & { readonly bias: number | null }) | null;
  /** The kernels that read the asked unit, the nearest of each way; 32 at the most. */
  readonly outgoing: readonly Connections[];
}
