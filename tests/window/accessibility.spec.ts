/** Everybody's window: without a pointer from the first key to the saved session, and by axe wherever one can get. */
import { expect, test, type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { VIEWS } from '../../src/renderer/logic/views';
import { answerDialogs, evenSteps, forget, launch, newFolder, settled, type Studio } from './studio';

const axe = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');

let folder: string;
let studio: Studio;
let page: Page;
test.beforeEach(() => {
  folder = newFolder();
});
test.afterEach(async () => {
  await studio.close();
  forget(studio.userData);
  forget(folder);
});

async function begin(words: string[] = [], userData?: string): Promise<void> {
  studio = await launch(words, userData);
  page = studio.page;
}
/** Runs that the window has heard of, and that are kept by then. */
const chips = () => page.getByRole('list', { name: 'Runs' }).getByRole('button', { name: /^Name and note/ });
const runs = (count: number) => expect(chips()).toHaveCount(count, { timeout: 40_000 });
const focused = (): Promise<string> =>
  page.evaluate(
    `((document.activeElement?.getAttribute('aria-label') ?? '') + ' ' + (document.activeElement?.innerText ?? '')).trim()`,
  );

/** Tab by Tab, until the focus is on something so called. */
async function tabTo(name: RegExp, most = 80): Promise<void> {
  const passed: string[] = [];
  for (let presses = 0; presses < most; presses++) {
    await page.keyboard.press('Tab');
    const on = await focused();
    if (name.test(on)) return;
    passed.push(on.split('\n')[0]!);
  }
  throw new Error(`${String(name)} has no place among ${passed.join(' | ')}`);
}

test('without a pointer: sample, run, cancel, views, a killed engine, run again, save', async () => {
  test.setTimeout(180_000);
  await begin();
  await expect(page.getByRole('button', { name: /Handwritten digits/ })).toBeVisible();
  await tabTo(/^Handwritten digits/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: 'Prediction' }).locator('li').first()).toBeVisible();
  await page.keyboard.press('Control+Enter');
  await expect(page.locator('.headline')).toContainText('owes most to', { timeout: 30_000 });
  await runs(2);

  // Views by number; tabs by arrows.
  for (const [key, { name }] of VIEWS.entries()) {
    await page.keyboard.press(String(key + 1));
    await expect(page.getByRole('tab', { name })).toHaveAttribute('aria-selected', 'true');
  }
  await page.keyboard.press('1');
  await tabTo(new RegExp(`^${VIEWS[0].name}$`));
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('tab', { name: VIEWS[1].name })).toBeFocused();
  await page.keyboard.press('ArrowLeft');

  // Even steps by keys. What is typed counts, whether or not the field has been left; Escape cancels.
  await page.getByRole('button', { name: 'Even steps' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('spinbutton', { name: 'steps' }).focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('200000');
  await page.keyboard.press('Control+Enter');
  const cancel = page.getByRole('button', { name: 'Cancel', exact: true });
  await expect(cancel.first()).toBeVisible();
  await expect(page.getByText(/200,?000/).first()).toBeVisible({ timeout: 20_000 });
  await page.keyboard.press('Escape');
  await expect(page.getByText(/Cancelled/)).toBeVisible({ timeout: 20_000 });
  const before = await chips().count();

  // The engine dies in the middle; its message is reached and answered by keys.
  await page.keyboard.press('Control+Enter');
  await expect(cancel.first()).toBeVisible();
  await runs(before + 1); // Rescale
  process.kill((await studio.enginePid())!, 'SIGKILL');
  const message = page.locator('.message.fault[data-code=ENGINE_STOPPED]');
  await expect(message).toBeVisible({ timeout: 20_000 });
  await tabTo(/^Run again$/);
  await page.keyboard.press('Enter');
  await expect(cancel.first()).toBeVisible({ timeout: 20_000 });
  await runs(before + 2);
  await page.keyboard.press('Escape');
  await expect(cancel).toHaveCount(0, { timeout: 20_000 });

  await answerDialogs(studio.app, { save: join(folder, 'keys.mho') });
  await page.keyboard.press('Control+s');
  await expect.poll(async () => (await studio.get('document', {})).dirty).toBe(false);
  await expect(page.locator('.message.fault:not([data-code=ENGINE_STOPPED])')).toHaveCount(0);
});

test('a dialog keeps the focus, and gives it back', async () => {
  await begin(['--sample', 'digits']);
  await expect(page.getByRole('button', { name: 'Run', exact: true }).first()).toBeEnabled({ timeout: 20_000 });
  await tabTo(/^Settings$/);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Settings' });
  await expect(dialog).toBeVisible();
  for (let presses = 0; presses < 12; presses++) {
    await page.keyboard.press('Tab');
    const inside = await page.evaluate<boolean>(
      `document.activeElement === document.body || document.querySelector('[role=dialog], dialog').contains(document.activeElement)`,
    );
    expect(inside, await focused()).toBe(true);
  }
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect.poll(focused).toContain('Settings');
});

/** What axe finds, by the place where it was looking. */
async function look(place: string, found: string[]): Promise<void> {
  await settled(page);
  await page.evaluate(axe);
  const violations = await page.evaluate<string[]>(`axe.run().then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' ')).join(', ')))`);
  found.push(...violations.map((violation) => `${place}: ${violation}`));
}

for (const theme of ['light', 'dark'] as const)
  test(`axe finds nothing wherever one can get, ${theme}`, async () => {
    test.setTimeout(180_000);
    const found: string[] = [];
    await begin();
    await studio.get('changeSettings', { theme });
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
    await expect(page.getByRole('button', { name: /Handwritten digits/ })).toBeVisible();
    await look('empty window', found);
    await page.getByRole('button', { name: /Handwritten digits/ }).click();
    await expect(page.getByRole('region', { name: 'Prediction' }).locator('li').first()).toBeVisible();
    await look('set-up before a run', found);

    // A long run: first alone, then beside a result.
    await evenSteps(page, 200_000);
    await look('set-up with even steps', found);
    await page.keyboard.press('Control+Enter');
    await expect(page.getByRole('button', { name: 'Cancel', exact: true }).first()).toBeVisible();
    await look('while it runs', found);
    await runs(1);
    await page.keyboard.press('2');
    await look('completeness while it runs', found);
    process.kill((await studio.enginePid())!, 'SIGKILL');
    await expect(page.locator('.message.fault')).toBeVisible({ timeout: 20_000 });
    await look('after the engine stopped', found);
    await page.locator('.message.fault').getByRole('button', { name: 'Dismiss' }).click();

    await page.getByRole('button', { name: 'To a tolerance' }).click();
    await page.keyboard.press('Control+Enter');
    await runs(3);
    await expect(page.locator('.headline')).toContainText('owes most to');
    await page.locator('.headline').getByRole('button').click();
    for (const [key, { name }] of VIEWS.entries()) {
      await page.locator('body').click({ position: { x: 640, y: 12 } });
      await page.keyboard.press(String(key + 1));
      await look(`${name}, a unit selected`, found);
    }
    await page.keyboard.press('1');
    await page.getByText('Filter', { exact: false }).first().click();
    await look('filters', found);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await expect(page.getByRole('menu')).toBeVisible();
    await look('menu', found);
    await page.keyboard.press('Escape');
    for (const key of ['Settings', 'Keys'] as const) {
      await studio.app.evaluate(
        ({ Menu }, id) => Menu.getApplicationMenu()!.getMenuItemById(id)!.click(),
        key.toLowerCase(),
      );
      await expect(page.getByRole('dialog', { name: key })).toBeVisible();
      await look(`dialog ${key}`, found);
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toHaveCount(0);
    }
    await page
      .getByRole('list', { name: 'Runs' })
      .getByRole('button', { name: /^Name and note/ })
      .first()
      .click();
    await expect(page.getByRole('dialog', { name: 'This run' })).toBeVisible();
    await look('dialog This run', found);
    await page.keyboard.press('Escape');

    // What a crash left.
    const program = studio.app.process();
    const gone = new Promise((resolve) => program.once('exit', resolve));
    program.kill('SIGKILL');
    await gone;
    await begin([], studio.userData);
    await expect(page.getByRole('dialog', { name: 'Runs from last time' })).toBeVisible();
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
    await look('dialog Runs from last time', found);
    expect(found).toEqual([]);
  });
