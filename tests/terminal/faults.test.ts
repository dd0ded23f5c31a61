/** What the program does when the engine fails in the middle; the engine is played here. */
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AttributionRequest, RunResult } from '../../src/contract/attribution';
import { MhoError } from '../../src/contract/errors';
import { openSession } from '../../src/main/engine/sessions';
import { checkAddressSpace } from '../../src/main/hosts/terminal/addressSpace';
import { sampleSession } from '../sessions/sample';
import { mho } from './terminal';

type Played = (request: AttributionRequest, options: { onResult: (result: RunResult) => void }) => Promise<RunResult[]>;
let played: Played;
vi.mock('../../src/main/engine/backends', () => ({
  devices: { use: (_choice: unknown, work: (device: null) => Promise<unknown>) => work(null) },
}));
vi.mock('../../src/main/engine/attribution', () => ({
  attribute: (
    _device: unknown,
    _graph: unknown,
    request: AttributionRequest,
    options: { onResult: (result: RunResult) => void },
  ) => played(request, options),
}));

const plain = resolve(import.meta.dirname, '../reference/cases/plain');
const folder = await mkdtemp(join(tmpdir(), 'mho-faults-'));
afterAll(() => rm(folder, { recursive: true }));
const rescale = (): RunResult => ({ ...sampleSession().runs[1]!, rounded: [] });
const asked = (...more: string[]): string[] => {
  const input = join(plain, 'inputs.npz');
  return ['attribute', join(plain, 'model.keras'), '--input', input, '--baseline', input, '--examples', '0-2', ...more];
};

describe('a fault after a result', () => {
  beforeEach(() => {
    played = (_request, { onResult }) => {
      onResult(rescale());
      throw new MhoError('MEMORY_EXHAUSTED', { reason: 'no room' });
    };
  });

  it('keeps the result, shows it, and exits with 1', async () => {
    const out = join(folder, 'kept.mho');
    const outcome = await mho(asked('--out', out));
    expect(outcome.code).toBe(1);
    expect(outcome.err).toMatch(/^MEMORY_EXHAUSTED: The device ran out of memory: no room\. .*\n$/);
    expect(outcome.out).toContain('Incomplete: rescale has 2 of 3 examples.');
    expect(outcome.out).toContain(`Saved to ${out}`);
    const session = await openSession(out);
    expect(session.runs.map(({ method }) => method)).toEqual(['rescale']);
    expect(session.errors.map(({ code }) => code)).toEqual(['MEMORY_EXHAUSTED']);
  });
});

describe('a session that cannot be saved in the end', () => {
  it('is shown all the same', async () => {
    const out = join(folder, 'taken.mho');
    vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'));
    played = async (_request, { onResult }) => {
      await mkdir(out); // after the check that it can be written
      onResult(rescale());
      return [rescale()];
    };
    const { code, out: shown, err } = await mho(asked('--out', out, '--method', 'rescale'));
    expect(code).toBe(1);
    expect(shown).toContain('Top units by rescale');
    expect(err).toMatch(/^FILE_WRITE: .*taken\.mho could not be written: it is a folder\..*\n$/);
    expect(err).not.toContain('still there');
    const kept = /Saved to (.*)\n/.exec(shown)![1]!;
    expect(kept.startsWith(join(folder, 'state/mho/unsaved/unsaved-'))).toBe(true);
    expect((await openSession(kept)).runs.map(({ method }) => method)).toEqual(['rescale']);
    expect((await stat(kept)).mode & 0o777).toBe(0o600);
    vi.unstubAllEnvs();
  });
});

describe('a fault before any result', () => {
  it('is told in one line, even one that is not of the catalogue', async () => {
    played = () => Promise.reject(new TypeError('x is undefined'));
    expect(await mho(asked())).toEqual({
      code: 1,
      out: '',
      err: 'INTERNAL: Something went wrong inside Mho: x is undefined. Please report it with what you did.\n',
    });
  });
});

describe('few file descriptors', () => {
  it('are told as such, wherever they run out', async () => {
    played = () => Promise.reject(new Error('Worker initialization failure: EMFILE'));
    const { code, err } = await mho(asked());
    expect(code).toBe(1);
    expect(err).toMatch(
      /^FILES_OPEN: No more files may be open at once: Worker initialization failure: EMFILE\. .*ulimit -n/,
    );
  });
});

describe('little address space', () => {
  it('is told before anything is loaded that would end the program', () => {
    const limits = (soft: string): string =>
      `Limit                     Soft Limit           Hard Limit           Units\nMax address space         ${soft}           unlimited            bytes\n`;
    expect(() => checkAddressSpace(limits('1536000000'))).toThrow(
      'ADDRESS_SPACE: Only 1536 MB of address space are allowed to this process (ulimit -v); it needs 12000 MB.',
    );
    for (const enough of ['unlimited', '64000000000']) expect(() => checkAddressSpace(limits(enough))).not.toThrow();
    expect(() => checkAddressSpace('')).not.toThrow();
  });
});
