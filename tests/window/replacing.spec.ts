/** What replaces what: prompts where something would be lost and nowhere else, undo, saves that fail, running again. */
import { expect, test } from '@playwright/test';
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import {
  answerDialogs,
  attach,
  forget,
  launch,
  newFolder,
  openDigits,
  runToEnd,
  shownMessages,
  type Studio,
} from './studio';

let folder: string;
let studio: Studio;
test.beforeEach(() => {
  folder = newFolder();
});
test.afterEach(async () => {
  await studio.close();
  forget(studio.userData);
  forget(folder);
});

const runSample = async (sample: string): Promise<void> => {
  studio = await launch(['--sample', sample]);
  await studio.page.getByRole('button', { name: 'Run', exact: true }).first().click({ timeout: 20_000 });
  await expect(studio.page.locator('.headline button')).toBeVisible({ timeout: 30_000 });
  await expect.poll(async () => (await studio.get('document', {})).runs).toBeGreaterThan(1);
  await expect(studio.page.getByRole('button', { name: 'Cancel' })).toHaveCount(0, { timeout: 20_000 }); // all of them are there
};
const openSample = async (title: string): Promise<void> => {
  await studio.page.getByRole('button', { name: 'Open', exact: true }).click();
  await studio.page.getByRole('menuitem', { name: title }).click();
};

test('the same model opened again asks nothing and keeps its runs', async () => {
  await runSample('digits');
  await answerDialogs(studio.app, { unsaved: 2 });
  await openSample('Handwritten digits');
  await expect(studio.page.locator('.headline button')).toBeVisible();
  expect(await shownMessages(studio.app)).toEqual([]);
  expect((await studio.get('document', {})).runs).toBe(2);
});

test('another model: asked; Cancel keeps it without a fault; given up it comes back by Undo, or never', async () => {
  await runSample('digits');
  const { page, app, userData } = studio;
  await answerDialogs(app, { unsaved: 2 });
  await openSample('DNA motifs');
  await expect.poll(() => shownMessages(app)).toEqual(['Save the session of Handwritten digits?']);
  await expect(page.locator('.headline')).toContainText('owes most to');
  await expect(page.locator('.message.fault')).toHaveCount(0);

  await answerDialogs(app, { unsaved: 1 });
  await openSample('DNA motifs');
  await expect(page.getByText('Handwritten digits was closed, with 2 runs.')).toBeVisible({ timeout: 15_000 });
  await expect(page.getByRole('heading', { name: 'DNA motifs' })).toBeVisible();
  await expect(page.getByRole('list', { name: 'Runs' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('heading', { name: 'Handwritten digits' })).toBeVisible();
  await expect(page.locator('.headline')).toContainText('owes most to');
  // taken back, it can be run again as it was
  await page.getByRole('button', { name: 'Run', exact: true }).first().click();
  await expect.poll(async () => (await studio.get('document', {})).runs, { timeout: 20_000 }).toBe(4);
  await expect(page.getByRole('button', { name: 'Cancel' })).toHaveCount(0); // the window has heard of both

  await openSample('DNA motifs');
  await expect(page.getByText('Handwritten digits was closed, with 4 runs.')).toBeVisible({ timeout: 15_000 });
  await studio.close();
  studio = await launch([], userData);
  expect(await studio.get('recoveryList', {})).toEqual([]);
});

test('an autosave that fails says why and what to do, and that does it', async () => {
  await runSample('digits');
  const { page, app } = studio;
  mkdirSync(join(folder, 'gone'));
  await answerDialogs(app, { save: join(folder, 'gone', 'session.mho') });
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('Saved.')).toBeVisible();
  await studio.get('changeSettings', { autosave: true });
  rmSync(join(folder, 'gone'), { recursive: true });
  await page.getByRole('button', { name: 'Run', exact: true }).first().click();
  const fault = page.locator('.message.fault');
  await expect(fault).toContainText('its folder does not exist', { timeout: 20_000 });
  await expect(fault).toContainText('Choose another folder');
  await answerDialogs(app, { save: join(folder, 'elsewhere.mho') });
  await fault.getByRole('button', { name: 'Save As…' }).click();
  await expect.poll(() => existsSync(join(folder, 'elsewhere.mho'))).toBe(true);
  await expect(fault).toHaveCount(0);
  expect((await studio.get('document', {})).dirty).toBe(false);
});

test('a saved session opened by its file: labels, data and question are back, and it runs again', async () => {
  await runSample('motifs');
  const path = join(folder, 'motifs.mho');
  await answerDialogs(studio.app, { save: path });
  expect(await studio.get('saveSessionAs', {})).toBe(true);
  const { userData } = studio;
  await studio.close();
  studio = await launch([path], userData);
  const { page } = studio;
  await expect(page.locator('.headline')).toContainText('bound', { timeout: 20_000 });
  await expect(page.getByRole('checkbox', { name: /genomics default/ })).toBeChecked();
  await page.getByRole('button', { name: 'Run', exact: true }).first().click();
  await expect.poll(async () => (await studio.get('document', {})).runs, { timeout: 20_000 }).toBe(6);
  const runs = await studio.get('runList', {});
  const first = runs.find(({ result }) => result.method === 'rescale')!;
  const again = runs.findLast(({ result }) => result.method === 'rescale')!;
  expect(again.run).not.toBe(first.run);
  expect(Object.values(again.result.delta)[0]).toBeCloseTo(Object.values(first.result.delta)[0]!, 4);
  // the welcome of the next start knows it
  expect((await studio.get('recentList', {})).map(({ name }) => name)).toContain('motifs.mho');
});

test('what a crash left: discarded and taken back in the same dialog', async () => {
  await runSample('digits');
  const { app, userData } = studio;
  const gone = new Promise((resolve) => app.process().once('exit', resolve));
  app.process().kill('SIGKILL');
  await gone;
  studio = await launch([], userData);
  const dialog = studio.page.getByRole('dialog', { name: 'Runs from last time' });
  await dialog.getByRole('button', { name: 'Discard' }).click();
  await expect(dialog).toContainText('Discarded');
  expect(await studio.get('recoveryList', {})).toEqual([]);
  await dialog.getByRole('button', { name: 'Undo' }).click();
  await dialog.getByRole('button', { name: 'Open', exact: true }).click();
  await expect(studio.page.locator('.headline')).toContainText('owes most to');
});

test('two windows cannot meet in one file by way of a link', async () => {
  studio = await launch();
  mkdirSync(join(folder, 'real'));
  symlinkSync(join(folder, 'real'), join(folder, 'link'));
  await runToEnd(studio, await openDigits(studio));
  await answerDialogs(studio.app, { save: join(folder, 'link', 'one.mho') });
  expect(await studio.get('saveSessionAs', {})).toBe(true);
  const opening = studio.app.waitForEvent('window');
  await studio.get('newWindow', { here: false });
  const second = await attach(studio.app, await opening, studio.userData);
  await second.page.waitForLoadState();
  await runToEnd(second, await openDigits(second));
  await answerDialogs(second.app, { save: join(folder, 'real', 'one.mho') });
  expect(await second.ask('saveSessionAs', {})).toMatchObject({ ok: false, fault: { code: 'SESSION_OPEN_ELSEWHERE' } });
});
