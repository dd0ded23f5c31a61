/** What lies at positions, fixed by the file or told by whole numbers that vary: these are products with a one at each position. */
import * as host from './array';
import { isArray, NotExpressible, product, range, type HostArray } from './array';
import { type Assembly, symbolic, type Tensor, type Varying } from './assembly';
import { converted } from './casts';
import { selected } from './compositions';
import * as matrices from './matrices';
import * as moves from './moves';
import { along } from './pieces';
import { gatheredAt } from './places';
import * as reductions from './reductions';

/** Ones and zeros that are made for each example at the most. */
const MOST = 2 ** 22;

/**
 * Numpy's take, over `own` axes that values and positions have in common.
 * @throws NotExpressible
 */
export function gathered(to: Assembly, x: Tensor, indices: Tensor, axis: number, own: number): Tensor {
  if (isArray(indices)) return own ? inCommon(to, x, indices, axis, own) : moves.gather(to, x, indices, axis);
  const shape = to.shape(x);
  const size = shape[axis]!;
  if (isArray(x) && own === 0 && axis === 0) {
    if (x.shape.length === 2) return moves.gather(to, x, indices, 0);
    const rows = moves.gather(to, host.reshaped(x, [size, product(x.shape.slice(1))]), indices, 0);
    return to.reshape(rows, [...to.shape(indices), ...x.shape.slice(1)]);
  }
  const places = to.shape(indices);
  const [pre, post] = [shape.slice(own, axis), shape.slice(axis + 1)];
  const inner = places.slice(own);
  const common = places.slice(0, own);
  const count = product(inner);
  if (symbolic(size) || symbolic(count)) throw new NotExpressible('positions in a free size');
  if (!(count * size <= MOST)) throw new NotExpressible(`${count} of ${size} positions that depend on the input`);
  const flat = to.reshape(indices, [...common, count, 1]);
  const ones = to.part('positions', () => converted(to, to.binary('equal', flat, host.wholes(range(size))), 'real'));
  // [own …, size, pre · post]
  const order = [...range(own), axis, ...range(axis - own, own), ...range(post.length, axis + 1)];
  const values = to.reshape(to.transpose(x, order), [...shape.slice(0, own), size, product(pre) * product(post)]);
  const taken = to.reshape(matrices.matmul(to, ones, values), [...common, ...inner, ...pre, ...post]);
  const [from, until] = [own + inner.length, own + inner.length + pre.length];
  return to.transpose(taken, [...range(own), ...range(pre.length, from), ...range(inner.length, own), ...range(post.length, until)]); // prettier-ignore
}

/** Positions that count from the end where they are negative, counted from the front. */
export function fromFront(to: Assembly, indices: Tensor, size: number): Tensor {
  if (isArray(indices)) return indices;
  return to.asWhole(() => {
    const behind = to.binary('greater', host.wholes([0], []), indices);
    return to.binary('add', indices, to.binary('mul', behind, host.wholes([size], []))) as Varying;
  });
}

/** Ones where a position along an axis is met, that axis of the positions before that of the places: […, positions, places, …] */
function onesAt(to: Assembly, indices: Tensor, axis: number, size: number): Tensor {
  const shape = to.shape(indices);
  const one = product(shape.filter((each) => !symbolic(each)));
  if (symbolic(size) || symbolic(shape[axis]!)) throw new NotExpressible('positions in a free size');
  if (!(one * size <= MOST)) throw new NotExpressible(`${one} of ${size} positions that depend on the input`);
  const places = host.wholes(range(size), [...shape.map((_, i) => (i === axis ? size : 1)).toSpliced(axis, 0, 1)]);
  return to.part('positions', () =>
    converted(to, to.binary('equal', to.unsqueeze(fromFront(to, indices, size), [axis + 1]), places), 'real'),
  );
}

/** Of x as much along the other axes as there are positions. */
function cutTo(to: Assembly, x: Tensor, shape: readonly number[], axis: number): Tensor {
  return to.shape(x).reduce<Tensor>((made, size, i) => {
    if (i === axis || size === shape[i]) return made;
    if (symbolic(size) || symbolic(shape[i]!)) throw new NotExpressible('positions of a part of a free size');
    return along(to, made, i, 0, shape[i]!);
  }, x);
}

/** Every number from a position of its own along an axis, which varies; at its own place along the others. */
export function gatheredEach(to: Assembly, x: Tensor, indices: Tensor, axis: number): Tensor {
  const ones = onesAt(to, indices, axis, to.shape(x)[axis]!);
  const values = to.unsqueeze(cutTo(to, x, to.shape(indices), axis), [axis]);
  return reductions.reduce(to, 'sum', to.binary('mul', ones, values), [axis + 1], false);
}

/**
 * Numbers put to positions of their own along an axis, which vary. Where several may come to one place they are added; put in its
 * stead only where it makes no difference which of them comes last.
 */
export function scatteredEach(
  to: Assembly,
  data: Tensor,
  indices: Tensor,
  updates: Tensor,
  axis: number,
  joining: 'add' | 'none',
): Tensor {
  const [shape, places] = [to.shape(data), to.shape(indices)];
  if (places.some((size, i) => i !== axis && size !== shape[i])) throw new NotExpressible('positions of a part');
  const ones = onesAt(to, indices, axis, shape[axis]!);
  const own = to.unsqueeze(cutTo(to, updates, places, -1), [axis + 1]);
  const sums = reductions.reduce(to, 'sum', to.binary('mul', ones, own), [axis], false);
  if (joining === 'add') return to.binary('add', data, sums);
  const alike = isArray(updates) && updates.data.every((each) => each === updates.data[0]);
  if (places[axis] !== 1 && !alike) throw new NotExpressible('positions that depend on the input and may meet');
  const met = reductions.reduce(to, 'max', ones, [axis], false);
  const put = alike ? host.scalar(updates.data[0]!) : sums;
  return selected(to, met, put, data);
}

/** Fixed positions of their own at each place of common axes. */
function inCommon(to: Assembly, x: Tensor, indices: HostArray, axis: number, own: number): Tensor {
  if (axis !== own) throw new NotExpressible('axes between those in common and the one that positions are along');
  return gatheredAt(to, x, host.reshaped(indices, [...indices.shape, 1]), own);
}

/** GatherND, over positions that may vary: each is a list of places along x's first axes. */
export function gatheredByLists(to: Assembly, x: Tensor, indices: Tensor): Tensor {
  if (isArray(indices)) return gatheredAt(to, x, indices, 0);
  const shape = to.shape(x);
  const places = to.shape(indices);
  const depth = places.at(-1)!;
  const rest = shape.slice(depth);
  const sizes = shape.slice(0, depth);
  if (sizes.some(symbolic)) throw new NotExpressible('positions in a free size');
  const strides = host.wholes(sizes.map((_, axis) => product(sizes.slice(axis + 1))));
  const last = places.length - 1;
  const flat = to.asWhole(() => {
    const scaled = to.binary('mul', indices, strides);
    return range(depth)
      .map((at) => {
        const only = (value: number): (number | null)[] => range(last + 1).map((i) => (i === last ? value : null));
        return to.squeeze(moves.slice(to, scaled, only(at), only(at + 1), range(last + 1).map(() => 1)), [last]); // prettier-ignore
      })
      .reduce((sum, each) => to.binary('add', sum, each));
  });
  return gathered(to, to.reshape(x, [product(sizes), ...rest]), flat, 0, 0);
}
