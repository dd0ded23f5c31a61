/** Convolutions over one to three spatial axes, channels last, and their input gradients, made of forward kernels. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import type { FusedKernels } from '../backends';
import type { Padding } from '../graph/ops';
import { padOrCrop, paddingOf, sliceAlong, spread } from './axes';
import { linear } from './linear';
import type { OpRule } from './rule';

interface Geometry {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: Padding;
}

const ones = (count: number): number[] => new Array<number>(count).fill(1);
const isOne = (value: number): boolean => value === 1;
const spatialOf = (x: { readonly shape: readonly number[] }): number[] => x.shape.slice(1, -1);

/** [rows, width, channels] as an image of height 1, and back. */
const asImage = (x: Tensor): Tensor4D => tf.reshape(x, [x.shape[0]!, 1, x.shape[1]!, x.shape[2]!]);
const fromImage = (x: Tensor): Tensor => tf.reshape(x, [x.shape[0]!, x.shape[2]!, x.shape[3]!]);
/** A filter [width, …] as [1, width, …]. */
const asFlat = (filter: Tensor): Tensor4D => tf.expandDims(filter, 0);
const pair = (values: readonly number[]): [number, number] => [values[0]!, values[1]!];
const nhwc = (padding: Padding): [[number, number], [number, number], [number, number], [number, number]] => [
  [0, 0],
  [...padding[0]!] as [number, number],
  [...padding[1]!] as [number, number],
  [0, 0],
];

/** Adds the height that `asImage` puts in. */
const widened = ({ strides, dilations, padding }: Geometry): Geometry => ({
  strides: [1, ...strides],
  dilations: [1, ...dilations],
  padding: [[0, 0], ...padding],
});

/** Kernels take strides or dilations, not both, and no negative padding: writes the rest into filter and input. */
function simplified(x: Tensor, filter: Tensor, geometry: Geometry, dilates: boolean): [Tensor, Tensor, Geometry] {
  const dilated = !geometry.dilations.every(isOne);
  let { dilations, padding } = geometry;
  if (dilated && (!dilates || !geometry.strides.every(isOne))) {
    filter = spread(filter, dilations, 0);
    dilations = ones(dilations.length);
  }
  if (padding.some(([before, after]) => before < 0 || after < 0)) {
    x = padOrCrop(x, padding);
    padding = padding.map(() => [0, 0]);
  }
  return [x, filter, { strides: geometry.strides, dilations, padding }];
}

/** [rows, …spatial, C] with a filter [...window, C, out] → [rows, …, out]. */
export function convolve(x: Tensor, filter: Tensor, geometry: Geometry): Tensor {
  if (x.rank === 3) return fromImage(convolve(asImage(x), asFlat(filter), widened(geometry)));
  if (x.rank === 5) {
    const [, dense, { strides }] = simplified(x, filter, geometry, false);
    const padded = padOrCrop(x, geometry.padding);
    return tf.conv3d(padded as Tensor5D, dense as Tensor5D, strides as [number, number, number], 'valid');
  }
  const [image, dense, { strides, dilations, padding }] = simplified(x, filter, geometry, true);
  return tf.conv2d(image as Tensor4D, dense as Tensor4D, pair(strides), nhwc(padding), 'NHWC', pair(dilations));
}

/** [rows, …spatial, C] with a filter [...window, C, M] → [rows, …, C · M], channel-major. */
function convolveDepthwise(x: Tensor, filter: Tensor, geometry: Geometry): Tensor {
  if (x.rank === 3) return fromImage(convolveDepthwise(asImage(x), asFlat(filter), widened(geometry)));
  if (x.rank === 5) return convolve(x, asDense(filter), geometry);
  const [image, dense, simple] = simplified(x, filter, geometry, false);
  const [vertical, horizontal] = pair(simple.strides);
  if (vertical === horizontal)
    return tf.depthwiseConv2d(image as Tensor4D, dense as Tensor4D, [vertical, horizontal], nhwc(simple.padding));
  // TensorFlow's kernel wants equal strides.
  const every = tf.depthwiseConv2d(image as Tensor4D, dense as Tensor4D, 1, nhwc(simple.padding));
  return tf.stridedSlice(every, [0, 0, 0, 0], every.shape, [1, vertical, horizontal, 1]);
}

/** A depthwise filter [...window, C, M] as an ordinary one [...window, C, C · M]. */
function asDense(filter: Tensor): Tensor {
  const [channels, times] = filter.shape.slice(-2) as [number, number];
  const window = filter.shape.slice(0, -2);
  const flat = tf.reshape(filter, [-1, channels, 1, times]);
  const diagonal = tf.reshape(tf.eye(channels), [1, channels, channels, 1]);
  return tf.reshape(tf.mul(flat, diagonal), [...window, channels, channels * times]);
}

/** Mirrors a filter over its window. */
const flipped = (filter: Tensor, spatial: number): Tensor =>
  filter.rank <= 4
    ? tf.reverse(
        filter,
        Array.from({ length: spatial }, (_, axis) => axis),
      )
    : tf.reshape(
        tf.reverse(tf.reshape(filter, [-1, ...filter.shape.slice(spatial)]), 0), // all of the window at once
        filter.shape,
      );

const swapLast = (filter: Tensor): Tensor => {
  const axes = filter.shape.map((_, axis) => axis);
  return tf.transpose(filter, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
};

/**
 * How an input gradient is a stride-1 convolution with the mirrored filter: what to pad around the upstream, after
 * zeros were put between its elements.
 * @param spatial the input's
 * @param count the output's
 */
const backPadding = (
  spatial: readonly number[],
  count: readonly number[],
  window: readonly number[],
  { strides, dilations, padding }: Geometry,
): Padding =>
  spatial.map((size, axis) => {
    const reach = (window[axis]! - 1) * dilations[axis]!;
    const before = reach - padding[axis]![0];
    const spreadSize = (count[axis]! - 1) * strides[axis]! + 1;
    return [before, size - (spreadSize + before - reach)];
  });

/** Input channels at the most for which the product of upstream and filter, summed tap by tap, is the faster way. */
const FEW_CHANNELS = 4;

/**
 * Input gradient of a stride-1 convolution on few channels, such as an image's three: one matrix product gives what each output
 * passes to every tap of its window, a fused kernel adds the taps up where they lie. A convolution with as few outputs
 * would leave most of a vector register empty.
 * @param filter [height, width, C, out]
 */
function convolveBackByTaps(
  fused: FusedKernels,
  upstream: Tensor,
  filter: Tensor,
  derive: Derive,
  size: readonly [number, number],
  { strides, padding }: Geometry,
): Tensor {
  const [height, width, channels, out] = filter.shape as [number, number, number, number];
  const byTap = derive('by tap', () => tf.transpose(tf.reshape(filter, [height * width * channels, out])));
  const product = tf.matMul(tf.reshape(upstream, [-1, out]), byTap);
  const taps = tf.reshape(product, [...upstream.shape.slice(0, 3), height * width * channels]);
  const windows = { size: [height, width] as const, strides: pair(strides) };
  return fused.tapSum(taps, windows, [padding[0]![0], padding[1]![0]], size);
}

/** Most outputs of the phase convolution at which it is worth its zeros: the kernel for all else is slow on few channels. */
const FEW_OUTPUTS = 64;

/**
 * Input gradient of a convolution of stride s on few channels: every input phase i mod s is a convolution of its own with
 * each s-th tap, all of them together one stride-1 convolution, whose outputs are then laid out over space.
 * @param filter [height, width, C, out]
 * @param size of the padded input
 */
function convolveBackByPhases(
  upstream: Tensor,
  filter: Tensor,
  derive: Derive,
  size: readonly [number, number],
  stride: number,
): Tensor {
  const [height, width, channels, out] = filter.shape as [number, number, number, number];
  const taps = [height, width].map((each) => Math.ceil(each / stride)) as [number, number];
  const phases = derive('phases', () => {
    const whole = tf.pad(filter, [
      [0, taps[0] * stride - height],
      [0, taps[1] * stride - width],
      [0, 0],
      [0, 0],
    ]);
    // [taps, phase, taps, phase, C · out], one axis of taps mirrored at a time
    const vertical = tf.reverse(tf.reshape(whole, [taps[0], stride, taps[1] * stride, channels * out]), 0);
    const both = tf.reverse(tf.reshape(vertical, [taps[0] * stride, taps[1], stride, channels * out]), 1);
    const split = tf.reshape(both, [taps[0], stride, taps[1], stride, channels, out]);
    return tf.reshape(tf.transpose(split, [0, 2, 5, 1, 3, 4]), [...taps, out, stride * stride * channels]);
  });
  const places = size.map((each) => Math.ceil(each / stride));
  const padding = taps.map((each, axis) => [each - 1, places[axis]! - upstream.shape[axis + 1]!] as const);
  const convolved = convolve(upstream, phases, { strides: [1, 1], dilations: [1, 1], padding });
  const whole = tf.depthToSpace(convolved as Tensor4D, stride, 'NHWC');
  return padOrCrop(
    whole,
    size.map((each, axis) => [0, each - whole.shape[axis + 1]!]),
  );
}

type Derive = (key: string, make: () => Tensor) => Tensor;

/**
 * Input gradient of `convolve`.
 * @param derive keeps what is made of the filter
 * @param own the device's kernels of our own
 */
function convolveBack(
  upstream: Tensor,
  filter: Tensor,
  derive: Derive,
  inputShape: readonly number[],
  geometry: Geometry,
  own: FusedKernels | null,
): Tensor {
  const strided = !geometry.strides.every(isOne);
  const plain = geometry.dilations.every(isOne) && !geometry.padding.flat().some((each) => each < 0);
  const fused = plain && !strided && upstream.rank === 4 && filter.shape[2]! <= FEW_CHANNELS ? own : null;
  if (fused) return convolveBackByTaps(fused, upstream, filter, derive, [inputShape[1]!, inputShape[2]!], geometry);
  // One kernel for a strided convolution, where that is fast: spreading the upstream would multiply the work.
  if (strided && plain && upstream.rank <= 4 && tf.getBackend() === 'tensorflow') {
    if (upstream.rank === 3) {
      const image = [inputShape[0]!, 1, ...inputShape.slice(1)];
      return fromImage(convolveBack(asImage(upstream), asFlat(filter), derive, image, widened(geometry), own));
    }
    const { strides, padding } = geometry;
    const padded = inputShape.map((size, axis) => size + (padding[axis - 1]?.[0] ?? 0) + (padding[axis - 1]?.[1] ?? 0));
    const shape = padded as [number, number, number, number];
    const [stride] = strides;
    const few = strides[0] === strides[1] && filter.shape[2]! * stride! * stride! <= FEW_OUTPUTS;
    const whole = few
      ? convolveBackByPhases(upstream, filter, derive, [shape[1], shape[2]], stride!)
      : tf.conv2dTranspose(upstream as Tensor4D, filter as Tensor4D, shape, pair(strides), 'valid');
    return padOrCrop(
      whole,
      padding.map(([before, after]) => [-before, -after]),
    );
  }
  const window = filter.shape.slice(0, -2);
  const padding = backPadding(inputShape.slice(1, -1), spatialOf(upstream), window, geometry);
  const mirrored = derive('mirrored', () => swapLast(flipped(filter, window.length)));
  return convolve(spread(upstream, geometry.strides), mirrored, {
    strides: ones(window.length),
    dilations: geometry.dilations,
    padding,
  });
}

/** Applies f to every group of channels and joins the results. */
function grouped(x: Tensor, groups: number, f: (part: Tensor, group: number) => Tensor): Tensor {
  if (groups === 1) return f(x, 0);
  const axis = x.rank - 1;
  const size = x.shape[axis]! / groups;
  const parts = Array.from({ length: groups }, (_, group) => f(sliceAlong(x, axis, group * size, size), group));
  return tf.concat(parts, axis);
}
/** A filter's part for one group: a share of its last axis. */
const groupOf = (filter: Tensor, group: number, groups: number): Tensor => {
  const size = filter.shape.at(-1)! / groups;
  return sliceAlong(filter, filter.rank - 1, group * size, size);
};

const windowOf = (filter: Tensor): number[] => filter.shape.slice(0, -2);

type Attributes = Pick<Parameters<OpRule<'conv'>['run']>[1]['attributes'], 'strides' | 'dilations' | 'padding'>;
const geometryOf = (
  { strides, dilations, padding }: Attributes,
  shape: readonly number[],
  filter: Tensor,
): Geometry => ({
  strides,
  dilations,
  padding: paddingOf(padding, shape.slice(1, -1), windowOf(filter), strides, dilations),
});

export const convolution = {
  conv: {
    run: ([x, filter], { attributes, derive }) => {
      const geometry = geometryOf(attributes, x!.shape, filter!);
      const { groups } = attributes;
      if (groups === 1) return convolve(x!, filter!, geometry);
      return grouped(x!, groups, (part, group) =>
        convolve(
          part,
          derive(`group ${group}`, () => tf.clone(groupOf(filter!, group, groups))),
          geometry,
        ),
      );
    },
    ...linear<'conv'>(({ attributes, shapes: [shape], constants: [, filter], upstream, derive, fused }) => {
      const { groups } = attributes;
      const geometry = geometryOf(attributes, shape!, filter!);
      const part = [...shape!.slice(0, -1), shape!.at(-1)! / groups];
      return [
        grouped(upstream, groups, (each, group) =>
          convolveBack(
            each,
            groupOf(filter!, group, groups),
            (key, make) => derive(`${key} ${group}`, make),
            part,
            geometry,
            fused,
          ),
        ),
        null,
      ];
    }),
  },
  depthwiseConv: {
    run: ([x, filter], { attributes }) => convolveDepthwise(x!, filter!, geometryOf(attributes, x!.shape, filter!)),
    // Every channel's `times` outputs are convolved back with their own mirrored filters, then summed.
    ...linear<'depthwiseConv'>(({ attributes, shapes: [shape], constants: [, filter], upstream, derive }) => {
      const geometry = geometryOf(attributes, shape!, filter!);
      const window = windowOf(filter!);
      const [channels, times] = filter!.shape.slice(-2) as [number, number];
      const mirrored = derive('mirrored', () =>
        tf.reshape(flipped(filter!, window.length), [...window, channels * times, 1]),
      );
      const back = convolveDepthwise(spread(upstream, attributes.strides), mirrored, {
        strides: ones(window.length),
        dilations: attributes.dilations,
        padding: backPadding(shape!.slice(1, -1), spatialOf(upstream), window, geometry),
      });
      if (times === 1) return [back, null];
      return [tf.reshape(tf.sum(tf.reshape(back, [-1, channels, times]), 2), [...shape!]), null];
    }),
  },
  // The input gradient of the convolution that `conv` with the same filter is: its own gradient is that convolution.
  convTranspose: {
    run: ([x, filter], { attributes, derive, fused }) => {
      const { strides, dilations, crop, extend, groups } = attributes;
      const window = windowOf(filter!);
      const whole = spatialOf(x!).map(
        (size, axis) =>
          (size - 1) * strides[axis]! + (window[axis]! - 1) * dilations[axis]! + 1 - crop[axis]![0] - crop[axis]![1],
      );
      const out = filter!.shape.at(-2)!;
      const geometry = { strides, dilations, padding: crop };
      const result = grouped(x!, groups, (part, group) =>
        convolveBack(
          part,
          groupOf(filter!, group, groups),
          (key, make) => derive(`${key} ${group}`, make),
          [x!.shape[0]!, ...whole, out],
          geometry,
          fused,
        ),
      );
      return padOrCrop(
        result,
        extend.map((after) => [0, after]),
      );
    },
    ...linear<'convTranspose'>(({ attributes, constants: [, filter], upstream }) => {
      const { strides, dilations, crop, extend, groups } = attributes;
      const kept = padOrCrop(
        upstream,
        extend.map((after) => [0, -after]),
      );
      const geometry = { strides, dilations, padding: crop };
      return [grouped(kept, groups, (part, group) => convolve(part, groupOf(filter!, group, groups), geometry)), null];
    }),
  },
} satisfies { [Op in 'conv' | 'depthwiseConv' | 'convTranspose']: OpRule<Op> };
