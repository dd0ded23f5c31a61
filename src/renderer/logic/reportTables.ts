/** Parts of the report that are tables, sorted by their heads: runs, examples, units over examples; and the notebook. */
import type { UnitNote } from '../../contract/notebook';
import { count, duration } from '../../contract/words/quantities';
import { escaped } from '../drawings/svg';
import type { ExampleRow } from './exampleTable';
import { number, percent, signed } from './format';
import type { MatrixRow } from './matrix';
import type { RunRow } from './runTable';

interface Column {
  readonly head: string;
  readonly numbers?: boolean;
}
interface Row {
  /** Markup, one for each column: made by `text` or `amount`. */
  readonly cells: readonly string[];
  /** The unit that it is of: found by the search, marked with its like elsewhere. */
  readonly unit?: string;
}

/** @param more markup below the words */
export const text = (words: string, more = ''): string => `<td>${escaped(words)}${more}</td>`;
/** @param value by which it is sorted; null: nothing is known there */
export const amount = (value: number | null, words: string, signs = false): string =>
  value === null
    ? '<td class="n muted"></td>'
    : `<td class="n${signs ? (value >= 0 ? ' up' : ' down') : ''}" data-v="${value}">${escaped(words)}</td>`;

/** A table that the report's script sorts. */
export function sortedTable(columns: readonly Column[], rows: readonly Row[]): string {
  const heads = columns.map(({ head, numbers }) => `<th${numbers ? ' class="n"' : ''}>${escaped(head)}</th>`);
  const lines = rows.map(
    ({ cells, unit }) => `<tr${unit === undefined ? '' : ` data-unit="${escaped(unit)}"`}>${cells.join('')}</tr>`,
  );
  return `<div class="wide"><table class="sort"><thead><tr>${heads.join('')}</tr></thead><tbody>${lines.join('')}</tbody></table></div>`;
}

/** @param remarks of each run what it came to and what is not to be believed of it */
export function runsMarkup(
  rows: readonly RunRow[],
  remarks: (row: RunRow) => readonly { readonly words: string; readonly marked: boolean }[],
): string {
  const columns: Column[] = [
    { head: 'run' },
    { head: 'target' },
    { head: 'baseline' },
    { head: 'path' },
    { head: 'examples', numbers: true },
    { head: 'largest error', numbers: true },
    { head: 'residual', numbers: true },
    { head: 'passes', numbers: true },
    { head: 'took', numbers: true },
    { head: 'made' },
    { head: 'computed on' },
  ];
  const lines = rows.map((row): Row => {
    const { run, name, method, target, baseline, path, examples, error, residual, passes, durationMs } = row;
    const { backend, complete, pathStart } = run.result;
    const below = [
      ...(complete ? [] : [{ words: 'partial', marked: true }]),
      ...remarks(row),
      ...(run.note === '' ? [] : [{ words: run.note, marked: false }]),
    ].map(({ words, marked }) => `<br><span class="${marked ? 'warn' : 'muted'}">${escaped(words)}</span>`);
    return {
      cells: [
        text(name.includes(method) ? name : `${name}, ${method}`, below.join('')),
        text(target),
        text(baseline),
        text(`${path === '' ? 'no path' : path}${pathStart === null ? '' : `, from ${pathStart}`}`),
        amount(examples.length, `${examples.length}`),
        amount(error, error === null ? '' : percent(error)),
        amount(residual, residual === null ? '' : percent(residual)),
        amount(passes, passes.toLocaleString('en-US')),
        amount(durationMs, duration(durationMs)),
        text(run.created.slice(0, 16).replace('T', ' ')),
        text(`${backend.version}, ${backend.device}`),
      ],
    };
  });
  return `<h2>Runs</h2>${sortedTable(columns, lines)}`;
}

/** What the model says of the examples, and what runs came to there. @param names of the runs */
export function examplesMarkup(rows: readonly ExampleRow[], names: readonly string[]): string {
  const columns: Column[] = [
    { head: 'example', numbers: true },
    { head: 'predicted' },
    { head: 'value', numbers: true },
    { head: 'truth' },
    { head: 'right' },
    ...names.flatMap((name) => [
      { head: `${name}: F(x) − F(x')`, numbers: true },
      { head: 'largest error', numbers: true },
    ]),
  ];
  const lines = rows.map(({ facts, runs }): Row => ({
    cells: [
      amount(facts.example, `${facts.example}`),
      text(facts.predicted ?? ''),
      amount(facts.value, facts.value === null ? '' : number(facts.value)),
      text(facts.truth ?? ''),
      text(facts.correct === null ? '' : facts.correct ? 'yes' : 'no'),
      ...runs.flatMap((each) => [
        amount(each?.delta ?? null, each ? signed(each.delta) : '', true),
        amount(each?.error ?? null, each && each.error !== null ? percent(each.error) : ''),
      ]),
    ],
  }));
  return sortedTable(columns, lines);
}

/** What units are over the examples. */
export const overExamplesMarkup = (rows: readonly MatrixRow[]): string =>
  sortedTable(
    [{ head: 'unit' }, { head: 'mean', numbers: true }, { head: 'spread', numbers: true }, { head: 'mean size', numbers: true }], // prettier-ignore
    rows.map(({ layer, unit, all, size }) => ({
      unit: `${layer} #${unit}`,
      cells: [
        text(`${layer} #${unit}`),
        amount(all.mean, signed(all.mean, 4), true),
        amount(all.spread, number(all.spread, 4)),
        amount(size, number(size, 4)),
      ],
    })),
  );

/** The units that were kept, with what was written on them; empty without any. */
export function notebookMarkup(notes: readonly UnitNote[]): string {
  if (notes.length === 0) return '';
  const lines = notes.map(({ layer, unit, note, tags }): Row => {
    const paragraphs = escaped(note).replaceAll('\n', '<br>');
    return { unit: `${layer} #${unit}`, cells: [text(`${layer} #${unit}`), `<td>${paragraphs}</td>`, text(tags.join(', '))] }; // prettier-ignore
  });
  return `<h2>Notebook</h2><p class="muted">${count(notes.length, 'unit')} kept.</p>${sortedTable([{ head: 'unit' }, { head: 'note' }, { head: 'tags' }], lines)}`;
}
