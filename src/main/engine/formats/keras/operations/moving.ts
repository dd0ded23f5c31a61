/** Operations that move values and compute none: shapes, orders of axes, parts, joins, places. */
import * as host from '../../tensors/array';
import { NotExpressible, product, range } from '../../tensors/array';
import type { Padding } from '../../../graph/ops';
import { type Assembly, symbolic, type Tensor } from '../../tensors/assembly';
import { converted, numberType } from '../../tensors/casts';
import { band, completed } from '../../tensors/compositions';
import { type Band, diagonalPart } from '../../tensors/diagonals';
import { completedSizes, equalParts, parts, reversed, rolled, stacked, unstacked } from '../../tensors/pieces';
import { ConfigFault } from '../../json';
import { ELLIPSIS, Operand, Slice } from '../arguments';
import type { Arguments } from './given';
import { type Operation, operation } from './row';
import * as moves from '../../tensors/moves';
import * as reductions from '../../tensors/reductions';

/** Places to cut, as numpy's: negative ones count from the end, and those beyond it leave nothing. */
function cutAt(places: readonly number[], total: number): number[] {
  const ends = [...places.map((place) => Math.min(Math.max(place < 0 ? place + total : place, 0), total)), total];
  return ends.map((end, i) => Math.max(0, end - (ends[i - 1] ?? 0)));
}

/** `number`: that many equal parts; a list: places to cut (keras.ops), or the parts' sizes (TensorFlow). */
const split = (listed: (given: readonly number[], total: number) => number[]): Operation =>
  operation('x indices_or_sections axis', (given, to) => {
    const x = given.tensor('x');
    const axis = given.axis(x, 0);
    const numbers = given.list('indices_or_sections');
    if (!Array.isArray(given.raw('indices_or_sections'))) return equalParts(to, x, axis, numbers[0]!);
    const total = to.shape(x)[axis]!;
    if (symbolic(total)) throw new NotExpressible('a free size cut in parts');
    return parts(to, x, axis, listed(numbers, total));
  });

/** x[key], as numpy: numbers, slices, the ellipsis, new axes. */
function indexed(to: Assembly, x: Tensor, given: unknown, numberOf: (value: unknown) => number | null): Tensor {
  const key = Array.isArray(given) ? (given as unknown[]) : [given];
  const rank = to.rank(x);
  const taken = key.filter((each) => each !== ELLIPSIS && each !== null).length;
  if (taken > rank) throw new ConfigFault(`${taken} places do not fit ${rank} axes`);
  const [begin, end, strides]: [(number | null)[], (number | null)[], number[]] = [[], [], []];
  const shrunk: number[] = [];
  const fresh: number[] = [];
  const whole = (): void => {
    begin.push(null);
    end.push(null);
    strides.push(1);
  };
  for (const each of key) {
    const place = begin.length + fresh.length;
    if (each === ELLIPSIS) for (let left = rank - taken; left > 0; left--) whole();
    else if (each === null) fresh.push(place);
    else if (each instanceof Slice) {
      begin.push(numberOf(each.start));
      end.push(numberOf(each.stop));
      strides.push(numberOf(each.step) ?? 1);
    } else {
      const at = numberOf(each);
      if (at === null || !Number.isInteger(at)) throw new NotExpressible('places that are no whole numbers');
      begin.push(at);
      end.push(at === -1 ? null : at + 1);
      strides.push(1);
      shrunk.push(place);
    }
  }
  while (begin.length < rank) whole();
  let made = moves.slice(to, x, begin, end, strides);
  if (fresh.length) made = to.unsqueeze(made, fresh);
  return shrunk.length ? to.squeeze(made, shrunk) : made;
}

/** By so many along each of several axes, or one after the other along one. */
function rolledAlong(given: Arguments, to: Assembly): Tensor {
  const shifts = given.list('shift');
  const shape = to.shape(given.tensor('x'));
  const { x, axis } = given.has('axis') ? { x: given.tensor('x'), axis: null } : given.flattened('x');
  const axes = axis === null ? given.list('axis').map((each) => to.axis(x, each)) : [axis];
  const count = Math.max(shifts.length, axes.length);
  const both = [shifts, axes].every(({ length }) => length === 1 || length === count);
  if (!both) throw new ConfigFault(`${shifts.length} shifts do not fit ${axes.length} axes`);
  const made = range(count).reduce(
    (value, i) => rolled(to, value, axes[axes.length === 1 ? 0 : i]!, shifts[shifts.length === 1 ? 0 : i]!),
    x,
  );
  return axis === null ? made : to.reshape(made, shape);
}

function padded(given: Arguments, to: Assembly): Tensor {
  const x = given.tensor('x');
  const widths = given.list('pad_width');
  const rank = to.rank(x);
  const pairs = range(rank).map((axis): [number, number] =>
    widths.length === 2 * rank ? [widths[2 * axis]!, widths[2 * axis + 1]!] : [widths[0]!, widths.at(-1)!],
  );
  if (pairs.flat().some((each) => !Number.isInteger(each) || each < 0))
    throw new ConfigFault(`it pads by ${pairs.flat().join(', ')}`);
  return moves.pad(
    to,
    x,
    pairs as Padding,
    moves.paddingMode(given.text('mode', 'constant')),
    given.number('constant_values', 0),
  );
}

function repeated(given: Arguments, to: Assembly): Tensor {
  const { x, axis } = given.flattened('x');
  const times = given.list('repeats');
  const size = to.shape(x)[axis]!;
  if (symbolic(size)) throw new NotExpressible('a free size repeated');
  if (times.length !== 1 && times.length !== size)
    throw new ConfigFault(`${times.length} repetitions do not fit a size of ${size}`);
  const counts = range(size).map((place) => times[times.length === 1 ? 0 : place]!);
  if (!(counts.reduce((sum, each) => sum + each, 0) <= MOST_PLACES)) throw new NotExpressible('very many repetitions');
  return moves.gather(to, x, host.wholes(counts.flatMap((count, place) => range(count).map(() => place))), axis);
}
/** Positions picked or counted in a row. */
const MOST_PLACES = 1e6;

const swappedAxes = (rank: number, a: number, b: number): number[] =>
  range(rank).map((axis) => (axis === a ? b : axis === b ? a : axis));

function movedAxes(given: Arguments, to: Assembly): Tensor {
  const x = given.tensor('x');
  const [from, target] = [given.axes(x, 'source')!, given.axes(x, 'destination')!];
  const order = range(to.rank(x)).filter((axis) => !from.includes(axis));
  const moves = from.map((axis, i) => [target[i]!, axis] as const).sort(([a], [b]) => a - b);
  for (const [place, axis] of moves) order.splice(place, 0, axis);
  return to.transpose(x, order);
}

/** `start` up to `stop`; with one number, from 0. */
function counted(given: Arguments, to: Assembly): Tensor {
  const [start, stop] = given.has('stop') ? [given.number('start'), given.number('stop')] : [0, given.number('start')];
  const step = given.number('step', 1);
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (!(count <= MOST_PLACES)) throw new NotExpressible(`${count} numbers in a row`);
  const numbers = range(count).map((i) => start + i * step);
  const made = numbers.every(Number.isInteger) ? host.wholes(numbers) : host.reals([count], numbers);
  return given.has('dtype') ? converted(to, made, numberType(given.text('dtype', 'float32'))) : made;
}

const sameShape = (value: number): Operation =>
  operation('x', (given, to) =>
    host.filled(
      to.shape(given.tensor('x')).map((size) => (symbolic(size) ? 1 : size)),
      value,
      false,
    ),
  );

/** As even as they can be: the first parts have one place more where they do not come out even. */
function nearlyEqualSizes(total: number, count: number): number[] {
  const [least, more] = [Math.floor(total / count), total % count];
  return range(count).map((i) => least + (i < more ? 1 : 0));
}

const arraySplit: Operation = operation('x indices_or_sections axis', (given, to) => {
  const x = given.tensor('x');
  const axis = given.axis(x, 0);
  const total = to.shape(x)[axis]!;
  const count = given.number('indices_or_sections');
  if (symbolic(total)) throw new NotExpressible('a free size cut in parts');
  if (!(count >= 1 && count <= total)) throw new NotExpressible(`${total} places in ${count} parts`);
  return parts(to, x, axis, nearlyEqualSizes(total, count));
});

/** By quarter turns, from the first axis towards the second. */
const turned: Operation = operation('array k axes', (given, to) => {
  const x = given.tensor('array');
  const [first, second] = given.has('axes') ? given.axes(x, 'axes')! : [0, 1];
  const swapped = (value: Tensor): Tensor => to.transpose(value, swappedAxes(to.rank(x), first!, second!));
  const turns = ((given.number('k', 1) % 4) + 4) % 4;
  if (turns === 0) return x;
  if (turns === 2) {
    // Keras on TensorFlow mixes rows up here, on its other backends it does not: the file does not tell which it was.
    if (to.shape(x)[first!] !== to.shape(x)[second!]) throw new NotExpressible('half a turn of what is not square');
    return reversed(to, x, [first!, second!]);
  }
  return turns === 1 ? swapped(reversed(to, x, [second!])) : reversed(to, swapped(x), [second!]);
});

/** A triangle of matrices: what is kept by how far a column is ahead of its row. */
const triangle = (kept: (ahead: number, k: number) => boolean): Operation =>
  operation('x k', (given, to) => {
    const k = given.number('k', 0);
    return band(to, given.tensor('x'), (ahead) => kept(ahead, k));
  });

function diagonalOf(given: Arguments, to: Assembly): Tensor {
  const x = given.tensor('x');
  const [rows, columns] = [given.axis(x, 0, 'axis1'), given.axis(x, 1, 'axis2')];
  const offset = given.number('offset', 0);
  const last = [...range(to.rank(x)).filter((axis) => axis !== rows && axis !== columns), rows, columns];
  const along: Band = { lower: offset, upper: offset, superLeft: true, subLeft: true };
  return diagonalPart(to, to.transpose(x, last), along, 0);
}

/** Joined along an axis that their name tells. */
const joinedAlong = (axis: number): Operation =>
  operation('xs', (given, to) => {
    const xs = given.tensors('xs');
    if (!xs.length || xs.some((x) => to.rank(x) <= axis)) throw new NotExpressible('values of fewer axes');
    return moves.concat(to, xs, axis);
  });

/** By class name in keras.ops. */
export const moving = {
  Identity: operation('x', (given) => given.tensor('x')),
  Conj: operation('x', (given) => given.tensor('x')),
  Conjugate: operation('x', (given) => given.tensor('x')),
  Real: operation('x', (given) => given.tensor('x')),
  StopGradient: operation('variable', (given) => given.tensor('variable')),
  ConvertToTensor: operation('x', (given) => given.tensor('x')),
  Copy: operation('x', (given) => given.tensor('x')),
  Shape: operation('x', (given, to) => host.wholes([...to.shape(given.tensor('x'))])),
  ZerosLike: sameShape(0),
  OnesLike: sameShape(1),
  FullLike: operation('x fill_value', (given, to) =>
    host.filled(
      to.shape(given.tensor('x')).map((size) => (symbolic(size) ? 1 : size)),
      given.number('fill_value'),
      false,
    ),
  ),
  Arange: operation('start stop step', counted),
  Reshape: operation('x newshape', (given, to) => {
    const x = given.tensor('x');
    return to.reshape(x, completed(given.list('newshape'), product(to.shape(x))));
  }),
  Ravel: operation('x', (given, to) => {
    const x = given.tensor('x');
    return to.reshape(x, [product(to.shape(x))]);
  }),
  Transpose: operation('x axes', (given, to) => {
    const x = given.tensor('x');
    return to.transpose(x, given.axes(x, 'axes') ?? range(to.rank(x)).reverse());
  }),
  Swapaxes: operation('x axis1 axis2', (given, to) => {
    const x = given.tensor('x');
    return to.transpose(x, swappedAxes(to.rank(x), given.axis(x, 0, 'axis1'), given.axis(x, 0, 'axis2')));
  }),
  Moveaxis: operation('x source destination', movedAxes),
  ExpandDims: operation('x axis', (given, to) => {
    const x = given.tensor('x');
    return to.unsqueeze(x, given.list('axis'));
  }),
  Squeeze: operation('x axis', (given, to) => to.squeeze(given.tensor('x'), given.axes(given.tensor('x')))),
  Concatenate: operation('xs axis', (given, to) => {
    const xs = given.tensors('xs');
    if (!xs.length) throw new ConfigFault('it joins nothing');
    return moves.concat(to, xs, given.axis(xs[0]!, 0));
  }),
  Stack: operation('x axis', (given, to) => stacked(to, given.tensors('x'), given.number('axis', 0))),
  Unstack: operation('x num axis', (given, to) => {
    const x = given.tensor('x');
    return unstacked(to, x, given.axis(x, 0));
  }),
  Hstack: joinedAlong(1),
  Dstack: joinedAlong(2),
  Append: operation('x1 x2 axis', (given, to) => {
    const { x, axis } = given.flattened('x1');
    return moves.concat(to, [x, given.tensor('x2')], axis);
  }),
  Split: split(cutAt),
  ArraySplit: arraySplit,
  SplitBySizes: split(completedSizes),
  Take: operation('x indices axis batch_dims', (given, to) => {
    if (given.number('batch_dims', 0)) throw new NotExpressible('batch dimensions');
    const { x, axis } = given.flattened('x');
    return moves.gather(to, x, given.tensor('indices'), axis);
  }),
  Repeat: operation('x repeats axis', repeated),
  Flip: operation('x axis', (given, to) => {
    const x = given.tensor('x');
    return reversed(to, x, given.allAxes(x));
  }),
  Fliplr: operation('x', (given, to) => reversed(to, given.tensor('x'), [1])),
  Rot90: turned,
  Tril: triangle((ahead, k) => ahead <= k),
  Triu: triangle((ahead, k) => ahead >= k),
  Diagonal: operation('x offset axis1 axis2', diagonalOf),
  Trace: operation('x offset axis1 axis2', (given, to) => {
    const diagonal = diagonalOf(given, to);
    return reductions.reduce(to, 'sum', diagonal, [to.rank(diagonal) - 1], false);
  }),
  Roll: operation('x shift axis', rolledAlong),
  Pad: operation('x pad_width mode constant_values', padded),
  Tile: operation('x repeats', (given, to) => {
    const x = given.tensor('x');
    const repeats = given.list('repeats');
    return moves.tile(to, to.toRank(x, Math.max(to.rank(x), repeats.length)), [
      ...range(to.rank(x) - repeats.length).map(() => 1),
      ...repeats,
    ]);
  }),
  BroadcastTo: operation('x shape', (given, to) => moves.expand(to, given.tensor('x'), given.list('shape'))),
  GetItem: operation('x key', (given, to) =>
    indexed(to, given.tensor('x'), given.raw('key'), (value) => {
      if (value === null || value === undefined) return null;
      if (typeof value === 'number') return value;
      if (value instanceof Operand) return to.array(given.operand(value), 'a place').data[0]!;
      throw new NotExpressible('places of this kind');
    }),
  ),
} satisfies Readonly<Record<string, Operation>>;
