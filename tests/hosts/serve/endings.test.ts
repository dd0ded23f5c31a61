/**
 * How `mho serve` ends, as the program that is built: what it was asked to end by, what it leaves, and what the next one
 * finds. `npm test` builds it first; without a build there is nothing to test.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { newFolder, TestServer } from './server';

const built = existsSync(resolve('out/main/mho.js'));
/** Steps: longer than any test waits. */
const LONG = 1_000_000;

const folders: string[] = [];
const folder = (): string => {
  const path = newFolder();
  folders.push(path);
  return path;
};
afterAll(() => folders.forEach((path) => rmSync(path, { recursive: true, force: true })));

const scratches = (path: string): string[] => readdirSync(path).filter((name) => name.startsWith('mho-serve-'));
const runs = (pid: number): boolean => existsSync(`/proc/${pid}`);

/** A server of the built program with a page on which one run is finished and another goes on. */
async function busy(path: string) {
  const server = await TestServer.program(path);
  const page = await server.page();
  const setup = await page.digits();
  const { job } = await page.get('startRun', setup);
  await expect.poll(() => page.kinds(job).at(-1)).toBe('finished');
  const long = await page.get('startRun', { ...setup, steps: LONG });
  await expect.poll(() => page.kinds(long.job)).toContain('progress');
  const engine = server.children();
  expect(engine).toHaveLength(1);
  expect(scratches(path)).toHaveLength(1);
  return { server, page, engine: engine[0]! };
}

/** What the next server offers of what was left. */
async function offered(path: string): Promise<{ runs: number; left: readonly string[] }> {
  const next = await TestServer.program(path);
  const page = await next.page();
  const list = await page.get('recoveryList', {});
  const left = scratches(path);
  const { runs: recovered } = list[0] ? await page.get('recover', { id: list[0].id }) : { runs: [] };
  page.leave();
  expect(await next.end('SIGINT')).toBe(0);
  return { runs: recovered.length, left };
}

describe.skipIf(!built)('asked to end in the middle of a run', () => {
  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 0],
  ] as const)(
    '%s: ends with %i, leaves no file and no process, and what is finished is offered',
    async (signal, code) => {
      // prettier-ignore
      const path = folder();
      const { server, engine } = await busy(path);
      expect(await server.end(signal)).toBe(code);
      expect(scratches(path)).toEqual([]);
      await expect.poll(() => runs(engine)).toBe(false);
      expect((await offered(path)).runs).toBe(1);
    },
  );

  it('killed: the engine ends by itself, and the next server clears away and offers what was finished', async () => {
    // prettier-ignore
    const path = folder();
    const { server, page, engine } = await busy(path);
    page.socket.on('error', () => undefined);
    expect(await server.end('SIGKILL')).toBe('SIGKILL');
    await expect.poll(() => runs(engine)).toBe(false);
    const [dead] = scratches(path);
    const { runs: found, left } = await offered(path);
    expect(found).toBe(1);
    expect(left).toHaveLength(1);
    expect(left).not.toContain(dead);
  });

  it('asked a second time it ends at once, and the next server clears away', async () => {
    const path = folder();
    const { server, engine } = await busy(path);
    process.kill(engine, 'SIGSTOP'); // it answers nothing: the server waits for it
    const ended = server.end('SIGTERM');
    await expect.poll(() => server.accepts()).toBe(false);
    expect(await server.end('SIGTERM')).toBe(143);
    expect(await ended).toBe(143);
    process.kill(engine, 'SIGCONT');
    await expect.poll(() => runs(engine)).toBe(false);
    expect((await offered(path)).runs).toBe(1);
  });
});

describe.skipIf(!built)('folders of other servers', () => {
  it('of one that runs, of somebody unknown and by a link: they stay', async () => {
    const path = folder();
    const first = await TestServer.program(path);
    const [own] = scratches(path);
    mkdirSync(join(path, 'mho-serve-unknown'));
    mkdirSync(join(path, 'mho-serve-damaged'));
    writeFileSync(join(path, 'mho-serve-damaged', 'owner.json'), '{"pid":"all"}');
    mkdirSync(join(path, 'mho-serve-dead'));
    writeFileSync(join(path, 'mho-serve-dead', 'owner.json'), JSON.stringify({ pid: 2 ** 22 + 1, began: null }));
    const second = await TestServer.program(path);
    expect(scratches(path)).toEqual(expect.arrayContaining([own, 'mho-serve-unknown', 'mho-serve-damaged']));
    expect(scratches(path)).not.toContain('mho-serve-dead');
    expect(await second.end('SIGINT')).toBe(0);
    expect(scratches(path)).toContain(own);
    expect(await first.end('SIGINT')).toBe(0);
    expect(scratches(path).sort()).toEqual(['mho-serve-damaged', 'mho-serve-unknown']);
  });
});

describe.skipIf(!built)('a temporary folder that cannot be used', () => {
  const serve = (TMPDIR: string) =>
    spawnSync(process.execPath, [resolve('scripts/mho.mjs'), 'serve'], {
      env: { ...process.env, TMPDIR, XDG_STATE_HOME: folder() },
      encoding: 'utf8',
      timeout: 120_000,
    });

  it.each([
    ['is not there', () => join(folder(), 'gone'), /no such file or directory/],
    ['is a file', () => resolve('package.json'), /not a directory/],
    ['cannot be written to', () => '/proc', /no such file or directory|permission denied|not permitted/], // also for root
  ])('one that %s: a sentence, and what to do', (_what, made, reason) => {
    const path = made();
    const { status, stdout, stderr } = serve(path);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^SERVER_FOLDER: [^\n]* Set TMPDIR to a folder that can be written to\.\n$/);
    expect(stderr).toContain(path);
    expect(stderr.toLowerCase()).toMatch(reason);
  });
});
