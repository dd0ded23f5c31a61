/** Many examples: choosing them, their table, units against examples, one that is changed. */
import { expect, test, type Page } from '@playwright/test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npyBytes, npyHeader } from '../../src/main/engine/data/npy';
import { answerDialogs, forget, keepFaults, launch, newFolder, type Studio } from './studio';
import { genomics } from './ownModels';

test.describe.configure({ mode: 'serial' });

let studio: Studio;
let page: Page;
let folder: string;
const faults: string[] = [];
const section = (name: string) => page.getByRole('region', { name, exact: true });
const thumbs = () => section('Input').getByRole('button', { name: /^Example \d/ });
const thumb = (example: number) =>
  section('Input').getByRole('button', { name: new RegExp(`^Example ${example}(,|$)`) });
const chosen = () => section('Input').getByText(/^\d+ of \d+ examples?/);

async function begin(words: string[]): Promise<void> {
  studio = await launch(words);
  page = studio.page;
  keepFaults(page, faults);
}
async function finished(): Promise<void> {
  await expect(page.getByRole('progressbar', { name: 'Run' })).toHaveCount(0, { timeout: 60_000 });
}

test.beforeAll(async () => {
  folder = newFolder();
  await begin(['--sample', 'digits']);
  await expect(thumbs()).toHaveCount(8);
});
test.afterAll(async () => {
  await studio.close();
  forget(studio.userData);
  forget(folder);
});

test('Shift takes a range, Ctrl one more, Ctrl+A all, a click one', async () => {
  await thumb(0).click();
  await thumb(5).click({ modifiers: ['Shift'] });
  await expect(chosen()).toContainText('6 of 8');
  await thumb(7).click({ modifiers: ['Control'] });
  await expect(chosen()).toContainText('7 of 8');
  await thumb(3).click();
  await expect(chosen()).toContainText('1 of 8');
  await page.keyboard.press('Control+a');
  await expect(chosen()).toContainText('8 of 8');
  await thumb(0).click();
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('Shift+ArrowRight');
  await expect(chosen()).toContainText('3 of 8');
  await expect(thumb(2)).toBeFocused();
});

test('by class and by what is sought, with what the model says', async () => {
  const seek = section('Input').getByLabel('Seek examples');
  await seek.fill('2-4');
  await expect(thumbs()).toHaveCount(3);
  await seek.fill('right');
  await expect(section('Input').getByText(/^Predicted/)).toHaveCount(0, { timeout: 30_000 });
  const right = await thumbs().count();
  await seek.fill('wrong');
  await expect(thumbs()).toHaveCount(8 - right);
  await seek.fill('');
  await expect(thumbs()).toHaveCount(8);
  await section('Input').getByRole('button', { name: 'Choose examples' }).click();
  await page.getByRole('menuitem', { name: 'All', exact: false }).first().click();
  await expect(chosen()).toContainText('8 of 8');
});

test('one that was not run says so and is run; what was run stays', async () => {
  await thumb(0).click();
  await page.getByRole('button', { name: 'Run', exact: true }).first().click();
  await finished();
  await expect(page.locator('.headline')).toBeVisible();
  await thumb(4).click();
  await expect(page.getByText('Example 4 was not run')).toBeVisible();
  await expect(page.getByRole('tab', { name: 'Ranking' })).toBeVisible();
  await expect(page.getByText(/The model says/)).toBeVisible();
  await page.getByRole('button', { name: 'Run this example' }).click();
  await finished();
  await expect(page.locator('.headline')).toBeVisible();
  await thumb(0).click();
  await expect(page.getByText('Example 0 was not run')).toHaveCount(0);
  await expect(page.locator('.headline')).toBeVisible();
});

test('a table of all: prediction, truth, and what each run came to; rows are run from there', async () => {
  await section('Input').getByRole('button', { name: 'Table of examples' }).click();
  const table = page.getByRole('grid', { name: 'Examples' });
  const row = (example: number) => table.locator(`#example-row-${example}`);
  await expect(table.locator('[role=row]')).toHaveCount(9);
  await expect(row(0)).not.toContainText('…');
  await expect(row(2)).toContainText('not run');
  await row(2).getByRole('button', { name: 'Run example 2' }).click();
  await finished();
  await expect(row(2).getByRole('button')).toHaveCount(0);
  await table.getByRole('button', { name: /^value/ }).click();
  await expect(table.getByRole('columnheader', { name: /^value/ })).toHaveAttribute('aria-sort', 'descending');
  await table.focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await expect(table.locator('[role=row].selected')).toHaveAttribute('aria-rowindex', '3');
});

test('units against examples: a class against the others, cells by keys, units and examples selected', async () => {
  await page.getByRole('button', { name: 'Units × examples' }).click();
  const matrix = page.getByRole('application', { name: /^Units × examples/ });
  await expect(matrix).toBeVisible();
  await expect(page.getByText(/examples by .*largest\s+of/)).toBeVisible();
  await page.getByLabel('Class', { exact: true }).selectOption({ index: 1 });
  await expect(page.getByLabel('Rows by')).toHaveValue('class');
  await matrix.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(matrix.locator('.row.selected')).toHaveCount(1);
  await page.getByLabel('Columns by').selectOption('likeness');
  await page.getByLabel('Rows by').selectOption('likeness');
  await expect(matrix.locator('.row').first()).toBeVisible();
});

test('what if: a patch is filled, predicted beside the original, run, compared, undone', async () => {
  await section('Input')
    .getByRole('button', { name: /^Change example/ })
    .click();
  const outcome = page.getByRole('region', { name: 'What the model says of it' });
  await expect(outcome.getByText('Nothing is changed yet')).toBeVisible();
  await page.getByLabel('to row').fill('5');
  await page.getByLabel('to column').fill('5');
  await page.getByLabel('filled with').selectOption({ label: 'its mean' });
  await page.getByRole('button', { name: 'Fill the patch' }).click();
  await expect(outcome.getByText('patch rows 0 to 5, columns 0 to 5 → its mean')).toBeVisible();
  await expect(outcome.locator('tbody tr').first().locator('td').nth(2)).toHaveText(/^[+−0]/);
  await outcome.getByRole('button', { name: 'Run and compare with the original' }).click();
  await expect(page.getByRole('tab', { name: 'Compare' })).toHaveAttribute('aria-selected', 'true', {
    timeout: 60_000,
  });
  await expect(page.getByText(/^Different inputs: .*edited: patch rows 0 to 5/)).toBeVisible();
  await section('Input')
    .getByRole('button', { name: /^Change example/ })
    .click();
  await outcome.getByRole('button', { name: 'Undo', exact: true }).click();
  await expect(outcome.getByText('Nothing is changed yet')).toBeVisible();
});

test('nothing was reported to the console', () => {
  expect(faults).toEqual([]);
});

test('hundreds of sequences: those that are seen are drawn, every one can be reached, each as a strip', async () => {
  const { model } = genomics(folder);
  const count = 300;
  const values = new Float32Array(count * 400 * 4);
  for (let at = 0; at < count * 400; at++) values[at * 4 + ((at * 7 + Math.floor(at / 400)) % 4)] = 1;
  const many = join(folder, 'many.npy');
  writeFileSync(many, Buffer.concat([npyHeader([count, 400, 4]), npyBytes(values)]));
  await studio.close();
  await begin([model]);
  await answerDialogs(studio.app, { open: many });
  await section('Input').locator('header').getByRole('button').click({ timeout: 30_000 });
  await expect(chosen()).toContainText('of 300 examples', { timeout: 30_000 });
  expect(await thumbs().count()).toBeLessThan(40);
  await thumb(0).click();
  await page.keyboard.press('End');
  await expect(thumb(299)).toBeFocused();
  await expect(thumb(299).locator('canvas')).toBeVisible();
  const { height } = (await thumb(299).boundingBox())!;
  expect(height).toBeLessThan(50);
  await page.keyboard.press('Control+a');
  await expect(chosen()).toContainText('300 of 300');
  expect(faults).toEqual([]);
});
