import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelSummary, PortSummary } from '../../src/contract/model';
import { npyBytes, npyHeader } from '../../src/main/engine/data/npy';
import { exampleList, gathered, selectExamples, targetFrom } from '../../src/main/hosts/terminal/inputs';
import { percent, plain, signed } from '../../src/main/hosts/terminal/numbers';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mho-inputs-'));
});
afterAll(() => rm(folder, { recursive: true }));

const npy = (value: number, rows = 1): Uint8Array =>
  Buffer.concat([npyHeader([rows, 1]), npyBytes(Float32Array.from({ length: rows }, (_, row) => value + row))]);
async function npz(name: string, entries: Record<string, number>, rows = 1): Promise<string> {
  const files = Object.entries(entries).map(([entry, value]) => [`${entry}.npy`, npy(value, rows)]);
  await writeFile(join(folder, name), zipSync(Object.fromEntries(files) as Record<string, Uint8Array>));
  return join(folder, name);
}
const port = (name: string): PortSummary => ({ name, shape: [1], dtype: 'float32' });
const two = [port('left'), port('right')];
const values = (arrays: Record<string, { data: Float32Array }>) =>
  Object.fromEntries(Object.entries(arrays).map(([name, { data }]) => [name, data[0]]));

describe('gathered', () => {
  it('goes by name, whatever the order', async () => {
    const path = await npz('named.npz', { extra: 9, right: 2, left: 1 });
    const { groups, ignored } = await gathered([path], two, 'input');
    expect(values(groups[0]!.arrays)).toEqual({ left: 1, right: 2 });
    expect(ignored).toEqual(['extra']);
  });

  it('goes by number, each kind its own', async () => {
    const path = await npz('numbered.npz', { input_1: 2, input_0: 1, baseline_0: 3, baseline_1: 4 });
    expect(values((await gathered([path], two, 'input')).groups[0]!.arrays)).toEqual({ left: 1, right: 2 });
    expect(values((await gathered([path], two, 'baseline')).groups[0]!.arrays)).toEqual({ left: 3, right: 4 });
  });

  it('else goes in order, and says what is left over', async () => {
    const path = await npz('order.npz', { a: 1, b: 2, c: 3 });
    const { groups, ignored } = await gathered([path], two, 'input');
    expect(values(groups[0]!.arrays)).toEqual({ left: 1, right: 2 });
    expect(ignored).toEqual(['c']);
  });

  it('takes NAME=FILE, and fills the others in order', async () => {
    await writeFile(join(folder, 'x.npy'), npy(5));
    await writeFile(join(folder, 'y=1.npy'), npy(6));
    const words = [`right=${join(folder, 'x.npy')}`, join(folder, 'y=1.npy')];
    expect(values((await gathered(words, two, 'input')).groups[0]!.arrays)).toEqual({ right: 5, left: 6 });
  });

  it('refuses a name the model has not, and an archive from which NAME cannot be told', async () => {
    await writeFile(join(folder, 'x.npy'), npy(5));
    await expect(gathered([`rihgt=${join(folder, 'x.npy')}`], two, 'input')).rejects.toThrow(
      'INPUT_UNKNOWN: The model has no input rihgt (did you mean right?). The model needs: left, right.',
    );
    const path = await npz('many.npz', { a: 1, b: 2 });
    await expect(gathered([`left=${path}`], two, 'input')).rejects.toThrow('it holds a, b, but no left');
  });
});

describe('exampleList', () => {
  it.each([
    [undefined, [0, 1, 2, 3]],
    ['0-2', [0, 1, 2]],
    ['3,0', [3, 0]],
    ['1-1,0-2', [1, 0, 2]],
  ])('%s', (text, examples) => expect(exampleList(text, 4)).toEqual(examples));

  it.each(['4', '2-4', '3-1'])('refuses %s of 4', (text) => {
    expect(() => exampleList(text, 4)).toThrow(
      `EXAMPLES_RANGE: Examples ${text} were asked for, the inputs hold 4. Choose from 0 to 3.`,
    );
  });
});

describe('selectExamples', () => {
  it('picks rows of every array', () => {
    const array = { shape: [3, 2], data: Float32Array.of(0, 1, 2, 3, 4, 5) };
    expect(selectExamples({ a: array }, [2, 0])).toEqual({ a: { shape: [2, 2], data: Float32Array.of(4, 5, 0, 1) } });
  });
});

describe('targetFrom', () => {
  const model = {
    outputs: [port('classes')],
    layers: [{ name: 'conv' }, { name: 'conv:2' }],
  } as unknown as ModelSummary;
  it.each([
    [undefined, { index: 'argmax' }],
    ['classes', { layer: 'classes', index: 'argmax' }],
    ['classes:3', { layer: 'classes', index: 3 }],
    ['classes:argmax', { layer: 'classes', index: 'argmax' }],
    ['conv:1,2,3', { layer: 'conv', index: [1, 2, 3] }],
    ['conv:2', { layer: 'conv:2', index: 'argmax' }],
    ['conv:2:7', { layer: 'conv:2', index: 7 }],
    ['7', { index: 7 }],
    [':7', { index: 7 }],
    ['clases', { layer: 'clases', index: 'argmax' }],
  ])('%s', (text, target) => {
    expect(targetFrom(text, model, false)).toEqual(target);
    expect(targetFrom(text, model, true)).toEqual({ ...target, afterActivation: true });
  });
});

describe('numbers', () => {
  it('have three significant digits', () => {
    expect([0, 0.12345, -4.567e-8, 12345, NaN].map(plain)).toEqual(['0', '0.123', '-4.57e-8', '12300', 'NaN']);
    expect([1.5, 0, -2].map(signed)).toEqual(['+1.5', '0', '-2']);
  });

  it('say no percentage of next to nothing', () => {
    expect([percent(0.5, -2), percent(1e-9, 1), percent(1e-9, 1e-9)]).toEqual(['25 %', '< 0.01 %', '']);
  });
});
