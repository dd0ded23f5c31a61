/** Values cut along an axis and put together again: what the formats call split, unstack, stack, roll, reverse. */
import * as host from './array';
import { NotExpressible, range } from './array';
import { type Assembly, symbolic, type Tensor } from './assembly';
import * as moves from './moves';

/** From `begin` up to `end` along an axis, the others whole. */
export function along(to: Assembly, x: Tensor, axis: number, begin: number, end: number): Tensor {
  const rank = to.rank(x);
  const only = (value: number): (number | null)[] => range(rank).map((each) => (each === axis ? value : null));
  return moves.slice(
    to,
    x,
    only(begin),
    only(end),
    range(rank).map(() => 1),
  );
}

/** One place of an axis, which is left out. */
export const at = (to: Assembly, x: Tensor, axis: number, place: number): Tensor =>
  to.squeeze(along(to, x, axis, place, place + 1), [axis]);

/** Parts of these sizes along an axis. */
export function parts(to: Assembly, x: Tensor, axis: number, sizes: readonly number[]): Tensor[] {
  let begin = 0;
  return sizes.map((size) => {
    if (!Number.isInteger(size) || size < 0) throw new NotExpressible(`a part of size ${size}`);
    // A part of nothing, which Keras 2's GRU makes and leaves.
    if (size === 0)
      return host.filled(
        to.shape(x).map((each, i) => (i === axis ? 0 : symbolic(each) ? 1 : each)),
        0,
        false,
      );
    const part = along(to, x, axis, begin, begin + size);
    begin += size;
    return part;
  });
}

/** As many equal parts. */
export function equalParts(to: Assembly, x: Tensor, axis: number, count: number): Tensor[] {
  const total = known(to, x, axis, 'cut in parts');
  if (!(count >= 1 && count <= MOST) || total % count)
    throw new NotExpressible(`a size of ${total} cut in ${count} parts`);
  return parts(
    to,
    x,
    axis,
    range(count).map(() => total / count),
  );
}

/** Every place of an axis, each without it. */
export const unstacked = (to: Assembly, x: Tensor, axis: number): Tensor[] => {
  const size = known(to, x, axis, 'taken apart');
  return range(size).map((place) => at(to, x, axis, place));
};

/** Values of one shape along a new axis. @param axis of the result */
export function stacked(to: Assembly, values: readonly Tensor[], axis: number): Tensor {
  const [first] = values;
  if (!first) throw new NotExpressible('nothing to stack');
  const place = to.axis(first, axis, 1);
  return moves.concat(
    to,
    values.map((each) => to.unsqueeze(each, [place])),
    place,
  );
}

/** Sizes of parts, one of which may be −1: what is left. */
export const completedSizes = (sizes: readonly number[], total: number): number[] => {
  const rest = sizes.reduce((sum, size) => (size < 0 ? sum : sum + size), 0);
  return sizes.map((size) => (size < 0 ? total - rest : size));
};

/** The other way round along these axes. */
export function reversed(to: Assembly, x: Tensor, axes: readonly number[]): Tensor {
  const open = range(to.rank(x)).map(() => null);
  return moves.slice(
    to,
    x,
    open,
    open,
    open.map((_, axis) => (axes.includes(axis) ? -1 : 1)),
  );
}

/** Places moved round along an axis, by so many towards its end. */
export function rolled(to: Assembly, x: Tensor, axis: number, shift: number): Tensor {
  const size = known(to, x, axis, 'moved round');
  const places = range(size).map((place) => (((place - shift) % size) + size) % size);
  return moves.gather(to, x, host.wholes(places), axis);
}

/** More places than any axis that is taken apart has. */
const MOST = 65536;

function known(to: Assembly, x: Tensor, axis: number, what: string): number {
  const size = to.shape(x)[axis]!;
  if (symbolic(size) || size > MOST) throw new NotExpressible(`a free or very long axis ${what}`);
  return size;
}
