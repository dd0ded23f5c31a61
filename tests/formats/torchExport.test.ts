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
import { attribute, predict } from '../../src/main/engine/attribution';
import { openBackend, type Backend } from '../../src/main/engine/backends';
import { readArrays } from '../../src/main/engine/data';
import { openModel } from '../../src/main/engine/formats';
import { worst } from '../attribution/cases';

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
] as const;

describe.skipIf(!here)(`networks exported by PyTorch${here ? '' : ` (skipped: ${environment.message})`}`, () => {
  let backend: Backend;
  let folder = '';
  beforeAll(async () => {
    backend = await openBackend('wasm');
    folder = mkdtempSync(join(tmpdir(), 'mho-torch-'));
    const run = spawnSync(python, [resolve(import.meta.dirname, 'export_torch.py'), folder], { encoding: 'utf8' });
    expect(run.status, run.stderr).toBe(0);
    expect(JSON.parse(readFileSync(join(folder, 'exported.json'), 'utf8')).failed).toEqual({});
  }, 1_800_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const checked = async (name: string, file = name): Promise<void> => {
    const { graph, summary } = await openModel(join(folder, `${file}.onnx`));
    expect(summary.layers.flatMap((layer) => layer.unsupported)).toEqual([]);
    const { input, output } = await readArrays(join(folder, `${name}.npz`));
    const given = await predict(graph, { input: input! }, backend);
    expect(worst(given['output']!.data, output!.data)).toBeLessThan(1e-4);
    const [result] = await attribute(
      graph,
      {
        inputs: { input: input! },
        baseline: { kind: 'constant', value: 0 },
        target: { index: 1 },
        methods: ['rescale'],
        rule: 'secant',
        steps: 1,
      },
      { backend },
    );
    expect(result!.layers.filter(({ cut }) => cut).length).toBeGreaterThan(1);
    for (const { residual, name: layer } of result!.layers)
      residual?.forEach((each, example) => {
        const scale = Math.max(Math.abs(result!.delta[example]!), 1e-2);
        expect(Math.abs(each) / scale, `${layer}, example ${example}`).toBeLessThan(1e-3);
      });
  };

  it.each(NETS)('%s: outputs, and DeepLIFT sums to the difference at every cut', (name) => checked(name));

  it.each(NETS)(`%s by the newer exporter: the same`, (name) => checked(name, `${name}_newer`));

  it('names of modules, from wherever the exporter writes them', async () => {
    for (const file of ['resnet', 'resnet_newer', 'lstm', 'lstm_newer']) {
      const { summary } = await openModel(join(folder, `${file}.onnx`));
      const names = summary.layers.map(({ name, group }) => [...group, name].join(' '));
      const wanted = file.startsWith('lstm') ? ['cells', 'head'] : ['stem stem.0', 'stem stem.2', 'pool', 'fc'];
      expect(names, file).toEqual(expect.arrayContaining(wanted));
    }
  });
});
