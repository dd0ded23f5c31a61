/**
 * Networks of the usual families, exported by the ordinary exporters of Keras 3 and Keras 2 when the test runs. It sets up
 * Python environments with TensorFlow in the per-user cache; where one cannot be had its tests are skipped, and say why.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { checkOutputs, checkSpots, checkSums, type Example, openedExample } from './exported';
import { kerasPythons, run } from './pythons';

const LAYERED = [
  'resnet', 'resnet_v2', 'vgg', 'inception', 'mobilenet_v2', 'mobilenet_v3', 'efficientnet', 'densenet', 'convnext', 'unet',
  'genomics', 'lstm', 'gru', 'bidirectional', 'transformer',
] as const; // prettier-ignore
/** Their layers are the same as those of others, or a class of the program: there is no other file of them. */
const SAVED_ALONE = ['lstm_unrolled', 'gru_unrolled', 'bidirectional_unrolled', 'transformer_of_own'] as const;
const ALL = [...LAYERED, ...SAVED_ALONE];

const here = import.meta.dirname;
const pythons = await kerasPythons();
const without = (version: keyof typeof pythons): string =>
  typeof pythons[version] === 'string' ? '' : ` (skipped: ${(pythons[version] as Error).message})`;

/** MHO_KERAS_EXPORTS: a folder that keeps what was exported, for the next run. */
const kept = process.env['MHO_KERAS_EXPORTS'];
const folder = kept ?? mkdtempSync(join(tmpdir(), 'mho-keras-'));
const places = new Map<string, string>();
let device: Device;

/** Exports some of the networks in one process. */
async function exported(version: keyof typeof pythons, part: string, names: readonly string[]): Promise<void> {
  const place = join(folder, `${version}${part}`);
  for (const name of names) places.set(`${version}/${name}`, place);
  const list = join(place, 'exported.json');
  mkdirSync(place, { recursive: true });
  if (!existsSync(list)) await run(pythons[version] as string, [resolve(here, 'export_keras.py'), place, ...names]);
  expect(JSON.parse(readFileSync(list, 'utf8')).failed).toEqual({});
}

beforeAll(async () => {
  device = await hold('auto');
  // Three processes, about as long each.
  await Promise.all([
    ...(without('keras3') ? [] : [exported('keras3', '', ALL)]),
    ...(without('keras2') ? [] : [exported('keras2', 'a', ALL.slice(0, 6)), exported('keras2', 'b', ALL.slice(6))]),
  ]);
}, 1_800_000);
afterAll(() => {
  if (!kept) rmSync(folder, { recursive: true, force: true });
});

/** The model with what Keras was given and gave. */
const opened = (version: string, name: string, suffix: string): Promise<Example> => {
  const place = places.get(`${version}/${name}`)!;
  return openedExample(join(place, `${name}${suffix}`), join(place, `${name}.npz`), device);
};

describe.skipIf(without('keras3') !== '')(`networks exported by Keras 3${without('keras3')}`, () => {
  it.each(LAYERED)('%s.keras: outputs, sums, plain differences', async (name) => {
    const example = await opened('keras3', name, '.keras');
    await checkOutputs(example);
    await checkSums(example);
    await checkSpots(example);
  });

  it.each(LAYERED)('%s.h5: outputs', async (name) => {
    await checkOutputs(await opened('keras3', name, '.h5'));
  });

  it.each(ALL)('%s as SavedModel: outputs, sums', async (name) => {
    const example = await opened('keras3', name, '_saved');
    await checkOutputs(example);
    await checkSums(example);
  });
});

describe.skipIf(without('keras2') !== '')(`networks exported by Keras 2${without('keras2')}`, () => {
  it.each(LAYERED)('%s.h5: outputs, sums, plain differences', async (name) => {
    const example = await opened('keras2', name, '.h5');
    await checkOutputs(example);
    await checkSums(example);
    await checkSpots(example);
  });

  it('mobilenet_v3 as LayersModel: the converter leaves out weights of layers with a / in their name, and it is said', async () => {
    await expect(opened('keras2', 'mobilenet_v3', '_layers')).rejects.toThrow(
      /MODEL_WEIGHTS_MISSING: The weight gamma of layer Conv\/BatchNorm/,
    );
  });

  it.each(LAYERED.filter((name) => name !== 'mobilenet_v3'))('%s as LayersModel: outputs', async (name) => {
    await checkOutputs(await opened('keras2', name, '_layers'));
  });

  it.each(ALL)('%s as SavedModel: outputs, sums', async (name) => {
    const example = await opened('keras2', name, '_saved');
    await checkOutputs(example);
    await checkSums(example);
  });

  it.each(ALL)('%s as GraphModel: outputs, sums', async (name) => {
    const example = await opened('keras2', name, '_graph');
    await checkOutputs(example);
    await checkSums(example);
  });
});
