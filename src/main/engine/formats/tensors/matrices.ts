/** Matrix products, as numpy has them. */
import * as host from './array';
import { isArray, NotExpressible, product, range, type HostArray } from './array';
import { AcrossBatch, NO_BATCH, type Tensor, type Varying } from './axes';
import type { Assembly } from './assembly';
import * as moves from './moves';
import * as reductions from './reductions';

/** Matrix product as numpy's. */
export function matmul(to: Assembly, a: Tensor, b: Tensor): Tensor {
  if (isArray(a) && isArray(b)) return host.multiplied(a, b);
  if (to.rank(a) === 1 && to.rank(b) === 1) return reductions.reduce(to, 'sum', to.binary('mul', a, b), [0], false);
  if (to.rank(a) === 1) return to.squeeze(matmul(to, to.unsqueeze(a, [0]), b), [-2]);
  if (to.rank(b) === 1) return to.squeeze(matmul(to, a, to.unsqueeze(b, [1])), [-1]);
  if (isArray(b)) return timesConstant(to, a as Varying, b);
  if (isArray(a)) {
    const swapped = matmul(to, swapLast(to, b), swapLast(to, a));
    return swapLast(to, swapped);
  }
  const rank = Math.max(to.rank(a), to.rank(b));
  let [left, right] = [to.toRank(a, rank), to.toRank(b, rank)] as [Varying, Varying];
  const batch = to.batchAxis(left);
  if (batch !== to.batchAxis(right) || batch >= rank - 2) throw new AcrossBatch('a product across the batch');
  for (const axis of range(rank - 2)) {
    if (axis === batch) continue;
    const [mine, other] = [to.shape(left)[axis]!, to.shape(right)[axis]!];
    if (mine === 1 && other > 1)
      left = moves.tile(
        to,
        left,
        range(rank).map((i) => (i === axis ? other : 1)),
      ) as Varying;
    if (other === 1 && mine > 1)
      right = moves.tile(
        to,
        right,
        range(rank).map((i) => (i === axis ? mine : 1)),
      ) as Varying;
  }
  const leading = range(rank - 2).filter(
    (axis) => axis !== batch && (left.axes[axis]!.length || right.axes[axis]!.length),
  );
  const [i, j] = [rank - 2, rank - 1];
  // The order in which an operand is held already needs no move: the product takes it transposed.
  const flipped = (x: Varying): boolean => {
    const [p, q] = [x.axes[i]![0], x.axes[j]![0]];
    return p !== undefined && q !== undefined && q < p;
  };
  const [transposeA, transposeB] = [flipped(left), flipped(right)];
  const first = to.arranged(left, [batch, ...leading, ...(transposeA ? [j, i] : [i, j])]);
  const second = to.arranged(right, [batch, ...leading, ...(transposeB ? [j, i] : [i, j])]);
  if (first.lead !== second.lead) throw new NotExpressible('batches merged in different ways');
  const id = to.emit('matmul', [first.id, second.id], { transposeA, transposeB });
  return to.varying(id, to.axesOf(rank, left, [batch, ...leading, i, j], first.lead));
}

export function swapLast(to: Assembly, x: Tensor): Tensor {
  const rank = to.rank(x);
  return to.transpose(x, [...range(rank - 2), rank - 1, rank - 2]);
}

function timesConstant(to: Assembly, a: Varying, b: HostArray): Tensor {
  if (b.shape.length > 2) {
    if (product(b.shape.slice(0, -2)) !== 1) return timesSeveral(to, a, b);
    const rank = Math.max(to.rank(a), b.shape.length);
    return timesConstant(to, to.toRank(a, rank) as Varying, host.reshaped(b, b.shape.slice(-2)));
  }
  const last = to.rank(a) - 1;
  const batch = to.batchAxis(a);
  if (batch === last) throw new AcrossBatch('a product across the batch');
  const order = [batch, ...to.heldOrder(a).filter((axis) => axis !== last && axis !== batch), last];
  const { id, lead } = to.arranged(a, order);
  const made = to.emit('matmul', [id, to.constant(b, 'kernel')], { transposeA: false, transposeB: false });
  return to.varying(made, to.axesOf(to.rank(a), a, order, lead));
}

/** A matrix for each of several leading places (attention with fixed keys). */
function timesSeveral(to: Assembly, a: Varying, b: HostArray): Tensor {
  const rank = Math.max(to.rank(a), b.shape.length);
  const value = to.toRank(a, rank) as Varying;
  const batch = to.batchAxis(value);
  const matrices = host.reshaped(b, [...range(rank - b.shape.length).map(() => 1), ...b.shape]);
  if (to.batched && (batch !== 0 || value.axes[0]!.length > 1 || matrices.shape[0] !== 1))
    throw new AcrossBatch('a product with a matrix per example');
  const { id } = to.arranged(value, to.batched ? range(rank) : [NO_BATCH, ...range(rank)]);
  const fixed = to.batched ? host.reshaped(matrices, matrices.shape.slice(1)) : matrices;
  const made = to.emit('matmul', [id, to.constant(b, 'kernels', () => fixed)], {
    transposeA: false,
    transposeB: false,
  });
  const result = to.varying(made, to.allHeld(to.batched ? rank - 1 : rank));
  const sizes = to.shape(result);
  // What was no held axis of the value is none of the product: a batch of one in any place.
  return to.unholding(
    result,
    range(rank).filter((axis) => !value.axes[axis]!.length && sizes[axis] === 1),
  );
}
