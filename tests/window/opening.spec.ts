/** What the window says of a model when it opens one: how far it is, what else is there, where paths start, what methods give. */
import { expect, test } from '@playwright/test';
import { copyFileSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerDialogs, forget, launch, newFolder, root, shownMessages, type Studio } from './studio';

const CASES = join(root, 'tests/reference/cases');
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

interface Stored {
  readonly name: string;
  readonly shape: readonly number[];
}
/** A LayersModel folder whose weights are all zero. */
function zeros(layers: readonly object[], weights: readonly Stored[]): string {
  const json = {
    modelTopology: { model_config: { class_name: 'Sequential', config: { name: 'zeros', layers } } },
    weightsManifest: [{ paths: ['zeros.bin'], weights: weights.map((each) => ({ ...each, dtype: 'float32' })) }],
  };
  writeFileSync(join(folder, 'model.json'), JSON.stringify(json));
  writeFileSync(join(folder, 'zeros.bin'), '');
  const size = weights.reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);
  truncateSync(join(folder, 'zeros.bin'), size);
  return folder;
}

test('a large model tells how far it has been read', async () => {
  const units = 2048;
  const names = Array.from({ length: 12 }, (_, i) => `dense_${i}`);
  const layers = names.map((name, i) => ({
    class_name: 'Dense',
    config: { name, units, use_bias: false, ...(i === 0 && { batch_input_shape: [null, units] }) },
  }));
  studio = await launch([
    zeros(
      layers,
      names.map((name) => ({ name: `${name}/kernel`, shape: [units, units] })),
    ),
  ]);
  await expect.poll(async () => (await studio!.get('document', {})).modelOpen, { timeout: 20_000 }).toBe(true);
  const told = studio.unasked.flatMap(({ kind, document }) =>
    kind === 'document' ? [(document as { opening: { done: number; total: number } | null }).opening] : [],
  );
  expect(told.filter((each) => each !== null && each.total === 12 * 4 * units * units).length).toBeGreaterThan(0);
  expect((await studio.get('document', {})).opening).toBeNull();
});

test('an opening is cancelled where it is shown, and what was open stays', async () => {
  const units = 4096;
  const names = Array.from({ length: 16 }, (_, i) => `dense_${i}`);
  const layers = names.map((name, i) => ({
    class_name: 'Dense',
    config: { name, units, use_bias: false, ...(i === 0 && { batch_input_shape: [null, units] }) },
  }));
  const large = zeros(
    layers,
    names.map((name) => ({ name: `${name}/kernel`, shape: [units, units] })),
  );
  studio = await launch(['--sample', 'digits']);
  const { app, page } = studio;
  await expect(page.getByRole('button', { name: 'Run', exact: true }).first()).toBeEnabled({ timeout: 20_000 });
  await answerDialogs(app, { open: large });
  await app.evaluate(({ Menu }) => Menu.getApplicationMenu()!.getMenuItemById('open-folder')!.click());
  await page.getByRole('button', { name: /^Cancel opening/ }).click();
  await expect(page.getByText(/^Opening .* was cancelled/)).toBeVisible();
  await expect(page.getByRole('button', { name: /^Cancel opening/ })).toHaveCount(0);
  await expect(page.locator('.message.fault')).toHaveCount(0);
  expect((await studio.get('openedModel', {}))!.sample!.name).toBe('digits');
  await expect(page.getByRole('button', { name: 'Run', exact: true }).first()).toBeEnabled();
});

test('the model card says where the path starts and what each method gives', async () => {
  const layers = [
    { class_name: 'Embedding', config: { name: 'words', input_dim: 5, output_dim: 2, batch_input_shape: [null, 3] } },
    { class_name: 'Flatten', config: { name: 'flat' } },
    { class_name: 'Dense', config: { name: 'classes', units: 2, activation: 'softmax' } },
  ];
  const weights = [
    { name: 'words/embeddings', shape: [5, 2] },
    { name: 'classes/kernel', shape: [6, 2] },
    { name: 'classes/bias', shape: [2] },
  ];
  studio = await launch([zeros(layers, weights)]);
  const card = studio.page.getByRole('region', { name: 'Model' });
  await expect(card).toContainText('The path starts at words, the first real values behind words_input.', { timeout: 20_000 }); // prettier-ignore
  await card.getByText(/\d+ ops?, /).click();
  await expect(card.getByRole('row', { name: /^softmax 1 sums exactly sums exactly none none$/ })).toBeVisible();
  await expect(
    card.getByRole('row', { name: /^matmul 1 sums exactly sums exactly sums exactly sums exactly$/ }),
  ).toBeVisible();
});

test('of several models in a folder the others are named', async () => {
  const place = join(folder, 'several');
  mkdirSync(place);
  copyFileSync(join(CASES, 'plain/model.keras'), join(place, 'b.keras'));
  copyFileSync(join(CASES, 'plain/model.onnx'), join(place, 'a.onnx'));
  studio = await launch([place]);
  const card = studio.page.getByRole('region', { name: 'Model' });
  await expect(card).toContainText('One of several models in its folder. The others: a.onnx.', { timeout: 20_000 });
});

test('a model with several signatures shows which is open, and opens another; what is not opened is not chosen', async () => {
  studio = await launch([join(root, 'tests/field/signatures/two')]);
  const { page, app } = studio;
  const signature = page.getByLabel('Signature');
  await expect(signature).toHaveValue('classify');
  await signature.selectOption('embed');
  await expect(page.getByText('x 4 → code 5')).toBeVisible();
  await expect(signature).toHaveValue('embed');
  expect((await studio.get('openedModel', {}))!.summary.signature).toBe('embed');

  await answerDialogs(app, { open: join(root, 'tests/field/signatures/case.in.npz'), unsaved: 2 });
  await page.getByRole('region', { name: 'Input' }).getByRole('button', { name: 'Open…' }).click();
  await page.getByRole('button', { name: 'Run', exact: true }).first().click({ timeout: 20_000 });
  await expect.poll(async () => (await studio!.get('document', {})).runs, { timeout: 30_000 }).toBeGreaterThan(0);
  await signature.selectOption('classify');
  await expect.poll(() => shownMessages(app)).toHaveLength(1);
  await expect(signature).toHaveValue('embed');
});
