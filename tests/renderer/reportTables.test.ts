/** Tables of the report: sorted by numbers, found by units, and nothing that was typed is markup. */
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { examplesMarkup, notebookMarkup, overExamplesMarkup, runsMarkup } from '../../src/renderer/logic/reportTables';
import { runRow } from '../../src/renderer/logic/runTable';
import { record } from './records';

const read = (markup: string) => {
  const { document } = parseHTML(`<html><body>${markup}</body></html>`);
  return [...document.querySelectorAll('table.sort')].map((table) => ({
    heads: [...table.querySelectorAll('thead th')].map((head) => head.textContent),
    rows: [...table.querySelectorAll('tbody tr')].map((row) => ({
      unit: row.getAttribute('data-unit'),
      cells: [...row.querySelectorAll('td')].map((cell) => cell.textContent),
      values: [...row.querySelectorAll('td')].map((cell) => cell.getAttribute('data-v')),
    })),
  }));
};

describe('tables of the report', () => {
  it('the notebook: units, notes line by line, tags; empty without units', () => {
    expect(notebookMarkup([])).toBe('');
    const markup = notebookMarkup([
      { layer: 'a<b>', unit: 3, note: 'One.\n<script>two</script>', tags: ['edge', 'x&y'] },
    ]);
    const [table] = read(markup);
    expect(markup).not.toContain('<script>');
    expect(markup).toContain('One.<br>');
    expect(table!.rows[0]).toMatchObject({ unit: 'a<b> #3' });
    expect(table!.rows[0]!.cells[2]).toBe('edge, x&y');
  });

  it('runs: one row each, with what is to be known of it in its first cell', () => {
    const run = { ...record('nig', [{ name: 'fc', units: [1, 2] }]), note: 'Kept for <later>.' };
    const [table] = read(runsMarkup([runRow(run, 'mine', 0)], () => [{ words: 'not resolved', marked: true }]));
    expect(table!.rows).toHaveLength(1);
    expect(table!.rows[0]!.cells).toHaveLength(table!.heads.length);
    expect(table!.rows[0]!.cells[0]).toMatch(/mine.*not resolved.*Kept for <later>\./);
    expect(Number(table!.rows[0]!.values[8])).toBe(run.result.durationMs);
  });

  it('examples and units over them: numbers to sort by, nothing where nothing is known', () => {
    const facts = { example: 7, truth: null, predicted: 'cat', value: 0.5, correct: null, run: true };
    const [examples] = read(examplesMarkup([{ facts, runs: [null] }], ['NIG']));
    expect(examples!.rows[0]!.values).toEqual(['7', null, '0.5', null, null, null, null]);
    const moments = { count: 2, mean: -1.5, spread: 0.25 };
    const row = { layer: 'fc', unit: 2, values: Float32Array.of(-1, -2), all: moments, size: 1.5, against: null };
    const [units] = read(overExamplesMarkup([row]));
    expect(units!.rows[0]).toMatchObject({ unit: 'fc #2', values: [null, '-1.5', '0.25', '1.5'] });
  });
});
