/** Arrays of files as a model's inputs: which is which, which rows, and whether they fit. */
import type { NumericArray } from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import type { PortSummary } from '../../../contract/model';
import type { ArraySummary } from '../../../contract/studio';
import { pick } from '../../engine/data/precision';

export type Arrays = Readonly<Record<string, NumericArray>>;

/** Whether an array is some examples of what an input takes. */
export const fits = (shape: readonly number[], port: PortSummary): boolean =>
  shape.length === port.shape.length + 1 && port.shape.every((size, axis) => size === null || size === shape[axis + 1]);

/** Which array is which input: by name; else, where the counts agree, in order. */
export function matched(arrays: Arrays, inputs: readonly PortSummary[]): ReadonlyMap<string, string> {
  const names = Object.keys(arrays);
  const byName = inputs.filter(({ name }) => names.includes(name)).map(({ name }) => [name, name] as const);
  if (byName.length === inputs.length) return new Map(byName);
  const numbered = inputs.map(({ name }, place) => [`input_${place}`, name] as const);
  if (numbered.every(([entry]) => names.includes(entry))) return new Map(numbered);
  if (byName.length > 0 && inputs.length > 1) return new Map(byName);
  const usable =
    inputs.length === 1 ? names.filter((name) => fits(arrays[name]!.shape, inputs[0]!)).slice(0, 1) : names;
  const order = usable.length === inputs.length ? usable : names.length === inputs.length ? names : [];
  return new Map(order.map((name, place) => [name, inputs[place]!.name]));
}

export function statistics({ data }: NumericArray): Pick<ArraySummary, 'min' | 'max' | 'mean' | 'notFinite'> {
  let [min, max, sum, finite] = [Infinity, -Infinity, 0, 0];
  for (const value of data) {
    if (!Number.isFinite(value)) continue;
    finite++;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const none = finite === 0;
  return {
    min: none ? null : min,
    max: none ? null : max,
    mean: none ? null : sum / finite,
    notFinite: data.length - finite,
  };
}

/** Rows of an array. @throws EXAMPLES_RANGE */
export function rowsOf(array: NumericArray, examples: readonly number[]): NumericArray {
  const count = array.shape[0] ?? 0;
  const outside = examples.find((example) => example >= count);
  if (outside !== undefined) throw new MhoError('EXAMPLES_RANGE', { range: String(outside), count, last: count - 1 });
  return pick(array, examples);
}

/** Places of rows that go by numbers of their own. @throws EXAMPLES_RANGE */
export function placesOf(examples: readonly number[], rows: readonly number[] | null): readonly number[] {
  if (rows === null) return examples;
  return examples.map((example) => {
    const place = rows.indexOf(example);
    if (place < 0)
      throw new MhoError('EXAMPLES_RANGE', { range: String(example), count: rows.length, last: Math.max(...rows) });
    return place;
  });
}

/** Whether a file's arrays hold exactly these rows for the model's inputs. */
export function holds(
  arrays: Arrays,
  examples: readonly number[],
  inputs: Arrays,
  expected: readonly PortSummary[],
): boolean {
  const names = matched(arrays, expected);
  if (names.size !== Object.keys(inputs).length) return false;
  return [...names].every(([name, input]) => {
    const array = arrays[name]!;
    const wanted = inputs[input];
    if (!wanted || examples.some((example) => example >= (array.shape[0] ?? 0))) return false;
    const found = rowsOf(array, examples);
    return (
      found.shape.join() === wanted.shape.join() && found.data.every((value, at) => Object.is(value, wanted.data[at]))
    );
  });
}
