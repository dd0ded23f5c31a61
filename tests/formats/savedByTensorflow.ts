/** Models that TensorFlow saved while a test runs, each with an input and what TensorFlow made of it. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
// @ts-expect-error plain JavaScript, which runs before anything is installed
import { pythonWith } from '../../scripts/venv.mjs';
import type { AttributionRequest, NumericArray } from '../../src/contract/attribution';
import { attribute, predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { readArrays } from '../../src/main/engine/data';
import { openModel, type OpenedModel } from '../../src/main/engine/formats';
import { worst } from '../attribution/cases';
import { run } from './pythons';

/** Path of a Python with TensorFlow, or why there is none. */
export const tensorflow: string | Error = await (
  pythonWith(
    'keras3',
    resolve(import.meta.dirname, 'keras3-requirements.txt'),
    'Keras 3 and TensorFlow (300 MB)',
  ) as Promise<string>
).catch((error: Error) => error);

/** Runs a program of this folder, unless it has been. */
export async function exported(program: string, folder: string): Promise<void> {
  if (!existsSync(join(folder, 'exported.json')))
    await run(tensorflow as string, [resolve(import.meta.dirname, program), folder]);
}

/** As one example, where the file has no batch axis. */
const asFed = ({ graph }: OpenedModel, array: NumericArray): NumericArray =>
  graph.values[graph.inputs[0]!.value]!.shape.length === array.shape.length
    ? { ...array, shape: [1, ...array.shape] }
    : array;

export interface Saved {
  readonly model: OpenedModel;
  readonly x: NumericArray;
  readonly output: NumericArray;
}

export async function openedSaved(folder: string, name: string): Promise<Saved> {
  const model = await openModel(join(folder, name));
  expect(model.summary.layers.flatMap((layer) => layer.unsupported)).toEqual([]);
  const { x, output } = await readArrays(join(folder, `${name}.npz`));
  return { model, x: asFed(model, x!), output: output! };
}

export const savedRequest = (x: NumericArray, rest: Partial<AttributionRequest> = {}): AttributionRequest => ({
  inputs: { x },
  baseline: { kind: 'constant', value: 0 },
  target: { index: 1 },
  methods: ['rescale'],
  rule: 'secant',
  steps: 1,
  ...rest,
});

/** Outputs; and over the whole path the contributions of every cut sum to the difference. */
export async function checkSaved(device: Device, { model, x, output }: Saved, cutsAbove = 1): Promise<void> {
  const given = await predict(device, model.graph, { x });
  expect(worst(Object.values(given)[0]!.data, output.data)).toBeLessThan(1e-4);
  const [result] = await attribute(device, model.graph, savedRequest(x));
  const cuts = result!.layers.filter(({ cut }) => cut);
  expect(cuts.length).toBeGreaterThan(cutsAbove);
  for (const { residual, name: layer } of cuts)
    residual!.forEach((each, example) => {
      const scale = Math.max(Math.abs(result!.delta[example]!), 1e-2);
      expect(Math.abs(each) / scale, `${layer}, example ${example}`).toBeLessThan(1e-4);
    });
}

/** Gradient × difference over a short way is the difference of F: of the graph itself, so that no rule meets itself. */
export async function checkDifferences(device: Device, { model, x }: Saved): Promise<void> {
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
  const asked = savedRequest(rows(step), {
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
}
