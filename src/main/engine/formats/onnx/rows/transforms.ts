/** Fourier transforms. */
import * as host from '../../tensors/array';
import { NotExpressible } from '../../tensors/array';
import type { Tensor } from '../../tensors/assembly';
import {
  type Complex,
  fourier,
  imaginary,
  inverseFourier,
  realInverseFourier,
  shortTimeFourier,
} from '../../tensors/fourier';
import { at } from '../../tensors/pieces';
import type { OnnxCall } from '../call';
import type { Row } from './row';
import * as moves from '../../tensors/moves';

/** A last axis of two, real and imaginary, or of one. */
const complexOf = (call: OnnxCall, x: Tensor): Complex => {
  const { to } = call;
  const rank = to.rank(x);
  const part = (place: number): Tensor => at(to, x, rank - 1, place);
  return { re: part(0), im: to.shape(x)[rank - 1] === 2 ? part(1) : null };
};
const complexAsPair = (call: OnnxCall, x: Complex): Tensor => {
  const { to } = call;
  const rank = to.rank(x.re);
  return moves.concat(
    to,
    [x.re, imaginary(to, x)].map((part) => to.unsqueeze(part, [rank])),
    rank,
  );
};

const dft: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const axis = call.inputs[2] ? to.list(call.inputs[2], 'an axis')[0]! : call.int('axis', call.opset < 20 ? 1 : -2);
  const length = call.inputs[1] ? to.list(call.inputs[1], 'a length')[0]! : null;
  const oneSided = call.int('onesided', 0) !== 0;
  const at = to.axis(x, axis);
  if (call.int('inverse', 0) === 0) return complexAsPair(call, fourier(to, complexOf(call, x), at, length, oneSided));
  if (!oneSided) return complexAsPair(call, inverseFourier(to, complexOf(call, x), at, length));
  // Of half of the frequencies real values come back.
  const size = length ?? 2 * (to.shape(x)[at]! - 1);
  return to.unsqueeze(realInverseFourier(to, complexOf(call, x), at, size), [to.rank(x) - 1]);
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

export const transforms: Readonly<Record<string, Row>> = {
  DFT: dft,
  STFT: stft,
};
