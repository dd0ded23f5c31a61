/** What the window says before a run beside what the run takes, and how long its prediction is waited for: samples and the tests' models. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OWN_MODELS } from '../../tests/window/ownModels';
import { askOnce, median } from '../process';
import type { Asked } from '../service';
import type { Answer } from './child';

export interface Told {
  readonly model: string;
  /** From the open model to its first prediction, median ms. */
  readonly prediction: number;
  /** Medians over the rounds. */
  readonly runs: readonly { readonly what: string; readonly took: number; readonly ratio: number }[];
}

/** @param rounds fresh processes for each model @param report what is measured next */
export function toldTimes(root: string, rounds: number, report: (what: string) => void): Told[] {
  const folder = mkdtempSync(join(tmpdir(), 'mho-estimates-'));
  const asked: readonly (readonly [string, Asked])[] = [
    ...['digits', 'motifs'].map((sample) => [sample, { sample }] as const),
    ...Object.entries(OWN_MODELS).map(([name, write]) => [name, write(folder)] as const),
  ];
  const child = join(import.meta.dirname, 'child.ts');
  try {
    return asked.map(([model, question]) => {
      const answers = Array.from({ length: rounds }, (_, round) => {
        report(`${model}, ${round + 1} of ${rounds}`);
        return askOnce<Answer>(root, child, question, 'runs could not be timed');
      });
      return {
        model,
        prediction: median(answers.map(({ prediction }) => prediction)),
        runs: answers[0]!.runs.map(({ what }, at) => ({
          what,
          took: median(answers.map(({ runs }) => runs[at]!.took)),
          ratio: median(answers.map(({ runs }) => (runs[at]!.told ?? NaN) / runs[at]!.took)),
        })),
      };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
