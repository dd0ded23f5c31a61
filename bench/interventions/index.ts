/** How soon the prediction answers when a unit is taken out in the window: samples, the tests' models, the proportions of ResNet-18. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OWN_MODELS } from '../../tests/window/ownModels';
import { median } from '../process';
import { residualModel } from '../windowModels';
import type { Answer, Asked } from './child';

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
  const once = (question: Asked): Answer => {
    const words = ['--import', 'tsx', join(import.meta.dirname, 'child.ts'), JSON.stringify(question)];
    const env = { ...process.env, TF_ENABLE_ONEDNN_OPTS: '1', TF_CPP_MIN_LOG_LEVEL: '3' };
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8', env });
    if (status !== 0) throw new Error(`presses could not be timed: ${stderr.slice(-2000)}`);
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as Answer;
  };
  try {
    return asked.map(([name, goal, question]) => {
      const answers = Array.from({ length: rounds }, (_, round) => {
        report(`${name}, ${round + 1} of ${rounds}`);
        return once(question);
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
