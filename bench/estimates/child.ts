/**
 * One model as the studio's service opens, predicts and runs it, in a fresh process: how long the prediction is waited for, and
 * what each run was said to take beside what it took. child.ts ASKED; prints its answer as JSON.
 */
import { DEFAULT_ACCURACY } from '../../src/contract/attribution';
import type { JobNotice, RunSetup } from '../../src/contract/studio';
import { answering, withService, type Asked } from '../service';

/** What was told before a run and what it took, ms; null where nothing could be told. */
export interface Timed {
  readonly what: string;
  readonly told: number | null;
  readonly took: number;
}

export interface Answer {
  /** From the open model and its data to the prediction, ms. */
  readonly prediction: number;
  readonly runs: readonly Timed[];
}

/** Runs one after the other, as somebody makes them. */
const RUNS: readonly { readonly what: string; readonly examples: number; readonly change: Partial<RunSetup> }[] = [
  { what: 'the first run', examples: 1, change: {} },
  { what: 'once more', examples: 1, change: {} },
  { what: 'three examples', examples: 3, change: {} },
  { what: 'to half the error', examples: 1, change: { accuracy: { ...DEFAULT_ACCURACY, tolerance: DEFAULT_ACCURACY.tolerance / 2, mostWalks: null } } }, // prettier-ignore
];

const measured = (asked: Asked): Promise<Answer> =>
  withService(asked, async (get, opened, read) => {
    const { sample } = opened;
    const setup: RunSetup = {
      data: read.data,
      examples: [0],
      baseline: sample?.baseline ?? { kind: 'fitting' },
      target: sample?.target ?? { index: 'argmax' },
      methods: [...(sample?.methods ?? (['nig', 'rescale'] as const))],
      rule: sample?.rule ?? 'secant',
      steps: sample?.steps ?? 50,
      accuracy: DEFAULT_ACCURACY,
      backend: 'auto',
    };
    const began = performance.now();
    await get('predict', { data: setup.data, examples: [0], baseline: setup.baseline, backend: 'auto' });
    const prediction = performance.now() - began;
    const runs: Timed[] = [];
    for (const { what, examples, change } of RUNS) {
      const run = { ...setup, ...change, examples: Array.from({ length: examples }, (_, at) => at) };
      const { durationMs: told } = await get('estimate', run);
      const start = performance.now();
      const end = await new Promise<JobNotice>((resolve, fail) => {
        const emit = (notice: JobNotice): void => {
          if (notice.kind === 'finished' || notice.kind === 'failed') resolve(notice);
        };
        get('startRun', run, { emit }).catch(fail);
      });
      if (end.kind === 'failed') throw new Error(end.fault.message);
      runs.push({ what, told, took: performance.now() - start });
    }
    return { prediction, runs };
  });

answering(measured);
