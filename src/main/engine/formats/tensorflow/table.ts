/** What each TensorFlow op becomes: one row per op. */
import * as host from '../tensors/array';
import { type HostArray, isArray, NotExpressible, product, range } from '../tensors/array';
import { type BinaryOp, type ReduceOp, symbolic, type Tensor } from '../tensors/assembly';
import {
  band,
  besideNeighbours,
  ceiled,
  clipped,
  completed,
  contraction,
  isFinite,
  isInfinite,
  isNotNumber,
  multipliedOver,
  negated,
  raised,
  remainder,
  resized,
  type Resizing,
  safeDivision,
  selected,
  spreadOut,
  summedUp,
} from '../tensors/compositions';
import { converted, numberType } from '../tensors/casts';
import { functions, PLAIN } from '../tensors/functions';
import { type Layout, TfCall } from './call';
import { TYPE_NAMES } from './node';

type Row = (call: TfCall) => Tensor | readonly Tensor[];

const plain =
  (op: (typeof PLAIN)[keyof typeof PLAIN]): Row =>
  (call) =>
    call.to.unary(op, call.input(0), {}, functions[op] ?? null);
const binary =
  (op: BinaryOp): Row =>
  (call) =>
    call.to.binary(op, call.input(0), call.input(1));
const passed: Row = (call) => call.input(0);
const reduction =
  (op: ReduceOp): Row =>
  (call) =>
    call.to.reduce(op, call.input(0), call.list(1, 'axes'), call.flag('keep_dims'));
const computed =
  (apply: (a: number, b: number) => number, whole: boolean | null = null): Row =>
  (call) => {
    const [a, b] = [call.to.array(call.input(0), 'arithmetic'), call.to.array(call.input(1), 'arithmetic')];
    return host.combined(a, b, apply, whole ?? (a.whole && b.whole));
  };

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
  return to.conv(x, filter, layout.channel, layout.spatial, { size, strides, dilations, padding }, groups);
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
  return to.conv(
    x,
    host.reshaped(filter, [...size, 1, channels * multiplier]),
    layout.channel,
    layout.spatial,
    windows,
    channels,
  );
}

/** What was fused to a product: bias, norm, activation, in the order that is given. */
function fused(call: TfCall, product: Tensor, layout: Layout): Tensor {
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
function prelu(call: TfCall, x: Tensor, slope: HostArray): Tensor {
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

function normed(
  call: TfCall,
  x: Tensor,
  channel: number,
  scale: HostArray,
  offset: HostArray,
  mean: HostArray,
  variance: HostArray,
): Tensor {
  const epsilon = call.float('epsilon', 1e-4);
  const factor = Float64Array.from(scale.data, (each, i) => each / Math.sqrt(variance.data[i]! + epsilon));
  const shift = Float32Array.from(offset.data, (each, i) => each - mean.data[i]! * factor[i]!);
  return call.to.affine(x, channel, host.reals(scale.shape, Float32Array.from(factor)), host.reals(scale.shape, shift));
}

const batchNorm: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const { channel } = call.layout(x);
  const [scale, offset] = [1, 2].map((i) => to.array(call.input(i), 'a statistic')) as [HostArray, HostArray];
  if (!call.flag('is_training', true)) {
    const [mean, variance] = [3, 4].map((i) => to.array(call.input(i), 'a statistic')) as [HostArray, HostArray];
    return normed(call, x, channel, scale, offset, mean, variance);
  }
  // Keras writes layer norm as a norm of a batch of one, whose channels are the examples.
  const axes = range(to.rank(x)).filter((axis) => axis !== channel);
  const normalised = to.normalise(x, axes, call.float('epsilon', 1e-4));
  const along = (array: HostArray): HostArray =>
    host.reshaped(
      array,
      range(to.rank(x)).map((axis) => (axis === channel ? array.data.length : 1)),
    );
  const scaled = scale.data.every((each) => each === 1) ? normalised : to.binary('mul', normalised, along(scale));
  return offset.data.every((each) => each === 0) ? scaled : to.binary('add', scaled, along(offset));
};

/** A batch norm of trained statistics, what is added to it, and its activation. */
const batchNormEx: Row = (call) => {
  const { to } = call;
  const made = batchNorm(call) as Tensor;
  const sum = call.int('num_side_inputs', 0) > 0 ? to.binary('add', made, call.input(5)) : made;
  const activation = call.text('activation_mode', 'Identity');
  if (activation === 'Identity') return sum;
  if (activation !== 'Relu') throw new NotExpressible(`the activation ${activation}`);
  return to.unary('relu', sum, {}, null);
};

const pool =
  (kind: 'max' | 'average'): Row =>
  (call) => {
    const x = call.input(0);
    const layout = call.layout(x);
    const size = call.spatially('ksize', layout);
    const strides = call.spatially('strides', layout);
    const dilations = size.map(() => 1);
    const padding = call.padding(x, layout, size, strides, dilations);
    return call.to.pool(kind, x, layout.channel, layout.spatial, { size, strides, dilations, padding }, false);
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
  return to.convTranspose(x, filter, layout.channel, layout.spatial, { size, strides, dilations, padding }, extend, 1);
};

const matmul =
  (a: string, b: string): Row =>
  (call) => {
    const { to } = call;
    const left = call.flag(a) ? to.swapLast(call.input(0)) : call.input(0);
    const right = call.flag(b) ? to.swapLast(call.input(1)) : call.input(1);
    return to.matmul(left, right);
  };

const stridedSlice: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const [begin, end, strides] = [1, 2, 3].map((i) => call.list(i, 'a slice')) as [number[], number[], number[]];
  const masks = ['begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'].map((key) =>
    call.int(key, 0),
  ) as [number, number, number, number, number];
  const bit = (mask: number, i: number): boolean => ((mask >> i) & 1) === 1;
  const rank = to.rank(x);
  const given = range(begin.length);
  const taken = given.filter((i) => !bit(masks[3], i) && !bit(masks[2], i)).length;
  const [from, until, steps]: [(number | null)[], (number | null)[], number[]] = [[], [], []];
  const shrink: number[] = [];
  const fresh: number[] = [];
  let place = 0; // in the result, before shrinking
  const open = (count: number): void => {
    for (let k = 0; k < count; k++) {
      from.push(null);
      until.push(null);
      steps.push(1);
      place++;
    }
  };
  for (const i of given) {
    if (bit(masks[2], i)) open(rank - taken);
    else if (bit(masks[3], i)) fresh.push(place++);
    else {
      const single = bit(masks[4], i);
      if (single) shrink.push(place);
      from.push(bit(masks[0], i) && !single ? null : begin[i]!);
      until.push(single ? (begin[i] === -1 ? null : begin[i]! + 1) : bit(masks[1], i) ? null : end[i]!);
      steps.push(single ? 1 : strides[i]!);
      place++;
    }
  }
  open(rank - from.length);
  let made = to.slice(x, from, until, steps);
  if (fresh.length) made = to.unsqueeze(made, fresh);
  return shrink.length ? to.squeeze(made, shrink) : made;
};

function reversed(call: TfCall, axes: readonly number[]): Tensor {
  const { to } = call;
  const x = call.input(0);
  const turned = new Set(axes.map((axis) => to.axis(x, axis)));
  const open = range(to.rank(x)).map(() => null);
  return to.slice(
    x,
    open,
    open,
    open.map((_, axis) => (turned.has(axis) ? -1 : 1)),
  );
}

const ended = (rank: number, axis: number, value: number): (number | null)[] =>
  range(rank).map((i) => (i === axis ? value : null));
function parts(call: TfCall, x: Tensor, axis: number, sizes: readonly number[]): Tensor[] {
  const { to } = call;
  const rank = to.rank(x);
  let at = 0;
  return sizes.map((size) => {
    // A part of nothing, which Keras 2's GRU makes and leaves.
    if (size === 0)
      return host.filled(
        to.shape(x).map((each, i) => (i === axis ? 0 : symbolic(each) ? 1 : each)),
        0,
        false,
      );
    const part = to.slice(
      x,
      ended(rank, axis, at),
      ended(rank, axis, at + size),
      range(rank).map(() => 1),
    );
    at += size;
    return part;
  });
}

const pairs = (list: readonly number[]): [number, number][] =>
  range(list.length / 2).map((i) => [list[2 * i]!, list[2 * i + 1]!]);

const resize =
  (method: Resizing['method']): Row =>
  (call) => {
    const { to } = call;
    const x = call.input(0);
    const shape = to.shape(x);
    const wanted = call.list(1, 'a size');
    const spatial = [1, 2];
    const scale = spatial.map((axis, i) => wanted[i]! / shape[axis]!);
    const coordinates = call.flag('half_pixel_centers')
      ? 'half_pixel'
      : call.flag('align_corners')
        ? 'align_corners'
        : 'asymmetric';
    const by: Resizing = {
      method,
      coordinates,
      // TensorFlow's nearest takes the floor of the centre, or rounds where corners are aligned.
      rounding: coordinates === 'align_corners' ? 'round_prefer_ceil' : 'floor',
      cubic: call.flag('half_pixel_centers') ? -0.5 : -0.75,
      excludeOutside: call.flag('half_pixel_centers'),
      antialias: false,
      ...(method === 'cubic' && { table: 1024 }),
    };
    const whole = scale.every((each) => Number.isInteger(each) && each >= 1);
    if (method === 'nearest' && whole && coordinates !== 'align_corners')
      return to.upsample(x, 3, spatial, scale, 'nearest');
    if (method === 'linear' && whole && coordinates === 'half_pixel')
      return to.upsample(x, 3, spatial, scale, 'bilinear');
    const centred: Resizing =
      method === 'nearest' && coordinates === 'half_pixel' ? { ...by, coordinates: 'tf_half_pixel_for_nn' } : by;
    return spatial.reduce<Tensor>((value, axis, i) => resized(to, value, axis, wanted[i]!, scale[i]!, centred), x);
  };

const gather: Row = (call) => {
  const { to } = call;
  const axis = call.inputs[2] ? to.axis(call.input(0), call.list(2, 'an axis')[0]!) : 0;
  if (call.int('batch_dims', 0)) throw new NotExpressible('batch dimensions');
  return to.gather(call.input(0), call.input(1), axis);
};

const cast: Row = (call) => {
  const { to } = call;
  const type = call.type('DstT');
  const name = TYPE_NAMES.get(type);
  if (name === undefined) throw new NotExpressible(`a conversion to type ${type}`);
  return converted(to, call.input(0), numberType(name));
};

const oneHot: Row = (call) => {
  const { to } = call;
  const indices = call.input(0);
  const [depth, on, off] = [1, 2, 3].map((i) => call.list(i, 'what one place gets')[0]!) as [number, number, number];
  return spreadOut(to, indices, depth, on, off, to.axis(indices, call.int('axis', -1), 1));
};

/** Places moved round along axes. */
const rolled: Row = (call) => {
  const { to } = call;
  const shifts = call.list(1, 'a shift');
  return call.list(2, 'axes').reduce<Tensor>((x, each, i) => {
    const axis = to.axis(x, each);
    const size = to.shape(x)[axis]!;
    if (symbolic(size)) throw new NotExpressible('a free size moved round');
    const places = range(size).map((place) => (((place - shifts[i]!) % size) + size) % size);
    return to.gather(x, host.wholes(places), axis);
  }, call.input(0));
};

/** Patches of an image, each laid out along its channels: a convolution with one filter for each of a patch's places. */
const patches: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const layout: Layout = { channel: 3, spatial: [1, 2] };
  const [size, strides, dilations] = ['ksizes', 'strides', 'rates'].map((key) => call.spatially(key, layout)) as [
    number[],
    number[],
    number[],
  ];
  const channels = to.shape(x)[3]!;
  const places = product(size) * channels;
  if (symbolic(channels) || places > 8192) throw new NotExpressible(`patches of ${places} values`);
  const filter = new Float32Array(places * places);
  for (let place = 0; place < places; place++) filter[place * places + place] = 1;
  const windows = { size, strides, dilations, padding: call.padding(x, layout, size, strides, dilations) };
  return to.conv(x, host.reals([...size, channels, places], filter), layout.channel, layout.spatial, windows, 1);
};

const power: Row = (call) => raised(call.to, call.input(0), call.input(1));

const shapeRow: Row = (call) => host.wholes([...call.to.shape(call.input(0))]);

const blocks =
  (deep: boolean): Row =>
  (call) => {
    const { to } = call;
    const x = call.input(0);
    const block = call.int('block_size', 1);
    if (call.text('data_format', 'NHWC') !== 'NHWC') throw new NotExpressible('channels first');
    const [n, h, w, c] = to.shape(x) as [number, number, number, number];
    if (deep) {
      const parted = to.transpose(to.reshape(x, [n, h / block, block, w / block, block, c]), [0, 1, 3, 2, 4, 5]);
      return to.reshape(parted, [n, h / block, w / block, c * block ** 2]);
    }
    const less = c / block ** 2;
    const parted = to.transpose(to.reshape(x, [n, h, w, block, block, less]), [0, 1, 3, 2, 4, 5]);
    return to.reshape(parted, [n, h * block, w * block, less]);
  };

const rows: Readonly<Record<string, Row>> = {
  ...Object.fromEntries(Object.entries(PLAIN).map(([kind, op]) => [kind, plain(op)])),
  Identity: passed,
  StopGradient: passed,
  PreventGradient: passed,
  Snapshot: passed,
  CheckNumerics: passed,
  PlaceholderWithDefault: passed,
  EnsureShape: passed,
  IdentityN: (call) => call.inputs,
  Const: (call) => {
    const tensor = call.node.attributes.get('value')?.tensor;
    if (!tensor || call.type('dtype') === 7) throw new NotExpressible('a constant that is no number');
    return tensor();
  },
  Cast: cast,

  Add: binary('add'),
  AddV2: binary('add'),
  AddN: (call) => call.inputs.slice(1).reduce<Tensor>((sum, x) => call.to.binary('add', sum, x), call.input(0)),
  Sub: binary('sub'),
  Mul: binary('mul'),
  Div: binary('div'),
  RealDiv: binary('div'),
  DivNoNan: (call) => safeDivision(call.to, call.input(0), call.input(1)),
  MulNoNan: binary('mul'),
  Maximum: binary('maximum'),
  Minimum: binary('minimum'),
  SquaredDifference: (call) =>
    call.to.unary('square', call.to.binary('sub', call.input(0), call.input(1)), {}, functions['square']!),
  Pow: power,
  FloorDiv: computed((a, b) => Math.floor(a / b)),
  FloorMod: (call) => remainder(call.to, call.input(0), call.input(1), false),
  Mod: (call) => remainder(call.to, call.input(0), call.input(1), true),
  TruncateMod: (call) => remainder(call.to, call.input(0), call.input(1), true),
  Atan2: binary('atan2'),
  Equal: binary('equal'),
  NotEqual: (call) => negated(call.to, call.to.binary('equal', call.input(0), call.input(1))),
  Greater: binary('greater'),
  GreaterEqual: binary('greaterEqual'),
  Less: (call) => call.to.binary('greater', call.input(1), call.input(0)),
  LessEqual: (call) => call.to.binary('greaterEqual', call.input(1), call.input(0)),
  LogicalAnd: binary('mul'),
  LogicalOr: binary('maximum'),
  IsNan: (call) => isNotNumber(call.to, call.input(0)),
  IsInf: (call) => isInfinite(call.to, call.input(0), true, true),
  IsFinite: (call) => isFinite(call.to, call.input(0)),
  LogicalNot: (call) => negated(call.to, call.input(0)),
  Ceil: (call) => ceiled(call.to, call.input(0)),
  Select: (call) => {
    const { to } = call;
    const [condition, a] = [call.input(0), call.input(1)];
    // A condition of one axis picks along the first.
    const missing = to.rank(a) - to.rank(condition);
    const turned = missing > 0 && to.rank(condition) === 1 ? to.unsqueeze(condition, range(missing, 1)) : condition;
    return selected(to, turned, a, call.input(2));
  },
  SelectV2: (call) => selected(call.to, call.input(0), call.input(1), call.input(2)),
  ClipByValue: (call) => clipped(call.to, call.input(0), call.list(1, 'a bound')[0]!, call.list(2, 'a bound')[0]!),

  Relu6: (call) => clipped(call.to, call.input(0), 0, 6),
  LeakyRelu: (call) => call.to.unary('leakyRelu', call.input(0), { slope: call.float('alpha', 0.2) }, null),
  Elu: (call) => call.to.unary('elu', call.input(0), { alpha: 1 }, null),
  Selu: (call) => call.to.unary('selu', call.input(0), {}, null),
  Prelu: (call) => prelu(call, call.input(0), call.to.array(call.input(1), 'a slope')),
  Erfc: (call) => call.to.binary('sub', host.scalar(1), call.to.unary('erf', call.input(0), {}, null)),
  Expm1: (call) => call.to.binary('sub', call.to.unary('exp', call.input(0), {}, functions['exp']!), host.scalar(1)),

  BiasAdd: (call) => biased(call, call.input(0), call.input(1), call.layout(call.input(0)).channel),
  Conv2D: (call) => convolved(call, call.input(0)),
  Conv3D: (call) => convolved(call, call.input(0)),
  DepthwiseConv2dNative: (call) => depthwise(call, call.input(0)),
  _FusedConv2D: (call) => fused(call, convolved(call, call.input(0)), call.layout(call.input(0))),
  FusedDepthwiseConv2dNative: (call) => fused(call, depthwise(call, call.input(0)), call.layout(call.input(0))),
  _FusedDepthwiseConv2dNative: (call) => fused(call, depthwise(call, call.input(0)), call.layout(call.input(0))),
  Conv2DBackpropInput: convTranspose,
  Conv3DBackpropInputV2: convTranspose,
  MatMul: matmul('transpose_a', 'transpose_b'),
  BatchMatMul: matmul('adj_x', 'adj_y'),
  BatchMatMulV2: matmul('adj_x', 'adj_y'),
  BatchMatMulV3: matmul('adj_x', 'adj_y'),
  _FusedMatMul: (call) => {
    const made = matmul('transpose_a', 'transpose_b')(call) as Tensor;
    return fused(call, made, { channel: call.to.rank(made) - 1, spatial: [] });
  },
  Einsum: (call) => contraction(call.to, call.text('equation', ''), call.inputs),
  MaxPool: pool('max'),
  MaxPool3D: pool('max'),
  AvgPool: pool('average'),
  AvgPool3D: pool('average'),
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  _FusedBatchNormEx: batchNormEx,
  Softmax: (call) => call.to.along(call.input(0), call.to.rank(call.input(0)) - 1, 'softmax'),
  LogSoftmax: (call) => call.to.along(call.input(0), call.to.rank(call.input(0)) - 1, 'logSoftmax'),

  Sum: reduction('sum'),
  Mean: reduction('mean'),
  Max: reduction('max'),
  Min: reduction('min'),
  Prod: (call) => {
    const axes = call.list(1, 'axes').map((axis) => call.to.axis(call.input(0), axis));
    return multipliedOver(call.to, call.input(0), axes, call.flag('keep_dims'));
  },
  Cumsum: (call) => {
    const axis = call.to.axis(call.input(0), call.list(1, 'an axis')[0]!);
    return summedUp(call.to, call.input(0), axis, call.flag('exclusive'), call.flag('reverse'));
  },
  All: (call) => {
    const x = call.to.array(call.input(0), 'a condition');
    return host.folded(
      x,
      call.list(1, 'axes').map((axis) => call.to.axis(x, axis)),
      call.flag('keep_dims'),
      1,
      (a, b) => (a && b ? 1 : 0),
    );
  },

  MatrixBandPart: (call) => {
    const [lower, upper] = [call.list(1, 'a number of diagonals')[0]!, call.list(2, 'a number of diagonals')[0]!];
    // Negative: all of them.
    return band(call.to, call.input(0), (ahead) => (lower < 0 || -ahead <= lower) && (upper < 0 || ahead <= upper));
  },
  LRN: (call) => {
    const radius = call.int('depth_radius', 5);
    return besideNeighbours(call.to, call.input(0), 3, {
      before: radius,
      after: radius,
      weight: call.float('alpha', 1),
      bias: call.float('bias', 1),
      beta: call.float('beta', 0.5),
    });
  },
  OneHot: oneHot,
  Roll: rolled,
  ExtractImagePatches: patches,

  Shape: shapeRow,
  ShapeN: (call) => call.inputs.map((x) => host.wholes([...call.to.shape(x)])),
  Size: (call) => host.wholes([product(call.to.shape(call.input(0)))], []),
  Rank: (call) => host.wholes([call.to.rank(call.input(0))], []),
  Range: (call) => {
    const [start, limit, delta] = [0, 1, 2].map((i) => call.list(i, 'a range')[0]!) as [number, number, number];
    const count = Math.max(0, Math.ceil((limit - start) / delta));
    if (!(count <= 1e6)) throw new NotExpressible(`a range of ${count} numbers`);
    return host.wholes(range(count).map((i) => start + i * delta));
  },
  Fill: (call) => {
    const value = call.to.array(call.input(1), 'a number');
    return host.filled(
      call.list(0, 'a shape').map((size) => (symbolic(size) ? 1 : size)),
      value.data[0]!,
      value.whole,
    );
  },
  ZerosLike: (call) =>
    host.filled(
      call.to.shape(call.input(0)).map((size) => (symbolic(size) ? 1 : size)),
      0,
      false,
    ),
  OnesLike: (call) =>
    host.filled(
      call.to.shape(call.input(0)).map((size) => (symbolic(size) ? 1 : size)),
      1,
      false,
    ),
  BroadcastArgs: (call) => host.wholes(host.broadcastShape(call.list(0, 'a shape'), call.list(1, 'a shape'))),
  Reshape: (call) =>
    call.to.reshape(call.input(0), completed(call.list(1, 'a shape'), product(call.to.shape(call.input(0))))),
  Transpose: (call) => call.to.transpose(call.input(0), call.list(1, 'an order of axes')),
  ExpandDims: (call) => call.to.unsqueeze(call.input(0), [call.list(1, 'an axis')[0]!]),
  Squeeze: (call) => {
    const axes = call.ints('squeeze_dims').length ? call.ints('squeeze_dims') : call.ints('axis');
    return call.to.squeeze(call.input(0), axes.length ? axes : null);
  },
  ConcatV2: (call) => {
    const values = call.inputs.slice(0, -1);
    return call.to.concat(values, call.to.axis(values[0]!, call.list(-1, 'an axis')[0]!));
  },
  Pack: (call) => {
    const axis = call.to.axis(call.input(0), call.int('axis', 0), 1);
    return call.to.concat(
      call.inputs.map((x) => call.to.unsqueeze(x, [axis])),
      axis,
    );
  },
  Unpack: (call) => {
    const x = call.input(0);
    const axis = call.to.axis(x, call.int('axis', 0));
    return parts(
      call,
      x,
      axis,
      range(call.to.shape(x)[axis]!).map(() => 1),
    ).map((part) => call.to.squeeze(part, [axis]));
  },
  Split: (call) => {
    const x = call.input(1);
    const axis = call.to.axis(x, call.list(0, 'an axis')[0]!);
    const count = call.int('num_split', 1);
    return parts(
      call,
      x,
      axis,
      range(count).map(() => call.to.shape(x)[axis]! / count),
    );
  },
  SplitV: (call) => {
    const x = call.input(0);
    const axis = call.to.axis(x, call.list(2, 'an axis')[0]!);
    return parts(call, x, axis, completedSizes(call.list(1, 'sizes'), call.to.shape(x)[axis]!));
  },
  StridedSlice: stridedSlice,
  ReverseV2: (call) => reversed(call, call.list(1, 'axes')),
  Reverse: (call) =>
    reversed(
      call,
      call.list(1, 'axes').flatMap((each, axis) => (each ? [axis] : [])),
    ),
  Slice: (call) => {
    const begin = call.list(1, 'a slice');
    const size = call.list(2, 'a slice');
    const end = begin.map((from, i) => (size[i] === -1 ? null : from + size[i]!));
    return call.to.slice(
      call.input(0),
      begin,
      end,
      begin.map(() => 1),
    );
  },
  Pad: (call) => call.to.pad(call.input(0), pairs(call.list(1, 'paddings')), 'constant', 0),
  PadV2: (call) => call.to.pad(call.input(0), pairs(call.list(1, 'paddings')), 'constant', call.list(2, 'a value')[0]!),
  MirrorPad: (call) =>
    call.to.pad(
      call.input(0),
      pairs(call.list(1, 'paddings')),
      call.text('mode', 'REFLECT') === 'REFLECT' ? 'reflect' : 'symmetric',
      0,
    ),
  Tile: (call) => call.to.tile(call.input(0), call.list(1, 'repeats')),
  BroadcastTo: (call) => call.to.expand(call.input(0), call.list(1, 'a shape')),
  Gather: gather,
  GatherV2: gather,
  ResourceGather: gather,
  ResizeBilinear: resize('linear'),
  ResizeBicubic: resize('cubic'),
  ResizeNearestNeighbor: resize('nearest'),
  DepthToSpace: blocks(false),
  SpaceToDepth: blocks(true),
};

const completedSizes = (sizes: readonly number[], total: number): number[] => {
  const known = sizes.reduce((sum, size) => (size < 0 ? sum : sum + size), 0);
  return sizes.map((size) => (size < 0 ? total - known : size));
};

export const rowOf = (kind: string): Row | null => (Object.hasOwn(rows, kind) ? rows[kind]! : null);

/** Convolutions that a SpaceToBatchND may stand before. */
export const DILATABLE = new Set([
  'Conv2D',
  'Conv3D',
  'DepthwiseConv2dNative',
  '_FusedConv2D',
  'FusedDepthwiseConv2dNative',
  '_FusedDepthwiseConv2dNative',
]);
/** What may stand between such a convolution and its BatchToSpaceND: ops that treat every position alike. */
export const POSITIONWISE = new Set([
  'BiasAdd',
  'Relu',
  'Relu6',
  'Elu',
  'LeakyRelu',
  'Sigmoid',
  'Tanh',
  'Add',
  'AddV2',
  'Mul',
  'FusedBatchNormV3',
  'Identity',
  'Softplus',
]);
