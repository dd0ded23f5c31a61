/** What has been joined up to each place of an axis: by doubling how far each looks back. */
import { NotExpressible, range } from './array';
import { type Assembly, symbolic, type Tensor } from './assembly';
import { along } from './pieces';
import * as moves from './moves';

const LONGEST = 8192;

export interface Direction {
  /** Without the place itself. */
  readonly exclusive: boolean;
  /** From the end. */
  readonly reverse: boolean;
}

/** @param neutral what joins to anything without changing it @param join of what came before and what is there */
export function scanned(
  to: Assembly,
  x: Tensor,
  axis: number,
  { exclusive, reverse }: Direction,
  neutral: number,
  join: (before: Tensor, here: Tensor) => Tensor,
): Tensor {
  const size = to.shape(x)[axis]!;
  if (symbolic(size) || size > LONGEST) throw new NotExpressible('a scan over a free or very long axis');
  const moved = (value: Tensor, by: number): Tensor => {
    const kept = reverse ? along(to, value, axis, by, size) : along(to, value, axis, 0, size - by);
    const padding = range(to.rank(x)).map((each): readonly [number, number] =>
      each !== axis ? [0, 0] : reverse ? [0, by] : [by, 0],
    );
    return moves.pad(to, kept, padding, 'constant', neutral);
  };
  let made = x;
  for (let by = 1; by < size; by *= 2) made = join(moved(made, by), made);
  if (!exclusive) return made;
  return moved(made, 1);
}

/** log Σ exp up to each place; never overflows. */
export const summedExponentials = (to: Assembly, x: Tensor, axis: number, direction: Direction): Tensor =>
  scanned(to, x, axis, direction, -1e30, (before, here) =>
    to.binary('add', here, to.unary('softplus', to.binary('sub', before, here), {}, null)),
  );
