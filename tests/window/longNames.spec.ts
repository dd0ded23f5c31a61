/** Names and numbers as real models have them: long scopes, long classes, one output, many methods; nothing is cut, nothing overlaps. */
import { expect, test, type Page } from '@playwright/test';
import { deep302, torchStages, twoInputs, type OwnModel } from './ownModels';
import { answerDialogs, forget, launch, newFolder, settled, type Studio } from './studio';

test.describe.configure({ timeout: 300_000 });

let folder: string;
let studio: Studio;
let page: Page;

async function open({ model, data }: OwnModel): Promise<void> {
  studio = await launch([model]);
  page = studio.page;
  await studio.app.evaluate(
    ({ dialog, BrowserWindow }, files) => {
      BrowserWindow.getAllWindows()[0]!.setContentSize(1280, 800);
      Object.assign(dialog, { showOpenDialog: async () => ({ canceled: false, filePaths: files }) });
    },
    [...data],
  );
  await page.getByRole('button', { name: 'Open input data' }).click({ timeout: 60_000 });
  await expect(bars().first()).toBeVisible({ timeout: 60_000 });
}
const bars = () => page.getByRole('region', { name: 'Prediction' }).locator('li');
const run = async () => {
  await page.getByRole('button', { name: 'Run', exact: true }).first().click();
  await expect(page.getByRole('button', { name: 'Run', exact: true }).first()).toBeEnabled({ timeout: 120_000 });
  await expect(page.locator('.headline button').first()).toBeVisible({ timeout: 60_000 });
};
const rows = () => page.getByRole('grid', { name: 'Units by importance' }).locator('.row.listed');

/** What stands beside one another in each of the first rows, as its left and right edge; texts as far as they are drawn. */
const edges = (...parts: readonly string[]): Promise<{ left: number; right: number }[][]> =>
  page.evaluate<
    { left: number; right: number }[][]
  >(`[...document.querySelectorAll('.row.listed')].slice(0, 12).map((row) =>
    [...row.querySelectorAll(${JSON.stringify(parts.map((part) => `:scope > ${part}`).join(', '))})]
      .filter((each) => each.childElementCount > 0 || each.textContent.trim() !== '')
      .map((each) => {
        const range = document.createRange();
        range.selectNodeContents(each);
        const { left, right } = (each.matches('.name, .track') ? each : range).getBoundingClientRect();
        return { left, right };
      }))`);
const expectApart = (found: { left: number; right: number }[][]) => {
  for (const row of found)
    row
      .slice(1)
      .forEach(({ left }, at) => expect(left, JSON.stringify(row)).toBeGreaterThanOrEqual(row[at]!.right - 1));
};

test.beforeEach(() => (folder = newFolder()));
test.afterEach(async () => {
  await answerDialogs(studio.app, { unsaved: 1 });
  await studio.close();
  forget(studio.userData);
  forget(folder);
});

test('a unit in three hundred scoped layers is named with its number and value, in two lines, without the scope of all', async () => {
  await open(deep302(folder));
  await run();
  const headline = page.locator('.headline');
  await expect(headline).toContainText(/logits\[\d+\]/);
  const unit = headline.locator('button.unit');
  // its text is the full name, what is drawn of it is not
  await expect(unit).toContainText(/^backbone\/encoder\/stage_\d\/residual_block_\d+\/\w+ #\d+$/);
  const shown = await unit.locator('.name').getAttribute('data-shown');
  expect(shown).not.toContain('backbone');
  expect(shown).toMatch(/stage_|…/);
  const inside = await page.evaluate<boolean>(`(() => {
    const place = document.querySelector('.finding').getBoundingClientRect();
    return [...document.querySelectorAll('.headline .line > *')].every((each) => {
      const { left, right, bottom } = each.getBoundingClientRect();
      return left >= place.left && right <= place.right && bottom <= place.bottom;
    });
  })()`);
  expect(inside).toBe(true);

  const names = await rows().locator('.name .name').evaluateAll((all) => all.map((each) => each.getAttribute('data-shown')!)); // prettier-ignore
  expect(names.some((name) => name.startsWith('backbone'))).toBe(false);
  await expect(rows().first().locator('.name b')).toHaveText(/^\s*#\d+$/);
  await rows().first().click();
  await expect(page.locator('.detail h2 b')).toHaveText(/^\s*#\d+$/);
  await expect(page.locator('.detail h2 b')).toBeInViewport({ ratio: 1 });

  // the legend of the path stands above its curves
  await page.getByRole('tab', { name: 'Path' }).click();
  const plot = page.getByRole('img', { name: 'Target and running sum along the path' });
  await expect(plot.locator('.legend')).toBeVisible({ timeout: 60_000 });
  await settled(page);
  const [legend, area] = [await plot.locator('.legend .bg').boundingBox(), await plot.locator('.nsewdrag').first().boundingBox()]; // prettier-ignore
  expect(legend!.y + legend!.height).toBeLessThanOrEqual(area!.y + 1);
});

test('of a hundred classes any is found by words of its name or by its index, by keys alone', async () => {
  await open(torchStages(folder));
  const value = page.getByRole('combobox', { name: 'value' });
  await value.focus();
  await page.keyboard.type('cat night');
  const options = page.getByRole('listbox', { name: 'Values' }).first().getByRole('option');
  await expect(options).toHaveCount(4);
  await expect(options.first()).toContainText('Egyptian cat at night');
  await page.keyboard.press('ArrowDown');
  const second = (await options.nth(1).locator('.label').textContent())!;
  await page.keyboard.press('Enter');
  await expect(value).toHaveValue(second);
  await expect(value).toBeFocused();
  // what was typed and not taken changes nothing
  await page.keyboard.type('7');
  await page.keyboard.press('Escape');
  await expect(value).toHaveValue(second);
  const minus = page.getByRole('combobox', { name: 'minus' });
  await minus.focus();
  await page.keyboard.type('13');
  await page.keyboard.press('Enter');
  await expect(minus).toHaveValue(/golden retriever/);

  await run();
  await expect(page.locator('.headline')).toContainText(`${second} − golden retriever`);
});

test('six methods fit beside one another with the unit before them; layers that repeat stay folded', async () => {
  await open(torchStages(folder));
  await run();
  const counted = async () =>
    Number((await page.locator('.tools .many').textContent())!.split(',')[0]!.replace(/\D/g, ''));
  const before = await counted();
  expectApart(await edges('.rank', '.name', '.cell > .track', '.cell > .value', '.cell > .place'));
  for (const box of await page.getByRole('region', { name: 'Methods' }).getByRole('checkbox').all()) await box.check();
  await run();
  await expect(page.locator('.row.head .cell')).toHaveCount(6, { timeout: 60_000 });
  expect(await counted()).toBe(before);
  expectApart(await edges('.rank', '.name', '.cell > .value'));
  for (const width of await page.locator('.row.listed').first().locator('.track').evaluateAll((all) => all.map((each) => (each as unknown as { clientWidth: number }).clientWidth))) expect(width).toBeGreaterThan(40); // prettier-ignore

  const name = rows().first().locator('> .name');
  const at = (await name.boundingBox())!;
  await page.evaluate("document.querySelector('.ranking .grid').scrollLeft = 90");
  await settled(page);
  expect(Math.abs((await name.boundingBox())!.x - at.x)).toBeLessThan(2);
});

test('an only output is called by its name, and its bar begins at zero', async () => {
  await open(twoInputs(folder));
  await expect(bars()).toHaveCount(1);
  await expect(bars().first()).toContainText('bound');
  await expect(page.getByRole('region', { name: 'Explain' })).toContainText('bound');
  await run();
  await expect(page.locator('.headline .mark')).toHaveText('bound');
});
