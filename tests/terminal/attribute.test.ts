import * as tf from '@tensorflow/tfjs-core';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { encode as encodePng } from 'fast-png';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readArrays } from '../../src/main/engine/data';
import { npyBytes, npyHeader } from '../../src/main/engine/data/npy';
import { openSession } from '../../src/main/engine/sessions';
import { mho, type Outcome } from './terminal';
import { watchProgress } from './watched';

vi.mock('../../src/main/engine/attribution', async (original) => (await import('./watched')).watched(original));

const cases = resolve(import.meta.dirname, '../reference/cases');
const folder = await mkdtemp(join(tmpdir(), 'mho-attribute-'));
afterAll(() => rm(folder, { recursive: true }));

interface Shown {
  readonly session: string | null;
  readonly model: { readonly name: string };
  readonly runs: {
    readonly method: string;
    readonly rule: string | null;
    readonly steps: number;
    readonly target: string[];
    readonly delta: number[];
    readonly complete: boolean;
    readonly examples: number[];
    readonly pathStart: string | null;
    readonly layers: {
      readonly name: string;
      readonly cut: boolean;
      readonly sum: number[];
      readonly residual: number[] | null;
      readonly error: number[] | null;
      readonly contributions: number[][];
    }[];
  }[];
  readonly errors: { readonly code: string }[];
}
const shown = ({ out }: Outcome): Shown => JSON.parse(out) as Shown;

/** The command line of a reference case. */
const asked = (name: string, ...more: string[]): string[] => {
  const arrays = join(cases, name, 'inputs.npz');
  return ['attribute', join(cases, name, 'model.keras'), '--input', arrays, '--baseline', arrays, ...more];
};

const samples = resolve(import.meta.dirname, '../samples/keras_layers/keras3');

describe('other models', () => {
  /** The command line of a family of layer samples, its inputs as `NAME=FILE.npy`. */
  const family = async (name: string, ...more: string[]): Promise<string[]> => {
    const arrays = await readArrays(join(samples, 'outputs.npz'));
    const words: string[] = [];
    for (const [entry, array] of Object.entries(arrays)) {
      if (!entry.startsWith(`${name}/in/`)) continue;
      const file = join(folder, entry.replaceAll('/', '-') + '.npy');
      await writeFile(file, Buffer.concat([npyHeader(array.shape), npyBytes(array.data)]));
      words.push(`${entry.split('/').at(-1)!}=${file}`);
    }
    return ['attribute', join(samples, `${name}.keras`), '--input', ...words, '--examples', '0,2', ...more];
  };

  it('with an embedding say that the path starts at the embedded values', async () => {
    const { out, code } = await mho(await family('embedding'));
    expect(code).toBe(0);
    expect(out).toMatch(/^Example 0: out\/pre\[\d\] is .*; the path starts at table, table:2$/m);
    expect(out).toMatch(/^│ table:2 /m);
    expect(out).not.toMatch(/^│ words /m);
  });

  it.each(['nested', 'channels_first', 'several_outputs', 'embedding'])('%s: complete at every cut', async (name) => {
    const session = shown(await mho(await family(name, '--json', '--steps', '6')));
    for (const { delta, layers } of session.runs) {
      expect(layers.some(({ cut }) => cut)).toBe(true);
      for (const { residual, name: layer } of layers)
        residual?.forEach((each, example) =>
          expect(Math.abs(each), layer).toBeLessThan(1e-5 * Math.max(Math.abs(delta[example]!), 1)),
        );
    }
  });

  it('name only the first of many entries that belong to no input', async () => {
    const words = await family('nested');
    const { err } = await mho(['attribute', words[1]!, '--input', join(samples, 'outputs.npz')]);
    expect(err).toMatch(/^Not used: ([^,]+, ){5}[^,]+ and \d+ more \(no input of the model has that name\)$/m);
  });
});

describe.each([
  ['motif', '0'],
  ['plain', 'logits'],
  ['residual', 'classes:argmax'],
  ['gated', '0'],
])('the reference case %s', (name, target) => {
  const out = join(folder, `${name}.mho`);
  let saved: Shown;
  beforeAll(async () => {
    const outcome = await mho(asked(name, '--examples', '0-3', '--target', target, '--steps', '50', '--out', out));
    expect(outcome).toMatchObject({ code: 0, err: '' });
    expect(outcome.out).toContain(`Saved to ${out}`);
    saved = shown(await mho(['show', out, '--json', '--neurons']));
  });

  it.each([
    [0, 'secant_50'],
    [1, 'rescale'],
  ])('gives run %i as the truth %s, from the saved session', async (place, entry) => {
    const truth = await readArrays(join(cases, name, 'truth.npz'));
    const run = saved.runs[place]!;
    const delta = Array.from(truth['delta']!.data);
    run.delta.forEach((value, example) => expect(value).toBeCloseTo(delta[example]!, 3));
    let compared = 0;
    let inputs = 0;
    for (const layer of run.layers) {
      const want = truth[`${entry}/${layer.name}`] ?? truth[`${entry}/input_${inputs++}`];
      if (!want) continue;
      const have = layer.contributions.flat();
      expect(have).toHaveLength(want.data.length);
      const largest = want.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const worst = have.reduce((most, value, at) => Math.max(most, Math.abs(value - want.data[at]!)), 0);
      expect(worst / largest, layer.name).toBeLessThan(1e-4);
      if (layer.residual)
        layer.residual.forEach((value, at) => expect(Math.abs(value / delta[at]!)).toBeLessThan(1e-5));
      compared++;
    }
    expect(compared).toBeGreaterThanOrEqual(7);
  });

  it('tells each run by its method', () => {
    expect(
      saved.runs.map(({ method, rule, steps, complete, examples }) => [method, rule, steps, complete, examples]),
    ).toEqual([
      ['nig', 'secant', 50, true, [0, 1, 2, 3]],
      ['rescale', null, 1, true, [0, 1, 2, 3]],
    ]);
    expect(saved.runs[0]!.layers.every(({ error }) => error?.length === 4)).toBe(true);
    expect(saved.runs[1]!.layers.every(({ error }) => error === null)).toBe(true);
  });
});

describe('options', () => {
  it('choose examples, target, methods, rule, steps, layers and path', async () => {
    const outcome = await mho(
      asked('plain', '--examples', '2,5', '--target', 'logits:3', '--minus', 'logits:1', '--method', 'nig,internal-influence')
        .concat('--rule', 'right', '--steps', '4', '--layers', 'conv2,dense1', '--path', 'conv1', '--json', '--neurons'), // prettier-ignore
    );
    expect(outcome).toMatchObject({ code: 0, err: '' });
    const { runs, session } = shown(outcome);
    expect(session).toBeNull();
    expect(runs.map(({ method }) => method)).toEqual(['nig', 'internal-influence']);
    expect(runs[0]).toMatchObject({ rule: 'right', steps: 4, examples: [2, 5], pathStart: 'conv1' });
    expect(runs[0]!.target[0]).toBe('logits[3] − logits[1]');
    expect(runs[0]!.layers.map((layer) => layer.name)).toEqual(['conv2', 'dense1']);
  });

  it('give the same numbers whatever the memory', async () => {
    const base = ['--examples', '0-2', '--method', 'nig', '--steps', '9', '--json', '--neurons'];
    const [one, other] = [
      shown(await mho(asked('plain', ...base))),
      shown(await mho(asked('plain', ...base, '--memory', '8'))),
    ];
    const sums = ({ runs }: Shown) => runs[0]!.layers.map(({ sum }) => sum).flat();
    sums(one).forEach((sum, place) => expect(sum).toBeCloseTo(sums(other)[place]!, 4));
  });

  it('take a constant baseline and one reference file alike', async () => {
    const path = join(folder, 'zeros.npy');
    await writeFile(path, Buffer.concat([npyHeader([1, 8, 8, 1]), npyBytes(new Float32Array(64))]));
    const words = ['--examples', '0', '--method', 'rescale', '--json', '--neurons'];
    const input = ['attribute', join(cases, 'plain/model.h5'), '--input', join(cases, 'plain/inputs.npz')];
    const [constant, file] = [await mho([...input, ...words]), await mho([...input, '--baseline', path, ...words])];
    expect(constant.err).toBe('Not used: baseline_0, output (no input of the model has that name)\n');
    expect(shown(constant).runs[0]!.layers).toEqual(shown(file).runs[0]!.layers);
  });

  const input = join(cases, 'plain/inputs.npz');
  it.each([
    [['--target', 'logitz:3'], 'LAYER_UNKNOWN: There is no layer logitz (did you mean logits?)'],
    [['--target', 'logits:10'], 'OUTPUT_INDEX: Index 10 is outside logits, which has 10 values.'],
    [['--layers', 'conv9'], 'LAYER_UNKNOWN: There is no layer conv9 (did you mean conv'],
    [['--path', 'dense9'], 'LAYER_UNKNOWN: There is no layer dense9 (did you mean dense1?)'],
    [['--minus', 'logitz:3'], 'LAYER_UNKNOWN: There is no layer logitz (did you mean logits?)'],
    [['--input', `imagf=${input}`], 'INPUT_UNKNOWN: The model has no input imagf (did you mean image?)'],
    [['--baseline', `imagf=${input}`], 'INPUT_UNKNOWN: The model has no input imagf (did you mean image?)'],
    [['--memory', '1', '--input', 'image=missing.npy'], 'INPUT_FILE: missing.npy cannot be read'],
  ])('that do not fit the model are told: %j', async (words, message) => {
    const { code, out, err } = await mho(asked('plain', '--examples', '0', ...words));
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err.startsWith(message), err).toBe(true);
  });

  it('tell inputs of another shape and values that are not finite', async () => {
    const wrong = join(folder, 'wrong.npz');
    await writeFile(
      wrong,
      zipSync({ 'image.npy': Buffer.concat([npyHeader([1, 8, 8]), npyBytes(new Float32Array(64))]) }),
    );
    const { err } = await mho(['attribute', join(cases, 'plain/model.keras'), '--input', wrong]);
    expect(err).toBe(
      'INPUT_SHAPE: The input image has shape [1, 8, 8], expected [?, 8, 8, 1]. Its last axis is missing: give x[..., None].\n',
    );
    const nan = join(folder, 'nan.npy');
    await writeFile(nan, Buffer.concat([npyHeader([1, 8, 8, 1]), npyBytes(new Float32Array(64).fill(NaN, 5))]));
    const second = await mho(['attribute', join(cases, 'plain/model.keras'), '--input', nan]);
    expect(second.err).toMatch(/^INPUT_VALUE: The input image holds NaN at index 5\./);
  });
});

describe('Ctrl-C', () => {
  it('keeps what is complete, shows it and saves it, and exits with 130', async () => {
    const out = join(folder, 'cancelled.mho');
    await mho(asked('plain', '--examples', '0-3', '--steps', '2')); // the device and what it keeps are there
    const tensors = tf.memory().numTensors;
    // DeepLIFT comes first; the long path is under way when Ctrl-C comes.
    let stop = (): void => undefined;
    watchProgress(({ phase }) => phase.kind === 'path' && stop());
    const outcome = await mho(
      asked('plain', '--examples', '0-3', '--steps', '20000', '--memory', '8', '--out', out, '--json'),
      (listening) => (stop = listening),
    );
    expect(outcome.code).toBe(130);
    expect(outcome.err).toMatch(
      /^CANCELLED: The run was cancelled after \d+ of \d+ passes\. What was complete has been kept\.\n$/,
    );
    const { runs, errors, session } = shown(outcome);
    expect(session).toBe(out);
    expect(errors.map(({ code }) => code)).toEqual(['CANCELLED']);
    expect(runs.map(({ method }) => method)).toContain('rescale');
    expect(runs.some((run) => run.method === 'nig' && run.complete)).toBe(false);
    expect((await openSession(out)).runs).toHaveLength(runs.length);
    expect((await mho(['show', out])).out).toContain('CANCELLED: ');
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('is told with what had been done, whatever it ends', async () => {
    const outcomes = [];
    for (const nth of [1, 2, 3, 4]) {
      let met = 0;
      const stopAt = (stop: () => void): void => void (++met === nth && stop());
      outcomes.push(await mho(asked('plain', '--examples', '0', '--method', 'nig', '--steps', '20000'), stopAt));
    }
    expect(outcomes.map(({ code, err }) => [code, err.split(':')[0]])).toEqual([
      [130, 'OPENING_CANCELLED'], // the model
      [130, 'OPENING_CANCELLED'], // its inputs
      [130, 'OPENING_CANCELLED'], // their baseline
      [130, 'CANCELLED'],
    ]);
    expect(outcomes.at(-1)!.err).toMatch(/after \d+ of \d+ passes/);
  });

  it('leaves no file when nothing is complete', async () => {
    const out = join(folder, 'nothing.mho');
    const words = asked('plain', '--examples', '0', '--method', 'nig', '--steps', '20000', '--out', out);
    const outcome = await mho(words, (stop) => stop());
    expect(outcome).toMatchObject({ code: 130, out: '' });
    expect(existsSync(out)).toBe(false);
  });
});

describe('an adaptive path', () => {
  interface Came {
    readonly estimate: number;
    readonly reached: boolean;
    readonly stopped: string;
    readonly walks: number;
  }
  const adaptiveOf = (outcome: Outcome): Came[] =>
    (JSON.parse(outcome.out) as { runs: { adaptive: { examples: Came[] } }[] }).runs[0]!.adaptive.examples;
  const nig = (name: string, ...more: string[]): string[] =>
    asked(name, '--method', 'nig', '--json', ...more, '--target', name === 'plain' ? 'logits' : '0');

  it.each(['plain', 'gated'])(
    'of %s is walked where nothing is said, and reaches what it says it does',
    async (name) => {
      const truth = await readArrays(join(cases, name, 'truth.npz'));
      const outcome = await mho(nig(name, '--examples', '0-3', '--neurons'));
      const came = adaptiveOf(outcome);
      for (const each of came) expect(each).toMatchObject({ reached: true, stopped: 'reached' });
      let compared = 0;
      const { layers } = shown(outcome).runs[0]! as unknown as {
        layers: { name: string; contributions: number[][]; neuronsTotal: number[]; errorShare: number[] }[];
      };
      for (const { name: layer, contributions, neuronsTotal, errorShare } of layers) {
        const want = truth[`nig/${layer}`];
        if (!want) continue;
        contributions.forEach((own, example) => {
          const off = own.reduce((sum, value, at) => sum + Math.abs(value - want.data[example * own.length + at]!), 0);
          const share = off / neuronsTotal[example]!;
          expect(share, layer).toBeLessThan(Math.max(2 * errorShare[example]!, 1e-4));
          compared++;
        });
      }
      expect(compared).toBeGreaterThan(12);
    },
  );

  it('goes on from its session and walks nothing twice; even steps do not go on', async () => {
    const out = join(folder, 'going.mho');
    const capped = adaptiveOf(await mho(nig('plain', '--examples', '0,1', '--max-passes', '20', '--out', out)));
    for (const { stopped, walks } of capped) expect([stopped, walks <= 20]).toEqual(['cap', true]);
    const further = adaptiveOf(await mho(['attribute', '--continue', out, '--tolerance', '1%', '--json']));
    const direct = adaptiveOf(await mho(nig('plain', '--examples', '0,1', '--tolerance', '1%')));
    further.forEach(({ estimate, reached, walks }, example) => {
      expect(reached).toBe(true);
      expect(estimate).toBeLessThanOrEqual(0.01);
      expect(walks).toBeGreaterThan(capped[example]!.walks);
      expect(walks).toBeLessThan(direct[example]!.walks + 20); // anew it would be all of them once more
    });
    expect((await openSession(out)).runs[0]!.adaptive!.accuracy.tolerance).toBe(0.01);
    expect((await mho(['show', out])).out).toContain('nig: asked 1 %, reached ');
    await mho(asked('plain', '--examples', '0', '--steps', '4', '--method', 'nig', '--out', out));
    expect((await mho(['attribute', '--continue', out])).err).toMatch(/^RUN_NOT_ADAPTIVE: 0 \(Neuron IG, secant 4 · /);
  });

  it('records the files that it read, by which a window tells the line that repeats it', async () => {
    const out = join(folder, 'files.mho');
    const inputs = resolve(cases, 'plain/inputs.npz');
    const words = ['--examples', '0', '--steps', '4', '--method', 'nig', '--out', out];
    await mho(asked('plain', ...words));
    const part = { paths: [inputs], input: null };
    const { files } = (await openSession(out)).questions[0]!;
    expect([files!.inputs!.parts, files!.baseline!.parts]).toEqual([[part], [part]]);
    await mho(['attribute', join(cases, 'plain/model.keras'), '--input', inputs, ...words]);
    expect((await openSession(out)).questions[0]!.files).not.toHaveProperty('baseline');
  });
});

describe('mho sample', () => {
  it.each(['digits', 'motifs'])('runs %s, shows it and says where the session is', async (name) => {
    const out = join(folder, `${name}.mho`);
    const outcome = await mho(['sample', name, '--out', out]);
    expect(outcome).toMatchObject({ code: 0, err: '' });
    expect(outcome.out).toMatch(/Top units by nig \(adaptive to 2 %\) +│ Top units by rescale/);
    expect(outcome.out).toContain(`Saved to ${out}`);
    const session = await openSession(out);
    expect(session.runs.every(({ complete }) => complete)).toBe(true);
    expect((await readFile(out)).length).toBeGreaterThan(1000);
  });
});

describe('pictures and tables', () => {
  const model = join(cases, 'plain/model.keras');
  const delta = async (...words: string[]): Promise<number[]> =>
    shown(await mho(['attribute', model, '--json', '--steps', '2', '--method', 'nig', '--target', '0', ...words]))
      .runs[0]!.delta;

  it('give what the same numbers in an array give, and say how they were read', async () => {
    const levels = Uint8Array.from({ length: 64 }, (_, at) => (at * 37) % 256);
    const png = join(folder, 'in.png');
    await writeFile(png, encodePng({ width: 8, height: 8, channels: 1, depth: 8, data: levels }));
    const csv = join(folder, 'in.csv');
    await writeFile(csv, `${[...levels].map((level) => level / 255).join()}\n`);
    const npy = join(folder, 'in.npy');
    const data = Float32Array.from(levels, (level) => level / 255);
    await writeFile(npy, Buffer.concat([npyHeader([1, 8, 8, 1]), npyBytes(data)]));
    const [expected] = await delta('--input', npy);
    expect((await delta('--input', csv))[0]).toBeCloseTo(expected!, 4);
    const both = await delta('--input', png, png);
    expect(both).toHaveLength(2);
    for (const each of both) expect(each).toBeCloseTo(expected!, 4);
    const other = await delta('--input', png, '--image-range', '-1..1');
    expect(Math.abs(other[0]! - expected!)).toBeGreaterThan(1e-3);
    const { err } = await mho(['attribute', model, '--input', png, png, '--steps', '1', '--target', '0']);
    expect(err).toContain('Input: 2 × PNG, 8 × 8 grey, values 0 to 1\n');
  });
});

describe('mho backends', () => {
  it('lists them, best first, one chosen', async () => {
    const { code, out } = await mho(['backends', '--json']);
    const reports = JSON.parse(out) as { name: string; chosen: boolean; available: boolean }[];
    expect(code).toBe(0);
    expect(reports.map(({ name }) => name)).toEqual(['tensorflow', 'wasm', 'cpu']);
    expect(reports.filter(({ chosen }) => chosen)).toHaveLength(1);
    const chosen = reports.find((report) => report.chosen)!;
    expect((await mho(['backends'])).out).toMatch(new RegExp(`^\\* ${chosen.name} `, 'm'));
  });
});
