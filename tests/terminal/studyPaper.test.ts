/** `mho study-paper`: what it tells, writes and refuses, that the same seed tells the same, and that Ctrl-C keeps what is done. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Study } from '../../src/main/engine/study';
import { run } from '../../src/main/hosts/terminal/program';
import { mho } from './terminal';

const plain = join(import.meta.dirname, '../reference/cases/plain');
const of = (...words: string[]) =>
  mho(['study-paper', join(plain, 'model.keras'), '--input', join(plain, 'inputs.npz'), '--steps', '8', '--quiet', ...words]); // prettier-ignore

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mho-study-'));
  await writeFile(join(folder, 'truth.csv'), 'kind\na\nb\na\nb\na\nb\na\nb\n');
});
afterAll(() => rm(folder, { recursive: true }));

/** Without what differs from one moment to the next. */
const told = (out: string): unknown =>
  JSON.parse(out, (key, value: unknown) => (['milliseconds', 'created', 'all', 'alone'].includes(key) ? null : value));

describe('mho study-paper', () => {
  it('answers the questions in tables, and writes them and their numbers', async () => {
    const out = join(folder, 'plain');
    const { code, ...texts } = await of('--layers', 'conv3,dense1', '--truth', join(folder, 'truth.csv'), '--out', out);
    expect(code, texts.err).toBe(0);
    for (const title of [
      'Total Conductance by its original formula, beside NIG',
      'What methods cost',
      'NIG beside DeepLIFT Rescale',
      'Whom the network bears out',
      'Scores beside the ablation of single units',
      'Units ablated until the top class is another one',
      'Units as features: conv3',
      'Units by sign over classes',
    ])
      expect(texts.out).toContain(`${title}\n`);
    expect(texts.out).toMatch(
      /Formula of conductance │ +4,914 │ +\S+ m?s │ +\S+ m?s \(4,617 passes\) │ +\S+ m?s \(297 passes\)/,
    );
    expect(texts.out).toContain('for all 9 layers of the model it would take');
    expect(texts.out).toContain('on 2 examples of each of 2 classes (as given)');
    expect(texts.out).toContain('the share of 4 other examples');
    expect(texts.out).not.toContain('Units that answer');
    const study = JSON.parse(await readFile(join(out, 'study.json'), 'utf8')) as Study;
    expect(study).toMatchObject({ complete: true, steps: 8, seed: 0, layers: ['conv3', 'dense1'], contrast: null });
    // F is additive over dense1: what one unit's ablation takes is its gradient × activation.
    const [, dense1] = study.ablation!.layers;
    expect(dense1!.scores.find(({ score }) => score === 'gradient-activation')!.correlation!.low).toBeCloseTo(1, 4);
    expect(study.conductance!.layers.map(({ passes }) => passes)).toEqual([9 * 513, 9 * 33]);
    const page = await readFile(join(out, 'study.md'), 'utf8');
    expect(page).toMatch(/^# .+: the papers' questions\n\nmodel.keras, 8 examples of inputs.npz; seed 0\.\n\n## Total/);
    expect(page).toContain('\n| Layer | Neurons |');
  });

  it('says the same by the same seed, and what changed inputs do', async () => {
    const words = ['--layers', 'dense1', '--json', '--examples', '0-2', '--contrast', join(plain, 'inputs.npz')];
    const [first, again] = [await of(...words), await of(...words)];
    expect(first.code, first.err).toBe(0);
    expect(told(again.out)).toEqual(told(first.out));
    expect(told((await of(...words, '--seed', '5')).out)).not.toEqual(told(first.out));
    expect((JSON.parse(first.out) as Study).contrast).toMatchObject({ pairs: 3, change: 0 });
    const timeless = [await of(...words, '--no-times'), await of(...words, '--no-times')];
    expect(timeless[1]!.out).toBe(timeless[0]!.out);
    expect(timeless[0]!.out).not.toMatch(/created|milliseconds/);
  });

  it('keeps the parts that are done at Ctrl-C', async () => {
    const out = join(folder, 'ended');
    const screen = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
    let stop = (): unknown => null;
    screen.on('data', (text: Buffer) => /costs|judge/.test(text.toString()) && stop());
    const words = ['study-paper', join(plain, 'model.keras'), '--input', join(plain, 'inputs.npz'), '--steps', '64', '--out', out, '--layers', 'dense1']; // prettier-ignore
    const code = await run(words, {
      out: () => undefined,
      err: () => undefined,
      screen: screen as unknown as NodeJS.WriteStream,
      columns: 80,
      onInterrupt: (each) => {
        stop = each;
        return () => (stop = () => null);
      },
    });
    expect(code).toBe(130);
    const study = JSON.parse(await readFile(join(out, 'study.json'), 'utf8')) as Study;
    expect(study.complete).toBe(false);
    expect(study.conductance!.layers).toHaveLength(1);
    expect(study.ablation).toBeNull();
    expect(study.signs).toBeNull();
  });

  it('makes the folders that it writes to, and refuses one that cannot be made at once', async () => {
    const refused = await of('--out', '/proc/nowhere/at/all');
    expect(refused.err).toContain('FILE_WRITE: ');
    expect(refused.code).toBe(1);
    const out = join(folder, 'a/b/c');
    const ended = await of('--out', out, '--layers', 'conv9');
    expect(ended.err).toContain('LAYER_UNKNOWN');
    expect((await stat(out)).isDirectory()).toBe(true);
  });

  it.each([
    [['--steps', '7'], 'USAGE', 2],
    [['--layers', 'conv9'], 'LAYER_UNKNOWN', 1],
    [['--contrast', 'nowhere.npz'], 'INPUT_FILE', 1],
    [['--truth', 'nowhere.csv'], 'INPUT_FILE', 1],
  ])('refuses %j', async (words, fault, code) => {
    const refused = await of(...words);
    expect(refused.err).toContain(`${fault}: `);
    expect(refused.code).toBe(code);
  });
});
