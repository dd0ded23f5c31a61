/** Copying from rows, values and pictures: by the pointer and by keys; the clipboard holds what was asked for. */
import { expect, test, type Locator, type Page } from '@playwright/test';
import { forget, launch, type Studio } from './studio';

/** What the Electron of the tests has. */
interface OlderClipboard {
  readImage(): { getSize(): { width: number } };
}
let studio: Studio;
let page: Page;
test.beforeEach(async () => {
  studio = await launch(['--sample', 'digits']);
  ({ page } = studio);
  await expect(page.getByRole('button', { name: 'Run', exact: true }).first()).toBeEnabled({ timeout: 40_000 });
  await page.keyboard.press('Control+Enter');
  await expect(page.locator('.headline')).toContainText('owes most to', { timeout: 40_000 });
  await expect(page.getByRole('button', { name: 'Run', exact: true })).toBeEnabled({ timeout: 40_000 });
});
test.afterEach(async () => {
  await studio.close();
  forget(studio.userData);
});

const clipboard = () => studio.app.evaluate(({ clipboard }) => clipboard.readText());
const menu = () => page.getByRole('menu', { name: 'Actions' });
async function choose(place: Locator, label: string): Promise<string> {
  await studio.app.evaluate(({ clipboard }) => clipboard.clear());
  await place.click({ button: 'right' });
  await menu().getByRole('menuitem', { name: label }).click();
  await expect(menu()).toHaveCount(0);
  await expect.poll(clipboard).not.toBe('');
  return clipboard();
}

test('a row of the ranking is copied as text, TSV, JSON and link, by a right click', async () => {
  const row = page.locator('[data-row]').first();
  expect(await choose(row, 'Copy as text')).toMatch(/^\S+ #\d+: [+−][\d.]+ ± [\d.e−]+ \(NIG/);
  const [head, cells] = (await choose(row, 'Copy as TSV')).split('\n').map((line) => line.split('\t'));
  expect(head!.slice(0, 2)).toEqual(['layer', 'unit']);
  expect(cells).toHaveLength(head!.length);
  expect(Number(cells![2])).not.toBe(0);
  expect(JSON.parse(await choose(row, 'Copy as JSON'))).toMatchObject({ layer: cells![0], unit: Number(cells![1]) });
  expect(await choose(row, 'Copy link')).toMatch(/^mho:\/\/[0-9a-f]+\/.+:\d+$/);
});

test('the same by keys: Shift F10 opens it, Escape gives the focus back, Ctrl C copies the row', async () => {
  const grid = page.getByRole('grid', { name: 'Units by importance' });
  await grid.focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Shift+F10');
  await expect(menu().getByRole('menuitem').first()).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(menu()).toHaveCount(0);
  await expect(grid).toBeFocused();
  await page.keyboard.press('Control+c');
  const selected = page.locator('[data-row][aria-selected=true] .name b');
  await expect.poll(clipboard).toContain(`${await selected.first().innerText()}:`);
});

test('runs, the headline, predictions, sums and differences offer their own', async () => {
  expect(await choose(page.getByRole('list', { name: 'Runs' }).getByRole('listitem').first(), 'Copy as TSV')).toMatch(/^run\tmethod\texample/); // prettier-ignore
  expect(await choose(page.locator('.headline .mark'), 'Copy as text')).toContain('owes most to');
  const prediction = page.getByRole('region', { name: 'Prediction' }).locator('li').first();
  expect(JSON.parse(await choose(prediction, 'Copy as JSON'))).toHaveProperty('at input');
  await page.getByRole('tab', { name: 'Completeness' }).click();
  expect(await choose(page.locator('.completeness tbody tr').first(), 'Copy as JSON')).toContain('"residual"');
  await page.getByRole('tab', { name: 'Compare' }).click();
  expect(await choose(page.locator('h3:text("Biggest movers") + div li').first(), 'Copy as text')).toContain(', rank ');
});

test('the picture of a unit is on the clipboard as a picture, its numbers as a table', async () => {
  const figure = page.getByRole('region', { name: 'Its numbers and pictures' }).locator('figure').first();
  await figure.click({ button: 'right' });
  await menu().getByRole('menuitem', { name: 'Copy picture' }).click();
  const width = () =>
    studio.app.evaluate(({ clipboard }) => (clipboard as unknown as OlderClipboard).readImage().getSize().width);
  await expect.poll(width).toBeGreaterThan(200);
  const { shape, values } = JSON.parse(await choose(figure, 'Copy as JSON')) as { shape: number[]; values: number[] };
  expect(values).toHaveLength(shape.reduce((all, each) => all * each, 1));
});
