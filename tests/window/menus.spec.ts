/** A menu by its keys: they move inside it, and none of them reaches the window behind it. */
import { expect, test } from '@playwright/test';
import { evenSteps, forget, launch, type Studio } from './studio';

let studio: Studio;
test.afterEach(async () => {
  await studio.close();
  forget(studio.userData);
});

test('arrows, Home, End and first letters move; Escape closes the menu, and the run goes on', async () => {
  studio = await launch(['--sample', 'digits']);
  const { page } = studio;
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('pageerror', (fault) => faults.push(fault.message));
  await expect(page.getByRole('button', { name: 'Run', exact: true }).first()).toBeEnabled();
  await evenSteps(page, 200_000);
  await page.keyboard.press('Control+Enter');
  const cancel = page.getByRole('button', { name: 'Cancel', exact: true }).first();
  await expect(cancel).toBeVisible();

  const opener = page.getByRole('button', { name: 'Open', exact: true });
  const menu = page.getByRole('menu');
  const items = menu.getByRole('menuitem');
  await opener.focus();
  await page.keyboard.press('Enter');
  await expect(items.first()).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(items.nth(1)).toBeFocused();
  await page.keyboard.press('End');
  await expect(items.last()).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(items.first()).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(items.last()).toBeFocused();
  await page.keyboard.press('Home');
  await expect(items.first()).toBeFocused();
  await page.keyboard.press('s');
  await expect(menu.getByRole('menuitem', { name: /^Session/ })).toBeFocused();

  // A key of the window is none while a menu is open.
  const shown = page.getByRole('tab', { selected: true });
  const before = await shown.innerText();
  await page.keyboard.press('3');
  await page.keyboard.press('?');
  await expect(shown).toHaveText(before);
  await expect(page.getByRole('dialog')).toHaveCount(0);

  await page.keyboard.press('Escape');
  await expect(menu).toHaveCount(0);
  await expect(opener).toBeFocused();
  await expect(cancel).toBeVisible();
  await expect(page.getByText(/Cancelled/)).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(page.getByText(/Cancelled/)).toBeVisible();
  expect(faults).toEqual([]);
});
