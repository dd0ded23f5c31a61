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
  const count = units.length;
  const inner = unitAxis === null ? contributions.length : sizeOf(shape.slice(unitAxis + 1));
  const sums = positionSums(contributions, 1, shape, unitAxis);
  const sizes = new Float64Array(count);
  const outer = count * inner;
  for (let block = 0; block < contributions.length; block += outer)
    for (let unit = 0, at = block; unit < count; unit++)
      for (const end = at + inner; at < end; at++) sizes[unit]! += Math.abs(contributions[at]!);
  const shares = sizes.map((size, unit) => (size > 0 ? (units[unit]! - sums[unit]!) / size : 0));
  for (let block = 0; block < contributions.length; block += outer)
    for (let unit = 0, at = block; unit < count; unit++)
      for (const end = at + inner; at < end; at++) contributions[at]! += shares[unit]! * Math.abs(contributions[at]!);
  return contributions;
}

/**
 * Units line by line, end to end; their mean is the units' own: what those have more (see `spreadOut`) is shared by the lines alike.
 */
export function unitsOfLines(
  lines: readonly Numbers[],
  units: Float32Array,
  { shape, unitAxis }: { readonly shape: readonly number[]; readonly unitAxis: number | null },
): Float32Array {
  const sums = lines.map((line) => positionSums(Float32Array.from(line), 1, shape, unitAxis));
  const more = units.map((unit, at) => unit - mean(sums.map((each) => each[at]!)));
  const all = new Float32Array(lines.length * units.length);
  sums.forEach((each, line) => each.forEach((sum, at) => (all[line * units.length + at] = sum + more[at]!)));
  return all;
}
