/**
 * Networks of the usual families, exported by the ordinary exporters of Keras 3 and Keras 2 when the test runs. It sets up
 * Python environments with TensorFlow in the per-user cache; where one cannot be had its tests are skipped, and say why.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error plain JavaScript, which runs before anything is installed
import { pythonWith } from '../../scripts/venv.mjs';
import type { NumericArray, RunResult } from '../../src/contract/attribution';
import { attribute, predict } from '../../src/main/engine/attribution';
import { openBackend, type Backend } from '../../src/main/engine/backends';
import { readArrays } from '../../src/main/engine/data';
import { openModel, type OpenedModel } from '../../src/main/engine/formats';
import type { Graph } from '../../src/main/engine/graph/graph';
import { firstRows, worst } from '../attribution/cases';
import { numericContributions } from '../attribution/numeric';

const LAYERED = [
  'resnet', 'resnet_v2', 'vgg', 'inception', 'mobilenet_v2', 'mobilenet_v3', 'efficientnet', 'densenet', 'convnext', 'unet',
  'genomics', 'lstm', 'gru', 'bidirectional', 'transformer',
] as const; // prettier-ignore
/** Their layers are the same as those of others, or a class of the program: there is no other file of them. */
const SAVED_ALONE = ['lstm_unrolled', 'gru_unrolled', 'bidirectional_unrolled', 'transformer_of_own'] as const;
const ALL = [...LAYERED, ...SAVED_ALONE];

const here = import.meta.dirname;
/** Path of a Python with this Keras, or why there is none. */
const environment = (version: string, what: string, alone: readonly string[] = []): Promise<string | Error> =>
  (pythonWith(version, resolve(here, `${version}-requirements.txt`), what, alone) as Promise<string>).catch(
    (error: Error) => error,
  );
const pythons = {
  keras3: await environment('keras3', 'Keras 3 and TensorFlow (300 MB)'),
  keras2: await environment('keras2', 'Keras 2, TensorFlow 2.15 and its converter to tfjs (250 MB)', [
    'tensorflowjs==4.22.0',
  ]),
};
const without = (version: keyof typeof pythons): string =>
  typeof pythons[version] === 'string' ? '' : ` (skipped: ${(pythons[version] as Error).message})`;

const run = (program: string, words: readonly string[]): Promise<void> =>
  new Promise((done, fail) => {
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    let err = '';
    child.stderr.on('data', (text: Buffer) => (err += text.toString()));
    child.on('error', fail);
    child.on('close', (code) => (code === 0 ? done() : fail(new Error(err.slice(-2000)))));
  });

/** Between a baseline and an input, a twentieth of the way from the input. Whole numbers go all the way. */
const near = (from: NumericArray, to: NumericArray): NumericArray => ({
  shape: to.shape,
  data: to.data.every(Number.isInteger) ? from.data : to.data.map((end, i) => end + 0.05 * (from.data[i]! - end)),
});

/** MHO_KERAS_EXPORTS: a folder that keeps what was exported, for the next run. */
const kept = process.env['MHO_KERAS_EXPORTS'];
const folder = kept ?? mkdtempSync(join(tmpdir(), 'mho-keras-'));
const places = new Map<string, string>();
let backend: Backend;

/** Exports some of the networks in one process. */
async function exported(version: keyof typeof pythons, part: string, names: readonly string[]): Promise<void> {
  const place = join(folder, `${version}${part}`);
  for (const name of names) places.set(`${version}/${name}`, place);
  const list = join(place, 'exported.json');
  mkdirSync(place, { recursive: true });
  if (!existsSync(list)) await run(pythons[version] as string, [resolve(here, 'export_keras.py'), place, ...names]);
  expect(JSON.parse(readFileSync(list, 'utf8')).failed).toEqual({});
}

beforeAll(async () => {
  backend = await openBackend('auto');
  // Three processes, about as long each.
  await Promise.all([
    ...(without('keras3') ? [] : [exported('keras3', '', ALL)]),
    ...(without('keras2') ? [] : [exported('keras2', 'a', ALL.slice(0, 6)), exported('keras2', 'b', ALL.slice(6))]),
  ]);
}, 1_800_000);
afterAll(() => {
  if (!kept) rmSync(folder, { recursive: true, force: true });
});

interface Example extends OpenedModel {
  readonly inputs: Record<string, NumericArray>;
  readonly outputs: readonly NumericArray[];
  readonly baselines: Record<string, NumericArray>;
}

/** The model with what Keras was given and gave. Other formats may order and name inputs and outputs in their own way. */
async function opened(version: string, name: string, suffix: string): Promise<Example> {
  const place = places.get(`${version}/${name}`)!;
  const model = await openModel(join(place, `${name}${suffix}`));
  const arrays = Object.entries(await readArrays(join(place, `${name}.npz`)));
  const given = arrays.filter(([key]) => key.startsWith('in/')).map(([key, value]) => [key.slice(3), value] as const);
  const inputs = Object.fromEntries(
    model.graph.inputs.map(({ name: port }) => [port, (given.find(([key]) => port.includes(key)) ?? given[0]!)[1]]),
  );
  const baselines = Object.fromEntries(
    Object.entries(inputs).map(([port, { shape, data }]) => [
      port,
      // Numbers become zero and words another, but places stay what they are.
      { shape, data: port.includes('places') ? data : new Float32Array(data.length) },
    ]),
  );
  const outputs = arrays.filter(([key]) => key.startsWith('out/')).map(([, value]) => value);
  return { ...model, inputs, outputs, baselines };
}

async function checkOutputs({ graph, inputs, outputs, summary }: Example): Promise<void> {
  expect(summary.layers.flatMap((layer) => layer.unsupported)).toEqual([]);
  const have = Object.values(await predict(graph, inputs, backend));
  expect(have.length).toBe(outputs.length);
  for (const want of outputs) {
    const alike = have.filter(({ shape }) => shape.join() === want.shape.join());
    expect(Math.min(...alike.map(({ data }) => worst(data, want.data)))).toBeLessThan(1e-4);
  }
}

/** The first output of more than one value. */
const target = (graph: Graph): string =>
  graph.outputs.find(({ value }) => graph.values[value]!.shape.some((size) => size !== 1))!.name;

async function ran(
  { graph, inputs, baselines }: Example,
  method: 'rescale' | 'nig',
  steps: number,
  { index = 1, layers }: { index?: number; layers?: string[] } = {},
): Promise<RunResult> {
  const [result] = await attribute(
    graph,
    {
      inputs,
      baseline: { kind: 'arrays', arrays: baselines, perExample: true },
      target: { layer: target(graph), index },
      methods: [method],
      rule: 'secant',
      steps,
      ...(layers ? { layers } : {}),
    },
    { backend },
  );
  return result!;
}

/** DeepLIFT's contributions sum to the difference at every cut. */
async function checkSums(example: Example): Promise<void> {
  const result = await ran(example, 'rescale', 1);
  expect(result.layers.filter(({ cut }) => cut).length).toBeGreaterThan(1);
  for (const { residual, name } of result.layers)
    residual?.forEach((each, row) => {
      const scale = Math.max(Math.abs(result.delta[row]!), 1e-2);
      expect(Math.abs(each) / scale, `${name}, example ${row}`).toBeLessThan(5e-4);
    });
}

const mass = (contributions: Float32Array): number => contributions.reduce((sum, each) => sum + Math.abs(each), 0);

/** Two values of a layer early and of one late: what plain differences give. */
async function checkSpots(example: Example): Promise<void> {
  const firstOf = (arrays: Record<string, NumericArray>): Record<string, NumericArray> =>
    Object.fromEntries(Object.entries(arrays).map(([port, array]) => [port, firstRows(array, 1)]));
  const inputs = firstOf(example.inputs);
  // A short path: both sides are sums over a grid, which the kinks of a long one would keep apart.
  const baselines = Object.fromEntries(
    Object.entries(firstOf(example.baselines)).map(([port, array]) => [port, near(array, inputs[port]!)]),
  );
  const one = { ...example, inputs, baselines };
  // What changes most on this path; a value behind closed units does not change at all.
  const [above, below] = await Promise.all([inputs, baselines].map((data) => predict(one.graph, data, backend)));
  const [to, from] = [above![target(one.graph)]!.data, below![target(one.graph)]!.data];
  const index = to.reduce(
    (most, value, i) => (Math.abs(value - from[i]!) > Math.abs(to[most]! - from[most]!) ? i : most),
    0,
  );
  const { layers: once, delta } = await ran(one, 'nig', 1, { index });
  // A layer through which next to nothing goes has nothing to compare.
  const named = once
    .filter(({ name, contributions }) => !(name in inputs) && mass(contributions) > 0.01 * Math.abs(delta[0]!))
    .map(({ name }) => name);
  expect(named.length).toBeGreaterThan(once.length / 2);
  const chosen = [named[Math.floor(named.length / 3)]!, named[Math.floor((2 * named.length) / 3)]!];
  const { layers } = await ran(one, 'nig', 256, { index, layers: chosen });
  expect(layers.length).toBe(2);
  for (const { name, contributions } of layers) {
    const order = [...contributions.keys()].sort((a, b) => Math.abs(contributions[b]!) - Math.abs(contributions[a]!));
    const asked = { inputs, baselines, target: target(one.graph), index };
    const largest = Math.abs(contributions[order[0]!]!);
    for (const place of order.slice(0, 2)) {
      let nearest = Infinity;
      // Kinks spoil plain differences: those on the path the less the more points it has, those beside it (a tie in a max
      // pool) the less the narrower the difference.
      for (const [points, share] of [
        [64, 5e-3],
        [64, 3e-4],
        [256, 1e-3],
        [1024, 3e-4],
      ] as const) {
        const [numeric] = await numericContributions(one.graph, asked, name, [place], points, share);
        nearest = Math.min(nearest, Math.abs(numeric! - contributions[place]!) / largest);
        if (nearest < 0.03) break;
      }
      expect(nearest, `${name}[${place}]`).toBeLessThan(0.03);
    }
  }
}

describe.skipIf(without('keras3') !== '')(`networks exported by Keras 3${without('keras3')}`, () => {
  it.each(LAYERED)('%s.keras: outputs, sums, plain differences', async (name) => {
    const example = await opened('keras3', name, '.keras');
    await checkOutputs(example);
    await checkSums(example);
    await checkSpots(example);
  });

  it.each(LAYERED)('%s.h5: outputs', async (name) => {
    await checkOutputs(await opened('keras3', name, '.h5'));
  });

  it.each(ALL)('%s as SavedModel: outputs, sums', async (name) => {
    const example = await opened('keras3', name, '_saved');
    await checkOutputs(example);
    await checkSums(example);
  });
});

describe.skipIf(without('keras2') !== '')(`networks exported by Keras 2${without('keras2')}`, () => {
  it.each(LAYERED)('%s.h5: outputs, sums, plain differences', async (name) => {
    const example = await opened('keras2', name, '.h5');
    await checkOutputs(example);
    await checkSums(example);
    await checkSpots(example);
  });

  it('mobilenet_v3 as LayersModel: the converter leaves out weights of layers with a / in their name, and it is said', async () => {
    await expect(opened('keras2', 'mobilenet_v3', '_layers')).rejects.toThrow(
      /MODEL_WEIGHTS_MISSING: The weight gamma of layer Conv\/BatchNorm/,
    );
  });

  it.each(LAYERED.filter((name) => name !== 'mobilenet_v3'))('%s as LayersModel: outputs', async (name) => {
    await checkOutputs(await opened('keras2', name, '_layers'));
  });

  it.each(ALL)('%s as SavedModel: outputs, sums', async (name) => {
    const example = await opened('keras2', name, '_saved');
    await checkOutputs(example);
    await checkSums(example);
  });

  it.each(ALL)('%s as GraphModel: outputs, sums', async (name) => {
    const example = await opened('keras2', name, '_graph');
    await checkOutputs(example);
    await checkSums(example);
  });
});
