/** All units of a layer measured from the ranking: the time is told first, columns that sort, exports, comparison, the session; Cancel. */
import { expect, test, type Page } from '@playwright/test';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { twoInputs } from './ownModels';
import { answerDialogs, forget, launchOpen, newFolder, runToFinding, settled, type Studio } from './studio';

test.describe.configure({ timeout: 180_000 });
const axe = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');

let studio: Studio;
let page: Page;
let folder: string;
test.beforeEach(() => {
  folder = newFolder();
});
test.afterEach(async () => {
  await studio.close();
  forget(studio.userData);
  forget(folder);
});

async function open(words: readonly string[]): Promise<void> {
  studio = await launchOpen(words);
  ({ page } = studio);
}
const run = (): Promise<void> => runToFinding(page);
const section = (name: string) => page.getByRole('region', { name, exact: true });
const rows = () => page.locator('.ranking [data-row]');
const did = (row: number) => rows().nth(row).locator('.did');
const amount = (text: string): number => Math.abs(Number(text.replace('−', '-').replace('+', '')));
const pop = () => page.locator('.measure .pop');

/** The layer of the first row alone. */
async function onlyFirst(): Promise<void> {
  await rows().first().click();
  await page.getByRole('checkbox', { name: 'this layer' }).check();
  await page.locator('.measure summary').click();
}

test('every unit of the listed layer gets its drop and restore, sorted, saved, compared, and back with the session', async () => {
  await open(['--sample', 'digits']);
  await expect(page.locator('.measure')).toHaveCount(0);
  await run();
  await onlyFirst();
  await expect(pop().getByRole('status')).toContainText('It takes about', { timeout: 30_000 });
  const all = await rows().count();
  await pop()
    .getByRole('button', { name: `Measure all ${all} units` })
    .click();
  await expect(pop().getByRole('status')).toContainText('All of them are measured', { timeout: 60_000 });
  await page.locator('.measure summary').click();
  for (let row = 0; row < Math.min(all, 4); row++)
    for (const cell of [0, 1]) await expect(did(row).nth(cell)).toHaveText(/^[+−]?[\d.]/);

  // sorted by what was measured, the largest first; again turned round
  const drops = async (): Promise<number[]> => {
    const texts = await Promise.all(Array.from({ length: Math.min(all, 6) }, (_, row) => did(row).first().innerText()));
    return texts.map(amount);
  };
  await page.getByRole('columnheader', { name: 'drop' }).getByRole('button').click();
  await expect(page.getByRole('columnheader', { name: 'drop' })).toHaveAttribute('aria-sort', 'descending');
  const falling = await drops();
  expect(falling).toEqual([...falling].sort((a, b) => b - a));
  await page.getByRole('columnheader', { name: 'drop' }).getByRole('button').click();
  const rising = await drops();
  expect(rising).toEqual([...rising].sort((a, b) => a - b));

  // the same number as a unit that is taken out
  await page.getByRole('columnheader', { name: 'drop' }).getByRole('button').click();
  const largest = await did(0).first().innerText();
  await rows().first().click();
  await page.keyboard.press('x');
  const single = section('Taken out').locator('tbody td').nth(1);
  await expect(single).toHaveText(/^[+−]?[\d.]/, { timeout: 30_000 });
  expect(amount(await single.innerText())).toBeCloseTo(amount(largest), 1);
  await page.keyboard.press('x');

  const csv = join(folder, 'ranking.csv');
  const file = join(folder, 'measured.mho');
  await answerDialogs(studio.app, { save: csv, unsaved: 1 });
  await page.getByRole('button', { name: 'Save the table as CSV' }).click();
  await expect.poll(() => (existsSync(csv) ? readFileSync(csv, 'utf8') : ''), { timeout: 20_000 }).toContain('measured drop,measured restore,units became'); // prettier-ignore
  expect(readFileSync(csv, 'utf8').split('\r\n')[1]).toContain('their value at the baseline');

  await page.getByRole('tab', { name: 'Compare' }).click();
  const compared = section('Predicted against measured');
  await expect(compared).toContainText(`${all} units that were measured; each became its value at the baseline`);
  await expect(compared).toContainText(/NIG · 2 % −?\d\.\d\d \(drop .+\), Rescale −?\d\.\d\d/);
  await expect(compared.getByRole('img', { name: 'What runs predicted of units against what these did' })).toBeVisible({ timeout: 30_000 }); // prettier-ignore
  await page.getByRole('tab', { name: 'Ranking' }).click();

  await answerDialogs(studio.app, { save: file, open: file, unsaved: 1 });
  await page.keyboard.press('Control+s');
  await expect(page.getByLabel('not saved yet')).toHaveCount(0);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Session…' }).click();
  await expect(page.getByText('measured.mho').first()).toBeVisible({ timeout: 60_000 });
  await expect(did(0).first()).toHaveText(largest, { timeout: 60_000 });

  // another example was not measured
  await page.getByRole('button', { name: 'Next example' }).click();
  await expect(page.locator('.ranking .did')).toHaveCount(0);
});

test('2,048 units: progress and what is left, Cancel keeps what is complete, the rest goes on; axe finds nothing in either theme', async () => {
  const { model, data } = twoInputs(folder);
  await open([model]);
  for (const path of data) {
    await answerDialogs(studio.app, { open: path, unsaved: 1 });
    const isContext = path.endsWith('context.npy');
    const input = section('Input')
      .getByRole('listitem')
      .filter({ hasText: isContext ? 'context' : 'features' });
    await input.getByRole('button').click();
    await expect(
      section('Input').getByRole('button', isContext ? { name: 'Example 0', exact: true } : { name: 'given' }),
    ).toBeVisible({ timeout: 20_000 });
  }
  await run();
  await page.getByPlaceholder('layer, or layer:unit').fill('features_wide');
  await onlyFirst();
  await expect(pop().getByRole('status')).toContainText('It takes about', { timeout: 30_000 });
  await pop().getByRole('button', { name: 'Measure all 2,048 units' }).click();
  await expect(pop().getByRole('status')).toContainText(/\d+ of 2,0\d\d units, .+ left/, { timeout: 30_000 });
  await pop()
    .getByRole('button', { name: /^Cancel/ })
    .click();
  const again = pop().getByRole('button', { name: 'Measure all 2,048 units' });
  await expect(again).toBeVisible();
  await page.locator('.measure summary').click();
  await page.getByRole('columnheader', { name: 'drop' }).getByRole('button').click({ timeout: 30_000 });
  await expect(did(0).first()).toHaveText(/^[+−]?[\d.]/);
  await page.locator('.measure summary').click();
  await again.click();
  await expect(pop().getByRole('status')).toContainText('All of them are measured', { timeout: 120_000 });
  const found: string[] = [];
  for (const theme of ['light', 'dark'] as const) {
    await studio.get('changeSettings', { theme });
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
    await settled(page);
    await page.evaluate(axe);
    const violations = await page.evaluate<string[]>(`axe.run('.ranking').then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' ')).join(', ')))`);
    found.push(...violations.map((each) => `${theme}: ${each}`));
  }
  expect(found).toEqual([]);
});

test('one position of a unit alone: a click in its map, or its numbers; another unit has its own', async () => {
  await open(['--sample', 'digits']);
  await run();
  await rows().first().click();
  const alone = section('One position alone');
  await page.getByRole('button', { name: 'One position' }).click();
  await expect(alone.getByRole('status')).toHaveText(/^drop [+−]?[\d.]/, { timeout: 30_000 });
  const map = page.locator('.maps .stack').first();
  const box = (await map.boundingBox())!;
  await map.click({ position: { x: (box.width * 3.5) / 8, y: (box.height * 5.5) / 8 } });
  const [row, column] = [alone.getByLabel('Position, row'), alone.getByLabel('Position, column')];
  await expect(row).toHaveValue('5');
  await expect(column).toHaveValue('3');
  const told = alone.getByRole('status');
  await expect(told).toHaveText(/^drop [+−]?[\d.]+\S*, restore [+−]?[\d.]+\S*; it becomes its value at the baseline\s*$/, { timeout: 30_000 }); // prettier-ignore
  const before = await told.innerText();
  await row.fill('0');
  await row.press('Tab');
  await expect(told).not.toHaveText(before, { timeout: 30_000 });
  await expect(told).toHaveText(/^drop [+−]?[\d.]/, { timeout: 30_000 });
  await expect(page.locator('.maps .picked').first()).toBeVisible();
  await alone.getByRole('button', { name: 'Clear' }).click();
  await expect(page.locator('.maps .picked')).toHaveCount(0);
});
