/**
 * Numbers on the steps of a small type: conversions to them and back, and ops that compute on them (onnxruntime's quantiser writes
 * those of the domain com.microsoft). Products and sums are done on whole numbers, which float32 holds exactly up to 2²⁴, then scaled
 * and rounded in the order in which runtimes do it: half a step beside a tie is a whole step behind it.
 *
 * What is rounded here is marked as standing for a straight line (`straight`): that is what the steps approximate and what a path
 * walks (`graph/straightened.ts`); values at the ends are the rounded ones.
 */
import * as host from '../../tensors/array';
import { isArray, NotExpressible, range, type HostArray } from '../../tensors/array';
import { symbolic, type Tensor } from '../../tensors/assembly';
import { clipped } from '../../tensors/compositions';
import { functions } from '../../tensors/functions';
import * as matrices from '../../tensors/matrices';
import * as moves from '../../tensors/moves';
import * as reductions from '../../tensors/reductions';
import type { OnnxCall } from '../call';
import { convolved, pooled } from './windows';
import { perChannel, type Row } from './row';

/** Smallest and largest number of the types that values are quantised to. */
const RANGES: Readonly<Record<number, readonly [number, number]>> = {
  2: [0, 255],
  3: [-128, 127],
  4: [0, 65535],
  5: [-32768, 32767],
  21: [0, 15],
  22: [-8, 7],
  25: [0, 3],
  26: [-2, 1],
};

/** How steps stand for real numbers: `scale · (q − zero)`, of the type that `zero` has. */
interface Steps {
  readonly scale: HostArray;
  readonly zero: HostArray | null;
  readonly type: number;
}

/** The steps that are told from an input on. @param missing the type where no zero point tells it */
function stepsAt(call: OnnxCall, scale: number, missing = 2): Steps {
  const zero = call.inputs[scale + 1];
  return {
    scale: call.to.array(call.input(scale), 'a scale'),
    zero: zero ? call.to.array(zero, 'a zero point') : null,
    type: zero ? (call.typeOf(scale + 1) ?? 0) : missing,
  };
}

const isNothing = (array: HostArray | null): boolean => array === null || array.data.every((each) => each === 0);

/**
 * A real value to steps of which the scale is 1: ⌊x⌉ + zero point, cut to what the type holds.
 * @param shifted whether the zero point is added before rounding, where halves then go to another even number
 */
function stepped(call: OnnxCall, x: Tensor, zero: Tensor | null, type: number, shifted = false): Tensor {
  const { to } = call;
  const [least, most] = RANGES[type] ?? [];
  if (least === undefined || most === undefined) throw new NotExpressible(`numbers of type ${type}`);
  const moved = (value: Tensor): Tensor =>
    zero && !(isArray(zero) && isNothing(zero)) ? to.binary('add', value, zero) : value;
  const rounded = (value: Tensor): Tensor => to.unary('round', value, { straight: true }, functions['round']!);
  return clipped(to, shifted ? rounded(moved(x)) : moved(rounded(x)), least, most);
}

/** x − zero, in whole numbers. */
function centred(call: OnnxCall, x: Tensor, zero: Tensor | null): Tensor {
  const real = isArray(x) ? host.converted(x, false) : x;
  return zero === null || (isArray(zero) && isNothing(zero)) ? real : call.to.binary('sub', real, zero);
}

/** One number, or one for each place along an axis of values of so many axes. */
const along = (array: HostArray, rank: number, axis: number): HostArray =>
  host.reshaped(
    array,
    array.data.length === 1 ? [] : range(rank).map((each) => (each === axis ? array.data.length : 1)),
  );
const alongOrNot = (array: HostArray | null, rank: number, axis: number): HostArray | null =>
  array && along(array, rank, axis);

/** Scales multiplied and divided in float32, as runtimes do it. */
const ratio = (a: HostArray, b: HostArray | null, by: HostArray): HostArray => {
  const product = b ? host.combined(a, b, (x, y) => Math.fround(Math.fround(x) * Math.fround(y)), false) : a;
  return host.combined(product, by, (x, y) => Math.fround(Math.fround(x) / Math.fround(y)), false);
};

/** A sum of products of steps, brought to the steps of what is given. */
const requantised = (call: OnnxCall, sum: Tensor, factor: HostArray, { zero, type }: Steps): Tensor =>
  stepped(call, call.to.binary('mul', sum, factor), zero && host.reshaped(zero, []), type);

/** The real value of steps: one scale for all. */
function real(call: OnnxCall, x: Tensor, { scale, zero }: Steps): Tensor {
  return call.to.binary('mul', centred(call, x, alongOrNot(zero, 0, 0)), along(scale, 0, 0));
}
/** Back to steps. */
function onSteps(call: OnnxCall, x: Tensor, { scale, zero, type }: Steps): Tensor {
  return stepped(call, call.to.binary('div', x, along(scale, 0, 0)), alongOrNot(zero, 0, 0), type);
}

/** A scale or zero point of QuantizeLinear: one number, one per place of an axis, or one per block of places. */
function alongAxis(call: OnnxCall, x: Tensor, array: HostArray): HostArray {
  const { to } = call;
  if (array.data.length === 1) return host.reshaped(array, []);
  const axis = to.axis(x, call.int('axis', 1));
  const shape = to.shape(x);
  const block = call.int('block_size', 0);
  if (block > 0 && array.shape.length === shape.length)
    return host.picked(array, axis, range(shape[axis]!).map((i) => Math.floor(i / block))); // prettier-ignore
  return along(array, shape.length, axis);
}

/** ⌊x / scale⌉ + zero point, cut to what the type holds. */
const quantise: Row = (call) => {
  const x = call.input(0);
  const { scale, zero, type } = stepsAt(call, 1, 2);
  const steps = call.to.binary('div', isArray(x) ? host.converted(x, false) : x, alongAxis(call, x, scale));
  return stepped(call, steps, zero && alongAxis(call, x, zero), zero ? type : call.int('output_dtype', 0) || type);
};

const dequantise: Row = (call) => {
  const x = call.input(0);
  const { scale, zero } = stepsAt(call, 1);
  return call.to.binary('mul', centred(call, x, zero && alongAxis(call, x, zero)), alongAxis(call, x, scale));
};

/**
 * Steps from the smallest to the largest number of a value, 0 among them, in 255 parts: those of one example, as runtimes give them
 * for a batch of one.
 */
function dynamicSteps(call: OnnxCall, x: Tensor): readonly [steps: Tensor, scale: Tensor, zero: Tensor] {
  const { to } = call;
  if (isArray(x)) throw new NotExpressible('a constant');
  const batch = to.batchAxis(x);
  const rank = to.rank(x);
  const axes = range(rank).filter((axis) => axis !== batch);
  // One number for each example; its axes are kept where there are examples, since it meets values of as many.
  const over = (op: 'max' | 'min'): Tensor => reductions.reduce(to, op, x, axes, to.batched);
  const [low, high] = [
    to.binary('minimum', over('min'), host.scalar(0)),
    to.binary('maximum', over('max'), host.scalar(0)),
  ];
  const scale = to.binary('div', to.binary('sub', high, low), host.scalar(255));
  // Of a value that is 0 everywhere (a baseline's) the scale is none.
  const divisor = to.binary('add', scale, to.binary('equal', scale, host.scalar(0)));
  const lowest = to.unary('neg', to.binary('div', low, divisor), {}, null);
  const zero = stepped(call, lowest, null, 2);
  const steps = stepped(call, to.binary('div', x, divisor), zero, 2);
  // On the line steps of this scale are the value itself: of scale 1, around 0. There the scale is not walked, which an end where the
  // value is 0 everywhere leaves at once.
  const only = (value: Tensor, straight: number): Tensor => to.unary('identity', value, { straight }, null);
  const rounded = (value: Tensor): Tensor => to.unary('round', value, { straight: true }, null);
  // The value is made last: it is what a layer around it gives.
  const beside = [only(scale, 1), only(zero, 0)] as const;
  const apart = only(to.binary('sub', steps, x), 0);
  return [rounded(to.binary('add', x, apart)), ...beside];
}
const dynamic: Row = (call) => dynamicSteps(call, call.input(0));

/** Zero points of a product's first operand, one or one a row, and of its second, one or one a column. */
const rowwise = (zero: Tensor | null): Tensor | null =>
  zero && isArray(zero) ? host.reshaped(zero, zero.data.length === 1 ? [] : zero.shape.length > 1 ? zero.shape : [zero.data.length, 1]) : zero; // prettier-ignore
const columnwise = (array: HostArray): HostArray =>
  host.reshaped(array, array.data.length === 1 ? [] : array.shape.length > 1 ? array.shape : [array.data.length]);

const matmulInteger: Row = (call) => {
  const b = call.inputs[3] ? columnwise(call.to.array(call.inputs[3], 'a zero point')) : null;
  return matrices.matmul(
    call.to,
    centred(call, call.input(0), rowwise(call.inputs[2] ?? null)),
    centred(call, call.input(1), b),
  );
};

/** The filter of a convolution in whole numbers around its zero points. */
function wholeFilter(call: OnnxCall, filter: number, zero: HostArray | null): HostArray {
  const array = call.to.array(call.input(filter), 'a filter');
  return call.to.array(centred(call, array, alongOrNot(zero, array.shape.length, 0)), 'a filter');
}

const convInteger: Row = (call) => {
  const zero = call.inputs[3] ? call.to.array(call.inputs[3], 'a zero point') : null;
  return convolved(call, centred(call, call.input(0), call.inputs[2] ?? null), wholeFilter(call, 1, zero));
};

const linearConv: Row = (call) => {
  notLast(call);
  const [x, w, y] = [stepsAt(call, 1), stepsAt(call, 4), stepsAt(call, 6)];
  const sum = convolved(call, centred(call, call.input(0), alongOrNot(x.zero, 0, 0)), wholeFilter(call, 3, w.zero));
  const rank = call.to.rank(sum);
  const bias = call.inputs[8] ? call.to.array(call.inputs[8], 'a bias') : null;
  const whole = bias ? call.to.binary('add', sum, perChannel(host.converted(bias, false), rank)) : sum;
  return requantised(call, whole, along(ratio(flat(x.scale), w.scale, flat(y.scale)), rank, 1), y);
};
const flat = (array: HostArray): HostArray => (array.data.length === 1 ? host.reshaped(array, []) : array);

const linearMatmul: Row = (call) => {
  const [a, b, y] = [stepsAt(call, 1), stepsAt(call, 4), stepsAt(call, 6)];
  const left = centred(call, call.input(0), rowwise(a.zero));
  const right = centred(call, call.input(3), b.zero && columnwise(b.zero));
  const scale = call.to.array(rowwise(a.scale) ?? undefined, 'a scale');
  return requantised(call, matrices.matmul(call.to, left, right), ratio(scale, columnwise(b.scale), flat(y.scale)), y);
};

/** Gemm of steps; real values where no steps of the output are told. */
const linearGemm: Row = (call) => {
  const { to } = call;
  const [a, b] = [stepsAt(call, 1), stepsAt(call, 4)];
  let left = centred(call, call.input(0), rowwise(a.zero));
  if (call.int('transA', 0)) left = matrices.swapLast(to, left);
  const turned = call.int('transB', 0) !== 0;
  const own = b.zero && (turned ? rowwise(b.zero) : columnwise(b.zero));
  const right = centred(call, call.input(3), own);
  const product = matrices.matmul(to, left, turned ? matrices.swapLast(to, right) : right);
  const bias = call.inputs[6];
  const whole = bias ? to.binary('add', product, isArray(bias) ? host.converted(bias, false) : bias) : product;
  const alpha = call.float('alpha', 1);
  const scale = host.mapped(flat(a.scale), (each) => Math.fround(each * alpha), false);
  if (!call.inputs[7]) return to.binary('mul', whole, ratio(scale, columnwise(b.scale), host.scalar(1)));
  const y = stepsAt(call, 7);
  return requantised(call, whole, ratio(scale, columnwise(b.scale), flat(y.scale)), y);
};

/** Sums of what is brought to common steps before it is rounded once. */
const linearAdd: Row = (call) => {
  const [a, b, y] = [stepsAt(call, 1), stepsAt(call, 4), stepsAt(call, 6)];
  const part = (at: number, of: Steps): Tensor =>
    call.to.binary('mul', centred(call, call.input(at), alongOrNot(of.zero, 0, 0)), ratio(flat(of.scale), null, flat(y.scale))); // prettier-ignore
  return stepped(call, call.to.binary('add', part(0, a), part(3, b)), alongOrNot(y.zero, 0, 0), y.type, true);
};

const linearMul: Row = (call) => {
  const [a, b, y] = [stepsAt(call, 1), stepsAt(call, 4), stepsAt(call, 6)];
  const product = call.to.binary(
    'mul',
    centred(call, call.input(0), alongOrNot(a.zero, 0, 0)),
    centred(call, call.input(3), alongOrNot(b.zero, 0, 0)),
  );
  const scaled = call.to.binary('mul', product, ratio(flat(a.scale), flat(b.scale), flat(y.scale)));
  return stepped(call, scaled, alongOrNot(y.zero, 0, 0), y.type, true);
};

/** A function of real values between steps. @param output where the steps of the output are told */
const between =
  (output: number, apply: (call: OnnxCall, x: Tensor) => Tensor): Row =>
  (call) =>
    onSteps(call, apply(call, real(call, call.input(0), stepsAt(call, 1))), stepsAt(call, output));

const linearGlobalMean: Row = (call) => {
  notLast(call);
  const [x, y] = [stepsAt(call, 1), stepsAt(call, 3)];
  const count = call.spatial.reduce((product, axis) => product * call.to.shape(call.input(0))[axis]!, 1);
  if (symbolic(count)) throw new NotExpressible('a mean over a free size');
  const sum = reductions.reduce(call.to, 'sum', centred(call, call.input(0), alongOrNot(x.zero, 0, 0)), call.spatial, true); // prettier-ignore
  return requantised(call, sum, ratio(flat(x.scale), null, host.mapped(flat(y.scale), (each) => each * count, false)), y); // prettier-ignore
};

/** Steps of the output, then each value with its own. */
const linearConcat: Row = (call) => {
  const { to } = call;
  const y = stepsAt(call, 0);
  const parts = range(Math.floor((call.inputs.length - 2) / 3)).map((i) => {
    const x = call.input(2 + 3 * i);
    const own = stepsAt(call, 3 + 3 * i);
    const alike = own.scale.data[0] === y.scale.data[0] && (own.zero?.data[0] ?? 0) === (y.zero?.data[0] ?? 0);
    return alike ? x : onSteps(call, real(call, x, own), y);
  });
  return moves.concat(to, parts, to.axis(parts[0]!, call.int('axis', 0)));
};

/** Channels of pictures last, which the runtime's own optimiser writes. */
function notLast(call: OnnxCall): void {
  if (call.int('channels_last', 0)) throw new NotExpressible('channels last');
}

/**
 * A product of real values with steps, computed on steps that the values themselves tell.
 * @param scale of the matrix or of each of its columns, as `zero`
 */
export function dynamicProduct(
  call: OnnxCall,
  x: Tensor,
  matrix: Tensor,
  scale: HostArray,
  zero: HostArray | null,
): Tensor {
  const { to } = call;
  const [steps, ownScale, ownZero] = dynamicSteps(call, x);
  const product = matrices.matmul(to, centred(call, steps, ownZero), centred(call, matrix, zero && columnwise(zero)));
  return to.binary('mul', product, to.binary('mul', ownScale, columnwise(scale)));
}

const dynamicMatmul: Row = (call) => {
  const { to } = call;
  const zero = call.inputs[3] ? to.array(call.inputs[3], 'a zero point') : null;
  const made = dynamicProduct(call, call.input(0), call.input(1), to.array(call.input(2), 'a scale'), zero);
  return call.inputs[4] ? to.binary('add', made, call.inputs[4]) : made;
};

/** A product of steps as real values. @param at which inputs they are */
export function realProduct(
  call: OnnxCall,
  at: Readonly<Record<'a' | 'b' | 'scale' | 'scales' | 'zero' | 'zeros' | 'bias', number>>,
): Tensor {
  // prettier-ignore
  const { to } = call;
  const zeros = call.inputs[at.zeros];
  const left = centred(call, call.input(at.a), rowwise(call.inputs[at.zero] ?? null));
  const right = centred(call, call.input(at.b), zeros ? columnwise(to.array(zeros, 'a zero point')) : null);
  const product = matrices.matmul(to, left, right);
  const scale = call.input(at.scale);
  const scales = columnwise(to.array(call.input(at.scales), 'a scale'));
  const made = to.binary('mul', product, to.binary('mul', isArray(scale) ? flat(scale) : scale, scales));
  const bias = call.inputs[at.bias];
  return bias ? to.binary('add', made, bias) : made;
}

const matmulToFloat: Row = (call) => realProduct(call, { a: 0, b: 1, scale: 2, scales: 3, zero: 4, zeros: 5, bias: 6 });

/** Weights of 2, 4 or 8 bits, packed in blocks along what is summed: [columns, blocks, bytes]. */
const matmulBits: Row = (call) => {
  const { to } = call;
  const [inner, columns] = [call.int('K', 0), call.int('N', 0)];
  const [bits, block] = [call.int('bits', 4), call.int('block_size', 32)];
  if (![2, 4, 8].includes(bits) || call.inputs[4]) throw new NotExpressible('packed weights of this kind');
  const packed = to.array(call.input(1), 'weights').data;
  const scales = to.array(call.input(2), 'scales').data;
  const zeros = call.inputs[3] ? to.array(call.inputs[3], 'zero points') : null;
  const blocks = Math.ceil(inner / block);
  const bytes = packed.length / (columns * blocks);
  if (!Number.isInteger(bytes) || scales.length !== columns * blocks || bytes * 8 < block * bits)
    throw new NotExpressible('packed weights of another size');
  const numberAt = (from: ArrayLike<number>, first: number, place: number): number =>
    (from[first + Math.floor((place * bits) / 8)]! >> ((place * bits) % 8)) & (2 ** bits - 1);
  const zeroBytes = Math.ceil((blocks * bits) / 8);
  const isPacked = zeros !== null && zeros.whole;
  const zeroOf = (column: number, at: number): number =>
    zeros === null
      ? 2 ** (bits - 1)
      : isPacked
        ? numberAt(zeros.data, column * zeroBytes, at)
        : zeros.data[column * blocks + at]!;
  const weights = new Float32Array(host.room([inner, columns]));
  for (let column = 0; column < columns; column++)
    for (let row = 0; row < inner; row++) {
      const at = Math.floor(row / block);
      const value = numberAt(packed, (column * blocks + at) * bytes, row % block);
      weights[row * columns + column] = (value - zeroOf(column, at)) * scales[column * blocks + at]!;
    }
  const made = matrices.matmul(to, call.input(0), host.reals([inner, columns], weights));
  return call.inputs[5] ? to.binary('add', made, call.inputs[5]) : made;
};

export const quantised: Readonly<Record<string, Row>> = {
  QuantizeLinear: quantise,
  DequantizeLinear: dequantise,
  DynamicQuantizeLinear: dynamic,
  MatMulInteger: matmulInteger,
  ConvInteger: convInteger,
  QLinearConv: linearConv,
  QLinearMatMul: linearMatmul,
  'com.microsoft.QuantizeLinear': quantise,
  'com.microsoft.DequantizeLinear': dequantise,
  'com.microsoft.QGemm': linearGemm,
  'com.microsoft.QLinearAdd': linearAdd,
  'com.microsoft.QLinearMul': linearMul,
  'com.microsoft.QLinearConv': linearConv,
  'com.microsoft.QLinearSigmoid': between(3, ({ to }, x) => to.unary('sigmoid', x, {}, functions['sigmoid']!)),
  'com.microsoft.QLinearLeakyRelu': between(3, (call, x) =>
    call.to.unary('leakyRelu', x, { slope: call.float('alpha', 0.01) }, null),
  ),
  'com.microsoft.QLinearSoftmax': between(3, (call, x) =>
    reductions.softmax(call.to, x, call.to.axis(x, call.int('axis', -1)), 'softmax'),
  ),
  'com.microsoft.QLinearReduceMean': between(3, (call, x) =>
    reductions.reduce(call.to, 'mean', x, call.ints('axes'), call.int('keepdims', 1) !== 0),
  ),
  'com.microsoft.QLinearAveragePool': between(3, (call, x) => {
    notLast(call);
    return pooled(call, 'average', x);
  }),
  'com.microsoft.QLinearGlobalAveragePool': linearGlobalMean,
  'com.microsoft.QLinearConcat': linearConcat,
  'com.microsoft.DynamicQuantizeMatMul': dynamicMatmul,
  'com.microsoft.MatMulIntegerToFloat': matmulToFloat,
  'com.microsoft.MatMulNBits': matmulBits,
};
