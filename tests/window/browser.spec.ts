/** `mho serve`: the same window in a real browser. */
import { chromium, expect, test, type Browser, type Page } from '@playwright/test';
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { encode as encodePng } from 'fast-png';
import { evenSteps, forget, keepFaults, newFolder, root } from './studio';
import { gathering, listen } from './webrtc';

const program = process.env['MHO_TEST_BROWSER'];
test.skip(!program, 'there is no Chromium on this machine');

let folder: string;
let server: ChildProcess;
let browser: Browser;
let page: Page;
const faults: string[] = [];

test.beforeAll(async () => {
  folder = newFolder();
  server = spawn(process.execPath, [join(root, 'scripts/mho.mjs'), 'serve', '--sample', 'digits'], {
    env: { ...process.env, XDG_STATE_HOME: folder },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const url = await new Promise<string>((resolve) =>
    server.stdout!.on('data', (text: Buffer) => resolve(text.toString().trim())),
  );
  browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  keepFaults(page, faults);
  await page.goto(url);
});
test.afterAll(async () => {
  await browser?.close();
  server.kill('SIGINT');
  await new Promise((resolve) => server.once('close', resolve));
  forget(folder);
});

test('the sample from opening to a ranking, and no policy is broken', async () => {
  await expect(page.getByText('Handwritten digits').first()).toBeVisible();
  await expect(page.getByText(/TensorFlow|WebAssembly|JavaScript/).first()).toBeVisible({ timeout: 15_000 });
  await page.getByRole('button', { name: 'Run', exact: true }).first().click();
  await expect(page.getByRole('tab', { name: 'Ranking' })).toBeVisible({ timeout: 30_000 });
  expect(faults).toEqual([]);
});

test('a link to a unit in the address is followed, and says so where it leads into another model', async () => {
  await page.evaluate("location.hash = '#/unit/0123456789abcdef/dense:1'");
  await expect(page.getByText('The link leads into a model of hash 01234567')).toBeVisible();
  await page.evaluate("history.replaceState(null, '', location.pathname)");
  expect(faults).toEqual([]);
});

test('keys do here what they do in the program: the report is a file', async () => {
  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keys' });
  await expect(keys).toContainText('Export the report');
  await expect(keys).not.toContainText('New window');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('progressbar', { name: 'Run' })).toHaveCount(0, { timeout: 60_000 });
  const coming = page.waitForEvent('download');
  await page.keyboard.press('Control+e');
  expect((await coming).suggestedFilename()).toMatch(/\.html$/);
  for (const [key, dialog] of Object.entries({ 'Control+k': 'Go to anything', 'Control+,': 'Settings' })) {
    await page.keyboard.press(key);
    await expect(page.getByRole('dialog', { name: dialog })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  }
  await page.keyboard.press('6');
  await expect(page.getByRole('tab', { name: 'Runs' })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('1');
  expect(faults).toEqual([]);
});

test('pictures are picked together, uploaded and read as examples', async () => {
  const picture = (level: number) => ({
    name: `level-${level}.png`,
    mimeType: 'image/png',
    buffer: Buffer.from(
      encodePng({ width: 16, height: 16, channels: 1, depth: 8, data: new Uint8Array(256).fill(level) }),
    ),
  });
  const input = page.getByRole('region', { name: 'Input', exact: true });
  const chooser = page.waitForEvent('filechooser');
  await input.locator('header').getByRole('button').click();
  await (await chooser).setFiles([picture(0), picture(255)]);
  await expect(input.getByRole('button', { name: /^Example/ })).toHaveCount(2);
  await expect(input.getByText('2 × PNG, 16 × 16 grey, resized to 8 × 8, values 0 to 1')).toBeVisible();
  expect(faults).toEqual([]);
});

test('nothing leaves by WebRTC from the page', async () => {
  const listeners = await listen();
  try {
    const said = await page.evaluate<string[]>(gathering(listeners, false));
    expect(listeners.heard, said.join('; ')).toEqual([]);
  } finally {
    listeners.close();
  }
});

test('the token is in no address, no history and no script; a page loaded again during a run has the run', async () => {
  expect(page.url()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  expect(await page.evaluate('document.referrer + document.cookie + JSON.stringify(sessionStorage)')).not.toMatch(
    /token|mho-\d/,
  );
  await page
    .getByRole('button', { name: /^Example/ })
    .first()
    .click();
  await evenSteps(page, 200_000);
  await page.getByRole('button', { name: 'Run', exact: true }).first().click();
  const bar = page.getByRole('progressbar', { name: 'Run' });
  await expect(bar).toBeVisible();
  await page.reload();
  await expect(page.getByText('Handwritten digits').first()).toBeVisible();
  await expect(bar).toBeVisible();
  await page.getByRole('button', { name: 'Cancel', exact: true }).first().click();
  await expect(page.getByText(/^Cancelled/).first()).toBeVisible();
});
