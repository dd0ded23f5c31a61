/** Nothing scrolls sideways, nothing jumps: every view at a small and a large window, with both samples. */
import { expect, test } from '@playwright/test';
import { VIEWS } from '../../src/renderer/logic/views';
import { forget, launch, settled, type Studio } from './studio';

const SIZES = [
  [1280, 800],
  [1600, 1000],
] as const;

const resize = (studio: Studio, [width, height]: readonly [number, number]): Promise<void> =>
  studio.app.evaluate(
    ({ BrowserWindow }, [w, h]) => BrowserWindow.getAllWindows()[0]!.setContentSize(w!, h!),
    [width, height],
  );

/** What is wider than its place and has no bar to reach the rest by design: `selector: content > place`. */
const sideways = (studio: Studio): Promise<string[]> =>
  studio.page.evaluate<string[]>(`(() => {
    const found = [];
    for (const selector of ['html', '.body', '.results', '.view', '.detail .content', '.ranking .grid', '.scroll', '.panel .scroll'])
      for (const each of document.querySelectorAll(selector))
        if (each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).overflowX !== 'visible')
          found.push(selector + ': ' + each.scrollWidth + ' > ' + each.clientWidth);
    return found;
  })()`);

const top = async (studio: Studio, selector: string): Promise<number> =>
  Math.round((await studio.page.locator(selector).first().boundingBox())!.y);

for (const sample of ['digits', 'motifs'])
  test(`${sample}: every view fits, and stands still`, async () => {
    test.setTimeout(120_000);
    const studio = await launch(['--sample', sample]);
    const { page } = studio;
    await resize(studio, SIZES[0]);
    await page.getByRole('button', { name: 'Run', exact: true }).first().click({ timeout: 20_000 });
    await expect(page.locator('.headline button')).toBeVisible({ timeout: 30_000 });
    await expect(page.locator('.detail')).toBeVisible();
    for (const size of SIZES) {
      await resize(studio, size);
      for (const { name: view } of VIEWS) {
        await page.getByRole('tab', { name: view }).click();
        await settled(page);
        expect(await sideways(studio), `${view} at ${size.join(' × ')}`).toEqual([]);
      }
      await page.getByRole('tab', { name: 'Ranking' }).click();
      const before = [await top(studio, '.tabs'), await top(studio, '.ranking'), await top(studio, '.detail')];
      const places = async () => [
        await top(studio, '.tabs'),
        await top(studio, '.ranking'),
        await top(studio, '.detail'),
      ];
      // another example, other units, with and without positions
      await page.locator('body').click({ position: { x: 640, y: 12 } });
      await page.keyboard.press(']');
      expect(await places()).toEqual(before);
      await page.getByRole('grid', { name: 'Units by importance' }).focus();
      for (const key of ['Home', 'PageDown', 'End']) {
        await page.keyboard.press(key);
        await settled(page);
        expect(await places(), key).toEqual(before);
        expect(await sideways(studio), `${key} at ${size.join(' × ')}`).toEqual([]);
      }
      await page.keyboard.press('Home');
      await page.getByRole('button', { name: 'What drives it?' }).click();
      await expect(page.getByRole('img', { name: /^What drives the unit/ }).first()).toBeVisible({ timeout: 20_000 });
      expect(await places()).toEqual(before);
      expect(await sideways(studio), `what drives it, at ${size.join(' × ')}`).toEqual([]);
    }
    await studio.close();
    forget(studio.userData);
  });

test('the graph is whole or read from its beginning until it is moved, and fits when that is asked', async () => {
  const studio = await launch(['--sample', 'digits']);
  const { page } = studio;
  const last = page.locator('.node[data-id="digit"]');
  const graph = page.getByRole('group', { name: 'Layer graph' });
  const inside = async (): Promise<boolean> => {
    const [node, place] = [(await last.boundingBox())!, (await graph.boundingBox())!];
    return node.y + node.height <= place.y + place.height;
  };
  const first = page.locator('.node[data-id="image"]');
  /** Letters of 11 pixels are as small as they may be: a card has two lines of them. */
  const readable = async (): Promise<boolean> => {
    const [node, place] = [(await first.boundingBox())!, (await graph.boundingBox())!];
    return node.height >= 3 * 11 && node.y >= place.y && node.y + node.height <= place.y + place.height;
  };
  await expect(last).toBeVisible({ timeout: 20_000 });
  for (const size of [
    [1600, 1000],
    [1280, 700],
  ] as const) {
    await resize(studio, size);
    await expect.poll(readable).toBe(true);
    await page.getByRole('button', { name: 'Fit the whole graph' }).click();
    await expect.poll(inside).toBe(true);
  }
  // zoomed by hand it stays as it is
  await page.getByRole('button', { name: 'Zoom in' }).click();
  await settled(page);
  const width = (await last.boundingBox())!.width;
  await resize(studio, [1500, 900]);
  await settled(page);
  expect((await last.boundingBox())!.width).toBeCloseTo(width, 0);
  await page.getByRole('button', { name: 'Fit the whole graph' }).click();
  await expect.poll(inside).toBe(true);
  await studio.close();
  forget(studio.userData);
});
