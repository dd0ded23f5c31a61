/** The report of models as somebody brings them: all that was run, in one file of a size that can be sent. */
import { expect, test } from '@playwright/test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OWN_MODELS } from './ownModels';
import { answerDialogs, forget, launch, newFolder, openInputData, type Studio } from './studio';

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

for (const name of ['torchStages', 'transformer', 'genomics', 'resnet38'] as const)
  test(`${name}: every example run, a note: runs, examples, units over examples and the notebook in less than 5 MB`, async () => {
    const model = OWN_MODELS[name](folder);
    studio = await launch([model.model]);
    const { page } = studio;
    await openInputData(studio, model.data);
    const run = page.getByRole('button', { name: 'Run', exact: true }).first();
    await expect(run).toBeEnabled({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Example 0', exact: true }).first().click(); // prettier-ignore
    await page.keyboard.press('Control+a');
    await run.click();
    await expect(page.locator('[data-row]').first()).toBeVisible({ timeout: 120_000 });
    await expect(run).toBeEnabled({ timeout: 120_000 });
    await page.locator('[data-row]').first().click();
    await page.keyboard.press('p');
    const file = join(folder, 'report.html');
    await answerDialogs(studio.app, { save: file, unsaved: 1 });
    await page.getByRole('button', { name: 'Report' }).click();
    await expect.poll(() => existsSync(file), { timeout: 120_000 }).toBe(true);
    const text = readFileSync(file, 'utf8');
    expect(Buffer.byteLength(text)).toBeLessThan(5e6);
    for (const part of ['<h2>Runs</h2>', '<h2>Examples</h2>', '<h2>Inputs</h2>', 'Units over ', '<h2>Notebook</h2>'])
      expect(text.includes(part), part).toBe(true);
    expect(text.replace(/<script>.*<\/script>/s, '')).not.toMatch(/NaN|undefined|\[object/);
  });
