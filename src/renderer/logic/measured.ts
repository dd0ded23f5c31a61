/** What all units of a layer were measured to do, beside what runs say of them. */
import type { Replacement } from '../../contract/interventions';
import type { RunRecord } from '../../contract/studio';
import type { MeasuredView } from '../../contract/view';
import { rankCorrelation } from '../../contract/correlation';
import type { Theme } from './colour';
import type { Trace } from './trace';

/** Of the rows of a ranking; NaN where a unit was not measured. */
export interface Measured {
  readonly drop: Float32Array;
  readonly restore: Float32Array;
  /** How many rows are known. */
  readonly known: number;
  /** What units became. */
  readonly to: Replacement;
}

/** Of a ranking, which is told what was measured: its layers, and of each row which of them. */
interface RankedUnits {
  readonly layers: readonly { readonly name: string; readonly units: number }[];
  readonly layer: Uint32Array;
}

/**
 * @param all what was measured for the ranking's run and example, the newest last; those that became what the newest did count
 * @returns null where none of the ranking's layers was measured
 */
export function measuredRows({ layers, layer }: RankedUnits, all: readonly MeasuredView[]): Measured | null {
  const own = all.filter(({ layer: name }) => layers.some((each) => each.name === name));
  const to = own.at(-1)?.to;
  if (!to) return null;
  const drop = new Float32Array(layer.length).fill(NaN);
  const restore = drop.slice();
  let known = 0;
  let first = 0;
  for (const { name, units } of layers) {
    const told = own.findLast((each) => each.layer === name && sameReplacement(each.to, to));
    told?.units.forEach((unit, at) => {
      if (unit >= units) return;
      drop[first + unit] = told.drop[at]!;
      restore[first + unit] = told.restore[at]!;
      known++;
    });
    first += units;
  }
  return known > 0 ? { drop, restore, known, to } : null;
}

export const sameReplacement = (a: Replacement, b: Replacement): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Whether two runs of one input explain the same: what units do is then the same for both. */
export const sameAsked = (a: RunRecord, b: RunRecord): boolean =>
  a.model === b.model &&
  [a, b]
    .map(({ asked: { target, minus, baseline, hold, walk } }) => JSON.stringify([target, minus, baseline, hold, walk]))
    .every((each, _, [first]) => each === first);

/** A unit with what was predicted of it and what it did. */
export interface PredictedUnit {
  readonly row: number;
  readonly predicted: number;
  readonly drop: number;
  readonly restore: number;
  /** The mean of both questions. */
  readonly did: number;
}

/** The measured rows, by one run's column. */
export const predictedUnits = ({ drop, restore }: Measured, values: ArrayLike<number>): PredictedUnit[] =>
  Array.from(drop, (out, row) => ({
    row,
    predicted: values[row]!,
    drop: out,
    restore: restore[row]!,
    did: (out + restore[row]!) / 2,
  })).filter(({ did }) => Number.isFinite(did));

/** How a prediction goes with what units did, by Spearman: with drop, restore, and their mean; null where nothing varies. */
export function predictedWell(units: readonly PredictedUnit[]): Record<'drop' | 'restore' | 'did', number | null> {
  const predicted = Float64Array.from(units, (unit) => unit.predicted);
  const by = (of: 'drop' | 'restore' | 'did'): number | null => {
    const found = rankCorrelation(
      predicted,
      Float64Array.from(units, (unit) => unit[of]),
    );
    return Number.isFinite(found) ? found : null;
  };
  return { drop: by('drop'), restore: by('restore'), did: by('did') };
}

/** First run, second run, and the line where a prediction is what happened. */
const PAINTS = {
  light: { runs: ['#5a45d0', '#c2570c'], line: '#b9c0ca' },
  dark: { runs: ['#a394f7', '#f39a55'], line: '#454d5b' },
} as const satisfies Record<Theme, object>;

/** A point for each unit and run. @param nameOf a row's unit */
export function predictedTraces(
  runs: readonly { readonly name: string; readonly units: readonly PredictedUnit[] }[],
  nameOf: (row: number) => string,
  theme: Theme,
): Trace[] {
  const paint = PAINTS[theme];
  const all = runs.flatMap(({ units }) => units.map(({ predicted }) => predicted));
  const ends = [Math.min(0, ...all), Math.max(0, ...all)];
  const line = { color: paint.line, width: 1, dash: 'dot' } as const;
  return [
    { type: 'scatter', mode: 'lines', x: ends, y: ends, line, hoverinfo: 'skip', showlegend: false },
    ...runs.map(({ name, units }, at): Trace => ({
      type: 'scatter',
      mode: 'markers',
      name,
      x: units.map(({ predicted }) => predicted),
      y: units.map(({ did }) => did),
      customdata: units.map(({ row }) => row),
      text: units.map(
        ({ row, drop, restore }) => `${nameOf(row)}<br>drop ${drop.toPrecision(3)}, restore ${restore.toPrecision(3)}`,
      ),
      hovertemplate: '%{text}<br>contribution %{x:.4g}, mean of both %{y:.4g}<extra></extra>',
      showlegend: true,
      marker: { size: 7, color: paint.runs[at % paint.runs.length]!, opacity: 0.75 },
    })),
  ];
}
