/** Working habits: the palette, keys as they are listed, undo, the focus, panels, and files that are the wrong ones. */
import { expect, test, type Page } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerDialogs, evenSteps, forget, launch, newFolder, root, type Studio } from './studio';

/** What `mho show --json` prints, as far as it is read here. */
interface Shown {
  readonly runs: readonly {
    readonly method: string;
    readonly target: string[];
    readonly layers: readonly { readonly name: string; readonly units: number[][] }[];
  }[];
}

let folder: string;
let studio: Studio;
let page: Page;
test.beforeEach(async () => {
  folder = newFolder();
  studio = await launch(['--sample', 'digits']);
  ({ page } = studio);
  await expect(runButton()).toBeEnabled({ timeout: 60_000 });
});
test.afterEach(async () => {
  await studio.close();
  forget(studio.userData);
  forget(folder);
});

const runButton = () => page.getByRole('button', { name: 'Run', exact: true }).first();
const clipboard = () => studio.app.evaluate(({ clipboard }) => clipboard.readText());
async function runAll(): Promise<void> {
  await page.keyboard.press('Control+Enter');
  await expect(page.locator('.headline')).toContainText('owes most to', { timeout: 60_000 });
  await expect(runButton()).toBeEnabled({ timeout: 60_000 });
}
const lostFocus = () => page.evaluate<boolean>('document.activeElement === document.body || document.activeElement === null'); // prettier-ignore

test('the palette finds commands, layers, units, views and classes by a few letters', async () => {
  const palette = page.getByRole('dialog', { name: 'Go to anything' });
  const field = palette.getByRole('combobox');
  const first = palette.getByRole('option').first();
  const go = async (keys: string, typed: string, found: string | RegExp) => {
    await page.keyboard.press(keys);
    await expect(field).toBeFocused();
    await field.fill(typed);
    await expect(first).toContainText(found);
    await page.keyboard.press('Enter');
    await expect(palette).toHaveCount(0);
  };
  // what cannot be done says why, and is not done
  await page.keyboard.press('Control+k');
  await field.fill('export report');
  await expect(first).toContainText('No run is shown');
  await page.keyboard.press('Enter');
  await expect(palette).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(palette).toHaveCount(0);

  await runAll();
  await go('F1', 'compl', 'Completeness');
  await expect(page.getByRole('tab', { name: 'Completeness' })).toHaveAttribute('aria-selected', 'true');
  const layer = (await studio.get('openedModel', {}))!.summary.layers.find(({ units }) => (units ?? 0) > 4)!;
  await go('Control+Shift+p', `${layer.name} #3`, `${layer.name} #3`);
  await expect(page.getByRole('region', { name: 'Selected unit' })).toContainText('#3');
  await go('Control+k', 'explain 7', 'Explain 7');
  await expect(page.getByLabel('value', { exact: true })).toHaveValue('7');
  const theme = () => page.evaluate<string>('document.documentElement.dataset.theme');
  const before = await theme();
  await go('Control+k', 'switch colours', 'Switch between');
  await expect.poll(theme).not.toBe(before);
});

test('each key that is listed does what it says; the report is one of them', async () => {
  await runAll();
  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keys' });
  await expect(keys).toContainText('Export the report');
  await page.keyboard.press('Escape');
  await expect(keys).toHaveCount(0);
  await answerDialogs(studio.app, { save: join(folder, 'report.html') });
  await page.keyboard.press('Control+e');
  await expect(page.getByText('Saved report.html.')).toBeVisible();
  await page.keyboard.press('Control+b');
  await expect(page.getByRole('region', { name: 'Set-up' })).toHaveCount(0);
  await page.keyboard.press('Control+b');
  await expect(page.getByRole('region', { name: 'Set-up' })).toBeVisible();
});

test('changes of the set-up are undone and redone, but not while one types', async () => {
  const target = page.getByLabel('value', { exact: true });
  for (const digit of ['3', '5']) {
    await target.fill(digit);
    await target.press('Enter');
    await expect(target).toHaveValue(digit);
    await target.blur();
  }
  await page.getByRole('button', { name: /^Example 4/ }).click();
  await expect(page.getByRole('button', { name: /^Example 4/ })).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('Control+z');
  await expect(page.getByRole('button', { name: /^Example 4/ })).toHaveAttribute('aria-pressed', 'false');
  await page.keyboard.press('Control+z');
  await expect(target).toHaveValue('3');
  await page.keyboard.press('Control+Shift+z');
  await expect(target).toHaveValue('5');
  await evenSteps(page, 33);
  const field = page.getByRole('spinbutton', { name: 'steps' });
  await field.focus();
  await page.keyboard.press('Control+z');
  await expect(target).toHaveValue('5');
  await expect(page.getByRole('button', { name: 'Even steps' })).toHaveAttribute('aria-pressed', 'true');
});

test('a wrong file leaves the set-up as it was; what is said of it goes when a right one is there', async () => {
  const target = page.getByLabel('value', { exact: true });
  await target.fill('3');
  await target.press('Enter');
  await expect(target).toHaveValue('3');
  const write = (name: string, shape: number[], value: number): string => {
    const data = new Float32Array(shape.reduce((all, each) => all * each, 1)).fill(value);
    const head = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`.padEnd(117) + '\n';
    const magic = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, head.length, 0]);
    writeFileSync(join(folder, name), Buffer.concat([magic, Buffer.from(head), Buffer.from(data.buffer)]));
    return join(folder, name);
  };
  const open = async (path: string): Promise<void> => {
    await answerDialogs(studio.app, { open: path });
    await page.keyboard.press('Control+d');
  };
  const faults = page.locator('.message.fault');
  for (const [path, fault] of [
    [write('nan.npy', [2, 8, 8, 1], NaN), /not a number|NaN/i],
    [write('shape.npy', [2, 5, 5], 0), /\[2, 5, 5\]/],
  ] as const) {
    await open(path);
    await expect(faults.filter({ hasText: fault })).toHaveCount(1);
    await expect(page.getByLabel('value', { exact: true })).toHaveValue('3');
    await expect(page.getByLabel('every value')).toBeVisible();
    await expect(runButton()).toBeEnabled();
  }
  // it stands in a place of its own
  const strip = (await faults.first().boundingBox())!;
  for (const place of [page.getByRole('region', { name: 'Set-up' }), page.getByRole('region', { name: 'Layers' })]) {
    const box = (await place.boundingBox())!;
    expect(box.y + box.height).toBeLessThanOrEqual(strip.y + 1);
  }
  await open(write('right.npy', [3, 8, 8, 1], 0.5));
  await expect(page.getByText('of 3 examples')).toBeVisible();
  await expect(faults).toHaveCount(0);
});

test('a panel takes the window and gives it back; how it was divided is remembered', async () => {
  const graph = page.getByRole('region', { name: 'Layers' });
  const setUp = page.getByRole('region', { name: 'Set-up' });
  await graph.getByRole('heading', { name: 'Layers' }).dblclick();
  await expect(setUp).toHaveCount(0);
  const wide = (await graph.boundingBox())!.width;
  expect(wide).toBeGreaterThan(1200);
  await page.keyboard.press('Escape');
  await expect(setUp).toBeVisible();
  await page.getByRole('separator', { name: 'Width of the layer graph' }).focus();
  for (let press = 0; press < 5; press++) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Control+b');
  await expect.poll(async () => (await studio.get('settings', {})).layout).toMatchObject({ setUp: false, share: 0.52 });
  const { userData } = studio;
  await studio.close();
  studio = await launch(['--sample', 'digits'], userData);
  ({ page } = studio);
  await expect(page.getByRole('separator', { name: 'Width of the layer graph' })).toHaveAttribute(
    'aria-valuenow',
    '52',
  );
  await expect(page.getByRole('region', { name: 'Set-up' })).toHaveCount(0);
});

test('the focus is never lost: removing, closing, switching, opening another model', async () => {
  await runAll();
  const chips = page.getByRole('list', { name: 'Runs' });
  const remove = chips.getByRole('button', { name: /^Remove/ });
  await remove.last().focus();
  await page.keyboard.press('Enter');
  await expect(remove).toHaveCount(1);
  await expect.poll(lostFocus).toBe(false);
  await page.locator('[data-row]').first().click();
  const detail = page.getByRole('region', { name: 'Selected unit' });
  await detail.getByRole('button', { name: 'Close' }).focus();
  await page.keyboard.press('Enter');
  await expect(detail).toHaveCount(0);
  await expect.poll(lostFocus).toBe(false);
  await page.getByRole('grid', { name: 'Units by importance' }).focus();
  await page.keyboard.press('2');
  await expect(page.getByRole('grid', { name: 'Units by importance' })).toHaveCount(0);
  await expect.poll(lostFocus).toBe(false);
  await page.getByRole('button', { name: 'Settings' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Settings' })).toBeFocused();
  const node = page
    .getByRole('region', { name: 'Layers' })
    .locator('[role=button], [role=treeitem], g[tabindex]')
    .first();
  await node.focus();
  await page.keyboard.press('Control+k');
  await answerDialogs(studio.app, { unsaved: 1 });
  await page.keyboard.type('DNA');
  await expect(page.getByRole('dialog').getByRole('option').first()).toContainText('Sample');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.locator('header h1')).not.toContainText('digits', { timeout: 30_000 });
  await expect.poll(lostFocus).toBe(false);
});

test('another window stands beside this one, on the same model', async () => {
  const [other] = await Promise.all([studio.app.waitForEvent('window'), page.keyboard.press('Control+Shift+n')]);
  await expect(other.locator('header h1')).toContainText('Handwritten digits', { timeout: 60_000 });
});

test('a run is copied as the command that repeats it, and as the Python that reads it', async () => {
  test.setTimeout(240_000);
  await evenSteps(page, 12);
  await runAll();
  const path = join(folder, 'session of mine.mho');
  await answerDialogs(studio.app, { save: path });
  const chip = page.getByRole('list', { name: 'Runs' }).getByRole('listitem').first();
  const copy = async (label: string): Promise<string> => {
    await studio.app.evaluate(({ clipboard }) => clipboard.clear());
    await chip.click({ button: 'right' });
    await page.getByRole('menu', { name: 'Actions' }).getByRole('menuitem', { name: label }).click();
    await expect.poll(clipboard).not.toBe('');
    return clipboard();
  };
  const command = await copy('Copy as command');
  // it reads a file: what is in none yet is saved first
  const python = await copy('Copy as Python saves the session first');
  expect(await copy('Copy as Python reads the session')).toBe(python);
  const again = join(folder, 'again.mho');
  const env = { ...process.env, NODE: process.execPath, OUT: again };
  execFileSync('bash', ['-c', `${command.replace(/^mho/, '"$NODE" scripts/mho.mjs')} --out "$OUT" --quiet`], {
    cwd: root,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const layersOf = (session: string) => {
    const said = execFileSync(process.execPath, ['scripts/mho.mjs', 'show', session, '--json', '--neurons'], {
      cwd: root,
      maxBuffer: 1e8,
    });
    const { runs } = JSON.parse(said.toString()) as Shown;
    return runs;
  };
  const saved = layersOf(path);
  const [there, ...others] = layersOf(again);
  // runs stand in the file as they came to an end, and as chips by their methods
  const place = saved.findIndex(({ method }) => method === 'nig');
  const here = saved[place];
  expect([there!.method, others.length]).toEqual(['nig', 0]);
  expect(there!.target).toEqual(here!.target);
  for (const [at, { name, units }] of here!.layers.entries()) {
    const other = there!.layers[at]!;
    expect(other.name).toBe(name);
    const size = Math.max(...units.flat().map(Math.abs));
    other.units.flat().forEach((value, place) => expect(Math.abs(value - units.flat()[place]!)).toBeLessThanOrEqual(1e-4 * size)); // prettier-ignore
  }
  expect(python).toContain('/session of mine.mho")');
  expect(python).toContain(`manifest["runs"][${place}]`);
});

test('every panel can have the window: by its button, by M where the focus is, by a double click on its head; Esc gives it back', async () => {
  await runAll();
  const panels = {
    'the set-up': page.getByRole('region', { name: 'Set-up', exact: true }),
    layers: page.getByRole('region', { name: 'Layers', exact: true }),
    'the results': page.locator('.analysis'),
    'the selected unit': page.getByRole('region', { name: 'Selected unit', exact: true }),
  };
  const wide = async (name: keyof typeof panels) =>
    ((await panels[name].boundingBox())?.width ?? 0) > 0.95 * (await page.evaluate<number>('innerWidth'));
  for (const name of Object.keys(panels) as (keyof typeof panels)[]) {
    await page.getByRole('button', { name: `Maximise ${name}`, exact: true }).click();
    await expect.poll(() => wide(name), name).toBe(true);
    for (const [other, panel] of Object.entries(panels))
      if (
        other !== name &&
        !(name === 'the results' && other === 'the selected unit') &&
        !(name === 'the selected unit' && other === 'the results')
      )
        await expect(panel, `${other} beside ${name}`).toBeHidden();
    await page.keyboard.press('Escape');
    await expect.poll(() => wide(name)).toBe(false);
  }
  await panels['the selected unit'].getByRole('heading', { level: 2 }).dblclick({ position: { x: 4, y: 6 } });
  await expect.poll(() => wide('the selected unit')).toBe(true);
  // closed, it leaves the window to all others
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await expect(panels['the set-up']).toBeVisible();
  await expect(page.getByRole('tab', { name: 'Ranking' })).toBeVisible();
});
