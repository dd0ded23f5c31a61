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

for (const [what, model] of [
  ['pictures', torchStages],
  ['dense layers', twoInputs],
] as const)
  test(`how many are certain is said where no name and no number stands: ${what}`, async () => {
    await open(model(folder));
    await run();
    const said = page.locator('.ranking .grid b', { hasText: /^(none certain|first \d+ certain)$/ });
    /** Scrolls to where it is said, which may be far down. */
    const seek = () =>
      page.evaluate(`(async () => {
        const body = document.querySelector('.ranking .body');
        const found = () => [...document.querySelectorAll('.ranking .grid b')].some((each) => / certain$/.test(each.textContent));
        const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        body.scrollTop = 0;
        await drawn(); // until then the rows of where it was stand there
        for (let step = 0; step < 400 && !found(); step++) {
          body.scrollTop += 240;
          await drawn();
        }
      })()`);
    const covered = () =>
      page.evaluate<string[]>(`(() => {
      const marks = [...document.querySelectorAll('.ranking .grid b')].filter((each) => / certain$/.test(each.textContent));
      const lies = (mark, { left, right, top, bottom }) => {
        const place = mark.getBoundingClientRect();
        return left < place.right - 0.5 && right > place.left + 0.5 && top < place.bottom - 0.5 && bottom > place.top + 0.5;
      };
      const texts = document.createTreeWalker(document.querySelector('.ranking .grid'), NodeFilter.SHOW_TEXT);
      const found = [];
      for (let node = texts.nextNode(); node; node = texts.nextNode()) {
        if (node.textContent.trim() === '' || node.parentElement.closest('.hidden-label, [data-shown]')) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        for (const mark of marks)
          if (!mark.contains(node) && [...range.getClientRects()].some((rect) => lies(mark, rect))) found.push(node.textContent);
      }
      // of a name what is drawn is not what its text is: its line, less what is above and below letters
      for (const name of document.querySelectorAll('.ranking .grid [data-shown]')) {
        const { left, right, top, bottom } = name.getBoundingClientRect();
        const spare = (bottom - top - 15) / 2;
        for (const mark of marks)
          if (lies(mark, { left, right, top: top + spare, bottom: bottom - spare })) found.push(name.getAttribute('data-shown'));
      }
      return found;
    })()`);
    for (const [width, height] of [
      [1280, 800],
      [1440, 900],
      [1920, 1080],
    ] as const) {
      await studio.app.evaluate(({ BrowserWindow }, size) => BrowserWindow.getAllWindows()[0]!.setContentSize(...size), [width, height] as [number, number]); // prettier-ignore
      await settled(page);
      await seek();
      await expect(said).toHaveCount(1);
      expect(await covered(), `${width}`).toEqual([]);
    }
    // of the last unit alone nothing is certain: that is said above it
    const last = await page.evaluate<string>(`(async () => {
      const body = document.querySelector('.ranking .body');
      body.scrollTop = body.scrollHeight;
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      const rows = [...document.querySelectorAll('.ranking .row.listed')];
      const row = rows.sort((a, b) => a.getAttribute('aria-rowindex') - b.getAttribute('aria-rowindex')).at(-1);
      return row.querySelector('.name').title.replace(/, unit (\\d+),.*/, ':$1');
    })()`);
    await page.getByRole('searchbox', { name: 'Search units' }).fill(last);
    await expect(said).toHaveText('none certain');
    await settled(page);
    expect(await covered()).toEqual([]);
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
  await expect.poll(counted).toBe(before);
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
