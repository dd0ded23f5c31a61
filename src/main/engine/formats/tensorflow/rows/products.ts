/** Matrix products and Einstein sums. */
import type { Tensor } from '../../tensors/assembly';
import { contraction } from '../../tensors/contraction';
import type { Row } from './row';
import { fused } from './windows';
import * as matrices from '../../tensors/matrices';

const matmul =
  (a: string, b: string): Row =>
  (call) => {
    const { to } = call;
    const left = call.flag(a) ? matrices.swapLast(to, call.input(0)) : call.input(0);
    const right = call.flag(b) ? matrices.swapLast(to, call.input(1)) : call.input(1);
    return matrices.matmul(to, left, right);
  };

export const products: Readonly<Record<string, Row>> = {
  MatMul: matmul('transpose_a', 'transpose_b'),
  BatchMatMul: matmul('adj_x', 'adj_y'),
  BatchMatMulV2: matmul('adj_x', 'adj_y'),
  BatchMatMulV3: matmul('adj_x', 'adj_y'),
  _FusedMatMul: (call) => {
    const made = matmul('transpose_a', 'transpose_b')(call) as Tensor;
    return fused(call, made, { channel: call.to.rank(made) - 1, spatial: [] });
  },
  Einsum: (call) => contraction(call.to, call.text('equation', ''), call.inputs),
};
