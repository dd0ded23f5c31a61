/** Matrix products and Einstein sums. */
import * as host from '../../tensors/array';
import { isArray } from '../../tensors/array';
import { contraction } from '../../tensors/contraction';
import type { Tensor } from '../../tensors/assembly';
import type { OnnxCall } from '../call';
import { turnedOnce, type Row } from './row';
import * as matrices from '../../tensors/matrices';

export function gemm(call: OnnxCall): Tensor {
  const { to } = call;
  let [a, b] = [call.input(0), call.input(1)];
  if (call.int('transA', 0)) a = matrices.swapLast(to, a);
  if (call.int('transB', 0)) b = isArray(b) ? turnedOnce(b, [1, 0]) : matrices.swapLast(to, b);
  const alpha = call.float('alpha', 1);
  const beta = call.float('beta', 1);
  if (alpha !== 1 && isArray(b)) b = host.mapped(b, (each) => each * alpha);
  let made = matrices.matmul(to, a, b);
  if (alpha !== 1 && !isArray(b)) made = to.binary('mul', made, host.scalar(alpha));
  const c = call.inputs[2];
  if (!c || beta === 0) return made;
  return to.binary('add', made, beta === 1 ? c : to.binary('mul', c, host.scalar(beta)));
}

const einsum: Row = (call) =>
  contraction(
    call.to,
    call.text('equation', ''),
    call.inputs.map((_, i) => call.input(i)),
  );

export const products: Readonly<Record<string, Row>> = {
  Gemm: gemm,
  MatMul: (call) => matrices.matmul(call.to, call.input(0), call.input(1)),
  Einsum: einsum,
};
