/** A session as a table: one row per unit or per neuron. */
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { LayerResult } from '../../../contract/attribution';
import type { Session, SessionRun } from '../../../contract/session';
import { asCellText } from '../../../contract/text';
import { errorShare, isResolved, layerShares } from '../../../contract/words/accuracy';
import { rankUnits } from '../attribution/ranking';
import { AS_OTHER_FILES, writeSafely } from './write';

const COLUMNS = ['run', 'method', 'rule', 'steps', 'example', 'target', 'layer', 'unit'] as const;
/**
 * The layer's error as a share of its total, over units or neurons as the rows are; whether even steps do not resolve it; what an
 * adaptive path was asked, and came to.
 */
const ACCURACY_COLUMNS = ['layer_error_share', 'layer_alarm', 'tolerance', 'estimate'] as const;
const UNIT_COLUMNS = [
  ...COLUMNS,
  'contribution',
  'error',
  'error_share',
  'resolved',
  'certain',
  'rank',
  'rank_in_layer',
  ...ACCURACY_COLUMNS,
];
const NEURON_COLUMNS = [...COLUMNS, 'position', 'contribution', 'spread', ...ACCURACY_COLUMNS];

type Row = readonly (string | number | null)[];

/** Empty where nothing was asked; what is no number is called by name, since an empty cell would hide it. */
const cell = (value: number | null | undefined): number | string | null =>
  value === undefined || value === null ? null : Number.isFinite(value) ? value : String(value);

const yesNo = (holds: boolean | null): string | null => (holds === null ? null : holds ? 'yes' : 'no');

function* rows(
  session: Session,
  perLayer: (run: SessionRun, place: number, common: Row) => Iterable<Row>,
): Generator<Row> {
  for (const [number, run] of session.runs.entries())
    for (const [place, example] of run.examples.entries()) {
      const named = session.questions[run.question]!.examples[example]!;
      yield* perLayer(run, place, [number, run.method, run.rule, run.steps, named, run.target[place]!]);
    }
}

const accuracyCells = (
  { adaptive, alarms }: SessionRun,
  place: number,
  name: string,
  layerShare: number | undefined,
): Row => [
  cell(layerShare),
  yesNo(alarms.some(({ example, layer }) => example === place && (layer === null || layer === name))),
  cell(adaptive?.accuracy.tolerance),
  cell(adaptive?.examples[place]!.estimate),
];

function* unitRows(run: SessionRun, place: number, common: Row): Generator<Row> {
  const overall = rankUnits(run.layers, place);
  const ranks = new Map<string, Map<number, number>>(run.layers.map(({ name }) => [name, new Map()]));
  for (const { layer, unit, rank } of overall) ranks.get(layer)!.set(unit, rank);
  for (const layer of run.layers) {
    const shared = accuracyCells(run, place, layer.name, layerShares(layer, place)?.units);
    const certain = layer.certain && layer.certain[place]!;
    for (const { unit, contribution, error, rank } of rankUnits([layer], place))
      yield [
        ...common,
        layer.name,
        unit,
        cell(contribution),
        cell(error),
        cell(error && errorShare(error, layer.unitsTotal[place]!)),
        yesNo(error === null ? null : isResolved(contribution, error)),
        yesNo(certain === null ? null : rank <= certain),
        ranks.get(layer.name)!.get(unit)!,
        rank,
        ...shared,
      ];
  }
}

function* neuronRows(run: SessionRun, place: number, common: Row): Generator<Row> {
  for (const layer of run.layers) {
    const size = layer.contributions.length / run.examples.length;
    const shared = accuracyCells(run, place, layer.name, layerShares(layer, place)?.neurons);
    for (let neuron = 0; neuron < size; neuron++) {
      const at = place * size + neuron;
      const { unit, position } = unitOf(layer, neuron);
      yield [...common, layer.name, unit, position, cell(layer.contributions[at]), cell(layer.spread?.[at]), ...shared];
    }
  }
}

/** Which unit a neuron belongs to, and where it stands: the indices on the other axes, joined by spaces. */
function unitOf({ shape, unitAxis }: LayerResult, neuron: number): { unit: number; position: string } {
  const places: number[] = [];
  for (let axis = shape.length - 1, left = neuron; axis >= 0; axis--) {
    places.unshift(left % shape[axis]!);
    left = Math.floor(left / shape[axis]!);
  }
  const position = places.filter((_, axis) => axis !== unitAxis).join(' ');
  return { unit: unitAxis === null ? 0 : places[unitAxis]!, position };
}

/**
 * Writes a CSV table (RFC 4180) with a row per unit, best of its layer first, or per neuron.
 * @throws FILE_WRITE
 */
export async function exportUnits(path: string, session: Session, per: 'unit' | 'neuron' = 'unit'): Promise<void> {
  const { stringify } = await import('csv-stringify');
  const columns = per === 'unit' ? UNIT_COLUMNS : NEURON_COLUMNS;
  // A cell that begins as a formula would be run by a spreadsheet; layer names come from files.
  const table = stringify({ header: true, columns, cast: { string: asCellText } });
  const source = Readable.from(rows(session, per === 'unit' ? unitRows : neuronRows));
  const write = async (file: FileHandle): Promise<void> => {
    const failed = new Promise<never>((_, reject) => source.on('error', reject));
    const written = (async () => {
      for await (const chunk of source.pipe(table)) await file.writeFile(chunk as Buffer);
    })();
    await Promise.race([written, failed]);
  };
  await writeSafely(path, write, AS_OTHER_FILES);
}
