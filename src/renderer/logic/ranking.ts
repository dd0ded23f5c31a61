/** Ranking rows: one per unit, one column per run, as flat arrays so that a million rows stay quick. */
import type { LayerRecord, RunRecord } from '../../contract/studio';
import { bitsOf, ranksOf, rowsBy, SIGN } from '../../contract/ranks';
import { errorShare } from '../../contract/words/accuracy';
import type { Measured } from './measured';

/** All units of all layers that every column knows; row r is unit `unit[r]` of `layers[layer[r]]`. */
export interface Ranking {
  readonly layers: readonly LayerKey[];
  readonly layer: Uint32Array;
  readonly unit: Uint32Array;
  readonly columns: readonly RankingColumn[];
  /** What units were measured to do; absent where none of them was. */
  readonly measured?: Measured;
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
  /** Of each of the ranking's layers Σ|contribution| over its units, and the estimated error of these as its share. */
  readonly layers: readonly { readonly total: number; readonly estimate: number }[];
  /** 1 is the largest by absolute value. */
  readonly ranks: Uint32Array;
  /** Largest |value| + error, for symmetric scales. */
  readonly extent: number;
  /** How far values and their errors reach, zero included, for the bars' scale. */
  readonly lowest: number;
  readonly highest: number;
}

/** Where a row of the data stands among a run's results; −1 when the run did not take it, or was cancelled before. */
export const examplePlace = ({ asked, result }: RunRecord, example: number): number =>
  result.examples.findIndex((place) => asked.examples[place] === example);

/** How many units a layer's result holds. */
export const unitCount = (layer: LayerRecord): number => (layer.unitAxis === null ? 1 : layer.shape[layer.unitAxis]!);

/**
 * @param example row of the data; one per run where they are different inputs
 * @param include which layers take part; input and output layers usually do not
 */
export function ranking(
  runs: readonly RunRecord[],
  example: number | readonly number[],
  include: (layer: LayerRecord) => boolean = () => true,
): Ranking {
  const [first, ...others] = runs
    .map((run, at) => ({ run, place: examplePlace(run, typeof example === 'number' ? example : example[at]!) }))
    .filter(({ place }) => place >= 0);
  if (!first) return { layers: [], layer: new Uint32Array(), unit: new Uint32Array(), columns: [] };
  const known = others.map(({ run }) => new Map(run.layers.map((layer) => [layer.name, unitCount(layer)])));
  const layers = first.run.layers.filter(
    (layer) => include(layer) && known.every((units) => units.get(layer.name) === unitCount(layer)),
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
  const columns = [first, ...others].map(({ run, place }) => column(run, place, keys, rows));
  return { layers: keys, layer, unit, columns };
}

function column(run: RunRecord, place: number, keys: readonly LayerKey[], rows: number): RankingColumn {
  const byName = new Map(run.layers.map((layer) => [layer.name, layer]));
  const values = new Float32Array(rows);
  const errors = new Float32Array(rows);
  const totals: { readonly total: number; readonly estimate: number }[] = [];
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
    const total = layer.unitsTotal[place]!;
    totals.push({ total, estimate: layer.unitsError ? errorShare(layer.unitsError[place]!, total) : 0 });
  }
  let lowest = 0;
  let highest = 0;
  for (let row = 0; row < rows; row++) {
    lowest = Math.min(lowest, values[row]! - errors[row]!);
    highest = Math.max(highest, values[row]! + errors[row]!);
  }
  const extent = Math.max(-lowest, highest);
  return { run, values, errors, hasErrors, layers: totals, ranks: ranksOf(values), extent, lowest, highest };
}

export type SortKey =
  | {
      readonly by: 'size' | 'value' | 'error' | 'disagreement' | 'rank-change' | 'drop' | 'restore';
      readonly column: number;
    }
  | { readonly by: 'name' };

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
export const order = (ranking: Ranking, sort: SortKey, descending: boolean, filter: RankingFilter): Uint32Array =>
  filtered(ranking, arranged(ranking, sort), sort, descending, filter);

/** All rows in the order of a key, the largest first. */
export function arranged(ranking: Ranking, sort: SortKey): Uint32Array {
  const column = keyColumn(ranking, sort);
  if (!column) return new Uint32Array();
  if (sort.by === 'name') return ranking.layer.map((_, row) => row);
  if (sort.by === 'size') return byRank(column);
  if (sort.by === 'value') {
    // Turned so that bits of all floats stand in falling order.
    return rowsBy(bitsOf(column.values).map((bits) => (bits & SIGN ? bits : ~(bits | SIGN))));
  }
  if (sort.by === 'drop' || sort.by === 'restore') return byMeasured(column, ranking.measured?.[sort.by]);
  if (sort.by === 'error') return byLargest(column.errors);
  if (sort.by === 'disagreement') return byLargest(spreads(ranking));
  const other = ranking.columns[sort.column === 0 ? 1 : 0] ?? column;
  const ranked = byRank(column);
  const change = ranked.map((row) => ~Math.abs(column.ranks[row]! - other.ranks[row]!));
  return rowsBy(change).map((place) => ranked[place]!);
}

/** Rows by the size of what they were measured to do; those that were not stand last, by their ranks. */
function byMeasured(column: RankingColumn, did: Float32Array | undefined): Uint32Array {
  const ranked = byRank(column);
  if (!did) return ranked;
  const sizes = bitsOf(did.map(Math.abs)); // of what is no number above all others
  const keys = ranked.map((row) => (Number.isNaN(did[row]!) ? 0xffffffff : ~(sizes[row]! | SIGN)));
  return rowsBy(keys).map((place) => ranked[place]!);
}

/** Rows by what is nowhere negative, the largest first. */
const byLargest = (sizes: Float32Array): Uint32Array => rowsBy(bitsOf(sizes).map((bits) => ~(bits | SIGN)));

/** How far the runs lie apart at each row: from the smallest to the largest of their contributions. */
function spreads({ columns, layer }: Ranking): Float32Array {
  return Float32Array.from(layer, (_, row) => {
    let [least, most] = [Infinity, -Infinity];
    for (const { values } of columns) {
      least = Math.min(least, values[row]!);
      most = Math.max(most, values[row]!);
    }
    return most - least;
  });
}

/** The last few orders of a table, kept: a million rows take a tenth of a second to sort. */
export class OrdersOf {
  readonly #known = new Map<string, Uint32Array>();
  constructor(private readonly ranking: Ranking) {}

  by(sort: SortKey): Uint32Array {
    const name = JSON.stringify(sort);
    const rows = this.#known.get(name) ?? arranged(this.ranking, sort);
    this.#known.delete(name);
    this.#known.set(name, rows);
    if (this.#known.size > 4) this.#known.delete(this.#known.keys().next().value!);
    return rows;
  }
}

const keyColumn = (ranking: Ranking, sort: SortKey): RankingColumn | undefined =>
  ranking.columns[sort.by === 'name' ? 0 : sort.column] ?? ranking.columns[0];

/** Rows by size, the largest first. */
export function byRank({ ranks }: RankingColumn): Uint32Array<ArrayBuffer> {
  const rows = new Uint32Array(ranks.length);
  ranks.forEach((rank, row) => (rows[rank - 1] = row));
  return rows;
}

/** Those of `rows` that a filter lets through; `rows` as `arranged` gives them for the same key. */
export function filtered(
  ranking: Ranking,
  rows: Uint32Array,
  sort: SortKey,
  descending: boolean,
  filter: RankingFilter,
): Uint32Array {
  const column = keyColumn(ranking, sort);
  if (!column) return rows;
  if (filter.layers === null && filter.top === null && filter.sign === 'both' && filter.search.trim() === '')
    return descending ? rows : rows.toReversed();
  const keep = kept(ranking, column, filter);
  const chosen = new Uint32Array(rows.length);
  let count = 0;
  for (let place = 0; place < rows.length; place++) {
    const row = rows[place]!;
    if (keep[row]) chosen[count++] = row;
  }
  const shown = chosen.slice(0, count);
  return descending ? shown : shown.reverse();
}

/** For each row 1 when a filter lets it through. Plain loops: they run over every row at every key of a search. */
function kept(ranking: Ranking, column: RankingColumn, filter: RankingFilter): Uint8Array {
  const needle = filter.search.trim().toLowerCase();
  const [, prefix, wanted] = /^(.*?)\s*[:#]\s*(\d+)$/.exec(needle) ?? [null, needle, null];
  const keep = new Uint8Array(ranking.layer.length);
  let row = 0;
  for (const { name, units } of ranking.layers) {
    if ((filter.layers?.has(name) ?? true) && name.toLowerCase().includes(prefix!)) {
      if (wanted === null) keep.fill(1, row, row + units);
      else if (Number(wanted) < units) keep[row + Number(wanted)] = 1;
    }
    row += units;
  }
  const { values } = column;
  if (filter.sign === 'positive') for (row = 0; row < keep.length; row++) if (!(values[row]! > 0)) keep[row] = 0;
  if (filter.sign === 'negative') for (row = 0; row < keep.length; row++) if (!(values[row]! < 0)) keep[row] = 0;
  if (filter.top !== null) keepLargest(ranking, column, keep, filter.top, filter.within);
  return keep;
}

/** Leaves of what is kept the `top` largest, of all layers or of each. */
function keepLargest(ranking: Ranking, column: RankingColumn, keep: Uint8Array, top: number, within: boolean): void {
  const taken = new Uint32Array(within ? ranking.layers.length : 1);
  for (const row of byRank(column)) if (keep[row] && taken[within ? ranking.layer[row]! : 0]!++ >= top) keep[row] = 0;
}

/** Where a unit stands in the table; −1 when it is not in it. */
export function rowOf(ranking: Ranking, layer: string, unit: number): number {
  const at = ranking.layers.findIndex(({ name }) => name === layer);
  return at >= 0 && unit < ranking.layers[at]!.units ? ranking.layer.indexOf(at) + unit : -1;
}

/** Whether two rows' order by size lies within their errors, so that it may be the other way round. */
export const tied = (column: RankingColumn, a: number, b: number): boolean =>
  column.hasErrors &&
  Math.abs(Math.abs(column.values[a]!) - Math.abs(column.values[b]!)) <= column.errors[a]! + column.errors[b]!;
