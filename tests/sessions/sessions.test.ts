import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, unzipSync, zipSync, type Zippable } from 'fflate';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MhoError } from '../../src/contract/errors';
import { SESSION_VERSION, type Manifest, type Session } from '../../src/contract/session';
import { npyBytes, npyHeader } from '../../src/main/engine/data/npy';
import { checkWritable, exportUnits, openSession, saveSession } from '../../src/main/engine/sessions';
import { readSession } from '../../src/main/engine/sessions/read';
import { sessionJson } from '../../src/main/hosts/terminal/json';
import { sessionTables } from '../../src/main/hosts/terminal/tables';
import { random } from '../random';
import { MOST_SAVED } from '../../src/main/engine/sessions/limits';
import { adaptiveSession, sampleSession } from './sample';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mho-sessions-'));
  path = join(folder, 'a.mho');
});
afterEach(() => rm(folder, { recursive: true }));

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.then(
    () => new Error('nothing was thrown'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof MhoError)) throw error;
  return error.code;
};

describe('saveSession and openSession', () => {
  it('give back what was saved', async () => {
    const session = sampleSession();
    await saveSession(path, session);
    expect(await openSession(path)).toEqual(session);
    expect(await readdir(folder)).toEqual(['a.mho']);
  });

  it('keep what is not a number', async () => {
    const session = sampleSession();
    session.runs[0]!.layers[0]!.sum[0] = NaN;
    session.runs[0]!.layers[0]!.contributions[0] = NaN;
    await saveSession(path, session);
    const { sum, contributions } = (await openSession(path)).runs[0]!.layers[0]!;
    expect([sum[0], contributions[0]]).toEqual([NaN, NaN]);
  });

  it('store an array once that is used twice', async () => {
    const session = sampleSession();
    await saveSession(path, { ...session, questions: [session.questions[0]!, session.questions[0]!] });
    const names = Object.keys(unzipSync(await readFile(path)));
    expect(names.filter((name) => name.startsWith('questions/'))).toHaveLength(5);
    expect((await openSession(path)).questions).toEqual([session.questions[0], session.questions[0]]);
  });

  it('name every entry so that it stays in its folder on every system', async () => {
    await saveSession(path, sampleSession());
    for (const name of Object.keys(unzipSync(await readFile(path))))
      expect(name).toMatch(/^[\w-]+(\/[\w-]+)*\.(npy|json)$/);
  });

  it('pass over what a later version adds', async () => {
    await saveSession(path, sampleSession());
    await changed((manifest) => Object.assign(manifest, { later: 1 }));
    expect(await openSession(path)).toEqual(sampleSession());
  });
});

describe('adaptive paths', () => {
  const run = (session: Session) => session.runs[0]!;

  it('are given back as they were, to the sign of a zero', async () => {
    const session = adaptiveSession();
    await saveSession(path, session);
    const opened = await openSession(path);
    expect(opened).toEqual(session);
    const [first] = run(opened).adaptive!.examples;
    expect(Object.is(first!.grid[0]!.at(-1), -0)).toBe(true);
    expect(Object.is(first!.saved!.arrays['leaves']![2], -0)).toBe(true);
    // Opened, kept in memory and saved again: nothing wears off.
    await saveSession(path, opened);
    expect(await openSession(path)).toEqual(session);
  });

  it('leave out what they go on from where it is large, and nothing else', async () => {
    const session = adaptiveSession();
    const { adaptive } = run(session);
    const wide = (length: number) => ({ about: {}, arrays: { a: new Float32Array(length).fill(0.5) } });
    const examples = adaptive!.examples.map((each, at) => ({
      ...each,
      saved: wide([MOST_SAVED / 4 - 10, 20, 10][at]!),
    }));
    await saveSession(path, { ...session, runs: [{ ...run(session), adaptive: { ...adaptive!, examples } }] });
    const opened = run(await openSession(path)).adaptive!;
    expect(opened.examples.map(({ saved }) => saved?.arrays['a']!.length ?? null)).toEqual([MOST_SAVED / 4 - 10, null, 10]); // prettier-ignore
    expect(opened.examples.map(({ saved: _, ...rest }) => rest)).toEqual(adaptive!.examples.map(({ saved: _, ...rest }) => rest)); // prettier-ignore
  });

  it('are of no file of before: it opens as even steps, its totals made of its contributions', async () => {
    const session = sampleSession();
    await saveSession(path, session);
    await changed(({ runs }) => {
      for (const each of runs as { adaptive?: unknown; layers: Record<string, unknown>[] }[]) {
        delete each.adaptive;
        for (const layer of each.layers)
          for (const key of ['units', 'unitsError', 'neuronsTotal', 'unitsTotal', 'certain']) delete layer[key];
      }
    });
    expect(await openSession(path)).toEqual(session);
  });

  const damages: [string, (manifest: Adaptive, entries: Record<string, Uint8Array>) => void, string][] = [
    ['fewer examples', ({ examples }) => examples.pop(), 'adaptive has 2 examples of 3'],
    ['more points than there are', ({ examples }) => (examples[0]!.grid[0]! += 1), 'shape [16], expected [17]'],
    ['a grid of 2^50 points', ({ examples }) => (examples[0]!.grid = [2 ** 50]), `expected [${2 ** 50 + 7}]`],
    ['no grid', (_, entries) => delete entries[GRID], 'runs/0-nig/grid is missing'],
    ['a grid of float32', (_, entries) => (entries[GRID] = Buffer.concat([npyHeader([16]), npyBytes(new Float32Array(16))])), 'is not float64'], // prettier-ignore
    ['a grid of bools', (_, entries) => (entries[GRID] = ofType('|b1', 16, 16)), 'other numbers than float32 and float64'], // prettier-ignore
    ['a grid that ends early', (_, entries) => (entries[GRID] = ofType('<f8', 16, 100)), 'ends after 100 of 128 bytes'],
    ['a saved array of two axes', ({ examples }, entries) => (entries[`${examples[0]!.saved!.arrays[0]!.array}.npy`] = Buffer.concat([npyHeader([1, 2]), npyBytes(new Float32Array(2))])), 'has shape [1, 2]'], // prettier-ignore
    ['a saved array that is missing', ({ examples }) => (examples[0]!.saved!.arrays[1]!.array = 'none'), 'none is missing'], // prettier-ignore
    ['words about it that lead deep', ({ examples }) => (examples[0]!.saved!.about = JSON.parse(`${'{"a":'.repeat(500)}0${'}'.repeat(500)}`) as Adaptive['examples'][0]['saved'] & object), 'about.a'], // prettier-ignore
    ['another way to stop', ({ examples }) => Object.assign(examples[0]!, { stopped: 'tired' }), 'stopped'],
  ];
  it.each(damages)('are refused with %s', async (_, damage, reason) => {
    await saveSession(path, adaptiveSession());
    await changed((manifest, entries) => void damage(manifest.runs[0]!.adaptive!, entries));
    await expect(openSession(path)).rejects.toThrow(`SESSION_DAMAGED: ${path} is not a readable session: `);
    await expect(openSession(path)).rejects.toThrow(reason);
  });

  it('whose arrays are a bomb are refused before they are unpacked', { timeout: 30_000 }, async () => {
    await saveSession(path, adaptiveSession());
    await changed(({ runs }, entries) => {
      entries[GRID] = ofType('<f8', 4e6, 32e6);
      runs[0]!.adaptive!.examples.forEach((each, at) => (each.grid = at === 0 ? [4e6] : []));
    });
    expect((await stat(path)).size).toBeLessThan(2 ** 20);
    const allocated = vi.spyOn(Buffer, 'allocUnsafe');
    expect(await codeOf(openSession(path, { room: 2 ** 24 }))).toBe('SESSION_TOO_LARGE');
    expect(Math.max(...allocated.mock.calls.map(([size]) => size))).toBeLessThan(2 ** 20);
    allocated.mockRestore();
  });

  it('that name one array many times are refused by what they come to', { timeout: 30_000 }, async () => {
    await saveSession(path, adaptiveSession());
    await changed(({ runs }) => {
      const [{ saved }] = runs[0]!.adaptive!.examples as [Adaptive['examples'][0]];
      const { array } = saved!.arrays[0]!;
      saved!.arrays = Array.from({ length: 20_000 }, (_, at) => ({ name: `${at}`, array }));
    });
    expect(await codeOf(openSession(path, { room: 2 ** 23 }))).toBe('SESSION_TOO_LARGE');
  });
});

type Adaptive = NonNullable<Manifest['runs'][number]['adaptive']>;
const GRID = 'runs/0-nig/grid.npy';
/** An array of any type code, of as many zeros. */
const ofType = (type: string, count: number, bytes: number): Uint8Array => {
  const header = Buffer.from(npyHeader([count], 'f8'));
  return Buffer.concat([Buffer.from(header.toString('latin1').replace('<f8', type), 'latin1'), new Uint8Array(bytes)]);
};

describe('writing', () => {
  it('replaces a session as a whole, and leaves it alone when it cannot', async () => {
    await saveSession(path, sampleSession());
    const before = await readFile(path);
    const broken = sampleSession();
    Object.defineProperty(broken.runs[1]!.layers[2]!, 'contributions', {
      get: () => {
        throw new Error('gone');
      },
    });
    await expect(saveSession(path, broken)).rejects.toThrow();
    expect((await readFile(path)).equals(before)).toBe(true);
    expect(await readdir(folder)).toEqual(['a.mho']);
    await saveSession(path, { ...sampleSession(), notes: 'other' });
    expect((await openSession(path)).notes).toBe('other');
  });

  it('writes through a symbolic link', async () => {
    await saveSession(path, sampleSession());
    const link = join(folder, 'link.mho');
    await symlink(path, link);
    await saveSession(link, { ...sampleSession(), notes: 'linked' });
    expect((await openSession(path)).notes).toBe('linked');
  });

  it('says why it cannot, and leaves nothing behind', async () => {
    const nowhere = join(folder, 'missing/b.mho');
    await expect(saveSession(nowhere, sampleSession())).rejects.toThrow(
      `FILE_WRITE: ${nowhere} could not be written: its folder does not exist.`,
    );
    await expect(checkWritable(nowhere)).rejects.toThrow('its folder does not exist');
    await mkdir(path);
    await expect(saveSession(path, sampleSession())).rejects.toThrow('it is a folder');
    await expect(checkWritable(path)).rejects.toThrow('it is a folder');
    expect(await readdir(folder)).toEqual(['a.mho']);
  });

  it.skipIf(process.getuid?.() === 0)('notices a folder without permission before the work', async () => {
    await chmod(folder, 0o500);
    expect(await codeOf(checkWritable(path))).toBe('FILE_WRITE');
    await chmod(folder, 0o700);
  });

  const modeOf = async (file: string): Promise<string> => ((await stat(file)).mode & 0o777).toString(8);

  it('keeps a new session to its owner, and an old one in the mode that it has', async () => {
    await saveSession(path, sampleSession());
    expect(await modeOf(path)).toBe('600');
    for (const mode of [0o640, 0o600, 0o664, 0o400]) {
      await chmod(path, mode);
      await saveSession(path, sampleSession());
      expect(await modeOf(path)).toBe(mode.toString(8));
    }
    const csv = join(folder, 'a.csv');
    await exportUnits(csv, sampleSession());
    expect(await modeOf(csv)).toBe((0o666 & ~process.umask()).toString(8));
    await chmod(csv, 0o600);
    await exportUnits(csv, sampleSession());
    expect(await modeOf(csv)).toBe('600');
  });

  it.runIf(process.getuid?.() === 0)('leaves a file to its owner and group', async () => {
    await saveSession(path, sampleSession());
    await chown(path, 1234, 2345);
    await chmod(path, 0o640);
    await saveSession(path, sampleSession());
    expect(await stat(path)).toMatchObject({ uid: 1234, gid: 2345 });
    expect(await modeOf(path)).toBe('640');
  });

  it('takes names as long as the disk does', async () => {
    for (const name of [`${'a'.repeat(237)}.mho`, `${'a'.repeat(251)}.mho`, `${'層'.repeat(83)}.mho`]) {
      const long = join(folder, name);
      await checkWritable(long);
      await saveSession(long, sampleSession());
      expect(await openSession(long)).toEqual(sampleSession());
    }
    const longer = join(folder, `${'a'.repeat(252)}.mho`);
    await expect(checkWritable(longer)).rejects.toThrow('its name is too long');
    await expect(saveSession(longer, sampleSession())).rejects.toThrow('its name is too long');
  });

  it.skipIf(process.platform === 'win32')('refuses a pipe without waiting for its other end', async () => {
    execFileSync('mkfifo', [path]);
    await expect(checkWritable(path)).rejects.toThrow('it is a pipe or a device');
    await expect(saveSession(path, sampleSession())).rejects.toThrow('it is a pipe or a device');
    expect((await stat(path)).isFIFO()).toBe(true);
  });

  it('checks without leaving a file', async () => {
    await checkWritable(path);
    expect(await readdir(folder)).toEqual([]);
  });
});

/** Writes the session anew with its manifest or entries changed. */
async function changed(change: (manifest: Manifest, entries: Record<string, Uint8Array>) => void): Promise<void> {
  const entries: Record<string, Uint8Array> = { ...unzipSync(await readFile(path)) };
  const manifest = JSON.parse(Buffer.from(entries['manifest.json']!).toString()) as Manifest;
  change(manifest, entries);
  if (entries['manifest.json']) entries['manifest.json'] = strToU8(JSON.stringify(manifest));
  await writeFile(path, zipSync(entries as Zippable));
}

describe('a session that is not sound', () => {
  beforeEach(() => saveSession(path, adaptiveSession()));
  const contributions = 'runs/0-nig/0-block_conv_2/contributions.npy';

  const damages: [string, Parameters<typeof changed>[0], string][] = [
    ['no manifest', (_, entries) => delete entries['manifest.json'], 'manifest.json is missing from it'],
    ['another format', (manifest) => Object.assign(manifest, { format: 'x' }), 'does not belong to a session'],
    ['no version', (manifest) => Object.assign(manifest, { version: '1' }), 'manifest.json, version: '],
    ['another method', (manifest) => Object.assign(manifest.runs[0]!, { method: 'magic' }), 'runs.0.method'],
    ['an array missing', (_, entries) => delete entries[contributions], 'is missing from it'],
    [
      'an array of another shape',
      (_, entries) => (entries[contributions] = Buffer.concat([npyHeader([1]), npyBytes(new Float32Array(1))])),
      'has shape [1], expected [3, 3, 4, 2]',
    ],
    [
      'an array that claims too much',
      (_, entries) => (entries[contributions] = Buffer.concat([npyHeader([3, 3, 4, 2])])),
      'it ends after 0 of 288 bytes',
    ],
    ['a huge shape', (manifest) => (manifest.runs[0]!.layers[1]!.shape = [2 ** 50]), 'expected [3, 1125899906842624]'],
    ['another number of examples', (manifest) => manifest.runs[0]!.delta.pop(), 'delta has 2 values for 3 examples'],
    [
      'a target for fewer examples',
      (manifest) => (manifest.questions[0]!.target.index = { each: [1] }),
      'a target has 1 indices for 3 examples',
    ],
    ['a question it has not', (manifest) => (manifest.runs[0]!.question = 1), 'question 1 of 1'],
    ['an example it has not', (manifest) => (manifest.runs[1]!.examples = [0, 7]), 'example 7 of 3'],
    ['an axis it has not', (manifest) => (manifest.runs[0]!.layers[1]!.unitAxis = 1), 'has no axis 1'],
    ['a prototype', (manifest) => (manifest.questions[0]!.inputs[0]!.name = '__proto__'), ''],
  ];
  it.each(damages)('is refused: %s', async (what, change, reason) => {
    await changed(change);
    if (what === 'a prototype') {
      const { inputs } = (await openSession(path)).questions[0]!;
      expect(Object.getPrototypeOf(inputs)).toBe(Object.prototype);
      return;
    }
    await expect(openSession(path)).rejects.toThrow(`SESSION_DAMAGED: ${path} is not a readable session: `);
    await expect(openSession(path)).rejects.toThrow(reason);
  });

  it('is refused when it comes from a later version', async () => {
    await changed((manifest) => Object.assign(manifest, { version: SESSION_VERSION + 1 }));
    expect(await codeOf(openSession(path))).toBe('SESSION_NEWER');
  });

  it('is refused when it is no archive, not there, or a folder', async () => {
    await writeFile(path, 'PK or not');
    expect(await codeOf(openSession(path))).toBe('SESSION_DAMAGED');
    await writeFile(path, '');
    expect(await codeOf(openSession(path))).toBe('SESSION_DAMAGED');
    expect(await codeOf(openSession(folder))).toBe('SESSION_DAMAGED');
    expect(await codeOf(openSession(join(folder, 'b.mho')))).toBe('SESSION_NOT_FOUND');
  });

  it('is refused when an entry leads out of the archive', async () => {
    await changed((_, entries) => (entries['../../escaped.npy'] = new Uint8Array(4)));
    expect(await codeOf(openSession(path))).toBe('SESSION_DAMAGED');
  });

  it('is refused when it is a bomb, before it is unpacked', { timeout: 30_000 }, async () => {
    const wide = 8_000_000;
    const zeros = Buffer.concat([npyHeader([3, wide]), new Uint8Array(12 * wide)]);
    await changed((manifest, entries) => {
      entries[contributions] = zeros;
      Object.assign(manifest.runs[0]!.layers[0]!, { shape: [wide], unitAxis: 0 });
    });
    expect((await stat(path)).size).toBeLessThan(2 ** 20);
    const allocated = vi.spyOn(Buffer, 'allocUnsafe');
    expect(await codeOf(openSession(path, { room: 2 ** 24 }))).toBe('SESSION_TOO_LARGE');
    expect(Math.max(...allocated.mock.calls.map(([size]) => size))).toBeLessThan(2 ** 20);
    allocated.mockRestore();
  });

  it('is refused when an array is larger than its layer, before it is unpacked', async () => {
    await changed((_, entries) => {
      entries[contributions] = Buffer.concat([npyHeader([3, 1_000_000]), new Uint8Array(12_000_000)]);
    });
    const allocated = vi.spyOn(Buffer, 'allocUnsafe');
    await expect(openSession(path)).rejects.toThrow('has 12000128 bytes, more than the shape [3, 3, 4, 2]');
    expect(Math.max(...allocated.mock.calls.map(([size]) => size))).toBeLessThan(2 ** 20);
    allocated.mockRestore();
  });

  it.each([
    ['lists', '{"notes":"[[[","later":', '[', ']', '}'],
    ['values', '{"later":[', '0,', '', '0]}'],
  ])('is refused when its manifest is a bomb of %s, before it is parsed', async (what, begin, part, close, end) => {
    const count = what === 'lists' ? 2 ** 21 : 2 ** 24;
    const text = `${begin}${part.repeat(count)}${close.repeat(count)}${end}`;
    await writeFile(path, zipSync({ 'manifest.json': strToU8(text) }));
    const parsed = vi.spyOn(JSON, 'parse');
    // in this thread, where it can be watched
    await expect(readSession(path, () => undefined)).rejects.toThrow(
      `SESSION_TOO_LARGE: ${path}: the number of ${what} in manifest.json`,
    );
    expect(parsed).not.toHaveBeenCalled();
    parsed.mockRestore();
  });

  it('gives a session or a catalogue error after any mutation', { timeout: 120_000 }, async () => {
    const next = random(5);
    const whole = await readFile(path);
    const codes = new Map<string, number>();
    for (let round = 0; round < 400; round++) {
      const bytes = Buffer.from(round % 8 ? whole : whole.subarray(0, next() * whole.length));
      for (let change = 0; change < 1 + (round % 4); change++) {
        // Half of the changes meet the directory at the end, where the sizes and names are.
        const from = change % 2 ? Math.max(0, bytes.length - 1200) : 0;
        bytes[from + Math.floor(next() * (bytes.length - from))] = next() * 256;
      }
      await writeFile(path, bytes);
      const code = await openSession(path).then(
        () => 'opened',
        (error: unknown) => (error instanceof MhoError ? error.code : String(error)),
      );
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    for (const code of codes.keys()) expect(code).toMatch(/^(opened|SESSION_(DAMAGED|TOO_LARGE|NEWER))$/);
    expect(codes.get('SESSION_DAMAGED')).toBeGreaterThan(200);
  });

  it('gives a session or a catalogue error after any mutation of its manifest', { timeout: 120_000 }, async () => {
    const next = random(6);
    const entries = { ...unzipSync(await readFile(path)) };
    const manifest = entries['manifest.json']!;
    const codes = new Set<string>();
    for (let round = 0; round < 300; round++) {
      const bytes = Uint8Array.from(manifest);
      for (let change = 0; change < 1 + (round % 3); change++)
        bytes[Math.floor(next() * bytes.length)] = '0123456789-.,"[]{}nul'.charCodeAt(next() * 21);
      await writeFile(path, zipSync({ ...entries, 'manifest.json': bytes }, { level: 0 }));
      codes.add(
        await openSession(path).then(
          () => 'opened',
          (error: unknown) => (error instanceof MhoError ? error.code : String(error)),
        ),
      );
    }
    for (const code of codes) expect(code).toMatch(/^(opened|SESSION_(DAMAGED|TOO_LARGE|NEWER))$/);
    expect(codes).toContain('opened');
    expect(codes).toContain('SESSION_DAMAGED');
  });
});

describe('a session that is opened', () => {
  it('can be called off, before and while it is read', async () => {
    await saveSession(path, sampleSession());
    const control = new AbortController();
    control.abort();
    expect(await codeOf(openSession(path, { signal: control.signal }))).toBe('OPENING_CANCELLED');
    const later = new AbortController();
    const opening = codeOf(openSession(path, { signal: later.signal }));
    setImmediate(() => later.abort());
    expect(await opening).toBe('OPENING_CANCELLED');
  });

  it('has as many arrays as were saved', { timeout: 60_000 }, async () => {
    const session = sampleSession();
    const [run] = session.runs;
    const layers = Array.from({ length: 4000 }, (_, at) => {
      const data = Float32Array.of(at, 1, 2);
      const own = { contributions: data, units: data, unitError: data.slice(), spread: data.slice() };
      return { ...run!.layers[2]!, ...own, name: `l${at}` };
    });
    await saveSession(path, { ...session, runs: [{ ...run!, layers }] });
    expect((await openSession(path)).runs[0]!.layers).toHaveLength(4000);
  });

  it(
    'gives a session that can be shown and saved, or a catalogue error, whatever its manifest says',
    { timeout: 120_000 },
    async () => {
      await saveSession(path, adaptiveSession());
      const entries = unzipSync(await readFile(path));
      const manifest = JSON.parse(Buffer.from(entries['manifest.json']!).toString()) as object;
      const odd = [null, -1, 0, 5, 2 ** 31, 2 ** 53, 0.5, '', '__proto__', [], {}, true, '\u0000\ud800', [0], [null]];
      const next = random(21);
      const pick = <Each>(list: readonly Each[]): Each => list[Math.floor(next() * list.length)]!;
      let opened = 0;
      for (let round = 0; round < 300; round++) {
        const changed = structuredClone(manifest);
        let at = changed as Record<string, unknown>;
        let key = pick(Object.keys(at));
        for (let child = at[key]; next() < 0.85 && child !== null && typeof child === 'object'; child = at[key]) {
          const keys = Object.keys(child);
          if (keys.length === 0) break;
          at = child as Record<string, unknown>;
          key = pick(keys);
        }
        at[key] = structuredClone(pick(odd));
        await writeFile(path, zipSync({ ...entries, 'manifest.json': strToU8(JSON.stringify(changed)) }, { level: 1 }));
        const session = await openSession(path).catch((error: unknown) => error);
        if (session instanceof Error) {
          expect(session, JSON.stringify([key, at[key]])).toBeInstanceOf(MhoError);
          expect(session.message).not.toMatch(/Cannot read|is not a function|Invalid (typed )?array/);
          continue;
        }
        opened++;
        sessionTables(session as Session, 3);
        JSON.parse(sessionJson(session as Session, null, 3, true));
        await exportUnits(join(folder, 'a.csv'), session as Session);
        await saveSession(path, session as Session);
      }
      expect(opened).toBeGreaterThan(10);
    },
  );
});
