/**
 * How the window looks with models as somebody brings them: every view, in both themes, at four sizes, judged by measure; and the
 * view after a run beside a screenshot that somebody has looked at (`looks/`; written anew by `MHO_LOOKS=write`).
 */
import { expect, test, type Page } from '@playwright/test';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { VIEWS } from '../../src/renderer/logic/views';
import { apart, MOST_APART } from './likeness';
import { lookFaults } from './lookFaults';
import { OWN_MODELS } from './ownModels';
import { forget, launch, newFolder, openInputData, settled, type Studio } from './studio';

const SIZES = [
  [1280, 800],
  [1440, 900],
  [1920, 1080],
  [2560, 1440],
] as const;
const THEMES = ['light', 'dark'] as const;
/** Views whose columns share the width: looked at in the largest sizes as well. */
const WIDE = ['ranking', 'compare', 'path', 'examples'];
/** Tables that are as wide as their place: looked at in the sizes between, where their columns are neither all narrow nor all wide. */
const TABLES = ['completeness', 'runs'];
const writing = process.env['MHO_LOOKS'] === 'write';
/** A folder for screenshots of all that is gone through, where somebody asks for them. */
const shots = process.env['MHO_LOOKS_FOLDER'];
const kept = join(__dirname, 'looks');
const names = Object.keys(OWN_MODELS) as (keyof typeof OWN_MODELS)[];
/** Of these sizes the ranking is kept as a picture: of every other model the smaller one light, of the others dark. */
const isKept = (model: string, width: number, theme: string): boolean =>
  (width === 1280 || width === 1920) &&
  THEMES[(names.indexOf(model as never) + (width === 1920 ? 1 : 0)) % 2] === theme;
const axe = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');

const contrast = (page: Page): Promise<string[]> =>
  page.evaluate<
    string[]
  >(`axe.run({ runOnly: ['color-contrast'], resultTypes: ['violations'] }).then(({ violations }) =>
    violations.flatMap(({ nodes }) => nodes.map(({ html, any }) => 'contrast: ' + html.slice(0, 120) + ' ' + any[0]?.data?.contrastRatio)))`);

// a model beside another: each has a window of its own, which waits for its engine half of the time
test.describe.configure({ mode: 'parallel' });

for (const name of names)
  test(`${name}: every view at every size in both themes`, async () => {
    test.setTimeout(300_000);
    const folder = newFolder();
    const faults: string[] = [];
    let studio: Studio | null = null;
    try {
      const model = OWN_MODELS[name](folder);
      studio = await launch([model.model]);
      const { page } = studio;
      page.on('console', (message) => message.type() === 'error' && faults.push(`console: ${message.text()}`));
      page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
      await openInputData(studio, model.data);
      await page.getByRole('button', { name: 'Run', exact: true }).first().click({ timeout: 60_000 });
      await expect(page.locator('.headline')).toContainText(/most|not resolved/, { timeout: 120_000 });
      await expect(page.getByRole('progressbar', { name: 'Run' })).toHaveCount(0, { timeout: 120_000 });
      await page.evaluate(axe);
      const compared = async (picture: string): Promise<void> => {
        await page.mouse.move(700, 3);
        const now = await page.screenshot({ type: 'jpeg', quality: 45, animations: 'disabled' });
        const file = join(kept, `${picture}.jpg`);
        if (writing) {
          mkdirSync(kept, { recursive: true });
          if (!existsSync(file) || (await apart(page, readFileSync(file), now)) > 0.5) writeFileSync(file, now);
        } else if (!existsSync(file) || (await apart(page, readFileSync(file), now)) >= MOST_APART)
          faults.push(
            `tests/window/looks/${picture}.jpg is not what the window shows; look at it, then MHO_LOOKS=write`,
          );
      };
      const look = async (width: number, theme: string, view: string, colours: boolean): Promise<void> => {
        await settled(page);
        await expect(page.locator('[aria-busy=true]')).toHaveCount(0);
        const found = [...(await lookFaults(page)), ...(colours ? await contrast(page) : [])];
        faults.push(...found.map((fault) => `${width}, ${theme}, ${view}: ${fault}`));
        if (view === VIEWS[0].id && isKept(name, width, theme)) await compared(`${name}-${width}-${theme}`);
        if (!shots) return;
        mkdirSync(shots, { recursive: true });
        await page.screenshot({ path: join(shots, `${name}-${view}-${width}-${theme}.png`) });
      };
      for (const [place, [width, height]] of SIZES.entries()) {
        await page.setViewportSize({ width, height });
        // no place changes with its colours: the ranking is seen in both themes in every size, what else shares the width in one of them
        for (const [turn, theme] of THEMES.entries()) {
          await studio.get('changeSettings', { theme });
          await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
          for (const { id, name: tab } of VIEWS) {
            const between = TABLES.includes(id) && place === 1 + turn;
            if (place > 0 && id !== VIEWS[0].id && !between && (!WIDE.includes(id) || place !== 2 + turn)) continue;
            await page.getByRole('tab', { name: tab }).click();
            await look(width, theme, id, place === 0);
          }
          await page.getByRole('tab', { name: VIEWS[0].name }).click();
          if (place > 0) continue;
          await page.locator('[data-row]').first().dblclick();
          await look(width, theme, 'unit', true);
          await page.keyboard.press('Escape');
        }
      }
    } finally {
      await studio?.close();
      if (studio) forget(studio.userData);
      forget(folder);
    }
    expect([...new Set(faults)]).toEqual([]);
  });
