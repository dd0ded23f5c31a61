/** The program as it is built, in plain Node. `npm test` builds it first; without a build there is nothing to test. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openSession } from '../../src/main/engine/sessions';

const program = resolve(import.meta.dirname, '../../scripts/mho.mjs');
const plain = resolve(import.meta.dirname, '../reference/cases/plain');
const built = existsSync(resolve(import.meta.dirname, '../../out/main/mho.js'));

/** Prints the processor time that was used, as the process ends. */
const TELL_TIME =
  'data:text/javascript,process.on("exit",()=>{const{user,system}=process.cpuUsage();process.stderr.write(String((user+system)/1000))})';
/** Sends itself a signal after seconds of processor time, in which much more is done than comes before a long path. */
const endedBy = (signal: NodeJS.Signals): string =>
  `data:text/javascript,const t=setInterval(()=>{const{user,system}=process.cpuUsage();if(user+system>6e6)clearInterval(t),process.kill(process.pid,"${signal}")},50)`;

describe.skipIf(!built)('the built program', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mho-built-'));
  afterAll(() => rm(folder, { recursive: true }));

  /** Processor time in ms, least of three runs: unlike the clock's, other tests leave it alone. */
  const least = (...words: string[]): number =>
    Math.min(
      ...[1, 2, 3].map(() => {
        const { status, stderr } = spawnSync(process.execPath, ['--import', TELL_TIME, program, ...words], {
          encoding: 'utf8',
        });
        expect(status).toBe(0);
        return Number(stderr);
      }),
    );

  it('gives help and inspects a model in under a second', () => {
    expect(least('--help')).toBeLessThan(500);
    expect(least('inspect', join(plain, 'model.keras'))).toBeLessThan(1000);
  });

  it('prints one line and no stack where it fails', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'show', plain], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^SESSION_DAMAGED: .*\n$/);
  });

  it.concurrent.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('ends cleanly at %s, and keeps what is complete', async (signal, code) => {
    const out = join(folder, `${signal}.mho`);
    const input = join(plain, 'inputs.npz');
    const words = ['attribute', join(plain, 'model.keras'), '--input', input, '--baseline', input, '--steps', '200000'];
    const more = ['--out', out, '--memory', '16', '--json'];
    const child = spawn(process.execPath, ['--import', endedBy(signal), program, ...words, ...more]);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    const ended = new Promise<number | null>((done) => child.on('close', done));
    expect(await ended, stderr).toBe(code);
    expect(stderr).toMatch(/^CANCELLED: .*\n$/);
    expect((JSON.parse(stdout) as { runs: { method: string }[] }).runs.map(({ method }) => method)).toContain(
      'rescale',
    );
    expect((await openSession(out)).errors.map(({ code }) => code)).toEqual(['CANCELLED']);
  });

  it('stops quietly when its reader has seen enough', () => {
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', `"${process.execPath}" "${program}" attribute --help | head -1`],
      {
        encoding: 'utf8',
      },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
