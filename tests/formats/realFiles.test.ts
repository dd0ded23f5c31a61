/**
 * Real models out of small registry packages, that nobody here made: each opens, gives what its own framework gave
 * (real/expected.json, written by `npm run docs:formats`), and is complete at every cut.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { example } from '../../bench/formats/inputs';
import type { Given } from '../../bench/formats/measure';
import { filesOf, keyOf, MODELS, type RealModel } from '../../bench/formats/models';
import { attribute, predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { inputPorts } from '../../src/main/engine/data/ports';
import { sizesIn } from '../../src/main/engine/data/sizes';
import { openModel } from '../../src/main/engine/formats';
import { hold, letGo } from '../device';
import { fromNpm, fromPackage } from './registryFile';

const TESTED = MODELS.filter(({ tested }) => tested);
const expected = JSON.parse(readFileSync(join(import.meta.dirname, 'real/expected.json'), 'utf8')) as Record<
  string,
  Given
>;

let device: Device;
beforeAll(async () => {
  device = await hold('auto');
});
afterAll(letGo);

const fetched = ({ registry, name, version, ...model }: RealModel): Promise<string | null> =>
  registry === 'npm'
    ? fromNpm(name, version)
    : fromPackage(name, version, filesOf({ registry, name, version, ...model }));

it('are twenty at least, of every subject', () => {
  expect(TESTED.length).toBeGreaterThanOrEqual(20);
  expect(Object.keys(expected).sort()).toEqual(TESTED.map(keyOf).sort());
});

it.for(TESTED.map((model) => [keyOf(model), model] as const))('%s', async ([key, model], { skip }) => {
  const folder = await fetched(model);
  if (!folder) skip(`${model.name} cannot be fetched`);
  const path = join(folder!, model.path);
  const first = await openModel(path);
  const inputs = example(first.summary.inputs, model);
  const sizes = sizesIn(inputPorts(first.graph), inputs);
  const { graph } = sizes ? await openModel(path, { choices: { sizes } }) : first;

  const outputs = await predict(device, graph, inputs);
  for (const [name, { shape, places, values }] of Object.entries(expected[key]!)) {
    const output = (outputs[name] ?? (Object.keys(outputs).length === 1 ? Object.values(outputs)[0] : undefined))!;
    expect(output.data.length, name).toBe(shape.reduce((a, b) => a * b, 1));
    const scale = Math.abs(values.at(-1)!);
    for (const [at, place] of places.entries())
      expect(Math.abs(output.data[place]! - values[at]!), `${name}, place ${place}`).toBeLessThan(1e-4 * scale);
  }

  const before = tf.memory().numTensors;
  const [result] = await attribute(device, graph, {
    inputs,
    baseline: { kind: 'constant', value: 0 },
    target: { index: 'argmax' },
    methods: ['nig'],
    rule: 'secant',
    steps: 2,
  });
  expect(tf.memory().numTensors).toBe(before);
  const { delta, layers } = result!;
  expect(Math.abs(delta[0]!)).toBeGreaterThan(0);
  const cuts = layers.filter(({ cut }) => cut);
  expect(cuts.length).toBeGreaterThan(0);
  for (const { name, residual } of cuts) expect(Math.abs(residual![0]! / delta[0]!), name).toBeLessThan(1e-4);
  for (const { name, units } of layers) expect(units.every(Number.isFinite), name).toBe(true);
});
