/** Kernels that set-up compiles from fused.cc: steps of the backward walk in one pass over memory each, on the CPU. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { fusedKernelsAreLoaded, nativeBackend, type NativeAttribute } from '../native';

/** Windows over two spatial axes, without padding. */
export interface PlainWindows {
  readonly size: readonly [number, number];
  readonly strides: readonly [number, number];
}

/** Values at the points of a path, and the segments between them. */
export interface OnSegments {
  /** [points × pairs, …], point after point; of segments × pairs rows each begins or ends a segment. */
  readonly points: Tensor;
  readonly pairs: number;
  /** Points from a segment's start to its end. */
  readonly stride: number;
}

/** What is wanted of contributions that are not laid out. */
export interface SegmentSums {
  /** Neurons of a row lie [.., units, after]. */
  readonly units: number;
  readonly after: number;
  /** Flat places of neurons whose own contributions are wanted, ascending; null: of all. */
  readonly held: Int32Array | null;
  /** What each segment counts in sums of all neurons, [sums, segments × pairs]; null: none are wanted. */
  readonly counts: Tensor | null;
  /** Those sums as they are before, [sums, neurons]; null: zeros. */
  readonly sum: Tensor | null;
}

export interface FusedKernels {
  /** upstream × (slope + (1 − slope) × open share) of max(x, slope · x) over segments; see `openShare` in ops/secant.ts. */
  reluSecant(upstream: Tensor, x: OnSegments, slope: number): Tensor;
  /** upstream × slope of min(max(x, low), high) over segments; see `clipSlope` in ops/secant.ts. */
  clipSecant(upstream: Tensor, x: OnSegments, low: number, high: number): Tensor;
  /** end − start of one shape; see `Kernels.difference`. */
  difference(start: Tensor, end: Tensor): Tensor;
  /** Σ over segments of multiplier × (end − start): [segments × pairs, …] → [pairs, …]. */
  contribution(multiplier: Tensor, y: OnSegments): Tensor;
  /**
   * Multiplier × (end − start) of each segment, summed over positions, then some neurons' own: [segments × pairs, units + held];
   * and the sums with what the segments count: [sums, neurons].
   */
  segmentSums(
    multiplier: Tensor,
    y: OnSegments,
    wanted: SegmentSums,
  ): { readonly rows: Tensor; readonly total: Tensor };
  /** x · scale + offset, per channel of the last axis. */
  affine(x: Tensor, scale: Tensor, offset: Tensor): Tensor;
  /** x + offset, per channel of the last axis. */
  offset(x: Tensor, offset: Tensor): Tensor;
  /** Upstream to each window's first winner. x [rows, height, width, C], upstream [rows, …windows, C]. */
  maxPoolGradient(x: Tensor, upstream: Tensor, windows: PlainWindows): Tensor;
  /** The crossing rule over segments; see ops/extremes.ts. */
  maxPoolSecant(upstream: Tensor, x: OnSegments, windows: PlainWindows): Tensor;
  /**
   * What each output of a convolution passes to the taps of its window, [rows, …outputs, taps × C], summed where the taps lie
   * on the input: [rows, …size, C].
   */
  tapSum(
    taps: Tensor,
    windows: PlainWindows,
    padBefore: readonly [number, number],
    size: readonly [number, number],
  ): Tensor;
}

type Attributes = readonly (readonly [name: string, kind: 'TF_ATTR_INT' | 'TF_ATTR_FLOAT', value: number])[];

const named = (attributes: Attributes): NativeAttribute[] =>
  attributes.map(([name, kind, value]) => ({ name, type: nativeBackend().binding[kind], value }));

const run = (op: string, inputs: readonly Tensor[], attributes: Attributes = []): Tensor =>
  nativeBackend().executeSingleOutput(op, named(attributes), inputs);

const windowAttributes = ({ size, strides }: PlainWindows) =>
  [
    ['window_height', 'TF_ATTR_INT', size[0]],
    ['window_width', 'TF_ATTR_INT', size[1]],
    ['stride_height', 'TF_ATTR_INT', strides[0]],
    ['stride_width', 'TF_ATTR_INT', strides[1]],
  ] as const;

const segmentAttributes = ({ pairs, stride }: OnSegments) =>
  [
    ['pairs', 'TF_ATTR_INT', pairs],
    ['stride', 'TF_ATTR_INT', stride],
  ] as const;

const fused: FusedKernels = {
  reluSecant: (upstream, x, slope) =>
    run('MhoReluSecant', [upstream, x.points], [...segmentAttributes(x), ['slope', 'TF_ATTR_FLOAT', slope]]),
  clipSecant: (upstream, x, low, high) =>
    run(
      'MhoClipSecant',
      [upstream, x.points],
      [...segmentAttributes(x), ['low', 'TF_ATTR_FLOAT', low], ['high', 'TF_ATTR_FLOAT', high]],
    ),
  difference: (start, end) => run('MhoDifference', [start, end]),
  contribution: (multiplier, y) => run('MhoContribution', [multiplier, y.points], segmentAttributes(y)),
  segmentSums: (multiplier, y, { units, after, held, counts, sum }) => {
    const none = (dtype: 'float32' | 'int32'): Tensor => tf.tensor1d([], dtype);
    const [rows, total] = nativeBackend().executeMultipleOutputs(
      'MhoSegmentSums',
      named([...segmentAttributes(y), ['units', 'TF_ATTR_INT', units], ['after', 'TF_ATTR_INT', after]]),
      [
        multiplier,
        y.points,
        counts ?? none('float32'),
        sum ?? none('float32'),
        held ? tf.tensor1d(held, 'int32') : none('int32'),
      ],
      2,
    );
    return { rows: rows!, total: total! };
  },
  affine: (x, scale, offset) => run('MhoAffine', [x, scale, offset]),
  offset: (x, offset) => run('MhoOffset', [x, offset]),
  maxPoolGradient: (x, upstream, windows) => run('MhoMaxPoolGradient', [x, upstream], windowAttributes(windows)),
  maxPoolSecant: (upstream, x, windows) =>
    run('MhoMaxPoolSecant', [upstream, x.points], [...windowAttributes(windows), ...segmentAttributes(x)]),
  tapSum: (taps, windows, padBefore, size) =>
    run(
      'MhoTapSum',
      [taps],
      [
        ...windowAttributes(windows),
        ['pad_top', 'TF_ATTR_INT', padBefore[0]],
        ['pad_left', 'TF_ATTR_INT', padBefore[1]],
        ['height', 'TF_ATTR_INT', size[0]],
        ['width', 'TF_ATTR_INT', size[1]],
      ],
    ),
};

/** The fused kernels, where they were compiled and tensors live in the computer's own memory. */
export const fusedKernels = (): FusedKernels | null =>
  fusedKernelsAreLoaded() && !nativeBackend().isUsingGpuDevice ? fused : null;
