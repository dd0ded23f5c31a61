/** Sums and means of contributions, over the lines of an example and over positions. */
import { sizeOf } from '../../graph/graph';
import { positionSums } from '../positions';

export type Numbers = Float32Array | Float64Array;

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at]!;
  return sum / values.length;
}

export function l1(values: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += Math.abs(values[at]!);
  return sum;
}

/** Mean over an example's baselines. */
export function meanOf(lines: readonly Numbers[]): Float32Array {
  if (lines.length === 1) return Float32Array.from(lines[0]!);
  return Float32Array.from({ length: lines[0]!.length }, (_, at) => mean(lines.map((line) => line[at]!)));
}

/** How far they lie apart: standard deviation (of the sample: divided by R − 1). */
export const spreadOf = (lines: readonly Numbers[]): Float32Array =>
  Float32Array.from({ length: lines[0]!.length }, (_, at) => {
    const own = lines.map((line) => line[at]!);
    const center = mean(own);
    return Math.sqrt(own.reduce((sum, value) => sum + (value - center) ** 2, 0) / (lines.length - 1));
  });

/**
 * Contributions whose sums over positions are the units': what those have more (extrapolation, which is done for units alone where
 * not every neuron is held) is spread over a unit's positions by their size.
 */
export function spreadOut(
  contributions: Float32Array,
  units: Float32Array,
  { shape, unitAxis }: { readonly shape: readonly number[]; readonly unitAxis: number | null },
): Float32Array {
  const sums = positionSums(contributions, 1, shape, unitAxis);
  const sizes = positionSums(contributions.map(Math.abs), 1, shape, unitAxis);
  const inner = unitAxis === null ? contributions.length : sizeOf(shape.slice(unitAxis + 1));
  const count = units.length;
  for (let at = 0; at < contributions.length; at++) {
    const unit = Math.floor(at / inner) % count;
    const size = sizes[unit]!;
    if (size > 0) contributions[at]! += ((units[unit]! - sums[unit]!) * Math.abs(contributions[at]!)) / size;
  }
  return contributions;
}
