import { describe, expect, it } from 'vitest';
import { runNames } from '../../src/contract/words/runNames';
import { rankingForms, runForms } from '../../src/renderer/logic/copies';
import { ranking } from '../../src/renderer/logic/ranking';
import type { RunRecord } from '../../src/contract/studio';
import { record } from './records';

/** Two runs of one method that differ in their baseline alone. */
const runs = [0, 0.5].map((value, at): RunRecord => {
  const made = record('nig', [{ name: 'a', units: [2, 1] }]);
  return { ...made, run: `r${at}`, asked: { ...made.asked, baseline: { kind: 'constant', value } } };
});
const nameOf = (run: RunRecord): string => runNames(runs)[runs.indexOf(run)]!;

describe('what is copied', () => {
  it('of a row calls each run by what tells it from the others', () => {
    const { text, tsv } = rankingForms(
      ranking(runs, 5, () => true),
      0,
      null,
      nameOf,
    );
    expect(text).toMatch(/NIG · baseline 0, .*NIG · baseline 0\.5, /);
    expect((tsv as () => string)().split('\n')[0]).toContain('NIG · baseline 0.5 error');
  });

  it('of a run is what it is called', () => {
    const { name, text } = runForms(runs[1]!, nameOf(runs[1]!));
    expect(name).toBe('NIG · baseline 0.5');
    expect(text).toMatch(/^NIG · baseline 0.5; baseline constant 0.5; example 5: /);
  });
});
