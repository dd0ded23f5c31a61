/**
 * The pictures of README.md, docs/studio.md and docs/views: taken of the real window, which shows what the text beside them says. They
 * are written anew by `MHO_PICTURES=write`; else those in docs/pictures must look like what the window shows today.
 */
import { expect, test, type Locator } from '@playwright/test';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apart, MOST_APART } from './likeness';
import { forget, launch, root, settled, type Studio } from './studio';

test.describe.configure({ mode: 'serial' });

const folder = join(root, 'docs/pictures');
const writing = process.env['MHO_PICTURES'] === 'write';

let studio: Studio;
const used = new Set<string>();

async function begin(sample: string): Promise<void> {
  studio = await launch(['--sample', sample]);
  await studio.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.setContentSize(1440, 900));
  await studio.page.getByRole('button', { name: 'Run', exact: true }).first().click({ timeout: 20_000 });
  await expect(studio.page.locator('.headline button')).toBeVisible({ timeout: 30_000 });
  await expect(studio.page.getByRole('slider', { name: /^All \d+ units of/ })).toBeVisible();
}
async function end(): Promise<void> {
  await studio.close();
  forget(studio.userData);
}
test.beforeAll(() => begin('digits'));
test.afterAll(end);

/** @param what the whole window without it */
async function picture(name: string, what?: Locator): Promise<void> {
  used.add(`${name}.png`);
  const { page } = studio;
  await page.mouse.move(700, 3);
  await page.evaluate('document.activeElement?.blur()');
  await expect(page.locator('.message')).toHaveCount(0, { timeout: 12_000 });
  await expect(page.locator('[aria-busy=true]')).toHaveCount(0);
  await settled(page);
  const now = await (what ?? page).screenshot({ animations: 'disabled' });
  const file = join(folder, `${name}.png`);
  if (writing) {
    mkdirSync(folder, { recursive: true });
    if (!existsSync(file) || (await apart(page, readFileSync(file), now)) > 0.5) writeFileSync(file, now);
    return;
  }
  const says = `docs/pictures/${name}.png is not what the window shows; MHO_PICTURES=write npx playwright test pictures`;
  expect(existsSync(file), says).toBe(true);
  expect(await apart(page, readFileSync(file), now), says).toBeLessThan(MOST_APART);
}
const view = (name: string) => studio.page.getByRole('tab', { name }).click();
const results = () => studio.page.locator('.analysis');

test('the window after the first run: finding, graph, ranking and the unit that mattered most', async () => {
  const { page } = studio;
  await expect(page.locator('.headline')).toContainText('3');
  await expect(page.locator('.headline')).toContainText('stem_conv #1');
  await expect(page.getByRole('heading', { name: 'stem_conv #1' })).toBeVisible();
  await expect(page.getByRole('img', { name: /unit 1 by NIG/ })).toBeVisible();
  await picture('studio-light');
});

test('set-up', async () => {
  const panel = studio.page.getByRole('region', { name: 'Set-up' });
  for (const name of ['Model', 'Input', 'Prediction', 'Explain', 'Compared with', 'Methods'])
    await expect(panel.getByRole('region', { name })).toHaveCount(1);
  await picture('set-up', panel);
});

test('layer graph', async () => {
  const graph = studio.page.getByRole('region', { name: 'Layers' });
  await expect(graph.locator('.legend')).toContainText('importance mass');
  await expect(graph.locator('.node')).toHaveCount(24);
  await picture('layer-graph', graph);
});

test('ranking, with two units pinned to compare', async () => {
  const { page } = studio;
  const grid = page.getByRole('grid', { name: 'Units by importance' });
  await grid.focus();
  await page.keyboard.press('p');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('p');
  const pinned = page.getByRole('rowgroup', { name: 'Pinned units' });
  await expect(pinned.getByRole('row')).toHaveCount(2);
  await picture('ranking', page.locator('.ranking'));
  for (const left of [1, 0]) {
    await pinned
      .getByRole('button', { name: /^Unpin/ })
      .first()
      .click();
    await expect(pinned.getByRole('row')).toHaveCount(left);
  }
});

test('a unit taken out: the prediction without it, what was predicted of it and what it does', async () => {
  const { page } = studio;
  await page.getByRole('grid', { name: 'Units by importance' }).focus();
  await page.keyboard.press('x');
  const out = page.getByRole('region', { name: 'Taken out', exact: true });
  await expect(out.locator('tbody td').nth(2)).toHaveText(/\d/, { timeout: 20_000 });
  await out.scrollIntoViewIfNeeded();
  await picture('taken-out');
  await page.keyboard.press('Shift+X');
  await expect(out).toHaveCount(0);
  await page
    .locator('[data-panel="set-up"] .scroll')
    .evaluate((panel) => ((panel as { scrollTop: number }).scrollTop = 0));
});

test('completeness', async () => {
  await view('Completeness');
  await expect(results().getByText(/cuts sum to F\(x\) − F\(x'\)/)).toBeVisible();
  await picture('completeness', results());
});

test('compare', async () => {
  await view('Compare');
  await expect(results().locator('.js-plotly-plot').first()).toBeVisible({ timeout: 20_000 });
  await expect(results().locator('dt', { hasText: 'rank correlation' })).toBeVisible();
  await picture('compare', results());
});

test('path', async () => {
  await view('Path');
  await expect(results().locator('.js-plotly-plot').first()).toBeVisible({ timeout: 20_000 });
  await picture('path', results());
});

test('the run table', async () => {
  await view('Runs');
  await expect(results().getByRole('table', { name: 'Runs' })).toBeVisible();
  await picture('runs', results());
});

test('a figure before it is saved', async () => {
  await view('Ranking');
  // its curves along the path are part of the figure
  await expect(
    studio.page
      .locator('.detail')
      .getByText(/^gradient/)
      .first(),
  ).toBeVisible();
  await studio.page.getByRole('button', { name: 'Save this unit', exact: true }).click();
  const dialog = studio.page.getByRole('dialog');
  await dialog.getByRole('radio', { name: /^One column/ }).check();
  await expect(dialog.getByText(/^85 × \d+ mm/)).toBeVisible();
  await expect(dialog.getByRole('img', { name: /^Preview/ })).toBeVisible();
  await picture('figure', dialog);
  await dialog.getByRole('radio', { name: /^Its own size/ }).check();
  await studio.page.keyboard.press('Escape');
});

test('dark', async () => {
  await view('Ranking');
  await studio.page.getByRole('button', { name: 'Dark colours' }).click();
  await expect(studio.page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await picture('studio-dark');
});

test('a page of a unit', async () => {
  const { page } = studio;
  await page.getByRole('button', { name: 'Light colours' }).click();
  await page.locator('[data-row]').first().dblclick();
  const unit = page.getByRole('region', { name: /^Unit .+ #\d+$/ });
  await expect(unit.getByRole('region', { name: /^Weights/ }).first()).toBeVisible();
  await expect(unit.locator('[aria-busy=true]')).toHaveCount(0, { timeout: 60_000 });
  await picture('unit', unit);
  await page.keyboard.press('Escape');
});

test('what tells two classes apart', async () => {
  const { page } = studio;
  await view('Examples');
  await page.getByRole('button', { name: 'Units × examples' }).click();
  await page.getByLabel('Class', { exact: true }).selectOption({ label: '3' });
  await page.getByLabel('Against', { exact: true }).selectOption({ label: '5' });
  await page.getByRole('button', { name: /^Run 3 − 5/ }).click();
  await expect(page.getByText(/^4 examples by/)).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('progressbar', { name: 'Run' })).toHaveCount(0, { timeout: 60_000 });
  await picture('tell-apart', results());
});

test('a unit over a sequence, and what drives it', async () => {
  await end();
  await begin('motifs');
  const { page } = studio;
  await expect(page.locator('.headline')).toContainText('bound');
  const detail = page.locator('.detail');
  await picture('neuron', detail);
  await page.getByRole('button', { name: 'What drives it?' }).click();
  await expect(page.getByRole('img', { name: /^What drives the unit/ }).first()).toBeVisible({ timeout: 20_000 });
  await picture('neuron-driven', detail);
});

test('the documents show these pictures, all of them and no other', () => {
  const named = [
    'README.md',
    'docs/studio.md',
    ...['README', 'set-up', 'layer-graph', 'ranking', 'completeness', 'compare', 'path', 'neuron', 'knock-out'].map(
      (page) => `docs/views/${page}.md`,
    ),
  ]
    .flatMap((page) => [...readFileSync(join(root, page), 'utf8').matchAll(/pictures\/([\w-]+\.png)/g)])
    .map(([, name]) => name!);
  expect([...new Set(named)].sort()).toEqual([...used].sort());
});
