/**
 * Networks of the usual families, exported by Keras's own exporters when the test runs. It sets up a Python environment with
 * TensorFlow in the per-user cache; where that cannot be had the tests are skipped, and say why.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
import { firstRows, worst } from '../attribution/cases';
import { numericContributions } from '../attribution/numeric';

const IMAGES = ['resnet', 'resnet_v2', 'vgg', 'inception', 'mobilenet_v2', 'mobilenet_v3', 'efficientnet', 'densenet', 'convnext', 'unet'] as const; // prettier-ignore
const SERIES = ['genomics', 'lstm', 'gru', 'bidirectional', 'transformer'] as const;
const SAVED_ALONE = ['lstm_unrolled', 'gru_unrolled', 'bidirectional_unrolled', 'transformer_of_own'] as const;

const here = import.meta.dirname;
/** Path of a Python with Keras, or why there is none. */
const environment = await pythonWith(
  'keras',
  resolve(here, 'keras-requirements.txt'),
  'Keras and TensorFlow (300 MB)',
).catch((error: Error) => error);
const python = typeof environment === 'string' ? environment : null;
const why = python ? '' : ` (skipped: ${(environment as Error).message})`;

const run = (program: string, words: readonly string[]): Promise<string> =>
  new Promise((done, fail) => {
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    let err = '';
    child.stderr.on('data', (text: Buffer) => (err += text.toString()));
    child.on('error', fail);
    child.on('close', (code) => (code === 0 ? done(err) : fail(new Error(err.slice(-2000)))));
  });

/** Between a baseline and an input, a tenth of the way from the input. Whole numbers go all the way. */
const near = (from: NumericArray, to: NumericArray): NumericArray => ({
  shape: to.shape,
  data: to.data.every(Number.isInteger) ? from.data : to.data.map((end, i) => end + 0.1 * (from.data[i]! - end)),
});

describe.skipIf(!python)(`networks exported by Keras${why}`, () => {
  let backend: Backend;
  let folder = '';
  beforeAll(async () => {
    backend = await openBackend('auto');
    folder = process.env['MHO_KERAS_EXPORTS'] ?? mkdtempSync(join(tmpdir(), 'mho-keras-'));
    if (!existsSync(join(folder, 'exported.json'))) await run(python!, [resolve(here, 'export_keras.py'), folder]);
    expect(JSON.parse(readFileSync(join(folder, 'exported.json'), 'utf8')).failed).toEqual({});
  }, 300_000);
  afterAll(() => {
    if (!process.env['MHO_KERAS_EXPORTS']) rmSync(folder, { recursive: true, force: true });
  });

  interface Example extends OpenedModel {
    readonly inputs: Record<string, NumericArray>;
    readonly outputs: readonly NumericArray[];
    readonly baselines: Record<string, NumericArray>;
  }

  /** The model with what Keras was given and gave. SavedModels may put inputs and outputs in another order and name. */
  async function opened(file: string, name: string): Promise<Example> {
    const model = await openModel(join(folder, file));
    const arrays = Object.entries(await readArrays(join(folder, `${name}.npz`)));
    const given = arrays.filter(([key]) => key.startsWith('in/')).map(([key, value]) => [key.slice(3), value] as const);
    const outputs = arrays.filter(([key]) => key.startsWith('out/')).map(([, value]) => value);
    const { inputs: ports } = model.graph;
    const inputs = Object.fromEntries(
      ports.map((port) => [port.name, (given.find(([key]) => port.name.startsWith(key)) ?? given[0]!)[1]]),
    );
    const baselines = Object.fromEntries(
      Object.entries(inputs).map(([port, { shape, data }]) => [
        port,
        // Indices of places stay as they are; words become another, numbers zero.
        { shape, data: port.startsWith('places') ? data : new Float32Array(data.length) },
      ]),
    );
    return { ...model, inputs, outputs, baselines };
  }

  async function checkOutputs({ graph, inputs, outputs, summary }: Example): Promise<void> {
    expect(summary.layers.flatMap((layer) => layer.unsupported)).toEqual([]);
    const have = Object.values(await predict(graph, inputs, backend));
    expect(have.length).toBe(outputs.length);
    for (const want of outputs) {
      const apart = have
        .filter(({ shape }) => shape.join() === want.shape.join())
        .map(({ data }) => worst(data, want.data));
      expect(Math.min(...apart)).toBeLessThan(1e-4);
    }
  }

  const ran = async (
    { graph, inputs, baselines }: Example,
    method: 'rescale' | 'nig',
    steps: number,
    layers?: string[],
  ): Promise<RunResult> =>
    (
      await attribute(
        graph,
        {
          inputs,
          baseline: { kind: 'arrays', arrays: baselines, perExample: true },
          target: { index: 1 },
          methods: [method],
          rule: 'secant',
          steps,
          ...(layers ? { layers } : {}),
        },
        { backend },
      )
    )[0]!;

  /** Contributions at every cut sum to the difference. */
  function checkSums(result: RunResult): void {
    expect(result.layers.filter(({ cut }) => cut).length).toBeGreaterThan(1);
    for (const { residual, name } of result.layers)
      residual?.forEach((each, example) => {
        const scale = Math.max(Math.abs(result.delta[example]!), 1e-2);
        expect(Math.abs(each) / scale, `${name}, example ${example}`).toBeLessThan(5e-4);
      });
  }

  /** A few values of a layer early and one late: what plain differences give. */
  async function checkSpots(example: Example): Promise<void> {
    const first = Object.fromEntries(
      Object.entries(example.inputs).map(([port, array]) => [port, firstRows(array, 1)]),
    );
    // A short path: both sides are sums over a grid, which the kinks of a long one would keep apart.
    const base = Object.fromEntries(
      Object.entries(example.baselines).map(([port, array]) => [port, near(firstRows(array, 1), first[port]!)]),
    );
    const one = { ...example, inputs: first, baselines: base };
    const all = await ran(one, 'nig', 1);
    const named = all.layers.map(({ name }) => name).filter((name) => !(name in first));
    const chosen = [...new Set([named[Math.floor(named.length / 3)]!, named[Math.floor((2 * named.length) / 3)]!])];
    const result = await ran(one, 'nig', 64, chosen);
    const target = one.graph.outputs[0]!.name;
    for (const { name, contributions } of result.layers) {
      const order = [...contributions.keys()].sort((a, b) => Math.abs(contributions[b]!) - Math.abs(contributions[a]!));
      const places = order.slice(0, 2);
      const asked = { inputs: first, baselines: base, target, index: 1 };
      const numeric = await numericContributions(one.graph, asked, name, places, 64);
      const largest = Math.abs(contributions[order[0]!]!);
      places.forEach((place, i) =>
        expect(Math.abs(numeric[i]! - contributions[place]!) / largest, `${name}[${place}]`).toBeLessThan(0.03),
      );
    }
  }

  it.each([...IMAGES, ...SERIES])('%s: outputs, sums and plain differences of the .keras file', async (name) => {
    const example = await opened(`${name}.keras`, name);
    await checkOutputs(example);
    checkSums(await ran(example, 'rescale', 1));
    await checkSpots(example);
  });

  it.each([...IMAGES, ...SERIES])('%s: outputs of the .h5 file', async (name) => {
    await checkOutputs(await opened(`${name}.h5`, name));
  });

  it.each([...IMAGES, ...SERIES, ...SAVED_ALONE])('%s: outputs and sums of the SavedModel', async (name) => {
    const example = await opened(`${name}_saved`, name);
    await checkOutputs(example);
    checkSums(await ran(example, 'rescale', 1));
  });
});
