/**
 * Numbers that float32 does not hold whole. An array's numbers are `data + lost`: what rounding took from each is kept where it can
 * matter, beside numbers so large that a difference of two of them would show it (seconds since 1970, positions on a genome).
 */
import type { NumericArray } from '../../../contract/attribution';

/** Below this, what is lost lies below 4e-5, and no larger share of the number than float32 loses anywhere. */
export const LARGE = 1024;

/** So many numbers as float32, and what that took from them; `lost` is left out where it cannot matter. */
export function rounded(count: number, at: (place: number) => number): Pick<NumericArray, 'data' | 'lost'> {
  const data = new Float32Array(count);
  let matters = false;
  for (let place = 0; place < count; place++) {
    const value = at(place);
    data[place] = value;
    matters ||= Math.abs(value) >= LARGE && Number.isFinite(value) && value !== data[place];
  }
  if (!matters) return { data };
  return { data, lost: Float32Array.from(data, (near, place) => (Number.isFinite(near) ? at(place) - near : 0)) };
}

/** Rows of an array, in the given order. */
export function pick({ shape, data, lost }: NumericArray, rows: readonly number[]): NumericArray {
  const size = data.length / shape[0]!;
  const picked = (from: Float32Array): Float32Array => {
    const to = new Float32Array(rows.length * size);
    rows.forEach((row, place) => to.set(from.subarray(row * size, (row + 1) * size), place * size));
    return to;
  };
  return { shape: [rows.length, ...shape.slice(1)], data: picked(data), ...(lost && { lost: picked(lost) }) };
}
