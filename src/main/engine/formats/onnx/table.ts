/** What each ONNX op becomes: one row per op (operator sets 1 to 21). */
import type { OpName } from '../../graph/ops';
import * as host from '../tensors/array';
import { type HostArray, isArray, NotExpressible, product, range } from '../tensors/array';
import { type Assembly, type BinaryOp, type Comparison, symbolic, type ReduceOp, type Tensor, type Varying } from '../tensors/assembly'; // prettier-ignore
import {
  band,
  besideNeighbours,
  ceiled,
  clipped,
  completed,
  contraction,
  isInfinite,
  isNotNumber,
  logSumExp,
  multipliedOver,
  negated,
  raised,
  remainder,
  resized,
  safeDivision,
  type Resizing,
  selected,
  spreadOut,
  summedUp,
} from '../tensors/compositions';
import { converted, type NumberType } from '../tensors/casts';
import { type Complex, fourier, imaginary, shortTimeFourier } from '../tensors/fourier';
import { functions, PLAIN } from '../tensors/functions';
import { type Activation, type CellKind, unrolled } from '../tensors/recurrent';
import type { OnnxCall } from './call';

type Row = (call: OnnxCall) => Tensor | readonly Tensor[];

const plain =
  (op: (typeof PLAIN)[keyof typeof PLAIN]): Row =>
  (call) =>
    call.to.unary(op, call.input(0), {}, functions[op] ?? null);

const binary =
  (op: BinaryOp): Row =>
  (call) => {
    const [a, b] = [call.input(0), call.second];
    if (op === 'div' && isArray(a) && isArray(b) && a.whole && b.whole)
      return host.combined(a, b, (x, y) => Math.trunc(x / y));
    return call.to.binary(op, a, b);
  };
const several =
  (op: BinaryOp): Row =>
  (call) =>
    call.inputs.slice(1).reduce<Tensor>((sum, _, i) => call.to.binary(op, sum, call.input(i + 1)), call.input(0));

/** Axes were an attribute up to opset 12 or 17. */
const reduction =
  (op: ReduceOp, before: OpName | null = null, after: 'sqrt' | 'log' | null = null): Row =>
  (call) => {
    const { to } = call;
    const axes = call.list('axes', 1);
    let x = call.input(0);
    if (!axes?.length && call.int('noop_with_empty_axes', 0)) return x;
    if (before === 'abs' || before === 'square' || before === 'exp') x = to.unary(before, x, {}, functions[before]!);
    const reduced = to.reduce(op, x, axes?.length ? axes : null, call.int('keepdims', 1) !== 0);
    return after ? to.unary(after, reduced, {}, functions[after]!) : reduced;
  };

/** A reduction of its own kind, over the axes that the node tells, or all. */
function overAxes(call: OnnxCall, apply: (axes: readonly number[], keepDims: boolean) => Tensor): Tensor {
  const x = call.input(0);
  const axes = call.list('axes', 1);
  if (!axes?.length && call.int('noop_with_empty_axes', 0)) return x;
  const all = axes?.length ? axes.map((axis) => call.to.axis(x, axis)) : range(call.to.rank(x));
  return apply(all, call.int('keepdims', 1) !== 0);
}

const conv: Row = (call) => {
  const { to } = call;
  const filter = to.array(call.input(1), 'a filter');
  const spatial = call.spatial;
  const size = filter.shape.slice(2);
  if (size.length !== spatial.length) throw new NotExpressible('a filter of another number of axes');
  // [out, in / groups, ...window] → [...window, in / groups, out]
  const turned = turnedOnce(filter, [...range(size.length, 2), 1, 0]);
  const made = to.conv(call.input(0), turned, 1, spatial, call.windows(size), call.int('group', 1));
  return biased(call, made, call.inputs[2]);
};

const turned = new WeakMap<object, Map<string, HostArray>>();
/** Filters that several nodes share stay shared. */
function turnedOnce(array: HostArray, permutation: readonly number[]): HostArray {
  const known = turned.get(array.data) ?? new Map<string, HostArray>();
  turned.set(array.data, known);
  const key = `${array.shape.join()}|${permutation.join()}`;
  const made = known.get(key) ?? host.transposed(array, permutation);
  known.set(key, made);
  return made;
}

/** Adds one number per channel (axis 1). */
function biased(call: OnnxCall, x: Tensor, bias: Tensor | undefined): Tensor {
  if (!bias) return x;
  const array = call.to.array(bias, 'a bias');
  const rank = call.to.rank(x);
  return call.to.binary(
    'add',
    x,
    host.reshaped(
      array,
      range(rank).map((axis) => (axis === 1 ? array.data.length : 1)),
    ),
  );
}

const convTranspose: Row = (call) => {
  const { to } = call;
  const filter = to.array(call.input(1), 'a filter');
  const spatial = call.spatial;
  const size = filter.shape.slice(2);
  const windows = call.windows(size);
  const extra = call.ints('output_padding') ?? size.map(() => 0);
  const wanted = call.ints('output_shape');
  const auto = call.text('auto_pad', 'NOTSET');
  const shape = to.shape(call.input(0)).slice(2);
  const full = size.map(
    (each, i) => (shape[i]! - 1) * windows.strides[i]! + (each - 1) * windows.dilations[i]! + 1 + extra[i]!,
  );
  const crop = size.map((_, i): readonly [number, number] => {
    const target =
      wanted?.at(i - size.length) ??
      (auto === 'SAME_UPPER' || auto === 'SAME_LOWER' ? shape[i]! * windows.strides[i]! : null);
    if (target === null) return (windows.padding as readonly (readonly [number, number])[])[i]!;
    const total = Math.max(0, full[i]! - target);
    const half = Math.floor(total / 2);
    return auto === 'SAME_UPPER' ? [half, total - half] : [total - half, half];
  });
  // The end that is cut may reach into what is appended.
  const net = crop.map(([before, after], i) => [before, Math.max(0, after - extra[i]!)] as const);
  const extend = crop.map(([before, after], i) => {
    const missing = (wanted?.at(i - size.length) ?? 0) - full[i]! + before + after;
    return Math.max(0, extra[i]! - after) + Math.max(0, missing);
  });
  // [in, out / groups, ...window] → [...window, out / groups, in]
  const kernel = turnedOnce(filter, [...range(size.length, 2), 1, 0]);
  const made = to.convTranspose(
    call.input(0),
    kernel,
    1,
    spatial,
    { ...windows, padding: net },
    extend,
    call.int('group', 1),
  );
  return biased(call, made, call.inputs[2]);
};

const pool =
  (kind: 'max' | 'average'): Row =>
  (call) => {
    if (call.outputs > 1) throw new NotExpressible('the places of maxima');
    const size = call.ints('kernel_shape') ?? [];
    const windows = call.windows(size);
    const padding = windows.padding as readonly (readonly [number, number])[];
    const shape = call.to.shape(call.input(0)).slice(2);
    const counted = kind === 'average' && call.int('count_include_pad', 0) !== 0;
    if (!call.int('ceil_mode', 0)) return call.to.pool(kind, call.input(0), 1, call.spatial, windows, counted);
    // A last window that hangs over the end is allowed if it begins inside.
    const over = size.map((each, i): readonly [number, number] => {
      const [before, after] = padding[i]!;
      const reach = (each - 1) * windows.dilations[i]! + 1;
      const room = shape[i]! + before + after - reach;
      let count = Math.ceil(room / windows.strides[i]!) + 1;
      if ((count - 1) * windows.strides[i]! >= shape[i]! + before) count--;
      return [before, Math.max(after, after + (count - 1) * windows.strides[i]! - room)];
    });
    if (counted && over.some(([, after], i) => after !== padding[i]![1]))
      throw new NotExpressible('windows over the end whose padding counts');
    return call.to.pool(kind, call.input(0), 1, call.spatial, { ...windows, padding: over }, counted);
  };

const globally =
  (op: ReduceOp): Row =>
  (call) =>
    call.to.reduce(op, call.input(0), call.spatial, true);

const batchNorm: Row = (call) => {
  const { to } = call;
  if (call.int('training_mode', 0)) throw new NotExpressible('statistics of the batch');
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((i) => to.array(call.input(i), 'a statistic')) as [
    HostArray,
    HostArray,
    HostArray,
    HostArray,
  ];
  const epsilon = call.float('epsilon', 1e-5);
  const factor = Float64Array.from(scale.data, (each, i) => each / Math.sqrt(variance.data[i]! + epsilon));
  const shift = Float32Array.from(bias.data, (each, i) => each - mean.data[i]! * factor[i]!);
  const axis = to.rank(call.input(0)) > 1 ? 1 : 0;
  return to.affine(
    call.input(0),
    axis,
    host.reals(scale.shape, Float32Array.from(factor)),
    host.reals(scale.shape, shift),
  );
};

const layerNorm: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const axis = to.axis(x, call.int('axis', -1));
  const axes = range(to.rank(x) - axis, axis);
  const epsilon = call.float('epsilon', 1e-5);
  const scaled = to.binary('mul', to.normalise(x, axes, epsilon), call.input(1));
  const made = call.inputs[2] ? to.binary('add', scaled, call.inputs[2]) : scaled;
  if (call.outputs < 2) return made;
  const mean = to.reduce('mean', x, axes, true);
  const apart = to.unary('square', to.binary('sub', x, mean), {}, null);
  const variance = to.binary('add', to.reduce('mean', apart, axes, true), host.scalar(epsilon));
  return [made, mean, to.unary('rsqrt', variance, {}, null)];
};

/** x by the root of its mean square. */
const rootNorm: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const axis = to.axis(x, call.int('axis', -1));
  const squares = to.reduce('mean', to.unary('square', x, {}, null), range(to.rank(x) - axis, axis), true);
  const root = to.unary('rsqrt', to.binary('add', squares, host.scalar(call.float('epsilon', 1e-5))), {}, null);
  return to.binary('mul', to.binary('mul', x, root), call.input(1));
};

/** x by the sum of magnitudes along an axis, or by the root of the sum of squares; 0 where that is 0. */
const lengthNorm: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const axes = [to.axis(x, call.int('axis', -1))];
  if (call.int('p', 2) === 1) return safeDivision(to, x, to.reduce('sum', to.unary('abs', x, {}, null), axes, true));
  const squares = to.reduce('sum', to.unary('square', x, {}, null), axes, true);
  return safeDivision(to, x, to.unary('sqrt', squares, {}, null));
};

/** Whole numbers to rows of a table whose diagonal is 1. */
const oneHot: Row = (call) => {
  const { to } = call;
  const indices = call.input(0);
  const [off, on] = to.list(call.input(2), 'values') as [number, number];
  const axis = to.axis(indices, call.int('axis', -1), 1);
  return spreadOut(to, indices, to.list(call.input(1), 'a depth')[0]!, on, off, axis);
};

const perChannel = (array: HostArray, rank: number): HostArray =>
  host.reshaped(
    array,
    range(rank).map((axis) => (axis === 1 ? array.data.length : 1)),
  );

const instanceNorm: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const normalised = to.normalise(x, call.spatial, call.float('epsilon', 1e-5));
  const [scale, bias] = [1, 2].map((i) => perChannel(to.array(call.input(i), 'a scale'), to.rank(x))) as [
    HostArray,
    HostArray,
  ];
  return to.binary('add', to.binary('mul', normalised, scale), bias);
};

const groupNorm: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const shape = to.shape(x);
  const groups = call.int('num_groups', 1);
  const parted = to.reshape(x, [shape[0]!, groups, shape[1]! / groups, ...shape.slice(2)]);
  const normalised = to.normalise(parted, range(shape.length - 1, 2), call.float('epsilon', 1e-5));
  const joined = to.reshape(normalised, shape);
  const wide = (index: number): HostArray => {
    const array = to.array(call.input(index), 'a scale');
    // Up to opset 20 one number per group.
    const own =
      array.data.length === groups && groups !== shape[1]
        ? host.picked(
            array,
            0,
            range(shape[1]!).map((i) => Math.floor((i * groups) / shape[1]!)),
          )
        : array;
    return perChannel(own, shape.length);
  };
  return to.binary('add', to.binary('mul', joined, wide(1)), wide(2));
};

const softmax =
  (op: 'softmax' | 'logSoftmax'): Row =>
  (call) => {
    const { to } = call;
    const x = call.input(0);
    const axis = to.axis(x, call.int('axis', call.opset < 13 ? 1 : -1));
    const shape = to.shape(x);
    // Before opset 13 all axes from this one on are one.
    if (call.opset >= 13 || shape.slice(axis + 1).every((size) => size === 1)) return to.along(x, axis, op);
    const flat = to.reshape(x, [...shape.slice(0, axis), product(shape.slice(axis))]);
    return to.reshape(to.along(flat, axis, op), shape);
  };

const gemm: Row = (call) => {
  const { to } = call;
  let [a, b] = [call.input(0), call.input(1)];
  if (call.int('transA', 0)) a = to.swapLast(a);
  if (call.int('transB', 0)) b = isArray(b) ? turnedOnce(b, [1, 0]) : to.swapLast(b);
  const alpha = call.float('alpha', 1);
  const beta = call.float('beta', 1);
  if (alpha !== 1 && isArray(b)) b = host.mapped(b, (each) => each * alpha);
  let made = to.matmul(a, b);
  if (alpha !== 1 && !isArray(b)) made = to.binary('mul', made, host.scalar(alpha));
  const c = call.inputs[2];
  if (!c || beta === 0) return made;
  return to.binary('add', made, beta === 1 ? c : to.binary('mul', c, host.scalar(beta)));
};

const reshape: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const given = call.list('shape', 1);
  if (!given) throw new NotExpressible('a reshape without a shape');
  const shape = to.shape(x);
  const zero = call.int('allowzero', 0) !== 0;
  const sizes = given.map((size, axis) => (size === 0 && !zero ? (shape[axis] ?? 0) : size));
  return to.reshape(x, completed(sizes, product(shape)));
};

const slice: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const rank = to.rank(x);
  const starts = call.list('starts', 1) ?? [];
  const ends = call.list('ends', 2) ?? [];
  const axes = call.list('axes', 3) ?? range(starts.length);
  const steps = call.inputs[4] ? to.list(call.inputs[4], 'steps') : starts.map(() => 1);
  const begin = new Array<number | null>(rank).fill(null);
  const end = new Array<number | null>(rank).fill(null);
  const strides = new Array<number>(rank).fill(1);
  axes.forEach((each, i) => {
    const axis = to.axis(x, each);
    [begin[axis], end[axis], strides[axis]] = [starts[i]!, ends[i]!, steps[i]!];
    // Backwards to before the first: nothing in numbers says that but a very small end.
    if (steps[i]! < 0 && ends[i]! < -to.shape(x)[axis]!) end[axis] = null;
  });
  return to.slice(x, begin, end, strides);
};

const split: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const axis = to.axis(x, call.int('axis', 0));
  const size = to.shape(x)[axis]!;
  const count = call.int('num_outputs', call.outputs);
  const sizes =
    call.list('split', 1) ??
    range(count).map((i) => Math.min(Math.ceil(size / count), size - i * Math.ceil(size / count)));
  let at = 0;
  return sizes.map((each) => {
    const part = to.slice(
      x,
      ended(to.rank(x), axis, at),
      ended(to.rank(x), axis, at + each),
      range(to.rank(x)).map(() => 1),
    );
    at += each;
    return part;
  });
};
const ended = (rank: number, axis: number, value: number): (number | null)[] =>
  range(rank).map((i) => (i === axis ? value : null));

const pad: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const rank = to.rank(x);
  const pads = call.list(call.has('paddings') ? 'paddings' : 'pads', 1) ?? [];
  const value = call.inputs[2] ? to.list(call.inputs[2], 'a value')[0]! : call.float('value', 0);
  const axes = call.inputs[3] ? to.list(call.inputs[3], 'axes').map((axis) => to.axis(x, axis)) : range(rank);
  const mode = call.text('mode', 'constant');
  if (mode !== 'constant' && mode !== 'reflect' && mode !== 'edge' && mode !== 'wrap')
    throw new NotExpressible(`padding by ${mode}`);
  const padding = range(rank).map((axis) => {
    const i = axes.indexOf(axis);
    return i < 0 ? ([0, 0] as const) : ([pads[i] ?? 0, pads[i + axes.length] ?? 0] as const);
  });
  return to.pad(x, padding, mode, value);
};

/** Sizes of a Resize or Upsample, per axis. */
const resize: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const shape = to.shape(x);
  const old = call.kind === 'Upsample' || call.opset < 11;
  const scaleInput = call.inputs[old ? 1 : 2];
  const scales = call.floats('scales') ?? (scaleInput ? to.list(scaleInput, 'scales') : []);
  const wanted = !old && call.inputs[3] ? to.list(call.inputs[3], 'sizes') : [];
  const axes = (call.ints('axes') ?? range(shape.length)).map((axis) => to.axis(x, axis));
  const policy = call.text('keep_aspect_ratio_policy', 'stretch');
  const ratios = wanted.map((size, i) => size / shape[axes[i]!]!);
  const common = policy === 'not_larger' ? Math.min(...ratios) : policy === 'not_smaller' ? Math.max(...ratios) : null;
  const scaleOf = (axis: number): number => {
    const i = axes.indexOf(axis);
    if (i < 0) return 1;
    return wanted.length ? (common ?? ratios[i]!) : (scales[i] ?? 1);
  };
  const countOf = (axis: number): number => {
    const i = axes.indexOf(axis);
    if (i < 0) return shape[axis]!;
    if (!wanted.length) return Math.floor(shape[axis]! * scaleOf(axis));
    return common === null ? wanted[i]! : Math.floor(shape[axis]! * common + 0.5);
  };
  const touched = range(shape.length).filter((axis) => scaleOf(axis) !== 1);
  if (!touched.length) return x;
  const mode = call.text('mode', 'nearest');
  const method = mode === 'bilinear' || mode === 'linear' ? 'linear' : mode === 'cubic' ? 'cubic' : 'nearest';
  if (method === 'nearest' && mode !== 'nearest') throw new NotExpressible(`resizing by ${mode}`);
  const coordinates = call.text('coordinate_transformation_mode', old ? 'asymmetric' : 'half_pixel');
  const rounding = call.text('nearest_mode', old ? 'floor' : 'round_prefer_floor');
  const antialias = call.int('antialias', 0) !== 0;

  // Whole factors of images repeat, or mix two neighbours: ops of their own, which free sizes may pass.
  const spatial = range(Math.max(0, shape.length - 2), 2);
  const scale = spatial.map(scaleOf);
  const whole = scale.every((each) => Number.isInteger(each) && each >= 1) && touched.every((axis) => axis >= 2);
  const halfPixel = coordinates === 'half_pixel' || coordinates === 'pytorch_half_pixel';
  const repeats =
    method === 'nearest' &&
    ((coordinates === 'asymmetric' && rounding === 'floor') || (halfPixel && rounding.startsWith('round')));
  if (whole && repeats) return to.upsample(x, 1, spatial, scale, 'nearest');
  if (whole && method === 'linear' && halfPixel && !antialias && spatial.length <= 2)
    return to.upsample(x, 1, spatial, scale, 'bilinear');
  const by: Resizing = {
    method,
    coordinates,
    rounding,
    cubic: call.float('cubic_coeff_a', -0.75),
    excludeOutside: call.int('exclude_outside', 0) !== 0,
    antialias,
  };
  return touched.reduce<Tensor>((value, axis) => resized(to, value, axis, countOf(axis), scaleOf(axis), by), x);
};

const compare =
  (op: Comparison, swapped = false): Row =>
  (call) =>
    swapped ? call.to.binary(op, call.second, call.input(0)) : call.to.binary(op, call.input(0), call.second);

/** Of conditions, which are 0 and 1. */
const logical =
  (op: 'mul' | 'maximum'): Row =>
  (call) =>
    call.to.binary(op, call.input(0), call.second);

/** A scale or zero point along an axis: one number, one per place, or one per block of places. */
function alongAxis(call: OnnxCall, x: Tensor, array: HostArray): HostArray {
  const { to } = call;
  if (array.data.length === 1) return host.reshaped(array, []);
  const axis = to.axis(x, call.int('axis', 1));
  const shape = to.shape(x);
  const block = call.int('block_size', 0);
  if (block > 0 && array.shape.length === shape.length)
    return host.picked(array, axis, range(shape[axis]!).map((i) => Math.floor(i / block))); // prettier-ignore
  return host.reshaped(
    array,
    shape.map((_, i) => (i === axis ? array.data.length : 1)),
  );
}

/** Smallest and largest number of the types that values are quantised to. */
const RANGES: Readonly<Record<number, readonly [number, number]>> = {
  2: [0, 255],
  3: [-128, 127],
  4: [0, 65535],
  5: [-32768, 32767],
  21: [0, 15],
  22: [-8, 7],
};

/** ⌊x / scale⌉ + zero point, cut to what the type holds. */
const quantised: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const scale = to.array(call.input(1), 'a scale');
  const zero = call.inputs[2] ? to.array(call.inputs[2], 'a zero point') : null;
  const type = call.int('output_dtype', 0) || (zero ? (call.typeOf(2) ?? 0) : 2);
  const [least, most] = RANGES[type] ?? [];
  if (least === undefined || most === undefined) throw new NotExpressible(`numbers of type ${type}`);
  const steps = to.unary('round', to.binary('div', x, alongAxis(call, x, scale)), {}, functions['round']!);
  const shifted =
    zero && zero.data.some((each) => each !== 0) ? to.binary('add', steps, alongAxis(call, x, zero)) : steps;
  return clipped(to, shifted, least, most);
};

const dequantised: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const scale = to.array(call.input(1), 'a scale');
  const zero = call.inputs[2] ? to.array(call.inputs[2], 'a zero point') : null;
  const shifted = zero && zero.data.some((each) => each !== 0) ? to.binary('sub', x, alongAxis(call, x, zero)) : x;
  return to.binary('mul', isArray(shifted) ? host.converted(shifted, false) : shifted, alongAxis(call, x, scale));
};

/** ONNX's numbers of types. */
const TYPES: Readonly<Record<number, NumberType>> = {
  1: 'real',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'real',
  11: 'real',
  12: 'uint32',
  13: 'uint64',
  16: 'real',
  21: 'uint4',
  22: 'int4',
};

function cast(call: OnnxCall, type: number): Tensor {
  const wanted = TYPES[type];
  if (wanted === undefined) throw new NotExpressible(`a conversion to type ${type}`);
  return converted(call.to, call.input(0), wanted);
}

/** The type of what is given as an example: as the file tells, else as the graph holds it. */
const castLike: Row = (call) => {
  const told = call.typeOf(1);
  if (told !== null) return cast(call, told);
  const like = call.input(1);
  const dtype = isArray(like) ? (like.whole ? 'int64' : 'real') : call.to.builder.at(like.id).dtype;
  return converted(call.to, call.input(0), dtype === 'float32' || dtype === 'string' ? 'real' : dtype);
};

/** Functions of a gate, with the parameters that two lists of the node hold in turn. */
const ACTIVATIONS: Readonly<Record<string, (to: Assembly, x: Tensor, alpha: number, beta: number) => Tensor>> = {
  relu: (to, x) => to.unary('relu', x, {}, functions['relu']!),
  tanh: (to, x) => to.unary('tanh', x, {}, functions['tanh']!),
  sigmoid: (to, x) => to.unary('sigmoid', x, {}, functions['sigmoid']!),
  affine: (to, x, alpha, beta) => to.binary('add', to.binary('mul', x, host.scalar(alpha)), host.scalar(beta)),
  leakyrelu: (to, x, slope) => to.unary('leakyRelu', x, { slope }, (each) => (each > 0 ? each : slope * each)),
  thresholdedrelu: (to, x, threshold) =>
    to.unary('threshold', x, { threshold, value: 0 }, (each) => (each > threshold ? each : 0)),
  scaledtanh: (to, x, alpha, beta) => {
    const inner = to.binary('mul', x, host.scalar(beta));
    return to.binary('mul', to.unary('tanh', inner, {}, functions['tanh']!), host.scalar(alpha));
  },
  hardsigmoid: (to, x, slope, offset) =>
    to.unary('hardSigmoid', x, { slope, offset }, (each) => Math.min(Math.max(slope * each + offset, 0), 1)),
  elu: (to, x, alpha) => to.unary('elu', x, { alpha }, (each) => (each > 0 ? each : alpha * Math.expm1(each))),
  softsign: (to, x) => to.unary('softsign', x, {}, (each) => each / (1 + Math.abs(each))),
  softplus: (to, x) => to.unary('softplus', x, {}, (each) => Math.log1p(Math.exp(each))),
};
/** Parameters of those that have any, where the node gives none. */
const PARAMETERS: Readonly<Record<string, readonly [alpha: number | null, beta: number | null]>> = {
  affine: [1, 0],
  leakyrelu: [0.01, null],
  thresholdedrelu: [1, null],
  scaledtanh: [1, 1],
  hardsigmoid: [0.2, 0.5],
  elu: [1, null],
};
const USUAL: Readonly<Record<CellKind, readonly string[]>> = {
  LSTM: ['Sigmoid', 'Tanh', 'Tanh'],
  GRU: ['Sigmoid', 'Tanh'],
  RNN: ['Tanh'],
};

/** The functions of each direction's gates. */
function gateFunctions(call: OnnxCall, kind: CellKind, directions: number): Activation[][] {
  const usual = USUAL[kind];
  const names = call.texts('activations') ?? range(directions).flatMap(() => usual);
  if (names.length !== usual.length * directions) throw new NotExpressible(`${names.length} activations`);
  const [alphas, betas] = [[...(call.floats('activation_alpha') ?? [])], [...(call.floats('activation_beta') ?? [])]];
  const made = names.map((given): Activation => {
    const name = given.toLowerCase();
    const apply = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name]! : null;
    if (!apply) throw new NotExpressible(`the activation ${given}`);
    const [alpha, beta] = PARAMETERS[name] ?? [null, null];
    const own = [alpha === null ? 0 : (alphas.shift() ?? alpha), beta === null ? 0 : (betas.shift() ?? beta)] as const;
    return (x) => apply(call.to, x, ...own);
  });
  return range(directions).map((i) => made.slice(i * usual.length, (i + 1) * usual.length));
}

const recurrent =
  (kind: CellKind): Row =>
  (call) => {
    const { to } = call;
    const batchFirst = call.int('layout', 0) !== 0;
    const way = call.text('direction', 'forward');
    const directions = way === 'bidirectional' ? (['forward', 'reverse'] as const) : [way as 'forward' | 'reverse'];
    if (way !== 'forward' && way !== 'reverse' && way !== 'bidirectional') throw new NotExpressible(`direction ${way}`);
    const x = batchFirst ? to.transpose(call.input(0), [1, 0, 2]) : call.input(0);
    const weights = to.array(call.input(1), 'weights');
    const optional = (index: number, what: string): HostArray | null =>
      call.inputs[index] ? to.array(call.inputs[index], what) : null;
    const state = (index: number): Tensor | null => {
      const given = call.inputs[index];
      return given ? (batchFirst ? to.transpose(given, [1, 0, 2]) : given) : null;
    };
    const recurrence = to.array(call.input(2), 'weights');
    const units = recurrence.shape.at(-1)!;
    const given = call.inputs[4];
    const lengths = !given || isArray(given) ? (given ? host.list(given) : [to.shape(x)[0]!]) : null;
    if (lengths?.some((each) => each !== lengths[0])) throw new NotExpressible('lengths that differ between examples');
    const clip = call.has('clip') ? call.float('clip', Infinity) : Infinity;
    const { sequence, hidden, carry } = unrolled(to, {
      kind,
      directions,
      units,
      x,
      weights,
      recurrent: recurrence,
      bias: optional(3, 'a bias'),
      hidden: state(5),
      carry: kind === 'LSTM' ? state(6) : null,
      peepholes: kind === 'LSTM' ? optional(7, 'peepholes') : null,
      activations: gateFunctions(call, kind, directions.length),
      clip: clip < 3e38 ? (each) => clipped(to, each, -clip, clip) : null,
      linearBeforeReset: call.int('linear_before_reset', 0) !== 0,
      coupled: call.int('input_forget', 0) !== 0,
      length: lengths ? lengths[0]! : (given as Varying),
    });
    const outputs = carry ? [sequence, hidden, carry] : [sequence, hidden];
    if (!batchFirst) return outputs;
    return [to.transpose(sequence, [2, 0, 1, 3]), ...outputs.slice(1).map((each) => to.transpose(each, [1, 0, 2]))];
  };

const lrn: Row = (call) => {
  const size = call.int('size', 1);
  const [alpha, beta, bias] = [call.float('alpha', 1e-4), call.float('beta', 0.75), call.float('bias', 1)];
  return besideNeighbours(call.to, call.input(0), 1, {
    before: Math.floor((size - 1) / 2),
    after: Math.ceil((size - 1) / 2),
    weight: alpha / size,
    bias,
    beta,
  });
};

/** A last axis of two, real and imaginary, or of one. */
const complexOf = (call: OnnxCall, x: Tensor): Complex => {
  const { to } = call;
  const rank = to.rank(x);
  const part = (at: number): Tensor => to.squeeze(to.slice(x, ended(rank, rank - 1, at), ended(rank, rank - 1, at + 1), range(rank).map(() => 1)), [rank - 1]); // prettier-ignore
  return { re: part(0), im: to.shape(x)[rank - 1] === 2 ? part(1) : null };
};
const complexAsPair = (call: OnnxCall, x: Complex): Tensor => {
  const { to } = call;
  const rank = to.rank(x.re);
  return to.concat(
    [x.re, imaginary(to, x)].map((part) => to.unsqueeze(part, [rank])),
    rank,
  );
};

const dft: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  if (call.int('inverse', 0)) throw new NotExpressible('a transform back');
  const axis = call.inputs[2] ? to.list(call.inputs[2], 'an axis')[0]! : call.int('axis', call.opset < 20 ? 1 : -2);
  const length = call.inputs[1] ? to.list(call.inputs[1], 'a length')[0]! : null;
  const oneSided = call.int('onesided', 0) !== 0;
  return complexAsPair(call, fourier(to, complexOf(call, x), to.axis(x, axis), length, oneSided));
};

const stft: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const { re, im } = to.rank(x) === 3 ? complexOf(call, x) : { re: x, im: null };
  if (im) throw new NotExpressible('a complex signal');
  const length = call.inputs[3] ? to.list(call.inputs[3], 'a length of frames')[0]! : null;
  const window = call.inputs[2] ? to.array(call.inputs[2], 'a window') : null;
  if (!window && !(length !== null && length > 0 && length <= 4096)) throw new NotExpressible('frames of no length');
  const weights = window ?? host.filled([length!], 1, false);
  const step = to.list(call.input(1), 'a step')[0]!;
  return complexAsPair(call, shortTimeFourier(to, re, step, weights, call.int('onesided', 1) !== 0));
};

const power: Row = (call) => {
  const { to } = call;
  const [a, b] = [call.input(0), call.second];
  return raised(to, a, b);
};

const clip: Row = (call) => {
  const { to } = call;
  const bound = (name: string, index: number, missing: number): number => {
    const x = call.inputs[index];
    return x ? to.list(x, 'a bound')[0]! : call.float(name, missing);
  };
  const min = bound('min', 1, -Infinity);
  const max = bound('max', 2, Infinity);
  return clipped(to, call.input(0), min, max);
};

/** Steps that do nothing when a trained model is used. */
const passed: Row = (call) => call.input(0);

const einsum: Row = (call) =>
  contraction(
    call.to,
    call.text('equation', ''),
    call.inputs.map((_, i) => call.input(i)),
  );

const rows: Readonly<Record<string, Row>> = {
  ...Object.fromEntries(Object.entries(PLAIN).map(([kind, op]) => [kind, plain(op)])),
  Identity: passed,
  Dropout: (call) => {
    const x = call.input(0);
    const shape = call.to.shape(x).map((size) => (symbolic(size) ? 1 : size));
    return call.outputs > 1 ? [x, host.filled(shape, 1, true)] : x;
  },
  Cast: (call) => cast(call, call.int('to', 1)),
  CastLike: castLike,
  Constant: (call) => {
    const value = call.array('value');
    if (value) return value;
    if (call.has('value_float')) return host.scalar(call.float('value_float', 0));
    if (call.has('value_int')) return host.wholes([call.int('value_int', 0)], []);
    const ints = call.has('value_ints') ? call.ints('value_ints') : null;
    if (ints) return host.wholes([...ints]);
    const floats = call.has('value_floats') ? call.floats('value_floats') : null;
    if (floats) return host.reals([floats.length], [...floats]);
    throw new NotExpressible('a constant that is no number');
  },
  ConstantOfShape: (call) => {
    const value = call.array('value') ?? host.scalar(0);
    const shape = call.to.list(call.input(0), 'a shape').map((size) => (symbolic(size) ? 1 : size));
    return host.filled(shape, value.data[0]!, value.whole);
  },
  Shape: (call) => {
    const shape = call.to.shape(call.input(0));
    const rank = shape.length;
    const place = (value: number): number => Math.min(Math.max(value < 0 ? value + rank : value, 0), rank);
    return host.wholes([...shape.slice(place(call.int('start', 0)), place(call.int('end', rank)))]);
  },
  Size: (call) => host.wholes([product(call.to.shape(call.input(0)))], []),
  Range: (call) => {
    const [start, limit, delta] = [0, 1, 2].map((i) => call.to.array(call.input(i), 'a range')) as [
      HostArray,
      HostArray,
      HostArray,
    ];
    const count = Math.max(0, Math.ceil((limit.data[0]! - start.data[0]!) / delta.data[0]!));
    if (!(count <= 1e6)) throw new NotExpressible(`a range of ${count} numbers`);
    const numbers = range(count).map((i) => start.data[0]! + i * delta.data[0]!);
    return start.whole ? host.wholes(numbers) : host.reals([count], numbers);
  },

  Add: binary('add'),
  Sub: binary('sub'),
  Mul: binary('mul'),
  Div: binary('div'),
  Max: several('maximum'),
  Min: several('minimum'),
  Sum: several('add'),
  Mean: (call) => call.to.binary('mul', several('add')(call) as Tensor, host.scalar(1 / call.inputs.length)),
  Pow: power,
  Mod: (call) => remainder(call.to, call.input(0), call.input(1), call.int('fmod', 0) !== 0),
  Equal: compare('equal'),
  Greater: compare('greater'),
  GreaterOrEqual: compare('greaterEqual'),
  Less: compare('greater', true),
  LessOrEqual: compare('greaterEqual', true),
  And: logical('mul'),
  Or: logical('maximum'),
  Xor: (call) => negated(call.to, call.to.binary('equal', call.input(0), call.second)),
  IsNaN: (call) => isNotNumber(call.to, call.input(0)),
  IsInf: (call) =>
    isInfinite(call.to, call.input(0), call.int('detect_negative', 1) !== 0, call.int('detect_positive', 1) !== 0),
  Not: (call) => negated(call.to, call.input(0)),
  Where: (call) => selected(call.to, call.input(0), call.input(1), call.input(2)),
  Ceil: (call) => ceiled(call.to, call.input(0)),

  LeakyRelu: (call) => call.to.unary('leakyRelu', call.input(0), { slope: call.float('alpha', 0.01) }, null),
  PRelu: (call) => {
    const { to } = call;
    const x = call.input(0);
    let slope = to.array(call.input(1), 'a slope');
    if (call.opset < 7 && slope.shape.length === 1) slope = perChannel(slope, to.rank(x));
    if (slope.data.every((each) => each === slope.data[0]))
      return to.unary('leakyRelu', x, { slope: slope.data[0]! }, null);
    // relu(x) − slope · relu(−x)
    const below = to.unary('relu', to.unary('neg', x, {}, null), {}, null);
    return to.binary('sub', to.unary('relu', x, {}, null), to.binary('mul', below, slope));
  },
  Elu: (call) => call.to.unary('elu', call.input(0), { alpha: call.float('alpha', 1) }, null),
  Selu: (call) => {
    const [alpha, gamma] = [call.float('alpha', 1.6732632), call.float('gamma', 1.0507009)];
    if (Math.abs(alpha - 1.6732632) < 1e-5 && Math.abs(gamma - 1.0507009) < 1e-5)
      return call.to.unary('selu', call.input(0), {}, null);
    return call.to.binary('mul', call.to.unary('elu', call.input(0), { alpha }, null), host.scalar(gamma));
  },
  Celu: (call) => call.to.unary('celu', call.input(0), { alpha: call.float('alpha', 1) }, null),
  Gelu: (call) =>
    call.to.unary(call.text('approximate', 'none') === 'tanh' ? 'geluTanh' : 'gelu', call.input(0), {}, null),
  HardSigmoid: (call) =>
    call.to.unary(
      'hardSigmoid',
      call.input(0),
      { slope: call.float('alpha', 0.2), offset: call.float('beta', 0.5) },
      null,
    ),
  HardSwish: (call) => call.to.unary('hardSilu', call.input(0), {}, null),
  ThresholdedRelu: (call) =>
    call.to.unary('threshold', call.input(0), { threshold: call.float('alpha', 1), value: 0 }, null),
  Shrink: (call) => {
    const [lambda, bias] = [call.float('lambd', 0.5), call.float('bias', 0)];
    if (bias === 0) return call.to.unary('hardShrink', call.input(0), { lambda }, null);
    if (bias === lambda) return call.to.unary('softShrink', call.input(0), { lambda }, null);
    throw new NotExpressible(`a bias of ${bias}`);
  },
  Clip: clip,
  LRN: lrn,

  Gemm: gemm,
  MatMul: (call) => call.to.matmul(call.input(0), call.input(1)),
  Einsum: einsum,
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: pool('max'),
  AveragePool: pool('average'),
  GlobalAveragePool: globally('mean'),
  GlobalMaxPool: globally('max'),
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  InstanceNormalization: instanceNorm,
  RMSNormalization: rootNorm,
  LpNormalization: lengthNorm,
  MeanVarianceNormalization: (call) => call.to.normalise(call.input(0), call.ints('axes') ?? [0, 2, 3], 1e-9),
  GroupNormalization: groupNorm,
  Softmax: softmax('softmax'),
  LogSoftmax: softmax('logSoftmax'),
  QuantizeLinear: quantised,
  DequantizeLinear: dequantised,
  LSTM: recurrent('LSTM'),
  GRU: recurrent('GRU'),
  RNN: recurrent('RNN'),

  ReduceSum: reduction('sum'),
  ReduceMean: reduction('mean'),
  ReduceMax: reduction('max'),
  ReduceMin: reduction('min'),
  ReduceL1: reduction('sum', 'abs'),
  ReduceL2: reduction('sum', 'square', 'sqrt'),
  ReduceSumSquare: reduction('sum', 'square'),
  ReduceLogSum: reduction('sum', null, 'log'),
  ReduceLogSumExp: (call) => {
    const x = call.input(0);
    if (isArray(x)) return reduction('sum', 'exp', 'log')(call);
    return overAxes(call, (axes, keep) => logSumExp(call.to, x, axes, keep));
  },
  ReduceProd: (call) => overAxes(call, (axes, keep) => multipliedOver(call.to, call.input(0), axes, keep)),
  CumSum: (call) => {
    const { to } = call;
    const axis = to.axis(call.input(0), to.list(call.input(1), 'an axis')[0]!);
    return summedUp(to, call.input(0), axis, call.int('exclusive', 0) !== 0, call.int('reverse', 0) !== 0);
  },

  Reshape: reshape,
  Flatten: (call) => {
    const shape = call.to.shape(call.input(0));
    const axis = call.int('axis', 1) < 0 ? call.int('axis', 1) + shape.length : call.int('axis', 1);
    return call.to.reshape(call.input(0), [product(shape.slice(0, axis)), product(shape.slice(axis))]);
  },
  Transpose: (call) => {
    const rank = call.to.rank(call.input(0));
    return call.to.transpose(call.input(0), call.ints('perm') ?? range(rank).reverse());
  },
  Squeeze: (call) => call.to.squeeze(call.input(0), call.list('axes', 1)),
  Unsqueeze: (call) => call.to.unsqueeze(call.input(0), call.list('axes', 1) ?? []),
  Concat: (call) =>
    call.to.concat(
      call.inputs.map((_, i) => call.input(i)),
      call.to.axis(call.input(0), call.int('axis', 0)),
    ),
  Slice: slice,
  Split: split,
  Pad: pad,
  Trilu: (call) => {
    const diagonal = call.inputs[1] ? call.to.list(call.inputs[1], 'a diagonal')[0]! : 0;
    const upper = call.int('upper', 1) !== 0;
    return band(call.to, call.input(0), (ahead) => (upper ? ahead >= diagonal : ahead <= diagonal));
  },
  Tile: (call) => call.to.tile(call.input(0), call.to.list(call.input(1), 'repeats')),
  Expand: (call) => call.to.expand(call.input(0), call.to.list(call.input(1), 'a shape')),
  Gather: (call) => call.to.gather(call.input(0), call.input(1), call.to.axis(call.input(0), call.int('axis', 0))),
  OneHot: oneHot,
  DFT: dft,
  STFT: stft,
  Resize: resize,
  Upsample: resize,
  DepthToSpace: (call) => {
    const { to } = call;
    const x = call.input(0);
    const [n, c, h, w] = to.shape(x) as [number, number, number, number];
    const block = call.int('blocksize', 1);
    const deep = c / block ** 2;
    const parted =
      call.text('mode', 'DCR') === 'DCR'
        ? to.transpose(to.reshape(x, [n, block, block, deep, h, w]), [0, 3, 4, 1, 5, 2])
        : to.transpose(to.reshape(x, [n, deep, block, block, h, w]), [0, 1, 4, 2, 5, 3]);
    return to.reshape(parted, [n, deep, h * block, w * block]);
  },
  SpaceToDepth: (call) => {
    const { to } = call;
    const x = call.input(0);
    const [n, c, h, w] = to.shape(x) as [number, number, number, number];
    const block = call.int('blocksize', 1);
    const order = call.text('mode', 'DCR') === 'CRD' ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4];
    const parted = to.transpose(to.reshape(x, [n, c, h / block, block, w / block, block]), order);
    return to.reshape(parted, [n, c * block ** 2, h / block, w / block]);
  },
};

export const rowOf = (kind: string): Row | null => (Object.hasOwn(rows, kind) ? rows[kind]! : null);
