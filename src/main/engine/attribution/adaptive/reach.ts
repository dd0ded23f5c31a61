/** How much larger values are than they move: what float32 leaves of a path. */
import type { Lines } from '../path';
import type { Plan } from '../plan';

/**
 * Medians over what moves of |x'| / |x − x'| and |x| / |x − x'|, of one pair: 0 where the baseline, or the input, is zero. A point's
 * coordinates are rounded by so many times the precision, counted in the path's length.
 */
export function reachOf(plan: Plan, lines: Lines, pair: number): readonly [atBaseline: number, atInput: number] {
  const near: number[] = [];
  const far: number[] = [];
  for (const id of plan.starts) {
    const { from, to } = lines.ends.get(id)!;
    const size = to.data.length / to.shape[0]!;
    for (let at = pair * size, end = at + size; at < end; at++) {
      const moves = Math.abs(to.data[at]! - from.data[at]!);
      if (moves === 0) continue;
      near.push(Math.abs(from.data[at]!) / moves);
      far.push(Math.abs(to.data[at]!) / moves);
    }
  }
  return [median(near), median(far)];
}

function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
