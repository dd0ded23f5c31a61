/** Operations by the order of values: sorting, places of extremes, quantiles, and ones at places. */
import * as host from '../../tensors/array';
import { isArray, NotExpressible, range } from '../../tensors/array';
import { type Assembly, symbolic, type Tensor } from '../../tensors/assembly';
import { converted } from '../../tensors/casts';
import { spreadOut } from '../../tensors/compositions';
import * as moves from '../../tensors/moves';
import { largest, MOST_RANKED, placeOfLargest, placesOfLargest, sorted } from '../../tensors/orders';
import { reversed } from '../../tensors/pieces';
import { fromFront, gathered } from '../../tensors/positions';
import * as reductions from '../../tensors/reductions';
import type { Arguments } from './given';
import { type Operation, operation } from './row';

const negative = (to: Assembly, x: Tensor): Tensor => to.unary('neg', x, {}, (each) => -each);

const extreme = (ofLargest: boolean): Operation =>
  operation('x axis keepdims', (given, to) => {
    const { x, axis } = given.flattened('x');
    return placeOfLargest(to, ofLargest ? x : negative(to, x), axis, given.flag('keepdims'));
  });

/** TensorFlow's own functions have a word for it. */
const descends = (given: Arguments): boolean => given.text('direction', 'ASCENDING') === 'DESCENDING';

/** The smallest first. */
const ascending = (to: Assembly, x: Tensor, axis: number): Tensor => reversed(to, sorted(to, x, axis), [axis]);

/** The largest few and where they are; of very many values these are not found. */
const top: Operation = operation('x k sorted', (given, to) => {
  const x = given.tensor('x');
  const axis = to.rank(x) - 1;
  const [size, count] = [to.shape(x)[axis]!, given.number('k')];
  if (symbolic(size)) throw new NotExpressible('a free number of values');
  const values = to.part('values', () => largest(to, x, axis, count));
  const places =
    count === 1 || size <= MOST_RANKED
      ? placesOfLargest(to, x, axis, count)
      : to.unknown([x], `TopK, places of ${count} of ${size} values, of at most ${MOST_RANKED}`, to.shape(values));
  return [values, places];
});

/** Between the values beside the place that a share of all lies before. */
function quantile(given: Arguments, to: Assembly, share: number): Tensor {
  const { x, axis } = given.flattened('x');
  if (given.text('method', 'linear') !== 'linear') throw new NotExpressible(`method ${given.text('method', '')}`);
  const size = to.shape(x)[axis]!;
  if (symbolic(size)) throw new NotExpressible('a free number of values');
  if (!(share >= 0 && share <= 1)) throw new NotExpressible(`a share of ${share}`);
  const order = to.part('sorted', () => ascending(to, x, axis));
  const place = share * (size - 1);
  const at = (which: number): Tensor => moves.gather(to, order, host.wholes([which]), axis);
  const [low, high] = [Math.floor(place), Math.ceil(place)];
  const weighed = (which: number, weight: number): Tensor => to.binary('mul', at(which), host.scalar(weight));
  const made = low === high ? at(low) : to.binary('add', weighed(low, high - place), weighed(high, place - low));
  return given.flag('keepdims') ? made : to.squeeze(made, [axis]);
}

/** How many bounds, of a fixed ascending list, each value has reached. */
const reached: Operation = operation('x bins', (given, to) => {
  const [x, bounds] = [given.tensor('x'), to.array(given.tensor('bins'), 'bounds')];
  const axis = to.rank(x);
  const above = to.binary('greaterEqual', to.unsqueeze(x, [axis]), bounds);
  return to.asWhole(() => reductions.reduce(to, 'sum', converted(to, above, 'int32'), [axis], false));
});

/** Numpy's take_along_axis: positions of their own at every place of the other axes. */
function takenAlong(given: Arguments, to: Assembly): Tensor {
  const { x, axis } = given.flattened('x');
  const indices = given.tensor('indices');
  const rank = to.rank(x);
  if (to.rank(indices) !== rank) throw new NotExpressible('positions of other axes');
  const last = range(rank).map((each) => (each === axis ? rank - 1 : each === rank - 1 ? axis : each));
  const [values, places] = [to.transpose(x, last), to.transpose(indices, last)];
  const common = to.shape(values).slice(0, -1);
  const fits = to
    .shape(places)
    .slice(0, -1)
    .every((size, i) => size === common[i] || (isArray(places) && size === 1));
  if (!fits) throw new NotExpressible('positions of other sizes');
  const size = to.shape(values)[rank - 1]!;
  if (symbolic(size)) throw new NotExpressible('positions in a free size');
  if (!isArray(places))
    return to.transpose(gathered(to, values, fromFront(to, places, size), rank - 1, rank - 1), last);
  const fixed = host.mapped(places, (each) => (each < 0 ? each + size : each), true);
  const wide = [...common.map((each) => (symbolic(each) ? 1 : each)), fixed.shape[rank - 1]!];
  return to.transpose(gathered(to, values, host.expanded(fixed, wide), rank - 1, rank - 1), last);
}

/** By class name in keras.ops. */
export const ordering = {
  Argmax: extreme(true),
  Argmin: extreme(false),
  Sort: operation('x axis', (given, to) => {
    const x = given.tensor('x');
    return descends(given) ? sorted(to, x, given.axis(x, -1)) : ascending(to, x, given.axis(x, -1));
  }),
  Argsort: operation('x axis', (given, to) => {
    const x = given.tensor('x');
    const axis = given.axis(x, -1);
    return placesOfLargest(to, descends(given) ? x : negative(to, x), axis, to.shape(x)[axis]!);
  }),
  TopK: top,
  Median: operation('x axis keepdims', (given, to) => quantile(given, to, 0.5)),
  Quantile: operation('x q axis method keepdims', (given, to) => quantile(given, to, given.number('q'))),
  Percentile: operation('x q axis method keepdims', (given, to) => quantile(given, to, given.number('q') / 100)),
  Digitize: reached,
  OneHot: operation('x num_classes axis', (given, to) => {
    const x = given.tensor('x');
    const [on, off] = [given.number('on_value', 1), given.number('off_value', 0)];
    return spreadOut(to, x, given.number('num_classes'), on, off, to.axis(x, given.number('axis', -1), 1));
  }),
  /** Of all numbers of an example: 1 where one of them is the class. */
  MultiHot: operation('inputs num_classes axis', (given, to) => {
    const x = given.tensor('inputs');
    const rank = to.rank(x);
    if (rank < 2 || to.axis(x, given.number('axis', -1), 1) !== rank)
      throw new NotExpressible('classes along this axis');
    const ones = spreadOut(to, x, given.number('num_classes'), 1, 0, rank);
    return reductions.reduce(to, 'max', ones, [1], false);
  }),
  TakeAlongAxis: operation('x indices axis', takenAlong),
} satisfies Readonly<Record<string, Operation>>;
