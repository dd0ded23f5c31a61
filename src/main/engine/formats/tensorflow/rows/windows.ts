/** Convolutions and pools, and what is fused to them. */
import * as host from '../../tensors/array';
import { isArray, NotExpressible, product, range, type HostArray } from '../../tensors/array';
import { symbolic, type Tensor } from '../../tensors/assembly';
import { clipped } from '../../tensors/compositions';
import type { Layout, TfCall } from '../call';
import { Later } from '../../tensors/later';
import type { Row } from './row';
import { normed } from './norms';
import * as sliding from '../../tensors/sliding';

/** [...window, in, out] as it is; with strides, dilations and padding of the node. */
function convolved(call: TfCall, x: Tensor): Tensor {
  const { to } = call;
  const layout = call.layout(x);
  const filter = to.array(call.input(1), 'a filter');
  const size = filter.shape.slice(0, -2);
  const strides = call.spatially('strides', layout);
  const dilations = call.dilated ? [...call.dilated.block] : call.spatially('dilations', layout);
  const padding = call.padding(x, layout, size, strides, dilations);
  const groups = to.shape(x)[layout.channel]! / filter.shape.at(-2)!;
  if (!Number.isInteger(groups)) throw new NotExpressible('a filter of another number of channels');
  return sliding.conv(to, x, filter, layout.channel, layout.spatial, { size, strides, dilations, padding }, groups);
}

/** [...window, in, multiplier] as one filter per group: [...window, 1, in · multiplier]. */
function depthwise(call: TfCall, x: Tensor): Tensor {
  const { to } = call;
  const layout = call.layout(x);
  const filter = to.array(call.input(1), 'a filter');
  const size = filter.shape.slice(0, -2);
  const [channels, multiplier] = filter.shape.slice(-2) as [number, number];
  const strides = call.spatially('strides', layout);
  const dilations = call.dilated ? [...call.dilated.block] : call.spatially('dilations', layout);
  const padding = call.padding(x, layout, size, strides, dilations);
  const windows = { size, strides, dilations, padding };
  return sliding.conv(
    to,
    x,
    host.reshaped(filter, [...size, 1, channels * multiplier]),
    layout.channel,
    layout.spatial,
    windows,
    channels,
  );
}

/** What was fused to a product: bias, norm, activation, in the order that is given. */
export function fused(call: TfCall, product: Tensor, layout: Layout): Tensor {
  const { to } = call;
  let next = 2;
  return call.texts('fused_ops').reduce<Tensor>((x, op) => {
    switch (op) {
      case 'BiasAdd':
        return biased(call, x, call.input(next++), layout.channel);
      case 'FusedBatchNorm': {
        const args = range(4, next).map((i) => to.array(call.input(i), 'a statistic')) as [
          HostArray,
          HostArray,
          HostArray,
          HostArray,
        ];
        next += 4;
        return normed(call, x, layout.channel, ...args);
      }
      case 'Relu':
        return to.unary('relu', x, {}, null);
      case 'Relu6':
        return clipped(to, x, 0, 6);
      case 'Elu':
        return to.unary('elu', x, { alpha: 1 }, null);
      case 'LeakyRelu':
        return to.unary('leakyRelu', x, { slope: call.float('leakyrelu_alpha', 0.2) }, null);
      case 'Sigmoid':
        return to.unary('sigmoid', x, {}, null);
      case 'Tanh':
        return to.unary('tanh', x, {}, null);
      case 'GeluExact':
        return to.unary('gelu', x, {}, null);
      case 'GeluApproximate':
        return to.unary('geluTanh', x, {}, null);
      case 'Prelu':
        return prelu(call, x, to.array(call.input(next++), 'a slope'));
      default:
        throw new NotExpressible(`${op} fused to it`);
    }
  }, product);
}

/** relu(x) − slope · relu(−x) */
export function prelu(call: TfCall, x: Tensor, slope: HostArray): Tensor {
  const { to } = call;
  const below = to.unary('relu', to.unary('neg', x, {}, null), {}, null);
  return to.binary('sub', to.unary('relu', x, {}, null), to.binary('mul', below, slope));
}

function biased(call: TfCall, x: Tensor, bias: Tensor, channel: number): Tensor {
  const { to } = call;
  const rank = to.rank(x);
  // Grappler takes another product for a bias.
  if (!isArray(bias) && channel === rank - 1) return to.binary('add', x, bias);
  const array = to.array(bias, 'a bias');
  return to.binary(
    'add',
    x,
    channel === rank - 1
      ? array
      : host.reshaped(
          array,
          range(rank).map((axis) => (axis === channel ? array.data.length : 1)),
        ),
  );
}

const pool =
  (kind: 'max' | 'average'): Row =>
  (call) => {
    const x = call.input(0);
    const layout = call.layout(x);
    // Newer kinds of pools are given windows and steps as inputs.
    const along = (key: string, input: number): number[] => {
      if (call.inputs.length < 3) return call.spatially(key, layout);
      const sizes = call.list(input, 'a window');
      return layout.spatial.map((axis) => sizes[axis] ?? 1);
    };
    const size = along('ksize', 1);
    const strides = along('strides', 2);
    const dilations = size.map(() => 1);
    const padding = call.padding(x, layout, size, strides, dilations);
    return sliding.pool(call.to, kind, x, layout.channel, layout.spatial, { size, strides, dilations, padding }, false);
  };

/** The input gradient of a convolution: inputs are the size of what comes out, the filter [...window, out, in], x. */
const convTranspose: Row = (call) => {
  const { to } = call;
  const x = call.input(2);
  const filter = to.array(call.input(1), 'a filter');
  const layout = call.layout(x);
  const size = filter.shape.slice(0, -2);
  const strides = call.spatially('strides', layout);
  const dilations = call.spatially('dilations', layout);
  const wanted = call.list(0, 'a size');
  const shape = to.shape(x);
  const crop = layout.spatial.map((axis, i): [number, number] => {
    const reach = (size[i]! - 1) * dilations[i]! + 1;
    const target = wanted[axis]!;
    if (symbolic(target) || symbolic(shape[axis]!)) throw new NotExpressible('a transposed convolution of a free size');
    const full = (shape[axis]! - 1) * strides[i]! + reach;
    const before =
      call.text('padding', 'VALID') === 'SAME'
        ? Math.floor(Math.max((shape[axis]! - 1) * strides[i]! + reach - target, 0) / 2)
        : 0;
    return [before, full - before - target];
  });
  const padding = crop.map(([before, after]) => [before, Math.max(0, after)] as const);
  const extend = crop.map(([, after]) => Math.max(0, -after));
  return sliding.convTranspose(
    to,
    x,
    filter,
    layout.channel,
    layout.spatial,
    { size, strides, dilations, padding },
    extend,
    1,
  );
};

/** Patches of an image or a volume, each laid out along its channels: a convolution with one filter for each of a patch's places. */
const patches: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const layout = call.layout(x);
  const [size, strides, dilations] = ['ksizes', 'strides', 'rates'].map((key) => call.spatially(key, layout)) as [
    number[],
    number[],
    number[],
  ];
  const channels = to.shape(x)[layout.channel]!;
  const places = product(size) * channels;
  if (symbolic(channels) || places > 8192) throw new NotExpressible(`patches of ${places} values`);
  const filter = new Float32Array(places * places);
  for (let place = 0; place < places; place++) filter[place * places + place] = 1;
  const windows = { size, strides, dilations, padding: call.padding(x, layout, size, strides, dilations) };
  const filters = host.reals([...size, channels, places], filter);
  return sliding.conv(to, x, filters, layout.channel, layout.spatial, windows, 1);
};

/** Pooled values; which they are is no value. */
const maxPoolWithPlaces: Row = (call) => {
  const places = new Later(() => {
    throw new NotExpressible('places of maxima');
  });
  return [pool('max')(call) as Tensor, places];
};

export const windows: Readonly<Record<string, Row>> = {
  BiasAdd: (call) => biased(call, call.input(0), call.input(1), call.layout(call.input(0)).channel),
  BiasAddV1: (call) => {
    const x = call.input(0);
    return biased(call, x, call.input(1), call.to.rank(x) - 1);
  },
  Conv2D: (call) => convolved(call, call.input(0)),
  Conv3D: (call) => convolved(call, call.input(0)),
  DepthwiseConv2dNative: (call) => depthwise(call, call.input(0)),
  _FusedConv2D: (call) => fused(call, convolved(call, call.input(0)), call.layout(call.input(0))),
  FusedDepthwiseConv2dNative: (call) => fused(call, depthwise(call, call.input(0)), call.layout(call.input(0))),
  _FusedDepthwiseConv2dNative: (call) => fused(call, depthwise(call, call.input(0)), call.layout(call.input(0))),
  Conv2DBackpropInput: convTranspose,
  Conv3DBackpropInputV2: convTranspose,
  MaxPool: pool('max'),
  MaxPoolV2: pool('max'),
  MaxPool3D: pool('max'),
  AvgPool: pool('average'),
  AvgPool3D: pool('average'),
  MaxPoolWithArgmax: maxPoolWithPlaces,
  ExtractImagePatches: patches,
  ExtractVolumePatches: patches,
};
