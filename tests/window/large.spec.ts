/** More than a page can hold: a list taller than pages are, a graph whose layout the user does not wait for. */
import { expect, test } from '@playwright/test';
import { join } from 'node:path';
import { branchedModel, largeSession } from '../../bench/windowModels';
import { forget, launch, newFolder, type Studio } from './studio';

let studio: Studio;
const folder = newFolder();
test.afterEach(async () => {
  await studio.close();
  forget(studio.userData);
});
test.afterAll(() => forget(folder));

test('600,000 units: the first and the last row are reached, and the wheel moves rows by its own measure', async () => {
  test.setTimeout(180_000);
  studio = await launch([await largeSession(join(folder, 'large.mho'), 600_000)]);
  const { page } = studio;
  const grid = page.getByRole('grid', { name: 'Units by importance' });
  const rows = grid.locator('.tall [role=row]');
  await expect(rows.first()).toBeVisible({ timeout: 90_000 });
  await expect(grid).toHaveAttribute('aria-rowcount', '600001');
  const body = (await grid.locator('.body').boundingBox())!;
  /** The rows that are seen: number and place. */
  const seen = async (): Promise<[number, number][]> => {
    const all = await rows.evaluateAll((elements) =>
      (elements as unknown as { ariaRowIndex: string; getBoundingClientRect(): { y: number; bottom: number } }[]).map(
        (row): [number, number, number] => {
          const { y, bottom } = row.getBoundingClientRect();
          return [Number(row.ariaRowIndex) - 1, y, bottom];
        },
      ),
    );
    return all.flatMap(([number, y, bottom]): [number, number][] =>
      bottom > body.y + 1 && y < body.y + body.height - 1 ? [[number, y]] : [],
    );
  };
  const selected = grid.locator('.tall [role=row][aria-selected=true]');
  const isSeen = async (number: number): Promise<boolean> => (await seen()).some(([each]) => each === number);

  await grid.focus();
  await page.keyboard.press('End');
  await expect(selected).toHaveAttribute('aria-rowindex', '600001', { timeout: 20_000 });
  await expect.poll(() => isSeen(600_000)).toBe(true);

  // in the middle: a step of the wheel is a step of the rows, though the scroll bar stands for more
  await grid.locator('.body').evaluate((element) => {
    const scroller = element as unknown as { scrollTop: number; scrollHeight: number };
    scroller.scrollTop = scroller.scrollHeight / 2;
  });
  await expect.poll(async () => Math.abs(((await seen())[0]?.[0] ?? 0) - 300_000)).toBeLessThan(200);
  const resting = () => expect(grid.locator('.tall.moving')).toHaveCount(0);
  await resting();
  const before = await seen();
  // since the selected unit is shown below it, there is less of the list
  const list = (await grid.locator('.body').boundingBox())!;
  await page.mouse.move(list.x + list.width / 2, list.y + list.height / 2);
  await page.mouse.wheel(0, 60);
  const moved = async (): Promise<number> => {
    const now = await seen();
    const same = now.find(([number]) => before.some(([other]) => other === number))!;
    return before.find(([number]) => number === same[0])![1] - same[1];
  };
  await expect.poll(moved).toBe(60);
  await resting(); // the scroll bar has followed: rows are where they were
  expect(await moved()).toBe(60);
  // one after the other, without a gap, whatever elements they took over
  const now = await seen();
  for (const [at, [number, y]] of now.entries())
    if (at > 0) expect([number, y]).toEqual([now[at - 1]![0] + 1, now[at - 1]![1] + 30]);

  await grid.focus();
  await page.keyboard.press('Home');
  await expect(selected).toHaveAttribute('aria-rowindex', '2');
  await expect.poll(() => isSeen(1)).toBe(true);
});

test('a layout can be cancelled, said so, and asked for again', async () => {
  studio = await launch();
  const { page } = studio;
  await page.getByRole('button', { name: 'Open a session' }).waitFor();
  // a layout that takes for ever
  await page.evaluate(`(() => {
    const Quick = window.Worker;
    window.Worker = class extends Quick { postMessage() {} };
    window.quickAgain = () => (window.Worker = Quick);
  })()`);
  const model = branchedModel(join(folder, 'five thousand'), 5_000);
  await studio.app.evaluate(({ dialog, Menu }, path) => {
    dialog.showOpenDialog = (async () => ({ canceled: false, filePaths: [path] })) as never;
    Menu.getApplicationMenu()!.getMenuItemById('open-folder')!.click();
  }, model);
  await expect(page.getByText(/^Laying out 5,\d+ layers/)).toBeVisible({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText('The graph was not laid out')).toBeVisible();
  await expect(page.getByText(/^5,\d+ layers/)).toBeVisible(); // the model is open all the same
  await page.evaluate('window.quickAgain()');
  await page.getByRole('button', { name: 'Lay out' }).click();
  await expect(page.locator('.node', { hasText: / × b/ }).first()).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText('The graph was not laid out')).toHaveCount(0);
});

test('panned and zoomed, the graph is drawn where the view is', async () => {
  studio = await launch([branchedModel(join(folder, 'thousand'), 1_000)]);
  const { page } = studio;
  const first = page.locator('.node[data-id="b0_0_0"]');
  // the first block is open, the others are folded behind it: all of them
  const fold = page.locator('.node', { hasText: /^[^×]*48 × b/ });
  await expect(fold).toHaveAttribute('aria-expanded', 'true', { timeout: 30_000 });
  await fold.focus();
  await page.keyboard.press('Enter');
  await expect(fold).toHaveAttribute('aria-expanded', 'false');
  await page.keyboard.press('Shift+Enter');
  await expect(fold).toHaveAttribute('aria-expanded', 'true');
  await expect(first).toBeVisible({ timeout: 30_000 });
  const place = (await page.getByRole('group', { name: 'Layer graph' }).boundingBox())!;
  const [x, y] = [place.x + place.width / 2, place.y + place.height - 6];
  const boxOf = async (id: string) => (await page.locator(`.node[data-id="${id}"]`).boundingBox())!;
  const start = await boxOf('b0_add');
  // dragged, nodes follow the pointer exactly
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x - 40, y - 120, { steps: 6 });
  await expect.poll(async () => Math.round((await boxOf('b0_add')).y - start.y)).toBe(-120);
  expect(Math.round((await boxOf('b0_add')).x - start.x)).toBe(-40);
  await page.mouse.up();
  // far beyond what was drawn: what comes into view is there
  for (let drag = 0; drag < 6; drag++) {
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x, place.y + 30, { steps: 8 });
    await page.mouse.up();
  }
  await expect(first).toHaveCount(0);
  await expect.poll(() => page.locator('svg .node').count()).toBeGreaterThan(10);
  const near = async () =>
    (await page.locator('svg .node:not([aria-expanded])').evaluateAll((nodes) =>
      (nodes as unknown as { getBoundingClientRect(): { x: number; y: number; width: number } }[]).map((node) => {
        const box = node.getBoundingClientRect();
        return [box.x, box.y, box.width];
      }),
    )) as [number, number, number][];
  const inView = async () =>
    (await near()).filter(([left, top]) => left > place.x && top > place.y && top < place.y + place.height);
  expect((await inView()).length).toBeGreaterThan(4);
  // zoomed by the wheel about the pointer; when it rests, drawn anew at that size
  const [, , width] = (await inView())[0]!;
  await page.mouse.move(x, place.y + place.height / 2);
  for (let step = 0; step < 5; step++) await page.mouse.wheel(0, -60);
  await expect.poll(async () => (await near())[0]![2] / width).toBeCloseTo(2 ** 0.6, 1);
  await expect.poll(async () => page.locator('.stage').evaluate((stage) => (stage as unknown as { style: { transform: string } }).style.transform)).not.toContain('scale'); // prettier-ignore
  expect((await near())[0]![2] / width).toBeCloseTo(2 ** 0.6, 1);
});
