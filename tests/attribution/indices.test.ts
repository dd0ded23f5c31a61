/** Inputs that pick rows of a table are whole numbers whatever type the file gives them: Keras 2 calls them real. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { attribute } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { openModel } from '../../src/main/engine/formats';
import { variation } from '../../src/main/engine/graph/varied';

const folder = mkdtempSync(join(tmpdir(), 'mho-indices-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let device: Device;
beforeAll(async () => {
  device = await hold('wasm');
});

it('starts the path behind the table, and is complete there', async () => {
  const layers = [
    {
      class_name: 'Embedding',
      config: { name: 'words', input_dim: 4, output_dim: 2, batch_input_shape: [null, 3], dtype: 'float32' },
    },
    { class_name: 'Flatten', config: { name: 'flat' } },
    { class_name: 'Dense', config: { name: 'score', units: 1, activation: 'tanh' } },
  ];
  const weights = [
    { name: 'words/embeddings', shape: [4, 2], dtype: 'float32' },
    { name: 'score/kernel', shape: [6, 1], dtype: 'float32' },
    { name: 'score/bias', shape: [1], dtype: 'float32' },
  ];
  const json = {
    modelTopology: { model_config: { class_name: 'Sequential', config: { name: 'texts', layers } } },
    weightsManifest: [{ paths: ['weights.bin'], weights }],
  };
  writeFileSync(join(folder, 'model.json'), JSON.stringify(json));
  writeFileSync(join(folder, 'weights.bin'), new Uint8Array(Float32Array.from({ length: 15 }, (_, i) => ((i * 7) % 5) / 4 - 0.4).buffer)); // prettier-ignore
  const { graph } = await openModel(folder);
  const [{ name }] = graph.inputs as unknown as [{ name: string }];
  expect(variation(graph).varied.walked).toEqual([{ name: 'words', behind: [name] }]);
  const [result] = await attribute(device, graph, {
    inputs: { [name]: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 0, 3, 1) } },
    baseline: { kind: 'arrays', arrays: { [name]: { shape: [1, 3], data: new Float32Array(3) } } },
    target: { index: 0, afterActivation: true },
    methods: ['nig'],
    rule: 'secant',
    steps: 10,
  });
  const words = result!.layers.find((layer) => layer.name === 'words')!;
  expect(words.cut).toBe(true);
  expect(Math.abs(result!.delta[0]!)).toBeGreaterThan(0.01);
  words.residual!.forEach((residual, i) => expect(Math.abs(residual)).toBeLessThan(1e-5 * Math.max(1, Math.abs(result!.delta[i]!)))); // prettier-ignore
  expect(result!.layers.map((layer) => layer.name)).not.toContain(name);
});
