/** Sums over positions, on the host. */
import { sizeOf } from '../graph/graph';

/** Sums over every axis but the units' one: [examples, …shape] → [examples, units]. */
export const overPositions = (
  values: Float32Array,
  examples: number,
  shape: readonly number[],
  unitAxis: number | null,
): Float32Array => Float32Array.from(positionSums(values, examples, shape, unitAxis));

/** As `overPositions`, unrounded. */
export function positionSums(
  values: Float32Array,
  examples: number,
  shape: readonly number[],
  unitAxis: number | null,
): Float64Array {
  const units = unitAxis === null ? 1 : shape[unitAxis]!;
  const inner = unitAxis === null ? sizeOf(shape) : sizeOf(shape.slice(unitAxis + 1));
  const size = sizeOf(shape);
  const totals = new Float64Array(examples * units);
  for (let example = 0; example < examples; example++) {
    const of = totals.subarray(example * units, (example + 1) * units);
    const neurons = values.subarray(example * size, (example + 1) * size);
    if (inner === 1) addRows(neurons, of);
    else addRuns(neurons, inner, of);
  }
  return totals;
}

/** Adds up rows of units, four at a time while there are as many: each total is read and written less often. */
function addRows(values: Float32Array, totals: Float64Array): void {
  const units = totals.length;
  let at = 0;
  for (const last = values.length - 4 * units; at <= last; at += 4 * units)
    for (let unit = 0, place = at; unit < units; unit++, place++)
      totals[unit]! +=
        values[place]! + values[place + units]! + (values[place + 2 * units]! + values[place + 3 * units]!);
  for (; at < values.length; at += units) for (let unit = 0; unit < units; unit++) totals[unit]! += values[at + unit]!;
}

/** Adds up what lies `inner` in a row for each unit, units over and over again. */
function addRuns(values: Float32Array, inner: number, totals: Float64Array): void {
  for (let at = 0, unit = 0; at < values.length; unit = unit + 1 === totals.length ? 0 : unit + 1) {
    let total = 0;
    for (const end = at + inner; at < end; at++) total += values[at]!;
    totals[unit]! += total;
  }
}
