/** Links to units: from a command line, by a second program, in the palette, into a model that is not open yet; and pages from every view. */
import { expect, test, type Page } from '@playwright/test';
import { spawn } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerDialogs, forget, launch, newFolder, root, type Studio } from './studio';

let folder: string;
let studio: Studio | null = null;
test.beforeEach(() => {
  folder = newFolder();
});
test.afterEach(async () => {
  await studio?.close();
  if (studio) forget(studio.userData);
  studio = null;
  forget(folder);
});

const pageOf = (page: Page, unit: string) => page.getByRole('region', { name: `Unit ${unit}`, exact: true });
const copied = (sample: string): string => {
  const path = join(folder, `${sample}.keras`);
  copyFileSync(join(root, `resources/samples/${sample}/model.keras`), path);
  return path;
};
const hashOf = async (of: Studio) => (await of.get('openedModel', {}))!.summary.hash;
const opened = (of: Studio) =>
  expect.poll(async () => (await of.get('document', {})).modelOpen, { timeout: 60_000 }).toBe(true);

test('a link opens the model that was open lately, at the unit; a second program hands it to the window that has the model', async () => {
  studio = await launch([copied('digits')]);
  await opened(studio);
  const hash = await hashOf(studio);
  await expect.poll(async () => (await studio!.get('recentList', {})).map((file) => file.hash)).toEqual([hash]);
  const { userData } = studio;
  await studio.close();

  studio = await launch([`mho://${hash}/block_add:11`], userData);
  const { page } = studio;
  await expect(pageOf(page, 'block_add #11')).toBeVisible({ timeout: 60_000 });
  const again = spawn(
    process.env['MHO_TEST_ELECTRON']!,
    ['--no-sandbox', '--disable-gpu', root, `mho://${hash}/stem_conv:2`, `--user-data-dir=${userData}`],
    { cwd: root, stdio: 'ignore' },
  );
  await new Promise((resolve) => again.once('close', resolve));
  await expect(pageOf(page, 'stem_conv #2')).toBeVisible();
  expect(studio.app.windows()).toHaveLength(1);
});

test('a link into another model says which, offers the file that was opened lately, and is followed once that is open', async () => {
  const digits = copied('digits');
  studio = await launch([digits]);
  await opened(studio);
  const hash = await hashOf(studio);
  const { page } = studio;
  await answerDialogs(studio.app, { open: copied('motifs'), unsaved: 1 });
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByRole('menuitem', { name: /^Model/ }).first().click(); // prettier-ignore
  await expect(page.getByText('motifs', { exact: true }).first()).toBeVisible({ timeout: 60_000 });
  await page.keyboard.press('Control+k');
  const field = page.getByRole('combobox', { name: 'What to go to' });
  await field.fill(`mho://${hash}/block_add:3`);
  await expect(page.getByRole('option', { name: /block_add #3/ })).toContainText(`hash ${hash.slice(0, 8)}`);
  await field.press('Enter');
  await page.getByRole('button', { name: 'Open digits.keras' }).click();
  await expect(pageOf(page, 'block_add #3')).toBeVisible({ timeout: 60_000 });
  await page.keyboard.press('Control+k');
  await field.fill(`mho://${hash}/stem_conv:1`);
  await field.press('Enter');
  await expect(pageOf(page, 'stem_conv #1')).toBeVisible();
});

test('the page opens by a double click in graph and matrix, and by Enter on what is selected there and beside the scatter', async () => {
  studio = await launch(['--sample', 'digits']);
  const { page } = studio;
  await expect(page.getByRole('button', { name: 'Run', exact: true }).first()).toBeEnabled({ timeout: 60_000 });
  await page.keyboard.press('Control+Enter');
  await expect(page.locator('.headline')).toContainText('owes most to', { timeout: 60_000 });
  await expect(page.getByRole('button', { name: 'Run', exact: true })).toBeEnabled({ timeout: 60_000 });
  const shown = page.getByRole('region', { name: /^Unit .+ #\d+$/ });
  const back = async () => {
    await expect(shown).toBeVisible();
    const name = await shown.getAttribute('aria-label');
    await page.keyboard.press('Escape');
    await expect(shown).toHaveCount(0);
    return name;
  };

  const node = page.locator('g.node[data-id="stem_conv"]');
  await node.dblclick();
  expect(await back()).toContain('stem_conv #');
  await node.focus();
  await node.press('Enter');
  expect(await back()).toContain('stem_conv #');

  await page.getByRole('tab', { name: 'Examples' }).click();
  await page.getByRole('button', { name: 'Units × examples' }).click();
  const matrix = page.getByRole('application', { name: /^Units × examples/ });
  await matrix.locator('.cells').dblclick({ position: { x: 4, y: 4 } });
  const first = await back();
  await matrix.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  expect(await back()).toContain('Unit ');
  await matrix.locator('.names .row').first().dblclick();
  expect(await back()).toBe(first);

  await page.getByRole('tab', { name: 'Compare' }).click();
  const region = page.getByRole('region', { name: 'Comparison', exact: true });
  await region.focus();
  await page.keyboard.press('Enter');
  expect(await back()).toBe(first);
});

test('a link into a bundled sample offers that, and is followed there', async () => {
  const first = await launch(['--sample', 'digits']);
  await opened(first);
  const hash = await hashOf(first);
  await first.close();
  forget(first.userData);

  studio = await launch([`mho://${hash}/stem_conv:2`]);
  const { page } = studio;
  await page.getByRole('button', { name: 'Open the sample Handwritten digits' }).click();
  await expect(pageOf(page, 'stem_conv #2')).toBeVisible({ timeout: 60_000 });
});
