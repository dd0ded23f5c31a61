/** The layer graph: groups, badges, search, flow, fit and minimap. */
import { expect, test } from '@playwright/test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deep302, resnet38, transformer } from './ownModels';
import { answerDialogs, forget, launch, newFolder, root, settled, type Studio } from './studio';

let studio: Studio;
test.afterEach(async () => {
  await studio.close();
  forget(studio.userData);
});

const node = (id: string) => studio.page.locator(`.node[data-id="${id}"]`);

test('groups in groups close and open, by click, by key and by a search for what is in them', async () => {
  studio = await launch([join(root, 'tests/samples/keras_layers/keras3/nested.keras')]);
  const { page } = studio;
  const inner = page.locator('.node[data-id$="/head/"]').first();
  await expect(inner).toBeVisible({ timeout: 20_000 });
  const id = (await inner.getAttribute('data-id'))!;
  const outer = id.replace(/head\/$/, '');
  const all = await page.locator('.node').count();

  await node(id).click();
  await expect(node(id)).toHaveAttribute('aria-expanded', 'false');
  await expect(node(id)).toContainText('2 layers');
  await expect(page.locator('.node')).toHaveCount(all - 2);
  await node(outer).focus();
  await page.keyboard.press('Enter');
  await expect(node(outer)).toHaveAttribute('aria-expanded', 'false');
  await expect(node(id)).toHaveCount(0);
  // closed, it is still joined to what comes before and after it
  await expect(node(outer)).toContainText('6 layers');

  await page.getByRole('searchbox', { name: 'Search layers' }).fill('norm_inner');
  await page.keyboard.press('Enter');
  await expect(node(outer)).toHaveAttribute('aria-expanded', 'true');
  await expect(page.locator('.node.selected')).toContainText('norm_inner');
});

test('edges are as wide as what flows through them; cuts and residuals beyond the tolerance carry their badge', async () => {
  studio = await launch(['--sample', 'digits']);
  const { page } = studio;
  await page.getByRole('button', { name: 'Run', exact: true }).first().click({ timeout: 20_000 });
  await expect(page.locator('.headline button')).toBeVisible({ timeout: 30_000 });
  const width = async (from: string, to: string): Promise<number> =>
    Number(
      await page.locator('.scene > path', { hasText: `flows from ${from} to ${to}` }).getAttribute('stroke-width'),
    );
  // what the block carries is more than the skip beside it, and narrow branches carry less than wide ones
  const wider = async (one: readonly [string, string], other: readonly [string, string]) => (await width(...one)) - (await width(...other)); // prettier-ignore
  await expect.poll(() => wider(['stem_relu', 'block1_conv'], ['stem_relu', 'block_add'])).toBeGreaterThan(0);
  await expect.poll(() => wider(['pool', 'wide_conv'], ['pool', 'narrow_conv'])).toBeGreaterThan(0);
  await expect(node('block_add').locator('g title', { hasText: 'cut: everything passes here' })).toHaveCount(1);
  await expect(node('block1_conv').locator('g title', { hasText: 'cut: everything' })).toHaveCount(0);
  // importance is colour: what carries more is darker
  const fill = (id: string) => node(id).locator('rect.card').getAttribute('fill');
  await expect.poll(async () => (await fill('stem_conv')) !== (await fill('narrow_conv'))).toBe(true);

  // coarse on purpose: the paper's rule with three steps misses
  await page.getByText('Rule, path, backend, memory').click();
  await page.getByRole('combobox', { name: /rule/i }).selectOption('right');
  await page.getByRole('spinbutton', { name: /steps/i }).fill('3');
  await page.getByRole('spinbutton', { name: /steps/i }).press('Tab');
  await page.getByRole('button', { name: 'Run', exact: true }).first().click();
  await expect(page.getByRole('columnheader', { name: /NIG right · 3/ })).toBeVisible({ timeout: 20_000 });
  await expect(node('stem_conv').locator('g title', { hasText: 'residual beyond tolerance' })).toHaveCount(1);
  await expect(node('block1_conv').locator('g title', { hasText: 'residual beyond tolerance' })).toHaveCount(0);
  await page.getByRole('tab', { name: 'Completeness' }).click();
  await expect(page.locator('.says')).toContainText(/is the first layer\s+whose sum\s+misses F\(x\) − F\(x'\)/);
  await expect(page.locator('.says strong.bad')).toHaveText('image');
  await page.getByLabel('tolerance').selectOption('0.05');
});

/** Pixels of the smallest letters of the graph on the screen, the groups that its pane cuts, and how many cards there are. */
const seen = () =>
  studio.page.evaluate<{ letters: number; cut: number; nodes: number }>(`(() => {
    const pane = document.querySelector('[aria-label="Layer graph"]');
    const view = pane.getBoundingClientRect();
    const scale = pane.querySelector('.scene').getScreenCTM().a;
    const texts = [...pane.querySelectorAll('.node text')];
    const cut = (element) => {
      const { left, right, top, bottom } = element.getBoundingClientRect();
      if (right <= view.left || left >= view.right || bottom <= view.top || top >= view.bottom) return false;
      return left < view.left || right > view.right || top < view.top || bottom > view.bottom;
    };
    return {
      letters: Math.min(...texts.map((text) => scale * Number(text.getAttribute('font-size')))),
      cut: [...pane.querySelectorAll('rect.group')].filter(cut).length,
      nodes: texts.length,
    };
  })()`);

const openFolder = async (path: string): Promise<void> => {
  await answerDialogs(studio.app, { open: path });
  await studio.page.getByRole('button', { name: 'Open', exact: true }).first().click();
  await studio.page
    .getByRole('menuitem', { name: /folder/i })
    .first()
    .click();
};

for (const [width, height] of [
  [1440, 900],
  [1280, 800],
] as const)
  // prettier-ignore
  test(`opens legible at ${width} × ${height}, no group cut, repeated blocks folded`, async () => {
    const folder = newFolder();
    studio = await launch();
    await studio.app.evaluate(
      ({ BrowserWindow }, [w, h]) => BrowserWindow.getAllWindows()[0]!.setContentSize(w!, h!),
      [width, height],
    );
    for (const [model, landmark] of [[resnet38, 'stem_conv'], [transformer, 'block0_attended'], [deep302, 'backbone/']] as const) { // prettier-ignore
      await openFolder(model(folder).model);
      await expect(node(landmark)).toBeVisible({ timeout: 60_000 });
      const { letters, cut, nodes } = await seen();
      expect(letters, model.name).toBeGreaterThanOrEqual(10.99);
      expect(cut, model.name).toBe(0);
      expect(nodes, model.name).toBeGreaterThanOrEqual(4);
    }
    // of repeated blocks the first is open, the others are one card behind it
    await expect(studio.page.locator('.node', { hasText: '3 × stage' })).toBeAttached();
    for (const text of ['stage_0', 'stage_2', '20 × residual_block'])
      await expect(studio.page.locator('.node', { hasText: text })).toBeAttached();
    forget(folder);
  });

test('edges lead down or to the right, as chosen, and again after a start', async () => {
  const sample = ['--sample', 'digits'];
  studio = await launch(sample);
  await expect(node('digit')).toBeAttached({ timeout: 30_000 });
  await studio.page.getByRole('button', { name: 'Left to right' }).click();
  const right = async () => {
    const [from, to] = [await node('stem_conv').boundingBox(), await node('stem_relu').boundingBox()];
    if (!from || !to) return null; // it is being laid out
    return to.x >= from.x + from.width && Math.abs(to.y - from.y) < from.height;
  };
  await expect.poll(right).toBe(true);
  await studio.app.close();
  studio = await launch(sample, studio.userData);
  await expect(node('stem_relu')).toBeVisible({ timeout: 30_000 });
  await expect.poll(right).toBe(true);
  await studio.page.getByRole('button', { name: 'Top to bottom' }).click();
  await expect.poll(right).toBe(false);
});

test('the graph has a tab stop after another model was opened, and does not move for what is seen already', async () => {
  studio = await launch(['--sample', 'digits']);
  const { page } = studio;
  await node('stem_conv').click({ timeout: 30_000 });
  const folder = newFolder();
  await openFolder(transformer(folder).model);
  await expect(node('block0_attention/')).toBeVisible({ timeout: 60_000 });
  const stop = page.locator('.node[tabindex="0"]');
  await expect(stop).toHaveCount(1);
  await expect(stop).toHaveAttribute('data-id', 'input');
  const place = () => page.locator('.stage').getAttribute('style');
  await settled(page); // the first look is chosen with the next frame
  const before = await place();
  await page.getByRole('button', { name: 'Maximise layers' }).focus();
  await page.keyboard.press('Tab');
  await expect(node('input')).toBeFocused();
  expect(await place()).toBe(before);
  // walks along the edges, opens a group, goes in and out of it
  await page.keyboard.press('ArrowDown');
  await expect(node('embedding')).toBeFocused();
  expect(await place()).toBe(before);
  await page.keyboard.press('ArrowDown');
  await expect(node('block0_attention/')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(node('block0_attention/')).toHaveAttribute('aria-expanded', 'true');
  await expect(node('block0_attention/')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(page.locator('.node:focus')).toHaveAttribute('data-id', /^block0_attention\/./);
  await page.keyboard.press('ArrowUp');
  await expect(node('block0_attention/')).toBeFocused();
  forget(folder);
});

test('what a layer is made of stands below the graph, and leads to its neighbours', async () => {
  studio = await launch(['--sample', 'digits']);
  const { page } = studio;
  await node('stem_conv').click({ timeout: 30_000 });
  await page.keyboard.press('i');
  const about = page.getByRole('region', { name: 'About the layer' });
  await expect(about).toContainText('8 × 8 × 16 · 16 units');
  await expect(about.getByRole('img', { name: 'The first 16 filters, 3 × 3' })).toBeVisible();
  await expect(about.getByRole('img', { name: /How many weights lie where/ })).toBeVisible();
  await expect(about.getByRole('listitem').first()).toContainText(/conv.*strides 1 × 1/);
  await expect(about.locator('dt', { hasText: 'activation' }).locator('+ dd')).toHaveText('none of its own');
  await about.getByRole('button', { name: 'stem_norm' }).click();
  await expect(about.getByRole('heading')).toContainText('stem_norm');
  await expect(page.locator('.node.selected')).toContainText('stem_norm');
  await page.getByRole('button', { name: 'About the layer', exact: true }).click();
  await expect(about).toHaveCount(0);
});

test('a node offers what can be done with it, by pointer and by key', async () => {
  studio = await launch(['--sample', 'digits']);
  const { page } = studio;
  await node('stem_conv').click({ button: 'right', timeout: 30_000 });
  const item = (name: RegExp) => page.getByRole('menuitem', { name });
  await expect(item(/^Copy name/)).toBeVisible();
  await expect(item(/^Its units in the ranking/)).toHaveAttribute('aria-disabled', 'true');
  await item(/^Start the path here/).click();
  await page.getByText('Rule, path, backend, memory').click();
  await expect(page.getByRole('combobox', { name: 'path starts at' })).toHaveValue('stem_conv');
  await node('stem_conv').focus();
  await page.keyboard.press('Shift+F10');
  await item(/^Start the path at the input again/).click();
  await expect(page.getByRole('combobox', { name: 'path starts at' })).toHaveValue('');
  await node('block1_conv').click({ button: 'right' });
  await item(/^About the layer/).click();
  await expect(page.getByRole('region', { name: 'About the layer' }).getByRole('heading')).toContainText('block1_conv');
});

test('an op without a rule is marked, and the model still shows', async () => {
  const folder = join(newFolder(), 'odd');
  mkdirSync(folder);
  const layer = (class_name: string, name: string, config: object, from: string | null) => ({
    class_name,
    name,
    config: { name, ...config },
    inbound_nodes: from === null ? [] : [[[from, 0, 0, {}]]],
  });
  writeFileSync(
    join(folder, 'model.json'),
    JSON.stringify({
      format: 'layers-model',
      modelTopology: {
        keras_version: '2.15.0',
        backend: 'tensorflow',
        model_config: {
          class_name: 'Functional',
          config: {
            name: 'odd',
            layers: [
              layer('InputLayer', 'x', { batch_input_shape: [null, 4], dtype: 'float32' }, null),
              layer('OfSomebodyElse', 'odd_one', {}, 'x'),
              layer('Activation', 'after', { activation: 'tanh' }, 'odd_one'),
            ],
            input_layers: [['x', 0, 0]],
            output_layers: [['after', 0, 0]],
          },
        },
      },
      weightsManifest: [],
    }),
  );
  studio = await launch([folder]);
  await expect(node('odd_one')).toBeVisible({ timeout: 20_000 });
  await expect(node('odd_one').locator('g title', { hasText: 'no rule for' })).toHaveCount(1);
  forget(join(folder, '..'));
});

test('the minimap shows where one is, and goes there', async () => {
  studio = await launch(['--sample', 'digits']);
  const { page } = studio;
  await expect(node('digit')).toBeVisible({ timeout: 20_000 });
  await page.getByRole('button', { name: 'Fit the whole graph' }).click();
  await expect(page.locator('.map canvas')).toHaveCount(0); // all of it is seen
  for (let at = 0; at < 4; at++) await page.getByRole('button', { name: 'Zoom in' }).click();
  const map = page.locator('.canvas > .map');
  await expect(map).toBeVisible();
  const { x, y, width, height } = (await map.boundingBox())!;
  await page.mouse.click(x + width / 2, y + height - 4);
  const graph = (await page.getByRole('group', { name: 'Layer graph' }).boundingBox())!;
  const last = (await node('digit').boundingBox())!;
  expect(last.y).toBeGreaterThan(graph.y);
  expect(last.y + last.height).toBeLessThan(graph.y + graph.height);
});
