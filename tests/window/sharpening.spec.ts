/** A run that is watched while it sharpens: shown from its first round, enough when somebody says so, gone on with later. */
import { expect, test, type Page } from '@playwright/test';
import { forget, keepFaults, launch, type Studio } from './studio';

test.describe.configure({ mode: 'serial' });

let studio: Studio;
let page: Page;
const faults: string[] = [];
const grid = () => page.getByRole('grid', { name: 'Units by importance' });
const accuracy = () => page.getByRole('group', { name: 'Accuracy' });
const bar = () => accuracy().getByRole('progressbar', { name: 'Run' });
const fallen = async (): Promise<number> => Number(await bar().getAttribute('aria-valuenow'));
const cancel = () => page.getByRole('button', { name: 'Cancel', exact: true });

test.beforeAll(async () => {
  studio = await launch(['--sample', 'digits']);
  page = studio.page;
  keepFaults(page, faults);
  await expect(page.getByRole('button', { name: 'Run', exact: true }).first()).toBeEnabled({ timeout: 20_000 });
});
test.afterAll(async () => {
  await studio.close();
  forget(studio.userData);
});

test('a sample is run to a tolerance, whatever steps it names', async () => {
  await expect(page.getByRole('button', { name: 'To a tolerance' })).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByLabel('error of at most')).toHaveValue('0.02');
  await expect(page.getByText(/ends after 600 walks/)).toBeVisible();
  await page.getByLabel('error of at most').selectOption('own');
  const own = page.getByRole('spinbutton', { name: 'Tolerance in per cent' });
  await own.fill('0.01');
  await own.press('Tab');
  await expect(page.getByText('It goes on until that is reached.')).toBeVisible();
});

test('from its first round on it is shown, sharper with each; what is selected and where one looks stays', async () => {
  await page.getByRole('button', { name: 'Run', exact: true }).first().click();
  await expect(grid().locator('.tall [role=row]').first()).toBeVisible({ timeout: 30_000 });
  await expect(cancel()).toBeVisible();
  await expect(page.getByRole('list', { name: 'Runs' })).toContainText('so far', { timeout: 30_000 });
  const early = await fallen();
  await expect(page.getByRole('columnheader', { name: /^NIG/ })).toBeVisible({ timeout: 30_000 });
  const row = grid().locator('.tall [role=row]').nth(1);
  const unit = (await row.locator('.name b').innerText()).trim();
  await row.click();
  const chosen = page.getByRole('region', { name: 'Selected unit' }).getByRole('heading');
  await expect(chosen).toContainText(unit);
  await expect(page.getByText('Where in the layer it is comes with the run.')).toBeVisible();
  await page.evaluate("document.querySelector('.ranking .body').scrollTop = 1200");
  const sharper = await fallen();
  await expect.poll(fallen, { timeout: 60_000 }).toBeGreaterThan(sharper);
  await expect(chosen).toContainText(unit);
  expect(await page.evaluate("document.querySelector('.ranking .body').scrollTop")).toBe(1200);
  expect(sharper).toBeGreaterThanOrEqual(early);
});

test('Enough keeps what is there as a run that says what it reached, where it stood', async () => {
  await page.getByRole('button', { name: 'Enough' }).click();
  await expect(page.getByRole('button', { name: 'Run', exact: true }).first()).toBeVisible({ timeout: 60_000 });
  await expect(accuracy()).toContainText(/Asked 0\.01 %, ended early with \d+ walks: [\d.]+ %/);
  await expect(page.getByRole('list', { name: 'Runs' })).not.toContainText('so far');
  await expect(page.getByRole('img', { name: /by NIG/ }).first()).toBeVisible();
  expect(await page.evaluate("document.querySelector('.ranking .body').scrollTop")).toBe(1200);
  // the first column, as before
  await expect(grid().getByRole('columnheader').nth(2)).toContainText(/^NIG · [\d.]+ %/);
});

test('a run goes on from where it is; cancelled, it stays what it was', async () => {
  const reached = await accuracy().locator('p').innerText();
  const on = accuracy().getByRole('button', { name: /^to [\d.]+ %: about/ });
  await on.last().click();
  await expect(cancel()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByText(/^Cancelled/)).toBeVisible({ timeout: 30_000 });
  await expect(accuracy().locator('p')).toHaveText(reached);
  await on.first().click();
  await expect(accuracy()).toContainText(/Asked [\d.]+ %, reached/, { timeout: 120_000 });
  await expect(page.getByRole('list', { name: 'Runs' }).getByRole('button', { name: /^Name and note/ })).toHaveCount(2);
  await expect(grid().getByRole('columnheader').nth(2)).toContainText(/^NIG/);
});

test('no policy was broken and nothing was thrown', () => expect(faults).toEqual([]));
