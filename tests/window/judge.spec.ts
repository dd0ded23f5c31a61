/** Methods judged in the window: asked, cancelled, looked at, judged again with another replacement, saved, reported, opened again. */
import { expect, test, type Page } from '@playwright/test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Judgement } from '../../src/contract/judgement';
import { answerDialogs, forget, keepFaults, launch, newFolder, type Studio } from './studio';

test.describe.configure({ mode: 'serial', timeout: 240_000 });

let studio: Studio;
let page: Page;
let folder: string;
const faults: string[] = [];
/** Slow machines judge slowly, too. */
const LONG = { timeout: 120_000 };
const judge = () => page.getByRole('button', { name: 'Judge', exact: true });
const region = () => page.getByRole('region', { name: 'Judgement of methods' });
const methods = () => page.getByRole('region', { name: 'Table of methods' });
const which = () => page.getByRole('combobox', { name: 'Which judgement' });
const setUp = () => page.getByRole('region', { name: 'What is judged' });
const listen = () => {
  keepFaults(page, faults);
};
const ready = () => expect(page.getByRole('button', { name: 'Run', exact: true }).first()).toBeEnabled(LONG);
const judgements = async () => (await studio.get('present', {}))!.judgements.map(({ judgement }) => judgement);

test.beforeAll(async () => {
  folder = newFolder();
  studio = await launch(['--sample', 'digits']);
  page = studio.page;
  listen();
});
test.afterAll(async () => {
  await studio.close();
  forget(studio.userData);
  forget(folder);
});

test('before anything was run: what it takes is said, and its verdict comes first', async () => {
  await ready();
  await page.keyboard.press('7');
  await expect(region()).toBeVisible(LONG);
  for (const example of [1, 2, 3])
    await page
      .getByRole('region', { name: 'Input', exact: true })
      .getByRole('button', { name: new RegExp(`^Example ${example}\\b`) })
      .click({ modifiers: ['Control'] });
  await expect(setUp()).toContainText(/forward passes/, LONG);
  await expect(setUp()).toContainText('On the 3 examples');
  await page.getByRole('checkbox', { name: 'Random' }).uncheck();
  await page.getByRole('combobox', { name: 'layers' }).selectOption('chosen');
  await expect(judge()).toBeDisabled();
  await setUp().getByRole('checkbox', { name: 'block_relu' }).check();
  await setUp().getByRole('checkbox', { name: 'hidden' }).check();
  await judge().click();
  await expect(methods()).toBeVisible(LONG);
  await ready();
  const [made] = await judgements();
  expect(made!.examples).toHaveLength(3);
  expect(made!.layers.map(({ name }) => name)).toEqual(['block_relu', 'hidden']);
  expect(made!.summaries.map(({ method }) => method)).toEqual(['nig', 'rescale', 'gradient-difference', 'activation-difference']); // prettier-ignore
  await expect(region().locator('.verdict .lead')).toContainText('Spearman');
  await expect(region()).toContainText('F is additive over the units of hidden');
  await expect(page.getByRole('tab', { name: /^hidden/ })).toContainText('judges nothing');
  for (const { method, spearman } of made!.summaries) {
    const row = methods()
      .getByRole('row')
      .nth(made!.summaries.findIndex((each) => each.method === method) + 1);
    await expect(row).toContainText(spearman.mean!.mean.toFixed(2).replace('-', '−'));
  }
});

test('which way is better stands in the heads and below, not in hints alone', async () => {
  await expect(methods().getByRole('columnheader', { name: 'class changes ↓' })).toBeVisible();
  await expect(region()).toContainText('↑ higher is better, ↓ lower is better');
  for (const name of ['Comprehensiveness', 'Sufficiency', 'Insertion', 'Drop', 'Restore'])
    await expect(page.getByRole('region', { name: 'What the measures mean' }).getByText(name, { exact: true })).toHaveCount(1); // prettier-ignore
});

test('by keys: the layers’ tabs, and the units that a score misses, selected everywhere', async () => {
  await page.getByRole('tab', { name: /^block_relu/ }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('tab', { name: /^hidden/ })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByRole('tab', { name: /^block_relu/ })).toBeFocused();
  const unit = page
    .getByRole('list', { name: /^Units whose place/ })
    .getByRole('button')
    .first();
  await unit.focus();
  await page.keyboard.press('Enter');
  await expect(unit).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByRole('img', { name: /^Scores by NIG against what units of block_relu did/ })).toBeVisible();
  await page.getByRole('combobox', { name: 'Method of the scatter' }).selectOption('rescale');
  await expect(page.getByRole('img', { name: /^Scores by Rescale/ })).toHaveAttribute('aria-busy', 'false', LONG);
});

test('is copied whole, and as cells', async () => {
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Copy as JSON' }).click();
  const clipboard = () => studio.app.evaluate(({ clipboard: own }) => own.readText());
  const [made] = await judgements();
  await expect.poll(async () => (JSON.parse(await clipboard()) as Judgement).created).toBe(made!.created);
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Copy as TSV' }).click();
  await expect.poll(clipboard).toMatch(/^method\tSpearman of mean\t/);
});

test('judged again with the mean, both stand side by side; the one before can be shown', async () => {
  await page.getByRole('button', { name: /^Judge again with their mean/ }).click();
  await expect(page.getByRole('combobox', { name: 'units become' })).toBeFocused();
  await expect(page.getByRole('combobox', { name: 'units become' })).toHaveValue('mean');
  await judge().click();
  await expect(which()).toBeVisible(LONG);
  await ready();
  expect((await judgements()).map(({ to }) => to.kind)).toEqual(['baseline', 'mean']);
  await expect(page.getByRole('table', { name: 'Methods with both replacements' })).toContainText('NIG');
  await expect(page.getByRole('table', { name: 'What units do with both replacements' })).toContainText('block_relu');
  const first = await which().locator('option').first().getAttribute('value');
  await which().selectOption(first);
  await expect(region().locator('.verdict')).toContainText('units became their value at the baseline');
});

test('one that is removed can be had back', async () => {
  await page.getByRole('toolbar', { name: 'Judgement' }).getByRole('button', { name: 'Remove' }).click();
  await expect(which()).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await expect(which()).toBeVisible();
});

test('cancelled before a layer is done, it leaves what is there', async () => {
  const before = (await judgements()).length;
  await page.getByRole('button', { name: 'Judge again…' }).click();
  await page.getByRole('combobox', { name: 'layers' }).selectOption('some');
  await setUp().getByRole('checkbox', { name: 'Internal influence' }).check();
  await judge().click();
  await setUp().getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText(/^Cancelled\./).first()).toBeVisible(LONG);
  await ready();
  const after = await judgements();
  // However quick the machine: nothing, or the layers that were done by then.
  expect(after.length - before).toBeLessThanOrEqual(1);
  if (after.length > before) expect(after.at(-1)!.complete).toBe(false);
});

test('is a page of the report, which runs no script but its own', async () => {
  const file = join(folder, 'report.html');
  await answerDialogs(studio.app, { save: file, unsaved: 1 });
  await page.getByRole('button', { name: 'Report' }).click();
  await expect.poll(() => existsSync(file), LONG).toBe(true);
  const text = readFileSync(file, 'utf8');
  for (const part of [
    '<h2>Methods judged by knock-outs</h2>',
    'block_relu',
    'Comprehensiveness',
    'believe neither alone',
  ])
    expect(text, part).toContain(part);
  expect(text.match(/<script/g)).toHaveLength(1);
  expect(text.replace(/<script>.*<\/script>/s, '')).not.toMatch(/NaN|undefined|\[object/);
});

test('comes back with its session, though nothing was run', async () => {
  const file = join(folder, 'judged.mho');
  const kept = await judgements();
  await answerDialogs(studio.app, { save: file, open: file, unsaved: 1 });
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect.poll(async () => (await studio.get('document', {})).dirty, LONG).toBe(false);
  await studio.close();
  forget(studio.userData);
  studio = await launch([file]);
  page = studio.page;
  listen();
  await expect.poll(async () => (await studio.get('document', {})).judgements, LONG).toBe(kept.length);
  expect(await judgements()).toEqual(kept);
  await page.keyboard.press('7');
  await expect(methods()).toBeVisible(LONG);
  expect(faults).toEqual([]);
});
