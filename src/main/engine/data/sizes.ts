/** Sizes of arrays where inputs leave them free: what a model is opened with for them. */
import type { NumericArray } from '../../../contract/attribution';
import type { PortSummary } from '../../../contract/model';

/** By input, as `OpeningChoices` has them. */
export type Sizes = Record<string, number[]>;
type Arrays = Readonly<Record<string, Pick<NumericArray, 'shape'>>>;

/**
 * Sizes of the inputs that leave some free.
 * @param arrays by input, `[examples, …]`
 * @returns null where nothing is free, or an array does not have the input's axes: what is wrong then is told where inputs are checked
 */
export function sizesIn(ports: readonly PortSummary[], arrays: Arrays): Sizes | null {
  const sizes: [input: string, sizes: number[]][] = [];
  for (const { name, shape } of ports) {
    if (!shape.includes(null)) continue;
    const own = Object.hasOwn(arrays, name) ? arrays[name]!.shape.slice(1) : [];
    if (own.length !== shape.length || !shape.every((size, axis) => size === null || size === own[axis])) return null;
    if (own.includes(0)) return null;
    sizes.push([name, own]);
  }
  return sizes.length > 0 ? Object.fromEntries(sizes) : null;
}
