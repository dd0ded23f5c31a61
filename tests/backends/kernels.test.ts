import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { BACKENDS } from '../../src/contract/backends';
import { kernels, type Kernels } from '../../src/main/engine/backends';
import { hold } from '../device';

/** Inputs of a kernel, and what it must give, written down as plain arithmetic on numbers. */
interface Case {
  readonly run: (kernels: Kernels, upstream: tf.Tensor, value: tf.Tensor) => tf.Tensor;
  readonly value: readonly number[];
  readonly expected: (upstream: number, value: number) => number;
}

const everywhere = [-20, -2.5, -1e-3, -0, 0, 1e-3, 0.5, 3, 6, 7, 20];
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const cases: Record<Exclude<keyof Kernels, 'fused' | 'records'>, Case> = {
  divNoNan: {
    run: (kernels, a, b) => kernels.divNoNan(a, b),
    value: everywhere,
    expected: (a, b) => (b === 0 ? 0 : a / b),
  },
  mulNoNan: {
    run: (kernels, a, b) => kernels.mulNoNan(a, b),
    value: everywhere,
    expected: (a, b) => (b === 0 ? 0 : a * b),
  },
  difference: {
    run: (kernels, start, end) => kernels.difference(start, end),
    value: everywhere,
    expected: (start, end) => end - start,
  },
  reluGrad: {
    run: (kernels, upstream, output) => kernels.reluGrad(upstream, output),
    value: everywhere.map((x) => Math.max(x, 0)),
    expected: (upstream, output) => (output > 0 ? upstream : 0),
  },
  relu6Grad: {
    run: (kernels, upstream, output) => kernels.relu6Grad(upstream, output),
    value: everywhere.map((x) => Math.min(Math.max(x, 0), 6)),
    expected: (upstream, output) => (output > 0 && output < 6 ? upstream : 0),
  },
  leakyReluGrad: {
    run: (kernels, upstream, input) => kernels.leakyReluGrad(upstream, input, 0.3),
    value: everywhere,
    expected: (upstream, input) => (input > 0 ? upstream : 0.3 * upstream),
  },
  eluGrad: {
    run: (kernels, upstream, output) => kernels.eluGrad(upstream, output),
    value: everywhere.map((x) => (x > 0 ? x : Math.expm1(x))),
    expected: (upstream, output) => (output < 0 ? upstream * (output + 1) : upstream),
  },
  seluGrad: {
    run: (kernels, upstream, output) => kernels.seluGrad(upstream, output),
    value: everywhere.map((x) => (x > 0 ? 1.0507009873554805 * x : 1.7580993408473768 * Math.expm1(x))),
    expected: (upstream, output) =>
      output < 0 ? upstream * (output + 1.7580993408473768) : upstream * 1.0507009873554805,
  },
  sigmoidGrad: {
    run: (kernels, upstream, output) => kernels.sigmoidGrad(upstream, output),
    value: everywhere.map(sigmoid),
    expected: (upstream, output) => upstream * output * (1 - output),
  },
  tanhGrad: {
    run: (kernels, upstream, output) => kernels.tanhGrad(upstream, output),
    value: everywhere.map(Math.tanh),
    expected: (upstream, output) => upstream * (1 - output * output),
  },
  softplusGrad: {
    run: (kernels, upstream, input) => kernels.softplusGrad(upstream, input),
    value: everywhere,
    expected: (upstream, input) => upstream * sigmoid(input),
  },
  softsignGrad: {
    run: (kernels, upstream, input) => kernels.softsignGrad(upstream, input),
    value: everywhere,
    expected: (upstream, input) => upstream / (1 + Math.abs(input)) ** 2,
  },
};

describe.each(BACKENDS)('fused kernels on %s', (backend) => {
  it.each(Object.keys(cases) as (keyof typeof cases)[])('%s', async (name) => {
    await hold(backend);
    const { run, value, expected } = cases[name];
    const upstream = value.map((_, index) => [1, -2, 0.25][index % 3]!);
    const before = tf.memory().numTensors;
    const result = tf.tidy(() => run(kernels, tf.tensor1d(upstream), tf.tensor1d([...value])));
    const got = Array.from(result.dataSync());
    result.dispose();
    expect(tf.memory().numTensors).toBe(before);
    got.forEach((number, index) => {
      // The float32 arithmetic of outputs near saturation loses digits in 1 − y; scale by the upstream.
      const want = expected(upstream[index]!, Math.fround(value[index]!));
      expect(Math.abs(number - want)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(want)));
    });
  });

  it('divNoNan broadcasts', async () => {
    await hold(backend);
    const result = tf.tidy(() => kernels.divNoNan(tf.tensor2d([2, 4, 6, 8], [2, 2]), tf.tensor1d([2, 0])).arraySync());
    expect(result).toEqual([
      [1, 0],
      [3, 0],
    ]);
  });

  it('mulNoNan gives 0 beside 0 whatever is multiplied, and broadcasts', async () => {
    await hold(backend);
    const result = tf.tidy(() => kernels.mulNoNan(tf.tensor2d([Infinity, NaN, 5, 6], [2, 2]), tf.tensor1d([0, 2])).dataSync()); // prettier-ignore
    expect(Array.from(result)).toEqual([0, NaN, 0, 12]);
  });

  it('difference is 0 between equal infinities alone, and broadcasts', async () => {
    await hold(backend);
    const [start, end] = [
      [-Infinity, Infinity, -Infinity, NaN, 1, 2],
      [-Infinity, Infinity, Infinity, NaN, -Infinity, 5],
    ];
    const result = tf.tidy(() => kernels.difference(tf.tensor1d(start!), tf.tensor1d(end!)).dataSync());
    expect(Array.from(result)).toEqual([0, 0, Infinity, NaN, -Infinity, 3]);
    const wide = tf.tidy(() => kernels.difference(tf.tensor2d([-Infinity, 1], [2, 1]), tf.tensor1d([-Infinity, 3])).dataSync()); // prettier-ignore
    expect(Array.from(wide)).toEqual([0, Infinity, -Infinity, 2]);
  });

  it('divNoNan gives 0 over 0 whatever is divided', async () => {
    await hold(backend);
    const result = tf.tidy(() => kernels.divNoNan(tf.tensor1d([Infinity, NaN, 5]), tf.zeros([3])).dataSync());
    expect(Array.from(result)).toEqual([0, 0, 0]);
  });
});

describe('kernels of our own over segments', () => {
  const PAIRS = 3;
  const SEGMENTS = 4;
  const random = (rows: number): tf.Tensor => tf.randomNormal([rows * PAIRS, 5, 4, 10]);

  it.each([1, 2])('of %d points find their starts and ends among the points', async (stride) => {
    const own = (await hold('tensorflow')).fused!;
    const windows = { size: [2, 2], strides: [2, 1] } as const;
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const points = random(SEGMENTS * stride + 1);
      const rows = SEGMENTS * PAIRS;
      // The same starts and ends, one after the other.
      const ends = [0, stride].map((by) =>
        tf.concat(Array.from({ length: SEGMENTS }, (_, at) => tf.slice(points, (at * stride + by) * PAIRS, PAIRS))),
      );
      const along = { points, pairs: PAIRS, stride };
      const apart = { points: tf.concat(ends), pairs: rows, stride: 1 };
      const upstream = random(SEGMENTS);
      const pooled = tf.randomNormal([rows, 2, 3, 10]);
      const same = (a: tf.Tensor, b: tf.Tensor): void => expect([...a.dataSync()]).toEqual([...b.dataSync()]);
      same(own.reluSecant(upstream, along, 0.2), own.reluSecant(upstream, apart, 0.2));
      same(own.maxPoolSecant(pooled, along, windows), own.maxPoolSecant(pooled, apart, windows));
      const summed = own.contribution(upstream, along).dataSync();
      const products = tf.mul(upstream, tf.sub(ends[1]!, ends[0]!));
      const expected = tf.sum(tf.reshape(products, [SEGMENTS, PAIRS, 5, 4, 10]), 0).dataSync();
      summed.forEach((value, at) => expect(value).toBeCloseTo(expected[at]!, 5));
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  // [.., units, after]: more neurons than are done at once, and units that end within them.
  it.each([
    ['channels last', [30, 21, 10], 10, 1],
    ['units before their positions', [10, 37, 11], 10, 407],
    ['units between', [6, 9, 70], 9, 70],
    ['one unit', [4500], 1, 4500],
    ['nothing but units', [4500], 4500, 1],
  ] as const)('sum what is not laid out: %s', async (_what, shape, units, after) => {
    const own = (await hold('tensorflow')).fused!;
    const before = tf.memory().numTensors;
    for (const [stride, held] of [
      [1, null],
      [2, Int32Array.of(0, 1, 2047, 2048, 3001, 3779)],
    ] as const)
      tf.tidy(() => {
        const points = tf.randomNormal([(SEGMENTS * stride + 1) * PAIRS, ...shape]);
        const rows = SEGMENTS * PAIRS;
        const multiplier = tf.randomNormal([rows, ...shape]);
        const [counts, sum] = [tf.randomNormal([2, rows]), tf.randomNormal([2, points.size / points.shape[0]!])];
        const [start, end] = [0, stride].map((by) =>
          tf.concat(Array.from({ length: SEGMENTS }, (_, at) => tf.slice(points, (at * stride + by) * PAIRS, PAIRS))),
        );
        const flat = tf.reshape(tf.mul(multiplier, tf.sub(end!, start!)), [rows, -1]);
        const byUnit = tf.sum(tf.reshape(flat, [rows, -1, units, after]), [1, 3]);
        const wanted = { units, after, held, counts, sum };
        const made = own.segmentSums(multiplier, { points, pairs: PAIRS, stride }, wanted);
        const neurons = held ? tf.gather(flat, tf.tensor1d(held, 'int32'), 1) : flat;
        const close = (have: tf.Tensor, want: tf.Tensor): void => {
          expect(have.shape).toEqual(want.shape);
          expect(tf.max(tf.abs(tf.sub(have, want))).dataSync()[0]).toBeLessThan(1e-3);
        };
        close(made.rows, tf.concat([byUnit, neurons], 1));
        close(made.total, tf.add(sum, tf.matMul(counts, flat)));
        // Nothing before, and no sums at all.
        const first = own.segmentSums(multiplier, { points, pairs: PAIRS, stride }, { ...wanted, sum: null });
        close(first.total, tf.matMul(counts, flat));
        const none = { ...wanted, counts: null, sum: null };
        close(own.segmentSums(multiplier, { points, pairs: PAIRS, stride }, none).rows, made.rows);
      });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('clip as their pieces do, at a point by where it lies', async () => {
    const own = (await hold('tensorflow')).fused!;
    // Within, above, below, across one end, both, at a point within, at either end, outside; and at infinity.
    const start = [1, 7, -2, -1, -3, 2, 0, 6, 9, Infinity, -Infinity, NaN];
    const end = [3, 9, -1, 1, 9, 2, 0, 6, 9, Infinity, 3, 1];
    const slopes = [1, 0, 0, 0.5, 0.5, 1, 0, 0, 0, 0, 0, NaN];
    const result = tf.tidy(() => {
      const points = tf.tensor2d([...start, ...end], [2, start.length]);
      return own.clipSecant(tf.fill([1, start.length], 2), { points, pairs: 1, stride: 1 }, 0, 6).dataSync();
    });
    expect([...result]).toEqual(slopes.map((slope) => 2 * slope));
  });

  it('that are not there are refused', async () => {
    const own = (await hold('tensorflow')).fused!;
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const [points, upstream] = [random(SEGMENTS), random(SEGMENTS)];
      const along = { points, pairs: PAIRS, stride: 1 };
      expect(() => own.reluSecant(upstream, along, 0)).toThrow(/segments do not fit/);
      expect(() => own.contribution(upstream, along)).toThrow(/segments do not fit/);
      expect(() => own.clipSecant(upstream, along, 0, 6)).toThrow(/segments do not fit/);
      const wanted = { units: 10, after: 1, held: null, counts: null, sum: null };
      expect(() => own.segmentSums(upstream, along, wanted)).toThrow(/segments do not fit/);
      const enough = { ...along, points: random(SEGMENTS + 1) };
      expect(() => own.segmentSums(upstream, enough, { ...wanted, units: 7 })).toThrow(/sizes differ/);
      expect(() => own.segmentSums(upstream, enough, { ...wanted, held: Int32Array.of(200) })).toThrow(
        /no such neurons/,
      );
      const pooled = tf.randomNormal([SEGMENTS * PAIRS, 2, 3, 10]);
      expect(() => own.maxPoolSecant(pooled, along, { size: [2, 2], strides: [2, 1] })).toThrow(/do not fit/);
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});
