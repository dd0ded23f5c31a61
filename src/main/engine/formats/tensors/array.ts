/**
 * Numbers fixed in a model while it is translated: weights, and the arithmetic on shapes that exporters write out as ops.
 * Plain JavaScript, since there are few of them; whole numbers are exact up to 2^53.
 */
import { rounded } from '../../data/precision';
import type { Constant, Graph } from '../../graph/graph';

/** What cannot be translated. The node becomes an `unknown` op that carries the reason. */
export class NotExpressible extends Error {}

export interface HostArray {
  readonly shape: readonly number[];
  /** Row-major; float32 for real numbers, float64 for whole ones. */
  readonly data: Float32Array | Float64Array;
  readonly whole: boolean;
  /** Of real numbers that the file holds in float64, and of what was computed of them: what rounding took, be it nothing. */
  readonly lost?: Float32Array;
}

/** A number as the file holds it. */
const exact = ({ data, lost }: HostArray, at: number): number => (lost ? data[at]! + lost[at]! : data[at]!);

/** Larger arrays keep nothing of what rounding takes: they are no constants that a model subtracts from its inputs. */
const LARGEST_KEPT = 2 ** 20;

/** Real numbers that are known in float64: rounded, and what that took beside them. */
export function precise(shape: readonly number[], numbers: ArrayLike<number>): HostArray {
  const data = Float32Array.from(numbers);
  if (data.length > LARGEST_KEPT) return { shape, data, whole: false };
  return { shape, data, whole: false, lost: data.map((near, at) => (Number.isFinite(near) ? numbers[at]! - near : 0)) };
}

/** Numbers that may be computed while one model is opened; those that files hold do not count. */
const MOST_COMPUTED = 5 * 2 ** 26;
let computed = 0;
/** A model's translation begins: it runs to its end without a pause, so that one count serves. */
export const beginCount = (): void => {
  computed = 0;
};

/** Longer than any list that a translation makes: files may name any number. */
const LONGEST = 2 ** 22;

/** Whole numbers from `start` on. */
export function range(count: number, start = 0): number[] {
  if (count > LONGEST) throw new NotExpressible(`a list of ${count} numbers`);
  return Array.from({ length: count }, (_, i) => start + i);
}

export const product = (sizes: readonly number[]): number => sizes.reduce((result, size) => result * size, 1);

export const isArray = (value: object): value is HostArray => 'data' in value;

export const reals = (shape: readonly number[], data: Float32Array | readonly number[]): HostArray => ({
  shape,
  data: data instanceof Float32Array ? data : Float32Array.from(data),
  whole: false,
});
export const wholes = (
  data: readonly number[] | Float64Array,
  shape: readonly number[] = [data.length],
): HostArray => ({
  shape,
  data: data instanceof Float64Array ? data : Float64Array.from(data),
  whole: true,
});
export const scalar = (value: number): HostArray => reals([], [value]);

/** Counts what is about to be computed. @returns how many numbers the shape holds */
export function room(shape: readonly number[]): number {
  const size = product(shape);
  if (!(size >= 0 && size + computed <= MOST_COMPUTED))
    throw new NotExpressible(`a computed constant of ${size} numbers`);
  computed += size;
  return size;
}

const like = (array: HostArray, size: number): Float32Array | Float64Array =>
  array.whole ? new Float64Array(size) : new Float32Array(size);

/** What a computation makes: whole numbers, or real ones, in float64 where what they are made of is known so. */
function made(
  shape: readonly number[],
  whole: boolean,
  of: readonly HostArray[],
  at: (place: number) => number,
): HostArray {
  const keeps = !whole && of.some(({ lost }) => lost);
  const size = room(shape);
  const data = whole || keeps ? new Float64Array(size) : new Float32Array(size);
  for (let place = 0; place < size; place++) data[place] = at(place);
  return keeps ? precise(shape, data) : { shape, data, whole };
}

export function asConstant(array: HostArray): Constant {
  if (array instanceof Turned) return array;
  const { shape, data, lost } = array;
  return data instanceof Float32Array
    ? { shape, data, ...(lost?.some((each) => each !== 0) && { lost }) }
    : { shape, ...rounded(data.length, (at) => data[at]!) };
}

export const converted = (array: HostArray, whole: boolean): HostArray => {
  if (array.whole === whole) return array;
  return whole ? wholes(Float64Array.from(array.data, Math.trunc), array.shape) : precise(array.shape, array.data);
};

/** The list of whole numbers a shape or axes input holds. */
export function list(array: HostArray): number[] {
  if (array.data.length > 1e6) throw new NotExpressible(`a list of ${array.data.length} numbers`);
  return [...array.data];
}

/** Arrays from this many numbers on are turned later. */
const LATER = 2 ** 16;

/** The numbers of a turned array: not made until they are asked for. */
interface Turning {
  readonly from: Float32Array;
  readonly shape: readonly number[];
  readonly permutation: readonly number[];
  made: Float32Array | null;
}

/**
 * A large array in another order of axes. Most are weights, of which nothing is asked but their shape until the graph is
 * complete: then they are turned in their own memory (`settled`), so that a model is never held twice.
 */
export class Turned implements HostArray, Constant {
  readonly whole: boolean;
  private constructor(
    readonly shape: readonly number[],
    readonly turning: Turning,
    whole: boolean,
  ) {
    this.whole = whole;
  }

  static of({ shape, whole }: HostArray, from: Float32Array, permutation: readonly number[]): Turned {
    const turned = permutation.map((axis) => shape[axis]!);
    return new Turned(turned, { from, shape, permutation, made: null }, whole);
  }

  get data(): Float32Array {
    const { turning } = this;
    return (turning.made ??= turn(turning.from, new Float32Array(room(turning.shape)), turning));
  }

  reshaped(shape: readonly number[]): Turned {
    return new Turned(shape, this.turning, this.whole);
  }

  made(): HostArray {
    const { shape, data, whole } = this;
    return { shape, data, whole };
  }
}

/** What tells whether two arrays hold the same memory, without making any. */
export const identityOf = (array: HostArray): object => (array instanceof Turned ? array.turning : array.data);

/** Rows and columns that are turned at once: both stay in the cache. */
const TILE = 64;

/** Writes numbers in another order of axes. @param into not the memory of `from` */
function turn(from: Float32Array, into: Float32Array, { shape, permutation }: Turning): Float32Array {
  const strides = stridesOf(shape);
  const sizes = permutation.map((axis) => shape[axis]!);
  const steps = permutation.map((axis) => strides[axis]!);
  // The last two axes in tiles, those before them one after another.
  const [rows, columns] = [sizes.at(-2) ?? 1, sizes.at(-1) ?? 1];
  const [down, right] = [steps.at(-2) ?? 0, steps.at(-1) ?? 0];
  const outer = sizes.slice(0, -2);
  const index = outer.map(() => 0);
  for (let start = 0, at = 0; start < into.length; start += rows * columns) {
    for (let top = 0; top < rows; top += TILE)
      for (let left = 0; left < columns; left += TILE)
        for (let row = top; row < Math.min(top + TILE, rows); row++)
          for (let column = left; column < Math.min(left + TILE, columns); column++)
            into[start + row * columns + column] = from[at + row * down + column * right]!;
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      at += steps[axis]!;
      if (++index[axis]! < outer[axis]!) break;
      at -= steps[axis]! * outer[axis]!;
      index[axis] = 0;
    }
  }
  return into;
}

/**
 * A graph whose arrays are all made.
 * @param own whether arrays that nothing else in the graph reads may be turned in their own memory: nobody asks again for the
 * file's numbers
 */
export function settled(graph: Graph, own: boolean): Graph {
  const all = graph.values.flatMap(({ constant }) => (constant ? [constant] : []));
  const turned = new Map<Turning, Turned>();
  for (const each of all) if (each instanceof Turned) turned.set(each.turning, each);
  if (turned.size === 0) return graph;
  // How many read a piece of memory: a turned array as it was, or any other as it is.
  const readers = new Map<ArrayBufferLike, number>();
  const reads = (buffer: ArrayBufferLike, count: number): void =>
    void readers.set(buffer, (readers.get(buffer) ?? 0) + count);
  for (const data of new Set(all.flatMap((each) => (each instanceof Turned ? [] : [each.data])))) reads(data.buffer, 1);
  const waiting = [...turned.keys()].filter(({ made }) => made === null);
  for (const { from } of waiting) reads(from.buffer, 1);
  let scratch = new Float32Array(0);
  for (const turning of waiting) {
    const { from } = turning;
    reads(from.buffer, -1);
    if (!own || readers.get(from.buffer)! > 0 || from.byteLength !== from.buffer.byteLength) {
      turning.made = turn(from, new Float32Array(from.length), turning);
      continue;
    }
    if (scratch.length < from.length) scratch = new Float32Array(from.length);
    scratch.set(from);
    turning.made = turn(scratch, from, turning);
  }
  const values = graph.values.map((value) => {
    const { constant } = value;
    return constant instanceof Turned ? { ...value, constant: { shape: constant.shape, data: constant.data } } : value;
  });
  return { ...graph, values };
}

export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** Reads `array` at every position of a new shape: element [i…] comes from offset + Σ i · step. */
function gathered(array: HostArray, shape: readonly number[], steps: readonly number[], offset = 0): HostArray {
  const size = room(shape);
  const data = like(array, size);
  const index = new Array<number>(shape.length).fill(0);
  let at = offset;
  for (let i = 0; i < size; i++) {
    data[i] = array.data[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += steps[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      at -= steps[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  const lost = array.lost && gathered({ ...array, data: array.lost, lost: undefined }, shape, steps, offset).data;
  return { shape, data, whole: array.whole, ...(lost instanceof Float32Array && { lost }) };
}

export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1)
      throw new NotExpressible(`shapes [${a.join(', ')}] and [${b.join(', ')}] do not fit each other`);
    return left === 1 ? right : left;
  });
}

export function expanded(array: HostArray, target: readonly number[]): HostArray {
  const shape = broadcastShape(array.shape, target);
  if (shape.length === array.shape.length && shape.every((size, axis) => size === array.shape[axis])) return array;
  const strides = stridesOf(array.shape);
  const lead = shape.length - array.shape.length;
  const steps = shape.map((_, axis) => (axis < lead || array.shape[axis - lead] === 1 ? 0 : strides[axis - lead]!));
  return gathered(array, shape, steps);
}

export function transposed(array: HostArray, permutation: readonly number[]): HostArray {
  if (permutation.length === array.shape.length && permutation.every((axis, i) => axis === i)) return array;
  if (array instanceof Turned) return transposed(array.made(), permutation);
  const { data, lost } = array;
  // Some leave axes out, of a size of one: what is turned in its own memory keeps all.
  const large = data instanceof Float32Array && !lost && data.length >= LATER;
  if (large && permutation.length === array.shape.length) return Turned.of(array, data, permutation);
  const strides = stridesOf(array.shape);
  return gathered(
    array,
    permutation.map((axis) => array.shape[axis]!),
    permutation.map((axis) => strides[axis]!),
  );
}

export function reshaped(array: HostArray, shape: readonly number[]): HostArray {
  if (product(shape) !== product(array.shape))
    throw new NotExpressible(`shape [${array.shape.join(', ')}] as [${shape.join(', ')}]`);
  return array instanceof Turned ? array.reshaped(shape) : { ...array, shape };
}

export function sliced(
  array: HostArray,
  begin: readonly number[],
  counts: readonly number[],
  strides: readonly number[],
): HostArray {
  const own = stridesOf(array.shape);
  counts.forEach((count, axis) => {
    const last = begin[axis]! + (count - 1) * strides[axis]!;
    if (count > 0 && !(begin[axis]! >= 0 && last >= 0 && Math.max(begin[axis]!, last) < array.shape[axis]!))
      throw new NotExpressible('a slice beyond its array');
  });
  const offset = begin.reduce((sum, at, axis) => sum + at * own[axis]!, 0);
  return gathered(
    array,
    counts,
    strides.map((stride, axis) => stride * own[axis]!),
    offset,
  );
}

/** Positions along an axis. */
export function picked(array: HostArray, axis: number, indices: readonly number[]): HostArray {
  const size = array.shape[axis]!;
  const [outer, inner] = [product(array.shape.slice(0, axis)), product(array.shape.slice(axis + 1))];
  const shape = array.shape.map((each, i) => (i === axis ? indices.length : each));
  const data = like(array, room(shape));
  const lost = array.lost && new Float32Array(data.length);
  indices.forEach((index, place) => {
    const from = index < 0 ? index + size : index;
    if (!(from >= 0 && from < size)) throw new NotExpressible(`position ${index} of ${size}`);
    for (let o = 0; o < outer; o++) {
      const start = (o * size + from) * inner;
      const to = (o * indices.length + place) * inner;
      data.set(array.data.subarray(start, start + inner), to);
      lost?.set(array.lost!.subarray(start, start + inner), to);
    }
  });
  return { shape, data, whole: array.whole, ...(lost && { lost }) };
}

export function joined(arrays: readonly HostArray[], axis: number): HostArray {
  const [first] = arrays as [HostArray];
  const whole = arrays.every((each) => each.whole);
  for (const each of arrays)
    if (each.shape.length !== first.shape.length || each.shape.some((size, i) => i !== axis && size !== first.shape[i]))
      throw new NotExpressible('arrays of different shapes joined');
  const total = arrays.reduce((sum, each) => sum + each.shape[axis]!, 0);
  const shape = first.shape.map((size, i) => (i === axis ? total : size));
  const [outer, inner] = [product(shape.slice(0, axis)), product(shape.slice(axis + 1))];
  const data = whole ? new Float64Array(room(shape)) : new Float32Array(room(shape));
  const lost = !whole && arrays.some((each) => each.lost) && new Float32Array(data.length);
  let at = 0;
  for (let o = 0; o < outer; o++)
    for (const each of arrays) {
      const run = each.shape[axis]! * inner;
      data.set(each.data.subarray(o * run, (o + 1) * run), at);
      if (lost && each.lost) lost.set(each.lost.subarray(o * run, (o + 1) * run), at);
      at += run;
    }
  return { shape, data, whole, ...(lost && { lost }) };
}

/** Folds axes away. */
export function folded(
  array: HostArray,
  axes: readonly number[],
  keepDims: boolean,
  start: number,
  fold: (sum: number, value: number) => number,
  finish: (sum: number, count: number) => number = (sum) => sum,
): HostArray {
  const kept = array.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const ordered = transposed(array, [...kept, ...axes]);
  const count = product(axes.map((axis) => array.shape[axis]!));
  const shape = keepDims
    ? array.shape.map((each, axis) => (axes.includes(axis) ? 1 : each))
    : kept.map((axis) => array.shape[axis]!);
  return made(shape, array.whole, [array], (i) => {
    let sum = start;
    for (let j = 0; j < count; j++) sum = fold(sum, exact(ordered, i * count + j));
    return finish(sum, count);
  });
}

export const mapped = (array: HostArray, apply: (value: number) => number, whole = array.whole): HostArray =>
  made(array.shape, whole, [array], (i) => apply(exact(array, i)));

const MASKED = 1e30;
/** Masks hold −∞: as a large number it stays one in differences. */
export const finite = (x: HostArray): HostArray =>
  x.data.some((each) => !(Math.abs(each) <= MASKED))
    ? mapped(x, (each) => Math.min(Math.max(each, -MASKED), MASKED), false)
    : x;

export function combined(
  a: HostArray,
  b: HostArray,
  apply: (a: number, b: number) => number,
  whole = a.whole && b.whole,
): HostArray {
  const shape = broadcastShape(a.shape, b.shape);
  const [left, right] = [expanded(a, shape), expanded(b, shape)];
  return made(shape, whole, [a, b], (i) => apply(exact(left, i), exact(right, i)));
}

const sumOver = (array: HostArray, axes: readonly number[]): HostArray =>
  folded(array, axes, true, 0, (sum, value) => sum + value);

/** Along one axis. @param logarithm of it instead */
export function softmax(array: HostArray, axis: number, logarithm: boolean): HostArray {
  const top = folded(array, [axis], true, -Infinity, Math.max);
  const below = combined(array, top, (value, most) => value - most, false);
  const sum = sumOver(mapped(below, Math.exp), [axis]);
  const result = combined(below, sum, (value, total) => value - Math.log(total));
  return logarithm ? result : mapped(result, Math.exp);
}

/** (x − mean) / √(variance + epsilon) over some axes. */
export function normalised(array: HostArray, axes: readonly number[], epsilon: number): HostArray {
  const count = product(axes.map((axis) => array.shape[axis]!));
  const centred = combined(array, sumOver(array, axes), (value, sum) => value - sum / count, false);
  const squares = sumOver(mapped(centred, (value) => value * value), axes); // prettier-ignore
  return combined(centred, squares, (value, sum) => value / Math.sqrt(sum / count + epsilon));
}

/** Trained statistics of a batch norm as one factor and one shift for each channel, known as well as they are. */
export function normalisation(
  { scale, bias, mean, variance }: Readonly<Record<'scale' | 'bias' | 'mean' | 'variance', HostArray>>,
  epsilon: number,
): { readonly factor: HostArray; readonly shift: HostArray } {
  const factor = Float64Array.from(scale.data, (_, i) => exact(scale, i) / Math.sqrt(exact(variance, i) + epsilon));
  const shift = factor.map((each, i) => exact(bias, i) - exact(mean, i) * each);
  return { factor: precise(scale.shape, factor), shift: precise(scale.shape, shift) };
}

/** Matrix product as numpy's: leading axes broadcast, a vector is a row or a column. */
export function multiplied(a: HostArray, b: HostArray): HostArray {
  if (a.shape.length === 1) {
    const made = multiplied(reshaped(a, [1, ...a.shape]), b);
    return reshaped(made, [...made.shape.slice(0, -2), ...made.shape.slice(-1)]);
  }
  if (b.shape.length === 1) {
    const made = multiplied(a, reshaped(b, [...b.shape, 1]));
    return reshaped(made, made.shape.slice(0, -1));
  }
  const [rows, inner] = a.shape.slice(-2) as [number, number];
  const [other, columns] = b.shape.slice(-2) as [number, number];
  if (a.shape.length < 2 || b.shape.length < 2 || inner !== other)
    throw new NotExpressible(`a product of constants of shapes [${a.shape.join(', ')}] and [${b.shape.join(', ')}]`);
  const lead = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const count = product(lead);
  if (count * rows * inner * columns > 2 ** 28) throw new NotExpressible('a product of large constants');
  const [left, right] = [expanded(a, [...lead, rows, inner]), expanded(b, [...lead, inner, columns])];
  const keeps = a.lost !== undefined || b.lost !== undefined;
  const size = room([...lead, rows, columns]);
  const data = keeps ? new Float64Array(size) : new Float32Array(size);
  for (let matrix = 0; matrix < count; matrix++)
    for (let i = 0; i < rows; i++)
      for (let k = 0; k < inner; k++) {
        const value = exact(left, (matrix * rows + i) * inner + k);
        const [from, to] = [(matrix * inner + k) * columns, (matrix * rows + i) * columns];
        for (let j = 0; j < columns; j++) data[to + j]! += value * exact(right, from + j);
      }
  return data instanceof Float32Array ? reals([...lead, rows, columns], data) : precise([...lead, rows, columns], data);
}

export const filled = (shape: readonly number[], value: number, whole: boolean): HostArray => ({
  shape,
  data: (whole ? new Float64Array(room(shape)) : new Float32Array(room(shape))).fill(value),
  whole,
});
