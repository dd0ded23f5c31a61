/** Mutated model files: each opens or gives an error of the catalogue, in bounded time and memory. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MhoError } from '../../src/contract/errors';
import { openModel } from '../../src/main/engine/formats';
import { random } from '../random';
import { CASES } from './broken';
import type { Mutate } from './mutators';

/** Mutated files per format; the files of one format share them. Some ten milliseconds each: a search by hand tries more. */
const MUTATIONS = Number(process.env['MHO_MUTATIONS'] ?? 1_000);
/**
 * Seconds of the processor: a clock would count what else the machine does. An undamaged file takes some milliseconds, and
 * the clocks of the engine end what never ends: a loop in the HDF5 library after three seconds, in a reader after a minute.
 */
const LONGEST_SECONDS = 10;
/** Of a process that opens files of at most 180 kB, one after another. */
const MOST_MEMORY_KB = 2.5 * 2 ** 20;
/** What no damage may come to: a clock that ran out, and a reader that met what it did not foresee. */
const FAULTS = ['MODEL_SLOW', 'MODEL_UNREADABLE'];

export interface Mutated {
  /** Below the reference cases: a file, or a folder and a file in it. */
  readonly model: string;
  readonly inside?: string;
  /** Of the format's mutations. */
  readonly share: number;
  /** Checksums cover the file: that no change opens is right. */
  readonly covered?: true;
  readonly mutate: Mutate;
}

/** One test per file; all of a format together try `MUTATIONS`. */
export function fuzz(format: string, files: readonly Mutated[]): void {
  let scratch = '';
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'mho-mutations-'));
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it.each(files)(
    `${format}: $model $inside`,
    { timeout: 60_000 + 1_000 * MUTATIONS },
    async ({ model, inside, share, covered, mutate }) => {
      const path = join(scratch, model);
      cpSync(join(CASES, model), path, { recursive: true });
      const target = inside === undefined ? path : join(path, inside);
      const original = readFileSync(target);
      const next = random(
        [...`${model}${inside ?? ''}`].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) | 0,
      );
      const outcomes = new Map<string, number>();
      /** What is no error of the catalogue, each kind once. */
      const faults = new Map<string, string>();
      const count = Math.max(10, Math.round(MUTATIONS * share));
      let slowest = 0;
      for (let i = 0; i < count; i++) {
        writeFileSync(target, await mutate(original, next));
        const before = process.cpuUsage();
        const outcome = await openModel(path).then(
          ({ graph }) => (graph.inputs.length > 0 ? 'opened' : 'opens without an input'),
          (error: unknown) => {
            if (error instanceof MhoError && error.code.startsWith('MODEL_') && !FAULTS.includes(error.code))
              return error.code;
            const { cause, stack } = error as Error;
            return cause instanceof Error ? cause.stack! : stack!;
          },
        );
        const { user, system } = process.cpuUsage(before);
        slowest = Math.max(slowest, (user + system) / 1e6);
        if (outcome !== 'opened' && !outcome.startsWith('MODEL_')) {
          const kind = outcome.split('\n').slice(0, 2).join();
          if (!faults.has(kind)) faults.set(kind, `mutation ${i}: ${outcome}`);
        } else outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
      expect([...faults.values()]).toEqual([]);
      expect(slowest).toBeLessThan(LONGEST_SECONDS);
      expect(process.resourceUsage().maxRSS).toBeLessThan(MOST_MEMORY_KB);
      // Mutations that all fail, or none, would try nothing.
      if (!covered) expect(outcomes.get('opened') ?? 0).toBeGreaterThan(0);
      expect(outcomes.size).toBeGreaterThan(1);
      if (process.env['MHO_MUTATIONS_TELL'])
        console.log(model, inside ?? '', count, slowest, Object.fromEntries(outcomes));
    },
  );
}
