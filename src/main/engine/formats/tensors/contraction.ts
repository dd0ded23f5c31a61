/** Einstein sums, as transpositions, sums and matrix products. */
import * as host from './array';
import { type HostArray, isArray, NotExpressible, product, range } from './array';
import { type Assembly, symbolic, type Tensor } from './assembly';
import * as matrices from './matrices';
import * as reductions from './reductions';

/** Of a letter that stands twice in a term the diagonal alone: the others are multiplied by 0, and summed away. */
function diagonal(to: Assembly, x: Tensor, term: string): readonly [Tensor, string] {
  const second = [...term].findIndex((letter, axis) => term.indexOf(letter) < axis);
  if (second < 0) return [x, term];
  const first = term.indexOf(term[second]!);
  const shape = to.shape(x);
  const size = shape[first]!;
  if (symbolic(size) || size !== shape[second]) throw new NotExpressible('a diagonal of two sizes');
  const ones = host.wholes(range(size * size).map((at) => Number(at % size === Math.floor(at / size))), [size, size]); // prettier-ignore
  const mask = host.reshaped(
    ones,
    shape.map((_, axis) => (axis === first || axis === second ? size : 1)),
  );
  const kept = reductions.reduce(to, 'sum', to.binary('mul', x, mask), [second], false);
  return diagonal(to, kept, term.slice(0, second) + term.slice(second + 1));
}

/** Einstein sums as transpositions, sums and a matrix product for each two values. */
export function contraction(to: Assembly, equation: string, given: readonly Tensor[]): Tensor {
  const [left, right] = equation.replace(/\s/g, '').split('->') as [string, string | undefined];
  const ranks = given.map((x) => to.rank(x));
  let free = 0;
  const whole = left.split(',').map((term, i) => {
    const extra = ranks[i]! - term.replace('...', '').length;
    if (term.includes('...')) free = Math.max(free, extra);
    return term.replace('...', '0123456789'.slice(10 - extra));
  });
  const rest = '0123456789'.slice(10 - free);
  const letters = [...whole.join('')].sort();
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
    whole.length !== given.length ||
    whole.some((term, i) => term.length !== ranks[i]) ||
    [...output].some((letter) => !letters.includes(letter))
  )
    throw new NotExpressible(`the sum ${equation}`);
  const single = whole.map((term, i) => diagonal(to, given[i]!, term));
  const [inputs, terms] = [single.map(([x]) => x), single.map(([, term]) => term)];
  const summed = (x: Tensor, term: string, others: string): [Tensor, string] => {
    const gone = [...term].flatMap((letter, axis) => (others.includes(letter) ? [] : [axis]));
    return gone.length
      ? [reductions.reduce(to, 'sum', x, gone, false), [...term].filter((_, axis) => !gone.includes(axis)).join('')]
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
    const made = to.reshape(matrices.matmul(to, x, kernel), [...sizes(mine), ...sizes(other)]);
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
      to.reshape(matrices.matmul(to, x, kernels), sizes(order)),
      [...output].map((letter) => order.indexOf(letter)),
    );
  }
  const x = flat(a, first, [...shared, ...mine, ...inner], [...sizes(shared), ...keep(mine), ...keep(inner)]);
  const y = flat(b, second, [...shared, ...inner, ...other], [...sizes(shared), ...keep(inner), ...keep(other)]);
  const made = to.reshape(matrices.matmul(to, x, y), sizes([...shared, ...mine, ...other]));
  return to.transpose(
    made,
    [...output].map((letter) => [...shared, ...mine, ...other].indexOf(letter)),
  );
}
