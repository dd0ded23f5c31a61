/**
 * The window, measured as its user meets it: the real program on the tests' Electron, moved by real mouse and key events.
 * Started by measure.ts, on a virtual display where there is no other: window.ts ELECTRON; prints its figures as JSON.
 * While it is being made quicker: window.ts ELECTRON PART…, for some of graph, ranking, opening, running, own.
 */
import { _electron, type CDPSession, type ElectronApplication, type Page } from '@playwright/test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { median } from './process';
import { deep302, twoInputs } from '../tests/window/ownModels';
import { branchedModel, largeSession, residualModel } from './windowModels';

/** How the window moved while something was done. Times in ms. */
export interface Motion {
  readonly frames: number;
  /** Time from frame to frame. */
  readonly median: number;
  readonly percentile95: number;
  readonly longest: number;
  /** Share of the frames that a screen of 60 Hz would have shown, had every one been ready. */
  readonly shown: number;
  /** The page's main thread, per frame. */
  readonly work: number;
}

/** From a click or key to the picture that answers it. Times in ms. */
export interface Answers {
  readonly count: number;
  readonly median: number;
  readonly longest: number;
  /** Answered after more than 100 ms. */
  readonly late: number;
}

/** A model as somebody brings it, after a run by two methods. */
export interface OwnFigures {
  readonly model: string;
  readonly rows: number;
  readonly pan: Motion;
  readonly zoom: Motion;
  readonly scroll: Motion;
  /** Sorting, selecting, searching, tabs. */
  readonly answers: Answers;
}

export interface WindowFigures {
  readonly electron: string;
  readonly idle: Motion;
  readonly graph: { readonly drawn: number; readonly pan: Motion; readonly zoom: Motion };
  readonly closeGraph: { readonly drawn: number; readonly pan: Motion };
  readonly ranking: {
    readonly rows: number;
    /** From the answer to the dialog to the first row, s. */
    readonly opens: number;
    readonly scroll: Motion;
    readonly jump: Motion;
    readonly answers: Answers;
  };
  /** From the answer to the dialog to the drawn graph, s, and the longest time without a frame meanwhile, ms. */
  readonly opening: { readonly layers: number; readonly seconds: readonly number[]; readonly longest: number };
  readonly running: { readonly answers: Answers; readonly moves: Motion; readonly requests: Answers };
  readonly own: readonly OwnFigures[];
}

const FRAME = 1000 / 60;

interface Open {
  readonly app: ElectronApplication;
  readonly page: Page;
  readonly devtools: CDPSession;
}

/** Times in the page's own world; written as text because the page has a browser's globals. */
const RECORDER = `(() => {
  const recorder = (window.recorder = { frames: [], answers: new Map() });
  const tick = (time) => { recorder.frames.push(time); requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
  new PerformanceObserver((list) => {
    for (const { interactionId, duration } of list.getEntries())
      if (interactionId) recorder.answers.set(interactionId, Math.max(duration, recorder.answers.get(interactionId) ?? 0));
  }).observe({ type: 'event', durationThreshold: 16 });
})()`;

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

const busy = async ({ devtools }: Open): Promise<number> => {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')!.value * 1000;
};

/** What the frames were like while something was done. */
async function once(open: Open, work: () => Promise<void>): Promise<Motion> {
  const { page } = open;
  await page.waitForTimeout(300);
  await page.evaluate('void (window.recorder.frames.length = 0)');
  const before = await busy(open);
  await work();
  const frames = await page.evaluate<number[]>('window.recorder.frames.slice()');
  const spent = (await busy(open)) - before;
  const gaps = frames.slice(1).map((time, at) => time - frames[at]!);
  const sorted = [...gaps].sort((a, b) => a - b);
  const lasted = frames.at(-1)! - frames[0]!;
  return {
    frames: frames.length,
    median: percentile(sorted, 0.5),
    percentile95: percentile(sorted, 0.95),
    longest: sorted.at(-1)!,
    shown: Math.min(1, gaps.length / (lasted / FRAME)),
    work: spent / frames.length,
  };
}

/** The same of three rounds: the one that other work on the machine disturbed least. */
async function motion(open: Open, work: () => Promise<void>): Promise<Motion> {
  const rounds: Motion[] = [];
  for (let round = 0; round < 3; round++) rounds.push(await once(open, work));
  return rounds.sort((a, b) => b.shown - a.shown)[0]!;
}

/** How soon the window answered `count` clicks and keys. */
async function answers({ page }: Open, count: number, each: (at: number) => Promise<void>): Promise<Answers> {
  await page.waitForTimeout(300);
  await page.evaluate('window.recorder.answers.clear()');
  for (let at = 0; at < count; at++) {
    await each(at);
    await page.waitForTimeout(120);
  }
  await page.waitForTimeout(500);
  const slow = await page.evaluate<number[]>('[...window.recorder.answers.values()]');
  // Answers within a frame leave no entry.
  const all = [...slow, ...Array<number>(Math.max(0, count - slow.length)).fill(8)].sort((a, b) => a - b);
  return { count, median: median(all), longest: all.at(-1)!, late: all.filter((time) => time > 100).length };
}

async function within<Value>(
  folder: string,
  words: readonly string[],
  work: (open: Open) => Promise<Value>,
): Promise<Value> {
  const userData = mkdtempSync(join(folder, 'user-'));
  const app = await _electron.launch({
    executablePath: process.argv[2],
    args: ['--no-sandbox', '--disable-gpu', resolve(__dirname, '..'), ...words, `--user-data-dir=${userData}`],
  });
  try {
    const page = await app.firstWindow();
    await page.waitForLoadState();
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Performance.enable');
    await page.evaluate(RECORDER);
    await app.evaluate('globalThis.__name = (value) => value'); // tsx puts it around functions that it hands over
    await app.evaluate(({ dialog }) => {
      Object.assign(dialog, { showMessageBox: async () => ({ response: 1, checkboxChecked: false }) });
    });
    return await work({ app, page, devtools });
  } finally {
    await app.close();
  }
}

/** Chooses a menu item whose dialog is answered with a path. */
const choose = ({ app }: Open, item: string, path: string): Promise<void> =>
  app.evaluate(
    ({ dialog, Menu }, [id, answer]) => {
      Object.assign(dialog, { showOpenDialog: async () => ({ canceled: false, filePaths: [answer] }) });
      Menu.getApplicationMenu()!.getMenuItemById(id)!.click();
    },
    [item, path] as const,
  );

const graphOf = (page: Page) => page.getByRole('group', { name: 'Layer graph' });
/** The blocks of the branched model, folded as a model opens; with Shift all of them are opened. */
const repeats = (page: Page) => page.locator('.node', { hasText: / × b/ });
const nodes = (page: Page): Promise<number> =>
  page.evaluate(`(() => {
    const graph = document.querySelector('[aria-label="Layer graph"]').getBoundingClientRect();
    return [...document.querySelectorAll('.node')].filter((node) => {
      const box = node.getBoundingClientRect();
      return box.right > graph.left && box.left < graph.right && box.bottom > graph.top && box.top < graph.bottom;
    }).length;
  })()`);

/** Drags the graph to and fro for two seconds, as fast as events go through; begins where no node is. */
async function drag({ page }: Open): Promise<void> {
  const { x, y, width, height } = (await graphOf(page).boundingBox())!;
  const [left, top] = [x + width / 2, y + height / 2];
  await page.mouse.move(left, top + height * 0.45);
  await page.mouse.down();
  const began = Date.now();
  while (Date.now() - began < 2000) {
    const turn = ((Date.now() - began) / 1000) * Math.PI;
    await page.mouse.move(left + Math.sin(turn) * width * 0.1, top + height * 0.45 - Math.abs(Math.sin(turn / 2)) * 60);
  }
  await page.mouse.up();
}

/** Zooms the graph in and out by the wheel. */
async function zoomed({ page }: Open): Promise<void> {
  const { x, y, width, height } = (await graphOf(page).boundingBox())!;
  await page.mouse.move(x + width / 2, y + height / 2);
  for (let step = 0; step < 60; step++) await page.mouse.wheel(0, step % 30 < 15 ? -30 : 30);
}

const rankingOf = (page: Page) => page.getByRole('grid', { name: 'Units by importance' });
/** Scrolls the ranking for two seconds. */
async function scrolled({ page }: Open): Promise<void> {
  const { x, y, width, height } = (await rankingOf(page).locator('.body').boundingBox())!;
  await page.mouse.move(x + width / 2, y + height / 2);
  const start = Date.now();
  while (Date.now() - start < 2000) await page.mouse.wheel(0, 90);
}
/** Sorts, selects, searches. */
const askedOfRanking =
  ({ page }: Open, words: string) =>
  async (at: number): Promise<void> => {
    const grid = rankingOf(page);
    if (at < 4)
      await grid.getByRole('columnheader').getByRole('button').nth(at % 2).click(); // prettier-ignore
    else if (at < 8) await grid.locator('.tall [role=row]').nth(at).click();
    else await page.getByRole('searchbox', { name: 'Search units' }).press(words[at - 8]!);
  };

async function graph(folder: string): Promise<Pick<WindowFigures, 'graph' | 'closeGraph' | 'electron' | 'idle'>> {
  return within(folder, [branchedModel(join(folder, 'thousand'), 1000)], async (open) => {
    const { app, page } = open;
    await repeats(page).click({ modifiers: ['Shift'], timeout: 60_000 });
    await page.locator('.node[data-id="b0_0_0"]').waitFor({ timeout: 60_000 });
    const electron = await app.evaluate(
      () => `Electron ${process.versions['electron']}, Chrome ${process.versions['chrome']}`,
    );
    const idle = await motion(open, () => page.waitForTimeout(1500));
    await page.getByRole('button', { name: 'Fit the whole graph' }).click();
    await page.waitForTimeout(1000);
    const drawn = await nodes(page);
    const pan = await motion(open, () => drag(open));
    const zoom = await motion(open, () => zoomed(open));
    await page.getByRole('button', { name: 'Fit the whole graph' }).click();
    for (let step = 0; step < 40; step++) {
      await page.getByRole('button', { name: 'Zoom in' }).click();
      await page.waitForTimeout(60);
      const scale = await page.evaluate<number>(`document.querySelector('.scene').getCTM().a`);
      if (scale > 0.5) break;
    }
    await page.waitForTimeout(1000);
    const closeGraph = { drawn: await nodes(page), pan: await motion(open, () => drag(open)) };
    return { electron, idle, graph: { drawn, pan, zoom }, closeGraph };
  });
}

async function ranking(folder: string): Promise<Pick<WindowFigures, 'ranking'>> {
  const path = await largeSession(join(folder, 'million.mho'), 1_000_000);
  return within(folder, [], async (open) => {
    const { page } = open;
    await page.getByRole('button', { name: 'Open a session' }).waitFor();
    const began = performance.now();
    await choose(open, 'open-session', path);
    const grid = rankingOf(page);
    await grid.locator('.tall [role=row]').first().waitFor({ timeout: 120_000 });
    const opens = (performance.now() - began) / 1000;
    const rows = Number(await grid.getAttribute('aria-rowcount')) - 1;
    await page.waitForTimeout(1500);
    const scroll = await motion(open, () => scrolled(open));
    const jump = await motion(open, async () => {
      const start = Date.now();
      while (Date.now() - start < 2000) await page.mouse.wheel(0, 200_000);
    });
    const answered = await answers(open, 12, askedOfRanking(open, 'lay0'));
    return { ranking: { rows, opens, scroll, jump, answers: answered } };
  });
}

async function opening(folder: string): Promise<Pick<WindowFigures, 'opening'>> {
  const model = branchedModel(join(folder, 'five thousand'), 5000);
  const seconds: number[] = [];
  let longest = 0;
  for (let round = 0; round < 3; round++)
    await within(folder, [], async (open) => {
      const { page } = open;
      await page.getByRole('button', { name: 'Open a session' }).waitFor();
      const began = performance.now();
      const { longest: gap } = await once(open, async () => {
        await choose(open, 'open-folder', model);
        await repeats(page).waitFor({ timeout: 60_000 });
        seconds.push((performance.now() - began - 300) / 1000);
        await page.waitForTimeout(500);
      });
      longest = Math.max(longest, gap);
    });
  return { opening: { layers: 5000, seconds, longest } };
}

async function running(folder: string): Promise<Pick<WindowFigures, 'running'>> {
  const { model, inputs } = residualModel(folder);
  return within(folder, [model], async (open) => {
    const { app, page } = open;
    await page.locator('.node[data-id="stem"]').waitFor({ timeout: 60_000 });
    await choose(open, 'open-data', inputs);
    await page.getByRole('region', { name: 'Prediction' }).locator('li').first().waitFor({ timeout: 60_000 });
    await page.getByRole('spinbutton', { name: 'steps' }).fill('2000'); // it is cancelled when everything is measured
    await app.evaluate(({ Menu }) => Menu.getApplicationMenu()!.getMenuItemById('run')!.click());
    // DeepLIFT's short grid comes first; the long one goes on while the window is used.
    await page.getByRole('tab', { name: 'Ranking' }).waitFor({ timeout: 300_000 });
    const busyStill = () => page.getByRole('button', { name: 'Cancel' }).first().isVisible();
    if (!(await busyStill())) throw new Error('the run was over before it could be measured');
    const names = ['stem', 'stem_relu', 'stem_pool', 's0_b0_conv1'];
    const answered = await answers(open, 24, async (at) => {
      if (at % 3 === 0)
        await page.getByRole('tab', { name: ['Completeness', 'Path', 'Ranking', 'Compare'][(at / 3) % 4]! }).click();
      else if (at % 3 === 1) {
        const { x, y, width, height } = (await page.locator(`.node[data-id="${names[(at >> 2) % 4]}"]`).boundingBox())!;
        await page.mouse.click(x + width / 2, y + height / 2);
      } else await page.keyboard.press('ArrowDown');
    });
    const moves = await motion(open, () => drag(open));
    const times = await page.evaluate<number[]>(`(async () => {
      const times = [];
      for (let at = 0; at < 30; at++) {
        const began = performance.now();
        await window.mho.request('settings', {});
        await new Promise(requestAnimationFrame);
        times.push(performance.now() - began);
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      return times.sort((a, b) => a - b);
    })()`);
    if (!(await busyStill())) throw new Error('the run was over before everything was measured');
    await page.keyboard.press('Escape');
    const requests = {
      count: times.length,
      median: median(times),
      longest: times.at(-1)!,
      late: times.filter((time) => time > 100).length,
    };
    return { running: { answers: answered, moves, requests } };
  });
}

/** Models of the window's own tests: 302 layers, a layer of 2,048 units. */
async function own(folder: string): Promise<Pick<WindowFigures, 'own'>> {
  const models = [
    { name: '302 layers', write: deep302, words: 'stag' },
    { name: 'a layer of 2,048 units', write: twoInputs, words: 'feat' },
  ];
  const figures: OwnFigures[] = [];
  for (const { name, write, words } of models) {
    const { model, data } = write(folder);
    await within(folder, [model], async (open) => {
      const { app, page } = open;
      await app.evaluate(({ dialog }, filePaths) => {
        Object.assign(dialog, { showOpenDialog: async () => ({ canceled: false, filePaths }) });
      }, data as string[]);
      await page.getByRole('button', { name: 'Open input data' }).click({ timeout: 60_000 });
      const run = page.getByRole('button', { name: 'Run', exact: true }).first();
      await run.click({ timeout: 120_000 });
      await rankingOf(page).locator('.tall [role=row]').first().waitFor({ timeout: 120_000 });
      await page
        .getByRole('button', { name: 'Cancel', exact: true })
        .first()
        .waitFor({ state: 'hidden', timeout: 240_000 });
      await page.waitForTimeout(1500);
      const rows = Number(await rankingOf(page).getAttribute('aria-rowcount')) - 1;
      const pan = await motion(open, () => drag(open));
      const zoom = await motion(open, () => zoomed(open));
      const scroll = await motion(open, () => scrolled(open));
      const asked = askedOfRanking(open, words);
      const answered = await answers(open, 16, async (at) => {
        if (at < 12) await asked(at);
        else await page.getByRole('tab', { name: ['Completeness', 'Path', 'Compare', 'Ranking'][at - 12]! }).click();
      });
      figures.push({ model: name, rows, pan, zoom, scroll, answers: answered });
    });
  }
  return { own: figures };
}

const PARTS = { graph, ranking, opening, running, own };

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mho-bench-window-'));
  const asked = process.argv.slice(3);
  try {
    const figures: Partial<WindowFigures> = {};
    for (const [name, part] of Object.entries(PARTS))
      if (asked.length === 0 || asked.includes(name)) Object.assign(figures, await part(folder));
    process.stdout.write(`${JSON.stringify(figures)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
