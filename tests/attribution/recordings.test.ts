/** What is done again with tensors of the same shapes runs as one TensorFlow graph: the same numbers, nothing leaked. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AttributionRequest, Method, Rule, RunResult } from '../../src/contract/attribution';
import { attribute, keepWeights, predict, releaseWeights } from '../../src/main/engine/attribution';
import { withWeights } from '../../src/main/engine/attribution/weights';
import { Recordings, type Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { Recording } from '../../src/main/engine/backends/recording';
import { CASES, openCase, worst, type CaseName, type ReferenceCase } from './cases';

const RUNS: readonly (readonly [string, readonly Method[], Rule])[] = [
  ['secant', ['nig'], 'secant'],
  ['trapezoid', ['nig'], 'trapezoid'],
  ['right', ['nig'], 'right'],
  ['parts', ['reveal-cancel', 'genomics'], 'secant'],
  ['several at once', ['nig', 'rescale', 'gradient-difference', 'internal-influence'], 'secant'],
];

/** RevealCancel has no rule for the gated case's products. */
const serves = (name: CaseName, run: string): boolean => !(run === 'parts' && name === 'gated');

let device: Device;
const cases = new Map<CaseName, ReferenceCase>();
beforeAll(async () => {
  device = await hold('tensorflow');
  for (const name of CASES) cases.set(name, await openCase(name));
});
let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});

const recorded = (graph: ReferenceCase['graph']): Promise<number> =>
  withWeights(device, graph, async ({ recordings }) => recordings.size);

const expectSame = (have: readonly RunResult[], want: readonly RunResult[], within: number): void =>
  want.forEach((result, place) => {
    const other = have[place]!;
    expect(worst(other.delta, result.delta)).toBeLessThan(1e-6);
    result.layers.forEach((layer, at) => {
      expect(worst(other.layers[at]!.contributions, layer.contributions), layer.name).toBeLessThan(within);
      const scale = layer.contributions.reduce((sum, value) => sum + Math.abs(value), 0);
      layer.error?.forEach((error, example) =>
        expect(Math.abs(other.layers[at]!.error![example]! - error) / scale, layer.name).toBeLessThan(within),
      );
    });
  });

describe.each(CASES)('%s', (name) => {
  afterEach(() => {
    releaseWeights(cases.get(name)!.graph);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(RUNS.filter(([run]) => serves(name, run)))(
    '%s: the graph gives what single calls give',
    async (_run, methods, rule) => {
      const { graph, request } = cases.get(name)!;
      const asked = { ...request, methods, rule, steps: 9 };
      const first = await attribute(device, graph, asked);
      keepWeights(graph);
      const runs: RunResult[][] = [];
      for (let run = 0; run < 4; run++) runs.push(await attribute(device, graph, asked));
      expect(await recorded(graph)).toBeGreaterThan(0);
      for (const run of runs) expectSame(run, first, 1e-5);
    },
  );

  it('other inputs, baselines and targets go through the same graph', async () => {
    const { graph, request } = cases.get(name)!;
    const halved = Object.fromEntries(
      Object.entries(request.inputs).map(([port, { shape, data }]) => [port, { shape, data: data.map((x) => x / 2) }]),
    );
    const others: AttributionRequest[] = [
      { ...request, steps: 8 },
      { ...request, steps: 8, inputs: halved },
      { ...request, steps: 8, baseline: { kind: 'constant', value: 0.25 } },
      { ...request, steps: 8, target: { index: name === 'plain' || name === 'residual' ? 3 : 0 } },
    ];
    const fresh: RunResult[][] = [];
    for (const each of others) fresh.push(await attribute(device, graph, each));
    keepWeights(graph);
    for (let run = 0; run < 3; run++)
      for (const [place, each] of others.entries())
        expectSame(await attribute(device, graph, each), fresh[place]!, 1e-5);
  });

  it('a path of many chunks is one graph from its third on', async () => {
    const { graph, request } = cases.get(name)!;
    const whole = await attribute(device, graph, { ...request, steps: 40 });
    keepWeights(graph);
    const chunked = await attribute(device, graph, { ...request, steps: 40, chunkRows: 9 });
    expect(await recorded(graph)).toBeGreaterThan(0);
    expectSame(chunked, whole, 1e-5);
  });

  it('predicts the same', async () => {
    const { graph, request } = cases.get(name)!;
    const once = await predict(device, graph, request.inputs);
    keepWeights(graph);
    for (let run = 0; run < 4; run++) {
      const again = await predict(device, graph, request.inputs);
      for (const [output, { data }] of Object.entries(once))
        expect(worst(again[output]!.data, data)).toBeLessThan(1e-6);
    }
    expect(await recorded(graph)).toBe(1);
  });
});

describe('kept weights', () => {
  it('released while somebody works with them are freed when that is done', async () => {
    const { graph, request } = cases.get('motif')!;
    keepWeights(graph);
    let chunks = 0;
    const onProgress = (): void => {
      if (++chunks === 2) releaseWeights(graph);
    };
    const asked = { ...request, steps: 12, chunkRows: 9 };
    const [result] = await attribute(device, graph, asked, { onProgress });
    expect(result!.complete).toBe(true);
    expect(chunks).toBeGreaterThan(3);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('lie on each device that the model is used on', async () => {
    const { graph, request } = cases.get('motif')!;
    keepWeights(graph);
    const asked = { ...request, steps: 4 };
    const runs: RunResult[][] = [];
    for (const choice of ['tensorflow', 'wasm', 'tensorflow'] as const) {
      const on = await hold(choice);
      for (let run = 0; run < 3; run++) runs.push(await attribute(on, graph, asked));
    }
    for (const run of runs) expectSame(run, runs[0]!, 1e-4);
    releaseWeights(graph);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('recordings', () => {
  const x = (): tf.Tensor => tf.tensor1d([1, 2, 3]);
  const read = (tensors: readonly tf.Tensor[]): number[][] => tensors.map((each) => [...each.dataSync()]);
  /** Work of one part. */
  const alone = (inputs: readonly tf.Tensor[], work: () => readonly tf.Tensor[]): readonly tf.Tensor[] =>
    recordings.run('work', inputs, [() => ({ tensors: work(), about: null })], 'each')[0]!.tensors;
  const three = (work: (given: tf.Tensor) => tf.Tensor): number[][] =>
    [1, 2, 3].map((factor) =>
      tf.tidy(() => {
        const given = tf.mul(x(), factor);
        return read(alone([given], () => [work(given)]))[0]!;
      }),
    );
  let recordings: Recordings;
  let held: tf.Tensor[];
  beforeEach(() => {
    held = [];
    recordings = new Recordings(() => held);
  });
  afterEach(() => {
    recordings.dispose();
    tf.dispose(held);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('keeps numbers written into the work, and reads what is held', () => {
    held.push(tf.tensor1d([10, 20, 30]));
    expect(three((given) => tf.add(tf.mul(given, 2), held[0]!))).toEqual([
      [12, 24, 36],
      [14, 28, 42],
      [16, 32, 48],
    ]);
    expect(recordings.size).toBe(1);
  });

  it('gives an input, or what is held, back as it is', () => {
    held.push(tf.tensor1d([7]));
    const run = () =>
      tf.tidy(() => {
        const given = x();
        return read(alone([given], () => [given, held[0]!]));
      });
    for (let time = 0; time < 3; time++) expect(run()).toEqual([[1, 2, 3], [7]]);
  });

  it('leaves alone what looks at numbers on its way', () => {
    const clipped = (given: tf.Tensor): tf.Tensor => (given.dataSync()[0]! > 1 ? tf.neg(given) : given);
    expect(three(clipped)).toEqual([
      [1, 2, 3],
      [-2, -4, -6],
      [-3, -6, -9],
    ]);
    expect(recordings.size).toBe(0);
  });

  it('leaves alone what reads a tensor that may go', () => {
    const passing = tf.tensor1d([1, 1, 1]);
    expect(three((given) => tf.add(given, passing))).toHaveLength(3);
    expect(recordings.size).toBe(0);
    passing.dispose();
  });

  it('does op by op what its graph fails at, then and from then on', () => {
    const failing = vi.spyOn(Recording.prototype, 'run').mockImplementation(() => {
      throw new Error('Session fail to run');
    });
    try {
      const double = (given: tf.Tensor): tf.Tensor => tf.mul(given, 2);
      for (let time = 0; time < 2; time++) expect(three(double)[2]).toEqual([6, 12, 18]);
      expect(failing).toHaveBeenCalledTimes(1);
      expect(recordings.size).toBe(0);
    } finally {
      failing.mockRestore();
    }
  });

  it('leaves alone what holds many numbers', () => {
    const many = (given: tf.Tensor): tf.Tensor => tf.add(given, tf.sum(tf.tensor1d(new Float32Array(5e6))));
    expect(three(many)).toEqual([
      [1, 2, 3],
      [2, 4, 6],
      [3, 6, 9],
    ]);
    expect(recordings.size).toBe(0);
  });

  it.each(['each', 'all'] as const)('lanes give what each has to give, on the cores of %s', (cores) => {
    // Enough for the fused kernels to be shared out where they are.
    const size = 1 << 16;
    const points = tf.randomUniform([2, size], -1, 1);
    held.push(points);
    const ramp = Float32Array.from({ length: size }, (_, at) => at / size);
    const run = (factor: number) =>
      tf.tidy(() => {
        const given = tf.tensor2d(ramp.map((value) => value * factor), [1, size]); // prettier-ignore
        const parts = [1, 2, 3].map((part) => () => ({
          tensors: Array.from({ length: part }, (_, at) =>
            device.fused!.reluSecant(tf.mul(given, part + at), { points, pairs: 1, stride: 1 }, 0.1),
          ),
          about: part,
        }));
        return recordings
          .run('work', [given], parts, cores)
          .map(({ tensors, about }) => ({ about, tensors: tensors.map((each) => each.dataSync() as Float32Array) }));
      });
    const first = run(1);
    for (const factor of [2, 3, 4]) {
      const again = run(factor);
      expect(again.map(({ about }) => about)).toEqual([1, 2, 3]);
      again.forEach(({ tensors }, part) => {
        expect(tensors).toHaveLength(part + 1);
        tensors.forEach((each, at) => {
          const scaled = first[part]!.tensors[at]!.map((value) => value * factor);
          expect(worst(each, scaled)).toBeLessThan(1e-6);
        });
      });
    }
    expect(recordings.size).toBe(1);
  });

  it('knows shapes apart, and forgets the longest unused', () => {
    for (let size = 1; size <= 20; size++)
      for (let time = 0; time < 3; time++)
        tf.tidy(() => {
          const given = tf.ones([size]);
          expect(read(alone([given], () => [tf.mul(given, 2)]))[0]).toEqual(Array.from({ length: size }, () => 2));
        });
    expect(recordings.size).toBe(12);
  });
});
