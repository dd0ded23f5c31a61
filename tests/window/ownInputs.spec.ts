/** Inputs of models as somebody brings them: pictures with channels first and as ImageNet's models want them, long sequences, attention, many units. */
import { expect, test, type Locator, type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { genomics, torchStages, twoInputs, type OwnModel, transformer } from './ownModels';
import { chooseFiles, forget, keepFaults, launch, newFolder, openInputData, type Studio } from './studio';

test.describe.configure({ mode: 'serial' });

let studio: Studio;
let page: Page;
let folder: string;
const faults: string[] = [];
const section = (name: string) => page.getByRole('region', { name, exact: true });
const detail = () => page.getByRole('region', { name: /^Selected/ });
const choose = (...paths: readonly string[]): Promise<void> => chooseFiles(studio.app, paths);
const openData = (...paths: readonly string[]): Promise<void> => openInputData(studio, paths);
async function run(): Promise<void> {
  await page.getByRole('button', { name: 'Run', exact: true }).first().click();
  await expect(page.getByRole('progressbar', { name: 'Run' })).toHaveCount(0, { timeout: 60_000 });
  await expect(detail()).toBeVisible({ timeout: 30_000 });
}
/** What of a canvas the test reads, in the page. */
interface Drawn {
  readonly width: number;
  readonly height: number;
  getContext(kind: '2d'): { getImageData(x: number, y: number, w: number, h: number): { data: Uint8ClampedArray } };
}
/** The colour at a place of a canvas, 0 to 1 from left and top. */
const colourAt = (canvas: Locator, x: number, y: number): Promise<number[]> =>
  canvas.evaluate(
    (element, [across, down]) => {
      const drawn = element as unknown as Drawn;
      const at = [Math.floor(drawn.width * across!), Math.floor(drawn.height * down!)] as const;
      return [
        ...drawn
          .getContext('2d')
          .getImageData(...at, 1, 1)
          .data.slice(0, 3),
      ];
    },
    [x, y],
  );

test.beforeAll(async () => {
  folder = newFolder();
});
test.afterEach(async () => {
  await studio.close();
  forget(studio.userData);
});
test.afterAll(() => {
  forget(folder);
  expect(faults).toEqual([]);
});

/** @param own the window opens with it */
async function launched(own: OwnModel): Promise<void> {
  studio = await launch([own.model]);
  page = studio.page;
  keepFaults(page, faults);
  await expect(section('Input')).toBeVisible({ timeout: 30_000 });
}

test('a picture with its channels first is a picture: in the list, as it was normalised, in the baseline, under heat maps', async () => {
  const own = torchStages(folder);
  await launched(own);
  await openData(own.picture!);
  const thumbnail = section('Input')
    .getByRole('button', { name: /^Example 0/ })
    .locator('canvas');
  await expect(thumbnail).toHaveClass(/image/, { timeout: 30_000 });
  const green = [39, 174, 96];
  await expect.poll(() => colourAt(thumbnail, 0.5, 0.5)).toEqual(green);
  await section('Input').getByLabel('values').selectOption('ImageNet (mean, std)');
  await expect(section('Input')).toContainText('less the mean 0.485, 0.456, 0.406');
  // the numbers are others, the picture is the same
  await expect.poll(() => colourAt(thumbnail, 0.5, 0.5)).toEqual(green);
  const baseline = section('Compared with').locator('canvas');
  await expect(baseline).toHaveClass(/image/);
  await expect.poll(() => colourAt(baseline, 0.5, 0.5)).toEqual([124, 116, 104]);
  await section('Input').getByRole('button', { name: 'Keep for this model' }).click();
  await expect(section('Input').getByRole('button', { name: 'Kept in mho.json' })).toBeVisible();
  const kept = JSON.parse(readFileSync(join(dirname(own.model), 'mho.json'), 'utf8')) as { image: object };
  expect(kept.image).toMatchObject({ range: '0..1', std: [0.229, 0.224, 0.225] });
  await run();
  await expect(detail().getByRole('img').first()).toBeVisible();
  await expect.poll(() => colourAt(detail().locator('canvas.under').first(), 0.5, 0.5)).toEqual(green);
  await detail().getByRole('button', { name: 'Large' }).click();
  const large = page.getByRole('dialog', { name: 'Large pictures' });
  await expect(large.getByRole('img')).toHaveCount(3);
  await large.getByRole('img').first().hover();
  await expect(large).toContainText(/\(4\d, 4\d\) input −?[\d.]+, −?[\d.]+, −?[\d.]+/);
  const inner = large.locator('.inner');
  await page.keyboard.press('+');
  await expect
    .poll(() => inner.evaluateAll((all) => new Set(all.map((each) => each.getAttribute('style'))).size))
    .toBe(1);
  await expect(inner.first()).toHaveAttribute('style', /width: 140%/);
  await page.keyboard.press('Escape');
  await expect(large).toHaveCount(0);
});

test('a sequence of 400 letters opens at its peak, with an axis; all methods move and zoom as one', async () => {
  const own = genomics(folder);
  await launched(own);
  await openData(...own.data);
  await run();
  const overview = detail().getByRole('slider', { name: 'Positions that are shown' });
  await expect(overview).toHaveAttribute('aria-valuemax', '399');
  const rows = detail().locator('svg.row');
  await expect(rows).toHaveCount(2);
  const drawn = () => rows.first().locator('text').allTextContents();
  await expect.poll(async () => (await drawn()).length).toBeGreaterThan(20);
  // nothing is wider than its place, and what is shown holds the largest bar
  const place = (await detail().boundingBox())!;
  for (const row of await rows.all()) {
    const box = (await row.boundingBox())!;
    expect(box.x + box.width).toBeLessThanOrEqual(place.x + place.width);
    await expect.poll(() => row.locator('rect.up, rect.down, text').count()).toBeGreaterThan(0);
  }
  const from = async () => Number(await overview.getAttribute('aria-valuenow'));
  const peak = await from();
  expect(peak).toBeGreaterThan(0);
  const letters = await drawn();
  await overview.press('Home');
  await expect.poll(from).toBe(0);
  await expect.poll(drawn).not.toEqual(letters);
  await expect.poll(async () => (await rows.last().locator('text').allTextContents()).join('') === (await drawn()).join('')).toBe(true); // prettier-ignore
  await expect(detail().locator('svg.axis text').first()).toHaveText('0');
  // zoomed out, there are bars of all 400; zoomed in again, letters
  for (let times = 0; times < 12; times++) await overview.press('-');
  await expect(overview).toHaveAttribute('aria-valuetext', '0 to 399 of 400');
  await expect.poll(async () => (await drawn()).length).toBe(0);
  await overview.press('0');
  await expect.poll(from).toBe(peak);
  await rows.first().hover();
  await page.mouse.wheel(0, -200);
  await expect.poll(async () => (await drawn()).length).toBeLessThan(letters.length);
});

test('a map of attention names what stands at both axes, and shows every head of its layer', async () => {
  const own = transformer(folder);
  await launched(own);
  await openData(...own.data);
  await run();
  await page.getByRole('searchbox', { name: 'Search layers' }).fill('block0_attention/weights');
  await page.keyboard.press('Enter');
  const heads = detail().getByRole('button', { name: /^Head \d+: [+−]/ });
  await expect(heads).toHaveCount(4);
  await heads.nth(2).click();
  await expect(detail().getByRole('heading', { level: 2 })).toContainText('#2');
  await expect(heads.nth(2)).toHaveAttribute('aria-pressed', 'true');
  for (const axis of ['Rows: what attends', 'Columns: what is attended to']) {
    const names = detail().getByRole('list', { name: axis }).first().getByRole('listitem');
    await expect(names.first()).toHaveText(/^\d+$/);
    await expect.poll(() => names.count()).toBeGreaterThan(3);
  }
});

test('a dense unit: what it reads, who reads it and the largest of its layer fill the place; 2,048 units in the width there is', async () => {
  const own = twoInputs(folder);
  await launched(own);
  for (const file of own.data) {
    await choose(file);
    const name = file.endsWith('context.npy') ? 'context' : 'features';
    await section('Input').getByRole('listitem').filter({ hasText: name }).getByRole('button').click();
    const there =
      name === 'context'
        ? section('Input').getByRole('button', { name: 'Example 0', exact: true })
        : section('Input').getByRole('button', { name: 'given' });
    await expect(there).toBeVisible({ timeout: 20_000 });
  }
  await run();
  await page
    .getByRole('button', { name: /^features_wide/ })
    .first()
    .click();
  const strip = detail().getByRole('slider', { name: 'All 2048 units of features_wide' });
  await strip.focus();
  await strip.press('End');
  await expect(detail().getByRole('heading', { level: 2 })).toContainText('#2047');
  const read = detail().getByRole('region', { name: 'what drives it, weight × difference' });
  await expect(read.getByRole('button').first()).toHaveAttribute('title', /^features #\d+: .*×/);
  await expect(
    detail().getByRole('region', { name: 'who reads it, by weight' }).getByRole('button').first(),
  ).toBeVisible();
  const [box, width] = [(await strip.boundingBox())!, (await detail().boundingBox())!.width];
  expect(box.width).toBeGreaterThan(width * 0.55);
  await read.getByRole('button').first().click();
  await expect(detail().getByRole('heading', { level: 2 })).toContainText('features');
});
