/** The numbers of a unit's page: what every run says of it, over examples; its weights; units that act alike. */
import type { LayerRecord, RunRecord } from '../../contract/studio';
import type { Connections } from '../../contract/weights';
import { correlation } from '../../contract/correlation';
import type { MatrixColumn } from './matrix';
import { peakPlace } from './patches';
import { examplePlace, unitCount } from './ranking';

export interface UnitKeyed {
  readonly layer: string;
  readonly unit: number;
}

/** What a run says of a unit. */
export interface RunLine {
  readonly run: RunRecord;
  /** At the example that is looked at; null where the run did not take it. */
  readonly here: { readonly value: number; readonly error: number | null; readonly rank: number } | null;
  /** Over all examples that the run took. */
  readonly mean: number;
  /** Mean of the sizes. */
  readonly meanSize: number;
  readonly examples: number;
  /** Units of its layer. */
  readonly units: number;
}

const layerOf = (run: RunRecord, name: string): LayerRecord | undefined =>
  run.layers.find((layer) => layer.name === name);

/** Contributions of a unit to every example of a run, in the order of its results. */
export function overExamples(layer: LayerRecord, unit: number): Float64Array {
  const units = unitCount(layer);
  return Float64Array.from({ length: layer.units.length / units }, (_, place) => layer.units[place * units + unit]!);
}

/** One line for each run that knows the unit. @param example row of the data */
export function runLines(
  runs: readonly RunRecord[],
  { layer: name, unit }: UnitKeyed,
  example: number,
): readonly RunLine[] {
  return runs.flatMap((run): RunLine[] => {
    const layer = layerOf(run, name);
    const units = layer ? unitCount(layer) : 0;
    if (!layer || unit >= units) return [];
    const values = overExamples(layer, unit);
    const place = examplePlace(run, example);
    const mean = values.reduce((sum, value) => sum + value / values.length, 0);
    const meanSize = values.reduce((sum, value) => sum + Math.abs(value) / values.length, 0);
    return [
      { run, here: place < 0 ? null : hereOf(layer, unit, place), mean, meanSize, examples: values.length, units },
    ];
  });
}

function hereOf(layer: LayerRecord, unit: number, place: number): NonNullable<RunLine['here']> {
  const units = unitCount(layer);
  const row = layer.units.subarray(place * units, (place + 1) * units);
  const value = row[unit]!;
  const error = layer.unitError ? layer.unitError[place * units + unit]! : null;
  const rank = 1 + row.reduce((larger, other) => larger + (Math.abs(other) > Math.abs(value) ? 1 : 0), 0);
  return { value, error, rank };
}

/** The unit of a layer with the largest |contribution| to an example; null where the run does not tell. */
export function strongestUnit(run: RunRecord, name: string, example: number): number | null {
  const layer = layerOf(run, name);
  const place = examplePlace(run, example);
  if (!layer || place < 0) return null;
  const units = unitCount(layer);
  const best = peakPlace(layer.units.subarray(place * units, (place + 1) * units));
  return best < 0 ? null : best;
}

/** What the unit contributed to each example, by row of the data. @param columns examples, each with the run that took it */
export function contributionsOf(
  columns: readonly MatrixColumn[],
  { layer: name, unit }: UnitKeyed,
): ReadonlyMap<number, number> {
  return new Map(
    columns.flatMap(({ example, run, place }) => {
      const layer = layerOf(run, name);
      const units = layer ? unitCount(layer) : 0;
      return layer && unit < units ? [[example, layer.units[place * units + unit]!] as const] : [];
    }),
  );
}

/** Fewer examples say nothing of units that act alike. */
export const LEAST_ALIKE = 4;

export interface Alike {
  readonly unit: number;
  /** Pearson's, over examples. */
  readonly correlation: number;
}

/** Units of the layer whose contributions go with this unit's over the examples of a run, the most alike first; null with too few examples. */
export function alike(run: RunRecord, { layer: name, unit }: UnitKeyed, most: number): readonly Alike[] | null {
  const layer = layerOf(run, name);
  if (!layer) return null;
  const own = overExamples(layer, unit);
  if (own.length < LEAST_ALIKE) return null;
  return Array.from({ length: unitCount(layer) }, (_, other): Alike => ({
    unit: other,
    correlation: other === unit ? Number.NaN : correlation(own, overExamples(layer, other)),
  }))
    .filter((each) => Number.isFinite(each.correlation))
    .sort((a, b) => Math.abs(b.correlation) - Math.abs(a.correlation))
    .slice(0, most);
}

/** Weights between the unit and one unit at the other end. */
export interface Strand {
  readonly unit: number;
  /** Sum over the window and the positions; of one weight that weight. */
  readonly sum: number;
  /** Root of the squares' sum, by which they are sorted. */
  readonly size: number;
}

/** The units at the other end with the largest weights. */
export function strongest({ weights, first }: Connections, most: number): readonly Strand[] {
  const units = weights.shape.at(-1) ?? 1;
  const sums = new Float64Array(units);
  const squares = new Float64Array(units);
  weights.data.forEach((weight: number, at: number) => {
    sums[at % units]! += weight;
    squares[at % units]! += weight * weight;
  });
  return Array.from(sums, (sum, at): Strand => ({ unit: first + at, sum, size: Math.sqrt(squares[at]!) }))
    .sort((a, b) => b.size - a.size)
    .slice(0, most);
}
