/** How the window looks with models as somebody brings them: every view, in both themes, at four sizes, judged by measure. */
import { expect, test, type Page } from '@playwright/test';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { VIEWS } from '../../src/renderer/logic/views';
import { OWN_MODELS } from './ownModels';
import { forget, launch, newFolder, settled, type Studio } from './studio';

const SIZES = [
  [1280, 800],
  [1440, 900],
  [1920, 1080],
  [2560, 1440],
] as const;
/** Screenshots to be looked at, where somebody asks for them. */
const shots = process.env['MHO_LOOKS'];

/**
 * What can be measured of a look: letters below 11 pixels, text that leaves the window, and text cut without saying so.
 * Letters of the layer graph are as large as its scale makes them, and what a plot draws is its own.
 */
const faultsOf = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`(() => {
    const found = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.textContent.trim();
      const element = walker.currentNode.parentElement;
      if (!text || element.closest('svg, .hidden-label, script, style, option, [aria-hidden="true"]')) continue;
      const style = getComputedStyle(element);
      if (style.visibility !== 'visible') continue;
      const range = document.createRange();
      range.selectNodeContents(walker.currentNode);
      const box = range.getBoundingClientRect();
      if (box.width === 0 || box.height === 0) continue;
      const says = element.tagName.toLowerCase() + '.' + [...element.classList].join('.') + ' "' + text.slice(0, 40) + '"';
      if (parseFloat(style.fontSize) < 11) found.add('small ' + style.fontSize + ': ' + says);
      if (box.left < -1 || box.top < -1) found.add('outside: ' + says);
    }
    if (document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight) found.add('the window itself scrolls');
    return [...found];
  })()`);

const models = ['resnet38', 'genomics', 'twoInputs'] as const;

for (const name of models)
  test(`${name}: every view at every size in both themes`, async () => {
    test.setTimeout(600_000);
    const folder = newFolder();
    const faults: string[] = [];
    let studio: Studio | null = null;
    try {
      const model = OWN_MODELS[name](folder);
      studio = await launch([model.model]);
      const { page } = studio;
      page.on('console', (message) => message.type() === 'error' && faults.push(`console: ${message.text()}`));
      await studio.app.evaluate(({ dialog }, filePaths) => {
        Object.assign(dialog, { showOpenDialog: async () => ({ canceled: false, filePaths }) });
      }, model.data as string[]);
      await page.getByRole('region', { name: 'Input', exact: true }).locator('header').getByRole('button').click();
      await page.getByRole('button', { name: 'Run', exact: true }).first().click();
      await expect(page.locator('.headline')).toContainText(/most/, { timeout: 120_000 });
      await expect(page.getByRole('progressbar', { name: 'Run' })).toHaveCount(0, { timeout: 120_000 });
      for (const theme of ['light', 'dark'] as const) {
        await studio.get('changeSettings', { theme });
        for (const [width, height] of SIZES) {
          await page.setViewportSize({ width, height });
          for (const { id, name: tab } of VIEWS) {
            await page.getByRole('tab', { name: tab }).click();
            await settled(page);
            for (const fault of await faultsOf(page)) faults.push(`${width} × ${height}, ${theme}, ${id}: ${fault}`);
            if (shots) {
              mkdirSync(shots, { recursive: true });
              await page.screenshot({ path: join(shots, `${name}-${id}-${width}-${theme}.png`) });
            }
          }
        }
      }
    } finally {
      await studio?.close();
      if (studio) forget(studio.userData);
      forget(folder);
    }
    expect([...new Set(faults)]).toEqual([]);
  });
