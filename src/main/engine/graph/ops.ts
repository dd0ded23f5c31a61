/**
 * The canonical ops and their attributes. A layer with an activation, a bias or a norm is several of them, so that every
 * activation is a value that can be attributed. Axes and shapes do not count the batch axis (see graph.ts).
 */

/** Zeros (or −∞, or edges) put before and after each spatial axis. */
export type Padding = readonly (readonly [before: number, after: number])[];

/**
 * Spatial padding of windows: numbers, or `same` where free sizes keep it from being known before a run
 * (then as TensorFlow: output = ceil(size / stride), the odd one after).
 */
export type WindowPadding = Padding | 'same';

export interface Window {
  /** One per spatial axis (1 to 3). */
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly padding: WindowPadding;
}

export interface ConvAttributes {
  /** One per spatial axis (1 to 3); values are [...spatial, channels]. */
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: WindowPadding;
  readonly groups: number;
}

type None = Readonly<Record<never, never>>;

export interface OpAttributes {
  // activations and other functions of one value, element by element
  relu: None;
  /** x ≥ maxValue: maxValue; threshold ≤ x < maxValue: x; else slope · (x − threshold). Keras's ReLU; ReLU6. */
  clippedRelu: { readonly maxValue: number | null; readonly threshold: number; readonly slope: number };
  leakyRelu: { readonly slope: number };
  /** Inputs: x, constant slopes that broadcast to x. */
  prelu: None;
  elu: { readonly alpha: number };
  selu: None;
  celu: { readonly alpha: number };
  /** x · Φ(x), by the error function. */
  gelu: None;
  /** ½x(1 + tanh(√(2/π)(x + 0.044715x³))). */
  geluTanh: None;
  sigmoid: None;
  logSigmoid: None;
  /** clip(slope · x + offset, 0, 1): Keras 2 has 0.2 and 0.5, Keras 3 has 1/6 and 0.5. */
  hardSigmoid: { readonly slope: number; readonly offset: number };
  silu: None;
  /** x · clip(x/6 + ½, 0, 1). */
  hardSilu: None;
  mish: None;
  softplus: None;
  softsign: None;
  tanh: None;
  /** x − tanh(x). */
  tanhShrink: None;
  /** sign(x) · max(|x| − lambda, 0). */
  softShrink: { readonly lambda: number };
  /** x where |x| > lambda, else 0. */
  hardShrink: { readonly lambda: number };
  /** x where x > threshold, else value. */
  threshold: { readonly threshold: number; readonly value: number };
  /** ½(x + √(x² + b)). */
  squarePlus: { readonly b: number };
  /** 0 for x ≤ −1, ¼(x + 1)² for −1 < x < 1, else x. */
  sparsePlus: None;
  /** clip(½(x + 1), 0, 1). */
  sparseSigmoid: None;
  clip: { readonly min: number; readonly max: number };
  exp: None;
  log: None;
  log1p: None;
  sqrt: None;
  rsqrt: None;
  reciprocal: None;
  /** 1/x, and 0 at 0: what guarded divisions multiply by. */
  reciprocalOrZero: None;
  square: None;
  pow: { readonly exponent: number };
  abs: None;
  neg: None;
  erf: None;
  sin: None;
  cos: None;
  tan: None;
  asin: None;
  acos: None;
  atan: None;
  sinh: None;
  cosh: None;
  asinh: None;
  acosh: None;
  atanh: None;
  sign: None;
  floor: None;
  round: None;

  // two values, broadcast; either may be a constant
  add: None;
  sub: None;
  mul: None;
  div: None;
  maximum: None;
  minimum: None;
  /** a to the power of b. */
  power: None;
  /** The angle of the point (second input, first input). */
  atan2: None;
  /** 1 where a > b, else 0. */
  greater: None;
  /** 1 where a ≥ b, else 0. */
  greaterEqual: None;
  /** 1 where a = b, else 0. */
  equal: None;

  // three values, broadcast
  /** Inputs: a condition of 0 and 1; what is taken where it is 1, and where it is 0. */
  select: None;

  // linear in their first input, the others being constants
  /** Inputs: x [..., K], y. y constant [K, M] → [..., M]; both varying: [..., I, K] · [..., K, J] over equal leading axes. */
  matmul: { readonly transposeA: boolean; readonly transposeB: boolean };
  /** Inputs: x [...spatial, C], constant filter [...window, C / groups, out]. */
  conv: ConvAttributes;
  /** Inputs: x [...spatial, C], constant filter [...window, C, multiplier] → [...spatial, C · multiplier], channel-major. */
  depthwiseConv: Omit<ConvAttributes, 'groups'>;
  /**
   * Inputs: x [...spatial, C], constant filter [...window, out, C]. The input gradient of a convolution: each input
   * point adds its filter at stride · position, then `crop` is cut off and `extend` zeros are appended per spatial axis.
   */
  convTranspose: {
    readonly strides: readonly number[];
    readonly dilations: readonly number[];
    readonly crop: Padding;
    readonly extend: readonly number[];
    readonly groups: number;
  };
  /** Inputs: x, constant scale, constant offset, per channel (last axis): inference batch norm, rescaling, normalisation. */
  affine: None;
  /** `countPadding`: whether padded zeros count in the mean (ONNX count_include_pad; Keras does not). */
  averagePool: Window & { readonly countPadding: boolean };

  // over axes
  sum: { readonly axes: readonly number[]; readonly keepDims: boolean };
  mean: { readonly axes: readonly number[]; readonly keepDims: boolean };
  max: { readonly axes: readonly number[]; readonly keepDims: boolean };
  min: { readonly axes: readonly number[]; readonly keepDims: boolean };
  maxPool: Window;
  softmax: { readonly axis: number };
  logSoftmax: { readonly axis: number };
  /** relu(x − τ) with Keras's threshold τ, which is not that of arXiv 1602.02068 where more than one value is above it. */
  sparsemax: { readonly axis: number };
  /** (x − mean) / √(variance + epsilon) over the axes: the core of layer, group and instance norm. */
  normalise: { readonly axes: readonly number[]; readonly epsilon: number };

  // moving values about
  identity: None;
  /** At most one −1, which takes what is left. */
  reshape: { readonly shape: readonly number[] };
  transpose: { readonly permutation: readonly number[] };
  concat: { readonly axis: number };
  /** Per axis, as Python's begin:end:stride (negative strides too); null: open. */
  slice: {
    readonly begin: readonly (number | null)[];
    readonly end: readonly (number | null)[];
    readonly strides: readonly number[];
  };
  /** Padding of every axis of the shape. `value` serves `constant`. */
  pad: {
    readonly padding: Padding;
    readonly mode: 'constant' | 'reflect' | 'symmetric' | 'edge' | 'wrap';
    readonly value: number;
  };
  /** Repeats the whole along each axis. */
  tile: { readonly repeats: readonly number[] };
  /** Each element `repeats` times in a row along the axis. */
  repeat: { readonly axis: number; readonly repeats: number };
  /** Picks positions along an axis. */
  gather: { readonly axis: number; readonly indices: readonly number[] };
  /** Spatial axes are all but the last. `scale` per spatial axis (whole numbers for nearest). */
  upsample: { readonly scale: readonly number[]; readonly method: 'nearest' | 'bilinear' };
  /** Stacks values of one shape along a new axis. */
  stack: { readonly axis: number };

  // integers to numbers: no path goes through; it starts behind them
  /** Inputs: indices, constant table [vocabulary, features]. */
  embedding: None;

  /** A layer nobody here knows: shown, and refused by name when a run needs it. */
  unknown: { readonly kind: string };
}

export type OpName = keyof OpAttributes;
