/**
 * Models whose layers stand where one does not expect them, exported by Keras 3 when the test runs: each file gives what Keras gives,
 * and its contributions sum to the difference at every cut. Where Keras cannot be had it is skipped, and says why.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NumericArray } from '../../src/contract/attribution';
import { attribute, predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { readArrays } from '../../src/main/engine/data';
import { openModel } from '../../src/main/engine/formats';
import { worst } from '../attribution/cases';
import { hold } from '../device';
import { kerasPythons, run } from './pythons';

const { keras3 } = await kerasPythons();
const skipped = typeof keras3 === 'string' ? '' : ` (skipped: ${keras3.message})`;
const folder = mkdtempSync(join(tmpdir(), 'mho-unlike-'));
const at = (file: string): string => join(folder, file);

let device: Device;
beforeAll(async () => {
  device = await hold('auto');
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function stored(name: string) {
  const all = Object.entries(await readArrays(at(`${name}.npz`)));
  const under = (prefix: string): [string, NumericArray][] =>
    all.flatMap(([key, array]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), array]] : []));
  return { inputs: Object.fromEntries(under('in/')), outputs: under('out/').map(([, array]) => array) };
}

/** Of values whose path has no jumps: numbers that whole numbers are looked up by stay as they are. */
const nearer = (inputs: Readonly<Record<string, NumericArray>>): Record<string, NumericArray> =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, data }]) => [
      name,
      { shape, data: data.every(Number.isInteger) ? data : data.map((each) => 0.3 * each) },
    ]),
  );

describe.skipIf(skipped !== '')(`layers in other places${skipped}`, () => {
  beforeAll(async () => {
    await run(keras3 as string, [resolve(import.meta.dirname, 'export_unlike.py'), folder]);
  }, 600_000);

  it.each([
    ...['shared_models', 'shared_layer', 'shared_over_steps', 'dots_over_steps', 'pipeline', 'inception_resnet'],
    ...['int4', 'looked_up', 'intervals', 'best'],
  ])(
    '%s gives what Keras gives, in every format',
    async (name) => {
      const { inputs, outputs } = await stored(name);
      for (const file of [`${name}.keras`, `${name}.h5`, `${name}_saved`]) {
        const { graph, summary } = await openModel(at(file));
        expect(summary.layers.flatMap((layer) => layer.unsupported)).toEqual([]);
        const made = Object.values(await predict(device, graph, inputs));
        expect(made.length).toBe(outputs.length);
        for (const want of outputs) {
          const alike = made.filter(({ shape }) => shape.join() === want.shape.join());
          expect(Math.min(...alike.map(({ data }) => worst(data, want.data))), file).toBeLessThan(1e-5);
        }
      }
    },
    120_000,
  );

  it.each([
    'shared_models',
    'shared_layer',
    'shared_over_steps',
    'dots_over_steps',
    'pipeline',
    'inception_resnet',
    'looked_up',
  ])(
    '%s sums to the difference at every cut',
    async (name) => {
      const { inputs } = await stored(name);
      for (const file of [`${name}.keras`, `${name}_saved`]) {
        const { graph } = await openModel(at(file));
        const [result] = await attribute(device, graph, {
          inputs,
          baseline: { kind: 'arrays', arrays: nearer(inputs), perExample: true },
          target: { layer: graph.outputs[0]!.name, index: 1 },
          methods: ['rescale'],
          rule: 'secant',
          steps: 1,
        });
        expect(result!.delta.every((each) => each !== 0)).toBe(true);
        for (const { name: layer, residual } of result!.layers)
          residual?.forEach((each, row) => {
            const scale = Math.max(Math.abs(result!.delta[row]!), 1e-2);
            expect(Math.abs(each) / scale, `${file}, ${layer}, example ${row}`).toBeLessThan(5e-4);
          });
      }
    },
    120_000,
  );

  it('reads the weights of a layer that models share once', async () => {
    for (const file of ['shared_models.keras', 'shared_models.h5'])
      expect((await openModel(at(file))).summary.parameters).toBe(3 * 30);
  });

  it('refuses weights of LoRA that stand beside quantised ones, which Keras does not round with them', async () => {
    const { graph } = await openModel(at('adapted_int8.h5'));
    const { inputs } = await stored('adapted_int8');
    await expect(predict(device, graph, inputs)).rejects.toThrow("Layer adapted is of kind Dense with LoRA's weights beside quantised ones"); // prettier-ignore
  });
});
