/** What a model says of an example, in short. */
import type { NumericArray } from '../../../contract/attribution';

/**
 * Each example's largest value and its place.
 * @param values `[examples, …]`
 * @param strange examples of which some value is not a number
 * @returns the first of equal ones; place −1 and NaN for strange examples
 */
export function tops(
  { shape, data }: NumericArray,
  strange: ReadonlySet<number>,
): { top: Int32Array; value: Float32Array } {
  const examples = shape[0] ?? 0;
  const size = examples === 0 ? 0 : data.length / examples;
  const top = new Int32Array(examples).fill(-1);
  const value = new Float32Array(examples).fill(NaN);
  for (let example = 0; example < examples; example++) {
    if (strange.has(example)) continue;
    for (let at = 0; at < size; at++) {
      const found = data[example * size + at]!;
      if (top[example]! >= 0 && !(found > value[example]!)) continue;
      top[example] = at;
      value[example] = found;
    }
  }
  return { top, value };
}
