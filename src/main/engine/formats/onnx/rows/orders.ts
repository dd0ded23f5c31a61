/** Values by their order, and places of extremes. */
import { NotExpressible, range, wholes } from '../../tensors/array';
import type { Assembly, Tensor } from '../../tensors/assembly';
import { Later } from '../../tensors/later';
import { gather } from '../../tensors/moves';
import { largest, placeOfLargest, placesOfLargest } from '../../tensors/orders';
import type { OnnxCall } from '../call';
import type { Row } from './row';

const negative = (to: Assembly, x: Tensor): Tensor => to.unary('neg', x, {}, (each) => -each);

/** Where the largest along an axis is, or the smallest: the first of equal ones, or the last. */
const extreme =
  (ofLargest: boolean): Row =>
  (call) => {
    const { to } = call;
    const own = call.input(0);
    const axis = to.axis(own, call.int('axis', 0));
    const x = ofLargest ? own : negative(to, own);
    const keep = call.int('keepdims', 1) !== 0;
    if (call.int('select_last_index', 0) === 0) return placeOfLargest(to, x, axis, keep);
    const size = sizeOf(call, axis);
    const turned = gather(to, x, wholes(range(size).reverse()), axis);
    return to.asWhole(() => to.binary('sub', wholes([size - 1], []), placeOfLargest(to, turned, axis, keep)));
  };

function sizeOf({ to, inputs: [x] }: OnnxCall, axis: number): number {
  const size = to.shape(x!)[axis];
  if (typeof size !== 'number') throw new NotExpressible('an order over a free size');
  return size;
}

/**
 * The largest few, or the smallest, and where they are. Without `sorted` a runtime may give them in any order: here they are
 * in theirs all the same.
 */
const top: Row = (call) => {
  const { to } = call;
  const own = call.input(0);
  const axis = to.axis(own, call.int('axis', -1));
  const count = call.has('k') ? call.int('k', 1) : to.list(call.input(1), 'a number of values')[0]!;
  const size = sizeOf(call, axis);
  if (!(count >= 1 && count <= size)) throw new NotExpressible(`the first ${count} of ${size} values`);
  const ofLargest = call.int('largest', 1) !== 0;
  const x = ofLargest ? own : negative(to, own);
  const values = largest(to, x, axis, count);
  return [ofLargest ? values : negative(to, values), new Later(() => placesOfLargest(to, x, axis, count))];
};

export const orders: Readonly<Record<string, Row>> = {
  ArgMax: extreme(true),
  ArgMin: extreme(false),
  TopK: top,
};
