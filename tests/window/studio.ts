/** Starts the real program with a user folder of its own, and talks to it as its page does. */
import { _electron, expect, type ElectronApplication, type Page } from '@playwright/test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { JobNotice, Params, RequestName, Result, RunSetup } from '../../src/contract/studio';
import type { MhoFault } from '../../src/contract/errors';

export const root = resolve(__dirname, '../..');

type Reply<Name extends RequestName> = { ok: true; value: Result<Name> } | { ok: false; fault: MhoFault };

/** What the page's own world has: the bridge, and a list of notices that the tests keep there. */
interface PageWorld {
  mho: {
    request(name: string, params: unknown): Promise<unknown>;
    onNotice(listener: (notice: unknown) => void): () => void;
  };
  told: (job: string, notice: unknown) => void;
  addEventListener(type: 'message', listener: (event: { data: { job?: string }; ports: Port[] }) => void): void;
}
interface Port {
  onmessage: (event: { data: unknown }) => void;
}

export interface Studio {
  readonly app: ElectronApplication;
  readonly page: Page;
  readonly userData: string;
  /** What jobs of this page have told, in order. */
  readonly notices: { readonly job: string; readonly notice: JobNotice }[];
  /** What the program told the page unasked. */
  readonly unasked: { kind: string; [key: string]: unknown }[];
  ask<Name extends RequestName>(name: Name, params: Params<Name>): Promise<Reply<Name>>;
  /** The answer's value; fails the test on a fault. */
  get<Name extends RequestName>(name: Name, params: Params<Name>): Promise<Result<Name>>;
  enginePid(): Promise<number | null>;
  /** Closes it, giving up what is unsaved. */
  close(): Promise<void>;
}

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'mho-window-'));
export const forget = (folder: string): void => rmSync(folder, { recursive: true, force: true });

/** @param words after the app's folder, as `mho studio` gives them */
export async function launch(words: readonly string[] = [], userData = newFolder()): Promise<Studio> {
  const app = await _electron.launch({
    executablePath: process.env['MHO_TEST_ELECTRON']!,
    args: ['--no-sandbox', '--disable-gpu', root, ...words, `--user-data-dir=${userData}`],
    timeout: 20_000,
  });
  const page = await app.firstWindow({ timeout: 20_000 });
  await page.waitForLoadState();
  return attach(app, page, userData);
}

/** Talks to one window of a running program. */
export async function attach(app: ElectronApplication, page: Page, userData: string): Promise<Studio> {
  const notices: Studio['notices'] = [];
  const unasked: Studio['unasked'] = [];
  await page.exposeFunction('told', (job: string, notice: never) => {
    if (job === '') unasked.push(notice);
    else notices.push({ job, notice });
  });
  await page.evaluate((channel) => {
    const world = globalThis as unknown as PageWorld;
    world.mho.onNotice((notice) => world.told('', notice));
    world.addEventListener('message', ({ data, ports }) => {
      const [port] = ports;
      if ((data as { channel?: string }).channel !== channel || !port || !data.job) return;
      const own = port.onmessage;
      // The page's own client may listen to the same port: both are told.
      port.onmessage = (event) => {
        own?.call(port, event);
        world.told(data.job!, JSON.parse(JSON.stringify(event.data)));
      };
    });
  }, 'mho:job');
  const ask: Studio['ask'] = (name, params) =>
    page.evaluate(([asked, given]) => (globalThis as unknown as PageWorld).mho.request(asked as string, given), [
      name,
      params,
    ] as const) as never;
  return {
    app,
    page,
    userData,
    notices,
    unasked,
    ask,
    get: async (name, params) => {
      const answer = await ask(name, params);
      if (!answer.ok) throw new Error(`${name}: ${answer.fault.code} ${answer.fault.message}`);
      return answer.value as never;
    },
    enginePid: () =>
      app.evaluate(({ app: electron }) => {
        const found = electron.getAppMetrics().find(({ name }) => name === 'Mho engine');
        return found?.pid ?? null;
      }),
    close: async () => {
      await answerDialogs(app, { unsaved: 1 });
      await app.close();
    },
  };
}

/** Answers the system's dialogs in the user's place. */
export const answerDialogs = (
  app: ElectronApplication,
  answers: { open?: string | null; save?: string | null; unsaved?: number },
): Promise<void> =>
  app.evaluate(({ dialog }, { open, save, unsaved }) => {
    const shown = (globalThis as { shown?: string[] }).shown ?? [];
    (globalThis as { shown?: string[] }).shown = shown;
    Object.assign(dialog, {
      showOpenDialog: async () => ({ canceled: open == null, filePaths: open == null ? [] : [open] }),
      showSaveDialog: async () => ({ canceled: save == null, filePath: save ?? '' }),
      showMessageBox: async (_window: unknown, box: { message: string }) => {
        shown.push(box.message);
        return { response: unsaved ?? 2, checkboxChecked: false };
      },
    });
  }, answers);

/** What asks for files is answered with these; with none it is cancelled. */
export const chooseFiles = (app: ElectronApplication, paths: readonly string[]): Promise<void> =>
  app.evaluate(({ dialog }, filePaths) => {
    Object.assign(dialog, { showOpenDialog: async () => ({ canceled: filePaths.length === 0, filePaths }) });
  }, paths as string[]);

/** Opens data by the button at the input. */
export async function openInputData({ app, page }: Studio, paths: readonly string[]): Promise<void> {
  await chooseFiles(app, paths);
  const input = page.getByRole('region', { name: 'Input', exact: true });
  await input.locator('header').getByRole('button').click({ timeout: 60_000 });
}

/** Keeps what is told to the console as an error, and what is thrown. */
export function keepFaults(page: Page, faults: string[]): void {
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(error.message));
}

/** The messages that dialogs showed since `answerDialogs`. */
export const shownMessages = (app: ElectronApplication): Promise<string[]> =>
  app.evaluate(() => (globalThis as { shown?: string[] }).shown ?? []);

/** Opens the digits sample. @returns what a run of it is asked, quick unless `steps` says otherwise */
export async function openDigits(studio: Studio, steps = 8): Promise<RunSetup> {
  const { data, sample } = await studio.get('openSample', { name: 'digits' });
  return {
    data: data!.data,
    examples: [0],
    baseline: sample!.baseline,
    target: { index: 'argmax' },
    methods: ['nig', 'rescale'],
    rule: 'secant',
    steps,
    backend: 'auto',
  };
}

/** A window with a model that is open. */
export async function launchOpen(words: readonly string[]): Promise<Studio> {
  const studio = await launch(words);
  await expect(studio.page.getByRole('region', { name: 'Model', exact: true })).toBeVisible({ timeout: 60_000 });
  return studio;
}

/** Presses Run, and waits for the finding and until all is done. */
export async function runToFinding(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Run', exact: true }).first().click({ timeout: 60_000 });
  await expect(page.locator('.headline')).toContainText('owes most to', { timeout: 60_000 });
  await expect(page.getByRole('button', { name: 'Run', exact: true })).toBeEnabled({ timeout: 60_000 });
}

/** Asks for even steps instead of a tolerance, by the pointer. */
export async function evenSteps(page: Page, steps: number): Promise<void> {
  await page.getByRole('button', { name: 'Even steps' }).click();
  const field = page.getByRole('spinbutton', { name: 'steps' });
  await field.fill(String(steps));
  await field.press('Tab');
}

export const kinds = (studio: Studio, job: string): string[] =>
  studio.notices.filter((each) => each.job === job).map(({ notice }) => notice.kind);

export const lastKind = (studio: Studio, job: string): string | undefined => kinds(studio, job).at(-1);

/** Runs to the end. @returns the job */
export async function runToEnd(studio: Studio, setup: RunSetup): Promise<string> {
  const { job } = await studio.get('startRun', setup);
  await expect.poll(() => lastKind(studio, job), { timeout: 40_000 }).toBe('finished');
  return job;
}

/** Longest that anything fades, ms: what does not come to rest by then stands still, in a part that is not drawn. */
const REST = 2000;

/** Waits until what fades or moves now has come to rest, and what changed last has been painted. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(`(async () => {
    const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    await painted();
    const finite = document.getAnimations().filter(({ effect, playState }) => playState === 'running' && effect.getTiming().iterations !== Infinity);
    await Promise.race([Promise.allSettled(finite.map(({ finished }) => finished)), new Promise((done) => setTimeout(done, ${REST}))]);
    await painted();
  })()`);
}
