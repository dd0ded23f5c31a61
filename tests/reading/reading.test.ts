/** Whatever is being read can be ended, at once, and takes no more than it is given; the next file is read as before. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { encode as encodeJpeg } from 'jpeg-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readArrays, readData } from '../../src/main/engine/data';
import { readInThread } from '../../src/main/engine/reading';
import { openSession, saveSession } from '../../src/main/engine/sessions';
import { EXIT } from '../../src/main/hosts/terminal/terminal';
import { sampleSession } from '../sessions/sample';
import { mho } from '../terminal/terminal';

const plain = join(import.meta.dirname, '../reference/cases/plain');
const port = { name: 'image', shape: [8, 8, 3], dtype: 'float32' } as const;
const side = 4000;
/** Milliseconds: well into the work, well before its end. */
const INTO_IT = 300;
/** Milliseconds of processor time, in which a thread that hears nothing is ended; the work itself takes longer. By the clock, others count. */
const AT_ONCE = 1000;

let folder: string;
/** Seconds in one library's call, and in one call of JSON.parse and what follows. */
let picture: string;
let session: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mho-reading-'));
  picture = join(folder, 'large.jpeg');
  await writeFile(picture, encodeJpeg({ width: side, height: side, data: new Uint8Array(4 * side * side) }, 50).data);
  session = join(folder, 'large.mho');
  const text = `{"a":[${'[1],'.repeat(1.5e6)}0]}`;
  await writeFile(session, zipSync({ 'manifest.json': [strToU8(text), { level: 1 }] }));
});
afterAll(() => rm(folder, { recursive: true }));

/** Ends some work after a while. @returns what it came to, and how much of the processor that took after the end */
async function ended(work: (signal: AbortSignal) => Promise<unknown>): Promise<{ code: unknown; ms: number }> {
  const control = new AbortController();
  let at = process.cpuUsage();
  setTimeout(() => {
    at = process.cpuUsage();
    control.abort();
  }, INTO_IT);
  const code = await codeOf(work(control.signal));
  const { user, system } = process.cpuUsage(at);
  return { code, ms: (user + system) / 1000 };
}
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'read',
    (error: { code: unknown }) => error.code,
  );

describe('cancelled in the middle', () => {
  it('a picture that is being unpacked is let go at once, and the next file is read', async () => {
    const { code, ms } = await ended((signal) => readData([picture], [port], {}, { signal }));
    expect(code).toBe('OPENING_CANCELLED');
    expect(ms).toBeLessThan(AT_ONCE);
    expect(Object.keys(await readArrays(join(plain, 'inputs.npz'))).length).toBeGreaterThan(0);
  });

  it('a session whose manifest is being parsed likewise', async () => {
    const room = 2 ** 32;
    const { code, ms } = await ended((signal) => openSession(session, { signal, room }));
    expect(code).toBe('OPENING_CANCELLED');
    expect(ms).toBeLessThan(AT_ONCE);
    const small = join(folder, 'small.mho');
    await saveSession(small, sampleSession());
    expect(await openSession(small)).toEqual(sampleSession());
  });

  it('leaves the loop of events free meanwhile', async () => {
    const control = new AbortController();
    let turns = 0;
    // Were it not free, the picture would be there before.
    const timer = setInterval(() => ++turns === INTO_IT / 10 && control.abort(), 10);
    const code = await codeOf(readData([picture], [port], {}, { signal: control.signal }));
    clearInterval(timer);
    expect(code).toBe('OPENING_CANCELLED');
  });
});

describe('Ctrl-C in a terminal', () => {
  it.each([
    ['show', () => ['show', session]],
    ['export', () => ['export', session, '--csv', join(folder, 'a.csv')]],
  ] as const)('ends %s with the code of an interrupt', async (_, words) => {
    const { code, err } = await mho(words(), (stop) => void setTimeout(stop, 1));
    expect(code).toBe(EXIT.SIGINT);
    expect(err).toMatch(/^OPENING_CANCELLED: Opening large.mho was cancelled/);
  });

  it.each(['--input', '--baseline'])('ends attribute while it reads a file of %s', async (option) => {
    const inputs = option === '--input' ? [picture] : [join(plain, 'inputs.npz'), '--baseline', picture];
    let listened = 0;
    const { code, err } = await mho(
      ['attribute', join(plain, 'model.keras'), '--quiet', '--input', ...inputs],
      // The model is opened first; then each file is listened for.
      (stop) => void (++listened === (option === '--input' ? 2 : 3) && setTimeout(stop, 1)),
    );
    expect({ code, err }).toEqual({ code: EXIT.SIGINT, err: expect.stringMatching(/^OPENING_CANCELLED: /) as string });
  });
});

it('objects that the thread cannot hold are an error of the catalogue, whatever the budget says', async () => {
  const asked = { path: session, room: 2 ** 40 };
  await expect(readInThread('session', asked, { heapMb: 32 })).rejects.toMatchObject({
    code: 'SESSION_TOO_LARGE',
    details: { path: session, what: 'the memory for its runs and layers', have: 'above 32 MB', limit: '32 MB' },
  });
  expect(Object.keys(await readArrays(join(plain, 'inputs.npz'))).length).toBeGreaterThan(0);
});
