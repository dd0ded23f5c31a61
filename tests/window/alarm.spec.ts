/** Even steps that are too wide for a network raise an alarm, and its button asks the same question by the path that goes where it has to. */
import { expect, test, type Page } from '@playwright/test';
import { resolve } from 'node:path';
import { forget, keepFaults, launch, openInputData, root, type Studio } from './studio';

test.describe.configure({ mode: 'serial' });

const net = resolve(root, 'tests/field/norm-at-zero');
let studio: Studio;
let page: Page;
const faults: string[] = [];
const section = (name: string) => page.getByRole('region', { name, exact: true });
const run = () => page.getByRole('button', { name: 'Run', exact: true }).first();
const alarm = () => page.locator('.warning').filter({ hasText: /even steps cannot resolve/ });
const columns = () => page.getByRole('list', { name: 'Runs' });

test.beforeAll(async () => {
  studio = await launch([resolve(net, 'llama.onnx')]);
  page = studio.page;
  keepFaults(page, faults);
  await expect(section('Input')).toBeVisible({ timeout: 20_000 });
  await openInputData(studio, [resolve(net, 'inputs.npz')]);
  await expect(run()).toBeEnabled({ timeout: 20_000 });
});
test.afterAll(async () => {
  await studio.close();
  forget(studio.userData);
});

test('fifty even steps are not believed', async () => {
  await page.getByRole('button', { name: 'Even steps' }).click();
  await run().click();
  await expect(alarm().first()).toBeVisible({ timeout: 60_000 });
  await expect(alarm().first()).toContainText('50 even steps cannot resolve');
});

test('the button runs the same question to the tolerance that is asked, and from now on so', async () => {
  await alarm().first().getByRole('button', { name: 'Run without even steps' }).click();
  await expect(run()).toBeEnabled({ timeout: 120_000 });
  await expect(page.getByRole('progressbar', { name: 'Run' })).toHaveCount(0);
  await expect(page.getByRole('group', { name: 'Accuracy' })).toContainText(/Asked 2 %, (reached|stopped)/);
  await expect(columns()).toContainText(/NIG · [\d.]+ %/);
  await expect(page.getByRole('button', { name: 'To a tolerance' })).toHaveAttribute('aria-pressed', 'true');
  // What is shown now is the new run: its numbers carry no alarm.
  await expect(alarm()).toHaveCount(0);
  await expect(page.locator('.headline')).toContainText('owes most to');
});

test('no policy was broken and nothing was thrown', () => expect(faults).toEqual([]));
