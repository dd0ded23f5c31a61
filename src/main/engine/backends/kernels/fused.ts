/** Kernels that set-up compiles from fused.cc: steps of the backward walk in one pass over memory each, on the CPU. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { fusedKernelsAreLoaded, nativeBackend } from '../native';

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

export interface FusedKernels {
  /** upstream × (slope + (1 − slope) × open share) of max(x, slope · x) over segments; see `openShare` in ops/secant.ts. */
  reluSecant(upstream: Tensor, x: OnSegments, slope: number): Tensor;
  /** end − start of one shape; see `Kernels.difference`. */
  difference(start: Tensor, end: Tensor): Tensor;
  /** Σ over segments of multiplier × (end − start): [segments × pairs, …] → [pairs, …]. */
  contribution(multiplier: Tensor, y: OnSegments): Tensor;
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

const run = (
  op: string,
  inputs: readonly Tensor[],
  attributes: readonly (readonly [name: string, kind: 'TF_ATTR_INT' | 'TF_ATTR_FLOAT', value: number])[] = [],
): Tensor => {
  const backend = nativeBackend();
  const named = attributes.map(([name, kind, value]) => ({ name, type: backend.binding[kind], value }));
  return backend.executeSingleOutput(op, named, inputs);
};

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
  difference: (start, end) => run('MhoDifference', [start, end]),
  contribution: (multiplier, y) => run('MhoContribution', [multiplier, y.points], segmentAttributes(y)),
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
