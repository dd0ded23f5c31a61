/** Places along the first axis joined by the groups that the file puts them in. */
import * as host from './array';
import { isArray, NotExpressible, product, range, room } from './array';
import { AcrossBatch, type Assembly, symbolic, type Tensor } from './assembly';
import { converted } from './casts';
import { mixed, multipliedOver } from './compositions';
import * as matrices from './matrices';
import * as moves from './moves';
import * as reductions from './reductions';
import { channelsLast } from './resizing';

type Weighted = 'sum' | 'mean' | 'sqrtN';
export type Joined = Weighted | 'max' | 'min' | 'prod';

const MOST_SEGMENTS = 4096;
/** Ones and zeros that are made for each example, of groups that vary. */
const MOST_PAIRS = 2 ** 22;

/** Weights of a place in its group, by how many there are. */
const SHARES: Readonly<Record<Weighted, (count: number) => number>> = {
  sum: () => 1,
  mean: (count) => 1 / count,
  sqrtN: (count) => 1 / Math.sqrt(count),
};

/**
 * @param ids the group of each place of the first axis; negative: of none
 * @param empty what a group of no places is
 */
export function segments(
  to: Assembly,
  x: Tensor,
  ids: readonly number[],
  count: number,
  how: Joined,
  empty: number,
): Tensor {
  const [size, ...rest] = to.shape(x) as [number, ...number[]];
  if (symbolic(size)) throw new AcrossBatch('groups of examples');
  if (ids.length !== size) throw new NotExpressible(`${ids.length} groups for ${size} places`);
  if (!(count >= 1) || ids.some((id) => !Number.isInteger(id) || id >= count))
    throw new NotExpressible(`${count} groups`);
  const members = range(count).map((): number[] => []);
  ids.forEach((id, place) => id >= 0 && members[id]!.push(place));
  if (how === 'sum' || how === 'mean' || how === 'sqrtN') {
    const share = SHARES[how];
    const weights = new Float32Array(room([size, count]));
    members.forEach((places, id) => {
      for (const place of places) weights[place * count + id] = share(places.length);
    });
    // The features stay last: they are the units.
    const made = mixed(to, x, 0, host.reals([size, count], weights));
    return channelsLast(to, made, rest.length);
  }
  if (count > MOST_SEGMENTS) throw new NotExpressible(`${count} groups`);
  const nothing = host.filled([1, ...rest.map((each) => (symbolic(each) ? 1 : each))], empty, false);
  const joined = members.map((places) => {
    if (places.length === 0) return nothing;
    const own = moves.gather(to, x, host.wholes(places), 0);
    return how === 'prod' ? multipliedOver(to, own, [0], true) : reductions.reduce(to, how, own, [0], true);
  });
  return moves.concat(to, joined, 0);
}

/** The same where groups are told for places of several axes; sums also where whole numbers that vary tell them. */
export function segmentsOver(to: Assembly, x: Tensor, ids: Tensor, count: number, how: Joined, empty: number): Tensor {
  const shape = to.shape(x);
  const own = to.rank(ids);
  const size = product(shape.slice(0, own));
  const rest = shape.slice(own);
  const flat = own === 1 ? x : to.reshape(x, [size, ...rest]);
  if (isArray(ids)) return segments(to, flat, host.list(ids), count, how, empty);
  if (how !== 'sum') throw new NotExpressible('groups that depend on the input');
  if (symbolic(size) || symbolic(count)) throw new NotExpressible('groups of a free size');
  if (!(size * count <= MOST_PAIRS)) throw new NotExpressible(`${size} places in ${count} groups that the input tells`);
  const groups = host.wholes(range(count), [count, 1]);
  const members = to.part('groups', () =>
    converted(to, to.binary('equal', to.reshape(ids, [1, size]), groups), 'real'),
  );
  const sums = matrices.matmul(to, members, to.reshape(flat, [size, product(rest)]));
  return to.reshape(sums, [count, ...rest]);
}
