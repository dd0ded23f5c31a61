/** Sums, extremes and other reductions over axes; sums along one. */
import type { OpName } from '../../../graph/ops';
import { isArray, range } from '../../tensors/array';
import type { Tensor } from '../../tensors/assembly';
import type { ReduceOp } from '../../tensors/reductions';
import { logSumExp, multipliedOver, summedUp } from '../../tensors/compositions';
import { functions } from '../../tensors/functions';
import type { OnnxCall } from '../call';
import type { Row } from './row';
import * as reductions from '../../tensors/reductions';

/** Axes were an attribute up to opset 12 or 17. */
const reduction =
  (op: ReduceOp, before: OpName | null = null, after: 'sqrt' | 'log' | null = null): Row =>
  (call) => {
    const { to } = call;
    const axes = call.list('axes', 1);
    let x = call.input(0);
    if (!axes?.length && call.int('noop_with_empty_axes', 0)) return x;
    if (before === 'abs' || before === 'square' || before === 'exp') x = to.unary(before, x, {}, functions[before]!);
    const reduced = reductions.reduce(to, op, x, axes?.length ? axes : null, call.int('keepdims', 1) !== 0);
    return after ? to.unary(after, reduced, {}, functions[after]!) : reduced;
  };

/** A reduction of its own kind, over the axes that the node tells, or all. */
function reducedBy(call: OnnxCall, apply: (axes: readonly number[], keepDims: boolean) => Tensor): Tensor {
  const x = call.input(0);
  const axes = call.list('axes', 1);
  if (!axes?.length && call.int('noop_with_empty_axes', 0)) return x;
  const all = axes?.length ? axes.map((axis) => call.to.axis(x, axis)) : range(call.to.rank(x));
  return apply(all, call.int('keepdims', 1) !== 0);
}

export const overAxes: Readonly<Record<string, Row>> = {
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
    return reducedBy(call, (axes, keep) => logSumExp(call.to, x, axes, keep));
  },
  ReduceProd: (call) => reducedBy(call, (axes, keep) => multipliedOver(call.to, call.input(0), axes, keep)),
  CumSum: (call) => {
    const { to } = call;
    const axis = to.axis(call.input(0), to.list(call.input(1), 'an axis')[0]!);
    return summedUp(to, call.input(0), axis, call.int('exclusive', 0) !== 0, call.int('reverse', 0) !== 0);
  },
};
