/** Values by their order, places of extremes, counts of whole numbers. */
import * as host from '../../tensors/array';
import { isArray, NotExpressible } from '../../tensors/array';
import type { Tensor } from '../../tensors/assembly';
import { converted } from '../../tensors/casts';
import { spreadOut } from '../../tensors/compositions';
import type { ValueId } from '../../../graph/graph';
import { largest, placeOfLargest, placesOfLargest } from '../../tensors/orders';
import { at } from '../../tensors/pieces';
import type { TfCall } from '../call';
import { Later } from '../../tensors/later';
import type { Row } from './row';
import * as reductions from '../../tensors/reductions';

const negative = (call: TfCall): Tensor => call.to.unary('neg', call.input(0), {}, (each) => -each);

const extreme =
  (ofLargest: boolean): Row =>
  (call) => {
    const { to } = call;
    const axis = to.axis(call.input(0), call.inputs[1] ? call.list(1, 'an axis')[0]! : 0);
    return placeOfLargest(to, ofLargest ? call.input(0) : negative(call), axis, false);
  };

/** Values and where they are. */
const top = (call: TfCall, count: number): readonly (Tensor | Later)[] => {
  const { to } = call;
  const x = call.input(0);
  const axis = to.rank(x) - 1;
  return [largest(to, x, axis, count), new Later(() => placesOfLargest(to, x, axis, count))];
};

/** A whole number that the input decides, but between two that are the same. */
function fixedNumber(call: TfCall, index: number): number {
  const x = call.input(index);
  if (isArray(x)) return x.data[0]!;
  const { builder } = call.to;
  const bounds = (id: ValueId): readonly [low: number, high: number] => {
    const { constant } = builder.at(id);
    if (constant?.data.length === 1) return [constant.data[0]!, constant.data[0]!];
    const node = builder.producer(id);
    const of = node?.op === 'maximum' || node?.op === 'minimum' ? node.inputs.map(bounds) : [];
    if (of.length !== 2) return [-Infinity, Infinity];
    const most = node!.op === 'maximum' ? Math.max : Math.min;
    return [most(of[0]![0], of[1]![0]), most(of[0]![1], of[1]![1])];
  };
  const [low, high] = bounds(x.id);
  if (low !== high) throw new NotExpressible('a number of counts that depends on the input');
  return low;
}

/** How often each whole number stands in each row. */
const counted = (call: TfCall, axis: number): Tensor => {
  const { to } = call;
  const ids = call.input(0);
  const size = fixedNumber(call, 1);
  const weights = call.inputs[2];
  if (weights && !(isArray(weights) && weights.data.length === 0)) throw new NotExpressible('weights');
  const ones = spreadOut(to, ids, size, 1, 0, to.rank(ids));
  return reductions.reduce(to, call.flag('binary_output') ? 'max' : 'sum', ones, [axis], false);
};

/** How many of ascending bounds each number has reached. */
const interval: Row = (call) => {
  const { to } = call;
  const [x, bounds] = [call.input(0), call.floats('boundaries')];
  if (!bounds.length) throw new NotExpressible('no bounds');
  const axis = to.rank(x);
  const above = to.binary('greaterEqual', to.unsqueeze(x, [axis]), host.reals([bounds.length], bounds));
  return to.asWhole(() => reductions.reduce(to, 'sum', converted(to, above, 'int32'), [axis], false));
};

export const orders: Readonly<Record<string, Row>> = {
  ArgMax: extreme(true),
  ArgMin: extreme(false),
  TopKV2: (call) => top(call, call.list(1, 'a number of values')[0]!),
  TopK: (call) => top(call, call.int('k', 1)),
  Bucketize: interval,
  NthElement: (call) => {
    const { to } = call;
    const place = call.list(1, 'a place')[0]!;
    const axis = to.rank(call.input(0)) - 1;
    if (call.flag('reverse')) return at(to, largest(to, call.input(0), axis, place + 1), axis, place);
    const turned = at(to, largest(to, negative(call), axis, place + 1), axis, place);
    return to.unary('neg', turned, {}, (each) => -each);
  },
  DenseBincount: (call) => counted(call, call.to.rank(call.input(0)) - 1),
  Bincount: (call) => counted(call, call.to.rank(call.input(0)) - 1),
};
