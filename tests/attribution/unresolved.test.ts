/** What even steps cannot resolve raises an alarm, and what float32 cannot stands as a floor under the errors. */
import * as tf from '@tensorflow/tfjs-core';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { AttributionRequest, RunResult } from '../../src/contract/attribution';
import { attribute } from '../../src/main/engine/attribution';
import { alarmOf, Course } from '../../src/main/engine/attribution/course';
import type { Device } from '../../src/main/engine/backends';
import { readArrays } from '../../src/main/engine/data';
import { openModel } from '../../src/main/engine/formats';
import { hold } from '../device';
import { CASES, openCase } from './cases';

let device: Device;
beforeAll(async () => {
  device = await hold('auto');
});

const FIELD = join(import.meta.dirname, '../field');

async function fieldRun(
  folder: string,
  file: string,
  index: number,
  more: Partial<AttributionRequest> = {},
): Promise<RunResult> {
  const { graph } = await openModel(join(FIELD, folder, file));
  const baseline = await readArrays(join(FIELD, folder, 'baseline.npz')).catch(() => null);
  const [run] = await attribute(device, graph, {
    inputs: await readArrays(join(FIELD, folder, 'inputs.npz')),
    baseline: baseline ? { kind: 'arrays', arrays: baseline } : { kind: 'constant', value: 0 },
    target: { layer: 'out', index },
    methods: ['nig'],
    rule: 'secant',
    steps: 50,
    ...more,
  });
  return run!;
}

it.each([
  ['library-size', 'lib.onnx', 2],
  ['norm-at-zero', 'llama.onnx', 7],
] as const)('%s: every example raises the alarm at the start of the path', async (folder, file, index) => {
  const { alarms, examples } = await fieldRun(folder, file, index);
  for (const place of examples.keys()) {
    const own = alarms.filter(({ example }) => example === place);
    const [worst] = own.sort((a, b) => b.share - a.share);
    expect(worst).toMatchObject({ kind: 'concentrated', from: 0, to: 0.02 });
    expect(worst!.share).toBeGreaterThan(0.8);
  }
});

it('a staircase of a path keeps the estimate above what more steps leave of the error', async () => {
  // The same path in the space of the differences, whose points float32 tells apart.
  const truth = await fieldRun('large-offset', 'price.onnx', 0, { pathStart: 'Sub', steps: 1024 });
  const fine = await fieldRun('large-offset', 'price.onnx', 0, { steps: 1024 });
  const examples = fine.examples.length;
  for (const name of ['f1', 'a1']) {
    const [have, want] = [fine, truth].map(({ layers }) => layers.find((layer) => layer.name === name)!);
    const count = want!.units.length / examples;
    for (let example = 0; example < examples; example++) {
      let error = 0;
      for (let unit = example * count; unit < (example + 1) * count; unit++)
        error += Math.abs(have!.units[unit]! - want!.units[unit]!);
      expect(have!.unitsError![example]! / error, `${name}, example ${example}`).toBeGreaterThanOrEqual(0.5);
      expect(have!.unitsError![example]!).toBeLessThan(0.1 * have!.unitsTotal[example]!);
    }
  }
});

it.each(CASES)(
  '%s: float32 leaves some millionths, and what it leaves of the difference covers what it did',
  async (name) => {
    const { graph, request, truth } = await openCase(name);
    const before = tf.memory().numTensors;
    const [run] = await attribute(device, graph, { ...request, steps: 2048 });
    expect(tf.memory().numTensors).toBe(before);
    const delta = truth['delta']!.data;
    run!.delta.forEach((value, example) => {
      expect(Math.abs(value - delta[example]!)).toBeLessThan(2 * run!.deltaUncertainty![example]!);
      expect(run!.deltaUncertainty![example]!).toBeLessThan(1e-5);
    });
    for (const { unitsError, unitsTotal, name: layer } of run!.layers)
      unitsError!.forEach((error, example) => expect(error / unitsTotal[example]!, layer).toBeGreaterThan(5e-7));
  },
);

it('a piece of the path is too wide by its share, or stands out from its neighbours', () => {
  const courseOf = (masses: readonly number[]): Course => {
    const course = new Course(1);
    const alphas = Array.from({ length: masses.length + 1 }, (_, k) => k / masses.length);
    course.addPieces(alphas, masses.map(() => 1), Float32Array.from(masses)); // prettier-ignore
    return course;
  };
  const even = (): number[] => Array<number>(50).fill(1);
  expect(alarmOf(courseOf(even()), 0, 1)).toBeNull();
  expect(alarmOf(courseOf(even().map((each, k) => (k === 0 ? 20 : each))), 0, 1)).toMatchObject({ kind: 'concentrated', from: 0, to: 0.02 }); // prettier-ignore
  expect(alarmOf(courseOf(even().map((each, k) => (k === 9 ? 3 : each))), 0, 1)).toMatchObject({ kind: 'peak', from: 0.18 }); // prettier-ignore
  expect(alarmOf(courseOf(even().map((each, k) => (k === 9 || k === 10 ? 3 : each))), 0, 1)).toBeNull();
  expect(alarmOf(courseOf(Array<number>(50).fill(0)), 0, 1)).toBeNull();
});
