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
