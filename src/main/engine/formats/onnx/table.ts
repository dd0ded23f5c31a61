/** What each ONNX op becomes: one row per op (operator sets 1 to 21). */
import type { OpName } from '../../graph/ops';
import * as host from '../tensors/array';
import { type HostArray, isArray, NotExpressible, product, range } from '../tensors/array';
import { type BinaryOp, FREE, symbolic, type ReduceOp, type Tensor } from '../tensors/assembly';
import { clipped, completed, contraction, interpolation, selected, sourcePlace } from '../tensors/compositions';
import { functions, PLAIN } from '../tensors/functions';
import type { OnnxCall } from './call';
import { isReal } from './tensor';

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
  const extend = crop.map(([, after], i) => Math.max(0, extra[i]! - after));
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
  if (call.outputs > 1) throw new NotExpressible('mean and deviation of a norm');
  const x = call.input(0);
  const axis = to.axis(x, call.int('axis', -1));
  const normalised = to.normalise(x, range(to.rank(x) - axis, axis), call.float('epsilon', 1e-5));
  const scaled = to.binary('mul', normalised, call.input(1));
  return call.inputs[2] ? to.binary('add', scaled, call.inputs[2]) : scaled;
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
  if (mode !== 'constant' && mode !== 'reflect' && mode !== 'edge') throw new NotExpressible(`padding by ${mode}`);
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
  const scales =
    call.floats('scales') ?? (call.inputs[old ? 1 : 2] ? to.list(call.inputs[old ? 1 : 2]!, 'scales') : []);
  const sizes = !old && call.inputs[3] ? to.list(call.inputs[3], 'sizes') : null;
  const axes = call.ints('axes') ?? range(shape.length);
  const factors = shape.map((size, axis) => {
    const i = axes.indexOf(axis);
    if (i < 0) return 1;
    return sizes ? sizes[i]! / size : (scales[i] ?? 1);
  });
  const mode = call.text('mode', 'nearest');
  const spatial = range(shape.length - 2, 2);
  if (factors.some((each, axis) => each !== 1 && axis < 2)) throw new NotExpressible('resizing of channels');
  const scale = spatial.map((axis) => factors[axis]!);
  if (scale.every((each) => each === 1)) return x;
  const coordinates = call.text('coordinate_transformation_mode', old ? 'asymmetric' : 'half_pixel');
  const rounding = call.text('nearest_mode', old ? 'floor' : 'round_prefer_floor');
  const wholeScale = scale.every((each) => Number.isInteger(each) && each >= 1);
  if (mode === 'nearest') {
    // Whole factors repeat: floor of asymmetric places, or rounding of half-pixel ones (exact for odd and even factors).
    const repeats =
      wholeScale &&
      ((coordinates === 'asymmetric' && rounding === 'floor') ||
        ((coordinates === 'half_pixel' || coordinates === 'pytorch_half_pixel') && rounding.startsWith('round')));
    if (repeats) return to.upsample(x, 1, spatial, scale, 'nearest');
    return spatial.reduce<Tensor>((value, axis, i) => {
      const size = shape[axis]!;
      if (size % FREE === 0) throw new NotExpressible('resizing of a free size');
      const count = Math.floor(size * scale[i]!);
      return scale[i] === 1
        ? value
        : to.gather(
            value,
            host.wholes(
              range(count).map((place) => nearestPlace(place, scale[i]!, size, count, coordinates, rounding)),
            ),
            axis,
          );
    }, x);
  }
  if (
    mode !== 'linear' ||
    spatial.length !== 2 ||
    !wholeScale ||
    !(coordinates === 'half_pixel' || coordinates === 'pytorch_half_pixel')
  ) {
    if (mode !== 'linear') throw new NotExpressible(`resizing by ${mode}`);
    return interpolation(
      to,
      x,
      spatial,
      spatial.map((axis, i) => Math.floor(shape[axis]! * scale[i]!)),
      coordinates,
    );
  }
  return to.upsample(x, 1, spatial, scale, 'bilinear');
};

function nearestPlace(
  place: number,
  scale: number,
  size: number,
  count: number,
  coordinates: string,
  rounding: string,
): number {
  const at = sourcePlace(place, scale, size, count, coordinates);
  const rounded =
    rounding === 'floor'
      ? Math.floor(at)
      : rounding === 'ceil'
        ? Math.ceil(at)
        : rounding === 'round_prefer_ceil'
          ? Math.floor(at + 0.5)
          : Math.ceil(at - 0.5);
  return Math.min(Math.max(rounded, 0), size - 1);
}

const where: Row = (call) => {
  const { to } = call;
  const condition = to.array(call.input(0), 'a condition');
  return selected(call.to, condition, call.input(1), call.input(2));
};

const compare =
  (apply: (a: number, b: number) => boolean): Row =>
  (call) =>
    host.combined(
      call.to.array(call.input(0), 'a comparison'),
      call.to.array(call.input(1), 'a comparison'),
      (a, b) => (apply(a, b) ? 1 : 0),
      true,
    );

const dequantised: Row = (call) => {
  const { to } = call;
  const x = to.array(call.input(0), 'a quantised value');
  const scale = to.array(call.input(1), 'a scale');
  const zero = call.inputs[2] ? to.array(call.inputs[2], 'a zero point') : host.wholes([0], []);
  const axis = scale.data.length > 1 ? to.axis(x, call.int('axis', 1)) : 0;
  const along = (array: HostArray): HostArray =>
    array.data.length === 1
      ? host.reshaped(array, [])
      : host.reshaped(
          array,
          x.shape.map((_, i) => (i === axis ? array.data.length : 1)),
        );
  return host.combined(
    host.combined(x, along(zero), (a, b) => a - b),
    along(scale),
    (a, b) => a * b,
    false,
  );
};

const cast: Row = (call) => {
  const x = call.input(0);
  const to = call.int('to', 1);
  if (isArray(x)) return to === 9 ? host.mapped(x, (each) => (each ? 1 : 0), true) : host.converted(x, !isReal(to));
  if (!isReal(to) && call.to.builder.at(x.id).dtype === 'float32')
    throw new NotExpressible('a conversion to whole numbers');
  return x;
};

const lrn: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const size = call.int('size', 1);
  const [alpha, beta, bias] = [call.float('alpha', 1e-4), call.float('beta', 0.75), call.float('bias', 1)];
  const channels = to.shape(x)[1]!;
  if (channels % FREE === 0 || channels > 8192) throw new NotExpressible('a norm over so many channels');
  // The sum over neighbouring channels is a product with a band of ones.
  const band = new Float32Array(channels * channels);
  const before = Math.floor((size - 1) / 2);
  const after = Math.ceil((size - 1) / 2);
  for (let c = 0; c < channels; c++)
    for (let other = Math.max(0, c - before); other <= Math.min(channels - 1, c + after); other++)
      band[other * channels + c] = alpha / size;
  const rank = to.rank(x);
  const last = [0, ...range(rank - 2, 2), 1];
  const back = range(rank).map((axis) => last.indexOf(axis));
  const squares = to.unary('square', x, {}, functions['square']!);
  const sums = to.transpose(to.matmul(to.transpose(squares, last), host.reals([channels, channels], band)), back);
  const base = to.binary('add', sums, host.scalar(bias));
  return to.binary('mul', x, to.unary('pow', base, { exponent: -beta }, null));
};

const power: Row = (call) => {
  const { to } = call;
  const [a, b] = [call.input(0), call.input(1)];
  if (isArray(a) && isArray(b)) return host.combined(a, b, (x, y) => x ** y, a.whole && b.whole);
  const exponent = to.array(b, 'an exponent');
  if (!exponent.data.every((each) => each === exponent.data[0])) throw new NotExpressible('several exponents');
  const value = exponent.data[0]!;
  if (value === 1) return a;
  if (value === 2) return to.unary('square', a, {}, null);
  if (value === 0.5) return to.unary('sqrt', a, {}, null);
  if (value === -1) return to.unary('reciprocal', a, {}, null);
  if (value === -0.5) return to.unary('rsqrt', a, {}, null);
  return to.unary('pow', a, { exponent: value }, null);
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
  Dropout: passed,
  Cast: cast,
  CastLike: passed,
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
  Mod: (call) =>
    host.combined(
      call.to.array(call.input(0), 'a remainder'),
      call.to.array(call.input(1), 'a remainder'),
      (a, b) => a - b * Math.floor(a / b),
    ),
  Equal: compare((a, b) => a === b),
  Greater: compare((a, b) => a > b),
  GreaterOrEqual: compare((a, b) => a >= b),
  Less: compare((a, b) => a < b),
  LessOrEqual: compare((a, b) => a <= b),
  And: compare((a, b) => a !== 0 && b !== 0),
  Or: compare((a, b) => a !== 0 || b !== 0),
  Not: (call) => host.mapped(call.to.array(call.input(0), 'a condition'), (each) => (each ? 0 : 1), true),
  Where: where,
  Ceil: (call) => host.mapped(call.to.array(call.input(0), 'a value rounded up'), Math.ceil),

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
  GroupNormalization: groupNorm,
  Softmax: softmax('softmax'),
  LogSoftmax: softmax('logSoftmax'),
  DequantizeLinear: dequantised,

  ReduceSum: reduction('sum'),
  ReduceMean: reduction('mean'),
  ReduceMax: reduction('max'),
  ReduceMin: reduction('min'),
  ReduceL1: reduction('sum', 'abs'),
  ReduceL2: reduction('sum', 'square', 'sqrt'),
  ReduceSumSquare: reduction('sum', 'square'),
  ReduceLogSum: reduction('sum', null, 'log'),
  ReduceLogSumExp: reduction('sum', 'exp', 'log'),
  ReduceProd: (call) => {
    const x = call.to.array(call.input(0), 'a product over axes');
    const axes = (call.list('axes', 1) ?? range(x.shape.length)).map((axis) => call.to.axis(x, axis));
    return host.folded(x, axes, call.int('keepdims', 1) !== 0, 1, (a, b) => a * b);
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
  Tile: (call) => call.to.tile(call.input(0), call.to.list(call.input(1), 'repeats')),
  Expand: (call) => call.to.expand(call.input(0), call.to.list(call.input(1), 'a shape')),
  Gather: (call) => call.to.gather(call.input(0), call.input(1), call.to.axis(call.input(0), call.int('axis', 0))),
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
    const parted = to.transpose(to.reshape(x, [n, c, h / block, block, w / block, block]), [0, 3, 5, 1, 2, 4]);
    return to.reshape(parted, [n, c * block ** 2, h / block, w / block]);
  },
};

export const rowOf = (kind: string): Row | null => (Object.hasOwn(rows, kind) ? rows[kind]! : null);
