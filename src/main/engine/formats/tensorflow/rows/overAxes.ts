/** Sums, extremes and other reductions over axes; sums along one. */
import * as host from '../../tensors/array';

import type { ReduceOp } from '../../tensors/reductions';
import { multipliedOver, summedUp } from '../../tensors/compositions';
import type { Row } from './row';
import * as reductions from '../../tensors/reductions';

const reduction =
  (op: ReduceOp): Row =>
  (call) =>
    reductions.reduce(call.to, op, call.input(0), call.list(1, 'axes'), call.flag('keep_dims'));

export const overAxes: Readonly<Record<string, Row>> = {
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
};
