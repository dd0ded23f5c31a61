/** Every picture as SVG and PNG, every table as CSV, the session as one file that opens without a network. */
import { chromium, expect, test, type Locator, type Page } from '@playwright/test';
import { parse } from 'csv-parse/sync';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { answerDialogs, forget, launch, newFolder, type Studio } from './studio';

test.describe.configure({ mode: 'serial' });

let studio: Studio;
let page: Page;
let folder: string;
let saved = 0;

async function begin(sample: string): Promise<void> {
  folder = newFolder();
  studio = await launch(['--sample', sample]);
  page = studio.page;
  await page.getByRole('button', { name: 'Run', exact: true }).first().click({ timeout: 20_000 });
  await expect(page.locator('.headline button')).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole('button', { name: 'Save this unit' })).toBeVisible();
}
async function end(): Promise<void> {
  await studio.close();
  forget(studio.userData);
  forget(folder);
}

/** Presses what saves, answers the dialog, and reads what was written. */
async function written(ending: string, press: () => Promise<void>): Promise<Buffer> {
  const file = join(folder, `${saved++}.${ending}`);
  await answerDialogs(studio.app, { save: file });
  await press();
  await expect(page.getByText(`Saved ${saved - 1}.${ending}.`)).toBeVisible();
  return readFileSync(file);
}
const picture = (button: Locator, format: 'SVG' | 'PNG' | 'PDF'): Promise<Buffer> =>
  written(format.toLowerCase(), async () => {
    await button.click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('radio', { name: new RegExp(`^${format}`) }).check();
    await expect(dialog.getByRole('img', { name: /^Preview/ })).toBeVisible();
    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(dialog).toHaveCount(0);
  });

/** Texts of a picture as a page draws it, with the typeface that is in it: where each ends, and where the picture does. */
const textBoxes = (svg: string): Promise<{ text: string; cut: boolean; size: number }[]> =>
  page.evaluate<{ text: string; cut: boolean; size: number }[]>(`(async () => {
    const host = document.createElement('div');
    document.body.append(host);
    host.append(document.importNode(new DOMParser().parseFromString(${JSON.stringify(svg)}, 'image/svg+xml').documentElement, true));
    const whole = host.firstElementChild.getBoundingClientRect();
    const found = [...host.querySelectorAll('text')].map((text) => {
      const box = text.getBoundingClientRect();
      const near = text.ownerSVGElement.getBoundingClientRect();
      const inside = (edge) => box.left >= edge.left - 1 && box.right <= edge.right + 1 && box.top >= edge.top - 2 && box.bottom <= edge.bottom + 2;
      return { text: text.textContent, cut: box.width > 0 && !(inside(whole) && inside(near)), size: box.height };
    });
    host.remove();
    return found;
  })()`);

/** How many colours a picture has, as the page draws it; 0 when it cannot be drawn. */
const colours = (type: string, bytes: Buffer): Promise<number> =>
  page.evaluate<number>(`(async () => {
    const image = new Image();
    image.src = ${JSON.stringify(`data:${type};base64,${bytes.toString('base64')}`)};
    try { await image.decode(); } catch { return 0; }
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.width, image.height];
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const found = new Set();
    for (let at = 0; at < data.length; at += 4) found.add((data[at] >> 4) << 8 | (data[at + 1] >> 4) << 4 | data[at + 2] >> 4);
    return found.size;
  })()`);
/** Size of a PNG, from its header. */
const sizeOf = (png: Buffer): [number, number] => [png.readUInt32BE(16), png.readUInt32BE(20)];

/** Both kinds of a picture: they can be drawn, show something, and ask for nothing else. */
async function both(button: Locator, what: string): Promise<string> {
  const svg = await picture(button, 'SVG');
  const text = svg.toString();
  expect(text, what).toMatch(/^<svg[^>]+xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  expect(text, what).not.toMatch(/<script|<link|url\((?!['"]?#|&quot;#|data:)|var\(|(href|src)="(?!data:|#)/);
  expect(await colours('image/svg+xml', svg), what).toBeGreaterThan(3);
  expect(text, what).toContain('@font-face{font-family:&#39;Inter Variable&#39;');
  for (const fact of ['model ', 'target ', 'example ', 'baseline ']) expect(text, what).toContain(fact);
  expect(
    (await textBoxes(text)).filter(({ cut }) => cut),
    what,
  ).toEqual([]);
  const png = await picture(button, 'PNG');
  expect(png.subarray(1, 4).toString(), what).toBe('PNG');
  expect(Math.min(...sizeOf(png)), what).toBeGreaterThan(150);
  expect(await colours('image/png', png), what).toBeGreaterThan(3);
  return text;
}
const button = (name: string) => page.getByRole('button', { name, exact: true });
const view = (name: string) => page.getByRole('tab', { name }).click();
const table = async (within: Page | Locator = page) =>
  parse(
    (
      await written('csv', () => within.getByRole('button', { name: 'Save the table as CSV' }).first().click())
    ).toString(),
    {
      columns: true,
    },
  ) as Record<string, string>[];

test.beforeAll(() => begin('digits'));
test.afterAll(end);

test('the graph, whole, with every layer', async () => {
  const svg = await both(button('Save the layer graph'), 'graph');
  const { layers } = (await studio.get('openedModel', {}))!.summary;
  for (const { name } of layers) expect(svg).toContain(name);
});

test('the bars of the ranking, with errors and ranks; its table has every unit', async () => {
  const svg = await both(button('Save the bars'), 'ranking');
  expect(svg).toContain('NIG · 2 %');
  expect(svg).toMatch(/± [\d.]+ %/);
  expect(svg).toContain('#b2182b');
  const rows = await table();
  const shown = Number(await page.getByRole('grid').getAttribute('aria-rowcount'));
  expect(rows).toHaveLength(shown - 1);
  expect(Object.keys(rows[0]!)).toEqual([
    'layer',
    'unit',
    ...['NIG · 2 %', 'Rescale'].flatMap((run) =>
      ['value', 'error', 'error share', 'resolved', 'rank', 'certain'].map((what) => `${run} ${what}`),
    ),
  ]);
  expect(rows[0]).toMatchObject({ 'NIG · 2 % resolved': 'yes', 'NIG · 2 % certain': 'yes', 'Rescale error': '' });
  expect(Number(rows[0]!['NIG · 2 % error share'])).toBeLessThan(0.02);
});

test('a unit: heat maps over the image', async () => {
  const svg = await both(button('Save this unit'), 'unit');
  expect(svg.match(/<image /g)!.length).toBeGreaterThanOrEqual(4); // two runs, each over the image
  expect(svg).toContain('of its layer');
});

test('a picture for a column: PDF of one page of its width, letters as letters; PNG of 300 dots per inch', async () => {
  const save = button('Save the bars');
  await save.click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: /^One column/ }).check();
  await expect(dialog.getByText(/^85 × \d+ mm/)).toBeVisible();
  await expect(dialog.getByText(/^digits_units_nig-rescale_example-0\./)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(save).toBeFocused();
  const pdf = (await picture(save, 'PDF')).toString('latin1');
  expect(pdf.match(/\/Type \/Page\b(?!s)/g)).toHaveLength(1);
  expect(pdf).toMatch(/\/FontName \/[A-Z]{6}\+Inter/);
  expect(Number(/MediaBox \[0 0 ([\d.]+)/.exec(pdf)![1])).toBeCloseTo((85 / 25.4) * 72, -0.5);
  // remembered, by the page and by the program
  const png = await picture(save, 'PNG');
  expect(sizeOf(png)[0]).toBeCloseTo((85 / 25.4) * 300, -1);
  expect((await studio.get('settings', {})).figures).toEqual({ preset: 'column', format: 'png', ground: 'light' });
});

test("the sums of layers against F(x) − F(x'), and their table", async () => {
  await view('Completeness');
  const svg = await both(button('Save the bars'), 'completeness');
  expect(svg).toContain('not judged');
  const rows = await table();
  expect(rows.map(({ layer }) => layer)).toContain('stem_conv');
  expect(rows.find(({ layer }) => layer === 'block1_conv')).toMatchObject({ cut: 'no', residual: '' });
});

test('scatter and overlap', async () => {
  await view('Compare');
  await page.locator('.js-plotly-plot').first().waitFor({ timeout: 20_000 });
  for (const [at, save] of (await page.getByRole('button', { name: /^Save the picture of/ }).all()).entries())
    await both(save, `compare ${at}`);
  const rows = await table();
  expect(rows.length).toBeGreaterThan(10);
});

test('the way from baseline to input', async () => {
  await view('Path');
  await page.locator('.js-plotly-plot').first().waitFor({ timeout: 20_000 });
  const all = await page.getByRole('button', { name: /^Save the picture of/ }).all();
  expect(all.length).toBeGreaterThanOrEqual(2);
  for (const [at, save] of all.entries()) await both(save, `path ${at}`);
});

test('the report opens without a network and holds every picture', async () => {
  await view('Ranking');
  const html = await written('html', () => button('Report').click());
  const text = html.toString();
  for (const part of [
    'Inputs',
    'prediction</th>',
    'Layers',
    'the largest units',
    'Units, example 0',
    'Where the methods agree',
    'From baseline to input',
    'Whether the sums are complete',
  ])
    expect(text.includes(part), part).toBe(true);
  expect(/<script[^>]|<link|<iframe|@import|url\((?!['"]?#|&#34;#|&quot;#|data:)|(href|src)="(?!data:|#)|\sstyle="|\son\w+="/i.exec(text)).toBeNull(); // prettier-ignore
  expect(text).toMatch(/content="default-src 'none';[^"]*script-src 'sha256-[^ "]+'"/);
  expect(text).not.toMatch(/content="[^"]*unsafe/);
  expect(html.length).toBeLessThan(5e6);
  const program = process.env['MHO_TEST_BROWSER'];
  test.skip(!program, 'there is no Chromium on this machine');
  const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
  try {
    const context = await browser.newContext({ offline: true, viewport: { width: 1200, height: 900 } });
    const opened = await context.newPage();
    const asked: string[] = [];
    const faults: string[] = [];
    opened.on('request', (request) => asked.push(request.url()));
    opened.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    const url = pathToFileURL(join(folder, `${saved - 1}.html`)).href;
    await opened.goto(url);
    expect(asked.filter((each) => !each.startsWith('data:'))).toEqual([url]);
    // every picture has its size and is inside the page
    const pictures = await opened
      .locator('figure > svg')
      .evaluateAll((all) =>
        all.map((each) =>
          (each as unknown as { getBoundingClientRect(): { width: number; height: number } }).getBoundingClientRect(),
        ),
      );
    expect(pictures.length).toBeGreaterThanOrEqual(8);
    for (const { width, height } of pictures) {
      expect(Math.min(width, height)).toBeGreaterThan(80);
      expect(width).toBeLessThanOrEqual(1100);
    }
    expect(await opened.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    // every picture says what its marks mean, and inputs are seen
    await expect(opened.locator('.inputs img').first()).toBeVisible();
    await expect
      .poll(() => opened.evaluate('[...document.images].every((image) => image.naturalWidth > 0)'))
      .toBe(true);
    // sorted by a head, searched, marked everywhere
    const units = opened.locator('table.sort:has(tr[data-unit])').first();
    const column = () => units.locator('tbody tr:visible td:nth-child(3)').evaluateAll((cells) => cells.map((cell) => Number((cell as unknown as { dataset: { v: string } }).dataset.v))); // prettier-ignore
    await opened.locator('summary').first().click();
    await units.locator('th button').nth(2).click();
    const falling = await column();
    expect(falling.length).toBeGreaterThan(20);
    expect(falling).toEqual([...falling].sort((a, b) => b - a));
    await units.locator('th button').nth(2).click();
    expect(await column()).toEqual([...falling].reverse());
    await expect(units.locator('th').nth(2)).toHaveAttribute('aria-sort', 'ascending');
    await opened.getByRole('searchbox', { name: 'Find a unit' }).fill('stem_conv #1');
    const left = await units.locator('tbody tr:visible td:nth-child(2)').allTextContents();
    expect(left.length).toBeGreaterThan(0);
    for (const name of left) expect(name).toContain('stem_conv #1');
    await units.locator('tbody tr:visible').first().hover();
    await expect(units.locator('tr.same')).toHaveCount(1);
    expect(faults).toEqual([]);
    // what does not stand in it by its hash does not run
    expect(await opened.evaluate("(() => { const script = document.createElement('script'); script.textContent = 'window.injected = 1'; document.body.append(script); return 'injected' in window; })()")).toBe(false); // prettier-ignore
  } finally {
    await browser.close();
  }
});

test('letters over a sequence', async () => {
  await end();
  await begin('motifs');
  await page.getByRole('button', { name: 'What drives it?' }).click();
  await expect(page.getByRole('img', { name: /^What drives the unit/ }).first()).toBeVisible({ timeout: 20_000 });
  const svg = await both(button('Save this unit'), 'letters');
  expect(svg).toContain('what drives it');
  expect((svg.match(/>[ACGT]<\/text>/g) ?? []).length).toBeGreaterThan(60);
});
