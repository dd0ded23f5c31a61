/** Where the keys are: a walk with Tab through every view comes round, stops only at what is seen, and no dialog takes the focus with it. */
import { expect, test, type Page } from '@playwright/test';
import { VIEWS } from '../../src/renderer/logic/views';
import { answerDialogs, forget, launch, type Studio } from './studio';

test.describe.configure({ mode: 'serial' });

let studio: Studio;
let page: Page;
test.beforeAll(async () => {
  studio = await launch(['--sample', 'digits']);
  ({ page } = studio);
  await answerDialogs(studio.app, { unsaved: 1 });
  await expect(page.getByRole('button', { name: 'Run', exact: true }).first()).toBeEnabled({ timeout: 60_000 });
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('progressbar', { name: 'Run' })).toHaveCount(0, { timeout: 60_000 });
  await expect(page.locator('.headline button').first()).toBeVisible({ timeout: 60_000 });
});
test.afterAll(async () => {
  await studio.close();
  forget(studio.userData);
});

interface Stop {
  /** What has the focus, in words; `nothing` where none is. */
  readonly what: string;
  /** Whether it is on the screen, and not under something else's edge. */
  readonly seen: boolean;
  /** Which part of the window it is in. */
  readonly part: string;
}
const stop = (): Promise<Stop> =>
  page.evaluate<Stop>(`(() => {
    const at = document.activeElement;
    if (!at || at === document.body) return { what: 'nothing', seen: false, part: '' };
    const { left, top, right, bottom } = at.getBoundingClientRect();
    const seen = right > 0 && bottom > 0 && left < innerWidth && top < innerHeight && right > left && bottom > top
      && getComputedStyle(at).visibility === 'visible';
    const part = at.closest('#view') ? 'view' : at.closest('.detail') ? 'unit' : at.closest('.map') ? 'graph' : at.closest('[aria-label="Set-up"]') ? 'set-up' : '';
    return { what: at.tagName + ' ' + (at.getAttribute('aria-label') ?? at.textContent ?? '').trim().slice(0, 60), seen, part };
  })()`);

for (const [at, { id, name }] of VIEWS.entries())
  test(`Tab goes through ${name}, all of it seen, and comes round`, async () => {
    await page.keyboard.press(`${at + 1}`);
    await expect(page.getByRole('tab', { name })).toHaveAttribute('aria-selected', 'true');
    await expect(page.locator('#view [aria-busy=true]')).toHaveCount(0, { timeout: 60_000 });
    const tab = page.locator(`#tab-${id}`);
    await tab.focus();
    const parts = new Set<string>();
    const hidden: string[] = [];
    let nowhere = 0;
    let round = false;
    for (let presses = 0; presses < 400 && !round; presses++) {
      await page.keyboard.press('Tab');
      const { what, seen, part } = await stop();
      // between the last stop and the first one the browser itself has the focus, once
      if (what === 'nothing') nowhere++;
      else if (!seen) hidden.push(what);
      parts.add(part);
      round = await tab.evaluate((element) => element === element.ownerDocument.activeElement);
    }
    expect(round).toBe(true);
    expect(hidden).toEqual([]);
    expect(nowhere).toBeLessThanOrEqual(1);
    for (const part of ['view', 'graph', 'set-up']) expect([...parts]).toContain(part);
  });

test('every dialog and page gives the focus back to where it was asked for', async () => {
  await page.keyboard.press('1');
  const grid = page.getByRole('grid', { name: 'Units by importance' });
  const from = (name: string) => page.getByRole('button', { name, exact: true }).first();
  const named = { Settings: 'Settings', Keys: 'Keys' };
  for (const [button, dialog] of Object.entries(named)) {
    await from(button).focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('dialog', { name: dialog })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await expect(from(button)).toBeFocused();
  }
  for (const key of ['Control+k', '?']) {
    await grid.focus();
    await page.keyboard.press(key);
    await expect(page.getByRole('dialog')).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await expect(grid).toBeFocused();
  }
  const note = page.getByRole('button', { name: /^Name and note of/ }).first();
  await note.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'This run' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(note).toBeFocused();
  const save = from('Save this unit');
  await save.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(save).toBeFocused();
  // a unit's page, and the notebook
  await grid.focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: /^Unit .+ #\d+$/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('region', { name: /^Unit .+ #\d+$/ })).toHaveCount(0);
  await expect.poll(async () => (await stop()).what).not.toBe('nothing');
});

test('what a figure means is told by a key at once, and put away by Escape, which does nothing else', async () => {
  await page.keyboard.press('1');
  const word = page.locator('.finding').getByRole('button', { name: 'residual' });
  const says = page.getByText('over the layers that everything passes');
  await word.focus();
  await page.keyboard.press('Enter');
  await expect(says).toBeVisible();
  const [at, told] = [(await word.boundingBox())!, (await says.boundingBox())!];
  expect(told.y).toBeGreaterThanOrEqual(at.y + at.height);
  const selected = await page.locator('[data-row][aria-selected=true]').count();
  await page.keyboard.press('Escape');
  await expect(says).toBeHidden();
  await expect(word).toBeFocused();
  expect(await page.locator('[data-row][aria-selected=true]').count()).toBe(selected);
});
