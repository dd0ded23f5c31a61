/** The recovery folder on a real disk: who may read it, and what is swept. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NOBODY, ownerOf, Recovery, type Owner, type SavedState } from '../../../src/main/hosts/service/recovery';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mho-recovery-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const DAY = 24 * 3_600_000;
const state = (owner: Owner): SavedState => ({
  document: 'one',
  owner,
  title: 'a title',
  session: null,
  model: null,
  data: [],
  runs: [{ id: 'r', file: 'r.mho', place: 0, name: null, note: '', created: '2026-01-01', job: '', saved: false, trace: [] }], // prettier-ignore
  dirty: true,
});
const here = ownerOf(process.pid);
const recovery = (): Recovery => new Recovery(root, here);
const mode = (path: string): number => statSync(path).mode & 0o777;

/** A folder of so many days ago, with a file that was not finished. */
async function left(owner: Owner | null, days: number): Promise<string> {
  const folder = recovery().create();
  if (owner) await folder.write(() => state(owner));
  else mkdirSync(folder.path);
  writeFileSync(folder.file('.r.mho.0123.part'), 'half');
  const then = new Date(Date.now() - days * DAY);
  for (const name of readdirSync(folder.path)) utimesSync(folder.file(name), then, then);
  utimesSync(folder.path, then, then);
  return folder.path;
}

it('is nobody else’s to read, also where an older version left it open', async () => {
  chmodSync(root, 0o755);
  const folder = recovery().create();
  await folder.write(() => state(here));
  chmodSync(folder.file('document.json'), 0o644);
  await folder.write(() => state(here));
  await recovery().sweep();
  expect([root, folder.path].map(mode)).toEqual([0o700, 0o700]);
  expect(mode(folder.file('document.json'))).toBe(0o600);
});

it.each([
  ['a closed page, a month ago', NOBODY, 31, 'gone'],
  ['a closed page, a week ago', NOBODY, 7, 'tidied'],
  ['a program that crashed, a year ago: it is offered until the user decides', { pid: 2 ** 30, began: null }, 365, 'tidied'], // prettier-ignore
  ['a program that is alive, a year ago', here, 365, 'as it was'],
  ['without a state, a month ago', null, 31, 'gone'],
  ['without a state, today: somebody may just be making it', null, 0, 'as it was'],
] as const)('sweeps what is nobody’s: %s', async (_, owner, days, becomes) => {
  const path = await left(owner, days);
  await recovery().sweep();
  expect(existsSync(path)).toBe(becomes !== 'gone');
  if (becomes !== 'gone')
    expect(readdirSync(path).some((name) => name.endsWith('.part'))).toBe(becomes === 'as it was');
});

it('a folder is claimed once, and can be given back', async () => {
  const name = (await left(NOBODY, 0)).split('/').at(-1)!;
  const both = await Promise.all([recovery().claim(name), recovery().claim(name)]);
  const [claimed, ...others] = both.filter((each) => each !== null);
  expect(others).toEqual([]);
  expect(await recovery().claim(name)).toBeNull();
  await claimed!.giveBack();
  expect(await recovery().claim(name)).not.toBeNull();
});

it('after a folder is left or removed nothing is written into it', async () => {
  const folder = recovery().create();
  await folder.write(() => state(here));
  await folder.leave(() => state(NOBODY));
  await folder.write(() => state(here));
  expect((await recovery().orphans()).map(({ folder: { name } }) => name)).toEqual([folder.name]);
  const other = recovery().create();
  await other.write(() => state(here));
  await Promise.all([other.remove(), other.write(() => state(here))]);
  expect(existsSync(other.path)).toBe(false);
});

it('hundreds of folders are looked through with few file descriptors', () => {
  const text = JSON.stringify(state(NOBODY));
  for (let each = 0; each < 400; each++) {
    mkdirSync(join(root, `folder${each}`));
    writeFileSync(join(root, `folder${each}`, 'document.json'), text);
  }
  const script = `
    const { Recovery } = require('./src/main/hosts/service/recovery.ts');
    void new Recovery(${JSON.stringify(root)}, { pid: 1, began: null }).orphans().then((all) => console.log(all.length));`;
  const shell = 'ulimit -n 100; exec "$0" --require tsx/cjs --eval "$1"';
  expect(execFileSync('bash', ['-c', shell, process.execPath, script], { encoding: 'utf8' }).trim()).toBe('400');
});
