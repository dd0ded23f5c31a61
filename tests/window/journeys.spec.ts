/**
 * What one comes for, from the start screen to its end, in no more actions than allowed: a click, a key chord, a typed field, a
 * drop, a file named to the system's dialog or to the program is one each. How long each took is printed.
 */
import { expect, test, type Locator, type Page } from '@playwright/test';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { answerDialogs, forget, keepFaults, launch, newFolder, type Studio } from './studio';
import { checkpoints, torchStages } from './ownModels';

/** A user whose actions are counted. */
class User {
  readonly #done: string[] = [];
  readonly #began = performance.now();
  constructor(
    readonly studio: Studio,
    private readonly journey: string,
    words: readonly string[],
  ) {
    this.#done.push(...words.map((word) => `start with ${basename(word)}`));
  }

  get page(): Page {
    return this.studio.page;
  }
  async #act(what: string, action: () => Promise<unknown>): Promise<void> {
    this.#done.push(what);
    await action();
  }
  click(what: Locator): Promise<void> {
    return this.#act('click', () => what.click({ timeout: 60_000 }));
  }
  press(keys: string): Promise<void> {
    return this.#act(keys, () => this.page.keyboard.press(keys));
  }
  choose(field: Locator, label: string): Promise<void> {
    return this.#act(`choose ${label}`, () => field.selectOption({ label }));
  }
  /** Files out of the system's own window. */
  drop(...paths: string[]): Promise<void> {
    return this.#act(`drop ${paths.map((path) => basename(path)).join(', ')}`, async () => {
      await this.page.evaluate(
        `document.body.insertAdjacentHTML('beforeend', '<input type="file" id="held" multiple hidden>')`,
      );
      await this.page.locator('#held').setInputFiles(paths);
      await this.page.evaluate(`(() => {
        const transfer = new DataTransfer();
        for (const file of document.querySelector('#held').files) transfer.items.add(file);
        document.querySelector('#held').remove();
        for (const kind of ['dragover', 'drop'])
          document.querySelector('.window').dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
      })()`);
    });
  }
  /** What the system's dialog is told when it comes. */
  async answer(answers: Parameters<typeof answerDialogs>[1]): Promise<void> {
    this.#done.push(`answer ${Object.keys(answers).join()}`);
    await answerDialogs(this.studio.app, answers);
  }

  /** All that was done, held against what is allowed. */
  arrived(most: number): void {
    const seconds = ((performance.now() - this.#began) / 1000).toFixed(1);
    console.log(`${this.journey}: ${this.#done.length} actions, ${seconds} s (${this.#done.join(' · ')})`);
    expect(this.#done.length, this.#done.join(', ')).toBeLessThanOrEqual(most);
  }
}

let folder: string;
let user: User;
const faults: string[] = [];
test.beforeEach(() => {
  folder = newFolder();
  faults.length = 0;
});
test.afterEach(async () => {
  expect(faults).toEqual([]);
  await user.studio.close();
  forget(user.studio.userData);
  forget(folder);
});

async function begin(journey: string, words: string[] = [], userData?: string): Promise<Page> {
  user = new User(await launch(words, userData), journey, words);
  const { page } = user;
  keepFaults(page, faults);
  return page;
}
const button = (name: string | RegExp) => user.page.getByRole('button', { name, exact: typeof name === 'string' });
const runButton = () => button('Run').first();
/** The question is there to be run. */
const ready = () => expect(runButton()).toBeEnabled({ timeout: 60_000 });
async function finished(): Promise<void> {
  await expect(user.page.locator('.headline')).toContainText(/owes most to|loses most by|resolved/, {
    timeout: 90_000,
  });
  await expect(user.page.getByRole('progressbar', { name: 'Run' })).toHaveCount(0, { timeout: 90_000 });
}

test('an ONNX model of one’s own and a picture to a figure for a column', async () => {
  const { model, picture } = torchStages(folder);
  const page = await begin('own model to a figure');
  await expect(button('Open a model file')).toBeVisible({ timeout: 60_000 });
  await user.drop(model);
  await expect(page.getByRole('region', { name: 'Model' })).toContainText('torch-stages', { timeout: 60_000 });
  await user.drop(picture!);
  await ready();
  await user.press('Control+Enter');
  await finished();
  await expect(page.getByRole('img', { name: / by NIG/ }).first()).toBeVisible({ timeout: 60_000 });
  await user.click(button('Save this unit'));
  const dialog = page.getByRole('dialog');
  await user.click(dialog.getByRole('radio', { name: /^One column/ }));
  await user.click(dialog.getByRole('radio', { name: /^PDF/ }));
  await expect(dialog.getByText(/^85 × \d+ mm, smallest letters [5-9]\.\d points/)).toBeVisible();
  const file = join(folder, 'figure.pdf');
  await user.answer({ save: file });
  await user.click(dialog.getByRole('button', { name: 'Save', exact: true }));
  await expect.poll(() => existsSync(file) && readFileSync(file, 'latin1').slice(0, 5), { timeout: 30_000 }).toBe('%PDF-'); // prettier-ignore
  user.arrived(9);
  const pdf = readFileSync(file, 'latin1');
  expect(Number(/MediaBox \[0 0 ([\d.]+)/.exec(pdf)![1])).toBeCloseTo((85 / 25.4) * 72, -0.5);
  expect(pdf).toMatch(/\/FontName \/[A-Z]{6}\+Inter/);
  // a class by its name, in the headline and so in what is exported
  await expect(page.locator('.headline')).toContainText(
    /golden retriever|Egyptian cat|cockatoo|ringneck|traffic light/,
  );
});

test('which units of the digits tell class 3 from 5', async () => {
  const page = await begin('which units tell 3 from 5');
  await user.click(button(/^Handwritten digits/));
  await ready();
  await user.click(button('Table of examples'));
  await user.click(button('Units × examples'));
  await user.choose(page.getByLabel('Class', { exact: true }), '3');
  await user.choose(page.getByLabel('Against', { exact: true }), '5');
  await user.click(button(/^Run 3 − 5/));
  const rows = page.getByRole('application', { name: /^Units × examples/ }).locator('.row');
  await expect(rows.first()).toBeVisible({ timeout: 90_000 });
  await expect(page.getByRole('progressbar', { name: 'Run' })).toHaveCount(0, { timeout: 90_000 });
  user.arrived(8);
  // F is the difference of the two, over the examples of both: their true classes
  await expect(page.getByLabel('value', { exact: true })).toHaveValue('3');
  await expect(page.getByLabel('minus', { exact: true })).toHaveValue('5');
  await expect(page.getByText(/^4 examples by/)).toBeVisible();
  // the answer: units with the difference of their means and its standard error, the largest first
  const differences = await rows.locator('.difference').allInnerTexts();
  const sizes = differences.map((text) => /^([+−])([\d.e-]+) ± [\d.e-]+$/.exec(text)!).map((match) => Number(match[2]));
  expect(sizes.length).toBeGreaterThan(30);
  expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
  await expect(rows.first()).toContainText(/#\d+/);
});

test('two checkpoints: the same question to both, layers by name, what has moved', async () => {
  const { first, second, data } = checkpoints(folder);
  const page = await begin('two checkpoints');
  await expect(button('Open a model file')).toBeVisible({ timeout: 60_000 });
  await user.drop(join(first, 'model.json'));
  await expect(button('Open input data').first()).toBeVisible({ timeout: 60_000 });
  await user.drop(...data);
  await ready();
  await user.press('Control+Enter');
  await finished();
  await user.answer({ unsaved: 1 });
  await user.drop(join(second, 'model.json'));
  await expect(page.getByRole('region', { name: 'Model' })).toContainText('epoch-20', { timeout: 60_000 });
  // its data, its example and what is asked of it are still there
  await ready();
  await expect(page.getByRole('region', { name: 'Input' })).toContainText('shapes.npy');
  await user.press('Control+Enter');
  await finished();
  await user.click(button('Compare with epoch-10'));
  await expect(page.getByLabel('First run', { exact: true }).locator('option:checked')).toHaveText('NIG · of epoch-10 · other model'); // prettier-ignore
  await expect(page.getByLabel('Second run', { exact: true }).locator('option:checked')).toHaveText('NIG · of epoch-20'); // prettier-ignore
  const movers = page.locator('.movers li');
  await expect(movers.first()).toContainText(/(stem_conv|body_conv|head).*#\d+.*\d+ → \d+.*[+−][\d.]+/s);
  user.arrived(8);
  await expect(page.getByText(/take no part/)).toHaveCount(0);
  await movers.first().getByRole('button').click();
  await expect(page.getByRole('heading', { name: /#\d+/ })).toBeVisible();
});

test('runs of another checkpoint out of its session; layers that are not in both are named', async () => {
  const { first, wider, data } = checkpoints(folder);
  const session = join(folder, 'first.mho');
  let page = await begin('a session of another model', [first]);
  await expect(button('Open input data').first()).toBeVisible({ timeout: 60_000 });
  await user.drop(...data);
  await ready();
  await user.press('Control+Enter');
  await finished();
  await answerDialogs(user.studio.app, { save: session });
  await page.keyboard.press('Control+s');
  await expect(page.getByText('Saved.')).toBeVisible();
  await user.studio.close();
  page = await begin('a session of another model', [wider]);
  await expect(button('Open input data').first()).toBeVisible({ timeout: 60_000 });
  await user.drop(...data);
  await ready();
  await user.press('Control+Enter');
  await finished();
  await answerDialogs(user.studio.app, { open: session, unsaved: 1 });
  await page.getByRole('list', { name: 'Runs' }).getByRole('button', { name: 'Session' }).click();
  await expect(page.getByText('2 runs of first.mho can be compared with.')).toBeVisible();
  await page.getByRole('tab', { name: 'Compare' }).click();
  await page.getByLabel('Second run', { exact: true }).selectOption({ label: 'NIG · of epoch-10 · other model' });
  await expect(page.getByText(/not in both, by name and units, take no part: of NIG · of wider: head/)).toBeVisible();
  await expect(page.locator('.movers li').first()).toContainText(/stem_conv|body_conv/);
  await expect(page.locator('.movers')).not.toContainText('head');
});

test('reopened a month later: everything as it was', async () => {
  const session = join(folder, 'kept.mho');
  let page = await begin('kept', ['--sample', 'digits']);
  const { userData } = user.studio;
  await ready();
  await page.getByRole('button', { name: /^Example 7(,|$)/ }).click();
  await page.keyboard.press('Control+Enter');
  await finished();
  await page.getByRole('grid', { name: 'Units by importance' }).locator('[data-row]').nth(3).click();
  await page.getByRole('tab', { name: 'Completeness' }).click();
  const seen = async () => ({
    headline: await page.locator('.headline').innerText(),
    chips: await page.getByRole('list', { name: 'Runs' }).getByRole('listitem').allInnerTexts(),
    tab: await page.getByRole('tab', { selected: true }).innerText(),
    unit: await page.locator('.detail h2').first().innerText(),
    example: await page.locator('.example.chosen').getAttribute('aria-label'),
    target: await page.getByLabel('value', { exact: true }).inputValue(),
    prediction: await page.getByRole('region', { name: 'Prediction' }).locator('li').first().innerText(),
  });
  await expect(page.locator('.detail h2').first()).toBeVisible();
  const before = await seen();
  expect(before).toMatchObject({ tab: 'Completeness', example: expect.stringMatching(/^Example 7/) as unknown });
  await answerDialogs(user.studio.app, { save: session, unsaved: 1 });
  await page.keyboard.press('Control+s');
  await expect(page.getByText('Saved.')).toBeVisible();
  await user.studio.close();

  // from the list on the start screen
  page = await begin('reopened from the list', [], userData);
  await user.click(button(/^kept\.mho/));
  await expect.poll(() => seen().catch(() => null), { timeout: 60_000 }).toEqual(before);
  user.arrived(1);
  await ready();
  await user.studio.close();
  // by its file, as a double click on it starts the program
  page = await begin('reopened by its file', [session], userData);
  await expect.poll(() => seen().catch(() => null), { timeout: 60_000 }).toEqual(before);
  user.arrived(1);
});
