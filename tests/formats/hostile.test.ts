/**
 * Models that were made to do harm, opened by the program, the large ones each in a process of its own: it is told what they
 * are, within bounds of memory and time. `MHO_HOSTILE_TELL=1` prints what each took.
 */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from './broken';
import { ELSEWHERE, emptyFolder, LARGE, type Took } from './hostile';

const MOST_BYTES = 1.5e9;
/** On a machine that is busy with other things; the longest takes some four seconds. */
const LONGEST_MS = 60_000;
const scratch = temporaryFolder();

async function inspected(paths: readonly string[]): Promise<readonly Took[]> {
  const words = ['--import', 'tsx', resolve(import.meta.dirname, 'hostile.ts'), ...paths];
  const { stdout } = await promisify(execFile)(process.execPath, words, { timeout: 2 * LONGEST_MS });
  return JSON.parse(stdout) as Took[];
}

function judge(name: string, { outcome, peakBytes, durationMs }: Took, expected: string): void {
  if (process.env['MHO_HOSTILE_TELL'])
    console.log(`${name} | ${outcome} | ${(peakBytes / 1e6).toFixed(0)} MB | ${(durationMs / 1000).toFixed(1)} s`);
  expect(outcome).toBe(expected);
  expect(peakBytes).toBeLessThan(MOST_BYTES);
  expect(durationMs).toBeLessThan(LONGEST_MS);
}

const placeOf = (name: string): string => emptyFolder(scratch, name.replace(/\W+/g, '_'));

describe.skipIf(process.platform === 'win32')('hostile models', () => {
  it.each(Object.keys(LARGE))('%s', async (name) => {
    const [make, expected] = LARGE[name]!;
    const [took] = await inspected([make(placeOf(name))]);
    judge(name, took!, expected);
  });

  describe('elsewhere', () => {
    const names = Object.keys(ELSEWHERE);
    let took: readonly Took[] = [];
    beforeAll(async () => {
      took = await inspected(names.map((name) => ELSEWHERE[name]![0](placeOf(name))));
    });
    it.each(names)('%s', (name) => judge(name, took[names.indexOf(name)]!, ELSEWHERE[name]![1]));
  });
});
