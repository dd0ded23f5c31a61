/** Ops that change the type of numbers. */
import { isArray, NotExpressible } from '../../tensors/array';
import type { Tensor } from '../../tensors/assembly';
import { converted, type NumberType } from '../../tensors/casts';
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

export const types: Readonly<Record<string, Row>> = {
  Cast: (call) => cast(call, call.int('to', 1)),
  CastLike: castLike,
};
