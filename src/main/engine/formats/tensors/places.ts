/** Numbers taken from, and put to, places that the file fixes: each example's numbers as one list, in the order of its axes. */
import * as host from './array';
import { isArray, NotExpressible, product, range, type HostArray } from './array';
import { AcrossBatch, symbolic, type Assembly, type Tensor, type Varying } from './assembly';
import { selected } from './compositions';
import * as moves from './moves';

/** How several numbers for one place are joined. */
export type Joining = 'none' | 'add' | 'mul' | 'max' | 'min';

/** More places than any list is walked for. */
const MOST = 2 ** 22;

/** A shape, and which of its axes is the batch: one example's, of size 1. −1: none. */
export interface Frame {
  readonly shape: readonly number[];
  readonly batch: number;
}

/** What one example's part of a value looks like. @throws NotExpressible for free sizes */
export function frameOf(to: Assembly, x: Varying): Frame {
  const batch = to.batchAxis(x);
  const shape = to.shape(x).map((size, axis) => (axis === batch ? 1 : size));
  if (shape.some(symbolic)) throw new NotExpressible('places in a free size');
  if (!(product(shape) <= MOST)) throw new NotExpressible(`${product(shape)} places`);
  return { shape, batch };
}

/** Steps in a flat list for each axis. */
export const stridesOf = (shape: readonly number[]): number[] => shape.map((_, axis) => product(shape.slice(axis + 1)));

/** Every place of a shape, the last axis fastest. */
export function* everyPlace(shape: readonly number[]): Generator<readonly number[]> {
  const size = product(shape);
  if (!(size <= MOST)) throw new NotExpressible(`${size} places`);
  const place = shape.map(() => 0);
  for (let i = 0; i < size; i++) {
    yield place;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++place[axis]! < shape[axis]!) break;
      place[axis] = 0;
    }
  }
}

/** A place counted from the end where it is negative. @throws NotExpressible beyond the size */
export function within(place: number, size: number): number {
  const at = place < 0 ? place + size : place;
  if (!Number.isInteger(at) || at < 0 || at >= size) throw new NotExpressible(`position ${place} of ${size}`);
  return at;
}

/** A place along an axis; along the batch there is only the one of each example. */
export function placeIn({ shape, batch }: Frame, axis: number, place: number, have: number): number {
  if (axis !== batch) return within(place, shape[axis]!);
  if (have !== 1 || within(place, 1) !== 0) throw new AcrossBatch('examples picked from the batch');
  return 0;
}

/** [batch, numbers of one example] */
function flat(to: Assembly, x: Varying): Varying {
  const shape = to.shape(x);
  const batch = to.batchAxis(x);
  if (batch < 0) return to.reshape(x, [product(shape)]) as Varying;
  const others = range(shape.length).filter((axis) => axis !== batch);
  const first = to.transpose(x, [batch, ...others]);
  return to.reshape(first, [shape[batch]!, product(others.map((axis) => shape[axis]!))]) as Varying;
}

/** A flat list of each example's numbers as a shape with the batch where its frame has it. */
function framed(to: Assembly, list: Varying, { shape, batch }: Frame): Tensor {
  if (batch < 0) return to.reshape(list, shape);
  const others = shape.filter((_, axis) => axis !== batch);
  const whole = to.reshape(list, [to.shape(list)[0]!, ...others]);
  return to.transpose(
    whole,
    range(shape.length).map((axis) => (axis === batch ? 0 : axis < batch ? axis + 1 : axis)),
  );
}

/**
 * Numbers at fixed places.
 * @param places flat, into one example's part of x, for each place of the result's frame
 */
export function taken(to: Assembly, x: Varying, places: readonly number[], frame: Frame): Tensor {
  const list = flat(to, x);
  const picked = moves.gather(to, list, host.wholes([...places]), to.rank(list) - 1) as Varying;
  return framed(to, picked, frame);
}

/**
 * Data with numbers put to fixed places.
 * @param places flat, into one example's part of the data, for each number of one example's part of the updates
 */
export function put(
  to: Assembly,
  data: Tensor,
  updates: Tensor,
  places: readonly number[],
  frame: Frame,
  joining: Joining,
): Tensor {
  const size = product(frame.shape);
  // For each place which update comes there: the last, or one after the other where they are joined.
  const rounds: number[][] = [];
  const counts = new Map<number, number>();
  places.forEach((place, update) => {
    const round = joining === 'none' ? 0 : (counts.get(place) ?? 0);
    counts.set(place, round + 1);
    (rounds[round] ??= new Array<number>(size).fill(-1))[place] = update;
  });
  if (rounds.length > 64) throw new NotExpressible(`${rounds.length} numbers for one place`);
  return rounds.reduce<Tensor>((made, from) => {
    const mask = host.wholes(from.map((update) => Number(update >= 0)), frame.shape); // prettier-ignore
    const there = spread(to, updates, from, frame);
    if (joining === 'none') return selected(to, mask, there, made);
    if (joining === 'add') return to.binary('add', made, there);
    const op = joining === 'mul' ? 'mul' : joining === 'max' ? 'maximum' : 'minimum';
    return selected(to, mask, to.binary(op, made, there), made);
  }, data);
}

/** Updates at the places of the data, 0 where none comes. */
function spread(to: Assembly, updates: Tensor, from: readonly number[], frame: Frame): Tensor {
  if (isArray(updates)) {
    const data = Float64Array.from(from, (update) => (update < 0 ? 0 : updates.data[update]!));
    return updates.whole ? host.wholes(data, frame.shape) : host.reals(frame.shape, Float32Array.from(data));
  }
  const list = flat(to, updates);
  const last = to.rank(list) - 1;
  const padding = range(last + 1).map((axis) => (axis === last ? ([0, 1] as const) : ([0, 0] as const)));
  const padded = moves.pad(to, list, padding, 'constant', 0);
  const nothing = to.shape(list)[last]!;
  const places = from.map((update) => (update < 0 ? nothing : update));
  return framed(to, moves.gather(to, padded, host.wholes(places), last) as Varying, frame);
}

/** One example's part of a constant: what is the same for all. */
export const oneOf = (to: Assembly, array: HostArray, batch: number): HostArray =>
  batch < 0 || array.shape[batch] === 1 ? array : to.withoutBatch(array, batch);

/** The frame of data that may be fixed: then it has no batch. */
export const frameOfAny = (to: Assembly, x: Tensor): Frame =>
  isArray(x) ? { shape: x.shape, batch: -1 } : frameOf(to, x);

/** Numbers at fixed places of data that may be fixed too. */
export function takenOfAny(to: Assembly, x: Tensor, places: readonly number[], frame: Frame): Tensor {
  if (!isArray(x)) return taken(to, x, places, frame);
  return host.reshaped(host.picked(host.reshaped(x, [x.data.length]), 0, places), frame.shape);
}

/** The frame of data and updates, of which one at least varies, and both in that frame. @param batchOf the data's, by the updates' */
export function commonFrame(to: Assembly, data: Tensor, updates: Tensor, batchOf: (x: Varying) => number): Frame {
  if (!isArray(data)) return frameOf(to, data);
  if (isArray(updates)) return { shape: data.shape, batch: -1 };
  const batch = batchOf(updates);
  return { shape: oneOf(to, data, batch).shape, batch };
}

/**
 * GatherND: of x, what lies at positions, each a list of places along the axes from `own` on.
 * @param own leading axes that x and the positions have in common
 */
export function gatheredAt(to: Assembly, x: Tensor, array: HostArray, own: number): Tensor {
  const frame = frameOfAny(to, x);
  const indices = frame.batch >= 0 && frame.batch < own ? oneOf(to, array, frame.batch) : array;
  const depth = indices.shape.at(-1)!;
  const outer = indices.shape.slice(0, -1);
  const rest = frame.shape.slice(own + depth);
  const have = isArray(x) ? [] : to.shape(x);
  const strides = stridesOf(frame.shape);
  const places: number[] = [];
  let at = 0;
  for (const place of everyPlace(outer)) {
    let first = range(own).reduce((sum, axis) => sum + place[axis]! * strides[axis]!, 0);
    for (let i = 0; i < depth; i++)
      first += placeIn(frame, own + i, indices.data[at++]!, have[own + i] ?? 1) * strides[own + i]!;
    for (let i = 0; i < product(rest); i++) places.push(first + i);
  }
  // The batch is among what is before the positions, or among what is behind; picked out it was the one example of a file.
  const { batch } = frame;
  const moved = batch < 0 ? -1 : batch < own ? batch : batch - own - depth + outer.length;
  if (batch >= own && batch < own + depth) {
    const made = takenOfAny(to, x, places, { shape: [1, ...outer, ...rest], batch: 0 });
    if (outer[0] !== 1) throw new AcrossBatch('an example picked several times');
    return to.reshape(made, [to.shape(made)[0]!, ...outer.slice(1), ...rest]);
  }
  return takenOfAny(to, x, places, { shape: [...outer, ...rest], batch: moved });
}

/** ScatterND: data, with the updates put to positions, each a list of places along its first axes. */
export function scatteredAt(to: Assembly, data: Tensor, indices: HostArray, updates: Tensor, joining: Joining): Tensor {
  const depth = indices.shape.at(-1)!;
  const outer = indices.shape.slice(0, -1);
  // Axes of the updates behind the positions are the data's behind those that positions tell.
  const frame = commonFrame(to, data, updates, (x) => {
    const batch = to.batchAxis(x);
    return batch < 0 ? -1 : batch < outer.length ? 0 : batch - outer.length + depth;
  });
  const fixed = isArray(data) ? oneOf(to, data, frame.batch) : data;
  const have = to.shape(data);
  const rest = frame.shape.slice(depth);
  const strides = stridesOf(frame.shape);
  const places: number[] = [];
  let at = 0;
  for (const place of everyPlace(outer)) {
    if (place.length !== outer.length) throw new NotExpressible('positions of another shape');
    let first = 0;
    for (let i = 0; i < depth; i++) first += placeIn(frame, i, indices.data[at++]!, have[i]!) * strides[i]!;
    for (let i = 0; i < product(rest); i++) places.push(first + i);
  }
  const own =
    isArray(updates) && frame.batch >= depth ? oneOf(to, updates, frame.batch - depth + outer.length) : updates;
  return put(to, fixed, own, places, frame, joining);
}
