/** Neighbouring ops of a recording that one kernel does: the same numbers, and nothing put together that does not belong. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Recordings, type Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { inOneTrip, type Step } from '../../src/main/engine/backends/kernels/pairs';

let device: Device;
beforeAll(async () => {
  device = await hold('tensorflow');
});
let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(before);
});

const SEGMENTS = 5;
const PAIRS = 2;

describe.each(['each', 'all'] as const)('on the cores of %s', (cores) => {
  it.each([
    ['bias and ReLU', 1, 0, false],
    ['scale, offset and ReLU', 1, 0, true],
    ['leaky ReLU over double segments', 2, 0.3, false],
  ] as const)('%s, then the walk back through it', (_what, stride, slope, scaled) => {
    const own = device.fused!;
    const shape = [9, 7, 24];
    const [scale, offset] = [tf.randomNormal([24]), tf.randomNormal([24])];
    const recordings = new Recordings(() => [scale, offset]);
    const run = (given: tf.Tensor, upstream: tf.Tensor): Float32Array[] =>
      tf.tidy(() => {
        const work = () => {
          const x = scaled ? own.affine(given, scale, offset) : own.offset(given, offset);
          const y = slope === 0 ? tf.relu(x) : tf.leakyRelu(x, slope);
          const sums = own.contribution(upstream, { points: y, pairs: PAIRS, stride });
          const passed = own.reluSecant(upstream, { points: x, pairs: PAIRS, stride }, slope);
          return { tensors: [x, y, sums, passed], about: null };
        };
        const [done] = recordings.run('work', [given, upstream], [work], cores);
        return done!.tensors.map((each) => each.dataSync() as Float32Array);
      });
    const given = tf.randomNormal([(SEGMENTS * stride + 1) * PAIRS, ...shape]);
    const upstream = tf.randomNormal([SEGMENTS * PAIRS, ...shape]);
    const [first, , graph] = [1, 2, 3].map(() => run(given, upstream));
    expect(recordings.size).toBe(1);
    for (const at of [0, 1, 3]) expect(graph![at]!).toEqual(first![at]!);
    graph![2]!.forEach((value, at) => expect(value).toBeCloseTo(first![2]![at]!, 5));
    recordings.dispose();
    tf.dispose([scale, offset, given, upstream]);
  });
});

describe('steps', () => {
  const step = (
    op: string,
    inputs: number[],
    outputs: number[],
    numbers: Record<string, number> = {},
    lane = 0,
  ): Step => ({
    lane,
    op,
    inputs,
    outputs: outputs.map((id) => ({ id, dtype: 1 })),
    attributes: Object.entries(numbers).map(([name, value]) => ({ name, type: 0, value })),
  });
  const names = (steps: readonly Step[]): string[] => inOneTrip(steps).map(({ op }) => op);
  const along = { pairs: 2, stride: 1 };
  const offset = step('MhoOffset', [1, 2], [3]);
  const relu = step('Relu', [3], [4]);
  const contribution = step('MhoContribution', [5, 4], [6], along);
  const secant = step('MhoReluSecant', [5, 3], [7], { ...along, slope: 0 });

  it('of a ReLU and its way back become two', () => {
    const together = inOneTrip([offset, relu, contribution, secant]);
    expect(together.map(({ op, inputs }) => [op, inputs])).toEqual([
      ['MhoOffsetRelu', [1, 2]],
      ['MhoReluFlow', [5, 3]],
    ]);
    expect(together.map(({ outputs }) => outputs.map(({ id }) => id))).toEqual([
      [3, 4],
      [7, 6],
    ]);
  });

  it.each<[string, Step[]]>([
    ['the ReLU of another value', [offset, step('Relu', [1], [4])]],
    ['neighbours of different lanes', [offset, { ...relu, lane: 1 }]],
    ['contributions of something else', [relu, step('MhoContribution', [5, 9], [6], along), secant]],
    ['another multiplier', [relu, step('MhoContribution', [8, 4], [6], along), secant]],
    ['other segments', [relu, step('MhoContribution', [5, 4], [6], { pairs: 2, stride: 2 }), secant]],
    ['another slope', [step('LeakyRelu', [3], [4], { alpha: 0.1 }), contribution, secant]],
    ['a ReLU of another kind', [step('Relu6', [3], [4]), contribution, secant]],
  ])('stay as they are: %s', (_what, steps) => {
    expect(names(steps)).toEqual(steps.map(({ op }) => op));
  });
});
