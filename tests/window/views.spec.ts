/** What one sees: from opening the sample to every view, with the pointer and without. */
import { expect, test, type Page } from '@playwright/test';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { answerDialogs, forget, keepFaults, launch, newFolder, settled, type Studio } from './studio';

const axe = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');
/** Violations as text, empty when there is none. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    interface Axe {
      run(): Promise<{ violations: { id: string; nodes: { target: unknown[] }[] }[] }>;
    }
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => String(target)).join(', ')}`);
  });
}

test.describe.configure({ mode: 'serial' });

let studio: Studio;
let page: Page;
const faults: string[] = [];
const headline = () => page.locator('.headline');
const grid = () => page.getByRole('grid', { name: 'Units by importance' });
const selectedRow = () => grid().locator('[role=row][aria-selected=true]');
const view = (name: string) => page.getByRole('tab', { name }).click();

test.beforeAll(async () => {
  studio = await launch(['--sample', 'digits']);
  page = studio.page;
  keepFaults(page, faults);
});
test.afterAll(async () => {
  await studio.close();
  forget(studio.userData);
});

test('from the open sample to a first insight in one press', async () => {
  const input = page.getByRole('region', { name: 'Input' });
  await expect(input.getByRole('button', { name: /^Example/ })).toHaveCount(8);
  await expect(page.getByRole('region', { name: 'Prediction' }).locator('li').first()).toContainText('3');
  await expect(page.getByText(/about|under/).first()).toBeVisible(); // the predicted time
  await page.getByRole('button', { name: 'Run', exact: true }).first().click();
  await expect(headline()).toContainText('owes most to', { timeout: 30_000 });
  await expect(headline().getByRole('button')).toContainText(/#\d+/);
  await expect(grid().getByRole('columnheader', { name: /NIG · 2 %/ })).toBeVisible();
  await expect(grid().getByRole('columnheader', { name: /Rescale/ })).toBeVisible();
});

test('the largest unit stands first, and is one of a hidden layer', async () => {
  const first = grid().locator('.tall [role=row]').first();
  await expect(first.getByRole('gridcell').first()).toHaveText('1');
  await expect(first).not.toContainText(/logits|digit|image/);
});

test('selecting in the headline selects in ranking, graph and detail', async () => {
  const unit = headline().getByRole('button');
  const [layer, number] = (await unit.innerText()).split(/\s*#/) as [string, string];
  await unit.click();
  await expect(selectedRow()).toContainText(`#${number}`);
  await expect(page.locator(`.node.selected[data-id="${layer.trim()}"]`)).toBeVisible();
  await expect(page.getByRole('heading', { name: `${layer.trim()} #${number}` })).toBeVisible();
  await expect(page.getByRole('img', { name: new RegExp(`unit ${number} by NIG`) })).toBeVisible();
});

test('by keyboard alone: graph, ranking, pin, views', async () => {
  await page.locator('.node[data-id="block_add"]').focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('.node[data-id="block_add"]')).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('ArrowDown');
  await expect(page.locator('.node[data-id="block_relu"]')).toBeFocused();
  await grid().focus();
  await page.keyboard.press('Home');
  await expect(selectedRow()).toHaveAttribute('aria-rowindex', '2');
  await page.keyboard.press('ArrowDown');
  await expect(selectedRow()).toHaveAttribute('aria-rowindex', '3');
  await page.keyboard.press('End');
  await expect(selectedRow()).toBeVisible();
  await page.keyboard.press('p');
  await expect(page.getByRole('rowgroup', { name: 'Pinned units' }).getByRole('row')).toHaveCount(1);
  await page.keyboard.press('p');
  await page.keyboard.press('2');
  await expect(page.getByRole('tab', { name: 'Completeness' })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('completeness judges cuts alone', async () => {
  await view('Completeness');
  await expect(page.getByText(/cuts sum to F\(x\) − F\(x'\)/)).toBeVisible();
  const row = (name: string) => page.getByRole('row', { name: new RegExp(`^${name}\\b`) });
  await expect(row('stem_conv')).toContainText('cut');
  await expect(row('block1_conv')).not.toContainText('cut');
});

test('another example by its key, with its own prediction', async () => {
  await page.locator('body').click({ position: { x: 640, y: 12 } });
  await page.keyboard.press(']');
  await expect(page.getByText('example 1', { exact: true })).toBeVisible();
  await expect(headline()).toContainText('8');
  await page.keyboard.press('[');
  await expect(headline()).toContainText('3');
});

test('compare: brushing a corner of the scatter selects units everywhere', async () => {
  await view('Compare');
  const plot = page.locator('div.scatter .nsewdrag').first();
  await plot.waitFor({ timeout: 20_000 });
  const { x, y, width, height } = (await plot.boundingBox())!;
  await page.mouse.move(x + width * 0.6, y + 5);
  await page.mouse.down();
  await page.mouse.move(x + width - 5, y + height * 0.45, { steps: 6 });
  await page.mouse.up();
  await expect(page.locator('.node.dim').first()).toBeVisible();
  await view('Ranking');
  const clear = page.getByRole('button', { name: 'Clear brush' });
  const all = Number(await grid().getAttribute('aria-rowcount'));
  expect(all).toBeLessThan(200);
  await clear.click();
  await expect(grid()).not.toHaveAttribute('aria-rowcount', String(all));
});

test('search and filter narrow the ranking; what matches nothing says so', async () => {
  await page.keyboard.press('Control+f');
  await page.keyboard.type('hidden');
  await expect(grid().locator('.tall [role=row]').first()).toContainText('hidden');
  await page.keyboard.type('nowhere');
  await expect(page.getByText('No unit matches')).toBeVisible();
  await page.getByRole('searchbox', { name: 'Search units' }).fill('');
});

test('what drives a unit is one click, and leaves the columns as they are', async () => {
  await headline().getByRole('button').click();
  await page.getByRole('button', { name: 'What drives it?' }).click();
  await expect(page.getByRole('img', { name: 'What drives the unit, by NIG · 2 %' })).toBeVisible({ timeout: 20_000 });
  await expect(grid().getByRole('columnheader', { name: /NIG|Rescale/ })).toHaveCount(2);
});

test('the path, and convergence down to one step', async () => {
  await view('Path');
  await expect(page.getByRole('img', { name: 'Target and running sum along the path' })).toBeVisible();
  await page.getByRole('button', { name: 'Check convergence' }).click();
  await expect(page.getByText(/Against NIG · 2 %, which chose its own: 1: /)).toBeVisible({ timeout: 45_000 });
});

for (const theme of ['light', 'dark'] as const)
  test(`axe finds nothing in any view, ${theme}`, async () => {
    const other = page.getByRole('button', { name: theme === 'dark' ? 'Dark colours' : 'Light colours' });
    if (await other.isVisible()) await other.click();
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
    for (const name of ['Ranking', 'Completeness', 'Compare', 'Path']) {
      await view(name);
      await settled(page);
      expect(await violations(page), name).toEqual([]);
    }
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    expect(await violations(page), 'Settings').toEqual([]);
    await page.keyboard.press('Escape');
  });

test('a removed run comes back by Undo', async () => {
  await view('Ranking');
  await page.getByRole('button', { name: 'Remove Rescale' }).click();
  await expect(grid().getByRole('columnheader', { name: /Rescale/ })).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(grid().getByRole('columnheader', { name: /Rescale/ })).toHaveCount(1);
});

test('5,000 layers open, search finds one, and only what is seen is drawn', async () => {
  const folder = join(newFolder(), 'deep');
  mkdirSync(folder);
  writeFileSync(join(folder, 'model.json'), JSON.stringify(deepModel(5_000)));
  await answerDialogs(studio.app, { open: folder, unsaved: 1 });
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Model folder…' }).click();
  // how quickly is measured: bench
  await expect(page.getByRole('button', { name: /250 × l, 5,000 layers/ })).toBeVisible({ timeout: 30_000 });
  await expect.poll(() => page.locator('svg .node').count()).toBeLessThan(400);
  await page.getByRole('searchbox', { name: 'Search layers' }).fill('l4321');
  await page.keyboard.press('Enter');
  const found = page.locator('.node.selected[data-id="l4321"]');
  await expect(found).toBeVisible();
  await expect.poll(() => page.locator('svg .node').count()).toBeLessThan(400);
  const [node, graph] = [
    await found.boundingBox(),
    await page.getByRole('group', { name: 'Layer graph' }).boundingBox(),
  ];
  expect(node!.y).toBeGreaterThan(graph!.y);
  expect(node!.y + node!.height).toBeLessThan(graph!.y + graph!.height);
  forget(join(folder, '..'));
});

test('no policy was broken and nothing was thrown', () => expect(faults).toEqual([]));

/** A row of activations with a skip over every twenty. */
function deepModel(count: number): object {
  const name = (at: number) => (at < 0 ? 'x' : `l${at}`);
  const node = (from: string) => [from, 0, 0, {}];
  const layers: object[] = [
    { class_name: 'InputLayer', name: 'x', config: { batch_input_shape: [null, 4], dtype: 'float32', name: 'x' }, inbound_nodes: [] }, // prettier-ignore
  ];
  for (let at = 0; at < count; at++) {
    const adds = at % 20 === 19;
    layers.push({
      class_name: adds ? 'Add' : 'Activation',
      name: name(at),
      config: { name: name(at), trainable: true, dtype: 'float32', ...(adds ? {} : { activation: 'tanh' }) },
      inbound_nodes: [adds ? [node(name(at - 1)), node(name(at - 19))] : [node(name(at - 1))]],
    });
  }
  return {
    format: 'layers-model',
    generatedBy: 'keras v2.15.0',
    modelTopology: {
      keras_version: '2.15.0',
      backend: 'tensorflow',
      model_config: {
        class_name: 'Functional',
        config: {
          name: 'deep',
          layers,
          input_layers: [['x', 0, 0]],
          output_layers: [[name(count - 1), 0, 0]],
        },
      },
    },
    weightsManifest: [],
  };
}
