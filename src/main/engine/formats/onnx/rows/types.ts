/** Ops that change the type of numbers: conversions, and steps of quantised ones. */
import * as host from '../../tensors/array';
import { isArray, NotExpressible, range, type HostArray } from '../../tensors/array';
import type { Tensor } from '../../tensors/assembly';
import { converted, type NumberType } from '../../tensors/casts';
import { clipped } from '../../tensors/compositions';
import { functions } from '../../tensors/functions';
import type { OnnxCall } from '../call';
import type { Row } from './row';

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

export const types: Readonly<Record<string, Row>> = {
  Cast: (call) => cast(call, call.int('to', 1)),
  CastLike: castLike,
  QuantizeLinear: quantised,
  DequantizeLinear: dequantised,
};
