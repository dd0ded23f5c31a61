/** Ops that are written as several of the graph's, shared by the formats. */
import * as host from './array';
import { type HostArray, isArray, NotExpressible, product, range } from './array';
import { type Assembly, symbolic, type Tensor } from './assembly';

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

/** Einstein sums as transpositions, sums and a matrix product for each two values. */
export function contraction(to: Assembly, equation: string, inputs: readonly Tensor[]): Tensor {
  const [left, right] = equation.replace(/\s/g, '').split('->') as [string, string | undefined];
  const ranks = inputs.map((x) => to.rank(x));
  let free = 0;
  const terms = left.split(',').map((term, i) => {
    const extra = ranks[i]! - term.replace('...', '').length;
    if (term.includes('...')) free = Math.max(free, extra);
    return term.replace('...', '0123456789'.slice(10 - extra));
  });
  const rest = '0123456789'.slice(10 - free);
  const letters = [...terms.join('')].sort();
  const output =
    right?.replace('...', rest) ??
    rest +
      letters
        .filter(
          (each, i) =>
            letters.indexOf(each) === letters.lastIndexOf(each) && i === letters.indexOf(each) && !rest.includes(each),
        )
        .join('');
  if (
    terms.length !== inputs.length ||
    terms.some((term, i) => term.length !== ranks[i] || new Set(term).size !== term.length)
  )
    throw new NotExpressible(`the sum ${equation}`);
  const summed = (x: Tensor, term: string, others: string): [Tensor, string] => {
    const gone = [...term].flatMap((letter, axis) => (others.includes(letter) ? [] : [axis]));
    return gone.length
      ? [to.reduce('sum', x, gone, false), [...term].filter((_, axis) => !gone.includes(axis)).join('')]
      : [x, term];
  };
  if (inputs.length === 1) {
    const [x, term] = summed(inputs[0]!, terms[0]!, output);
    return to.transpose(
      x,
      [...output].map((letter) => term.indexOf(letter)),
    );
  }
  if (inputs.length > 2) {
    // The first two as one, with the letters that are asked for later.
    const later = output + terms.slice(2).join('');
    const kept = [...new Set(terms[0]! + terms[1]!)].filter((letter) => later.includes(letter)).join('');
    const [one, two, ...others] = inputs as [Tensor, Tensor, ...Tensor[]];
    const joined = to.part(kept, () => contraction(to, `${terms[0]},${terms[1]}->${kept}`, [one, two]));
    return contraction(to, `${[kept, ...terms.slice(2)].join()}->${output}`, [joined, ...others]);
  }
  if (inputs.length !== 2) throw new NotExpressible(`the sum ${equation}`);
  const [a, first] = summed(inputs[0]!, terms[0]!, output + terms[1]!);
  const [b, second] = summed(inputs[1]!, terms[1]!, output + first);
  const shared = [...first].filter((letter) => second.includes(letter) && output.includes(letter));
  const inner = [...first].filter((letter) => second.includes(letter) && !output.includes(letter));
  const mine = [...first].filter((letter) => !second.includes(letter));
  const other = [...second].filter((letter) => !first.includes(letter));
  const sizeOf = (letter: string): number => {
    const at = first.indexOf(letter);
    return at >= 0 ? to.shape(a)[at]! : to.shape(b)[second.indexOf(letter)]!;
  };
  const sizes = (list: readonly string[]): number[] => list.map(sizeOf);
  // Letters of one operand only become one axis each side where there are several.
  const flat = (x: Tensor, term: string, order: readonly string[], shape: readonly number[]): Tensor =>
    to.reshape(
      to.transpose(
        x,
        order.map((letter) => term.indexOf(letter)),
      ),
      shape,
    );
  const keep = (list: readonly string[]): number[] => (list.length === 1 ? sizes(list) : [product(sizes(list))]);
  const batchHere =
    !isArray(a) &&
    mine.some((letter) => sizeOf(letter) === to.batch) &&
    mine.length > 1 &&
    shared.length === 0 &&
    isArray(b);
  if (batchHere) {
    // x [..., K] · kernel [K, M]: leading axes may stay as they are.
    const kernel = host.reshaped(
      host.transposed(
        b as HostArray,
        [...inner, ...other].map((letter) => second.indexOf(letter)),
      ),
      [product(sizes(inner)), product(sizes(other))],
    );
    const x = flat(a, first, [...mine, ...inner], [...sizes(mine), product(sizes(inner))]);
    const made = to.reshape(to.matmul(x, kernel), [...sizes(mine), ...sizes(other)]);
    return to.transpose(
      made,
      [...output].map((letter) => [...mine, ...other].indexOf(letter)),
    );
  }
  if (!isArray(a) && isArray(b) && shared.length > 0 && mine.some((letter) => sizeOf(letter) === to.batch)) {
    // A kernel for each of several places: x [batch, …shared, rest, inner] · kernels [1, …shared, inner, other].
    const rest = mine.filter((letter) => sizeOf(letter) !== to.batch);
    const batch = mine.filter((letter) => sizeOf(letter) === to.batch);
    const x = flat(
      a,
      first,
      [...batch, ...shared, ...rest, ...inner],
      [...sizes([...batch, ...shared]), product(sizes(rest)), product(sizes(inner))],
    );
    const kernels = host.reshaped(
      host.transposed(
        b,
        [...shared, ...inner, ...other].map((letter) => second.indexOf(letter)),
      ),
      [1, ...sizes(shared), product(sizes(inner)), product(sizes(other))],
    );
    const order = [...batch, ...shared, ...rest, ...other];
    return to.transpose(
      to.reshape(to.matmul(x, kernels), sizes(order)),
      [...output].map((letter) => order.indexOf(letter)),
    );
  }
  const x = flat(a, first, [...shared, ...mine, ...inner], [...sizes(shared), ...keep(mine), ...keep(inner)]);
  const y = flat(b, second, [...shared, ...inner, ...other], [...sizes(shared), ...keep(inner), ...keep(other)]);
  const made = to.reshape(to.matmul(x, y), sizes([...shared, ...mine, ...other]));
  return to.transpose(
    made,
    [...output].map((letter) => [...shared, ...mine, ...other].indexOf(letter)),
  );
}

/** A product along one axis: with a constant matrix [size, new size]. */
export function mixed(to: Assembly, x: Tensor, axis: number, matrix: HostArray): Tensor {
  const rank = to.rank(x);
  const last = range(rank).map((each) => (each === axis ? rank - 1 : each === rank - 1 ? axis : each));
  return to.transpose(to.matmul(to.transpose(x, last), matrix), last);
}

/** How a size is changed along an axis, by the names ONNX gives the ways. */
export interface Resizing {
  readonly method: 'nearest' | 'linear' | 'cubic';
  readonly coordinates: string;
  /** How `nearest` rounds. */
  readonly rounding: string;
  /** The free parameter of the cubic's kernel. */
  readonly cubic: number;
  /** Places outside weigh nothing, instead of having the edge's value. */
  readonly excludeOutside: boolean;
  /** The kernel is as wide as what it shrinks. */
  readonly antialias: boolean;
  /** TensorFlow looks the cubic's weights up in a table of so many steps between two places. */
  readonly table?: number;
}

/** Where a place of the result comes from. */
function sourcePlace(place: number, scale: number, size: number, count: number, coordinates: string): number {
  switch (coordinates) {
    case 'asymmetric':
      return place / scale;
    case 'align_corners':
      return count === 1 ? 0 : (place * (size - 1)) / (count - 1);
    case 'half_pixel':
      return (place + 0.5) / scale - 0.5;
    case 'tf_half_pixel_for_nn':
      return (place + 0.5) / scale;
    case 'half_pixel_symmetric':
      // The middle stays the middle where the size was rounded.
      return (size / 2) * (1 - count / (scale * size)) + (place + 0.5) / scale - 0.5;
    case 'pytorch_half_pixel':
      return count > 1 ? (place + 0.5) / scale - 0.5 : 0;
    default:
      throw new NotExpressible(`resizing by ${coordinates}`);
  }
}

function rounded(at: number, rounding: string): number {
  switch (rounding) {
    case 'floor':
      return Math.floor(at);
    case 'ceil':
      return Math.ceil(at);
    case 'round_prefer_ceil':
      return Math.floor(at + 0.5);
    default:
      return Math.ceil(at - 0.5);
  }
}

const KERNELS: Readonly<Record<'linear' | 'cubic', (distance: number, a: number) => number>> = {
  linear: (distance) => Math.max(0, 1 - distance),
  // Keys 1981
  cubic: (distance, a) =>
    distance <= 1
      ? ((a + 2) * distance - (a + 3)) * distance ** 2 + 1
      : distance < 2
        ? (((distance - 5) * distance + 8) * distance - 4) * a
        : 0,
};

/** One axis of another size. @param scale what the file gives; the new size need not be the product */
export function resized(to: Assembly, x: Tensor, axis: number, count: number, scale: number, by: Resizing): Tensor {
  const size = to.shape(x)[axis]!;
  if (size === count && scale === 1) return x;
  if (symbolic(size) || symbolic(count) || !(count >= 1) || size * count > 2 ** 26)
    throw new NotExpressible('resizing of a free size');
  const from = (place: number): number => sourcePlace(place, scale, size, count, by.coordinates);
  const inside = (place: number): number => Math.min(Math.max(place, 0), size - 1);
  if (by.method === 'nearest') {
    const places = range(count).map((place) => inside(rounded(from(place), by.rounding)));
    return to.gather(x, host.wholes(places), axis);
  }
  const weights = new Float32Array(size * count);
  const kernel = KERNELS[by.method];
  const stretch = by.antialias ? Math.min(scale, 1) : 1;
  const reach = (by.method === 'linear' ? 1 : 2) / stretch;
  for (let place = 0; place < count; place++) {
    const exact = from(place);
    const whole = Math.floor(exact);
    const at = by.table ? whole + Math.round((exact - whole) * by.table) / by.table : exact;
    const near: [source: number, weight: number][] = [];
    for (let source = Math.ceil(at - reach); source <= Math.floor(at + reach); source++) {
      const weight = kernel(Math.abs(source - at) * stretch, by.cubic);
      if (weight !== 0 && !(by.excludeOutside && (source < 0 || source >= size))) near.push([source, weight]);
    }
    const total = near.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [source, weight] of near) weights[inside(source) * count + place]! += weight / total;
  }
  return mixed(to, x, axis, host.reals([size, count], weights));
}

/** The logarithm of a sum of exponentials, which never overflow: x − logSoftmax(x), at any place. */
export function logSumExp(to: Assembly, x: Tensor, axes: readonly number[], keepDims: boolean): Tensor {
  const reduced = axes.reduce((value, axis) => {
    const rank = to.rank(value);
    const first = (each: Tensor): Tensor =>
      to.slice(
        each,
        range(rank).map((i) => (i === axis ? 0 : null)),
        range(rank).map((i) => (i === axis ? 1 : null)),
        range(rank).map(() => 1),
      );
    return to.binary('sub', first(value), first(to.along(value, axis, 'logSoftmax')));
  }, x);
  return keepDims ? reduced : to.squeeze(reduced, axes);
}

/** The product over axes: of halves, as often as there are any, so that it passes as products do. */
export function multipliedOver(to: Assembly, x: Tensor, axes: readonly number[], keepDims: boolean): Tensor {
  if (isArray(x)) return host.folded(x, axes, keepDims, 1, (a, b) => a * b);
  const reduced = axes.reduce<Tensor>((value, axis) => {
    const rank = to.rank(value);
    const part = (from: Tensor, begin: number, end: number): Tensor =>
      to.slice(
        from,
        range(rank).map((i) => (i === axis ? begin : null)),
        range(rank).map((i) => (i === axis ? end : null)),
        range(rank).map(() => 1),
      );
    let left = value;
    for (let size = to.shape(left)[axis]!; size > 1; size = to.shape(left)[axis]!) {
      if (symbolic(size)) throw new NotExpressible('a product over a free size');
      const half = Math.floor(size / 2);
      const pairs = to.binary('mul', part(left, 0, half), part(left, half, 2 * half));
      left = size % 2 ? to.concat([pairs, part(left, size - 1, size)], axis) : pairs;
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
  const made = to.gather(host.reals([depth, depth], table), indices, 0);
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
