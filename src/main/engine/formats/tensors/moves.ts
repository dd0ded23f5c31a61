/** Ops that move values and compute none: joins, slices, padding, repetition, places picked. */
import type { ValueId } from '../../graph/graph';
import type { OpAttributes, Padding } from '../../graph/ops';
import { takenAlong } from '../../graph/shapes';
import * as host from './array';
import { isArray, NotExpressible, range, type HostArray } from './array';
import { AcrossBatch, FREE, placeFor, same, symbolic, type Tensor, type Varying } from './axes';
import type { Assembly } from './assembly';

export function concat(to: Assembly, inputs: readonly Tensor[], axis: number): Tensor {
  if (inputs.every(isArray)) return host.joined(inputs, axis);
  if (inputs.length === 1) return inputs[0]!;
  const first = inputs.find((x): x is Varying => !isArray(x))!;
  const rank = to.rank(first);
  const other = inputs.find((x) => to.rank(x) !== rank);
  if (other) throw new NotExpressible(`values of ${rank} and ${to.rank(other)} axes joined`);
  const held = inputs.map((x) => (isArray(x) ? x : to.holding(x, [axis])));
  // The order of the value that holds most axes serves all.
  const widest = held
    .filter((x): x is Varying => !isArray(x))
    .reduce((most, x) => (to.builder.shape(x.id).length > to.builder.shape(most.id).length ? x : most));
  const order = to.heldOrder(widest);
  const needed = range(rank).filter((i) => held.some((x) => !isArray(x) && x.axes[i]!.length) && !order.includes(i));
  for (const each of needed) order.splice(placeFor(order, each), 0, each);
  const place = order.indexOf(axis);
  const batch = to.batchAxis(first);
  const merged = to.batchGroup(first);
  const ids: ValueId[] = [];
  const fixed: { readonly array: HostArray; readonly at: number }[] = [];
  let at = 0;
  let lead = 0;
  for (const x of held) {
    if (isArray(x)) {
      fixed.push({ array: x, at });
      at += x.shape[axis]!;
      continue;
    }
    if (to.batchAxis(x) !== batch || !same(to.batchGroup(x), merged))
      throw new AcrossBatch('a batch axis that meets another');
    const arranged = to.arranged(x, order);
    lead = arranged.lead;
    const size = to.shape(x)[axis]!;
    if (size === FREE && fixed.length) throw new NotExpressible('a constant joined to a free size');
    ids.push(arranged.id);
    at += size;
  }
  const canonical = lead + place - 1;
  if (canonical < 0) throw new AcrossBatch('values joined along the batch');
  const axes = to.axesOf(rank, widest, order, lead);
  if (!fixed.length) return to.varying(to.emit('concat', ids, { axis: canonical }), axes);
  return joinedWithConstants(to, held, order, axis, canonical, axes, at);
}

/** Constants among what is joined: zeros take their place, and they are added at the end. */
function joinedWithConstants(
  to: Assembly,
  held: readonly Tensor[],
  order: readonly number[],
  axis: number,
  canonical: number,
  axes: Varying['axes'],
  total: number,
): Tensor {
  const rank = axes.length;
  const parts: ValueId[] = [];
  let before = 0;
  for (const x of held) {
    const size = to.shape(x)[axis]!;
    if (isArray(x)) {
      before += size;
      continue;
    }
    const { id } = to.arranged(x, order);
    parts.push(before ? padded(to, id, canonical, before, 0) : id);
    before = 0;
  }
  if (before) parts.push(padded(to, parts.pop()!, canonical, 0, before));
  const id = parts.length > 1 ? to.emit('concat', parts, { axis: canonical }) : parts[0]!;
  const value = to.varying(id, axes);
  const shape = to
    .shape(value)
    .map((size, i) => (i === axis ? total : to.batchAxis(value) === i || size === FREE ? 1 : size));
  const pieces = held.map((x) => {
    const sizes = shape.map((size, i) => (i === axis ? to.shape(x)[axis]! : size));
    if (!isArray(x)) return host.filled(sizes, 0, false);
    const batch = to.batchAxis(value);
    const trimmed = !to.batched || x.shape[batch] === 1 ? x : to.withoutBatch(x, batch);
    return host.expanded(host.converted(trimmed, false), sizes);
  });
  if (rank < 1) throw new NotExpressible('scalars joined');
  return to.binary('add', value, host.joined(pieces, axis));
}

function padded(to: Assembly, id: ValueId, axis: number, before: number, after: number): ValueId {
  const padding = to.builder.shape(id).map((_, i) => (i === axis ? ([before, after] as const) : ([0, 0] as const)));
  return to.emit('pad', [id], { padding, mode: 'constant', value: 0 });
}

/** Python's begin:end:stride per axis; null: open. */
export function slice(
  to: Assembly,
  x: Tensor,
  begin: readonly (number | null)[],
  end: readonly (number | null)[],
  strides: readonly number[],
): Tensor {
  const shape = to.shape(x);
  const starts: number[] = [];
  const counts = shape.map((size, axis) => {
    const [from, until, stride] = [begin[axis]!, end[axis]!, strides[axis]!];
    if (!Number.isInteger(stride) || stride === 0) throw new NotExpressible(`a stride of ${stride}`);
    const { first, count } = takenAlong(size, from, until, stride);
    starts.push(first);
    return count;
  });
  if (isArray(x)) return host.sliced(x, starts, counts, strides);
  const cut = range(shape.length).filter((axis) => counts[axis] !== shape[axis] || strides[axis] !== 1);
  if (!cut.length) return x;
  const free = cut.filter((axis) => shape[axis]! % FREE === 0 && x.axes[axis]!.length === 1);
  const value = to.holding(x, cut);
  const rank = to.builder.shape(value.id).length;
  const attributes = { begin: nulls(rank), end: nulls(rank), strides: range(rank).map(() => 1) };
  for (const axis of cut) {
    const at = value.axes[axis]![0]! - 1;
    if (value.axes[axis]!.length > 1 || at < 0) throw new AcrossBatch('a slice of the batch');
    const stride = strides[axis]!;
    attributes.strides[at] = stride;
    if (free.includes(axis)) {
      // Ends of free sizes are kept as they count: from the back where negative.
      attributes.begin[at] = begin[axis]!;
      attributes.end[at] = end[axis] === null || Math.abs(end[axis]!) >= FREE ? null : end[axis]!;
      continue;
    }
    attributes.begin[at] = starts[axis]!;
    const stop = starts[axis]! + counts[axis]! * stride;
    attributes.end[at] = stop < 0 ? null : stop;
  }
  return to.varying(to.emit('slice', [value.id], attributes), value.axes);
}

export function pad(
  to: Assembly,
  x: Tensor,
  padding: Padding,
  mode: OpAttributes['pad']['mode'],
  value: number,
): Tensor {
  const touched = range(padding.length).filter((axis) => padding[axis]!.some((each) => each !== 0));
  if (!touched.length) return x;
  // Negative padding cuts.
  if (padding.flat().some((each) => each < 0)) {
    const cut = slice(
      to,
      x,
      padding.map(([before]) => (before < 0 ? -before : null)),
      padding.map(([, after]) => (after < 0 ? after : null)),
      padding.map(() => 1),
    );
    return pad(
      to,
      cut,
      padding.map(([before, after]) => [Math.max(0, before), Math.max(0, after)] as const),
      mode,
      value,
    );
  }
  if (isArray(x)) {
    if (mode !== 'constant') throw new NotExpressible(`padding of a constant by ${mode}`);
    return touched.reduce<HostArray>((array, axis) => {
      const sides = padding[axis]!.map((count) => {
        const shape = array.shape.map((size, each) => (each === axis ? count : size));
        return count > 0 ? [host.filled(shape, value, array.whole)] : [];
      });
      return host.joined([...sides[0]!, array, ...sides[1]!], axis);
    }, x);
  }
  const held = to.holding(x, touched);
  const own: [number, number][] = to.builder.shape(held.id).map(() => [0, 0]);
  for (const axis of touched) own[held.axes[axis]![0]! - 1] = [...padding[axis]!];
  return to.varying(to.emit('pad', [held.id], { padding: own, mode, value }), held.axes);
}

export function tile(to: Assembly, x: Tensor, repeats: readonly number[]): Tensor {
  const touched = range(repeats.length).filter((axis) => repeats[axis] !== 1);
  if (!touched.length) return x;
  if (isArray(x)) {
    return touched.reduce<HostArray>(
      (array, axis) => host.joined(new Array<HostArray>(bounded(repeats[axis]!)).fill(array), axis),
      x,
    );
  }
  const held = to.holding(x, touched);
  const own = to.builder.shape(held.id).map(() => 1);
  for (const axis of touched) own[held.axes[axis]![0]! - 1] = repeats[axis]!;
  return to.varying(to.emit('tile', [held.id], { repeats: own }), held.axes);
}

/** Numpy's broadcast_to; a constant keeps a batch axis of one. */
export function expand(to: Assembly, x: Tensor, target: readonly number[]): Tensor {
  if (isArray(x))
    return host.expanded(
      x,
      target.map((size) => (symbolic(size) ? 1 : size)),
    );
  const value = to.toRank(x, Math.max(to.rank(x), target.length));
  const shape = to.shape(value);
  const wanted = [...range(shape.length - target.length).map(() => 1), ...target];
  return tile(
    to,
    value,
    shape.map((size, axis) => (size === 1 && wanted[axis]! > 1 ? wanted[axis]! : 1)),
  );
}

export function gather(to: Assembly, x: Tensor, indices: Tensor, axis: number): Tensor {
  if (!isArray(indices)) {
    if (!isArray(x) || axis !== 0 || x.shape.length !== 2)
      throw new NotExpressible('positions that depend on the input');
    const { id } = to.arranged(indices, [to.batchAxis(indices), ...to.heldOrder(indices).slice(1)]);
    const made = to.emit('embedding', [id, to.constant(x, 'embeddings')], {});
    const rank = to.builder.shape(made).length;
    return to.varying(made, [...indices.axes, [rank]]);
  }
  const places = host.list(indices);
  const rank = to.rank(x);
  const shape = to.shape(x);
  const after = [...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)];
  if (isArray(x)) return host.reshaped(host.picked(x, axis, places), after);
  if (x.axes[axis]!.includes(0)) throw new AcrossBatch('examples picked from the batch');
  const run = places.every((place, i) => place === places[0]! + i) && places[0]! >= 0;
  let picked: Tensor;
  if (run) {
    const ends = range(rank).map((i) => (i === axis ? places[0]! + places.length : null));
    picked = slice(
      to,
      x,
      range(rank).map((i) => (i === axis ? places[0]! : null)),
      ends,
      range(rank).map(() => 1),
    );
  } else {
    const held = to.holding(x, [axis]);
    picked = to.varying(to.emit('gather', [held.id], { axis: held.axes[axis]![0]! - 1, indices: places }), held.axes);
  }
  if (indices.shape.length === 1) return picked;
  return to.reshape(picked, after);
}

/** Ways of padding. */
const MODES: readonly OpAttributes['pad']['mode'][] = ['constant', 'reflect', 'symmetric', 'edge', 'wrap'];

/** By the name that a file gives it. @throws NotExpressible */
export function paddingMode(name: string): OpAttributes['pad']['mode'] {
  const mode = MODES.find((each) => each === name.toLowerCase());
  if (!mode) throw new NotExpressible(`padding by ${name}`);
  return mode;
}

const nulls = (count: number): (number | null)[] => new Array<number | null>(count).fill(null);
const bounded = (count: number): number => {
  if (!(count >= 1 && count <= 1e6)) throw new NotExpressible(`${count} repetitions`);
  return count;
};
