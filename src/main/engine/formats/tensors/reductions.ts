/** Ops over axes: sums, means, extremes, softmax, norms. */
import * as host from './array';
import { isArray, range } from './array';
import { AcrossBatch, type Tensor } from './axes';
import type { Assembly } from './assembly';

export type ReduceOp = 'sum' | 'mean' | 'max' | 'min';

export function reduce(
  to: Assembly,
  op: ReduceOp,
  x: Tensor,
  which: readonly number[] | null,
  keepDims: boolean,
): Tensor {
  const list = (which ?? range(to.rank(x))).map((axis) => to.axis(x, axis));
  if (isArray(x)) {
    const start = op === 'max' ? -Infinity : op === 'min' ? Infinity : 0;
    const fold = op === 'max' ? Math.max : op === 'min' ? Math.min : (sum: number, value: number) => sum + value;
    return host.folded(x, list, keepDims, start, fold, op === 'mean' ? (sum, count) => sum / count : undefined);
  }
  to.known(x);
  const over = new Set(list);
  for (const axis of over)
    if (x.axes[axis]!.length > 1 || x.axes[axis]![0] === 0) throw new AcrossBatch('a reduction over the batch');
  const held = list.flatMap((axis) => x.axes[axis]!.map((each) => each - 1)).sort((a, b) => a - b);
  if (!held.length)
    return keepDims
      ? x
      : to.varying(
          x.id,
          x.axes.filter((_, axis) => !over.has(axis)),
        );
  const id = to.emit(op, [x.id], { axes: held, keepDims });
  if (keepDims) return to.varying(id, x.axes);
  const axes = x.axes.filter((_, axis) => !over.has(axis));
  return to.varying(
    id,
    axes.map((group) => group.map((axis) => axis - held.filter((each) => each + 1 < axis).length)),
  );
}

/** Ops along one or more axes that keep the shape. */
export function softmax(to: Assembly, x: Tensor, axis: number, op: 'softmax' | 'logSoftmax'): Tensor {
  if (isArray(x)) return host.softmax(x, axis, op === 'logSoftmax');
  const value = to.holding(x, [axis]);
  return to.varying(to.emit(op, [value.id], { axis: value.axes[axis]![0]! - 1 }), value.axes);
}

export function normalise(to: Assembly, x: Tensor, axes: readonly number[], epsilon: number): Tensor {
  if (isArray(x)) return host.normalised(x, axes, epsilon);
  const value = to.holding(x, []);
  const held = axes.flatMap((axis) => {
    const group = value.axes[axis]!;
    if (group.length > 1 || group[0] === 0) throw new AcrossBatch('a normalisation over the batch');
    return group.map((each) => each - 1);
  });
  return to.varying(to.emit('normalise', [value.id], { axes: held.sort((a, b) => a - b), epsilon }), value.axes);
}
