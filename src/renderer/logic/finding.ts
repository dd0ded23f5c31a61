/** The first sentence of a result: what carried the prediction, and how far to trust that. */
import type { RunRecord, SampleInfo } from '../../contract/studio';
import { drowns } from '../../contract/words/alarms';
import { methodWords } from '../../contract/words/methods';
import { rivals, unitTrust } from './certain';
import { targetName } from './labels';
import { agreement } from './comparison';
import { examplePlace, ranking, type LayerKey, type Ranking } from './ranking';

export interface FoundUnit {
  readonly layer: string;
  readonly unit: number;
  readonly value: number;
  /** Null where the method gives no estimate. */
  readonly error: number | null;
  /** How many others their errors leave in its place. */
  readonly rivals: number;
}

export interface Finding {
  readonly target: string;
  readonly atInput: number;
  readonly atBaseline: number;
  readonly delta: number;
  /** The unit that moved the target most in the direction it went, by the first run, of those that are resolved. */
  readonly top: FoundUnit | null;
  /** Whether there are units, and none of them is resolved. */
  readonly unresolved: boolean;
  /** The one that worked most against it. */
  readonly against: FoundUnit | null;
  /** How many units of its layer make up four fifths of the layer's mass, of how many. */
  readonly concentration: { readonly few: number; readonly of: number } | null;
  /** Rank correlation of the first two runs. */
  readonly agreement: { readonly with: string; readonly correlation: number } | null;
  /** Largest |residual| over cuts, relative to |delta|; null where nothing is judged. */
  readonly residual: number | null;
}

/**
 * @param hidden layers whose units are neurons between input and output
 * @returns null where the run did not take the example
 */
export function finding(
  runs: readonly RunRecord[],
  example: number,
  hidden: ReadonlySet<string>,
  model: Pick<SampleInfo, 'labels'> | null,
): Finding | null {
  const [main, second] = runs;
  if (!main) return null;
  const place = examplePlace(main, example);
  if (place < 0) return null;
  const table = ranking(second ? [main, second] : [main], example, ({ name }) => hidden.has(name));
  const column = table.columns[0];
  const delta = main.result.delta[place]!;
  const direction = delta < 0 ? -1 : 1;
  const [best, worst] = [1, -1].map((side) => largest(table, side * direction)) as [number, number];
  const layer = best >= 0 ? table.layers[table.layer[best]!]! : null;
  const unit = (row: number): FoundUnit | null =>
    row < 0
      ? null
      : {
          layer: table.layers[table.layer[row]!]!.name,
          unit: table.unit[row]!,
          value: column!.values[row]!,
          error: column!.hasErrors ? column!.errors[row]! : null,
          rivals: rivalsOf(table, row),
        };
  return {
    target: targetName(main.result, place, model),
    atInput: main.result.atInput[place]!,
    atBaseline: main.result.atBaseline[place]!,
    delta,
    top: unit(best),
    against: unit(worst),
    unresolved: best < 0 && (column?.values.some((value) => value !== 0) ?? false),
    concentration:
      layer && column ? concentration(column.values, table.layer, table.layers.indexOf(layer), layer) : null,
    agreement:
      second && table.columns[1]
        ? {
            with: methodWords[second.result.method].short,
            correlation: agreement(
              column!,
              table.columns[1],
              Uint32Array.from(column!.values, (_, row) => row),
            ).rankCorrelation,
          }
        : null,
    residual: largestResidual(main, place, delta),
  };
}

/** The row of the largest value on one side of zero that its error leaves standing; −1 when there is none. */
function largest({ columns: [column], layer }: Ranking, side: number): number {
  let best = -1;
  const values = column?.values ?? [];
  for (let row = 0; row < values.length; row++)
    if (
      values[row]! * side > (best < 0 ? 0 : values[best]! * side) &&
      unitTrust(column!, layer[row]!, row)?.trust !== 'unresolved'
    )
      best = row;
  return best;
}

/** How many others on its side of zero may as well be the largest. */
function rivalsOf({ columns: [column] }: Ranking, best: number): number {
  if (!column?.hasErrors) return 0;
  let many = 0;
  for (let row = 0; row < column.values.length; row++)
    if (row !== best && column.values[row]! * column.values[best]! > 0 && rivals(column, row, best)) many++;
  return many;
}

function concentration(values: Float32Array, layers: Uint32Array, at: number, layer: LayerKey) {
  const sizes = [...values]
    .filter((_, row) => layers[row] === at)
    .map(Math.abs)
    .sort((a, b) => b - a);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let sum = 0;
  let few = 0;
  while (few < sizes.length && sum < 0.8 * total) sum += sizes[few++]!;
  return { few, of: layer.units };
}

/** Over the cuts; relative to the difference. */
export function largestResidual(run: RunRecord, place: number, delta: number): number | null {
  const sizes = run.layers.flatMap(({ residual }) => (residual ? [Math.abs(residual[place]!)] : []));
  return sizes.length === 0 || Math.abs(delta) < 1e-9 || drowns(run.result, place)
    ? null
    : Math.max(...sizes) / Math.abs(delta);
}
