/** Ops that are written as several of the graph's, shared by the formats. */
import * as host from './array';
import { type HostArray, isArray, NotExpressible, product } from './array';
import { type Assembly, symbolic, type Tensor } from './assembly';

const range = (count: number, start = 0): number[] => Array.from({ length: count }, (_, i) => start + i);

/** The one size left open (−1) filled in. */
export function completed(sizes: readonly number[], total: number): number[] {
  const open = sizes.filter((size) => size === -1).length;
  const known = product(sizes.filter((size) => size !== -1));
  if (open > 1 || known <= 0 || (open === 1 && total % known !== 0))
    throw new NotExpressible(`a reshape of ${total} numbers to [${sizes.join(', ')}]`);
  return sizes.map((size) => (size === -1 ? total / known : size));
}

/** a where the condition holds, else b. A fixed side keeps its numbers; −∞ of masks becomes a large number. */
export function selected(to: Assembly, condition: HostArray, a: Tensor, b: Tensor): Tensor {
  const yes = host.mapped(condition, (each) => (each ? 1 : 0), false);
  const no = host.mapped(condition, (each) => (each ? 0 : 1), false);
  if (isArray(a) && isArray(b)) {
    const whole = a.whole && b.whole;
    const left = host.combined(condition, a, (c, value) => (c ? value : 0), whole);
    const right = host.combined(condition, b, (c, value) => (c ? 0 : value), whole);
    return host.combined(left, right, (x, y) => x + y, whole);
  }
  const part = (x: Tensor, mask: HostArray): Tensor =>
    isArray(x)
      ? host.combined(mask, x, (m, value) => (m ? Math.max(value, -1e30) : 0), false)
      : to.binary('mul', x, mask);
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

/** Einstein sums of one or two values as transpositions, sums and one matrix product. */
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
  const x = flat(a, first, [...shared, ...mine, ...inner], [...sizes(shared), ...keep(mine), ...keep(inner)]);
  const y = flat(b, second, [...shared, ...inner, ...other], [...sizes(shared), ...keep(inner), ...keep(other)]);
  const made = to.reshape(to.matmul(x, y), sizes([...shared, ...mine, ...other]));
  return to.transpose(
    made,
    [...output].map((letter) => [...shared, ...mine, ...other].indexOf(letter)),
  );
}

/** Where a place of the result comes from, by the names ONNX gives the ways. */
export function sourcePlace(place: number, scale: number, size: number, count: number, coordinates: string): number {
  switch (coordinates) {
    case 'asymmetric':
      return place / scale;
    case 'align_corners':
      return count === 1 ? 0 : (place * (size - 1)) / (count - 1);
    case 'half_pixel':
      return (place + 0.5) / scale - 0.5;
    case 'pytorch_half_pixel':
      return count > 1 ? (place + 0.5) / scale - 0.5 : 0;
    default:
      throw new NotExpressible(`resizing by ${coordinates}`);
  }
}
/** Linear interpolation is a product with a constant matrix along each axis. @param wanted sizes of the spatial axes */
export function interpolation(
  to: Assembly,
  x: Tensor,
  spatial: readonly number[],
  wanted: readonly number[],
  coordinates: string,
): Tensor {
  const shape = to.shape(x);
  const rank = shape.length;
  return spatial.reduce<Tensor>((value, axis, i) => {
    const [size, count] = [shape[axis]!, wanted[i]!];
    if (size === count) return value;
    if (symbolic(size) || symbolic(count) || size * count > 2 ** 26)
      throw new NotExpressible('resizing of a free size');
    const weights = new Float32Array(size * count);
    for (let place = 0; place < count; place++) {
      const at = Math.min(Math.max(sourcePlace(place, count / size, size, count, coordinates), 0), size - 1);
      const low = Math.floor(at);
      weights[low * count + place]! += 1 - (at - low);
      if (at > low) weights[(low + 1) * count + place]! += at - low;
    }
    const last = range(rank).map((each) => (each === axis ? rank - 1 : each === rank - 1 ? axis : each));
    return to.transpose(to.matmul(to.transpose(value, last), host.reals([size, count], weights)), last);
  }, x);
}

/** a / b, and 0 where b is 0. */
export function safeDivision(to: Assembly, a: Tensor, b: Tensor): Tensor {
  if (isArray(b)) {
    const inverse = host.mapped(b, (each) => (each === 0 ? 0 : 1 / each), false);
    return to.binary('mul', a, inverse);
  }
  return to.binary('mul', a, to.unary('reciprocalOrZero', b, {}, null));
}
