/** By how much memory rises during a run of networks of several kinds, beside the budget that it was given. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Method } from '../../src/contract/attribution';
import type { Answer, Asked } from './child';
import { writtenNets } from './nets';

export interface Rise {
  readonly net: string;
  readonly what: string;
  readonly budgetMB: number;
  readonly answer: Answer;
}

const BUDGETS = [256, 512, 1024];
const RUNS: readonly { readonly what: string; readonly methods: readonly Method[]; readonly steps: number | null }[] = [
  { what: 'NIG, adaptive, 24 walks', methods: ['nig'], steps: null },
  { what: 'NIG, 8 steps', methods: ['nig'], steps: 8 },
  { what: 'Rescale', methods: ['rescale'], steps: 1 },
];

/** @param report what is measured next */
export function rises(root: string, report: (what: string) => void): Rise[] {
  const folder = mkdtempSync(join(tmpdir(), 'mho-memory-'));
  const run = (asked: Asked): Answer => {
    const words = ['--expose-gc', '--import', 'tsx', join(import.meta.dirname, 'child.ts'), JSON.stringify(asked)];
    const env = { ...process.env, TF_ENABLE_ONEDNN_OPTS: '1', TF_CPP_MIN_LOG_LEVEL: '3' };
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8', env });
    if (status !== 0) throw new Error(`a run could not be measured: ${stderr.slice(-2000)}`);
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as Answer;
  };
  try {
    return writtenNets(folder).flatMap(([net, model]) =>
      RUNS.flatMap(({ what, methods, steps }) =>
        BUDGETS.map((budgetMB): Rise => {
          report(`${net}, ${what}, ${budgetMB} MB`);
          return {
            net,
            what,
            budgetMB,
            answer: run({ model, free: [], methods, examples: 1, memoryMB: budgetMB, steps }),
          };
        }),
      ),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
