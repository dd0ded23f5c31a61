/** What a target is called by the model's labels, in every run that the terminal writes into a file, whichever command made it. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSession } from '../../src/main/engine/sessions';
import { mho } from './terminal';

const plain = join(import.meta.dirname, '../reference/cases/plain');
const CLASSES = ['ant', 'bee', 'cat', 'dog', 'elk', 'fox', 'gnu', 'hen', 'ibis', 'jay'];

let folder: string;
let model: string;
let classes = 0;
const names = (): string[] => CLASSES.slice(0, classes);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mho-labels-'));
  model = join(folder, 'model.keras');
  await cp(join(plain, 'model.keras'), model, { recursive: true });
  const { out } = await mho(['inspect', model, '--json']);
  const [output] = (JSON.parse(out) as { outputs: { shape: number[] }[] }).outputs;
  classes = output!.shape.at(-1)!;
  await writeFile(join(folder, 'names.txt'), names().join('\n'));
});
afterAll(() => rm(folder, { recursive: true }));

const asked = (): string[] => ['--input', join(plain, 'inputs.npz'), '--examples', '0,1', '--quiet'];

/** Per run, what its examples' targets are called. */
async function calledIn(path: string): Promise<(readonly (string | null)[] | null)[]> {
  const { runs } = await openSession(path);
  expect(runs.length).toBeGreaterThan(0);
  for (const { terms } of runs) expect(terms).toBeDefined();
  return runs.map(({ terms }) => terms![0]!.labels);
}

describe('what targets are called is kept', () => {
  it.each([
    ['attribute', ['--method', 'rescale']],
    ['judge', ['--methods', 'rescale,random', '--layers', 'conv3', '--no-sanity']],
    ['baselines', ['--among', 'zeros,0.5', '--method', 'rescale']],
  ])('by mho %s', async (command, words) => {
    const path = join(folder, `${command}.mho`);
    const { code, err } = await mho([command, model, ...asked(), ...words, '--labels', join(folder, 'names.txt'), '--out', path]); // prettier-ignore
    expect(code, err).toBe(0);
    for (const labels of await calledIn(path)) {
      expect(labels).toHaveLength(2);
      for (const label of labels!) expect(names()).toContain(label);
    }
  });

  it('by mho sample', async () => {
    const path = join(folder, 'sample.mho');
    const { code, err } = await mho(['sample', 'digits', '--out', path, '--quiet']);
    expect(code, err).toBe(0);
    for (const labels of await calledIn(path)) for (const label of labels!) expect(label).toMatch(/^\d$/);
  });

  it('by a run that goes on, whose model has got names since', async () => {
    const path = join(folder, 'on.mho');
    const first = await mho(['attribute', model, ...asked(), '--method', 'nig', '--tolerance', '20%', '--out', path]);
    expect(first.code, first.err).toBe(0);
    expect(await calledIn(path)).toEqual([null]);
    await writeFile(join(folder, 'labels.txt'), names().join('\n'));
    const on = await mho(['attribute', '--continue', path, '--tolerance', '1%', '--quiet']);
    expect(on.code, on.err).toBe(0);
    const [labels] = await calledIn(path);
    for (const label of labels!) expect(names()).toContain(label);
  });
});
