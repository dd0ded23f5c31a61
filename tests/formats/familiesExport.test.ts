/**
 * Networks of several families, exported when the test runs: Keras 3 on TensorFlow, JAX and PyTorch (tf2onnx, jax2onnx, PyTorch's
 * exporter), Flax (jax2onnx, jax2tf), scikit-learn (skl2onnx). Where a Python with them cannot be had the tests are skipped, and say why.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error plain JavaScript, which runs before anything is installed
import { PEERS, pythonWith } from '../../scripts/venv.mjs';
import type { Device } from '../../src/main/engine/backends';
import { openModel } from '../../src/main/engine/formats';
import { hold } from '../device';
import { checkOutputs, checkSums, openedExample } from './exported';
import { run } from './pythons';

const here = import.meta.dirname;
const pythonOf = (name: string, requirements: string, what: string): Promise<string | Error> =>
  (pythonWith(name, resolve(here, requirements), what) as Promise<string>).catch((error: Error) => error);
const general = await pythonOf(
  'families',
  'families-requirements.txt',
  'TensorFlow, JAX and their converters (600 MB)',
);
const torch = await pythonOf('bench', '../../bench/peers/requirements.txt', PEERS);

const NETS = ['mlp', 'conv', 'recurrent', 'attention', 'masked', 'two'] as const;
const KERAS = NETS.flatMap((name) => [`${name}.keras`, `${name}.h5`]);
const onnx = (...names: string[]): string[] => names.map((name) => `${name}.onnx`);
/** By family: its Python, what opens and is right, and what the exporters themselves refuse. */
const FAMILIES = [
  ['tensorflow', general, [...KERAS, ...onnx(...NETS), ...NETS.map((name) => `${name}_saved`)], []],
  ['jax', general, [...KERAS, ...onnx('mlp', 'conv', 'attention', 'two')], ['recurrent.onnx', 'masked.onnx']],
  ['torch', torch, [...KERAS, ...onnx('mlp', 'conv', 'recurrent', 'masked', 'two')], ['attention.onnx']],
  ['flax', general, onnx('mlp', 'attention', 'two'), ['conv.onnx']],
  ['sklearn', general, onnx('regressor'), []],
] as const;

/** MHO_FAMILIES_EXPORTS: a folder that keeps what was exported, for the next run. */
const kept = process.env['MHO_FAMILIES_EXPORTS'];
const folder = kept ?? mkdtempSync(join(tmpdir(), 'mho-families-'));
afterAll(() => {
  if (!kept) rmSync(folder, { recursive: true, force: true });
});

const why = (python: string | Error): string => (typeof python === 'string' ? '' : ` (skipped: ${python.message})`);

describe.each(FAMILIES)('%s', (family, python, files, refused) => {
  const place = join(folder, family);

  describe.skipIf(typeof python !== 'string')(`exported anew${why(python)}`, () => {
    let device: Device;
    beforeAll(async () => {
      device = await hold('wasm');
      if (!existsSync(join(place, 'exported.json')))
        await run(python as string, [resolve(here, 'export_families.py'), family, place]);
    }, 1_800_000);

    it.each(files)('%s: outputs and sums', async (file) => {
      const arrays = join(place, `${file.replace(/(\.\w+|_saved)$/, '')}.npz`);
      const example = await openedExample(join(place, file), arrays, device);
      await checkOutputs(example);
      await checkSums(example);
    });

    it('what its exporters do not export is what they did not', () => {
      const { failed } = JSON.parse(readFileSync(join(place, 'exported.json'), 'utf8')) as {
        failed: Record<string, string>;
      };
      expect(Object.keys(failed).filter((file) => !file.startsWith('free'))).toEqual(refused);
    });

    it.runIf(family === 'jax' || family === 'flax')('its SavedModels are programs of JAX, and said to be', async () => {
      const { summary } = await openModel(join(place, 'mlp_saved'));
      expect(summary.layers.flatMap(({ unsupported }) => unsupported)).toContain('XlaCallModule');
    });
  });
});
