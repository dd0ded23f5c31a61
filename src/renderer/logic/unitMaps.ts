/** A unit's contributions at its positions, by each of several runs. */
import type { NumericArray } from '../../contract/attribution';
import type { RunRecord } from '../../contract/studio';
import { errorShare } from '../../contract/words/accuracy';
import { exampleOf, overUnits, range, unitMap } from './inputs';
import { examplePlace, unitCount } from './ranking';

export interface UnitMap {
  readonly run: RunRecord;
  /** Over positions; one value where the unit has none. */
  readonly map: NumericArray;
  /** Sum over positions, and its estimated error. */
  readonly value: number;
  readonly error: number | null;
  /** That as a share of the layer's total. */
  readonly share: number | null;
}

/**
 * @param unit null for all units of the layer, summed at each position
 * @param contributions `[examples, …shape]` of one layer of one run
 * @returns one per run that has the layer and took the example
 */
export function unitMaps(
  runs: readonly RunRecord[],
  layer: string,
  unit: number | null,
  example: number,
  contributions: (run: string, layer: string) => Promise<{ readonly contributions: Float32Array }>,
): Promise<UnitMap[]> {
  const known = runs.filter((run) => examplePlace(run, example) >= 0 && run.layers.some(({ name }) => name === layer));
  return Promise.all(
    known.map(async (run): Promise<UnitMap> => {
      const all = await contributions(run.run, layer);
      const result = run.layers.find(({ name }) => name === layer)!;
      const at = examplePlace(run, example);
      const shape = [run.result.examples.length, ...result.shape];
      const { data } = exampleOf({ shape, data: all.contributions }, at);
      if (unit === null)
        return {
          run,
          map: overUnits(data, result.shape, result.unitAxis),
          value: result.sum[at]!,
          error: result.unitsError ? result.unitsError[at]! : null,
          share: result.unitsError && errorShare(result.unitsError[at]!, result.unitsTotal[at]!),
        };
      const place = at * unitCount(result) + unit;
      return {
        run,
        map: unitMap(data, result.shape, result.unitAxis, unit),
        value: result.units[place]!,
        error: result.unitError ? result.unitError[place]! : null,
        share: result.unitError && errorShare(result.unitError[place]!, result.unitsTotal[at]!),
      };
    }),
  );
}

/** One head of an attention layer. */
export interface Head {
  readonly unit: number;
  /** `[from, to]` */
  readonly map: NumericArray;
  /** Sum over the map. */
  readonly value: number;
  /** The largest |contribution| in it. */
  readonly extent: number;
}

/** More maps are no picture of a layer. */
const MOST_HEADS = 64;

/** @param contributions `[examples, …shape]` of the layer by the run; none where the run did not take the example */
export function headMaps(run: RunRecord, layer: string, example: number, contributions: Float32Array): readonly Head[] {
  const result = run.layers.find(({ name }) => name === layer);
  const place = examplePlace(run, example);
  if (!result || place < 0) return [];
  const { data } = exampleOf({ shape: [run.result.examples.length, ...result.shape], data: contributions }, place);
  return Array.from({ length: Math.min(MOST_HEADS, unitCount(result)) }, (_, unit): Head => {
    const map = unitMap(data, result.shape, result.unitAxis, unit);
    return { unit, map, value: result.units[place * unitCount(result) + unit]!, extent: sharedExtent([{ map }]) };
  });
}

/** The scale that several maps share: the largest |contribution| at a position. */
export const sharedExtent = (maps: readonly { readonly map: NumericArray }[]): number =>
  Math.max(1e-12, ...maps.flatMap(({ map }) => range(map.data).map(Math.abs)));

/** Index of the largest |value| of a map, one number per axis of positions. */
export function strongestPosition({ data, shape }: NumericArray): number[] {
  let best = 0;
  data.forEach((value, at) => {
    if (Math.abs(value) > Math.abs(data[best]!)) best = at;
  });
  const index: number[] = [];
  for (let axis = shape.length - 1, rest = best; axis >= 0; axis--) {
    index.unshift(rest % shape[axis]!);
    rest = Math.floor(rest / shape[axis]!);
  }
  return index;
}
