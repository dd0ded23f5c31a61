/** mmsplice's splice-site models (PyPI mmsplice 2.4.0, MIT): Keras 2 files, the values as TensorFlow 2.15 gives them. */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import type { NumericArray } from '../../src/contract/attribution';
import { attribute, predict } from '../../src/main/engine/attribution';
import { rankUnits } from '../../src/main/engine/attribution/ranking';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { openModel } from '../../src/main/engine/formats';
import { fromPackage } from './registryFile';

const DONOR = 'mmsplice/models/Donor.h5';
const INTRON = 'mmsplice/models/Intron3.h5';
const EXON = 'mmsplice/models/Exon.h5';

let folder: string | null;
let device: Device;
beforeAll(async () => {
  folder = await fromPackage('mmsplice', '2.4.0', [DONOR, INTRON, EXON]);
  device = await hold('auto');
}, 900_000);

const oneHot = (sequence: string): NumericArray => ({
  shape: [1, sequence.length, 4],
  data: Float32Array.from([...sequence].flatMap((base) => [...'ACGT'].map((each) => Number(each === base)))),
});

async function score(file: string, sequence: string): Promise<number> {
  const { graph } = await openModel(join(folder!, file));
  const outputs = await predict(device, graph, { [graph.inputs[0]!.name]: oneHot(sequence) });
  return Object.values(outputs)[0]!.data[0]!;
}

it('scores donor sites', async ({ skip }) => {
  if (!folder) skip('mmsplice cannot be fetched');
  expect(await score(DONOR, 'ACCAGGTAAGTATTTGTC')).toBeCloseTo(0.99970424, 5);
  expect(await score(DONOR, 'ACCAGCTAAGTATTTGTC')).toBeCloseTo(0.70282996, 5); // GT of the site → CT
  expect(await score(DONOR, 'TTCAGGTAAGTTTTTTTT')).toBeCloseTo(0.999048, 5);
});

it('scores an intron of any length', async ({ skip }) => {
  if (!folder) skip('mmsplice cannot be fetched');
  expect(await score(INTRON, 'ACGTTGCATTTTCCCTTTTAGGACA'.repeat(3))).toBeCloseTo(-3.9719431, 4);
});

it.for([
  ['donor sites', DONOR, 'ACCAGGTAAGTATTTGTC'],
  ['an intron', INTRON, 'ACGTTGCATTTTCCCTTTTAGGACA'.repeat(3)],
] as const)('ranks the units of %s, by every method, complete at every cut', async ([, file, sequence], { skip }) => {
  if (!folder) skip('mmsplice cannot be fetched');
  const { graph } = await openModel(join(folder!, file));
  const before = tf.memory().numTensors;
  const results = await attribute(device, graph, {
    inputs: { [graph.inputs[0]!.name]: oneHot(sequence) },
    baseline: { kind: 'constant', value: 0.25 },
    target: { index: 'argmax' },
    methods: ['nig', 'rescale', 'reveal-cancel', 'genomics'],
    rule: 'secant',
    steps: 50,
  });
  expect(tf.memory().numTensors).toBe(before);
  for (const { method, delta, layers } of results) {
    expect(Math.abs(delta[0]!)).toBeGreaterThan(0.1);
    const cuts = layers.filter(({ cut }) => cut);
    expect(cuts.length).toBeGreaterThan(2);
    for (const { name, residual } of cuts)
      expect(Math.abs(residual![0]! / delta[0]!), `${method}, ${name}`).toBeLessThan(1e-5);
    for (const layer of layers) {
      const ranked = rankUnits([layer], 0);
      expect(ranked.length, layer.name).toBe(layer.unitAxis === null ? 1 : layer.shape[layer.unitAxis]);
      expect(ranked.every(({ contribution }) => Number.isFinite(contribution))).toBe(true);
      const sizes = ranked.map(({ contribution }) => Math.abs(contribution));
      expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
      const total = ranked.reduce((sum, { contribution }) => sum + contribution, 0);
      expect(Math.abs(total - layer.sum[0]!), layer.name).toBeLessThan(1e-5 * sizes.reduce((a, b) => a + b, 1e-3));
    }
  }
});

it('shows a model with a custom layer, and what cannot be attributed behind it', async ({ skip }) => {
  if (!folder) skip('mmsplice cannot be fetched');
  const { summary } = await openModel(join(folder!, EXON));
  expect(summary.layers.map(({ name, kind, unsupported }) => [name, kind, unsupported])).toEqual([
    ['input_1', 'InputLayer', []],
    ['conv', 'Conv1D', []],
    ['batch_normalization_1', 'BatchNormalization', []],
    ['activation_2', 'Activation', []],
    ['global_average_pooling1d__mask0_1', 'GlobalAveragePooling1D_Mask0', ['GlobalAveragePooling1D_Mask0']],
    ['dense3', 'Dense', []],
  ]);
});
