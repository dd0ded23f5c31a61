/** A unit's page and the notebook: opened from the ranking, gone through, noted on, saved, found again by a link. */
import { expect, test, type Page } from '@playwright/test';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerDialogs, forget, launch, newFolder, type Studio } from './studio';

let studio: Studio;
let page: Page;
let folder: string;
/** The sample is open, and nothing was run. */
async function open() {
  folder = newFolder();
  studio = await launch(['--sample', 'digits']);
  ({ page } = studio);
  await expect(page.getByRole('button', { name: 'Run', exact: true }).first()).toBeEnabled({ timeout: 60_000 });
}
async function run() {
  await page.keyboard.press('Control+Enter');
  await expect(page.locator('.headline')).toContainText('owes most to', { timeout: 60_000 });
  await expect(page.getByRole('button', { name: 'Run', exact: true })).toBeEnabled({ timeout: 60_000 });
}
test.beforeEach(open);
test.afterEach(async () => {
  await studio.close();
  forget(studio.userData);
  forget(folder);
});

const shown = () => page.getByRole('region', { name: /^Unit .+ #\d+$/ });
const titleOf = () => shown().getAttribute('aria-label');

test('it opens by Enter and by a double click, tells runs and weights, and leads on, back, forward and out', async () => {
  await run();
  const grid = page.getByRole('grid', { name: 'Units by importance' });
  await grid.focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  const runs = shown().getByRole('region', { name: 'Contributions by run' });
  await expect(runs.locator('tbody tr').first()).toContainText(/[+−]\d/);
  await expect.poll(() => runs.locator('tbody tr').count()).toBeGreaterThan(1);
  const first = await titleOf();
  const weights = shown().getByRole('region', { name: /^Weights/ });
  await weights.locator('button:enabled').first().click();
  await expect(shown()).not.toHaveAccessibleName(first!);
  const second = await titleOf();
  await page.keyboard.press('Alt+ArrowLeft');
  await expect(shown()).toHaveAccessibleName(first!);
  await page.keyboard.press('Alt+ArrowRight');
  await expect(shown()).toHaveAccessibleName(second!);
  await page.keyboard.press('Escape');
  await expect(shown()).toHaveCount(0);
  await page.locator('[data-row]').nth(1).dblclick();
  await expect(shown()).toHaveCount(1);
});

/** Opens a copy of a session file, and waits until it is there: until then all that is seen is of the document before. */
async function openAgain(file: string): Promise<void> {
  const again = join(folder, 'opened again.mho');
  copyFileSync(file, again);
  await answerDialogs(studio.app, { open: again, unsaved: 1 });
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Session…' }).click();
  await expect(page.getByRole('heading', { name: /opened again/ })).toBeVisible({ timeout: 60_000 });
}

test('what is noted is saved with the session and searched by its tag; a link leads to the unit', async () => {
  await run();
  await page.locator('[data-row]').first().dblclick();
  const title = (await titleOf())!;
  await shown().getByRole('button', { name: 'Copy link' }).click();
  const clipboard = () => studio.app.evaluate(({ clipboard: board }) => board.readText());
  await expect.poll(clipboard).toMatch(/^mho:\/\/[0-9a-f]+\/.+:\d+$/);
  const link = await clipboard();
  await shown()
    .getByRole('textbox', { name: /^Note on/ })
    .fill('Answers to a closed loop.');
  const tags = shown().getByRole('textbox', { name: /^Tags of/ });
  await tags.fill('loop, sure');
  await tags.press('Tab');
  await expect(shown().getByRole('button', { name: 'Pin this unit' })).toHaveAttribute('aria-pressed', 'true');

  const file = join(folder, 'noted.mho');
  await answerDialogs(studio.app, { save: file, unsaved: 1 });
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+s');
  await expect(page.getByLabel('not saved yet')).toHaveCount(0);
  await openAgain(file);
  await page.getByRole('button', { name: 'Notebook' }).click();
  const book = page.getByRole('region', { name: 'Notebook' });
  await expect(book.getByRole('listitem')).toHaveCount(1);
  await expect(book.getByRole('textbox', { name: /^Note on/ })).toHaveValue('Answers to a closed loop.');
  await book.getByRole('searchbox').fill('nothing has that');
  await expect(book.getByRole('listitem')).toHaveCount(0);
  await book.getByRole('searchbox').fill('');
  await book.getByRole('button', { name: 'loop 1' }).click();
  await expect(book.getByRole('listitem')).toHaveCount(1);

  const go = book.getByRole('textbox', { name: 'Link to a unit' });
  await go.fill(link.replace(/\/\/[0-9a-f]+/, '//0123456789abcdef'));
  await go.press('Enter');
  await expect(page.getByText('The link leads into a model of hash 01234567')).toBeVisible();
  await go.fill(link);
  await go.press('Enter');
  await expect(page.getByRole('region', { name: title, exact: true })).toBeVisible();
});

test('examples stand by activation and by contribution beside each other; where they differ is marked, and what was not run can be run', async () => {
  await run();
  await page.locator('[data-row]').first().dblclick();
  const both = shown().getByRole('region', { name: 'Examples by activation and by contribution' });
  const active = both.getByRole('list', { name: 'Examples by activation' });
  const contributing = both.getByRole('list', { name: 'Examples by contribution' });
  // all loaded examples are told of, only those of the run have contributed
  await expect(active.getByRole('listitem')).toHaveCount(8, { timeout: 60_000 });
  await expect(contributing.getByRole('listitem')).toHaveCount(2);
  const numbers = async (list: typeof active) => (await list.locator('.value').allTextContents()).map((text) => Number(text.replace('−', '-'))); // prettier-ignore
  await expect.poll(async () => (await numbers(active)).every((value, at, all) => at === 0 || value <= all[at - 1]!)).toBe(true); // prettier-ignore
  await expect(active.getByText('not run')).toHaveCount(6);
  await expect(both.getByText('A correlation of the two is told from 4 run examples on.')).toBeVisible();
  // what it sees there is cut out of the picture
  await expect(active.locator('.patch canvas')).toHaveCount(8);
  await expect(active.locator('.patch').first()).toHaveAttribute('title', /^rows \d|whole picture/);
  await active.getByRole('button', { name: /^Run example/ }).first().click(); // prettier-ignore
  await expect(active.getByText('not run')).toHaveCount(5, { timeout: 60_000 });
  const largest = await numbers(active);
  await both.getByRole('button', { name: 'Least' }).click();
  await expect.poll(() => numbers(active)).toEqual([...largest].sort((a, b) => a - b));
});

test('without any run: a unit is looked at and noted on, saved as a session, and there again', async () => {
  await page.keyboard.press('Control+k');
  const asked = page.getByRole('combobox', { name: 'What to go to' });
  await asked.fill('stem_conv #2');
  await asked.press('Enter');
  await expect(shown()).toHaveAccessibleName('Unit stem_conv #2');
  await expect(shown().getByText('No run of this document is about this unit.')).toBeVisible();
  await expect(shown().getByRole('list', { name: 'Examples by activation' }).getByRole('listitem')).toHaveCount(8, { timeout: 60_000 }); // prettier-ignore
  await shown().getByRole('textbox', { name: /^Note on/ }).fill('Blank in the middle.'); // prettier-ignore
  const file = join(folder, 'noted.mho');
  await answerDialogs(studio.app, { save: file, unsaved: 1 });
  await expect(page.getByLabel('not saved yet')).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+s');
  await expect(page.getByLabel('not saved yet')).toHaveCount(0);
  await openAgain(file);
  await page.getByRole('button', { name: 'Notebook' }).click();
  const book = page.getByRole('region', { name: 'Notebook' });
  await expect(book.getByRole('textbox', { name: /^Note on/ })).toHaveValue('Blank in the middle.', {
    timeout: 30_000,
  });
  await book.getByRole('button', { name: /^stem_conv #2/ }).click(); // prettier-ignore
  await expect(shown()).toHaveAccessibleName('Unit stem_conv #2');
});
