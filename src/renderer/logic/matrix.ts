/**
 * Units against examples: the contribution of each unit of some layers at each example that runs of one question took, ordered by
 * class, by likeness or as they come, with what they are on average over examples and over classes.
 */
import type { ColumnOrder, ExamplesView, RowOrder } from '../../contract/view';
import type { RunRecord } from '../../contract/studio';
import { average } from './clustering';
import { diverging, pixels, type Theme } from './colour';
import { examplePlace, unitCount } from './ranking';

/** An example of a run, in a column of the matrix. */
export interface MatrixColumn {
  readonly example: number;
  readonly run: RunRecord;
  /** Its place in the run's results. */
  readonly place: number;
}

const questionOf = ({ asked, model, result }: RunRecord): string => {
  const { dataName, baseline, target, minus, hold = [], walk = [] } = asked;
  const kept = ({ layer, index, afterActivation }: RunRecord['asked']['target']) =>
    [layer ?? '', typeof index === 'object' && 'each' in index ? 'each' : index, afterActivation === true] as const;
  const basis = baseline.kind === 'fitting' ? 'fitting' : baseline;
  return JSON.stringify([model, result.method, result.pathStart, dataName, basis, kept(target), minus && kept(minus), hold, walk]); // prettier-ignore
};

/**
 * The examples that a run took, and those that other runs of the same question did: same model, method, data, baseline and target.
 * @param runs in the order in which they were made: where several took an example the newest is taken, but for `main` before all
 * @returns by number of the example
 */
export function columnsOf(runs: readonly RunRecord[], main: RunRecord): readonly MatrixColumn[] {
  const question = questionOf(main);
  const found = new Map<number, MatrixColumn>();
  for (const run of [...runs.filter((other) => other.run !== main.run && questionOf(other) === question), main])
    for (const place of run.result.examples.keys()) {
      const example = run.asked.examples[run.result.examples[place]!]!;
      found.set(example, { example, run, place: examplePlace(run, example) });
    }
  return [...found.values()].sort((a, b) => a.example - b.example);
}

export interface UnitName {
  readonly layer: string;
  readonly unit: number;
}

/** Over some examples: how many, their mean, and their standard deviation (of fewer than two: 0). */
export interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly spread: number;
}

export interface MatrixRow extends UnitName {
  /** A value for each column, in the columns' order. */
  readonly values: Float32Array;
  readonly all: Moments;
  /** Mean |contribution|. */
  readonly size: number;
  /** Over the examples of a class, over those it is held against, and what lies between; null where no class is asked. */
  readonly against: {
    readonly of: Moments;
    readonly others: Moments;
    readonly difference: number;
    /** Its standard error; null where one side has fewer than two examples. */
    readonly error: number | null;
  } | null;
}

export function moments(values: ArrayLike<number>, places: readonly number[]): Moments {
  const count = places.length;
  let mean = 0;
  for (const place of places) mean += values[place]! / count;
  let squares = 0;
  for (const place of places) squares += (values[place]! - mean) ** 2;
  return { count, mean, spread: count < 2 ? 0 : Math.sqrt(squares / (count - 1)) };
}

const errorOf = (a: Moments, b: Moments): number | null =>
  a.count < 2 || b.count < 2 ? null : Math.sqrt(a.spread ** 2 / a.count + b.spread ** 2 / b.count);

/** Places of columns on two sides: the examples of a class, and those that it is held against. */
export interface Sides {
  readonly of: readonly number[];
  readonly others: readonly number[];
}

/** Each class once, numbers by their size. */
export const classesOf = (groups: readonly (string | null)[]): readonly string[] =>
  [...new Set(groups.filter((group) => group !== null))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));

/** @param against another class; null for all other examples @returns null where a side has no example: nothing lies between */
export function sidesOf(groups: readonly (string | null)[], of: string | null, against: string | null): Sides | null {
  if (of === null) return null;
  const where = (holds: (group: string | null) => boolean) => groups.flatMap((group, at) => (holds(group) ? [at] : []));
  const sides = {
    of: where((group) => group === of),
    others: where((group) => (against === null ? group !== of : group === against)),
  };
  return sides.of.length > 0 && sides.others.length > 0 ? sides : null;
}

/**
 * Rows of the matrix.
 * @param of layers whose units are wanted, or some units; what not every column's run knows is left out
 */
export function matrixRows(
  columns: readonly MatrixColumn[],
  of: readonly string[] | readonly UnitName[],
  sides: Sides | null,
): readonly MatrixRow[] {
  const byRun = new Map(columns.map(({ run }) => [run, new Map(run.layers.map((layer) => [layer.name, layer]))]));
  const places = columns.map((_, at) => at);
  const rows: MatrixRow[] = [];
  const take = (name: string, wanted: readonly number[] | null) => {
    const layers = columns.map(({ run }) => byRun.get(run)!.get(name));
    if (layers.length === 0 || layers.some((layer) => !layer?.units.length)) return;
    const units = unitCount(layers[0]!);
    // thousands of units times hundreds of examples, whenever a choice changes: looked up once, then plain loops
    const told = layers.map((layer) => layer!.units);
    const begins = columns.map(({ place }) => place * units);
    for (const unit of wanted ?? Array.from({ length: units }, (_, at) => at)) {
      if (unit >= units) continue;
      const values = new Float32Array(columns.length);
      for (let at = 0; at < values.length; at++) values[at] = told[at]![begins[at]! + unit]!;
      rows.push({ layer: name, unit, values, ...summed(values, places, sides) });
    }
  };
  for (const each of of)
    if (typeof each === 'string') take(each, null);
    else take(each.layer, [each.unit]);
  return rows;
}

function summed(
  values: Float32Array,
  places: readonly number[],
  sides: Sides | null,
): Pick<MatrixRow, 'all' | 'size' | 'against'> {
  const all = moments(values, places);
  let size = 0;
  for (const value of values) size += Math.abs(value);
  size /= Math.max(1, values.length);
  if (!sides) return { all, size, against: null };
  const [of, others] = [moments(values, sides.of), moments(values, sides.others)];
  return { all, size, against: { of, others, difference: of.mean - others.mean, error: errorOf(of, others) } };
}

/** Choices of a list beside layers, which no layer is called. */
export const ALL = '\nall';
export const PINNED = '\npinned';
/** Whose units are rows, as the choice of a list: null is all layers'. */
export const scopeOf = (units: ExamplesView['units'] | null): string =>
  units === 'pinned' ? PINNED : (units?.layer ?? ALL);
export const unitsOf = (scope: string): NonNullable<ExamplesView['units']> | null =>
  scope === ALL ? null : scope === PINNED ? 'pinned' : { layer: scope };

/** What the orders are called. */
export const ROWS_BY: Readonly<Record<RowOrder, string>> = {
  size: 'mean |contribution|',
  mean: '|mean|',
  spread: 'spread',
  class: 'difference of the class',
  likeness: 'likeness',
  network: 'place in the network',
};
export const COLUMNS_BY: Readonly<Record<ColumnOrder, string>> = {
  index: 'number',
  class: 'class',
  likeness: 'likeness',
};

/** What the largest rows are the largest by: `likeness` and `network` order those that are largest by size. */
function keyOf(row: MatrixRow, order: RowOrder): number {
  if (order === 'mean') return Math.abs(row.all.mean);
  if (order === 'spread') return row.all.spread;
  if (order === 'class' && row.against) return Math.abs(row.against.difference);
  return row.size;
}

/**
 * The `most` largest rows, in an order; equal ones as in the network.
 * @param order `class`: by the difference between the sides, largest first whichever way it goes
 */
export function orderedRows(rows: readonly MatrixRow[], order: RowOrder, most: number): readonly MatrixRow[] {
  const place = new Map(rows.map((row, at) => [row, at]));
  const finite = (key: number) => (Number.isNaN(key) ? -1 : key);
  const largest = [...rows]
    .sort((a, b) => finite(keyOf(b, order)) - finite(keyOf(a, order)) || place.get(a)! - place.get(b)!)
    .slice(0, most);
  if (order === 'network') return largest.sort((a, b) => place.get(a)! - place.get(b)!);
  if (order !== 'likeness') return largest;
  const inNetwork = largest.sort((a, b) => place.get(a)! - place.get(b)!);
  return average(inNetwork.map(({ values }) => values)).map((at) => inNetwork[at]!);
}

/** Columns of a class side by side, classes in the order of their names, those without one last; a place for each column. */
export function orderedColumns(
  columns: readonly MatrixColumn[],
  groups: readonly (string | null)[],
  rows: readonly MatrixRow[],
  order: ColumnOrder,
): readonly number[] {
  const places = columns.map((_, at) => at);
  if (order === 'likeness') return average(places.map((at) => Float32Array.from(rows, ({ values }) => values[at]!)));
  if (order === 'index') return places;
  return places.sort((a, b) => {
    const [left, right] = [groups[a] ?? null, groups[b] ?? null];
    if (left === right) return a - b;
    if (left === null || right === null) return left === null ? 1 : -1;
    return left.localeCompare(right, 'en', { numeric: true });
  });
}

/** Neighbouring columns of one class: what it is called, from which column, how many. */
export interface Band {
  readonly group: string | null;
  readonly from: number;
  readonly count: number;
}
export function bandsOf(groups: readonly (string | null)[]): readonly Band[] {
  const bands: { group: string | null; from: number; count: number }[] = [];
  groups.forEach((group, from) => {
    const last = bands.at(-1);
    if (last && last.group === group) last.count++;
    else bands.push({ group, from, count: 1 });
  });
  return bands;
}

/** Largest |value|. */
export function extentOf(rows: readonly { readonly values: Float32Array }[]): number {
  let most = 0;
  for (const { values } of rows) for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}

/**
 * The matrix as a table: its head and its rows.
 * @param sides what the classes that are compared are called; null without
 * @param examples of the columns, in the order of `places`
 * @param places of the values that the columns show
 */
export function matrixTable(
  rows: readonly MatrixRow[],
  sides: { readonly of: string; readonly against: string } | null,
  examples: readonly { readonly example: number; readonly group: string | null }[],
  places: readonly number[],
): readonly [head: readonly string[], rows: readonly (readonly (string | number)[])[]] {
  const compared = sides ? [`mean of ${sides.of}`, `mean of ${sides.against}`, 'difference', 'its standard error'] : [];
  const named = examples.map(({ example, group }) => `example ${example}${group === null ? '' : ` (${group})`}`);
  return [
    ['layer', 'unit', 'mean', 'spread', ...compared, ...named],
    rows.map(({ layer, unit, all, against, values }) => [
      layer,
      unit,
      all.mean,
      all.spread,
      ...(against ? [against.of.mean, against.others.mean, against.difference, against.error ?? ''] : []),
      ...places.map((place) => values[place]!),
    ]),
  ];
}

/** Colours of the cells, row by row. @param own whether each row goes by its own scale */
export function matrixPixels(
  rows: readonly MatrixRow[],
  places: readonly number[],
  theme: Theme,
  own: boolean,
): Uint8ClampedArray<ArrayBuffer> {
  const data = new Uint8ClampedArray(rows.length * places.length * 4);
  const whole = diverging(theme, extentOf(rows));
  rows.forEach((row, line) => {
    const colour = own ? diverging(theme, extentOf([row])) : whole;
    data.set(pixels(places.map((place) => row.values[place]!), colour), line * places.length * 4); // prettier-ignore
  });
  return data;
}
