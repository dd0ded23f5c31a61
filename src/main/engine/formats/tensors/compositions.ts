/** Ops that are written as several of the graph's, shared by the formats: each is a composition of the assembly's. */
import * as host from './array';
import { type HostArray, isArray, NotExpressible, product, range } from './array';
import { type Assembly, symbolic, type Tensor } from './assembly';
import { along } from './pieces';
import * as matrices from './matrices';
import * as moves from './moves';
import * as reductions from './reductions';

/** The one size left open (−1) filled in. */
export function completed(sizes: readonly number[], total: number): number[] {
  const open = sizes.filter((size) => size === -1).length;
  const known = product(sizes.filter((size) => size !== -1));
  if (open > 1 || known <= 0 || (open === 1 && total % known !== 0))
    throw new NotExpressible(`a reshape of ${total} numbers to [${sizes.join(', ')}]`);
  return sizes.map((size) => (size === -1 ? total / known : size));
}

/** a where the condition holds, else b. */
export function selected(to: Assembly, condition: Tensor, a: Tensor, b: Tensor): Tensor {
  if (!isArray(condition))
    return to.select(condition, isArray(a) ? host.finite(a) : a, isArray(b) ? host.finite(b) : b);
  if (isArray(a) && isArray(b)) {
    const whole = a.whole && b.whole;
    const left = host.combined(condition, a, (c, value) => (c ? value : 0), whole);
    const right = host.combined(condition, b, (c, value) => (c ? 0 : value), whole);
    return host.combined(left, right, (x, y) => x + y, whole);
  }
  const yes = host.mapped(condition, (each) => (each ? 1 : 0), false);
  const no = host.mapped(condition, (each) => (each ? 0 : 1), false);
  const part = (x: Tensor, mask: HostArray): Tensor =>
    isArray(x) ? host.combined(mask, host.finite(x), (m, value) => (m ? value : 0), false) : to.binary('mul', x, mask);
  return to.binary('add', part(a, yes), part(b, no));
}

export function clipped(to: Assembly, x: Tensor, min: number, max: number): Tensor {
  if (isArray(x)) return host.mapped(x, (each) => Math.min(Math.max(each, min), max));
  if (min <= -3e38 && max >= 3e38) return x;
  if (min === 0 && max >= 3e38) return to.unary('relu', x, {}, null);
  if (min === 0) return to.unary('clippedRelu', x, { maxValue: max, threshold: 0, slope: 0 }, null);
  if (max >= 3e38) return to.binary('maximum', x, host.scalar(min));
  if (min <= -3e38) return to.binary('minimum', x, host.scalar(max));
  return to.unary('clip', x, { min, max }, null);
}

/** A product along one axis: with a constant matrix [size, new size]. */
export function mixed(to: Assembly, x: Tensor, axis: number, matrix: HostArray): Tensor {
  const rank = to.rank(x);
  const last = range(rank).map((each) => (each === axis ? rank - 1 : each === rank - 1 ? axis : each));
  return to.transpose(matrices.matmul(to, to.transpose(x, last), matrix), last);
}

/** The logarithm of a sum of exponentials, which never overflow: x − logSoftmax(x), at any place. */
export function logSumExp(to: Assembly, x: Tensor, axes: readonly number[], keepDims: boolean): Tensor {
  const reduced = axes.reduce((value, axis) => {
    const first = (each: Tensor): Tensor => along(to, each, axis, 0, 1);
    return to.binary('sub', first(value), first(reductions.softmax(to, value, axis, 'logSoftmax')));
  }, x);
  return keepDims ? reduced : to.squeeze(reduced, axes);
}

/** The product over axes: of halves, as often as there are any, so that it passes as products do. */
export function multipliedOver(to: Assembly, x: Tensor, axes: readonly number[], keepDims: boolean): Tensor {
  if (isArray(x)) return host.folded(x, axes, keepDims, 1, (a, b) => a * b);
  const reduced = axes.reduce<Tensor>((value, axis) => {
    const part = (from: Tensor, begin: number, end: number): Tensor => along(to, from, axis, begin, end);
    let left = value;
    for (let size = to.shape(left)[axis]!; size > 1; size = to.shape(left)[axis]!) {
      if (symbolic(size)) throw new NotExpressible('a product over a free size');
      const half = Math.floor(size / 2);
      const pairs = to.binary('mul', part(left, 0, half), part(left, half, 2 * half));
      left = size % 2 ? moves.concat(to, [pairs, part(left, size - 1, size)], axis) : pairs;
    }
    return left;
  }, x);
  return keepDims ? reduced : to.squeeze(reduced, axes);
}

/** a to the power of b: what has a function of its own by that. */
export function raised(to: Assembly, a: Tensor, b: Tensor): Tensor {
  if (isArray(a) && isArray(b)) return host.combined(a, b, (x, y) => x ** y, a.whole && b.whole);
  const value = isArray(b) && b.data.every((each) => each === b.data[0]) ? b.data[0]! : null;
  if (value === null || isArray(a)) return to.binary('power', a, isArray(b) ? host.converted(b, false) : b);
  if (value === 1) return a;
  if (value === 2) return to.unary('square', a, {}, null);
  if (value === 0.5) return to.unary('sqrt', a, {}, null);
  if (value === -1) return to.unary('reciprocal', a, {}, null);
  if (value === -0.5) return to.unary('rsqrt', a, {}, null);
  return to.unary('pow', a, { exponent: value }, null);
}

/** A last pair of axes as a matrix, 0 where the column's distance from the diagonal is not `kept`. */
export function band(to: Assembly, x: Tensor, kept: (ahead: number) => boolean): Tensor {
  const [rows, columns] = to.shape(x).slice(-2) as [number, number];
  if (to.rank(x) < 2 || symbolic(rows) || symbolic(columns)) throw new NotExpressible('a triangle of a free size');
  const mask = host.wholes(
    range(rows * columns).map((at) => Number(kept((at % columns) - Math.floor(at / columns)))),
    [rows, columns],
  );
  return isArray(x) ? host.combined(x, mask, (value, keep) => (keep ? value : 0), x.whole) : to.binary('mul', x, mask);
}

const MOST_CLASSES = 8192;

/** For each whole number a row of `off` with `on` at its place, along a new axis. */
export function spreadOut(to: Assembly, indices: Tensor, depth: number, on: number, off: number, axis: number): Tensor {
  if (!(depth >= 1 && depth <= MOST_CLASSES)) throw new NotExpressible(`a depth of ${depth}`);
  const table = new Float32Array(depth * depth).fill(off);
  for (let i = 0; i < depth; i++) table[i * depth + i] = on;
  const rank = to.rank(indices);
  const made = moves.gather(to, host.reals([depth, depth], table), indices, 0);
  const order = range(rank);
  order.splice(axis, 0, rank);
  return to.transpose(made, order);
}

export interface Neighbours {
  /** Channels before and after that count with each. */
  readonly before: number;
  readonly after: number;
  readonly weight: number;
  readonly bias: number;
  readonly beta: number;
}

/** Local response normalisation: x / (bias + weight · Σ x² of neighbouring channels)^beta. */
export function besideNeighbours(to: Assembly, x: Tensor, axis: number, by: Neighbours): Tensor {
  const channels = to.shape(x)[axis]!;
  if (symbolic(channels) || channels > MOST_CLASSES) throw new NotExpressible('a norm over so many channels');
  // The sum over neighbouring channels is a product with a band of ones.
  const weights = new Float32Array(channels * channels);
  for (let c = 0; c < channels; c++)
    for (let other = Math.max(0, c - by.before); other <= Math.min(channels - 1, c + by.after); other++)
      weights[other * channels + c] = by.weight;
  const squares = to.unary('square', x, {}, (each) => each * each);
  const base = to.binary(
    'add',
    mixed(to, squares, axis, host.reals([channels, channels], weights)),
    host.scalar(by.bias),
  );
  return to.binary('mul', x, to.unary('pow', base, { exponent: -by.beta }, null));
}

/** Of vectors of three along the last axis. */
export function crossProduct(to: Assembly, a: Tensor, b: Tensor): Tensor {
  const axis = Math.max(to.rank(a), to.rank(b)) - 1;
  const [left, right] = [to.toRank(a, axis + 1), to.toRank(b, axis + 1)];
  if (to.shape(left)[axis] !== 3 || to.shape(right)[axis] !== 3)
    throw new NotExpressible('vectors that are not of three');
  const turned = (x: Tensor, by: number): Tensor => moves.gather(to, x, host.wholes([by, (by + 1) % 3, (by + 2) % 3]), axis); // prettier-ignore
  const ahead = to.binary('mul', turned(left, 1), turned(right, 2));
  return to.binary('sub', ahead, to.binary('mul', turned(left, 2), turned(right, 1)));
}

/** Towards zero. */
export function truncated(to: Assembly, x: Tensor): Tensor {
  if (isArray(x)) return host.mapped(x, Math.trunc);
  const floor = to.unary('floor', to.unary('abs', x, {}, Math.abs), {}, Math.floor);
  return to.binary('mul', to.unary('sign', x, {}, Math.sign), floor);
}

/** −⌊−x⌋ */
export function ceiled(to: Assembly, x: Tensor): Tensor {
  if (isArray(x)) return host.mapped(x, Math.ceil);
  const below = to.unary('floor', to.unary('neg', x, {}, null), {}, null);
  return to.unary('neg', below, {}, null);
}

/** 1 where the condition is 0, and 0 where it is not. */
export const negated = (to: Assembly, condition: Tensor): Tensor => to.binary('equal', condition, host.wholes([0], []));

/** Whether any, or every, number along axes is not 0. */
export function truthOver(
  to: Assembly,
  x: Tensor,
  which: 'any' | 'all',
  axes: readonly number[] | null,
  keepDims: boolean,
): Tensor {
  const truth = !isArray(x) && to.builder.at(x.id).dtype === 'bool' ? x : negated(to, negated(to, x));
  return reductions.reduce(to, which === 'any' ? 'max' : 'min', truth, axes, keepDims);
}

const LARGEST = 3.4028235e38;
/** 1 where x is no number. */
export const isNotNumber = (to: Assembly, x: Tensor): Tensor =>
  isArray(x) ? host.mapped(x, (each) => Number(Number.isNaN(each)), true) : negated(to, to.binary('equal', x, x));
/** 1 where x is infinite; −∞, ∞ or both. */
export function isInfinite(to: Assembly, x: Tensor, negative: boolean, positive: boolean): Tensor {
  if (isArray(x))
    return host.mapped(x, (each) => Number((positive && each === Infinity) || (negative && each === -Infinity)), true);
  const seen = positive && negative ? to.unary('abs', x, {}, null) : positive ? x : to.unary('neg', x, {}, null);
  return to.binary('greater', seen, host.scalar(LARGEST));
}
export const isFinite = (to: Assembly, x: Tensor): Tensor =>
  isArray(x)
    ? host.mapped(x, (each) => Number(Number.isFinite(each)), true)
    : to.binary('greaterEqual', host.scalar(LARGEST), to.unary('abs', x, {}, null));

/** The remainder of a division whose quotient is rounded down, or towards zero. */
export function remainder(to: Assembly, a: Tensor, b: Tensor, towardsZero: boolean): Tensor {
  if (isArray(a) && isArray(b)) return host.combined(a, b, (x, y) => (towardsZero ? x % y : x - y * Math.floor(x / y)));
  const quotient = to.binary('div', a, b);
  const whole = towardsZero ? truncated(to, quotient) : to.unary('floor', quotient, {}, Math.floor);
  return to.binary('sub', a, to.binary('mul', b, whole));
}

/** Sums of all places up to each. */
export function summedUp(to: Assembly, x: Tensor, axis: number, exclusive: boolean, reverse: boolean): Tensor {
  const size = to.shape(x)[axis]!;
  if (symbolic(size) || size > 8192) throw new NotExpressible('sums over a free or very long axis');
  const weights = new Float32Array(size * size);
  for (let from = 0; from < size; from++)
    for (let at = 0; at < size; at++) {
      const before = reverse ? at - from : from - at;
      if (exclusive ? before < 0 : before <= 0) weights[from * size + at] = 1;
    }
  return mixed(to, x, axis, host.reals([size, size], weights));
}

/** a / b, and 0 where b is 0. */
export function safeDivision(to: Assembly, a: Tensor, b: Tensor): Tensor {
  if (isArray(b)) {
    const inverse = host.mapped(b, (each) => (each === 0 ? 0 : 1 / each), false);
    return to.binary('mul', a, inverse);
  }
  return to.binary('mul', a, to.unary('reciprocalOrZero', b, {}, null));
}

export const squared = (to: Assembly, x: Tensor): Tensor => to.unary('square', x, {}, (each) => each * each);

/** Mean of squared distances from the mean. */
export function variance(to: Assembly, x: Tensor, axes: readonly number[], keepDims: boolean): Tensor {
  const centred = to.binary('sub', x, reductions.reduce(to, 'mean', x, axes, true));
  return reductions.reduce(to, 'mean', squared(to, centred), axes, keepDims);
}

/** Softmax over several axes at once: as one axis, after which they are what they were. */
export function softmaxOver(
  to: Assembly,
  x: Tensor,
  axes: readonly number[],
  op: 'softmax' | 'logSoftmax' = 'softmax',
): Tensor {
  if (axes.length === 1) return reductions.softmax(to, x, axes[0]!, op);
  const shape = to.shape(x);
  const kept = range(shape.length).filter((axis) => !axes.includes(axis));
  const order = [...kept, ...axes];
  const sizes = order.map((axis) => shape[axis]!);
  const flat = to.reshape(to.transpose(x, order), [...sizes.slice(0, kept.length), product(sizes.slice(kept.length))]);
  const made = to.reshape(reductions.softmax(to, flat, kept.length, op), sizes);
  return to.transpose(
    made,
    range(shape.length).map((axis) => order.indexOf(axis)),
  );
}

/**
 * Length of vectors along one axis, or of all numbers over several.
 * @param order 1, 2, another power, ∞ or −∞; over several axes only 2, which is Frobenius's for matrices
 */
export function norm(to: Assembly, x: Tensor, order: number, axes: readonly number[], keepDims: boolean): Tensor {
  const size = (): Tensor => to.unary('abs', x, {}, Math.abs);
  if (order === 2) return to.unary('sqrt', reductions.reduce(to, 'sum', squared(to, x), axes, keepDims), {}, Math.sqrt);
  if (axes.length !== 1) throw new NotExpressible(`a norm of order ${order} over ${axes.length} axes`);
  if (order === 1) return reductions.reduce(to, 'sum', size(), axes, keepDims);
  if (order === Infinity) return reductions.reduce(to, 'max', size(), axes, keepDims);
  if (order === -Infinity) return reductions.reduce(to, 'min', size(), axes, keepDims);
  if (!(order > 0)) throw new NotExpressible(`a norm of order ${order}`);
  const powers = to.unary('pow', size(), { exponent: order }, (each) => each ** order);
  return to.unary(
    'pow',
    reductions.reduce(to, 'sum', powers, axes, keepDims),
    { exponent: 1 / order },
    (each) => each ** (1 / order),
  );
}
