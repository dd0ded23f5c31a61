/**
 * `npm start` and `mho studio`, typed as a user types them. One thing is put in their place: the Electron that they start, by
 * the variable that the npm package electron reads, so that these run where Electron's own host cannot be reached; and that
 * one listens for the test. Everything else, set-up included, is what a user gets.
 */
import { expect, test } from '@playwright/test';
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { forget, launch, newFolder, openDigits, answerDialogs, root, runToEnd } from './studio';

test.setTimeout(180_000);

let folder: string;
let port: number;
let child: ChildProcess | null = null;
let said = '';

test.beforeEach(async () => {
  folder = newFolder();
  said = '';
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
  await new Promise((resolve) => server.close(resolve));
  mkdirSync(join(folder, 'dist'));
  const program = join(folder, 'dist/electron');
  writeFileSync(
    program,
    `#!/bin/sh\nexec '${process.env['MHO_TEST_ELECTRON']!}' --disable-gpu --remote-debugging-port=${port} "$@"\n`,
  );
  chmodSync(program, 0o755);
});
test.afterEach(async () => {
  if (child && child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((resolve) => child!.once('close', resolve));
    process.kill(-child.pid!, 'SIGTERM');
    await ended;
  }
  child = null;
  forget(folder);
});

/** Starts a command in a process group of its own. */
function start(program: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  child = spawn(program, words, {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ELECTRON_OVERRIDE_DIST_PATH: join(folder, 'dist'), XDG_CONFIG_HOME: folder, ...env },
  });
  child.stdout!.on('data', (text: Buffer) => (said += text.toString()));
  child.stderr!.on('data', (text: Buffer) => (said += text.toString()));
  return child;
}

/** Evaluates in the window that came up, by the protocol of Chromium's own tools; null while there is none. */
async function inWindow(script: string): Promise<unknown> {
  const pages = await fetch(`http://127.0.0.1:${port}/json/list`).then(
    (answer) => answer.json() as Promise<{ url: string; webSocketDebuggerUrl: string }[]>,
    () => [],
  );
  const page = pages.find(({ url }) => url === 'mho://studio/index.html');
  if (!page) return null;
  const socket = new WebSocket(page.webSocketDebuggerUrl);
  try {
    return await new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.on('open', () =>
        socket.send(
          JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: script, returnByValue: true } }),
        ),
      );
      socket.on('message', (data: Buffer) => {
        const { id, result } = JSON.parse(data.toString()) as { id: number; result: { result: { value: unknown } } };
        if (id === 1) resolve(result.result.value);
      });
    });
  } finally {
    socket.close();
  }
}
/** Waits until the window shows a text. */
const shows = (text: string | RegExp) =>
  expect
    .poll(() => inWindow('document.body.innerText'), { timeout: 60_000, message: said })
    .toEqual(typeof text === 'string' ? expect.stringContaining(text) : expect.stringMatching(text));
const press = (name: string) =>
  inWindow(`[...document.querySelectorAll('button')].find(({ innerText }) => innerText.trim() === '${name}').click()`);

test('npm start opens the window on the sample; one press, and there is a first insight', async () => {
  start('npm', ['start']);
  await shows('Handwritten digits');
  await shows('stem_conv');
  await expect
    .poll(
      () =>
        inWindow(
          `[...document.querySelectorAll('button')].some(({ innerText, disabled }) => innerText.trim() === 'Run' && !disabled)`,
        ),
      { timeout: 30_000 },
    )
    .toBe(true);
  await press('Run');
  await shows('owes most to');
});

test('npm start without a display runs the sample in the terminal', async () => {
  const ended = new Promise<number | null>((resolve) =>
    start('npm', ['start'], { DISPLAY: '', WAYLAND_DISPLAY: '' }).once('close', resolve),
  );
  expect(await ended, said).toBe(0);
  expect(said).toMatch(/Top units by nig/);
});

test('mho studio MODEL opens that model', async () => {
  mkdirSync(join(folder, 'my model'));
  copyFileSync(join(root, 'resources/samples/motifs/model.keras'), join(folder, 'my model', 'net.keras'));
  start(process.execPath, ['scripts/mho.mjs', 'studio', join(folder, 'my model')]);
  await shows('combine');
});

test('mho studio FILE.mho opens that session, with its runs', async () => {
  const path = join(folder, 'a session.mho');
  const studio = await launch();
  await runToEnd(studio, await openDigits(studio));
  await answerDialogs(studio.app, { save: path });
  await studio.get('saveSessionAs', {});
  await studio.close();
  forget(studio.userData);
  start(process.execPath, ['scripts/mho.mjs', 'studio', path]);
  await shows('owes most to');
  await shows('Rescale');
});

test('mho studio without a display says what to do instead', async () => {
  const ended = new Promise<number | null>((resolve) =>
    start(process.execPath, ['scripts/mho.mjs', 'studio'], { DISPLAY: '', WAYLAND_DISPLAY: '' }).once('close', resolve),
  );
  expect(await ended).toBe(1);
  expect(said).toContain('mho serve');
});
