/** Baselines that are made of the data: chosen, seen with their own predictions, run, named and taken back. */
import { expect, test, type Page } from '@playwright/test';
import { forget, launch, type Studio } from './studio';

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
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(error.message));
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
