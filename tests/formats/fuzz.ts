/** Mutated model files: each opens or gives an error of the catalogue, in bounded time and memory. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MhoError } from '../../src/contract/errors';
import { openModel } from '../../src/main/engine/formats';
import { random } from '../random';
import { CASES } from './broken';
import type { Mutate } from './mutators';

/** Mutated files per format; the files of one format share them. */
export const MUTATIONS = Number(process.env['MHO_MUTATIONS'] ?? 10_000);
/** An undamaged one takes some milliseconds; what damage makes endless is given up on after three seconds. */
const LONGEST_MS = 10_000;
/** Of a process that opens files of at most 180 kB, one after another. */
const MOST_MEMORY_KB = 2.5 * 2 ** 20;
/** Nothing in this thread can interrupt a loop in it: another ends the process. */
const STILL_MS = 60_000;

export interface Mutated {
  /** Below the reference cases: a file, or a folder and a file in it. */
  readonly model: string;
  readonly inside?: string;
  /** Of the format's mutations. */
  readonly share: number;
  readonly mutate: Mutate;
}

/** Ends the process when a mutation takes for ever. @returns called with the name of each mutation */
function watchdog(): { readonly alive: (mutation: number) => void; readonly stop: () => Promise<number> } {
  const beat = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(
    `const { workerData } = require('node:worker_threads');
    let last = -1;
    setInterval(() => {
      const now = Atomics.load(workerData, 0);
      if (now === last) {
        require('node:fs').writeSync(2, 'mutation ' + now + ' comes to no end\\n');
        process.kill(process.pid, 'SIGKILL');
      }
      last = now;
    }, ${STILL_MS});`,
    { eval: true, workerData: beat },
  );
  return { alive: (mutation) => void Atomics.store(beat, 0, mutation), stop: () => worker.terminate() };
}

/** One test per file; all of a format together try `MUTATIONS`. */
export function fuzz(format: string, files: readonly Mutated[]): void {
  let scratch = '';
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'mho-mutations-'));
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it.each(files)(`${format}: $model $inside`, { timeout: 1_200_000 }, async ({ model, inside, share, mutate }) => {
    const path = join(scratch, model);
    cpSync(join(CASES, model), path, { recursive: true });
    const target = inside === undefined ? path : join(path, inside);
    const original = readFileSync(target);
    const next = random([...`${model}${inside ?? ''}`].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) | 0);
    const dog = watchdog();
    const outcomes = new Map<string, number>();
    /** What is no error of the catalogue, each kind once. */
    const faults = new Map<string, string>();
    const count = Math.max(10, Math.round(MUTATIONS * share));
    try {
      for (let i = 0; i < count; i++) {
        dog.alive(i);
        writeFileSync(target, await mutate(original, next));
        const start = performance.now();
        const outcome = await openModel(path).then(
          ({ graph }) => (graph.inputs.length > 0 ? 'opened' : `mutation ${i} opens without an input`),
          (error: unknown) => (error instanceof MhoError ? error.code : `mutation ${i}: ${(error as Error).stack}`),
        );
        const spent = performance.now() - start;
        if (spent > LONGEST_MS) expect.fail(`mutation ${i} takes ${spent.toFixed(0)} ms`);
        if (!/^(opened|MODEL_[A-Z_]+)$/.test(outcome)) {
          faults.set(
            outcome
              .replace(/^mutation \d+/, '')
              .split('\n')
              .slice(0, 2)
              .join(),
            outcome,
          );
          continue;
        }
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    } finally {
      await dog.stop();
    }
    expect([...faults.values()]).toEqual([]);
    expect(process.resourceUsage().maxRSS).toBeLessThan(MOST_MEMORY_KB);
    // Mutations that all fail, or none, would try nothing.
    expect(outcomes.get('opened') ?? 0).toBeGreaterThan(0);
    expect(outcomes.size).toBeGreaterThan(1);
    if (process.env['MHO_MUTATIONS_TELL']) console.log(model, inside ?? '', count, Object.fromEntries(outcomes));
  });
}
