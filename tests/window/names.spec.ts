/** Names are data: a model whose layers are called as what every object has, looked at in every view. */
import { expect, test, type Page } from '@playwright/test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npyBytes, npyHeader } from '../../src/main/engine/data/npy';
import { VIEWS } from '../../src/renderer/logic/views';
import { answerDialogs, forget, keepFaults, launch, newFolder, type Studio } from './studio';

const HIDDEN = ['constructor', 'toString', '__proto__', 'hasOwnProperty'];
const INPUT = 'valueOf';
const OUTPUT = 'prototype';
const UNITS = 6;

let folder: string;
let studio: Studio;
let page: Page;
const faults: string[] = [];

/** A chain of dense layers, as TensorFlow.js writes it; ReLUs between them repeat the layer before. */
function chain(to: string): string {
  mkdirSync(to);
  const before = [INPUT, ...HIDDEN];
  const dense = [...HIDDEN, OUTPUT].map((name, at) => ({
    class_name: 'Dense',
    name,
    config: { name, units: UNITS, activation: at % 2 === 0 ? 'relu' : 'linear', use_bias: false },
    inbound_nodes: [[[before[at], 0, 0, {}]]],
  }));
  const input = {
    class_name: 'InputLayer',
    name: INPUT,
    config: { name: INPUT, batch_input_shape: [null, UNITS], dtype: 'float32' },
    inbound_nodes: [],
  };
  const weights = [...HIDDEN, OUTPUT].map((name) => ({
    name: `${name}/kernel`,
    shape: [UNITS, UNITS],
    dtype: 'float32',
  }));
  const config = {
    name: '__proto__',
    layers: [input, ...dense],
    input_layers: [[INPUT, 0, 0]],
    output_layers: [[OUTPUT, 0, 0]],
  };
  const json = {
    format: 'layers-model',
    modelTopology: { class_name: 'Model', config, keras_version: 'tfjs-layers 4.22.0', backend: 'tensor_flow.js' },
    weightsManifest: [{ paths: ['weights.bin'], weights }],
  };
  writeFileSync(join(to, 'model.json'), JSON.stringify(json));
  const values = Float32Array.from({ length: weights.length * UNITS ** 2 }, (_, at) => Math.sin(at * 1.7) / 2);
  writeFileSync(join(to, 'weights.bin'), Buffer.from(values.buffer));
  return to;
}

test.beforeAll(async () => {
  folder = newFolder();
  studio = await launch([chain(join(folder, '__proto__'))]);
  page = studio.page;
  keepFaults(page, faults);
});
test.afterAll(async () => {
  await studio.close();
  forget(studio.userData);
  forget(folder);
});

test('such a model opens, takes data, predicts and runs; every view shows every layer', async () => {
  await expect(page.getByRole('region', { name: 'Layers' })).toBeVisible({ timeout: 20_000 });
  for (const name of [INPUT, ...HIDDEN, OUTPUT]) await expect(page.locator(`.node[data-id="${name}"]`)).toHaveCount(1);

  const values = Float32Array.from({ length: 2 * UNITS }, (_, at) => 1 + at / 10);
  const file = join(folder, 'values.npy');
  writeFileSync(file, Buffer.concat([npyHeader([2, UNITS]), npyBytes(values)]));
  await answerDialogs(studio.app, { open: file, unsaved: 1 });
  await page.getByRole('button', { name: 'Open input data' }).click();
  await expect(page.getByRole('region', { name: 'Prediction' }).locator('li').first()).toBeVisible();
  await page.getByRole('button', { name: 'Run', exact: true }).first().click();
  await expect(page.locator('.headline')).toContainText(OUTPUT, { timeout: 60_000 });

  await page.getByRole('tab', { name: VIEWS[0].name }).click();
  const grid = page.getByRole('grid', { name: 'Units by importance' });
  for (const name of HIDDEN) {
    await page.locator(`.node[data-id="${name}"]`).click();
    await expect(page.getByRole('region', { name: 'Selected layer' })).toContainText(name);
    await page.getByRole('searchbox', { name: 'Search units' }).fill(name);
    await expect(
      grid
        .getByRole('row')
        .filter({ hasText: `${name} #` })
        .first(),
    ).toBeVisible();
  }
  await page.getByRole('searchbox', { name: 'Search units' }).fill('');
  for (const { name, whole } of VIEWS) {
    await page.getByRole('tab', { name, exact: true }).click();
    await expect(page.locator('[aria-busy=true]')).toHaveCount(0, { timeout: 30_000 });
    // examples and runs are about no layer
    if (!whole) await expect(page.locator('.view')).toContainText('__proto__');
  }
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(page.locator('.message.fault')).toHaveCount(0);
  expect(faults).toEqual([]);
});

test('its session is saved, and opened again by its file', async () => {
  const path = join(folder, 'names.mho');
  await answerDialogs(studio.app, { save: path, open: path, unsaved: 1 });
  expect(await studio.get('saveSessionAs', {})).toBe(true);
  const { userData } = studio;
  await studio.close();
  studio = await launch([path], userData);
  page = studio.page;
  await expect(page.locator('.headline')).toContainText(OUTPUT, { timeout: 30_000 });
  await expect(page.locator('.node[data-id="__proto__"]')).toHaveCount(1);
  await expect(page.locator('.message.fault')).toHaveCount(0);
});
