/** How soon the prediction answers when a unit is taken out in the window: samples, the tests' models, the proportions of ResNet-18. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OWN_MODELS } from '../../tests/window/ownModels';
import { askOnce, median } from '../process';
import { residualModel } from '../windowModels';
import type { Asked } from '../service';
import type { Answer } from './child';

export interface Pressing {
  readonly model: string;
  /** ms within which it is to answer. */
  readonly goal: number;
  /** One forward pass, ms. */
  readonly pass: number;
  /** The first press at a layer: the slowest of those looked at, ms; then the slowest median of later ones. */
  readonly first: number;
  readonly later: number;
}

/** @param rounds fresh processes for each model @param report what is measured next */
export function pressingTimes(root: string, rounds: number, report: (what: string) => void): Pressing[] {
  const folder = mkdtempSync(join(tmpdir(), 'mho-interventions-'));
  const { model, inputs } = residualModel(folder);
  const asked: readonly (readonly [string, number, Asked])[] = [
    ...['digits', 'motifs'].map((sample) => [sample, 100, { sample }] as const),
    ...Object.entries(OWN_MODELS).map(([name, write]) => [name, 1000, write(folder)] as const),
    ['ResNet-18, 224²', 1000, { model, data: [inputs] }],
  ];
  const child = join(import.meta.dirname, 'child.ts');
  try {
    return asked.map(([name, goal, question]) => {
      const answers = Array.from({ length: rounds }, (_, round) => {
        report(`${name}, ${round + 1} of ${rounds}`);
        return askOnce<Answer>(root, child, question, 'presses could not be timed');
      });
      const slowest = (of: (each: Answer['layers'][number]) => number): number =>
        median(answers.map(({ layers }) => Math.max(...layers.map(of))));
      return {
        model: name,
        goal,
        pass: median(answers.map(({ predict }) => predict / 2)),
        first: slowest(({ first }) => first),
        later: slowest(({ after }) => after),
      };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
