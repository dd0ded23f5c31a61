/** Baselines that are made of the data: chosen, seen with their own predictions, run, named and taken back. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test, type Page } from '@playwright/test';
import { forget, keepFaults, launch, type Studio } from './studio';

const axe = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');

test.describe.configure({ mode: 'serial' });

let studio: Studio;
let page: Page;
const faults: string[] = [];
const section = () => page.getByRole('region', { name: 'Compared with' });
const kind = () => section().getByRole('combobox', { name: 'Made of the data' });
const references = () => section().locator('[data-references]');

test.beforeAll(async () => {
  studio = await launch(['--sample', 'digits']);
  page = studio.page;
  keepFaults(page, faults);
});
test.afterAll(async () => {
  await studio.close();
  forget(studio.userData);
});

test('each kind is seen with what the model says at it', async () => {
  await kind().selectOption('mean');
  await expect(references()).toHaveAttribute('data-references', '1');
  await expect(section()).toContainText('the mean of each channel over all examples');
  await expect(references().getByRole('img')).toHaveCount(1);
  await expect(section().getByText(/^predicts/)).toBeVisible();
  await kind().selectOption('blur');
  await expect(section()).toContainText('blurred by a Gaussian of sigma 1');
  await section().getByRole('spinbutton', { name: 'sigma' }).fill('2.5');
  await section().getByRole('spinbutton', { name: 'sigma' }).press('Tab');
  await expect(section()).toContainText('sigma 2.5');
  await kind().selectOption('examples');
  await expect(section()).toContainText('examples');
});

test('several references: the first few, their predictions and how these spread; the same seed is the same', async () => {
  await kind().selectOption('shuffle');
  await expect(references()).toHaveAttribute('data-references', '4');
  await expect(references().getByRole('img')).toHaveCount(4);
  await expect(references()).toContainText('4 references:');
  await section().getByRole('spinbutton', { name: 'references' }).fill('12');
  await section().getByRole('spinbutton', { name: 'references' }).press('Tab');
  await expect(references()).toContainText('The first 8 of 12 references:');
  const first = await references().innerText();
  await section().getByRole('spinbutton', { name: 'seed' }).fill('5');
  await section().getByRole('spinbutton', { name: 'seed' }).press('Tab');
  await expect(references()).toContainText('seed 5');
  await expect.poll(() => references().innerText()).not.toBe(first);
  await section().getByRole('spinbutton', { name: 'seed' }).fill('0');
  await section().getByRole('spinbutton', { name: 'seed' }).press('Tab');
  await expect.poll(() => references().innerText()).toBe(first);
});

test('a run says what it was compared with, and is told from another seed’s', async () => {
  const run = async () => {
    await page.getByRole('button', { name: 'Run', exact: true }).first().click();
    await expect(page.getByRole('button', { name: 'Run', exact: true }).first()).toBeEnabled({ timeout: 60_000 });
  };
  for (const count of ['2', '3']) {
    await section().getByRole('spinbutton', { name: 'references' }).fill(count);
    await section().getByRole('spinbutton', { name: 'references' }).press('Tab');
    await run();
  }
  const runs = page.getByRole('list', { name: 'Runs' });
  await expect(runs).toContainText('shuffle 0, 2 references');
  await expect(runs).toContainText('shuffle 0, 3 references');
});

test('it is taken back as any change is, and a constant takes its place', async () => {
  await section().getByRole('button', { name: 'Constant' }).click();
  await expect(section().getByRole('spinbutton', { name: 'every value' })).toBeVisible();
  await expect(references()).toHaveCount(0);
  await section().getByRole('heading').click(); // while one types, undo is the field's own
  await page.keyboard.press('Control+z');
  await expect(kind()).toHaveValue('shuffle');
  await expect(references()).toHaveAttribute('data-references', '3');
  expect(faults).toEqual([]);
});

test('how much it matters: the same target under several, side by side, whose signs depend on it marked, nothing displaced', async () => {
  await section().getByRole('button', { name: 'How much does it matter?' }).click();
  const dialog = page.getByRole('dialog', { name: 'How much does the baseline matter?' });
  await dialog.getByRole('checkbox', { name: 'blur' }).uncheck();
  await dialog.getByRole('button', { name: 'Run', exact: true }).click();
  const baselines = dialog.getByRole('table', { name: 'Baselines' });
  await expect(baselines.getByRole('row')).toHaveCount(6, { timeout: 120_000 }); // a head, and those that were not left out
  await expect(dialog).toContainText(
    /Of the \d+ first units under .* stays? among the first \d+ under every baseline; .*\./,
  );
  const units = dialog.getByRole('table', { name: 'Units under each baseline' });
  await expect(units.getByRole('row').nth(1).getByRole('cell')).toHaveCount(8);
  await dialog.getByRole('combobox', { name: 'Layer' }).selectOption({ index: 1 });
  await expect(units.getByRole('row').nth(1)).toContainText('#');
  await dialog.getByRole('button', { name: 'Copy' }).click();
  await page.getByRole('menuitem', { name: /^Copy as TSV/ }).click();
  await expect
    .poll(() => studio.app.evaluate(({ clipboard }) => clipboard.readText()))
    .toMatch(/^layer\tunit\t.*\tbest rank\tworst rank\tsign depends\n/);
  await page.evaluate(axe);
  expect(await page.evaluate<string[]>(`axe.run().then(({ violations }) => violations.map(({ id }) => id))`)).toEqual(
    [],
  );
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole('list', { name: 'Runs' })).toContainText('shuffle 0, 3 references');
  expect(faults).toEqual([]);
});

test('of several references each one’s contribution stands in the unit’s detail', async () => {
  await page.getByRole('row').filter({ hasText: '#' }).first().click();
  const each = page.getByRole('figure', { name: 'By reference' });
  await expect(each).toContainText('Against 3 references:');
  await expect(each.getByRole('listitem')).toHaveCount(3);
});
