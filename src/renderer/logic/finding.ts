/** The first sentence of a result: what carried the prediction, and how far to trust that. */
import type { RunRecord, SampleInfo } from '../../contract/studio';
import { drowns } from '../../contract/words/alarms';
import { count } from '../../contract/words/quantities';
import { runNames } from '../../contract/words/runNames';
import { targetName } from '../../contract/words/target';
import { mayReach, unitTrust } from './certain';
import { agreement } from '../../contract/comparison';
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
  /** Whether rounding leaves open which way the target went. */
  readonly drowned: boolean;
  /**
   * The unit that moved the target most in the direction it went, by the first run, of those that are resolved; of all where no
   * direction is known. Null where too many may as well be that one.
   */
  readonly top: FoundUnit | null;
  /** Where there are units and none can be named: how many it may be; 0 where none is larger than its own error. */
  readonly open: number | null;
  /** The one that worked most against it. */
  readonly against: FoundUnit | null;
  /** How many units of its layer make up four fifths of the layer's mass, of how many. */
  readonly concentration: { readonly few: number; readonly of: number } | null;
  /** Rank correlation of the first two runs. */
  readonly agreement: { readonly with: string; readonly correlation: number } | null;
  /** Largest |residual| over cuts, relative to |delta|; null where nothing is judged. */
  readonly residual: number | null;
}

/** More than so many that may be the largest are no finding. */
const MOST_RIVALS = 9;

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
  const drowned = drowns(main.result, place);
  const direction = delta < 0 ? -1 : 1;
  const unit = (side: Side): FoundUnit | null => {
    const row = largest(table, side);
    return row < 0
      ? null
      : {
          layer: table.layers[table.layer[row]!]!.name,
          unit: table.unit[row]!,
          value: column!.values[row]!,
          error: column!.hasErrors ? column!.errors[row]! : null,
          rivals: rivalsOf(table, row, side),
        };
  };
  const best = unit(drowned ? 0 : direction);
  const worst = drowned ? null : unit(direction === 1 ? -1 : 1);
  const named = best !== null && best.rivals <= MOST_RIVALS;
  const layer = named ? table.layers.find(({ name }) => name === best.layer) : undefined;
  const some = column?.values.some((value) => value !== 0) ?? false;
  return {
    target: targetName(main.result, place, model?.labels),
    atInput: main.result.atInput[place]!,
    atBaseline: main.result.atBaseline[place]!,
    delta,
    drowned,
    top: named ? best : null,
    against: worst && worst.rivals <= MOST_RIVALS ? worst : null,
    open: named || !some ? null : best ? best.rivals + 1 : 0,
    concentration:
      layer && column ? concentration(column.values, table.layer, table.layers.indexOf(layer), layer) : null,
    agreement:
      second && table.columns[1]
        ? {
            with: runNames(runs, { example, labels: model?.labels ?? [] })[runs.indexOf(second)]!,
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

/** What the named unit did to the target: `owes most to`. */
export const foundVerb = ({ delta, drowned }: Finding): string =>
  drowned ? 'is moved most by' : delta >= 0 ? 'owes most to' : 'loses most by';

/** And the one that worked against it. */
export const againstWords = ({ delta }: Finding): string => (delta >= 0 ? 'held back most by' : 'upheld most by');

/** Why no unit is named; null where one is, or there is none. */
export function openWords({ open }: Finding): string | null {
  if (open === null) return null;
  return open === 0
    ? 'no unit is larger than its estimated error'
    : `which of ${count(open, 'unit')} weighs most is not resolved`;
}

/** Of zero: above, below, or either. */
type Side = 1 | -1 | 0;
const onSide = (value: number, side: Side): number => (side === 0 ? Math.abs(value) : value * side);

/** The row of the largest value on a side of zero that its error leaves standing; −1 when there is none. */
function largest({ columns: [column], layer }: Ranking, side: Side): number {
  let best = -1;
  const values = column?.values ?? [];
  for (let row = 0; row < values.length; row++)
    if (
      onSide(values[row]!, side) > (best < 0 ? 0 : onSide(values[best]!, side)) &&
      unitTrust(column!, layer[row]!, row)?.trust !== 'unresolved'
    )
      best = row;
  return best;
}

/** How many others may as well be the largest on a side: those whose errors cross zero may be on either. */
function rivalsOf({ columns: [column] }: Ranking, best: number, side: Side): number {
  if (!column?.hasErrors) return 0;
  const { values, errors } = column;
  const size = onSide(values[best]!, side);
  let many = 0;
  for (let row = 0; row < values.length; row++)
    if (row !== best && mayReach(onSide(values[row]!, side), errors[row]!, size, errors[best]!)) many++;
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
