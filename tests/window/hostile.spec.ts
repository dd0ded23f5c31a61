/** Sessions that somebody else made, opened as a user opens them: refused with the reason, and nothing that was open is lost. */
import { expect, test, type Page } from '@playwright/test';
import { unzipSync, zipSync, strToU8, type Zippable } from 'fflate';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { npyHeader } from '../../src/main/engine/data/npy';
import type { Manifest } from '../../src/contract/session';
import { answerDialogs, forget, launch, newFolder, type Studio } from './studio';

test.describe.configure({ mode: 'serial' });

let folder: string;
let studio: Studio;
let page: Page;
/** The entries of a sound session. */
let sound: Readonly<Record<string, Uint8Array>>;
let engine: number;

test.beforeAll(async () => {
  folder = newFolder();
  studio = await launch(['--sample', 'digits']);
  page = studio.page;
  await page.getByRole('button', { name: 'Run', exact: true }).first().click({ timeout: 20_000 });
  await expect(page.locator('.headline')).toContainText('owes most to', { timeout: 30_000 });
  await expect.poll(async () => (await studio.get('document', {})).runs).toBe(2);
  const path = join(folder, 'mine.mho');
  await answerDialogs(studio.app, { save: path });
  await menu('save-as');
  await expect.poll(async () => (await studio.get('document', {})).dirty).toBe(false);
  sound = unzipSync(readFileSync(path));
  engine = (await studio.enginePid())!;
});
test.afterAll(async () => {
  await studio.close();
  forget(studio.userData);
  forget(folder);
});

const menu = (item: string): Promise<void> =>
  studio.app.evaluate(({ Menu }, id) => Menu.getApplicationMenu()!.getMenuItemById(id)!.click(), item);

const manifestOf = (): Manifest => JSON.parse(Buffer.from(sound['manifest.json']!).toString()) as Manifest;

/** The sound session with something in it changed. */
function changed(change: (manifest: Manifest, entries: Record<string, Uint8Array>) => void): Uint8Array {
  const entries = { ...sound };
  const manifest = manifestOf();
  change(manifest, entries);
  return zipSync({ ...entries, 'manifest.json': strToU8(JSON.stringify(manifest)) } as Zippable);
}

/** A ZIP's directory tells the sizes: the one of an entry, overwritten. */
function declaring(archive: Uint8Array, entry: string, size: number): Uint8Array {
  const bytes = Buffer.from(archive);
  for (const [signature, field, name] of [
    [0x04034b50, 22, 30],
    [0x02014b50, 24, 46],
  ] as const)
    for (let at = 0; (at = bytes.indexOf(Buffer.from(Uint32Array.of(signature).buffer), at)) >= 0; at++)
      if (bytes.subarray(at + name, at + name + entry.length).toString() === entry)
        bytes.writeUInt32LE(size, at + field);
  return bytes;
}

const first = (): string => `${manifestOf().runs[0]!.layers[0]!.contributions}.npy`;
const input = (): string => `${manifestOf().questions[0]!.inputs[0]!.array}.npy`;

/** Resident memory of the engine's process, MB; where the system does not tell, 0. */
const memory = (kind: 'VmRSS' | 'VmHWM'): number =>
  process.platform === 'linux'
    ? Number(new RegExp(`${kind}:\\s+(\\d+)`).exec(readFileSync(`/proc/${engine}/status`, 'utf8'))![1]) / 1000
    : 0;
/** From here on `VmHWM` is the most that it takes. */
const forgetMost = (): void => {
  if (process.platform === 'linux') writeFileSync(`/proc/${engine}/clear_refs`, '5');
};

const hostile: [string, () => Uint8Array, code: string, reason: RegExp | string][] = [
  [
    'of a newer version',
    () => changed((manifest) => Object.assign(manifest, { version: 99 })),
    'SESSION_NEWER',
    'was written in format 99; this version reads up to 1',
  ],
  ['that is no archive', () => strToU8('a session, or not'), 'SESSION_DAMAGED', 'is not a readable session'],
  ['that is empty', () => new Uint8Array(0), 'SESSION_DAMAGED', 'is not a readable session'],
  [
    'that is cut off',
    () => changed(() => undefined).subarray(0, 30_000),
    'SESSION_DAMAGED',
    'is not a readable session',
  ],
  [
    'with damaged bytes',
    () => {
      const bytes = Buffer.from(zipSync(sound as Zippable, { level: 0 }));
      const place = bytes.indexOf(Buffer.from(sound[first()]!.subarray(200, 240)));
      bytes.fill(0x55, place, place + 20);
      return bytes;
    },
    'SESSION_DAMAGED',
    'the check sum of',
  ],
  [
    'without a manifest',
    () => zipSync({ 'a.npy': sound[first()]! }),
    'SESSION_DAMAGED',
    'manifest.json is missing from it',
  ],
  [
    'whose layer claims 2⁵⁰ numbers',
    () => changed(({ runs }) => Object.assign(runs[0]!.layers[0]!, { shape: [2 ** 50], unitAxis: 0 })),
    'SESSION_DAMAGED',
    '1125899906842624',
  ],
  [
    'whose array claims 10¹² numbers',
    () => changed((_, entries) => void (entries[input()] = npyHeader([1_000_000, 1_000_000]))),
    'SESSION_DAMAGED',
    /it ends after|too large|more than/,
  ],
  [
    'whose directory claims 256 MB in a few bytes',
    () =>
      declaring(
        changed(() => undefined),
        input(),
        2 ** 28,
      ),
    'SESSION_DAMAGED',
    'more than the archive can hold',
  ],
  [
    'that leads out of the archive',
    () => changed((_, entries) => void (entries['../../escaped.npy'] = new Uint8Array(4))),
    'SESSION_DAMAGED',
    '../../escaped.npy',
  ],
  [
    'with an absolute path',
    () => changed((_, entries) => void (entries['/tmp/escaped.npy'] = new Uint8Array(4))),
    'SESSION_DAMAGED',
    '/tmp/escaped.npy',
  ],
  [
    'that is a bomb of zeros in the place of a layer',
    () =>
      changed((_, entries) => {
        entries[first()] = Buffer.concat([npyHeader([1, 2 ** 26]), Buffer.alloc(2 ** 28)]);
      }),
    'SESSION_DAMAGED',
    'more than the shape',
  ],
  [
    'that is a bomb of lists in its manifest',
    () =>
      zipSync({
        'manifest.json': Buffer.concat([
          strToU8('{"later":'),
          Buffer.alloc(6e7, '['),
          Buffer.alloc(6e7, ']'),
          strToU8('}'),
        ]),
      }),
    'SESSION_TOO_LARGE',
    'more than the limit of', // its lists, or the memory that they take, whichever is met first
  ],
];

for (const [what, bytes, code, reason] of hostile)
  test(`a session ${what} is refused, and what was open stays`, async () => {
    const path = join(folder, 'hostile.mho');
    const content = bytes();
    expect(content.length).toBeLessThan(2 ** 22); // small files all of them; what an adaptive run goes on from is most of it
    writeFileSync(path, content);
    const before = await studio.get('document', {});
    forgetMost();
    const held = memory('VmRSS');
    await answerDialogs(studio.app, { open: path });
    await menu('open-session');
    const message = page.locator('.message.fault');
    await expect(message).toHaveAttribute('data-code', code, { timeout: 20_000 });
    await expect(message).toContainText(reason);
    await expect(message.locator('.remedy')).not.toBeEmpty();
    const grown = memory('VmHWM') - held;
    test.info().annotations.push({ type: 'memory', description: `the engine grew by ${Math.round(grown)} MB` });
    expect(grown).toBeLessThan(500);
    // The same engine, the same runs, on the screen too.
    expect(await studio.enginePid()).toBe(engine);
    expect(await studio.get('document', {})).toEqual(before);
    await expect(page.locator('.headline')).toContainText('owes most to');
    await expect(page.getByRole('grid', { name: 'Units by importance' })).toBeVisible();
    await message.getByRole('button', { name: 'Dismiss' }).click();
    await expect(message).toHaveCount(0);
    for (const place of [join(folder, '..'), join(folder, '../..'), dirname(studio.userData), '/tmp'])
      expect(existsSync(join(place, 'escaped.npy'))).toBe(false);
  });

test('as a second session to compare with, it is refused just the same', async () => {
  const path = join(folder, 'hostile.mho');
  writeFileSync(
    path,
    changed((manifest) => Object.assign(manifest, { version: 99 })),
  );
  await answerDialogs(studio.app, { open: path });
  const file = (await studio.get('chooseFile', { purpose: 'session' }))!;
  expect(await studio.ask('readSession', { file: file.file })).toMatchObject({
    ok: false,
    fault: { code: 'SESSION_NEWER' },
  });
  expect(await studio.get('runList', {})).toHaveLength(2);
});

test('and the session that was open runs and saves on', async () => {
  await page.getByRole('button', { name: 'Run', exact: true }).first().click();
  await expect.poll(async () => (await studio.get('document', {})).runs, { timeout: 30_000 }).toBe(4);
  await menu('save');
  await expect.poll(async () => (await studio.get('document', {})).dirty).toBe(false);
  expect(await studio.enginePid()).toBe(engine);
});
