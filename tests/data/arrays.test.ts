import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readArrays } from '../../src/main/engine/data';
import { npyBytes, npyHeader } from '../../src/main/engine/data/npy';
import { random } from '../random';
import { MhoError } from '../../src/contract/errors';

const cases = resolve(import.meta.dirname, '../reference/cases');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mho-data-'));
});
afterAll(() => rm(folder, { recursive: true }));

const npy = (shape: number[], data: number[]): Uint8Array =>
  Buffer.concat([npyHeader(shape), npyBytes(Float32Array.from(data))]);
const written = async (name: string, bytes: Uint8Array): Promise<string> => {
  await writeFile(join(folder, name), bytes);
  return join(folder, name);
};

describe('readArrays', () => {
  it('reads what numpy wrote: stored and deflated, float32, float64 and int64', async () => {
    const inputs = await readArrays(join(cases, 'plain/inputs.npz'));
    expect(Object.keys(inputs)).toEqual(['input_0', 'baseline_0', 'output']);
    expect(inputs['input_0']!.shape).toEqual([8, 8, 8, 1]);
    const truth = await readArrays(join(cases, 'plain/truth.npz'));
    expect(truth['delta']!.shape).toEqual([4]);
    expect(Array.from(truth['target_index']!.data).every(Number.isInteger)).toBe(true);
  });

  it('reads one array, named as its file', async () => {
    const path = await written('image.npy', npy([2, 2], [1, 2, 3, 4]));
    expect(await readArrays(path)).toEqual({ image: { shape: [2, 2], data: new Float32Array([1, 2, 3, 4]) } });
  });

  it('keeps the order of an archive, and passes over what is no array', async () => {
    const archive = zipSync({ 'b.npy': npy([1], [1]), 'readme.txt': new Uint8Array(3), 'a.npy': npy([1], [2]) });
    expect(Object.keys(await readArrays(await written('order.npz', archive)))).toEqual(['b', 'a']);
  });

  it('tells files apart by content', async () => {
    const path = await written('named.wrongly', npy([1], [1]));
    expect((await readArrays(path))['named.wrongly']!.shape).toEqual([1]);
  });

  it.each([
    ['empty.npz', new Uint8Array(), 'INPUT_FILE: {} cannot be read as .npy or .npz: it is empty.'],
    ['text.npz', Buffer.from('x,y\n1,2\n'), 'INPUT_FILE: {} cannot be read as .npy or .npz: it is neither.'],
    ['none.npz', zipSync({ 'a.txt': new Uint8Array(1) }), 'INPUT_FILE: {} cannot be read as .npz: it holds no arrays.'],
    [
      'short.npy',
      npy([2], [1, 2]).subarray(0, 130),
      'INPUT_FILE: {} cannot be read as .npy: it ends after 2 of 8 bytes of a [2] array.',
    ],
    ['short.npz', zipSync({ 'a.npy': npy([1], [1]) }).subarray(0, 60), 'INPUT_FILE: {} cannot be read as .npz: '],
  ])('says what is wrong with %s', async (name, bytes, message) => {
    const path = await written(name, bytes);
    await expect(readArrays(path)).rejects.toThrow(message.replace('{}', path));
  });

  it('refuses pickled objects', async () => {
    const text = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n";
    const pickled = Buffer.concat([npyHeader([1]).subarray(0, 8), Buffer.from([text.length, 0]), Buffer.from(text)]);
    const path = await written('pickled.npy', pickled);
    await expect(readArrays(path)).rejects.toThrow(`INPUT_TYPE: ${path} holds Python objects, expected numbers.`);
  });

  it('says that a file does not exist', async () => {
    await expect(readArrays(join(folder, 'missing.npz'))).rejects.toThrow('it does not exist');
  });

  it('survives mutations of an archive', { timeout: 60_000 }, async () => {
    const next = random(11);
    const whole = zipSync({ 'a.npy': npy([2, 2], [1, 2, 3, 4]), 'b.npy': npy([3], [5, 6, 7]) });
    const path = join(folder, 'mutated.npz');
    let refused = 0;
    for (let round = 0; round < 300; round++) {
      const bytes = Uint8Array.from(round % 5 ? whole : whole.subarray(0, next() * whole.length));
      for (let change = 0; change < 1 + (round % 3); change++) bytes[Math.floor(next() * bytes.length)] = next() * 256;
      await writeFile(path, bytes);
      try {
        await readArrays(path);
      } catch (error) {
        expect((error as MhoError).code).toMatch(/^INPUT_(FILE|TYPE|TOO_LARGE)$/);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});
