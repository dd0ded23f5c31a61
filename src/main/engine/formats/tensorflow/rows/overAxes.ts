/** Sums, extremes and other reductions over axes; sums along one. */
import type { ReduceOp } from '../../tensors/reductions';
import { multipliedOver, squared, summedUp, truthOver } from '../../tensors/compositions';
import { scanned, summedExponentials } from '../../tensors/scans';
import type { Row } from './row';
import * as reductions from '../../tensors/reductions';

const reduction =
  (op: ReduceOp): Row =>
  (call) =>
    reductions.reduce(call.to, op, call.input(0), call.list(1, 'axes'), call.flag('keep_dims'));

const truth =
  (which: 'any' | 'all'): Row =>
  (call) =>
    truthOver(call.to, call.input(0), which, call.list(1, 'axes'), call.flag('keep_dims'));

export const overAxes: Readonly<Record<string, Row>> = {
  Sum: reduction('sum'),
  Mean: reduction('mean'),
  Max: reduction('max'),
  Min: reduction('min'),
  EuclideanNorm: (call) => {
    const { to } = call;
    const sum = reductions.reduce(to, 'sum', squared(to, call.input(0)), call.list(1, 'axes'), call.flag('keep_dims'));
    return to.unary('sqrt', sum, {}, Math.sqrt);
  },
  Prod: (call) => {
    const axes = call.list(1, 'axes').map((axis) => call.to.axis(call.input(0), axis));
    return multipliedOver(call.to, call.input(0), axes, call.flag('keep_dims'));
  },
  Cumsum: (call) => {
    const axis = call.to.axis(call.input(0), call.list(1, 'an axis')[0]!);
    return summedUp(call.to, call.input(0), axis, call.flag('exclusive'), call.flag('reverse'));
  },
  Cumprod: (call) => {
    const axis = call.to.axis(call.input(0), call.list(1, 'an axis')[0]!);
    const direction = { exclusive: call.flag('exclusive'), reverse: call.flag('reverse') };
    return scanned(call.to, call.input(0), axis, direction, 1, (before, here) => call.to.binary('mul', before, here));
  },
  CumulativeLogsumexp: (call) => {
    const axis = call.to.axis(call.input(0), call.list(1, 'an axis')[0]!);
    const direction = { exclusive: call.flag('exclusive'), reverse: call.flag('reverse') };
    return summedExponentials(call.to, call.input(0), axis, direction);
  },
  All: truth('all'),
  Any: truth('any'),
};
