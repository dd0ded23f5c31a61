/** Runs: told apart wherever they are listed, in a table of their own, and as they were left when a session is opened again. */
import { expect, test, type Page } from '@playwright/test';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerDialogs, forget, keepFaults, launch, newFolder, runToEnd, type Studio } from './studio';

test.describe.configure({ mode: 'serial' });

let studio: Studio;
let page: Page;
let folder: string;
const faults: string[] = [];
const grid = () => page.getByRole('grid', { name: 'Units by importance' });
const view = (name: string) => page.getByRole('tab', { name }).click();
const chips = () => page.getByRole('list', { name: 'Runs' }).locator('button[aria-pressed]');
const shown = () => page.getByRole('list', { name: 'Runs' }).locator('button[aria-pressed=true]').allInnerTexts();
const table = () => page.getByRole('table', { name: 'Runs' });
const rows = () => table().locator('tbody tr');
const idle = () => expect(page.getByRole('button', { name: 'Run', exact: true }).first()).toBeEnabled();
const pick = (example: number) =>
  page
    .getByRole('region', { name: 'Input' })
    .getByRole('button', { name: new RegExp(`^Example ${example}\\b`) })
    .click();
async function run(): Promise<void> {
  const before = await chips().count();
  await page.getByRole('button', { name: 'Run', exact: true }).first().click();
  await expect.poll(() => chips().count()).toBeGreaterThan(before);
  await expect(page.getByRole('list', { name: 'Runs' })).not.toContainText('so far');
  await idle();
}
const listen = () => {
  keepFaults(page, faults);
};

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

test('two examples and a baseline: six runs with six names, everywhere the same', async () => {
  await pick(0);
  await run();
  await pick(6);
  await run();
  await pick(0);
  await page.getByRole('spinbutton', { name: 'every value' }).fill('0.5');
  await page.getByRole('spinbutton', { name: 'every value' }).press('Tab');
  await run();
  await expect(chips()).toHaveCount(6);
  const names = await chips().locator('.name').allInnerTexts();
  expect(new Set(names).size).toBe(6);
  expect(names.filter((name) => name.includes('baseline 0.5'))).toHaveLength(2);
  await view('Compare');
  const options = await page.getByRole('combobox', { name: 'First run' }).locator('option').allInnerTexts();
  expect([...options].sort()).toEqual([...names].sort());
  await view('Ranking');
  await expect(grid().getByRole('columnheader', { name: 'NIG · baseline 0.5' })).toBeVisible();
});

test('all of them stand in a table: sorted, hidden, shown, named, pinned', async () => {
  await view('Runs');
  await expect(rows()).toHaveCount(6);
  await table().locator('thead').getByRole('button', { name: 'baseline' }).click();
  await expect(rows().first()).toContainText('constant 0');
  await table().locator('thead').getByRole('button', { name: 'baseline' }).click();
  await expect(rows().first()).toContainText('constant 0.5');
  await rows().first().getByRole('checkbox').click();
  await page.keyboard.press('F2');
  await page.getByRole('textbox', { name: 'Name of the run' }).fill('the one that counts');
  await page.keyboard.press('Enter');
  await expect(rows().first()).toContainText('the one that counts');
  await expect(page.getByRole('list', { name: 'Runs' })).toContainText('the one that counts');
  const tools = page.getByRole('toolbar', { name: 'Chosen runs' });
  await tools.getByRole('button', { name: 'Pin' }).click();
  await expect(rows().first()).toContainText('pinned');
  await tools.getByRole('button', { name: 'Unpin' }).click();
  const before = (await shown()).length;
  await tools.getByRole('button', { name: 'Hide' }).click();
  expect((await shown()).length).toBe(before - 1);
  await tools.getByRole('button', { name: 'Show' }).click();
  expect((await shown()).length).toBe(before);
});

test('several are removed at once, and that is undone at once; by keys', async () => {
  await rows().nth(1).getByRole('checkbox').focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('Delete');
  await expect(rows()).toHaveCount(4);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(rows()).toHaveCount(6);
});

test('a run is run again as it was asked', async () => {
  await table().locator('thead').getByRole('button', { name: 'target' }).click();
  const other = rows()
    .filter({ hasText: /^\s*Rescale · target 9/ })
    .first();
  await other.getByRole('checkbox').click();
  await page.getByRole('button', { name: 'Run again' }).click();
  await expect(rows()).toHaveCount(7);
  await idle();
  await expect(page.getByRole('region', { name: 'Methods' }).getByRole('checkbox', { checked: true })).toHaveCount(1);
  await page.getByRole('toolbar', { name: 'Chosen runs' }).getByRole('button', { name: 'Remove' }).click();
});

test('saved and opened again it shows what was shown, what was asked and not run, and side runs as such', async () => {
  const [path, other] = [join(folder, 'kept.mho'), join(folder, 'other.mho')];
  await view('Ranking');
  await pick(0);
  for (const chip of await page
    .getByRole('list', { name: 'Runs' })
    .locator('button[aria-pressed=true]')
    .all()
    .then((all) => all.reverse()))
    // prettier-ignore
    await chip.click();
  await chips().filter({ hasText: 'NIG · target 3' }).first().click();
  await grid().locator('.tall [role=row]').nth(2).click();
  await expect(page.getByRole('img', { name: / by NIG/ }).first()).toBeVisible(); // it is asked where it mattered most
  await page.getByRole('button', { name: 'What drives it?' }).click();
  await expect(page.getByRole('img', { name: /What drives the unit/ })).toBeVisible();
  await expect(page.getByRole('button', { name: '1 side run' })).toBeVisible();
  // a run of another session beside it
  await answerDialogs(studio.app, { save: path, open: other });
  expect(await studio.get('saveSessionAs', {})).toBe(true);
  copyFileSync(path, other);
  const guests = page.getByTitle('Compare with the runs of another session');
  await guests.click();
  const options = () => page.getByRole('combobox', { name: 'Second run' }).locator('option').allInnerTexts();
  await view('Compare');
  await expect.poll(async () => (await options()).filter((name) => name.endsWith('other session')).length).toBe(7);
  const guest = (await options()).find((name) => name.endsWith('other session'))!;
  // said once: where the name does not, by the badge
  expect((await options()).filter((name) => name.split('other session').length > 2)).toEqual([]);
  await page.getByRole('combobox', { name: 'Second run' }).selectOption({ label: guest });
  await page.getByRole('checkbox', { name: 'this layer' }).check();
  await view('Ranking');
  // the graph turned, opened, moved; the ranking sorted and searched
  const graph = () => page.getByRole('group', { name: 'Layer graph' });
  await page.getByRole('button', { name: 'Left to right' }).click();
  await graph().hover();
  await page.mouse.wheel(0, -240);
  await grid().getByRole('button', { name: 'unit', exact: true }).click();
  const selected = () => grid().locator('[role=row][aria-selected=true]').innerText();
  const search = /[a-z]\w+/.exec(await selected())![0];
  await page.getByRole('searchbox', { name: 'Search units' }).fill(search);
  // asked, and not run
  await page.getByLabel('value', { exact: true }).fill('7');
  await page.getByLabel('value', { exact: true }).press('Enter');
  await page.getByRole('spinbutton', { name: 'every value' }).fill('0.25');
  await page.getByRole('spinbutton', { name: 'every value' }).press('Tab');
  const place = async () => {
    const node = graph().locator('[data-id][tabindex="0"]');
    const { x, y, width } = (await node.boundingBox())!;
    return [await node.getAttribute('data-id'), ...[x, y, width].map(Math.round)];
  };
  const compared = async () => {
    await view('Compare');
    const sides = await Promise.all(
      ['First run', 'Second run'].map((name) =>
        page.getByRole('combobox', { name }).locator('option:checked').innerText(),
      ),
    );
    const layer = await page.getByRole('checkbox', { name: 'this layer' }).isChecked();
    await view('Ranking');
    return [...sides, layer];
  };
  const body = () => grid().locator('[role=rowgroup]').last();
  const seen = async () => ({
    shown: await shown(),
    headline: await page.locator('.headline').innerText(),
    selected: await selected(),
    value: await page.getByLabel('value', { exact: true }).inputValue(),
    baseline: await page.getByRole('spinbutton', { name: 'every value' }).inputValue(),
    tab: await page.getByRole('tab', { selected: true }).innerText(),
    chips: await chips().allInnerTexts(),
    graph: await place(),
    scrolled: await body().evaluate(({ scrollTop }) => scrollTop),
    row: await grid().locator('[role=row][aria-selected=true]').getAttribute('aria-rowindex'),
    search: await page.getByRole('searchbox', { name: 'Search units' }).inputValue(),
    sorted: await grid().getByRole('columnheader', { name: 'unit' }).getAttribute('aria-sort'),
  });
  await expect(page.getByRole('button', { name: 'Undo' })).toHaveCount(0); // what is said in passing takes room
  await body().evaluate((element) => (element.scrollTop = 45));
  const sides = await compared();
  expect(sides).toEqual([expect.anything(), guest, true]);
  const before = await seen();
  expect(before).toMatchObject({ value: '7', baseline: '0.25', search, sorted: 'ascending', scrolled: 45 });
  await page.keyboard.press('Control+s');
  await expect(page.getByText('Saved.')).toBeVisible();
  const { userData } = studio;
  await studio.close();
  studio = await launch([path], userData);
  page = studio.page;
  listen();
  await expect(page.getByRole('spinbutton', { name: 'every value' })).toBeVisible();
  await expect(page.getByRole('button', { name: '2 side runs' })).toBeVisible();
  await expect.poll(seen).toEqual(before);
  await expect.poll(compared).toEqual(sides);
});

test('so are the tables of runs and of examples, and the page of a unit', async () => {
  const heads = async (): Promise<unknown> => {
    await view('Runs');
    const runs = await table().getByRole('columnheader', { name: 'took' }).getAttribute('aria-sort');
    const ticked = await rows().locator('input:checked').count();
    await view('Examples');
    const column = page.getByRole('columnheader', { name: 'predicted' });
    return [runs, ticked, await column.getAttribute('aria-sort')];
  };
  await view('Runs');
  await table().getByRole('button', { name: 'took' }).click();
  await rows().first().getByRole('checkbox').check();
  await view('Examples');
  await page.getByRole('columnheader', { name: 'predicted' }).getByRole('button').click();
  const before = await heads();
  expect(before).toEqual(['descending', 1, 'ascending']);
  await view('Ranking');
  await grid().focus();
  await page.keyboard.press('Enter');
  const unitPage = () => page.getByRole('region', { name: /^Unit / });
  await expect(unitPage()).toBeVisible();
  const name = await unitPage().getAttribute('aria-label');
  await page.keyboard.press('Control+s');
  await expect(page.getByText('Saved.')).toBeVisible();
  const { userData } = studio;
  await studio.close();
  studio = await launch([join(folder, 'kept.mho')], userData);
  page = studio.page;
  listen();
  await expect(unitPage()).toHaveAttribute('aria-label', name!);
  await page.keyboard.press('Escape');
  await expect(unitPage()).toHaveCount(0);
  await expect.poll(heads).toEqual(before);
  await view('Ranking');
});

test('forty runs and those of another session: the newest and the shown are chips, the table has all, the tabs keep their place', async () => {
  const { data, sample } = await studio.get('openSample', { name: 'digits' });
  const asked = { data: data!.data, methods: ['nig' as const, 'rescale' as const], rule: 'secant' as const, backend: 'auto' as const }; // prettier-ignore
  const before = (await studio.get('runList', {})).length;
  for (let at = 0; at < 17; at++)
    await runToEnd(studio, {
      ...asked,
      examples: at % 3 === 0 ? [at % 5, 5, 6] : [at % 7],
      baseline: { kind: 'constant', value: (at % 4) / 4 },
      target: at % 5 === 0 ? { index: at % 10 } : sample!.target,
      steps: 4 + (at % 2) * 4,
    });
  await page.reload();
  const many = before + 34;
  await view('Runs');
  await expect(rows()).toHaveCount(many + 7); // with those to compare with
  expect(new Set(await rows().locator('.text').allInnerTexts()).size).toBe(many + 7);
  await expect.poll(() => chips().count()).toBeLessThan(12);
  const list = (await page.getByRole('list', { name: 'Runs' }).boundingBox())!;
  expect(list.height).toBeLessThan(110);
  // of those in the menu one is shown, and is a chip then
  const more = page.getByRole('button', { name: /more runs$/ });
  await more.click();
  const item = page.getByRole('menuitem').nth(3);
  const name = await item.locator('.label').innerText();
  await item.click();
  await expect(chips().filter({ has: page.getByText(name, { exact: true }) })).toHaveAttribute('aria-pressed', 'true');
  await more.click();
  await page.getByRole('menuitem', { name: 'All runs, as a table' }).click();
  // ten at once, sorted by what they cost
  await table().locator('thead').getByRole('button', { name: 'passes' }).click();
  await rows().nth(0).getByRole('checkbox').click();
  await rows()
    .nth(9)
    .getByRole('checkbox')
    .click({ modifiers: ['Shift'] });
  await expect(page.getByText('10 chosen')).toBeVisible();
  const eyes = await rows().locator('.name button[aria-pressed]').evaluateAll((all) => all.map((each) => Math.round(each.getBoundingClientRect().left))); // prettier-ignore
  expect(new Set(eyes).size).toBe(1);
});

test('the page says nothing wrong', () => expect(faults).toEqual([]));
