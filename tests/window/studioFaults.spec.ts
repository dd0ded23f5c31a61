/**
 * What a day with models of one's own brought up, fault by fault, on such models. Those that the specs of their parts hold are not held again: pictures
 * with channels first, long sequences, attention, dense units (`ownInputs`), long names in headline, ranking and path, an only output, six methods
 * (`longNames`), how the graph opens and where its tab stop is (`graph`).
 */
import { expect, test, type Locator, type Page } from '@playwright/test';
import { writeFileSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { npyBytes, npyHeader } from '../../src/main/engine/data/npy';
import { VIEWS } from '../../src/renderer/logic/views';
import { deep302, genomics, resnet38, torchStages, transformer, twoInputs, type OwnModel } from './ownModels';
import {
  answerDialogs,
  chooseFiles,
  evenSteps,
  forget,
  keepFaults,
  launch,
  newFolder,
  openInputData,
  root,
  settled,
  type Studio,
} from './studio';

test.describe.configure({ timeout: 240_000 });

let studio: Studio;
let page: Page;
let folder: string;
let faults: string[];
test.beforeEach(() => {
  folder = newFolder();
  faults = [];
});
test.afterEach(async () => {
  await studio.close();
  forget(studio.userData);
  forget(folder);
  expect(faults).toEqual([]);
});

const section = (name: string) => page.getByRole('region', { name, exact: true });
const detail = () => page.getByRole('region', { name: /^Selected/ });
const headline = () => page.locator('.headline');
const runButton = () => page.getByRole('button', { name: 'Run', exact: true }).first();
const chips = () => page.getByRole('list', { name: 'Runs' }).locator('button[aria-pressed]');
const view = (name: string) => page.getByRole('tab', { name }).click();
const choose = (...paths: readonly string[]): Promise<void> => chooseFiles(studio.app, paths);
const openData = (...paths: readonly string[]): Promise<void> => openInputData(studio, paths);
const example = (at: number) => section('Input').getByRole('button', { name: new RegExp(`^Example ${at}(,|$)`) });
async function start(words: readonly string[], userData?: string): Promise<void> {
  studio = await launch(words, userData);
  page = studio.page;
  keepFaults(page, faults);
}
async function open({ model, data }: OwnModel): Promise<void> {
  await start([model]);
  await expect(section('Input')).toBeVisible({ timeout: 30_000 });
  await openData(...data);
  await expect(runButton()).toBeEnabled();
}
async function run(): Promise<void> {
  await runButton().click();
  await expect(page.getByRole('progressbar', { name: 'Run' })).toHaveCount(0, { timeout: 120_000 });
  await expect(headline()).toContainText(/most|not resolved|no unit/, { timeout: 60_000 });
}
const edges = (all: Locator): Promise<{ left: number; right: number }[]> =>
  all.evaluateAll((found) =>
    found.map((each) => {
      const { left, right } = each.getBoundingClientRect();
      return { left, right };
    }),
  );

test('1 runs cannot be told apart: two examples and a baseline, each run called by what tells it and by its own class', async () => {
  await open(resnet38(folder));
  await run();
  await example(11).click();
  await run();
  await section('Compared with').getByRole('button', { name: 'Constant' }).click();
  await page.getByRole('spinbutton', { name: 'every value' }).fill('0.5');
  await page.getByRole('spinbutton', { name: 'every value' }).press('Tab');
  await run();
  const names = await chips().locator('.name').allInnerTexts();
  expect(names).toHaveLength(6);
  expect(new Set(names).size).toBe(6);
  // no index stands where a class has a name
  expect(names.filter((name) => /\[\d+\]/.test(name))).toEqual([]);
  await view('Compare');
  const options = await page.getByRole('combobox', { name: 'First run' }).locator('option').allInnerTexts();
  expect(options.toSorted()).toEqual(names.toSorted());
});

test('2 saved and opened again it is another question: headline, target and side runs are as they were', async () => {
  const own = resnet38(folder);
  await open(own);
  await run();
  const asked = {
    headline: await headline().innerText(),
    value: await page.getByLabel('value', { exact: true }).inputValue(),
  };
  expect(asked.value).not.toBe('');
  await page.getByRole('button', { name: 'What drives it?' }).click();
  await expect(page.getByRole('img', { name: /What drives the unit/ }).first()).toBeVisible();
  // one for each method
  const side = () => page.getByRole('button', { name: '2 side runs' });
  await expect(side()).toBeVisible();
  const seen = async () => ({
    headline: await headline().innerText(),
    value: await page.getByLabel('value', { exact: true }).inputValue(),
    chips: await chips().allInnerTexts(),
    side: await side().innerText(),
  });
  const before = await seen();
  expect(before).toMatchObject(asked);
  const path = join(folder, 'kept.mho');
  await answerDialogs(studio.app, { save: path });
  expect(await studio.get('saveSessionAs', {})).toBe(true);
  const { userData } = studio;
  await studio.close();
  await start([path], userData);
  await expect(headline()).toBeVisible({ timeout: 30_000 });
  await expect.poll(seen).toEqual(before);
});

test('4 long names erase the finding: names beside the sums of layers leave out what all share, and keep their ends', async () => {
  await open(deep302(folder));
  await run();
  await view('Completeness');
  const shown = await page.locator('.completeness tbody .name[data-shown]').evaluateAll((all) => all.slice(0, 30).map((each) => each.getAttribute('data-shown')!)); // prettier-ignore
  expect(shown.length).toBeGreaterThan(10);
  expect(shown.filter((name) => name.startsWith('backbone/encoder'))).toEqual([]);
  // the end of a name is what tells it from its neighbours
  for (const name of shown.slice(1, -1)) expect(name).toMatch(/(projection|dense|activation|add|rescale)$/);
});

test('5 the finding asserts what its own error refutes: no unit is named, and what sums cannot say is not said', async () => {
  const net = resolve(root, 'tests/field/norm-at-zero');
  await start([join(net, 'llama.onnx')]);
  await expect(section('Input')).toBeVisible({ timeout: 30_000 });
  await openData(join(net, 'inputs.npz'));
  await expect(runButton()).toBeEnabled();
  await evenSteps(page, 50);
  await run();
  // whatever is named is larger than its own error
  const value = async () => {
    const text = await headline().innerText();
    const found = /([+−][\d.e−]+)\s*±\s*([\d.e−]+)/.exec(text.replace(/\n/g, ' '));
    return found && found.slice(1).map((each) => Math.abs(Number(each.replaceAll('−', '-'))));
  };
  const named = await value();
  if (named) expect(named[0]).toBeGreaterThan(named[1]!);
  else {
    await expect(headline()).toContainText(/not resolved|no unit is larger than its estimated error/);
    await expect(headline().getByRole('button', { name: /^Run to / })).toBeVisible();
  }
  await view('Completeness');
  await expect(page.locator('.completeness')).toContainText('Sums say little here');
  await expect(page.locator('.completeness')).not.toContainText(/All \d+ cuts/);
});

test('6 prediction bars: one signed axis for all rows, labels and values in columns, a length as its value', async () => {
  await open(resnet38(folder));
  const rows = section('Prediction').locator('li');
  await expect(rows.nth(3)).toBeVisible();
  await settled(page);
  const numbers = (await rows.locator('.value').allInnerTexts()).map((text) => Number(text.replace('−', '-')));
  expect(Math.min(...numbers)).toBeLessThan(0);
  expect(Math.max(...numbers)).toBeGreaterThan(0);
  for (const part of ['.label', '.track', '.value']) {
    const columns = await edges(rows.locator(part));
    expect(new Set(columns.map(({ left }) => Math.round(left))).size, part).toBe(1);
    expect(new Set(columns.map(({ right }) => Math.round(right))).size, part).toBe(1);
  }
  const bars = await edges(rows.locator('.fill'));
  // all begin at one zero, and are as long as their values
  const zeros = numbers.map((value, at) => (value < 0 ? bars[at]!.right : bars[at]!.left));
  expect(Math.max(...zeros) - Math.min(...zeros)).toBeLessThan(1.5);
  const each = (bars[0]!.right - bars[0]!.left) / numbers[0]!;
  numbers.forEach((value, at) => expect(bars[at]!.right - bars[at]!.left).toBeCloseTo(Math.max(1, each * Math.abs(value)), -0.5)); // prettier-ignore
});

test('12 a wrong file removes the set-up; messages survive what they are about', async () => {
  await open(resnet38(folder));
  const write = (name: string, shape: readonly number[], value: number): string => {
    const values = new Float32Array(shape.reduce((all, each) => all * each, 1)).fill(value);
    writeFileSync(join(folder, name), Buffer.concat([npyHeader(shape), npyBytes(values)]));
    return join(folder, name);
  };
  const messages = page.locator('.message.fault');
  for (const [path, says] of [
    [write('nan.npy', [2, 32, 32, 3], NaN), 'NaN'],
    [write('shape.npy', [2, 5, 5], 0), '[2, 5, 5]'],
  ] as const) {
    await openData(path);
    await expect(messages.filter({ hasText: says })).toHaveCount(1);
    for (const part of ['Explain', 'Compared with', 'Methods']) await expect(section(part)).toBeVisible();
    await expect(section('Input').getByText('of 12 examples')).toBeVisible();
    await expect(runButton()).toBeEnabled();
  }
  // another model, and they are gone
  await answerDialogs(studio.app, { open: transformer(folder).model, unsaved: 1 });
  await page.keyboard.press('Control+o');
  await expect(section('Model')).toContainText('transformer');
  await expect(messages).toHaveCount(0);
});

test('13 several examples: a range, all, one that was not run, sequences below one another', async () => {
  await open(resnet38(folder));
  await run();
  await example(0).click();
  await example(11).click({ modifiers: ['Shift'] });
  await expect(section('Input').getByText(/^12 of 12 examples/)).toBeVisible();
  await example(4).click();
  const offer = page.getByRole('tabpanel');
  await expect(offer).toContainText('Example 4 was not run');
  await offer.getByRole('button', { name: /^Run/ }).first().click();
  await expect(page.getByRole('progressbar', { name: 'Run' })).toHaveCount(0, { timeout: 60_000 });
  await expect(headline()).toContainText(/most|not resolved/);
  await studio.close();
  forget(studio.userData);
  await open(genomics(folder));
  await expect(section('Input').getByRole('button', { name: /^Example \d/ })).toHaveCount(6);
  await expect(example(5)).toBeInViewport({ ratio: 0.9 });
});

test('14 pictures are saved whole, with title, legend, method, target and example, under a name that says what they are', async () => {
  await open(torchStages(folder));
  await run();
  for (const name of ['Save the bars', 'Save this unit', 'Save the layer graph']) {
    await page.getByRole('button', { name, exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('radio', { name: /^SVG/ }).check();
    await expect(dialog.getByRole('img', { name: /^Preview/ })).toBeVisible();
    const path = join(folder, `${name}.svg`);
    await studio.app.evaluate(({ dialog: system }, filePath) => {
      const asked = globalThis as { names?: string[] };
      Object.assign(system, {
        showSaveDialog: async (_window: unknown, { defaultPath }: { defaultPath: string }) => {
          (asked.names ??= []).push(defaultPath);
          return { canceled: false, filePath };
        },
      });
    }, path);
    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(dialog).toHaveCount(0);
    const svg = readFileSync(path, 'utf8');
    for (const fact of ['model ', 'target ', 'example ', 'baseline ', 'NIG', 'raises'])
      expect(svg, name).toContain(fact);
    expect(svg, name).toContain('@font-face');
    // the page's policy refuses the typeface that is in it: its own is the same
    const plain = svg.replace(/<style[^]*?<\/style>/g, '');
    const cut = await page.evaluate<string[]>(`(() => {
      const host = document.createElement('div');
      document.body.append(host);
      host.append(document.importNode(new DOMParser().parseFromString(${JSON.stringify(plain)}, 'image/svg+xml').documentElement, true));
      const whole = host.firstElementChild.getBoundingClientRect();
      const cut = [...host.querySelectorAll('text')].filter((text) => {
        const { left, right, top, bottom, width } = text.getBoundingClientRect();
        return width > 0 && (left < whole.left - 1 || right > whole.right + 1 || top < whole.top - 2 || bottom > whole.bottom + 2);
      }).map((text) => text.textContent);
      host.remove();
      return cut;
    })()`);
    expect(cut, name).toEqual([]);
  }
  const names = await studio.app.evaluate(() => (globalThis as { names?: string[] }).names!);
  expect(new Set(names).size).toBe(3);
});

test('15 first seconds: prediction and estimate are there, or what is awaited is said', async () => {
  const own = twoInputs(folder);
  await start([own.model]);
  await expect(section('Input')).toBeVisible({ timeout: 30_000 });
  await page.evaluate(`globalThis.blank = []; globalThis.watched = setInterval(() => {
    const prediction = document.querySelector('section[aria-label="Prediction"]');
    const words = prediction?.textContent.replace(/at the input|at the baseline|Prediction/g, '').trim();
    const run = [...document.querySelectorAll('button')].find((button) => button.textContent.trim() === 'Run' && button.matches('.run'));
    if (prediction && !words) globalThis.blank.push('prediction');
    if (run && !run.closest('.bar').querySelector('.line').textContent.trim()) globalThis.blank.push('estimate');
  }, 15)`);
  await openData(...own.data);
  await expect(section('Prediction').locator('li').first()).toBeVisible();
  await expect(page.getByText(/^(about|under) [\d.]+ m?s/).first()).toBeVisible();
  expect(await page.evaluate('clearInterval(globalThis.watched), globalThis.blank')).toEqual([]);
});

test('one of two inputs is missing: it is named, not asked to be chosen; what drives a unit says during a run why it waits', async () => {
  const own = twoInputs(folder);
  await start([own.model]);
  await expect(section('Input')).toBeVisible({ timeout: 30_000 });
  await choose(own.data[0]!);
  await section('Input').getByRole('listitem').filter({ hasText: 'features' }).getByRole('button').click();
  await expect(section('Input').getByRole('button', { name: 'given' })).toBeVisible();
  await expect(page.getByText('Open data for context. Then press Run.')).toBeVisible();
  await expect(page.getByText('Choose an input')).toHaveCount(0);
  await choose(own.data[1]!);
  await section('Input').getByRole('listitem').filter({ hasText: 'context' }).getByRole('button').click();
  await expect(runButton()).toBeEnabled();
  await run();
  await evenSteps(page, 200_000);
  await runButton().click();
  await expect(page.getByRole('button', { name: 'Cancel', exact: true }).first()).toBeVisible();
  const drive = detail().getByRole('button', { name: /What drives it/ });
  await expect(drive).toHaveAttribute('aria-disabled', 'true');
  await drive.focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('.message')).toContainText('once the run under way is done');
  await page.getByRole('button', { name: 'Cancel', exact: true }).first().click();
  await expect(drive).toHaveAttribute('aria-disabled', 'false');
});

test('of the buttons in a view no two are called alike that save; colours and marks of its numbers are explained there', async () => {
  await open(torchStages(folder));
  await evenSteps(page, 4);
  await run();
  for (const { name } of VIEWS) {
    await view(name);
    await settled(page);
    await expect(page.locator('[aria-busy=true]')).toHaveCount(0);
    const saves = await page.getByRole('button', { name: /^Save / }).evaluateAll((all) => all.map((each) => each.getAttribute('aria-label'))); // prettier-ignore
    expect(saves.length, name).toBeGreaterThan(0);
    expect(new Set(saves).size, `${name}: ${saves.join(', ')}`).toBe(saves.length);
  }
  await view('Ranking');
  const ranking = page.locator('.ranking');
  const leading = ranking.locator('.row.listed');
  for (const [mark, words] of [
    ['small.coarse', 'error above a tenth'],
    ['small.unresolved', 'smaller than its error'],
    ['.tie', 'lies within their errors'],
    ['.name em', 'the same in so many layers more'],
  ] as const)
    if ((await leading.locator(mark).count()) > 0) await expect(ranking.locator('> p'), mark).toContainText(words);
  // four even steps leave amber errors, and rows that stand for two layers
  expect(await leading.locator('small.coarse, small.unresolved').count()).toBeGreaterThan(0);
  expect(await leading.locator('.name em').count()).toBeGreaterThan(0);
});

test('right click and Ctrl C: rows, nodes and the headline give what they say', async () => {
  await open(transformer(folder));
  await run();
  const clipboard = () => studio.app.evaluate(({ clipboard: system }) => system.readText());
  await page.locator('[data-row]').first().click();
  await page.keyboard.press('Control+c');
  await expect.poll(clipboard).toMatch(/^\S+ #\d+: [+−]/);
  for (const place of [
    page.locator('[data-row]').nth(1),
    headline().locator('.mark'),
    page.locator('.node[data-id="embedding"]'),
  ]) {
    await place.click({ button: 'right' });
    const menu = page.getByRole('menu', { name: 'Actions' });
    await expect(menu.getByRole('menuitem', { name: /^Copy/ }).first()).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(menu).toHaveCount(0);
  }
});

test('what was seen beside: the mark of a long target is as wide as its text, a closed group says what is selected in it, the legend of a path keeps off its button, the table of runs fits', async () => {
  await open(torchStages(folder));
  await run();
  for (const [width, height] of [
    [1280, 800],
    [1440, 900],
  ] as const) {
    await page.setViewportSize({ width, height });
    await settled(page);
    const spare = await page.evaluate<number>(`(() => {
      const mark = document.querySelector('.headline .mark');
      const name = mark.querySelector('.name');
      const { letterSpacing, fontWeight, fontSize, fontFamily } = getComputedStyle(name);
      const text = document.createElement('span');
      text.textContent = name.dataset.shown;
      Object.assign(text.style, { letterSpacing, fontWeight, fontSize, fontFamily, position: 'fixed', whiteSpace: 'nowrap' });
      document.body.append(text);
      const drawn = text.getBoundingClientRect().width;
      text.remove();
      return mark.getBoundingClientRect().width - drawn;
    })()`);
    expect(spare).toBeGreaterThan(8);
    expect(spare).toBeLessThan(18);
    await view('Path');
    const plot = page.getByRole('img', { name: 'Target and running sum along the path' });
    await expect(plot.locator('.legend')).toBeVisible();
    await settled(page);
    const [legend, button] = [await plot.locator('.legend .bg').boundingBox(), await page.getByRole('button', { name: /^Save the picture of target and/ }).boundingBox()]; // prettier-ignore
    expect(legend!.x + legend!.width).toBeLessThanOrEqual(button!.x - 4);
    await view('Runs');
    const place = page.getByRole('region', { name: 'Run table' });
    const [inner, outer] = await place.evaluate((each) => [each.scrollWidth, each.clientWidth]);
    expect(inner).toBeLessThanOrEqual(outer!);
    await view('Ranking');
  }
  const group = page.locator('.node.selected');
  await expect(group).toHaveAttribute('aria-expanded', 'false');
  await expect(group).toContainText('▹');
  await expect(group.locator('title').first()).toContainText(/, holds \/?backbone\/.*, which is selected/);
});
