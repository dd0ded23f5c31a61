/** Inputs of models as somebody brings them: pictures with channels first and as ImageNet's models want them, long sequences, attention, many units. */
import { expect, test, type Locator, type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { torchStages, type OwnModel } from './ownModels';
import { forget, launch, newFolder, type Studio } from './studio';

test.describe.configure({ mode: 'serial' });

let studio: Studio;
let page: Page;
let folder: string;
const faults: string[] = [];
const section = (name: string) => page.getByRole('region', { name, exact: true });
const detail = () => page.getByRole('region', { name: /^Selected/ });
const choose = (...paths: readonly string[]): Promise<void> =>
  studio.app.evaluate(({ dialog }, filePaths) => {
    Object.assign(dialog, { showOpenDialog: async () => ({ canceled: false, filePaths }) });
  }, paths as string[]);
const openData = async (...paths: readonly string[]): Promise<void> => {
  await choose(...paths);
  await section('Input').locator('header').getByRole('button').click();
};
async function run(): Promise<void> {
  await page.getByRole('button', { name: 'Run', exact: true }).first().click();
  await expect(page.getByRole('progressbar', { name: 'Run' })).toHaveCount(0, { timeout: 60_000 });
  await expect(page.locator('.headline')).toContainText('owes most to', { timeout: 30_000 });
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
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(error.message));
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
  expect(await colourAt(thumbnail, 0.5, 0.5)).toEqual(green);
  await section('Input').getByLabel('values').selectOption('ImageNet (mean, std)');
  await expect(section('Input')).toContainText('less the mean 0.485, 0.456, 0.406');
  // the numbers are others, the picture is the same
  await expect.poll(() => colourAt(thumbnail, 0.5, 0.5)).toEqual(green);
  const baseline = section('Compared with').locator('canvas');
  await expect(baseline).toHaveClass(/image/);
  expect(await colourAt(baseline, 0.5, 0.5)).toEqual([124, 116, 104]);
  await section('Input').getByRole('button', { name: 'Keep for this model' }).click();
  await expect(section('Input').getByRole('button', { name: 'Kept in mho.json' })).toBeVisible();
  const kept = JSON.parse(readFileSync(join(dirname(own.model), 'mho.json'), 'utf8')) as { image: object };
  expect(kept.image).toMatchObject({ range: '0..1', std: [0.229, 0.224, 0.225] });
  await run();
  await expect(detail().getByRole('img').first()).toBeVisible();
  expect(await colourAt(detail().locator('canvas.under').first(), 0.5, 0.5)).toEqual(green);
});
