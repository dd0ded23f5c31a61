/** Data in, requests and what comes of comparing them: pictures, tables, several inputs, runs named, sessions held side by side. */
import { expect, test, type Page } from '@playwright/test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { encode as encodePng } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import { npyBytes, npyHeader } from '../../src/main/engine/data/npy';
import { answerDialogs, chooseFiles, forget, keepFaults, launch, newFolder, type Studio } from './studio';

test.describe.configure({ mode: 'serial' });

let studio: Studio;
let page: Page;
let folder: string;
const faults: string[] = [];
const section = (name: string) => page.getByRole('region', { name, exact: true });
const examples = () => section('Input').getByRole('button', { name: /^Example/ });
const openButton = () => section('Input').locator('header').getByRole('button');
const view = (name: string) => page.getByRole('tab', { name }).click();
const headline = () => page.locator('.headline');

/** Answers the next dialogs with these files. */
const choose = (...paths: readonly string[]): Promise<void> => chooseFiles(studio.app, paths);
const write = (name: string, bytes: string | Uint8Array): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};
async function run(): Promise<void> {
  await page.getByRole('button', { name: 'Run', exact: true }).first().click();
  await expect(page.getByRole('progressbar', { name: 'Run' })).toHaveCount(0, { timeout: 40_000 });
  await expect(headline()).toContainText('owes most to');
}
const npy = (shape: number[], value: number): Uint8Array =>
  Buffer.concat([npyHeader(shape), npyBytes(new Float32Array(shape.reduce((all, each) => all * each, 1)).fill(value))]);
/** A grey ramp with a bright stroke, larger than the model wants. */
const picture = (size: number, stroke: number): Uint8Array =>
  Uint8Array.from({ length: size * size * 3 }, (_, at) =>
    Math.floor((Math.floor(at / 3) % size) / (size / 8)) === stroke ? 255 : 20,
  );

test.beforeAll(async () => {
  folder = newFolder();
  studio = await launch(['--sample', 'digits']);
  page = studio.page;
  keepFaults(page, faults);
  await expect(examples()).toHaveCount(8);
});
test.afterAll(async () => {
  await studio.close();
  forget(studio.userData);
  forget(folder);
});

test('runs of the sample, to compare with', async () => {
  await run();
  await expect(page.getByRole('list', { name: 'Runs' }).getByRole('button', { pressed: true })).toHaveCount(2);
});

test('a unit shows its value and its gradient along the path', async () => {
  await headline().getByRole('button').first().click();
  const detail = page.getByRole('region', { name: 'Selected unit' });
  await expect(detail.getByRole('img', { name: /^activation of the unit along the path, from 0/ })).toBeVisible();
  await expect(detail.getByRole('img', { name: /^gradient of the unit along the path/ })).toBeVisible();
});

test('what drives a unit: by the same methods', async () => {
  const button = page.getByRole('button', { name: 'What drives it?' });
  const detail = page.getByRole('region', { name: 'Selected unit' });
  await expect(detail.getByText(/^a run, (about|under) [\d.]+ m?s$/)).toBeVisible();
  await button.click();
  await expect(page.getByRole('img', { name: 'What drives the unit, by NIG · 2 %' })).toBeVisible({ timeout: 20_000 });
  await expect(page.getByRole('img', { name: 'What drives the unit, by Rescale' })).toBeVisible();
  await expect(button).toHaveAttribute('aria-pressed', 'true');
  await expect(detail.getByText(/^a run, /)).toHaveCount(0);
  await button.click();
  await expect(page.getByRole('img', { name: /unit \d+ by NIG/ })).toBeVisible();
});

test('the path: every layer, where the error sits, where gradients have saturated', async () => {
  await view('Path');
  const path = page.getByRole('region', { name: 'Path', exact: true });
  await expect(path.getByText(/Every cut's running sum keeps within/)).toBeVisible({ timeout: 20_000 });
  const strips = path.getByRole('img', { name: 'Error of each layer along the path' });
  await expect(strips).toBeVisible();
  await expect(path.getByRole('img', { name: 'Gradient of each layer along the path' })).toBeVisible();
  await strips.locator('g', { hasText: 'wide_conv' }).click();
  await expect(page.locator('.node.selected[data-id="wide_conv"]')).toBeVisible();
});

test('pictures become examples: brought to size, said how, range to choose', async () => {
  const png = write('stroke.png', encodePng({ width: 32, height: 32, channels: 3, depth: 8, data: picture(32, 3) }));
  const rgba = Buffer.alloc(24 * 24 * 4, 255);
  picture(24, 5).forEach((level, at) => (rgba[Math.floor(at / 3) * 4 + (at % 3)] = level));
  const jpeg = write('stroke.jpeg', encodeJpeg({ width: 24, height: 24, data: rgba }, 95).data);
  await choose(png, jpeg);
  await openButton().click();
  await expect(examples()).toHaveCount(2);
  const input = section('Input');
  await expect(input.getByText('PNG, 32 × 32 colour, resized to 8 × 8, taken as grey, values 0 to 1')).toBeVisible();
  await expect(input.getByText('JPEG, 24 × 24 colour, resized to 8 × 8, taken as grey, values 0 to 1')).toBeVisible();
  await expect(input.getByText('0 to 1: as the data that came with the model.')).toBeVisible();
  await expect(section('Prediction').locator('li').first()).toContainText('%');
  await expect(section('Prediction').getByText(/truly/)).toHaveCount(0);

  const range = async (value: string) => {
    const more = input.getByRole('button', { name: 'Mean and deviation…' });
    if ((await more.getAttribute('aria-expanded')) === 'false') await more.click();
    await input.getByLabel('black to white').selectOption(value);
  };
  await range('0..255');
  await expect(input.getByText(/the data that came with the model lie from 0 to 1/)).toBeVisible();
  await range('0..1');
  await expect(input.getByText(/the data that came with the model lie from 0 to 1/)).toHaveCount(0);
});

test('a run of other data is told apart, and compared across inputs', async () => {
  await run();
  await view('Compare');
  await page.getByLabel('First run', { exact: true }).selectOption({ index: 0 });
  await expect(page.getByText(/Different inputs: \d of inputs\.npz, example 0, against/)).toBeVisible();
  await page.getByLabel('Second run', { exact: true }).selectOption({ index: 1 });
  await expect(page.getByText(/Different inputs/)).toHaveCount(0);
  await page.getByLabel('Example of the second run').selectOption('1');
  await expect(page.getByText(/against \d of inputs\.npz, example 1\./)).toBeVisible();
});

test('sign flips are selected everywhere', async () => {
  const flips = page.locator('dl.numbers div', { hasText: 'sign flips' });
  const many = Number(/\d+/.exec(await flips.locator('dd').innerText())![0]);
  expect(many).toBeGreaterThan(0);
  await flips.getByRole('button', { name: 'select' }).click();
  await expect(page.locator('.node.dim').first()).toBeVisible();
  await view('Ranking');
  await page.getByRole('button', { name: 'Clear brush' }).click();
});

test('a table, and what is wrong with one', async () => {
  const row = Array.from({ length: 64 }, (_, at) => (at % 8 === 3 ? 1 : 0)).join();
  await choose(write('rows.csv', `${row}\n${row}\n${row}\n`));
  await openButton().click();
  await expect(examples()).toHaveCount(3);
  await expect(section('Input').getByText('table of 3 rows as 3 examples')).toBeVisible();

  await choose(write('short.csv', '1,2,3\n'));
  await openButton().click();
  await expect(page.getByText(/short\.csv holds 1 rows of 3 numbers; the input image of shape \[8, 8, 1\] wants/)).toBeVisible(); // prettier-ignore
  await expect(examples()).toHaveCount(3);
  await choose(write('words.csv', `${row}\n${row.replace('1', 'one')}\n`));
  await openButton().click();
  await expect(page.getByText(/words\.csv, line 2, column 4: one was found, expected a number/)).toBeVisible();
  await choose(write('broken.png', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0)));
  await openButton().click();
  await expect(page.getByText(/broken\.png cannot be read as \.png: it ends before its last part/)).toBeVisible();
  const dismiss = page.getByRole('button', { name: 'Dismiss' });
  while ((await dismiss.count()) > 0) await dismiss.first().click();
});

/** Drops files of the disk on the window, as the system does: only such files have a path. */
async function drop(...paths: string[]): Promise<void> {
  await page.evaluate(`document.body.insertAdjacentHTML('beforeend', '<input type="file" id="disk" multiple hidden>')`);
  await page.locator('#disk').setInputFiles(paths);
  await page.evaluate(`(() => {
    const dataTransfer = new DataTransfer();
    for (const file of document.querySelector('#disk').files) dataTransfer.items.add(file);
    document.querySelector('#disk').remove();
    const at = document.querySelector('.window');
    at.dispatchEvent(new DragEvent('dragover', { dataTransfer, bubbles: true, cancelable: true }));
    at.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  })()`);
}

test('files are dropped: pictures together, an array, a table, one that does not fit', async () => {
  const stroke = (at: number) =>
    encodePng({ width: 8, height: 8, channels: 1, depth: 8, data: new Uint8Array(64).fill(at) });
  await drop(write('one.png', stroke(50)), write('two.png', stroke(150)));
  await expect(examples()).toHaveCount(2);
  await expect(openButton()).toContainText('one.png');
  await drop(write('three.npy', npy([3, 8, 8, 1], 0.5)));
  await expect(examples()).toHaveCount(3);
  await drop(write('four.csv', Array(4).fill(Array(64).fill(0.25).join()).join('\n')));
  await expect(examples()).toHaveCount(4);
  await drop(write('wrong.npy', npy([2, 5], 0)));
  // what was expected, and what was found; what is open stays
  const fault = page.locator('.message.fault');
  await expect(fault).toContainText('8');
  await expect(fault).toContainText('5');
  await expect(examples()).toHaveCount(4);
  await drop(write('three.npy', npy([3, 8, 8, 1], 0.5)));
  await expect(examples()).toHaveCount(3);
});

test('a file that a page made has no path: nothing is granted, and nothing changes', async () => {
  await page.evaluate(`(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([new Uint8Array(64)], 'made-by-the-page.png'));
    document.querySelector('.window').dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true }));
  })()`);
  await page.evaluate('window.mho.filesFrom([])'); // answered after the drop was
  await expect(examples()).toHaveCount(3);
});

test('a picture as baseline, drawn and with its own prediction', async () => {
  await choose(write('grey.png', encodePng({ width: 8, height: 8, channels: 1, depth: 8, data: new Uint8Array(64).fill(128) }))); // prettier-ignore
  const baseline = section('Compared with');
  await baseline.getByRole('button', { name: 'From a file…' }).click();
  await expect(baseline.getByText('grey.png')).toBeVisible();
  await expect(baseline.getByRole('img', { name: 'The baseline of image' })).toBeVisible();
  await expect(baseline.getByText(/^predicts/)).toBeVisible();
  await baseline.getByRole('button', { name: 'Constant' }).click();
});

test('a run is named and noted; the session keeps both, and another session is compared with', async () => {
  const runs = page.getByRole('list', { name: 'Runs' });
  await runs
    .getByRole('button', { name: /^Name and note of NIG/ })
    .first()
    .click();
  const dialog = page.getByRole('dialog', { name: 'This run' });
  await expect(dialog.getByText('Neuron Integrated Gradients')).toBeVisible();
  await dialog.getByLabel('Name').fill('three, first look');
  await dialog.getByLabel('Note').fill('stem_conv #1 again');
  await dialog.getByRole('button', { name: 'Keep' }).click();
  await expect(runs.getByRole('button', { name: /^three, first look/ })).toBeVisible();
  await expect(runs.getByTitle('stem_conv #1 again', { exact: true })).toBeVisible();
  const file = join(folder, 'named.mho');
  await answerDialogs(studio.app, { save: file });
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('Saved.')).toBeVisible();

  await runs.getByRole('button', { name: /^Name and note of three/ }).click();
  await dialog.getByLabel('Name').fill('');
  await dialog.getByRole('button', { name: 'Keep' }).click();
  await expect(runs.getByRole('button', { name: /^three/ })).toHaveCount(0);

  await choose(file);
  await runs.getByRole('button', { name: 'Session' }).click();
  await expect(page.getByText(/runs of named\.mho can be compared with/)).toBeVisible();
  await expect(runs.getByRole('button', { name: /^three, first look.*other session/ })).toBeVisible();
  await view('Compare');
  const second = page.getByLabel('Second run', { exact: true });
  const option = second.locator('option', { hasText: 'three, first look' });
  await page.getByLabel('First run', { exact: true }).selectOption({ index: 0 });
  await second.selectOption((await option.getAttribute('value'))!);
  await expect(page.getByLabel('Second run', { exact: true }).locator('option:checked')).toContainText('other session');
  // the same run, out of a file: every number is the same
  await expect(page.locator('dl.numbers')).toContainText('1.000');
  await expect(page.locator('dl.numbers div', { hasText: 'distance' })).toHaveText(/distance\s*0 %/);
  // put away and taken back
  const guest = runs.getByRole('button', { name: /^three, first look.*other session/ });
  await runs.getByRole('button', { name: 'Remove three, first look' }).click();
  await expect(guest).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(guest).toBeVisible();
});

test('several inputs: each drawn, each opened by itself', async () => {
  await choose(resolve(__dirname, '../samples/keras_layers/keras3/nested.keras'));
  await answerDialogs(studio.app, { open: resolve(__dirname, '../samples/keras_layers/keras3/nested.keras'), unsaved: 1 }); // prettier-ignore
  await page.keyboard.press('Control+o');
  const ports = section('Input').getByRole('list', { name: 'Inputs of the model' });
  await expect(ports.getByRole('listitem')).toHaveCount(2);
  const { summary } = (await studio.get('openedModel', {}))!;
  mkdirSync(join(folder, 'two'));
  for (const { name, shape } of summary.inputs) {
    const size = shape.reduce<number>((all, each) => all * each!, 1);
    const row = Array.from({ length: size }, (_, at) => Math.sin(at + name.length)).join();
    await choose(write(`two/${name}.csv`, `${row}\n${row}\n`));
    await ports.getByRole('listitem').filter({ hasText: name }).getByRole('button').click();
  }
  await expect(examples()).toHaveCount(2);
  for (const { name } of summary.inputs) await expect(examples().first()).toContainText(name);
  await expect(section('Prediction').locator('li').first()).toBeVisible();
  for (const { name } of summary.inputs) await expect(section('Compared with')).toContainText(name);
  await run();
});

test('a session and a model are dropped: each opens', async () => {
  await answerDialogs(studio.app, { unsaved: 1 });
  await drop(join(folder, 'named.mho'));
  await expect(
    page.getByRole('list', { name: 'Runs' }).getByRole('button', { name: /^three, first look/ }),
  ).toBeVisible();
  await drop(resolve(__dirname, '../samples/keras_layers/keras3/nested.keras'));
  await expect(page.getByRole('heading', { name: 'siamese' })).toBeVisible();
  await expect(section('Input').getByRole('list', { name: 'Inputs of the model' })).toBeVisible();
});

test('no error reached the console', () => {
  expect(faults).toEqual([]);
});
