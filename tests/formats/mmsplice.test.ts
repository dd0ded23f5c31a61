/** mmsplice's splice-site models (PyPI mmsplice 2.4.0, MIT): Keras 2 files, the values as TensorFlow 2.15 gives them. */
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { NumericArray } from '../../src/contract/attribution';
import { predict } from '../../src/main/engine/attribution';
import { type Backend, openBackend } from '../../src/main/engine/backends';
import { openModel } from '../../src/main/engine/formats';
import { fromPackage } from './registryFile';

const DONOR = 'mmsplice/models/Donor.h5';
const INTRON = 'mmsplice/models/Intron3.h5';
const EXON = 'mmsplice/models/Exon.h5';

let folder: string | null;
let backend: Backend;
beforeAll(async () => {
  folder = await fromPackage('mmsplice', '2.4.0', [DONOR, INTRON, EXON]);
  backend = await openBackend('auto');
}, 180_000);

const oneHot = (sequence: string): NumericArray => ({
  shape: [1, sequence.length, 4],
  data: Float32Array.from([...sequence].flatMap((base) => [...'ACGT'].map((each) => Number(each === base)))),
});

async function score(file: string, sequence: string): Promise<number> {
  const { graph } = await openModel(join(folder!, file));
  const outputs = await predict(graph, { [graph.inputs[0]!.name]: oneHot(sequence) }, backend);
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

it('shows a model with a custom layer, and what cannot be attributed behind it', async ({ skip }) => {
  if (!folder) skip('mmsplice cannot be fetched');
  const { summary } = await openModel(join(folder!, EXON));
  expect(summary.layers.map(({ name, kind, unsupported }) => [name, kind, unsupported])).toEqual([
    ['input_1', 'InputLayer', []],
    ['conv', 'Conv1D', []],
    ['batch_normalization_1', 'BatchNormalization', []],
    ['activation_2', 'Activation', []],
    ['global_average_pooling1d__mask0_1', 'GlobalAveragePooling1D_Mask0', ['GlobalAveragePooling1D_Mask0']],
    ['dense3', 'Dense', ['Dense']],
  ]);
});
