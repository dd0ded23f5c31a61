/** The reader of Keras's own layout of HDF5 gives what the HDF5 library gives, or leaves a file to it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { readByLibrary } from '../../src/main/engine/formats/hdf5';
import { readClassic } from '../../src/main/engine/formats/hdf5Classic';
import type { Extracted } from '../../src/main/engine/formats/hdf5Thread';
import { openRegular } from '../../src/main/engine/formats/files';
import { openArchive } from '../../src/main/engine/formats/zip';
import { random } from '../random';
import { CASES, temporaryFolder } from './broken';
import { deep, unrolled } from './deep';
import { bytes as mutate } from './mutators';

type Objects = ReadonlyMap<string, Extracted>;
const LIMIT = 2 ** 28;
const ours = (bytes: Uint8Array<ArrayBuffer>): Objects | null => readClassic(bytes, LIMIT, () => undefined);
/** The library's answer; a text where it refuses the file. */
const library = (bytes: Uint8Array<ArrayBuffer>): Promise<Objects | string> =>
  readByLibrary(Uint8Array.from(bytes), LIMIT, () => undefined, (reason) => new Error(reason) as never).catch((error: Error) => error.message); // prettier-ignore

/** The bytes of an `.h5`, or of the weights in a `.keras`. */
async function bytesAt(path: string): Promise<Uint8Array<ArrayBuffer>> {
  if (path.endsWith('.h5')) return Uint8Array.from(readFileSync(path));
  const file = await openRegular(path);
  const archive = await openArchive(file);
  const bytes = Uint8Array.from(await archive.read('model.weights.h5', 2 ** 30));
  await file.close();
  return bytes;
}

/** Numbers as lists, so that a view of a larger buffer and one of its own compare alike. */
const plain = ({ array, ...rest }: Extracted): object => ({
  ...rest,
  array: array && { ...array, raw: Buffer.from(array.raw).toString('base64') },
});

const TESTS = resolve(import.meta.dirname, '..');
/** Arrays in pieces, newer headers and what is no number are left to the library. */
const LEFT = /bfloat16|storage\/(chunked|packed|latest|linked|external|virtual|unwritten|partlyWritten)/;

const FILES = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(h5|keras)$/.test(name));
it.each(FILES.sort())('%s', async (name) => {
  const bytes = await bytesAt(join(TESTS, name));
  const own = ours(bytes);
  if (LEFT.test(name)) return expect(own).toBeNull();
  const theirs = await library(bytes);
  expect([...own!.keys()]).toEqual([...(theirs as Objects).keys()]);
  for (const [path, each] of own!) expect(plain(each)).toEqual(plain((theirs as Objects).get(path)!));
});

const MUTATIONS = Number(process.env['MHO_MUTATIONS'] ?? 1_000);
it.each(['gated/model_keras2.h5', 'motif/model.h5', 'plain/model.keras'])(
  '%s damaged: nothing else than the library, unless that sees damage',
  { timeout: 60_000 + 300 * MUTATIONS },
  async (model) => {
    const original = await bytesAt(join(CASES, model));
    const next = random(15);
    let answered = 0;
    for (let i = 0; i < MUTATIONS / 5; i++) {
      const bytes = Uint8Array.from(await mutate(original, next));
      const own = ours(bytes);
      if (own === null) continue;
      answered++;
      const theirs = await library(bytes);
      if (typeof theirs === 'string') continue;
      const sees = (path: string): boolean =>
        [...theirs].some(([at, { fault }]) => fault !== null && (at === '/' || `${path}/`.startsWith(`${at}/`)));
      const paths = (all: Objects): readonly string[] => [...all.keys()].filter((path) => !sees(path));
      expect(paths(own), `mutation ${i}`).toEqual(paths(theirs));
      for (const path of paths(own)) {
        const [mine, its] = [own.get(path)!, theirs.get(path)!];
        // Of an object with one damaged attribute the library tells none.
        const told = Object.entries(its.attributes).filter(([, texts]) => typeof texts !== 'string');
        const attributes = { ...mine.attributes, ...Object.fromEntries(told) };
        expect(plain(mine), `mutation ${i}`).toEqual(plain({ ...its, attributes }));
      }
    }
    expect(answered).toBeGreaterThan(MUTATIONS / 100);
  },
);

const folder = temporaryFolder();

it('reads what Keras writes of thousands of layers', async () => {
  const { path } = await deep('.h5', folder, unrolled(4_000));
  const bytes = Uint8Array.from(readFileSync(path));
  const own = ours(bytes)!;
  const theirs = (await library(bytes)) as Objects;
  expect([...own.keys()]).toEqual([...theirs.keys()]);
  for (const [at, each] of own) expect(plain(each)).toEqual(plain(theirs.get(at)!));
});

it('ends where parts of a file lie in one another, or a heap has no end', async () => {
  const original = await bytesAt(join(CASES, 'gated/model_keras2.h5'));
  const changed = (change: (bytes: Buffer) => void): Uint8Array<ArrayBuffer> => {
    const copy = Buffer.from(original);
    change(copy);
    return Uint8Array.from(copy);
  };
  const tree = Buffer.from(original).indexOf('TREE');
  // The tree's first branch is the tree itself.
  const inItself = changed((copy) => {
    copy[tree + 5] = 1;
    copy.writeBigUInt64LE(BigInt(tree), tree + 32);
  });
  expect(ours(inItself)).toBeNull();
  const heap = Buffer.from(original).indexOf('GCOL');
  const endless = changed((copy) => copy.fill(0, heap + 16, heap + 32));
  expect(ours(endless)).toBeNull();
  expect(ours(Uint8Array.from(original.subarray(0, original.length - 1)))).toBeNull();
});
