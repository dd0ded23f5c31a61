/** Baselines as a command line asks for them: words, files, their faults; recorded in the session, and repeated by what is recorded. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InputPort } from '../../src/contract/data';
import { npyBytes, npyHeader } from '../../src/main/engine/data/npy';
import { openSession } from '../../src/main/engine/sessions';
import { baselineFrom, type Compared } from '../../src/main/hosts/terminal/baselines';
import { amongFrom } from '../../src/main/hosts/terminal/commands/baselines';
import { mho } from './terminal';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mho-baselines-'));
});
afterAll(() => rm(folder, { recursive: true }));

const port = (name: string): InputPort => ({ name, shape: [1], dtype: 'float32' });
const two = [port('left'), port('right')];
const four = { shape: [4, 1], data: Float32Array.of(0, 1, 2, 3) };
const compared = (...rows: number[]): Compared => {
  const arrays = { left: four, right: four };
  const varied = { walked: two.map(({ name }) => ({ name, behind: [] })), held: [] };
  return { ports: two, varied, inputs: arrays, examples: rows, rows, group: { arrays, places: [0, 1, 2, 3] } };
};
async function rows(name: string, ...values: number[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, Buffer.concat([npyHeader([values.length, 1]), npyBytes(Float32Array.from(values))]));
  return path;
}

describe('baselineFrom', () => {
  it.each([
    ['zeros', 0],
    ['0.25', 0.25],
    ['-1e-3', -0.001],
  ])('%s', async (word, value) => {
    const { of } = await baselineFrom([word], two, false);
    expect(of(compared(0))).toEqual({ kind: 'constant', value });
  });

  it('takes files as references, or row by row for the chosen examples', async () => {
    const words = [`left=${await rows('left.npy', 1, 2, 3, 4)}`, `right=${await rows('right.npy', 10, 11, 12, 13)}`];
    const references = await baselineFrom(words, two, false);
    expect(references.of(compared(1, 3))).toMatchObject({ kind: 'arrays', arrays: { left: { shape: [4, 1] } } });
    const each = await baselineFrom(words, two, true);
    expect(each.of(compared(1, 3))).toEqual({
      kind: 'arrays',
      perExample: true,
      arrays: {
        left: { shape: [2, 1], data: Float32Array.of(2, 4) },
        right: { shape: [2, 1], data: Float32Array.of(11, 13) },
      },
    });
  });

  it('takes the mean of a file in place of the inputs’', async () => {
    const words = [`mean:left=${await rows('l.npy', 10, 30)}`, `right=${await rows('r.npy', 5, 5)}`];
    const { of, source } = await baselineFrom(words, two, false);
    expect(of(compared(0))).toMatchObject({
      arrays: { left: { shape: [1, 1], data: Float32Array.of(20) }, right: { data: Float32Array.of(5) } },
      chosen: [{ kind: 'mean', made: { kind: 'mean', ofFile: true } }, {}],
    });
    expect(source!.parts.map(({ input }) => input)).toEqual(['left', 'right']);
  });

  it.each(['noise:x', 'blur:0', 'shuffle*0', 'example:'])('says how %s is written', async (word) => {
    await expect(baselineFrom([word], two, false)).rejects.toThrow(/USAGE: .* is no baseline; it is written /);
  });
});

describe('mho attribute', () => {
  const motif = join(import.meta.dirname, '../reference/cases/motif');
  const asked = (...baseline: string[]) => ['attribute', join(motif, 'model.keras'), '--input', join(motif, 'inputs.npz'), '--examples', '1', '--target', 'logits:0', '--method', 'rescale', '--baseline', ...baseline]; // prettier-ignore

  it('draws shuffles, says so, and records what repeats them: the same bytes', async () => {
    const [first, second] = [join(folder, 'a.mho'), join(folder, 'b.mho')];
    const told = await mho([...asked('shuffle:3*4'), '--out', first]);
    expect(told.code, told.err).toBe(0);
    expect(told.err).toMatch(
      /Compared with: \S+: its positions shuffled, pairs of neighbouring letters kept, seed 3, 4 references/,
    );
    expect((await mho([...asked('shuffle:3*4'), '--out', second])).code).toBe(0);
    const [a, b] = [await openSession(first), await openSession(second)];
    const [baseline, again] = [a.questions[0]!.baseline, b.questions[0]!.baseline];
    expect(baseline).toMatchObject({
      kind: 'arrays',
      perExample: true,
      references: 4,
      chosen: [{ kind: 'shuffle', why: 'asked', made: { kind: 'shuffle', seed: 3, count: 4 } }],
    });
    expect(again).toEqual(baseline);
    expect([...a.runs[0]!.layers.at(-1)!.spread!].some((each) => each > 0)).toBe(true);
  });

  it('compares with other examples and the mean of all that were given', async () => {
    const session = join(folder, 'c.mho');
    expect((await mho([...asked('example:0,2'), '--out', session])).code).toBe(0);
    const { baseline, inputs } = (await openSession(session)).questions[0]!;
    expect(baseline.kind === 'arrays' && Object.values(baseline.arrays)[0]!.shape[0]).toBe(2);
    expect(Object.values(inputs)[0]!.shape[0]).toBe(1);
    const outside = await mho(asked('example:99'));
    expect(outside.err).toContain('EXAMPLES_RANGE: Examples 99 were asked for');
    const wrong = await mho(asked('noise*9999'));
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('noise[:SEED][*COUNT]') as unknown]);
  });
});

describe('mho baselines', () => {
  const motif = join(import.meta.dirname, '../reference/cases/motif');
  const words = (...more: string[]) => ['baselines', join(motif, 'model.keras'), '--input', join(motif, 'inputs.npz'), '--examples', '0-1', '--target', 'logits:0', '--method', 'rescale', ...more]; // prettier-ignore

  it('tells one target under several baselines, and keeps a run of each', async () => {
    const path = join(folder, 'among.mho');
    const { out, err, code } = await mho(words('--among', 'zeros,mean,example:2,3', '--layers', 'conv1', '--out', path)); // prettier-ignore
    expect(code, err).toBe(0);
    expect(out).toMatch(/Example 1: logits\[0\] is \S+ at the input/);
    expect(out).toMatch(/│ example:2,3 +│/);
    expect(out).toMatch(/conv1: Of the \d+ first units under zeros \d+ stays? among the first/);
    const { questions, runs } = await openSession(path);
    expect(runs).toHaveLength(3);
    expect(questions.map(({ baseline }) => baseline.chosen?.[0]!.kind ?? baseline.kind)).toEqual(['constant', 'mean', 'examples']); // prettier-ignore
  });

  it('as JSON: contributions as the runs have them, F at each baseline', async () => {
    const { out, err, code } = await mho(words('--among', 'zeros,noise:1*2', '--layers', 'conv1', '--json'));
    expect(code, err).toBe(0);
    const told = JSON.parse(out) as { examples: { example: number; baselines: { word: string; atBaseline: number }[]; layers: { units: { unit: number; values: number[] }[] }[] }[] }; // prettier-ignore
    expect(told.examples.map(({ example }) => example)).toEqual([0, 1]);
    const run = await mho(['attribute', ...words('--layers', 'conv1', '--baseline', 'noise:1*2', '--json').slice(1)]);
    const { runs } = JSON.parse(run.out) as { runs: { atBaseline: number[]; layers: { units: number[][] }[] }[] };
    for (const place of [0, 1]) {
      const { baselines, layers } = told.examples[place]!;
      expect(baselines[1]).toEqual({ word: 'noise:1*2', atBaseline: runs[0]!.atBaseline[place] });
      for (const { unit, values } of layers[0]!.units) expect(values[1]).toBe(runs[0]!.layers[0]!.units[place]![unit]);
    }
  });

  it('leaves out what cannot be made, with why; two are the least', async () => {
    const told = await mho(words('--among', 'zeros,padding,mean', '--quiet'));
    expect(told.code, told.err).toBe(0);
    expect(told.err).toContain('Left out: BASELINE_PADDING');
    expect((await mho(words('--among', 'zeros,padding'))).err).toContain('BASELINE_PADDING');
    expect((await mho(words('--among', 'zeros'))).code).toBe(2);
    expect(amongFrom('zeros, example:1,2,0.5,mean')).toEqual(['zeros', 'example:1,2', '0.5', 'mean']);
  });
});

it('a baseline that is the input itself is said to be it', async () => {
  const plain = join(import.meta.dirname, '../reference/cases/plain');
  const asked = ['baselines', join(plain, 'model.keras'), '--input', join(plain, 'inputs.npz'), '--examples', '1', '--method', 'rescale']; // prettier-ignore
  const { out, code } = await mho([...asked, '--among', 'zeros,example:1']);
  expect(code).toBe(0);
  expect(out).toContain('Against example:1 every contribution is 0: it is the input itself');
  expect(out).not.toContain('Against zeros');
});
