/** Values taken from places, put to them, and joined by the groups that they are in. */
import * as host from '../../tensors/array';
import { type HostArray, isArray, NotExpressible, product, range } from '../../tensors/array';
import { symbolic, type Tensor } from '../../tensors/assembly';
import { selected } from '../../tensors/compositions';
import { everyPlace, type Joining, scatteredAt, stridesOf } from '../../tensors/places';
import { gathered, gatheredByLists } from '../../tensors/positions';
import { at, reversed } from '../../tensors/pieces';
import { type Joined, segmentsOver } from '../../tensors/segments';
import type { TfCall } from '../call';
import type { Row } from './row';
import * as matrices from '../../tensors/matrices';
import * as moves from '../../tensors/moves';

const gather: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const given = call.int('batch_dims', 0);
  const own = given < 0 ? given + to.rank(call.input(1)) : given;
  const axis = call.inputs[2] ? to.axis(x, call.list(2, 'an axis')[0]!) : own;
  return gathered(to, x, call.input(1), axis, own);
};

const positionsOf = (call: TfCall, index: number): HostArray => call.to.array(call.input(index), 'positions');

const update =
  (joining: Joining, negative = false): Row =>
  (call) => {
    const { to } = call;
    const updates = call.input(2);
    const given = negative ? to.unary('neg', updates, {}, (each) => -each) : updates;
    return scatteredAt(to, call.input(0), positionsOf(call, 1), given, joining);
  };

/** Numbers at positions among zeros. */
const scatter: Row = (call) => {
  const { to } = call;
  const sizes = call.list(2, 'a shape').map((size) => (symbolic(size) ? 1 : size));
  const updates = call.input(1);
  const whole = isArray(updates) && updates.whole;
  return scatteredAt(to, host.filled(sizes, 0, whole), positionsOf(call, 0), updates, 'add');
};

const LOWEST = -3.4028235e38;

const sortedSegments =
  (how: Joined, empty: number): Row =>
  (call) => {
    const ids = call.to.array(call.input(1), 'groups');
    return segmentsOver(call.to, call.input(0), ids, (ids.data.at(-1) ?? -1) + 1, how, empty);
  };
const unsortedSegments =
  (how: Joined, empty: number): Row =>
  (call) => {
    const count = call.list(2, 'a number of groups')[0]!;
    return segmentsOver(call.to, call.input(0), call.input(1), count, how, empty);
  };
/** Of places that are picked first. */
const sparseSegments =
  (how: Joined): Row =>
  (call) => {
    const { to } = call;
    const picked = moves.gather(to, call.input(0), to.array(call.input(1), 'places'), 0);
    const ids = to.array(call.input(2), 'groups');
    const count = call.inputs[3] ? call.list(3, 'a number of groups')[0]! : (ids.data.at(-1) ?? -1) + 1;
    return segmentsOver(to, picked, ids, count, how, 0);
  };

/** A matrix of few numbers, at places that the file fixes, times a value. */
const sparseProduct: Row = (call) => {
  const { to } = call;
  const sizes = call.list(2, 'a shape');
  const numbers = host.converted(to.array(call.input(1), 'a matrix'), false);
  const zeros = host.filled(sizes, 0, false);
  const matrix = scatteredAt(to, zeros, positionsOf(call, 0), numbers, 'add');
  const turned = (x: Tensor, key: string): Tensor => (call.flag(key) ? matrices.swapLast(to, x) : x);
  return matrices.matmul(to, turned(matrix, 'adjoint_a'), turned(call.input(3), 'adjoint_b'));
};

/** Where a fixed condition holds, one row of places each. */
const where: Row = (call) => {
  const condition = call.to.array(call.input(0), 'a condition');
  const found: number[] = [];
  let place = 0;
  for (const each of everyPlace(condition.shape)) if (condition.data[place++]) found.push(...each);
  const rank = condition.shape.length;
  return host.wholes(found, [rank ? found.length / rank : 0, rank]);
};

const MOST_PARTS = 4096;

const partition: Row = (call) => {
  const groups = call.to.array(call.input(1), 'groups');
  if (groups.shape.length !== 1) throw new NotExpressible('groups of several axes');
  const count = call.int('num_partitions', 1);
  if (!(count >= 1 && count <= MOST_PARTS)) throw new NotExpressible(`${count} groups`);
  return range(count).map((group) => {
    const places = host.list(groups).flatMap((each, place) => (each === group ? [place] : []));
    return moves.gather(call.to, call.input(0), host.wholes(places), 0);
  });
};

const stitch: Row = (call) => {
  const { to } = call;
  const count = call.int('N', call.inputs.length / 2);
  const lists = range(count).map((i) => to.array(call.input(i), 'places'));
  const parts = lists.map(({ shape }, i) => {
    const x = call.input(count + i);
    const inner = to.shape(x).slice(shape.length);
    return shape.length === 1 ? x : to.reshape(x, [product(shape), ...inner]);
  });
  const from: number[] = [];
  lists.flatMap(host.list).forEach((place, source) => (from[place] = source));
  if (from.length === 0 || range(from.length).some((place) => from[place] === undefined))
    throw new NotExpressible('places that nothing comes to');
  return moves.gather(to, moves.concat(to, parts, 0), host.wholes(from), 0);
};

/** The first places of an axis the other way round, as many as lengths say. */
const reverseSequence: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const axis = to.axis(x, call.int('seq_dim', 0));
  const batch = to.axis(x, call.int('batch_dim', 0));
  if (!isArray(call.input(1))) return reversedUpTo(call, call.input(1), axis, batch);
  const lengths = call.list(1, 'lengths');
  const size = to.shape(x)[axis]!;
  if (symbolic(size)) throw new NotExpressible('lengths in a free size');
  const turned = (value: Tensor, length: number): Tensor =>
    length === size
      ? reversed(to, value, [axis])
      : moves.gather(to, value, host.wholes(range(size).map((place) => (place < length ? length - 1 - place : place))), axis); // prettier-ignore
  if (lengths.every((each) => each === lengths[0])) return turned(x, lengths[0]!);
  const rows = lengths.map((length, place) => to.unsqueeze(turned(at(to, x, batch, place), length), [batch]));
  return moves.concat(to, rows, batch);
};

/** The same where the input tells the lengths: each place reads the one as far before the end. */
function reversedUpTo(call: TfCall, lengths: Tensor, axis: number, batch: number): Tensor {
  const { to } = call;
  const x = call.input(0);
  const rank = to.rank(x);
  const size = to.shape(x)[axis]!;
  if (symbolic(size)) throw new NotExpressible('lengths in a free size');
  const order = [batch, axis, ...range(rank).filter((each) => each !== axis && each !== batch)];
  const places = to.asWhole(() => {
    const [steps, ends] = [host.wholes(range(size)), to.unsqueeze(lengths, [1])];
    const turned = to.binary('sub', to.binary('sub', ends, host.wholes([1], [])), steps);
    return selected(to, to.binary('greater', ends, steps), turned, steps);
  });
  const made = gathered(to, to.transpose(x, order), places, 1, 1);
  return to.transpose(made, range(rank).map((each) => order.indexOf(each))); // prettier-ignore
}

/** A part of a value replaced. */
const sliceUpdate: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const shape = to.shape(x);
  const [begin, end, strides] = [1, 2, 3].map((i) => call.list(i, 'a slice')) as [number[], number[], number[]];
  const bit = (key: string, axis: number): boolean => ((call.int(key, 0) >> axis) & 1) === 1;
  if (['ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'].some((key) => call.int(key, 0) !== 0))
    throw new NotExpressible('a part of other axes');
  const free = shape.map((size) => (symbolic(size) ? 1 : size));
  const places = host.reshaped(host.wholes(range(product(free))), free);
  const part = moves.slice(
    to,
    places,
    shape.map((_, axis) => (axis >= begin.length || bit('begin_mask', axis) ? null : begin[axis]!)),
    shape.map((_, axis) => (axis >= end.length || bit('end_mask', axis) ? null : end[axis]!)),
    shape.map((_, axis) => strides[axis] ?? 1),
  ) as HostArray;
  const steps = stridesOf(free);
  const lists = host.list(part).flatMap((place) => free.map((size, axis) => Math.floor(place / steps[axis]!) % size));
  const updates = call.input(4);
  const batch = shape.findIndex(symbolic);
  if (batch > 0 || (batch === 0 && part.shape[0] !== 1)) throw new NotExpressible('a part of a free size');
  // Examples stay what they are: positions tell the other axes.
  const own = batch === 0 ? 1 : 0;
  const kept = host.wholes(
    lists.filter((_, i) => i % free.length >= own),
    [part.data.length, free.length - own],
  );
  const count = part.data.length;
  const rest = range(free.length - own, own);
  if (own === 0) return scatteredAt(to, x, kept, to.reshape(updates, [count]), 'none');
  const last = to.transpose(x, [...rest, 0]);
  const flat = to.transpose(to.reshape(updates, [shape[0]!, count]), [1, 0]);
  return to.transpose(scatteredAt(to, last, kept, flat, 'none'), [rest.length, ...range(rest.length)]);
};

export const places: Readonly<Record<string, Row>> = {
  Gather: gather,
  GatherV2: gather,
  ResourceGather: gather,
  GatherNd: (call) => gatheredByLists(call.to, call.input(0), call.input(1)),
  ScatterNd: scatter,
  TensorScatterUpdate: update('none'),
  TensorScatterAdd: update('add'),
  TensorScatterSub: update('add', true),
  TensorScatterMax: update('max'),
  TensorScatterMin: update('min'),
  TensorStridedSliceUpdate: sliceUpdate,
  SegmentSum: sortedSegments('sum', 0),
  SegmentSumV2: unsortedSegments('sum', 0),
  SegmentMean: sortedSegments('mean', 0),
  SegmentMax: sortedSegments('max', 0),
  SegmentMaxV2: unsortedSegments('max', LOWEST),
  SegmentMin: sortedSegments('min', 0),
  SegmentMinV2: unsortedSegments('min', -LOWEST),
  SegmentProd: sortedSegments('prod', 1),
  SegmentProdV2: unsortedSegments('prod', 1),
  UnsortedSegmentSum: unsortedSegments('sum', 0),
  UnsortedSegmentMax: unsortedSegments('max', LOWEST),
  UnsortedSegmentMin: unsortedSegments('min', -LOWEST),
  UnsortedSegmentProd: unsortedSegments('prod', 1),
  SparseSegmentSum: sparseSegments('sum'),
  SparseSegmentMean: sparseSegments('mean'),
  SparseSegmentSqrtN: sparseSegments('sqrtN'),
  SparseSegmentSumWithNumSegments: sparseSegments('sum'),
  SparseSegmentMeanWithNumSegments: sparseSegments('mean'),
  SparseSegmentSqrtNWithNumSegments: sparseSegments('sqrtN'),
  SparseTensorDenseMatMul: sparseProduct,
  Where: where,
  DynamicPartition: partition,
  DynamicStitch: stitch,
  ParallelDynamicStitch: stitch,
  ReverseSequence: reverseSequence,
};
