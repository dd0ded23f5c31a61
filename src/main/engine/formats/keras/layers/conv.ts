/** Convolutions of 1 to 3 spatial axes: plain, depthwise, separable, transposed. */
import type { Shape, Size, ValueId } from '../../../graph/graph';
import type { Padding, WindowPadding } from '../../../graph/ops';
import { samePadding } from '../../../graph/shapes';
import { ConfigFault } from '../../json';
import { type LayerCall, NotExpressible } from '../call';
import type { LayerRow } from '../row';
import { finish } from './core';

/** Leading axes of a TimeDistributed become spatial axes with windows of one. */
export function spatialAxes(call: LayerCall, spatial: number): number {
  const axes = spatial + call.lead;
  if (axes > 3) throw new NotExpressible(`${spatial} spatial axes at every time step`);
  return axes;
}
export const ones = (count: number): number[] => new Array<number>(count).fill(1);

/** Numbers where the sizes are known, as TensorFlow pads; `same` only where they are not. */
export function paddingOf(
  kind: string,
  sizes: readonly Size[],
  window: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
): WindowPadding {
  if (kind === 'valid') return window.map(() => [0, 0] as const);
  if (kind === 'causal') return window.map((size, axis) => [(size - 1) * dilations[axis]!, 0] as const);
  if (kind !== 'same') throw new ConfigFault(`padding is ${kind}, expected valid, same or causal`);
  const padding = window.map((size, axis) => {
    const [stride, dilation] = [strides[axis]!, dilations[axis]!];
    const length = sizes[axis] ?? null;
    if (length !== null) return samePadding(length, size, stride, dilation);
    // At stride one, or with a window of one, padding is the same at every size.
    return stride === 1 || size === 1 ? samePadding(stride, size, stride, dilation) : null;
  });
  return padding.some((each) => each === null) ? 'same' : (padding as Padding);
}

interface Geometry {
  /** Without the axes of a TimeDistributed. */
  readonly kernel: readonly number[];
  readonly window: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
}

function geometry(call: LayerCall, spatial: number): Geometry {
  const axes = spatialAxes(call, spatial);
  call.wantRank(spatial + 1);
  const lead = ones(axes - spatial);
  const kernel = call.config.perAxis('kernel_size', spatial);
  for (const size of kernel) if (size < 1) throw new ConfigFault(`kernel_size is ${size}`);
  return {
    kernel,
    window: [...lead, ...kernel],
    strides: [...lead, ...call.config.perAxis('strides', spatial, 1)],
    dilations: [...lead, ...call.config.perAxis('dilation_rate', spatial, 1)],
  };
}

const channelsOf = (call: LayerCall): Size =>
  (call.channelsFirst ? call.shape()[call.lead] : call.shape().at(-1)) ?? null;

/** The filter with leading windows of one, where a TimeDistributed asks for them. */
function widened(call: LayerCall, filter: ValueId, name: string): ValueId {
  if (!call.lead) return filter;
  return call.derived(`${name}_over_time`, () => {
    const { shape, data } = call.data(filter);
    return { shape: [...ones(call.lead), ...shape], data };
  });
}

/** Convolution, then moved back to where the layer keeps its channels, then the activation. */
function conv(spatial: number): LayerRow['translate'] {
  return (call) => {
    const { config } = call;
    const { kernel, window, strides, dilations } = geometry(call, spatial);
    const groups = config.whole('groups', 1);
    const filters = config.whole('filters');
    const channels = channelsOf(call);
    if (groups < 1 || (channels !== null && channels % groups))
      throw new ConfigFault(`${channels} channels cannot be shared among ${groups} groups`);
    const shape: Shape = [...kernel, channels === null ? null : channels / groups, filters];
    const [filter, bias] = weightsOf(call, [['kernel', shape]], filters);
    return withActivation(call, bias, (x) => {
      const padding = paddingOf(config.text('padding', 'valid'), call.shape(x), window, strides, dilations);
      const wide = widened(call, filter!, 'kernel');
      return call.op('conv', [x, wide], { strides, dilations, padding, groups }, 'conv');
    });
  };
}

type Wanted = readonly [names: string | readonly string[], shape: Shape];

/** The filters that a layer has, and its bias if it has one. */
function weightsOf(call: LayerCall, filters: readonly Wanted[], out: Size): (ValueId | undefined)[] {
  const biased = call.config.flag('use_bias', true);
  return call.weights(...filters, ...(biased ? [['bias', [out]] as Wanted] : []));
}

/** Bias is added while channels are last; the activation sees what Keras's sees. */
function withActivation(call: LayerCall, bias: ValueId | undefined, linear: (x: ValueId) => ValueId): ValueId {
  const pre = call.spatially((x) => {
    const product = linear(x);
    return bias === undefined ? product : call.op('add', [product, bias], {}, call.channelsFirst ? 'biased' : 'pre');
  });
  return finish(call, pre, undefined);
}

function depthwise(spatial: number): LayerRow['translate'] {
  return (call) => {
    const { kernel, window, strides, dilations } = geometry(call, spatial);
    const multiplier = call.config.whole('depth_multiplier', 1);
    const channels = channelsOf(call);
    const out = channels === null ? null : channels * multiplier;
    const shape: Shape = [...kernel, channels, multiplier];
    const [filter, bias] = weightsOf(call, [[['kernel', 'depthwise_kernel'], shape]], out);
    return withActivation(call, bias, (x) => {
      const padding = paddingOf(call.config.text('padding', 'valid'), call.shape(x), window, strides, dilations);
      return call.op(
        'depthwiseConv',
        [x, widened(call, filter!, 'kernel')],
        { strides, dilations, padding },
        'depthwise',
      );
    });
  };
}

function separable(spatial: number): LayerRow['translate'] {
  return (call) => {
    const { kernel, window, strides, dilations } = geometry(call, spatial);
    const multiplier = call.config.whole('depth_multiplier', 1);
    const filters = call.config.whole('filters');
    const channels = channelsOf(call);
    const between = channels === null ? null : channels * multiplier;
    const wanted: Wanted[] = [
      ['depthwise_kernel', [...kernel, channels, multiplier]],
      ['pointwise_kernel', [...ones(spatial), between, filters]],
    ];
    const [depthFilter, pointFilter, bias] = weightsOf(call, wanted, filters);
    return withActivation(call, bias, (x) => {
      const padding = paddingOf(call.config.text('padding', 'valid'), call.shape(x), window, strides, dilations);
      const deep = widened(call, depthFilter!, 'depthwise_kernel');
      const depth = call.op('depthwiseConv', [x, deep], { strides, dilations, padding }, 'depthwise');
      const point = widened(call, pointFilter!, 'pointwise_kernel');
      const axes = window.length;
      const plain = {
        strides: ones(axes),
        dilations: ones(axes),
        padding: window.map(() => [0, 0] as const),
        groups: 1,
      };
      return call.op('conv', [depth, point], plain, 'pointwise');
    });
  };
}

/**
 * Output of length L, as TensorFlow: the input gradient of a convolution that takes L to the input's length.
 * Of the full length (n − 1)·stride + reach, `same` cuts what that convolution would pad; what L has more is zeros.
 */
function transposed(spatial: number): LayerRow['translate'] {
  return (call) => {
    const { config } = call;
    const { kernel, window, strides, dilations } = geometry(call, spatial);
    const filters = config.whole('filters');
    const [filter, bias] = weightsOf(call, [['kernel', [...kernel, filters, channelsOf(call)]]], filters);
    const same = config.text('padding', 'valid') === 'same';
    if (!same && config.text('padding', 'valid') !== 'valid')
      throw new ConfigFault('padding is neither valid nor same');
    const extra = config.has('output_padding') ? config.perAxis('output_padding', spatial) : null;
    const lead = call.lead;
    const crop: [number, number][] = [];
    const extend: number[] = [];
    window.forEach((size, axis) => {
      const stride = strides[axis]!;
      const reach = (size - 1) * dilations[axis]! + 1;
      // How far the output is longer than the full length (n − 1)·stride + reach; the same for every n.
      const added = axis < lead ? null : (extra?.[axis - lead] ?? null);
      const longer =
        added === null
          ? same
            ? stride - reach
            : Math.max(stride - reach, 0)
          : (same ? -2 * Math.floor(reach / 2) : 0) + added;
      if (longer >= 0) {
        crop.push([0, 0]);
        extend.push(longer);
      } else {
        const before = Math.floor(-longer / 2);
        crop.push([before, -longer - before]);
        extend.push(0);
      }
    });
    return withActivation(call, bias, (x) => {
      const wide = widened(call, filter!, 'kernel');
      return call.op('convTranspose', [x, wide], { strides, dilations, crop, extend, groups: 1 }, 'conv');
    });
  };
}

const row = (translate: LayerRow['translate']): LayerRow => ({ translate, units: 'format' });

export const convolutions: Readonly<Record<string, LayerRow>> = {
  Conv1D: row(conv(1)),
  Conv2D: row(conv(2)),
  Conv3D: row(conv(3)),
  DepthwiseConv1D: row(depthwise(1)),
  DepthwiseConv2D: row(depthwise(2)),
  SeparableConv1D: row(separable(1)),
  SeparableConv2D: row(separable(2)),
  Conv1DTranspose: row(transposed(1)),
  Conv2DTranspose: row(transposed(2)),
  Conv3DTranspose: row(transposed(3)),
  // Keras 2's other names
  Convolution1D: row(conv(1)),
  Convolution2D: row(conv(2)),
  Convolution3D: row(conv(3)),
  SeparableConvolution1D: row(separable(1)),
  SeparableConvolution2D: row(separable(2)),
  Convolution2DTranspose: row(transposed(2)),
  Convolution3DTranspose: row(transposed(3)),
};
