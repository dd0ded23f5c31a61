/** Hundreds of examples on a layer of thousands of units; tokens that are changed; what rows and points offer. */
import { expect, test, type Page } from '@playwright/test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npyBytes, npyHeader } from '../../src/main/engine/data/npy';
import { random } from '../random';
import { forget, keepFaults, launch, newFolder, openInputData, settled, type Studio } from './studio';
import { transformer, twoInputs } from './ownModels';

let folder: string;
let studio: Studio;
let page: Page;
const faults: string[] = [];
test.beforeEach(() => {
  folder = newFolder();
  faults.length = 0;
});
test.afterEach(async () => {
  await studio.close();
  forget(studio.userData);
  forget(folder);
  expect(faults).toEqual([]);
});

const input = () => page.getByRole('region', { name: 'Input', exact: true });
async function begin(model: readonly string[], data: readonly string[] = []): Promise<void> {
  studio = await launch(model);
  ({ page } = studio);
  keepFaults(page, faults);
  if (data.length > 0) {
    await openInputData(studio, data);
  }
  await expect(page.getByRole('button', { name: 'Run', exact: true }).first()).toBeEnabled({ timeout: 60_000 });
}
async function run(): Promise<void> {
  await page.keyboard.press('Control+Enter');
  await expect(page.locator('.headline')).toContainText(/owes most to|loses most by/, { timeout: 120_000 });
  await expect(page.getByRole('button', { name: 'Run', exact: true }).first()).toBeEnabled({ timeout: 240_000 });
}

test('200 examples × 2,048 units: the table and the matrix answer at once, in less than 2 GB', async () => {
  test.setTimeout(400_000);
  const count = 200;
  const { model } = twoInputs(folder);
  const next = random(15);
  const rows = (name: string, width: number): string => {
    const values = Float32Array.from({ length: count * width }, () => next() * 2 - 1);
    writeFileSync(join(folder, name), Buffer.concat([npyHeader([count, width]), npyBytes(values)]));
    return join(folder, name);
  };
  await begin([model], [rows('many-features.npy', 64), rows('many-context.npy', 8)]);
  await input().getByRole('button', { name: /^Example 0/ }).first().click(); // prettier-ignore
  await page.keyboard.press('Control+a');
  await expect(input().getByText('200 of 200 examples')).toBeVisible();
  await run();

  await page.evaluate(`(() => {
    window.busy = [];
    new PerformanceObserver((list) => window.busy.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
  })()`);
  /** The longest that the page was busy with it. ms, 50 where nothing took longer */
  const times: number[] = [];
  const timed = async (work: () => Promise<unknown>): Promise<void> => {
    await page.evaluate('void (window.busy.length = 0)');
    await work();
    await page.evaluate(
      'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))',
    );
    times.push(Math.max(50, ...(await page.evaluate<number[]>('window.busy'))));
  };
  await timed(() => input().getByRole('button', { name: 'Table of examples' }).click());
  const table = page.getByRole('grid', { name: 'Examples' });
  await expect(table.locator('#example-row-3')).toBeVisible();
  await timed(() => table.getByRole('button', { name: /^value/ }).click());
  await timed(() => table.locator('.listed').nth(4).click());
  await timed(() => page.keyboard.press('ArrowDown'));
  await timed(() => page.getByRole('button', { name: 'Units × examples' }).click());
  const matrix = page.getByRole('application', { name: /^Units × examples/ });
  await expect(matrix.locator('.row')).toHaveCount(64);
  await expect(page.getByText(/^200 examples by .*largest\s+of 2,\d+ units/)).toBeVisible();
  const units = page.getByLabel('Units of');
  await timed(() => units.selectOption({ label: 'features_wide' }));
  await timed(() => page.getByLabel('How many rows').selectOption('256'));
  await expect(matrix.locator('.row')).toHaveCount(256);
  for (const by of ['likeness', 'spread', 'size']) await timed(() => page.getByLabel('Rows by').selectOption(by));
  for (const by of ['likeness', 'index']) await timed(() => page.getByLabel('Columns by').selectOption(by));
  await matrix.focus();
  for (const key of ['ArrowDown', 'ArrowRight', 'End', 'Enter']) await timed(() => page.keyboard.press(key));
  await expect(matrix.locator('.row.selected')).toHaveCount(1);
  const box = (await matrix.locator('.cells').boundingBox())!;
  await timed(() => page.mouse.move(box.x + 40, box.y + 90, { steps: 30 }));
  await timed(() => units.selectOption({ index: 0 }));
  // other programs may stop some of them; most of them they do not
  const middle = times.toSorted((a, b) => a - b)[times.length >> 1]!;
  expect(middle, `busy for ${times.map(Math.round).join(', ')} ms`).toBeLessThan(100);
  const memory = await studio.app.evaluate(({ app }) => Math.max(...app.getAppMetrics().map((each) => each.memory.peakWorkingSetSize / 1024))); // prettier-ignore
  expect(memory).toBeLessThan(2048);
});

test('a token is changed to another word: predicted at once, run beside the original, undone', async () => {
  const { model, data } = transformer(folder);
  writeFileSync(join(model, 'vocab.txt'), Array.from({ length: 50 }, (_, at) => `word${at}`).join('\n'));
  await begin([model], data);
  await input()
    .getByRole('button', { name: /^Change example/ })
    .click();
  const fields = page.getByRole('group', { name: 'Tokens' });
  const token = fields.getByRole('textbox', { name: 'Token 4', exact: true }).or(fields.getByRole('combobox', { name: 'Token 4', exact: true })); // prettier-ignore
  await expect(token).toHaveValue(/^word\d+$/);
  const was = await token.inputValue();
  const outcome = page.getByRole('region', { name: 'What the model says of it' });
  // what is in no vocabulary changes nothing
  await token.fill('nowhere');
  await token.press('Tab');
  await expect(token).toHaveValue(was);
  await expect(outcome.getByText('Nothing is changed yet')).toBeVisible();
  const to = was === 'word7' ? 'word8' : 'word7';
  await token.fill(to);
  await token.press('Tab');
  await expect(outcome.getByRole('listitem')).toContainText(`${was} → ${to}`);
  await expect(outcome.locator('tbody tr')).toHaveCount(4);
  await expect(outcome.locator('tbody tr').first().locator('td').nth(2)).toHaveText(/^[+−0]/, { timeout: 30_000 });
  await outcome.getByRole('button', { name: 'Run and compare with the original' }).click();
  await expect(page.getByRole('tab', { name: 'Compare' })).toHaveAttribute('aria-selected', 'true', {
    timeout: 60_000,
  });
  await expect(page.getByText(/^Different inputs: .*edited:/)).toBeVisible();
  await input()
    .getByRole('button', { name: /^Change example/ })
    .click();
  await outcome.getByRole('button', { name: 'Undo', exact: true }).click();
  await expect(token).toHaveValue(was);
});

test('the table of examples has room for two runs beside the graph: nothing scrolls sideways, every fact in its row', async () => {
  await begin(['--sample', 'digits']);
  await run();
  await input().getByRole('button', { name: 'Table of examples' }).click();
  await expect(page.locator('#example-row-4')).not.toContainText('…');
  for (const [width, height] of [
    [1280, 800],
    [1440, 900],
    [1920, 1080],
  ] as const) {
    await studio.app.evaluate(({ BrowserWindow }, size) => BrowserWindow.getAllWindows()[0]!.setContentSize(...size), [width, height] as [number, number]); // prettier-ignore
    await settled(page);
    const beyond = await page.evaluate<readonly unknown[]>(`(() => {
      const grid = document.querySelector('[role=grid][aria-label=Examples]');
      const found = grid.scrollWidth > grid.clientWidth ? [grid.scrollWidth - grid.clientWidth] : [];
      for (const row of grid.querySelectorAll('[role=row]')) {
        const { top, bottom, right } = row.getBoundingClientRect();
        for (const cell of row.querySelectorAll('[role=gridcell], [role=columnheader]')) {
          const place = cell.getBoundingClientRect();
          if (place.top < top - 1 || place.bottom > bottom + 1 || place.right > right + 1) found.push(cell.textContent.trim());
        }
      }
      return found;
    })()`);
    expect(beyond, `${width}`).toEqual([]);
  }
});

test('a row of the table of examples is copied and run by its menu', async () => {
  await begin(['--sample', 'digits']);
  await run();
  await input().getByRole('button', { name: 'Table of examples' }).click();
  const row = page.getByRole('grid', { name: 'Examples' }).locator('#example-row-4');
  await expect(row).not.toContainText('…');
  const menu = page.getByRole('menu', { name: 'Actions' });
  const choose = async (label: string): Promise<void> => {
    await row.click({ button: 'right' });
    await menu.getByRole('menuitem', { name: label }).click();
    await expect(menu).toHaveCount(0);
  };
  const clipboard = () => studio.app.evaluate(({ clipboard }) => clipboard.readText());
  await choose('Copy as text');
  await expect.poll(clipboard).toMatch(/^example 4: predicted .+, truly .+$/);
  await choose('Copy as TSV');
  await expect.poll(async () => (await clipboard()).split('\n')[1]?.split('\t')[0]).toBe('4');
  await expect(row).toContainText('not run');
  await choose('Run example 4');
  await expect(row).not.toContainText('not run', { timeout: 60_000 });
  // what was run is not offered again
  await expect(page.getByRole('button', { name: 'Run', exact: true }).first()).toBeEnabled({ timeout: 60_000 });
  await row.click({ button: 'right' });
  await expect(menu.getByRole('menuitem', { name: 'Copy as JSON' })).toBeVisible();
  await expect(menu.getByRole('menuitem', { name: 'Run example 4' })).toHaveCount(0);
  await page.keyboard.press('Escape');
});

test('in the scatter a click selects a unit, a double click opens its page', async () => {
  await begin(['--sample', 'digits']);
  await run();
  await page.getByRole('tab', { name: 'Compare' }).click();
  const plot = page.locator('div.scatter .js-plotly-plot').first();
  await expect(plot.locator('.nsewdrag').first()).toBeVisible({ timeout: 30_000 });
  /** Where the point farthest from zero is on the screen, and what it says of itself. */
  const far = await plot.evaluate((element) => {
    interface Axis {
      d2p(value: number): number;
      readonly _offset: number;
    }
    const { data, _fullLayout: layout } = element as unknown as {
      data: { x: ArrayLike<number>; y: ArrayLike<number>; customdata?: unknown }[];
      _fullLayout: { xaxis: Axis; yaxis: Axis };
    };
    // the lines beside the points stand for no unit
    const points = data.flatMap(({ x, y, customdata }) => (customdata ? Array.from(x, (value, at) => [value, y[at]!] as const) : [])); // prettier-ignore
    const [x, y] = points.toSorted((a, b) => Math.hypot(...b) - Math.hypot(...a))[0]!;
    const box = (element as unknown as { getBoundingClientRect(): { x: number; y: number } }).getBoundingClientRect();
    return [box.x + layout.xaxis._offset + layout.xaxis.d2p(x), box.y + layout.yaxis._offset + layout.yaxis.d2p(y)] as const; // prettier-ignore
  });
  await page.mouse.click(...far);
  const selected = page.getByRole('region', { name: 'Selected unit' });
  await expect(selected).toBeVisible();
  const unitPage = page.getByRole('region', { name: /^Unit .+ #\d+$/ });
  await expect(unitPage).toHaveCount(0);
  await page.mouse.dblclick(...far);
  await expect(unitPage).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(unitPage).toHaveCount(0);
  await expect(plot).toBeVisible();
});
