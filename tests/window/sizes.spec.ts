/** A model that leaves a size free: bound by what is opened as its input, and said; another size afterwards. */
import { expect, test, type Page } from '@playwright/test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npyBytes, npyHeader } from '../../src/main/engine/data/npy';
import { recurrentFile } from '../formats/freeOnnx';
import { forget, launch, newFolder, openInputData, type Studio } from './studio';

let studio: Studio;
let page: Page;
let folder: string;
const section = (name: string) => page.getByRole('region', { name, exact: true });

const write = (name: string, bytes: Uint8Array): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};
async function open(steps: number): Promise<void> {
  const data = Float32Array.from({ length: steps * 2 }, (_, at) => Math.sin(at + steps));
  const path = write(`${steps}.npy`, Buffer.concat([npyHeader([1, steps, 2]), npyBytes(data)]));
  await openInputData(studio, [path]);
}

test.beforeAll(async () => {
  folder = newFolder();
  studio = await launch([write('free.onnx', recurrentFile('steps'))]);
  page = studio.page;
});
test.afterAll(async () => {
  await studio.close();
  forget(studio.userData);
  forget(folder);
});

test('data bind a free size, another size after that, and each is run', async () => {
  const untold = 'No rule for LSTM';
  await expect(section('Model')).toContainText(untold);
  for (const steps of [7, 4]) {
    await open(steps);
    await expect(section('Input')).toContainText(`x is taken as [${steps}, 2]`);
    await expect(section('Model')).not.toContainText(untold);
    await page.getByRole('button', { name: 'Run', exact: true }).first().click();
    await expect(page.getByRole('progressbar', { name: 'Run' })).toHaveCount(0, { timeout: 40_000 });
    await expect(page.locator('.headline')).toContainText(/(owes|loses) most/);
  }
});
