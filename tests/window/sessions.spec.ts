/** Sessions: save, reopen, prompts, faults of the disk, two windows, and what a crash leaves. */
import { expect, test } from '@playwright/test';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  answerDialogs,
  attach,
  forget,
  kinds,
  launch,
  newFolder,
  openDigits,
  runToEnd,
  shownMessages,
  type Studio,
} from './studio';

let folder: string;
test.beforeEach(() => {
  folder = newFolder();
});
test.afterEach(() => forget(folder));

const saveAs = async (studio: Studio, path: string): Promise<void> => {
  await answerDialogs(studio.app, { save: path });
  expect(await studio.get('saveSessionAs', {})).toBe(true);
};
const openFile = async (studio: Studio, path: string) => {
  await answerDialogs(studio.app, { open: path });
  return (await studio.get('chooseFile', { purpose: 'session' }))!;
};

test('save, close, reopen in another start: the same runs, names and numbers', async () => {
  const path = join(folder, 'first.mho');
  const first = await launch();
  await runToEnd(first, await openDigits(first));
  const [run] = await first.get('runList', {});
  await first.get('describeRun', { run: run!.run, name: 'The one that matters', note: 'look at conv2' });
  expect((await first.get('document', {})).dirty).toBe(true);
  await saveAs(first, path);
  expect(await first.get('document', {})).toMatchObject({ dirty: false, title: 'first.mho' });
  const before = await first.get('runList', {});
  await first.close();
  expect(readFileSync(path).subarray(0, 2).toString()).toBe('PK');

  const second = await launch([path], first.userData);
  const file = await openFile(second, path);
  const opened = await second.get('openSession', { file: file.file });
  expect(opened.document).toMatchObject({ dirty: false, modelOpen: true, runs: 2 });
  expect(opened.runs.map(({ name, note }) => [name, note])).toEqual(before.map(({ name, note }) => [name, note]));
  expect(opened.runs.map(({ layers }) => layers.map(({ sum }) => sum))).toEqual(
    before.map(({ layers }) => layers.map(({ sum }) => sum)),
  );
  expect((await second.get('recentList', {})).map(({ name }) => name)).toContain('first.mho');
  // And what was saved and closed is not offered as something lost.
  expect(await second.get('recoveryList', {})).toEqual([]);
  await second.close();
  forget(first.userData);
});

test('closing with unsaved runs asks; Cancel keeps the window, Save writes', async () => {
  const path = join(folder, 'asked.mho');
  const studio = await launch();
  await runToEnd(studio, await openDigits(studio));
  const closeWindow = () => studio.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.close());
  await answerDialogs(studio.app, { unsaved: 2 });
  await closeWindow();
  await expect.poll(() => shownMessages(studio.app)).toEqual(['Save the session of Handwritten digits?']);
  expect((await studio.get('document', {})).runs).toBe(2);
  await answerDialogs(studio.app, { unsaved: 0, save: path });
  const closed = studio.app.waitForEvent('close');
  await closeWindow();
  await closed;
  expect(existsSync(path)).toBe(true);
  forget(studio.userData);
});

test('a disk that refuses: told by a fault, and Save As elsewhere works', async () => {
  const studio = await launch();
  await runToEnd(studio, await openDigits(studio));
  const blocked = join(folder, 'gone', 'session.mho');
  mkdirSync(join(folder, 'gone'));
  await saveAs(studio, blocked);
  await runToEnd(studio, await openDigits(studio));
  rmSync(join(folder, 'gone'), { recursive: true });
  expect(await studio.ask('saveSession', {})).toMatchObject({ ok: false, fault: { code: 'FILE_WRITE' } });
  // A folder that is a file: what a permission refuses to others cannot be shown as root.
  writeFileSync(join(folder, 'file'), '');
  await answerDialogs(studio.app, { save: join(folder, 'file', 'session.mho') });
  expect(await studio.ask('saveSessionAs', {})).toMatchObject({ ok: false, fault: { code: 'FILE_WRITE' } });
  if (process.getuid?.() !== 0) {
    mkdirSync(join(folder, 'locked'));
    chmodSync(join(folder, 'locked'), 0o500);
    await answerDialogs(studio.app, { save: join(folder, 'locked', 'session.mho') });
    expect(await studio.ask('saveSessionAs', {})).toMatchObject({ ok: false, fault: { code: 'FILE_WRITE' } });
  }
  expect((await studio.get('document', {})).dirty).toBe(true);
  await saveAs(studio, join(folder, 'elsewhere.mho'));
  expect((await studio.get('document', {})).dirty).toBe(false);
  expect(existsSync(join(folder, 'elsewhere.mho'))).toBe(true);
  await studio.close();
  forget(studio.userData);
});

test('a file that another program changed is not overwritten silently', async () => {
  const path = join(folder, 'shared.mho');
  const studio = await launch();
  const setup = await openDigits(studio);
  await runToEnd(studio, setup);
  await saveAs(studio, path);
  const bytes = readFileSync(path);
  writeFileSync(path, bytes);
  utimesSync(path, new Date(), new Date(Date.now() + 5000));
  await runToEnd(studio, setup);
  expect(await studio.ask('saveSession', {})).toMatchObject({ ok: false, fault: { code: 'SESSION_CHANGED' } });
  expect(readFileSync(path).equals(bytes)).toBe(true);
  await saveAs(studio, join(folder, 'mine.mho'));
  await studio.close();
  forget(studio.userData);
});

test('two windows: each its own document; neither overwrites the other’s file', async () => {
  const path = join(folder, 'one.mho');
  const first = await launch();
  await runToEnd(first, await openDigits(first));
  await saveAs(first, path);
  const opening = first.app.waitForEvent('window');
  await first.get('newWindow', { here: false });
  const second = await attach(first.app, await opening, first.userData);
  await second.page.waitForLoadState();
  expect(await second.get('document', {})).toMatchObject({ title: null, runs: 0 });
  await runToEnd(second, await openDigits(second));
  await answerDialogs(second.app, { save: path });
  expect(await second.ask('saveSessionAs', {})).toMatchObject({
    ok: false,
    fault: { code: 'SESSION_OPEN_ELSEWHERE' },
  });
  // Nor may a token of one window be used in the other.
  const file = await openFile(first, path);
  expect(await second.ask('openSession', { file: file.file })).toMatchObject({
    ok: false,
    fault: { code: 'FILE_NOT_GRANTED' },
  });
  expect(await first.get('runList', {})).toHaveLength(2);
  expect(await second.get('runList', {})).toHaveLength(2);
  await first.close();
  forget(first.userData);
});

test('autosave: a session that has a file is saved by itself', async () => {
  const path = join(folder, 'auto.mho');
  const studio = await launch();
  await studio.get('changeSettings', { autosave: true });
  const setup = await openDigits(studio);
  await runToEnd(studio, setup);
  expect((await studio.get('document', {})).dirty).toBe(true); // it has no file yet
  await saveAs(studio, path);
  const { size } = statSync(path);
  await runToEnd(studio, setup);
  await expect.poll(async () => (await studio.get('document', {})).dirty).toBe(false);
  expect(statSync(path).size).toBeGreaterThan(size);
  await studio.close();
  forget(studio.userData);
});

test('removing a run can be undone', async () => {
  const studio = await launch();
  await runToEnd(studio, await openDigits(studio));
  const [run] = await studio.get('runList', {});
  await studio.get('removeRun', { run: run!.run });
  expect(await studio.get('runList', {})).toHaveLength(1);
  expect((await studio.get('restoreRun', { run: run!.run })).name).toBe(run!.name);
  expect(await studio.get('runList', {})).toHaveLength(2);
  await studio.close();
  forget(studio.userData);
});

test('the whole program killed at 20 random moments: no finished run is lost', async () => {
  test.setTimeout(240_000);
  const userData = newFolder();
  let expected = 0;
  for (let moment = 0; moment < 20; moment++) {
    const studio = await launch([], userData);
    const left = await studio.get('recoveryList', {});
    const runs = left.reduce((sum, entry) => sum + entry.runs, 0);
    expect(runs, `after ${moment} kills`).toBeGreaterThanOrEqual(expected);
    // What is there is readable: one of them is taken back, and stays when the program is killed again.
    if (left[0] && moment % 4 === 0) {
      const recovered = await studio.get('recover', { id: left[0].id });
      expect(recovered.runs).toHaveLength(left[0].runs);
      expect(recovered.document).toMatchObject({ dirty: true, modelOpen: true });
      const [run] = recovered.runs;
      const layer = run!.layers[0]!;
      const { contributions } = await studio.get('contributions', { run: run!.run, layer: layer.name });
      const sum = Object.values(contributions).reduce((total, value) => total + value, 0);
      expect(sum).toBeCloseTo(Object.values(layer.sum)[0]!, 3);
    }
    await answerDialogs(studio.app, { unsaved: 1 }); // the runs are of the same model, so they stay
    const setup = await openDigits(studio, 64);
    await studio.get('predict', { data: setup.data, examples: [0], baseline: setup.baseline });
    void studio.ask('startRun', setup).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 1500));
    expected = runs + studio.notices.filter(({ notice }) => notice.kind === 'run').length;
    const main = studio.app.process();
    const engine = await studio.enginePid();
    const gone = new Promise((resolve) => main.once('exit', resolve));
    main.kill('SIGKILL');
    await gone;
    // The engine does not outlive the program.
    await expect.poll(() => alive(engine!), { timeout: 5000 }).toBe(false);
  }
  const last = await launch([], userData);
  const left = await last.get('recoveryList', {});
  expect(left.reduce((sum, entry) => sum + entry.runs, 0)).toBeGreaterThanOrEqual(expected);
  expect(expected).toBeGreaterThan(5);
  await last.get('discardRecovery', { id: left[0]!.id });
  expect(await last.get('recoveryList', {})).toHaveLength(left.length - 1);
  await last.close();
  forget(userData);
});

function alive(pid: number): boolean {
  try {
    // A zombie that nobody has waited for yet counts as gone.
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

test('a run that a job finished is in the recovery folder before the window hears of it', async () => {
  const studio = await launch();
  const setup = await openDigits(studio);
  const job = await runToEnd(studio, setup);
  expect(kinds(studio, job).filter((kind) => kind === 'run')).toHaveLength(2);
  for (const { notice } of studio.notices) if (notice.kind === 'run') expect(notice.unkept).toBeNull();
  await studio.close();
  forget(studio.userData);
});
