/** Models as strangers bring them: what the window says of them is so, is told apart, and is called by name where a name is known. */
import { expect, test, type Locator, type Page } from '@playwright/test';
import { lookFaults } from './lookFaults';
import { STRANGER_MODELS } from './strangerModels';
import { forget, keepFaults, launch, newFolder, openInputData, settled, type Studio } from './studio';

test.describe.configure({ timeout: 240_000 });

let folder: string;
let studio: Studio;
let page: Page;
const faults: string[] = [];

const headline = () => page.locator('.headline');
const section = (name: string) => page.getByRole('region', { name, exact: true });
const view = (name: string) => page.getByRole('tab', { name }).click();
const rows = () => page.getByRole('grid', { name: 'Units by importance' }).locator('.row.listed');
/** What names of layers are drawn as → the layers that are. */
const drawn = async (place: Locator): Promise<Map<string, Set<string>>> => {
  const names = place.locator('.name[data-shown]');
  const [shown, whole] = [
    await names.evaluateAll((all: { dataset: Record<string, string> }[]) =>
      all.map(({ dataset }) => dataset['shown']!),
    ),
    await names.locator('.full').allTextContents(),
  ];
  const layers = new Map<string, Set<string>>();
  shown.forEach((text, at) => layers.set(text, new Set([...(layers.get(text) ?? []), whole[at]!])));
  return layers;
};

async function run(name: keyof typeof STRANGER_MODELS): Promise<void> {
  const { model, data } = STRANGER_MODELS[name](folder);
  studio = await launch([model]);
  page = studio.page;
  keepFaults(page, faults);
  await page.setViewportSize({ width: 1280, height: 800 });
  await openInputData(studio, data);
  await page.getByRole('button', { name: 'Run', exact: true }).first().click({ timeout: 60_000 });
  await expect(headline()).toContainText(/most/, { timeout: 120_000 });
  await expect(page.getByRole('progressbar', { name: 'Run' })).toHaveCount(0, { timeout: 120_000 });
}

test.beforeEach(() => {
  folder = newFolder();
  faults.length = 0;
});
test.afterEach(async () => {
  await studio.close();
  forget(studio.userData);
  forget(folder);
  expect(faults).toEqual([]);
});

test('one layer: its inputs are ranked, by the names that their table gives them, and changed by these', async () => {
  await run('oneLayer');
  await expect(headline()).toContainText(/owes most to\s*x #\d (sepal|petal) (length|width) \(cm\)/);
  await expect(rows()).toHaveCount(4);
  await expect(rows().first()).toContainText(/sepal/);
  await view('Compare');
  await expect(page.getByText(/^rank correlation\s*[01]\.\d/)).toBeVisible();
  await view('Examples');
  await page
    .getByRole('tab', { name: 'What if' })
    .or(page.getByRole('button', { name: 'What if' }))
    .click();
  await expect(page.getByLabel('Feature 2, petal length (cm)')).toHaveValue('1.4');
  expect(await lookFaults(page)).toEqual([]);
});

test('a table of features: what drives a unit is called by their names', async () => {
  await run('table');
  await page.locator('svg .node').nth(1).click();
  await page.getByRole('slider', { name: /^All 64 units/ }).press('ArrowRight');
  const drives = section('what drives it, weight × difference');
  await expect(drives.getByRole('listitem').first()).toContainText(/#\d+ [a-z_]{3,}/);
  await settled(page);
  expect(await lookFaults(page)).toEqual([]);
});

test('classes of pixels: the layer that is only moved into the output is no finding', async () => {
  await run('segmentation');
  await expect(headline()).toContainText(/masks\[\d, \d+, \d+\]/);
  await expect(headline().locator('button.unit')).not.toContainText('head');
});

test('labels of tokens: which position is meant is said, examples stand as words', async () => {
  await run('tokens');
  await expect(headline()).toContainText(/(O|B-PER|I-PER|B-LOC|I-LOC) at \d+/);
  await expect(section('Input').getByRole('button', { name: /^Example 0/ })).toContainText(/wörd\d+ wörd\d+/);
  await settled(page);
  expect(await lookFaults(page)).toEqual([]);
});

test('names of 120 letters that differ in their middle are told apart in the graph and in the ranking', async () => {
  await run('longNames');
  const cards = await page
    .locator('svg .node text:first-of-type')
    .evaluateAll((all: { textContent: string }[]) => all.map(({ textContent }) => textContent));
  expect(cards.length).toBeGreaterThan(10);
  expect(new Set(cards).size, cards.join('\n')).toBe(cards.length);
  const names = await drawn(rows());
  expect(names.size).toBeGreaterThan(4);
  expect([...names.values()].filter((layers) => layers.size > 1)).toEqual([]);
  await view('Path');
  await expect(page.getByText('Where the error sits')).toBeVisible({ timeout: 60_000 });
  await settled(page);
  expect(await lookFaults(page)).toEqual([]);
});

test('sound: an example is a curve, several of them leave every view in sight', async () => {
  await run('audio');
  const picture = section('Input')
    .getByRole('button', { name: /^Example 0/ })
    .locator('canvas');
  await expect(picture).toHaveJSProperty('width', 240);
  await page.getByRole('button', { name: /^Example 0/ }).first().click(); // prettier-ignore
  await page.keyboard.press('Control+a');
  await page.getByRole('button', { name: 'Run', exact: true }).first().click();
  await expect(page.getByRole('group', { name: 'Example', exact: true })).toBeVisible({ timeout: 60_000 });
  const hidden = await page.evaluate<number>(`(() => {
    const tabs = document.querySelector('[role=tablist][aria-label=Views]');
    return tabs.scrollWidth - tabs.clientWidth;
  })()`);
  expect(hidden).toBeLessThanOrEqual(0);
});
