/**
 * One model as the studio's service opens, predicts and runs it, in a fresh process: how long the prediction is waited for, and
 * what each run was said to take beside what it took. child.ts ASKED; prints its answer as JSON.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DEFAULT_ACCURACY } from '../../src/contract/attribution';
import type { EngineRequestName, JobNotice, Params, Result, RunSetup } from '../../src/contract/studio';
import { createStudioService, type ServiceRequest } from '../../src/main/hosts/service';
import { engine } from '../../src/main/hosts/service/engine';
import { ownerOf } from '../../src/main/hosts/service/recovery';

export type Asked = { readonly sample: string } | { readonly model: string; readonly data: readonly string[] };

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

async function measured(asked: Asked): Promise<Answer> {
  const folder = mkdtempSync(join(tmpdir(), 'mho-estimates-'));
  const service = createStudioService({
    engine,
    samples: resolve(import.meta.dirname, '../../resources/samples'),
    recovery: join(folder, 'recovery'),
    owner: ownerOf(process.pid),
    software: { mho: '0', node: process.versions.node, platform: process.platform },
    onDocument: () => undefined,
  });
  const get = async <Name extends EngineRequestName>(
    name: Name,
    params: Params<Name>,
    more: Partial<ServiceRequest> = {},
  ): Promise<Result<Name>> => {
    const answer = await service.handle({ document: 'one', name, params, ...more });
    if (!answer.ok) throw new Error(`${name}: ${answer.fault.message}`);
    return answer.value as Result<Name>;
  };
  try {
    const opened =
      'sample' in asked
        ? await get('openSample', { name: asked.sample })
        : await get('openModel', { file: 'model' }, { paths: { model: asked.model } });
    const names = 'data' in asked ? asked.data.map((_, at) => `data${at}`) : [];
    const read =
      'data' in asked
        ? await get('readInputs', { files: names }, { paths: Object.fromEntries(names.map((name, at) => [name, asked.data[at]!])) }) // prettier-ignore
        : opened.data!;
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
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void measured(JSON.parse(process.argv[2]!) as Asked).then((answer) => {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  process.exit(0);
});
