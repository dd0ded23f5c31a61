/**
 * Values by their order: sorted, the largest few, and where the largest is. Sorted values are continuous in the values that are sorted
 * (a network of larger and smaller ones); places of them are whole numbers that jump.
 */
import * as host from './array';
import { isArray, NotExpressible, range } from './array';
import { type Assembly, symbolic, type Tensor } from './assembly';
import { converted } from './casts';
import { selected } from './compositions';
import * as moves from './moves';
import { along } from './pieces';
import * as reductions from './reductions';

/** A network for these takes 55 stages. */
const MOST_SORTED = 1024;
/** Places are found by comparing each with each. */
export const MOST_RANKED = 256;

const knownSize = (to: Assembly, x: Tensor, axis: number): number => {
  const size = to.shape(x)[axis]!;
  if (symbolic(size)) throw new NotExpressible('an order over a free size');
  return size;
};

/** An array along one axis of so many. */
const alongAxis = (array: host.HostArray, axis: number, rank: number): host.HostArray =>
  host.reshaped(
    array,
    range(rank).map((each) => (each === axis ? array.data.length : 1)),
  );

/** Pairs that are compared at once, stage by stage (Batcher's merge exchange: Knuth 5.2.2, algorithm M). */
function stagesOf(size: number): (readonly (readonly [low: number, high: number])[])[] {
  const stages: (readonly [number, number])[][] = [];
  const top = 2 ** (Math.ceil(Math.log2(size)) - 1);
  for (let p = top; p >= 1; p /= 2)
    for (let q = top, r = 0, d = p; ; d = q - p, q /= 2, r = p) {
      stages.push(range(size - d).flatMap((i) => ((i & p) === r ? [[i, i + d] as const] : [])));
      if (q === p) break;
    }
  return stages;
}

/** The largest first. */
export function sorted(to: Assembly, x: Tensor, axis: number): Tensor {
  const size = knownSize(to, x, axis);
  const rank = to.rank(x);
  if (size > MOST_SORTED) throw new NotExpressible(`an order of ${size} values, of at most ${MOST_SORTED}`);
  if (size < 2) return x;
  return stagesOf(size).reduce<Tensor>((values, pairs, stage) => {
    const partner = range(size);
    const larger = new Array<number>(size).fill(0);
    for (const [first, second] of pairs) {
      [partner[first], partner[second]] = [second, first];
      larger[first] = 1;
    }
    return to.part(`stage${stage}`, () => {
      const other = moves.gather(to, values, host.wholes(partner), axis);
      const [high, low] = [to.binary('maximum', values, other), to.binary('minimum', values, other)];
      return selected(to, alongAxis(host.wholes(larger), axis, rank), high, low);
    });
  }, x);
}

/** The largest few, the largest first. */
export const largest = (to: Assembly, x: Tensor, axis: number, count: number): Tensor =>
  count === 1
    ? reductions.reduce(to, 'max', x, [axis], true)
    : along(to, to.part('sorted', () => sorted(to, x, axis)), axis, 0, count); // prettier-ignore

/** Whole numbers: where the largest few are, the first of equal ones first. */
export function placesOfLargest(to: Assembly, x: Tensor, axis: number, count: number): Tensor {
  if (count === 1) return placeOfLargest(to, x, axis, true);
  const size = knownSize(to, x, axis);
  const rank = to.rank(x);
  if (size > MOST_RANKED) throw new NotExpressible(`places of ${count} of ${size} values, of at most ${MOST_RANKED}`);
  const last = range(rank).map((each) => (each === axis ? rank - 1 : each === rank - 1 ? axis : each));
  const values = to.transpose(x, last);
  const [mine, others] = [to.unsqueeze(values, [rank]), to.unsqueeze(values, [rank - 1])];
  const before = host.wholes(range(size * size).map((at) => Number(at % size < Math.floor(at / size))), [size, size]); // prettier-ignore
  const whole = (truth: Tensor): Tensor => converted(to, truth, 'int32');
  return to.asWhole(() => {
    const beaten = whole(to.binary('greater', others, mine));
    const equal = to.binary('mul', whole(to.binary('equal', others, mine)), before);
    const place = reductions.reduce(to, 'sum', to.binary('add', beaten, equal), [rank], false);
    const wanted = host.wholes(range(count), [count, 1]);
    const here = whole(to.binary('equal', to.unsqueeze(place, [rank - 1]), wanted));
    const places = reductions.reduce(to, 'sum', to.binary('mul', here, host.wholes(range(size))), [rank], false);
    return to.transpose(places, last);
  });
}

/** A whole number: the first place along an axis that nothing exceeds. */
export function placeOfLargest(to: Assembly, x: Tensor, axis: number, keepDims: boolean): Tensor {
  if (isArray(x)) {
    const top = reductions.reduce(to, 'max', x, [axis], true) as host.HostArray;
    const places = alongAxis(host.wholes(range(x.shape[axis]!)), axis, x.shape.length);
    const isTop = host.combined(x, top, (value, most) => Number(value === most), true);
    const at = host.combined(isTop, places, (here, place) => (here ? place : Infinity), true);
    return reductions.reduce(to, 'min', at, [axis], keepDims);
  }
  const size = knownSize(to, x, axis);
  const places = alongAxis(host.wholes(range(size)), axis, to.rank(x));
  const isTop = to.binary('equal', x, reductions.reduce(to, 'max', x, [axis], true));
  return to.asWhole(() => {
    const at = selected(to, isTop, places, host.wholes([size], []));
    return reductions.reduce(to, 'min', at, [axis], keepDims);
  });
}
