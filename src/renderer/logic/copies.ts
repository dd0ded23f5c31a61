/** What is copied of units, layers and runs: the same in every view. */
import type { RunRecord } from '../../contract/studio';
import { baselineWords } from '../../contract/words/runs';
import type { UnitKey } from '../stores/selection.svelte';
import type { LayerSum } from './completeness';
import { placeLink } from '../../contract/unitLink';
import { formsOf, type Forms, type Table } from './copying';
import type { FoundUnit } from './finding';
import { signed } from './format';
import type { NumericArray } from '../../contract/attribution';
import type { Ranking } from './ranking';

/** Finite numbers alone: nothing else has a place in a table. */
const finite = (value: number | null): number | null => (value !== null && Number.isFinite(value) ? value : null);
const withError = (value: number, error: number | null): string =>
  `${signed(value)}${error === null ? '' : ` ± ${signed(error).replace(/^[+−]/, '')}`}`;

/**
 * A row of the ranking, by every run that is shown.
 * @param model its hash; null where it is not known
 * @param nameOf what a run is called beside the others
 */
export function rankingForms(
  ranking: Ranking,
  row: number,
  model: string | null,
  nameOf: (run: RunRecord, column: number) => string,
): Forms {
  const layer = ranking.layers[ranking.layer[row]!]!.name;
  const unit = ranking.unit[row]!;
  const columns = ranking.columns.map((column, at) => ({
    label: nameOf(column.run, at),
    value: column.values[row]!,
    error: column.hasErrors ? column.errors[row]! : null,
    rank: column.ranks[row]!,
  }));
  const { measured } = ranking;
  const did = measured ? (['drop', 'restore'] as const).map((what) => ({ what, value: measured[what][row]! })) : [];
  const table: Table = {
    head: [
      'layer',
      'unit',
      ...columns.flatMap(({ label }) => [label, `${label} error`, `${label} rank`]),
      ...did.map(({ what }) => `measured ${what}`),
    ],
    rows: [
      [
        layer,
        unit,
        ...columns.flatMap(({ value, error, rank }) => [finite(value), finite(error), rank]),
        ...did.map(({ value }) => finite(value)),
      ],
    ],
  };
  const said = columns.map(({ label, value, error, rank }) => `${withError(value, error)} (${label}, rank ${rank})`);
  for (const { what, value } of did) if (Number.isFinite(value)) said.push(`${signed(value)} (measured ${what})`);
  return { text: `${layer} #${unit}: ${said.join(', ')}`, ...unitForms({ layer, unit }, model), ...formsOf(table) };
}

/** What every unit has. */
export const unitForms = ({ layer, unit }: UnitKey, model: string | null): Forms => ({
  name: `${layer} #${unit}`,
  ...(model !== null && { link: placeLink(model, layer, unit) }),
});

/** A layer's sum against what it should be. */
export function layerForms({ layer, sum, residual, error }: LayerSum, model: string | null): Forms {
  const table: Table = {
    head: ['layer', 'kind', 'cut', 'sum', 'residual', 'error over units', 'error over neurons'],
    rows: [
      [
        layer.name,
        layer.kind,
        layer.cut,
        finite(sum),
        finite(residual),
        finite(error?.units ?? null),
        finite(error?.neurons ?? null),
      ],
    ],
  };
  const off = residual === null ? '' : `, residual ${signed(residual)}`;
  return {
    text: `${layer.name}: sum ${withError(sum, error?.units ?? null)}${off}`,
    name: layer.name,
    ...(model !== null && { link: placeLink(model, layer.name, null) }),
    ...formsOf(table),
  };
}

/** What a run was asked, how it was made and what it came to. @param called beside the others */
export function runForms(run: RunRecord, called: string): Forms {
  const { asked, result } = run;
  const table: Table = {
    head: ['run', 'method', 'example', 'target', 'at baseline', 'at input', 'baseline', 'data', 'seconds', 'note'],
    rows: result.examples.map((place, at) => [
      called,
      result.method,
      asked.examples[place] ?? place,
      result.target[at] ?? '',
      finite(result.atBaseline[at]!),
      finite(result.atInput[at]!),
      baselineWords(asked.baseline),
      asked.dataName,
      result.durationMs / 1000,
      run.note,
    ]),
  };
  const ends = result.examples.map((place, at) => `example ${asked.examples[place] ?? place}: ${signed(result.delta[at]!)}`); // prettier-ignore
  return {
    text: `${called}; baseline ${baselineWords(asked.baseline)}; ${ends.join(', ')}`,
    name: called,
    ...formsOf(table),
  };
}

/** A unit that the headline names. @param sentence the whole of it */
export const foundForms = (found: FoundUnit, sentence: string, model: string | null): Forms => ({
  text: sentence,
  ...unitForms(found, model),
  ...formsOf({
    head: ['layer', 'unit', 'value', 'error'],
    rows: [[found.layer, found.unit, finite(found.value), finite(found.error)]],
  }),
});

interface ShownMap {
  readonly label: string;
  readonly value: number;
  /** As it is worded behind the value; empty without an estimate. */
  readonly error: string;
  readonly map: NumericArray;
}

/** Contributions over positions: a grid as rows of a table. */
export function mapForms({ label, value, error, map }: ShownMap): Forms {
  const columns = map.shape.length > 1 ? map.shape.at(-1)! : 1;
  const rows = Array.from({ length: map.data.length / columns }, (_, at) => [
    ...map.data.subarray(at * columns, (at + 1) * columns),
  ]);
  return {
    text: `${label}: ${signed(value)}${error === '' ? '' : ` ${error}`}`,
    tsv: () => rows.map((row) => row.join('\t')).join('\n'),
    json: () => JSON.stringify({ shape: map.shape, values: rows.flat().map(finite) }),
  };
}
