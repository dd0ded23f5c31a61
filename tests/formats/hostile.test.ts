/**
 * Models that were made to do harm, each opened by the program in a process of its own: it is told what they are, within
 * bounds of memory and time. `MHO_HOSTILE_TELL=1` prints what each took.
 */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './broken';
import { emptyFolder, HOSTILE, type Took } from './hostile';

const MOST_BYTES = 1.5e9;
/** On a machine that is busy with other things; the longest takes some four seconds. */
const LONGEST_MS = 60_000;
const scratch = temporaryFolder();

async function inspected(path: string): Promise<Took> {
  const words = ['--import', 'tsx', resolve(import.meta.dirname, 'hostile.ts'), 'inspect', path];
  const { stdout } = await promisify(execFile)(process.execPath, words, { timeout: 2 * LONGEST_MS });
  return JSON.parse(stdout) as Took;
}

describe.skipIf(process.platform === 'win32')('hostile models', () => {
  it.each(Object.keys(HOSTILE))('%s', async (name) => {
    const [make, expected] = HOSTILE[name]!;
    const path = make(emptyFolder(scratch, name.replace(/\W+/g, '_')));
    const { outcome, peakBytes, durationMs } = await inspected(path);
    if (process.env['MHO_HOSTILE_TELL'])
      console.log(`${name} | ${outcome} | ${(peakBytes / 1e6).toFixed(0)} MB | ${(durationMs / 1000).toFixed(1)} s`);
    expect(outcome).toBe(expected);
    expect(peakBytes).toBeLessThan(MOST_BYTES);
    expect(durationMs).toBeLessThan(LONGEST_MS);
  });
});
