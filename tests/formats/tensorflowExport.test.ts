/**
 * Loops, branches, selections, resizing, transposed and dilated convolutions, quantised weights: small models that
 * TensorFlow itself saves when the test runs. It sets up a Python environment with TensorFlow in the per-user cache; where
 * that cannot be had the tests are skipped, and say why.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error plain JavaScript, which runs before anything is installed
import { pythonWith } from '../../scripts/venv.mjs';
import type { AttributionRequest, NumericArray } from '../../src/contract/attribution';
import { attribute, predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { readArrays } from '../../src/main/engine/data';
import { openModel, type OpenedModel } from '../../src/main/engine/formats';
import { variation } from '../../src/main/engine/graph/varied';
import { worst } from '../attribution/cases';
import { run } from './pythons';

const here = import.meta.dirname;
/** Path of a Python with TensorFlow, or why there is none. */
const environment = await pythonWith(
  'keras3',
  resolve(here, 'keras3-requirements.txt'),
  'Keras 3 and TensorFlow (300 MB)',
).catch((error: Error) => error);
const python = typeof environment === 'string' ? environment : null;
const why = python ? '' : ` (skipped: ${(environment as Error).message})`;

const SAVED = [
  'counted', 'selected', 'resized', 'reductions', 'trigonometric', 'upwards', 'dilated', 'lstm', 'gru', 'both', 'wave', 'legacy',
  'scaled', 'banded', 'neighbours', 'spectrum', 'convlstm', 'written', 'gridded', 'older',
] as const; // prettier-ignore
const GRAPH_MODELS = [
  'dilated_float32', 'dilated_uint8', 'upwards_uint16', 'counted_float32', 'lstm_float16', 'both_float32',
] as const; // prettier-ignore
/** Not held to plain differences: ties of resizing, and values on grids, which have no slope. */
const STEPS: ReadonlySet<string> = new Set(['resized', 'gridded']);
const WHOLE = ['ids', 'masked', 'placed'] as const;

/** As one example, where the file has no batch axis. */
const asFed = ({ graph }: OpenedModel, array: NumericArray): NumericArray =>
  graph.values[graph.inputs[0]!.value]!.shape.length === array.shape.length
    ? { ...array, shape: [1, ...array.shape] }
    : array;

describe.skipIf(!python)(`models saved by TensorFlow${why}`, () => {
  let device: Device;
  let folder = '';
  beforeAll(async () => {
    device = await hold('wasm');
    folder = process.env['MHO_TENSORFLOW_EXPORTS'] ?? mkdtempSync(join(tmpdir(), 'mho-tensorflow-'));
    if (!existsSync(join(folder, 'exported.json'))) await run(python!, [resolve(here, 'export_tensorflow.py'), folder]);
  }, 900_000);
  afterAll(() => {
    if (!process.env['MHO_TENSORFLOW_EXPORTS']) rmSync(folder, { recursive: true, force: true });
  });

  const opened = async (name: string) => {
    const model = await openModel(join(folder, name));
    expect(model.summary.layers.flatMap((layer) => layer.unsupported)).toEqual([]);
    const { x, output } = await readArrays(join(folder, `${name}.npz`));
    return { model, x: asFed(model, x!), output: output! };
  };
  const request = (x: NumericArray, rest: Partial<AttributionRequest> = {}): AttributionRequest => ({
    inputs: { x },
    baseline: { kind: 'constant', value: 0 },
    target: { index: 1 },
    methods: ['rescale'],
    rule: 'secant',
    steps: 1,
    ...rest,
  });

  /** Outputs; and over the whole path the contributions of every cut sum to the difference. */
  const checked = async (name: string): Promise<void> => {
    const { model, x, output } = await opened(name);
    const given = await predict(device, model.graph, { x });
    expect(worst(Object.values(given)[0]!.data, output.data)).toBeLessThan(1e-4);
    const [result] = await attribute(device, model.graph, request(x));
    const cuts = result!.layers.filter(({ cut }) => cut);
    expect(cuts.length).toBeGreaterThan(1);
    for (const { residual, name: layer } of cuts)
      residual!.forEach((each, example) => {
        const scale = Math.max(Math.abs(result!.delta[example]!), 1e-2);
        expect(Math.abs(each) / scale, `${layer}, example ${example}`).toBeLessThan(1e-4);
      });
  };

  it.each([...SAVED, ...GRAPH_MODELS, ...WHOLE])('%s: outputs, and DeepLIFT sums to the difference', checked);

  /** Gradient × difference over a short way is the difference of F: of the graph itself, so that no rule meets itself. */
  it.each(SAVED.filter((name) => !STEPS.has(name)))('%s: contributions meet finite differences', async (name) => {
    const { model, x } = await opened(name);
    const outer = x.shape[0]!;
    const size = x.data.length / outer;
    // The first example, moved along the axis of each of some places in turn.
    const places = [0, Math.floor(size / 3), Math.floor((2 * size) / 3), size - 1];
    const step = 2e-3;
    const example = x.data.subarray(0, size);
    const moved = (place: number, by: number): Float32Array => example.map((v, i) => (i === place ? v + by : v));
    const shape = [places.length, ...x.shape.slice(1)];
    const rows = (by: number): NumericArray => ({
      shape,
      data: Float32Array.from(places.flatMap((place) => [...moved(place, by)])),
    });
    const asked = request(rows(step), {
      baseline: { kind: 'arrays', arrays: { x: rows(-step) }, perExample: true },
      methods: ['nig'],
      rule: 'trapezoid',
    });
    const [result] = await attribute(device, model.graph, asked);
    const scale = Math.max(...result!.delta.map(Math.abs), 1e-6);
    for (const layer of result!.layers.filter(({ cut }) => cut)) {
      const units = layer.contributions.length / places.length;
      places.forEach((_, row) => {
        const sum = layer.contributions.subarray(row * units, (row + 1) * units).reduce((a, b) => a + b, 0);
        expect(Math.abs(sum - result!.delta[row]!) / scale, `${layer.name}, place ${row}`).toBeLessThan(0.02);
      });
    }
  });

  it('whole numbers: the path starts behind the embedding, and what they mask stays masked', async () => {
    for (const name of WHOLE) {
      const { model, x } = await opened(name);
      const starts = variation(model.graph).varied.walked;
      expect(starts.map(({ behind }) => behind)).toEqual([['x']]);
      const [result] = await attribute(device, model.graph, request(x, { methods: ['nig'], steps: 64 }));
      const start = result!.layers.find((layer) => layer.name === starts[0]!.name)!;
      expect(start.cut).toBe(true);
      // What is masked at the input stays so along the path: it carries nothing.
      const places = x.shape[1]!;
      const features = start.contributions.length / x.data.length;
      x.data.forEach((id, place) => {
        const own = start.contributions.subarray(place * features, (place + 1) * features);
        if (id === 0 && name !== 'placed')
          expect(
            own.every((each) => each === 0),
            `${name}, place ${place % places}`,
          ).toBe(true);
      });
      expect(start.contributions.some((each) => each !== 0)).toBe(true);
    }
  });

  it.each([
    ['until', /StatelessWhile|While/],
    ['texts', /StringToHashBucketFast/],
    ['noisy', /RandomStandardNormal/],
  ] as const)('%s opens for viewing, and is refused by the name of the op', async (name, op) => {
    const model = await openModel(join(folder, name));
    expect(model.summary.layers.flatMap((layer) => layer.unsupported).join()).toMatch(op);
    const { shape } = model.summary.inputs[0]!;
    const x = {
      shape: [1, ...(shape as number[])],
      data: new Float32Array(shape.reduce((a, b) => a! * b!, 1)!).fill(1),
    };
    await expect(attribute(device, model.graph, request(x))).rejects.toThrow(op);
  });
});
