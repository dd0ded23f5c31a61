/** Attention by heads: scores of queries and keys, what of them counts, and the values mixed by them. */
import * as host from './array';
import { isArray, NotExpressible, range, type HostArray } from './array';
import { symbolic, type Assembly, type Tensor } from './assembly';
import { selected } from './compositions';
import * as matrices from './matrices';
import * as moves from './moves';
import { along, at } from './pieces';
import * as reductions from './reductions';

/** What a score that does not count is: −∞ as a number that stays one in differences. */
const MASKED = -1e30;

/** [batch, places, heads · size] → [batch, heads, places, size] */
export function byHeads(to: Assembly, x: Tensor, heads: number): Tensor {
  const [batch, places, width] = to.shape(x) as [number, number, number];
  if (to.rank(x) !== 3 || heads < 1 || width % heads) throw new NotExpressible(`${heads} heads of ${width} numbers`);
  return to.transpose(to.reshape(x, [batch, places, heads, width / heads]), [0, 2, 1, 3]);
}

/** [batch, heads, places, size] → [batch, places, heads · size] */
export function headsJoined(to: Assembly, x: Tensor): Tensor {
  const [batch, heads, places, size] = to.shape(x) as [number, number, number, number];
  return to.reshape(to.transpose(x, [0, 2, 1, 3]), [batch, places, heads * size]);
}

/** Heads of keys and values that several heads of queries share. */
function shared(to: Assembly, x: Tensor, heads: number): Tensor {
  const have = to.shape(x)[1]!;
  if (have === heads) return x;
  if (heads % have) throw new NotExpressible(`${heads} heads over ${have}`);
  return moves.gather(to, x, host.wholes(range(heads).map((head) => Math.floor((head * have) / heads))), 1);
}

/**
 * 0 where a query may see a key, and −∞ as a number where it may not: keys behind it, and those too far before.
 * @param offset places before the first query
 * @param window how many keys up to its own place a query sees
 */
export function causal(queries: number, keys: number, offset: number, window = Infinity): HostArray {
  if (symbolic(queries) || symbolic(keys)) throw new NotExpressible('a mask of a free size');
  const mask = range(queries * keys).map((place) => {
    const ahead = (place % keys) - offset - Math.floor(place / keys);
    return ahead > 0 || ahead <= -window ? MASKED : 0;
  });
  return host.reals([queries, keys], mask);
}

/** Scores where a condition holds, and −∞ as a number elsewhere. */
export function counting(to: Assembly, scores: Tensor, condition: Tensor): Tensor {
  if (!isArray(condition)) return selected(to, condition, scores, host.scalar(MASKED));
  return to.binary(
    'add',
    scores,
    host.mapped(condition, (each) => (each ? 0 : MASKED), false),
  );
}

export interface Attending {
  /** [batch, heads, places, size]; of keys and values there may be fewer heads. */
  readonly queries: Tensor;
  readonly keys: Tensor;
  readonly values: Tensor;
  readonly scale: number;
  /** Scores go through `cap · tanh(score / cap)`; 0: they do not. */
  readonly softcap: number;
  /** Scores with what masks them. */
  masked(scores: Tensor): Tensor;
  /** A further score of each head ([heads], or one for all) of which nothing is mixed. */
  readonly sink?: Tensor | null;
}

export interface Attended {
  /** [batch, heads, places, size of the values] */
  readonly mixed: Tensor;
  readonly scores: Tensor;
  readonly capped: Tensor;
  readonly seen: Tensor;
  readonly weights: Tensor;
}

export function attended(to: Assembly, { queries, keys, values, scale, softcap, masked, sink }: Attending): Attended {
  const heads = to.shape(queries)[1]!;
  const product = matrices.matmul(to, queries, matrices.swapLast(to, shared(to, keys, heads)));
  const scores = to.binary('mul', product, host.scalar(scale));
  const capped =
    softcap > 0
      ? to.binary('mul', to.unary('tanh', to.binary('mul', scores, host.scalar(1 / softcap)), {}, null), host.scalar(softcap)) // prettier-ignore
      : scores;
  const seen = masked(capped);
  const weights = sink ? besideSink(to, seen, sink) : reductions.softmax(to, seen, 3, 'softmax');
  return { mixed: matrices.matmul(to, weights, shared(to, values, heads)), scores, capped, seen, weights };
}

function besideSink(to: Assembly, seen: Tensor, sink: Tensor): Tensor {
  const count = to.shape(seen)[3]!;
  if (symbolic(count)) throw new NotExpressible('a free number of keys beside a sink');
  const column = to.binary('mul', along(to, seen, 3, 0, 1), host.scalar(0));
  const own = to.rank(sink) === 1 ? to.unsqueeze(sink, [0, 2, 3]) : sink;
  const all = moves.concat(to, [seen, to.binary('add', column, own)], 3);
  return along(to, reductions.softmax(to, all, 3, 'softmax'), 3, 0, count);
}

/**
 * Pairs of numbers turned by angles of their place: halves of what is turned, or neighbours.
 * @param x [batch, heads, places, size]
 * @param cos, sin [… places, pairs], one for all heads
 * @param turnedSize how many of the numbers are turned
 */
export function rotated(
  to: Assembly,
  x: Tensor,
  cos: Tensor,
  sin: Tensor,
  turnedSize: number,
  neighbours: boolean,
): Tensor {
  const size = to.shape(x)[3]!;
  const half = turnedSize / 2;
  if (to.shape(cos).at(-1) !== half || to.shape(sin).at(-1) !== half)
    throw new NotExpressible('angles of another number of pairs');
  const part = along(to, x, 3, 0, turnedSize);
  const pairs = neighbours ? to.reshape(part, [...to.shape(x).slice(0, 3), half, 2]) : part;
  const [a, b] = neighbours
    ? [at(to, pairs, 4, 0), at(to, pairs, 4, 1)]
    : [along(to, part, 3, 0, half), along(to, part, 3, half, turnedSize)];
  const turnedParts = [
    to.binary('sub', to.binary('mul', a, cos), to.binary('mul', b, sin)),
    to.binary('add', to.binary('mul', a, sin), to.binary('mul', b, cos)),
  ];
  const turned = neighbours
    ? to.reshape(moves.concat(to, turnedParts.map((each) => to.unsqueeze(each, [4])), 4), to.shape(part)) // prettier-ignore
    : moves.concat(to, turnedParts, 3);
  return turnedSize === size ? turned : moves.concat(to, [turned, along(to, x, 3, turnedSize, size)], 3);
}
