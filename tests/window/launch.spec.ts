/** Starting: on the sample, on files, a second time; the first minute of somebody who has read nothing. */
import { expect, test } from '@playwright/test';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { answerDialogs, attach, forget, launch, newFolder, root, type Studio } from './studio';

let folder: string;
let studio: Studio | null = null;
test.beforeEach(() => {
  folder = newFolder();
});
test.afterEach(async () => {
  await studio?.close();
  if (studio) forget(studio.userData);
  studio = null;
  forget(folder);
});

test('from start to a first ranking of the sample in under a minute, by one click', async () => {
  const began = Date.now();
  studio = await launch(['--sample', 'digits']);
  const { page } = studio;
  const broken: string[] = [];
  page.on('console', (message) => message.type() === 'error' && broken.push(message.text()));
  page.on('pageerror', (error) => broken.push(error.message));
  await page.getByRole('button', { name: 'Run', exact: true }).first().click({ timeout: 20_000 });
  await expect(page.getByRole('tab', { name: 'Ranking' })).toBeVisible({ timeout: 30_000 });
  expect(Date.now() - began).toBeLessThan(60_000);
  await expect.poll(async () => (await studio!.get('document', {})).runs).toBeGreaterThan(0);
  await expect(page).toHaveTitle(/Mho/);
  expect(broken).toEqual([]);
});

test('opens the model it is given; a name that is not there is a message', async () => {
  mkdirSync(join(folder, 'a model'));
  copyFileSync(join(root, 'resources/samples/motifs/model.keras'), join(folder, 'a model', 'net.keras'));
  studio = await launch([join(folder, 'a model')]);
  await expect.poll(async () => (await studio!.get('document', {})).modelOpen, { timeout: 15_000 }).toBe(true);
  expect((await studio.get('openedModel', {}))!.summary.path).toContain('a model');
  // the document says that it is open before main has the answer, by which it remembers the file
  await expect.poll(async () => (await studio!.get('recentList', {})).map(({ name }) => name)).toEqual(['a model']);
  await answerDialogs(studio.app, { open: join(folder, 'missing.keras') });
  const missing = (await studio.get('chooseFile', { purpose: 'model-file' }))!;
  expect(await studio.ask('openModel', { file: missing.file })).toMatchObject({
    ok: false,
    fault: { code: 'MODEL_NOT_FOUND' },
  });
  expect((await studio.get('document', {})).modelOpen).toBe(true);
});

test('started again with a file: the running program opens it in a window of its own', async () => {
  studio = await launch();
  const opening = studio.app.waitForEvent('window');
  const again = spawn(
    process.env['MHO_TEST_ELECTRON']!,
    [
      '--no-sandbox',
      '--disable-gpu',
      root,
      'resources/samples/motifs/model.keras',
      `--user-data-dir=${studio.userData}`,
    ],
    { cwd: root, stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => again.once('close', resolve));
  const second = await attach(studio.app, await opening, studio.userData);
  await ended;
  await expect.poll(async () => (await second.get('document', {})).modelOpen, { timeout: 15_000 }).toBe(true);
  expect((await second.get('openedModel', {}))!.summary.path).toContain('motifs');
  expect((await studio.get('document', {})).modelOpen).toBe(false);
});

test('a page that is loaded again finds what was open', async () => {
  studio = await launch();
  await studio.get('openSample', { name: 'digits' });
  await studio.page.reload();
  await studio.page.waitForLoadState();
  expect((await studio.get('openedModel', {}))!.summary.name).toBe('digits');
  expect(await studio.get('launch', {})).toEqual({ kind: 'nothing' });
});

test('menu items reach the window; settings outlive a restart', async () => {
  studio = await launch();
  await studio.app.evaluate(({ Menu }) => Menu.getApplicationMenu()!.getMenuItemById('find')!.click());
  await expect.poll(() => studio!.unasked).toContainEqual({ kind: 'command', command: 'find' });
  await studio.get('changeSettings', { theme: 'dark', memoryMB: 512 });
  expect(await studio.app.evaluate(({ nativeTheme }) => nativeTheme.shouldUseDarkColors)).toBe(true);
  const { userData } = studio;
  await studio.close();
  studio = await launch([], userData);
  expect(await studio.get('settings', {})).toMatchObject({ theme: 'dark', memoryMB: 512 });
});

test('an export goes where the save dialog says, and nowhere without it', async () => {
  studio = await launch();
  const bytes = `new TextEncoder().encode('layer,sum')`;
  const ask = (name: string): Promise<{ ok: boolean; value: string | null }> =>
    studio!.page.evaluate(`window.mho.request('exportFile', { name: '${name}', kind: 'csv', bytes: ${bytes} })`);
  await answerDialogs(studio.app, { save: null });
  expect(await ask('units.csv')).toEqual({ ok: true, value: null });
  await answerDialogs(studio.app, { save: join(folder, 'units') });
  expect(await ask('units.csv')).toEqual({ ok: true, value: 'units.csv' });
  await answerDialogs(studio.app, { save: join(folder, 'no', 'units.csv') });
  expect(await ask('units.csv')).toMatchObject({ ok: false, fault: { code: 'FILE_WRITE' } });
});
