/** Ranking rows: one per unit, one column per run, as flat arrays so that a million rows stay quick. */
import type { LayerRecord, RunRecord } from '../../contract/studio';

/** All units of all layers that every column knows; row r is unit `unit[r]` of `layers[layer[r]]`. */
export interface Ranking {
  readonly layers: readonly LayerKey[];
  readonly layer: Uint32Array;
  readonly unit: Uint32Array;
  readonly columns: readonly RankingColumn[];
}

export interface LayerKey {
  readonly name: string;
  readonly kind: string;
  readonly units: number;
  readonly cut: boolean;
}

export interface RankingColumn {
  readonly run: RunRecord;
  readonly values: Float32Array;
  /** Zero where the method gives no error estimate. */
  readonly errors: Float32Array;
  readonly hasErrors: boolean;
  /** 1 is the largest by absolute value. */
  readonly ranks: Uint32Array;
  /** Largest |value| + error, for the bars' scale. */
  readonly extent: number;
}

/** Where a row of the data stands among a run's results; −1 when the run did not take it, or was cancelled before. */
export const examplePlace = ({ asked, result }: RunRecord, example: number): number =>
  result.examples.findIndex((place) => asked.examples[place] === example);

/** How many units a layer's result holds. */
export const unitCount = (layer: LayerRecord): number => (layer.unitAxis === null ? 1 : layer.shape[layer.unitAxis]!);

/**
 * @param example row of the data
 * @param include which layers take part; input and output layers usually do not
 */
export function ranking(
  runs: readonly RunRecord[],
  example: number,
  include: (layer: LayerRecord) => boolean = () => true,
): Ranking {
  const [first, ...others] = runs.filter((run) => examplePlace(run, example) >= 0);
  if (!first) return { layers: [], layer: new Uint32Array(), unit: new Uint32Array(), columns: [] };
  const known = others.map((run) => new Map(run.layers.map((layer) => [layer.name, layer])));
  const layers = first.layers.filter(
    (layer) => include(layer) && known.every((names) => names.get(layer.name)?.units.length),
  );
  const keys = layers.map((layer) => ({
    name: layer.name,
    kind: layer.kind,
    units: unitCount(layer),
    cut: layer.cut,
  }));
  const rows = keys.reduce((total, key) => total + key.units, 0);
  const layer = new Uint32Array(rows);
  const unit = new Uint32Array(rows);
  let row = 0;
  keys.forEach((key, at) => {
    for (let index = 0; index < key.units; index++, row++) {
      layer[row] = at;
      unit[row] = index;
    }
  });
  return { layers: keys, layer, unit, columns: [first, ...others].map((run) => column(run, keys, rows, example)) };
}

function column(run: RunRecord, keys: readonly LayerKey[], rows: number, example: number): RankingColumn {
  const place = examplePlace(run, example);
  const byName = new Map(run.layers.map((layer) => [layer.name, layer]));
  const values = new Float32Array(rows);
  const errors = new Float32Array(rows);
  let hasErrors = false;
  let at = 0;
  for (const key of keys) {
    const layer = byName.get(key.name)!;
    values.set(layer.units.subarray(place * key.units, (place + 1) * key.units), at);
    if (layer.unitError) {
      errors.set(layer.unitError.subarray(place * key.units, (place + 1) * key.units), at);
      hasErrors = true;
    }
    at += key.units;
  }
  let extent = 0;
  for (let row = 0; row < rows; row++) extent = Math.max(extent, Math.abs(values[row]!) + errors[row]!);
  return { run, values, errors, hasErrors, ranks: ranksOf(values), extent };
}

/** Rank by absolute value, 1 the largest; equal values share the better rank's order by place. */
export function ranksOf(values: Float32Array): Uint32Array {
  const order = Uint32Array.from(values, (_, row) => row).sort(
    (a, b) => Math.abs(values[b]!) - Math.abs(values[a]!) || a - b,
  );
  const ranks = new Uint32Array(values.length);
  order.forEach((row, place) => (ranks[row] = place + 1));
  return ranks;
}

export type SortKey =
  { readonly by: 'size' | 'value' | 'rank-change'; readonly column: number } | { readonly by: 'name' };

export interface RankingFilter {
  /** Names of the layers to show; null for all. */
  readonly layers: ReadonlySet<string> | null;
  /** Part of a layer's name, or `name:unit`. */
  readonly search: string;
  readonly sign: 'both' | 'positive' | 'negative';
  /** Keep only this many best rows; null for all. */
  readonly top: number | null;
  /** Whether `top` counts within every layer or across them. */
  readonly within: boolean;
}

export const NO_FILTER: RankingFilter = { layers: null, search: '', sign: 'both', top: null, within: false };

/** Rows to show, in order. `descending` false turns the order round. */
export function order(ranking: Ranking, sort: SortKey, descending: boolean, filter: RankingFilter): Uint32Array {
  const keyColumn = ranking.columns[sort.by === 'name' ? 0 : sort.column] ?? ranking.columns[0];
  if (!keyColumn) return new Uint32Array();
  let rows = ranking.layer.map((_, row) => row).filter(keeps(ranking, keyColumn, filter));
  if (filter.top !== null) rows = best(ranking, rows, keyColumn, filter.top, filter.within);
  rows.sort(comparison(ranking, sort, keyColumn));
  return descending ? rows : rows.reverse();
}

function keeps(ranking: Ranking, column: RankingColumn, filter: RankingFilter): (row: number) => boolean {
  const needle = filter.search.trim().toLowerCase();
  const [, prefix, wanted] = /^(.*?)\s*[:#]\s*(\d+)$/.exec(needle) ?? [null, needle, null];
  const layers = ranking.layers.map(
    ({ name }) => (filter.layers?.has(name) ?? true) && name.toLowerCase().includes(prefix!),
  );
  return (row) =>
    layers[ranking.layer[row]!]! &&
    (wanted === null || ranking.unit[row] === Number(wanted)) &&
    (filter.sign === 'both' || (filter.sign === 'positive' ? column.values[row]! > 0 : column.values[row]! < 0));
}

function best(
  ranking: Ranking,
  rows: Uint32Array,
  column: RankingColumn,
  top: number,
  within: boolean,
): Uint32Array<ArrayBuffer> {
  const sorted = rows.slice().sort((a, b) => column.ranks[a]! - column.ranks[b]!);
  if (!within) return sorted.slice(0, top);
  const taken = new Uint32Array(ranking.layers.length);
  return sorted.filter((row) => taken[ranking.layer[row]!]!++ < top);
}

function comparison(ranking: Ranking, sort: SortKey, column: RankingColumn): (a: number, b: number) => number {
  if (sort.by === 'name') return (a, b) => a - b;
  if (sort.by === 'value') return (a, b) => column.values[b]! - column.values[a]!;
  if (sort.by === 'size') return (a, b) => column.ranks[a]! - column.ranks[b]!;
  const other = ranking.columns[sort.column === 0 ? 1 : 0] ?? column;
  const change = (row: number): number => Math.abs(column.ranks[row]! - other.ranks[row]!);
  return (a, b) => change(b) - change(a) || column.ranks[a]! - column.ranks[b]!;
}

/** Whether two rows' order by size lies within their errors, so that it may be the other way round. */
export const tied = (column: RankingColumn, a: number, b: number): boolean =>
  column.hasErrors &&
  Math.abs(Math.abs(column.values[a]!) - Math.abs(column.values[b]!)) <= column.errors[a]! + column.errors[b]!;
