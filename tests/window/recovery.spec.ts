/** What a crash leaves, as the next start offers it: opened, put off, discarded; and what of it is damaged. */
import { expect, test } from '@playwright/test';
import { copyFileSync, readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npyBytes, npyHeader } from '../../src/main/engine/data/npy';
import { answerDialogs, forget, kinds, launch, newFolder, openDigits, root, type Studio } from './studio';

let folder: string;
let studio: Studio;
test.beforeEach(() => {
  folder = newFolder();
});
test.afterEach(async () => {
  await studio.close();
  forget(studio.userData);
  forget(folder);
});

const dialog = () => studio.page.getByRole('dialog', { name: 'Runs from last time' });
const headline = () => studio.page.locator('.headline');
const pressRun = () => studio.page.getByRole('button', { name: 'Run', exact: true }).first().click({ timeout: 20_000 });
const document = () => studio.get('document', {});
/** The window shows a run when it has heard of it, and by then it is kept; one that sharpens is shown before. */
const shows = (runs: number) =>
  expect(
    studio.page
      .getByRole('list', { name: 'Runs' })
      .getByRole('listitem')
      .filter({ hasText: /NIG|Rescale/, hasNotText: 'so far' }),
  ).toHaveCount(runs, { timeout: 30_000 });

/** Ends the program as a power cut would, then starts it anew. */
async function killAndStart(words: string[] = []): Promise<void> {
  const program = studio.app.process();
  const gone = new Promise((resolve) => program.once('exit', resolve));
  program.kill('SIGKILL');
  await gone;
  studio = await launch(words, studio.userData);
}

/** A finished run of the sample, unsaved, and the program killed. */
async function leaveRuns(): Promise<void> {
  studio = await launch(['--sample', 'digits']);
  await pressRun();
  await shows(2);
  await killAndStart();
}

/** The run files that documents left. */
const runFiles = (): string[] =>
  readdirSync(join(studio.userData, 'recovery'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.mho'))
    .map((name) => join(studio.userData, 'recovery', name));

test('opened again: runs, numbers, picture and what was asked; run again and saved', async () => {
  await leaveRuns();
  await expect(dialog()).toContainText('Handwritten digits');
  await expect(dialog()).toContainText('2 runs');
  await dialog().getByRole('button', { name: 'Open' }).click();
  await expect(dialog()).toHaveCount(0);
  await expect(headline()).toContainText('owes most to');
  await expect(studio.page.getByRole('grid', { name: 'Units by importance' })).toBeVisible();
  await expect.poll(document).toMatchObject({ runs: 2, dirty: true, modelOpen: true });
  await pressRun();
  await expect.poll(async () => (await document()).runs, { timeout: 30_000 }).toBe(4);
  const [before, , after] = await studio.get('runList', {});
  expect(after!.result.delta).toEqual(before!.result.delta);
  const path = join(folder, 'kept.mho');
  await answerDialogs(studio.app, { save: path });
  await studio.page.keyboard.press('Control+s');
  await expect.poll(async () => (await document()).dirty).toBe(false);
  await killAndStart();
  await expect(studio.page.getByRole('button', { name: 'Open a session' })).toBeVisible();
  expect(await studio.get('recoveryList', {})).toEqual([]); // it is in its file
  expect(readFileSync(path).subarray(0, 2).toString()).toBe('PK');
});

test('notes alone, whose model is gone: they are shown, with why there is no more; and with the model again', async () => {
  const path = join(folder, 'mine.keras');
  copyFileSync(join(root, 'tests/reference/cases/plain/model.keras'), path);
  studio = await launch([path]);
  const summary = async () => (await studio.get('present', {}))!.summary!;
  await expect(studio.page.getByRole('region', { name: 'Set-up' })).toBeVisible({ timeout: 20_000 });
  const { layers, hash } = await summary();
  const [key] = layers.slice(-1).map(({ name }) => ({ layer: name, unit: 0 }));
  await studio.get('keepNotebook', { model: hash, notebook: [{ ...key!, note: 'Fires at loops.', tags: [] }] });
  renameSync(path, join(folder, 'away.keras'));
  await killAndStart();
  await expect(dialog()).toContainText('1 note');
  await dialog().getByRole('button', { name: 'Open' }).click();
  await expect(studio.page.getByText('1 unit in the notebook')).toBeVisible({ timeout: 20_000 });
  await expect(studio.page.getByText('open without its model')).toBeVisible();
  await studio.page.getByRole('button', { name: 'Open the notebook' }).click();
  const note = () => studio.page.getByRole('region', { name: 'Notebook' }).getByRole('textbox', { name: /^Note on/ });
  await expect(note()).toHaveValue('Fires at loops.');
  // nothing was run: how it is shown comes back all the same
  await expect.poll(async () => (await studio.get('present', {}))!.view?.page).toBe('notebook');
  renameSync(join(folder, 'away.keras'), path);
  await killAndStart();
  await dialog().getByRole('button', { name: 'Open' }).click();
  await expect(note()).toHaveValue('Fires at loops.', { timeout: 20_000 });
  expect(await document()).toMatchObject({ notes: 1, modelOpen: true, dirty: true });
});

test('put off: offered again; discarded, undone, discarded: not offered any more', async () => {
  await leaveRuns();
  await expect(dialog()).toBeVisible();
  await studio.page.keyboard.press('Escape');
  await expect(dialog()).toHaveCount(0);
  await killAndStart();
  await dialog().getByRole('button', { name: 'Discard' }).click();
  await expect(dialog()).toContainText('Discarded');
  await dialog().getByRole('button', { name: 'Undo' }).click();
  await expect(dialog()).toContainText('2 runs');
  await killAndStart();
  await dialog().getByRole('button', { name: 'Discard' }).click();
  await expect(dialog()).toContainText('Discarded');
  await killAndStart();
  await expect(studio.page.getByRole('button', { name: 'Open a session' })).toBeVisible();
  expect(await studio.get('recoveryList', {})).toEqual([]);
  await expect(dialog()).toHaveCount(0);
});

test('offered beside what the program is started on, and opened in its place', async () => {
  studio = await launch(['--sample', 'digits']);
  await pressRun();
  await shows(2);
  await killAndStart(['--sample', 'motifs']);
  await dialog().getByRole('button', { name: 'Open' }).click();
  await expect(headline()).toContainText('owes most to');
  await expect.poll(document).toMatchObject({ title: 'Handwritten digits', runs: 2 });
});

test('a run file that is cut off: the others come back', async () => {
  await leaveRuns();
  const files = runFiles();
  expect(files).toHaveLength(2);
  truncateSync(files[0]!, 500);
  writeFileSync(join(files[0]!, '..', '.half.mho.0123456789ab.part'), 'PK');
  await dialog().getByRole('button', { name: 'Open' }).click();
  await expect.poll(async () => (await document()).runs).toBe(1);
  await expect(headline()).toContainText('owes most to');
  await pressRun();
  await expect.poll(async () => (await document()).runs, { timeout: 30_000 }).toBe(2); // it asks what the one that is left was asked
});

test('a recovery folder with strange things in it does not keep the program from starting', async () => {
  await leaveRuns();
  const [file] = runFiles();
  writeFileSync(join(file!, '..', 'document.json'), '{"document": ');
  writeFileSync(join(studio.userData, 'recovery', 'a file'), 'x');
  await killAndStart(['--sample', 'digits']);
  await pressRun();
  await expect(headline()).toContainText('owes most to', { timeout: 30_000 });
});

test('a cancelled run keeps what was complete, over the end of the program too', async () => {
  studio = await launch();
  await answerDialogs(studio.app, { unsaved: 1 });
  const setup = { ...(await openDigits(studio, 4000)), examples: [0, 1, 2, 3], methods: ['nig' as const] };
  const { job } = await studio.get('startRun', setup);
  // One chunk holds few points of one example: the first is complete when the second has begun.
  await expect
    .poll(
      () => {
        const last = studio.notices.filter((each) => each.job === job).at(-1)?.notice;
        return last?.kind === 'progress' ? last.progress.done / last.progress.total : 0;
      },
      { timeout: 40_000, intervals: [20] },
    )
    .toBeGreaterThan(0.3);
  await studio.get('cancelRun', { job });
  await expect.poll(() => kinds(studio, job).at(-1), { timeout: 20_000 }).toBe('finished');
  const [kept] = await studio.get('runList', {});
  expect(kept!.result.complete).toBe(false);
  expect(kept!.result.examples.length).toBeGreaterThan(0);
  expect(kept!.result.examples.length).toBeLessThan(4);
  await killAndStart();
  await dialog().getByRole('button', { name: 'Open' }).click();
  await expect(studio.page.getByRole('list', { name: 'Runs' })).toContainText('partial');
  const [back] = await studio.get('runList', {});
  expect(back!.result).toEqual(kept!.result);
});

test('a run that fails says why, and leaves nothing behind', async () => {
  studio = await launch(['--sample', 'digits']);
  await expect(studio.page.getByRole('button', { name: 'Run', exact: true }).first()).toBeEnabled({ timeout: 20_000 });
  const setup = await openDigits(studio);
  const answer = await studio.ask('startRun', { ...setup, target: { layer: 'nowhere', index: 0 } });
  if (answer.ok) await expect.poll(() => kinds(studio, answer.value.job).at(-1), { timeout: 20_000 }).toBe('failed');
  else expect(answer.fault.code).toBe('LAYER_UNKNOWN');
  expect((await document()).runs).toBe(0);
  await killAndStart();
  await expect(studio.page.getByRole('button', { name: 'Open a session' })).toBeVisible();
  expect(await studio.get('recoveryList', {})).toEqual([]);
});

test('a baseline from a file is asked again by what comes back', async () => {
  studio = await launch(['--sample', 'digits']);
  await expect(studio.page.getByRole('button', { name: 'Run', exact: true }).first()).toBeEnabled({ timeout: 20_000 });
  const path = join(folder, 'baseline.npy');
  const values = Float32Array.from({ length: 64 }, (_, at) => (at % 7) / 14);
  writeFileSync(path, Buffer.concat([npyHeader([1, 8, 8, 1]), npyBytes(values)]));
  await answerDialogs(studio.app, { open: path, unsaved: 1 });
  await studio.page.getByRole('button', { name: 'From a file…' }).click();
  await expect(studio.page.locator('.choice .name')).toHaveText('baseline.npy');
  await pressRun();
  await shows(2);
  const [first] = await studio.get('runList', {});
  expect(first!.asked.baseline).toMatchObject({ kind: 'arrays', rows: 1 });
  await killAndStart();
  await dialog().getByRole('button', { name: 'Open' }).click();
  await shows(2);
  await pressRun();
  await shows(4);
  const runs = await studio.get('runList', {});
  expect(runs.map(({ result }) => result.method)).toEqual(
    [...runs.slice(0, 2), ...runs.slice(0, 2)].map(({ result }) => result.method),
  );
  for (const { result } of runs) expect(result.atBaseline).toEqual(first!.result.atBaseline);
});

for (const how of ['is loaded again', 'dies'] as const)
  test(`a page that ${how} shows what is open`, async () => {
    studio = await launch(['--sample', 'digits']);
    await pressRun();
    await shows(2);
    await expect(headline()).toContainText('owes most to');
    const said = await headline().innerText();
    const look = (what: string): Promise<unknown> =>
      studio.app.evaluate(
        ({ BrowserWindow }, script) =>
          Promise.race([
            BrowserWindow.getAllWindows()[0]!
              .webContents.executeJavaScript(script)
              .catch(() => null),
            new Promise((resolve) => setTimeout(resolve, 1000, 'no answer')), // a page that is dead never gives one
          ]),
        what,
      );
    await studio.app.evaluate(({ BrowserWindow }, end) => {
      const { webContents } = BrowserWindow.getAllWindows()[0]!;
      if (end) webContents.forcefullyCrashRenderer();
      else webContents.reload();
    }, how === 'dies');
    await expect
      .poll(() => look(`document.querySelector('.headline')?.innerText ?? ''`), { timeout: 20_000 })
      .toBe(said);
    const list = 'window.mho.request("runList", {}).then((answer) => answer.value.length)';
    expect(await look(list)).toBe(2);
  });
