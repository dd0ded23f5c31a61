/** Units are taken out: the prediction moves at once, a mark says so wherever it stands, and all of it can be taken back. */
import { expect, test, type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { twoInputs } from './ownModels';
import { answerDialogs, forget, launchOpen, newFolder, root, runToFinding, settled, type Studio } from './studio';

const axe = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');

let studio: Studio;
let page: Page;
let folder: string;
test.beforeEach(() => {
  folder = newFolder();
});
test.afterEach(async () => {
  await studio.close();
  forget(studio.userData);
  forget(folder);
});

async function open(words: readonly string[]): Promise<void> {
  studio = await launchOpen(words);
  ({ page } = studio);
}
const run = (): Promise<void> => runToFinding(page);
const section = (name: string) => page.getByRole('region', { name, exact: true });
const out = () => section('Taken out');
/** F of the whole network, and as it is measured with units out. */
async function measured(): Promise<{ readonly before: string; readonly after: string }> {
  const together = out().locator('.together');
  await expect(together).toHaveAttribute('aria-busy', 'false', { timeout: 20_000 });
  const [before, after] = (await together.locator('b').innerText()).split(' → ');
  return { before: before!, after: after! };
}
const bars = () => section('Prediction').locator('li');
const first = () => page.locator('[data-row]').first();

test('a switch in a row, a slider, several units, undo: the prediction moves, and is as it was in the end', async () => {
  await open(['--sample', 'digits']);
  await run();
  const whole = await bars().allInnerTexts();
  await first().hover();
  await first()
    .getByRole('button', { name: /^Take .+ out$/ })
    .click();
  const one = await measured();
  expect(one.after).not.toBe(one.before);
  await expect(bars().first()).toHaveAttribute('title', /with units out, .+ at the input/);
  for (const place of [page.locator('.finding'), section('Prediction')])
    await expect(place).toContainText('1 unit is out');
  await expect(page.locator('.finding')).toContainText(`F ${one.before} → ${one.after}`);
  // predicted beside measured, both ways
  await expect(out().locator('tbody tr')).toContainText('±');
  await expect(out().locator('tbody td').nth(1)).toHaveText(/[+−]?\d/);
  await expect(out().locator('tbody td').nth(2)).toHaveText(/[+−]?\d/);

  // by keys: the next unit of the list, and then not quite out
  await page.getByRole('grid', { name: 'Units by importance' }).focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('x');
  await expect(out().locator('tbody tr')).toHaveCount(2);
  const two = await measured();
  expect(two.after).not.toBe(one.after);
  await expect(out()).toContainText('One by one they drop');
  const slider = page.locator('.detail').getByRole('slider', { name: 'Times its value' });
  await expect(slider).toHaveAttribute('aria-valuetext', 'taken out');
  await slider.focus();
  await page.keyboard.press('End');
  await expect(slider).toHaveAttribute('aria-valuetext', 'times 2.0');
  await expect(section('Prediction')).toContainText('1 unit is out, 1 is scaled');
  await expect.poll(async () => (await measured()).after).not.toBe(two.after);

  // a view that tells of the whole network says so; what is out survives it
  await page.getByRole('tab', { name: 'Examples' }).click();
  await expect(section('Examples of the data')).toContainText('here the whole network is told of');
  await page.getByRole('tab', { name: 'Ranking' }).click();

  await page.getByRole('grid', { name: 'Units by importance' }).focus();
  await page.keyboard.press('Control+z');
  await expect.poll(async () => (await measured()).after).toBe(two.after);
  await page.keyboard.press('Control+z');
  await expect.poll(async () => (await measured()).after).toBe(one.after);
  await page.keyboard.press('Control+z');
  await expect(out()).toHaveCount(0);
  await expect(page.getByText('1 unit is out')).toHaveCount(0);
  await expect.poll(() => bars().allInnerTexts()).toEqual(whole);
  await page.keyboard.press('Control+Shift+z');
  expect((await measured()).after).toBe(one.after);
  await page.keyboard.press('Shift+X');
  await expect(out()).toHaveCount(0);
});

test('the most important of a list go together; what they become is chosen; another example is measured anew; a command repeats it', async () => {
  await open(['--sample', 'digits']);
  await run();
  await page.locator('.takes summary').click();
  await page.getByRole('spinbutton', { name: 'How many units' }).fill('3');
  const take = page.locator('.takes').getByRole('button', { name: 'Take out', exact: true });
  await take.click();
  await expect(out().locator('tbody tr')).toHaveCount(3);
  const most = await measured();
  await page.locator('.takes').getByRole('button', { name: 'Put all back' }).click();
  await page.getByRole('combobox', { name: 'Which end of the ranking' }).selectOption({ label: 'least important' });
  await take.click();
  const least = await measured();
  expect(Math.abs(Number(least.after.replace('−', '-')) - Number(least.before.replace('−', '-')))).toBeLessThan(
    Math.abs(Number(most.after.replace('−', '-')) - Number(most.before.replace('−', '-'))),
  );
  await page.locator('.takes').getByRole('button', { name: 'Put all back' }).click();
  await page.getByRole('combobox', { name: 'Which end of the ranking' }).selectOption({ label: 'most important' });
  await take.click();
  expect((await measured()).after).toBe(most.after);
  await page.locator('.takes summary').click();

  await out().getByRole('combobox', { name: 'they become' }).selectOption('mean');
  await expect(out()).toContainText('The mean is over 8 examples.', { timeout: 20_000 });
  await expect(out()).toContainText('Contributions are against the baseline');
  expect((await measured()).after).not.toBe(most.after);
  await out().getByRole('combobox', { name: 'they become' }).selectOption('value');
  await out().getByRole('spinbutton', { name: 'Number that they become' }).fill('40');
  await page.keyboard.press('Tab');
  await expect.poll(async () => (await measured()).after).not.toBe(most.after);

  await page.getByRole('button', { name: 'Next example' }).click();
  await expect.poll(async () => (await measured()).before).not.toBe(most.before);
  await out().getByRole('button', { name: 'Copy as command' }).click();
  const copied = () => studio.app.evaluate(({ clipboard }) => clipboard.readText());
  await expect.poll(copied).toMatch(/^mho knock-out .+ --units \S+:\d+\S* --to=40/);
});

test('what is out comes back with the session, and axe finds nothing, in either theme', async () => {
  test.setTimeout(180_000);
  await open(['--sample', 'digits']);
  await run();
  await first().click();
  await page.keyboard.press('x');
  const before = await measured();
  const found: string[] = [];
  for (const theme of ['light', 'dark'] as const) {
    await studio.get('changeSettings', { theme });
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
    await page.locator('.takes summary').click();
    await settled(page);
    await page.evaluate(axe);
    const violations = await page.evaluate<string[]>(`axe.run().then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' ')).join(', ')))`);
    found.push(...violations.map((each) => `${theme}: ${each}`));
    await page.locator('.takes summary').click();
  }
  expect(found).toEqual([]);
  const file = `${folder}/out.mho`;
  await answerDialogs(studio.app, { save: file, open: file, unsaved: 1 });
  await page.keyboard.press('Control+s');
  await expect(page.getByLabel('not saved yet')).toHaveCount(0);
  await page.keyboard.press('Shift+X');
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Session…' }).click();
  await expect(out()).toBeVisible({ timeout: 60_000 });
  await expect.poll(async () => (await measured()).after, { timeout: 30_000 }).toBe(before.after);
});

test('of a model of two inputs, by its page: a layer that the other input goes around says so; another model has none out', async () => {
  test.setTimeout(180_000);
  const { model, data } = twoInputs(folder);
  await open([model]);
  for (const path of data) {
    await answerDialogs(studio.app, { open: path, unsaved: 1 });
    const isContext = path.endsWith('context.npy');
    const input = section('Input')
      .getByRole('listitem')
      .filter({ hasText: isContext ? 'context' : 'features' });
    await input.getByRole('button').click();
    await expect(
      section('Input').getByRole('button', isContext ? { name: 'Example 0', exact: true } : { name: 'given' }),
    ).toBeVisible({ timeout: 20_000 });
  }
  await run();
  await first().dblclick();
  const unit = page.getByRole('region', { name: /^Unit .+ #\d+$/ });
  const controls = unit.getByRole('region', { name: 'Taken out', exact: true });
  await controls.getByRole('button', { name: 'Take out' }).click();
  await expect(controls.getByText('1 unit is out')).toBeVisible();
  await expect(controls.locator('div', { hasText: /^\s*restore\s*[+−]?\d/ }).last()).toBeVisible({ timeout: 20_000 });
  await expect(section('Set-up').getByRole('region', { name: 'Taken out', exact: true })).toContainText('is no cut');
  await page.keyboard.press('Escape');

  await answerDialogs(studio.app, { open: join(root, 'resources/samples/digits/model.keras'), unsaved: 1 });
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Model file…' }).click();
  await expect(section('Model')).toContainText('24 layers', { timeout: 60_000 });
  await expect(page.getByText(/is out/)).toHaveCount(0);
});
