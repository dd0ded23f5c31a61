/**
 * Networks of PyTorch's usual families, exported by its own exporters when the test runs, in the environment that the
 * benchmark measures against. Where that can't be had the tests are skipped, and say so.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error plain JavaScript, which runs before anything is installed
import { PEERS, pythonWith } from '../../scripts/venv.mjs';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { openModel } from '../../src/main/engine/formats';
import { checkOutputs, checkSpots, checkSums, type Example, openedExample } from './exported';

/** Path of a Python with PyTorch, or why there is none. */
const environment = await (
  pythonWith('bench', resolve(import.meta.dirname, '../../bench/peers/requirements.txt'), PEERS) as Promise<string>
).catch((error: Error) => error);
const here = typeof environment === 'string';
const python = here ? environment : '';
const NETS = [
  'resnet',
  'vgg',
  'mobilenet',
  'efficientnet',
  'convnext',
  'unet',
  'densenet',
  'genomics',
  'attention',
  'attention_tanh',
  'encoder',
  'rotary',
  'chosen',
  'resized',
  'lstm',
  'lstm_both',
  'gru',
  'rnn',
  'inception',
  'lengths_gru',
  'lengths_lstm',
  'windows',
  'capsules',
  'embedded',
  'spectrum',
  'experts',
  'words',
  'upsampled',
] as const;
/** What the newer exporter does not export. */
const OLDER_ALONE: readonly string[] = ['lengths_gru', 'lengths_lstm'];

describe.skipIf(!here)(`networks exported by PyTorch${here ? '' : ` (skipped: ${environment.message})`}`, () => {
  let device: Device;
  let folder = '';
  beforeAll(async () => {
    device = await hold('wasm');
    folder = mkdtempSync(join(tmpdir(), 'mho-torch-'));
    const run = spawnSync(python, [resolve(import.meta.dirname, 'export_torch.py'), folder], { encoding: 'utf8' });
    expect(run.status, run.stderr).toBe(0);
    expect(JSON.parse(readFileSync(join(folder, 'exported.json'), 'utf8')).failed).toEqual({});
  }, 1_800_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const opened = (name: string, file = name): Promise<Example> =>
    openedExample(join(folder, `${file}.onnx`), join(folder, `${name}.npz`), device);

  it.each(NETS)('%s: outputs, sums, plain differences', { timeout: 120_000 }, async (name) => {
    const example = await opened(name);
    await checkOutputs(example);
    await checkSums(example);
    await checkSpots(example);
  });

  it.each(NETS.filter((name) => !OLDER_ALONE.includes(name)))(
    '%s by the newer exporter: outputs, sums',
    async (name) => {
      const example = await opened(name, `${name}_newer`);
      await checkOutputs(example);
      await checkSums(example);
    },
  );

  it('names of modules, from wherever the exporter writes them', async () => {
    for (const file of ['resnet', 'resnet_newer', 'lstm', 'lstm_newer']) {
      const { summary } = await openModel(join(folder, `${file}.onnx`));
      const names = summary.layers.map(({ name, group }) => [...group, name].join(' '));
      const wanted = file.startsWith('lstm') ? ['cells', 'head'] : ['stem stem.0', 'stem stem.2', 'pool', 'fc'];
      expect(names, file).toEqual(expect.arrayContaining(wanted));
    }
  });
});
