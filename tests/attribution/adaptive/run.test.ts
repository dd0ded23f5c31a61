/** The adaptive path on a device: the reference nets in float32, against their float64 truth and the grids of the float64 twin. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  DEFAULT_ACCURACY,
  type Accuracy,
  type NumericArray,
  type Progress,
  type Round,
  type RunResult,
} from '../../../src/contract/attribution';
import type { MemoryBudget } from '../../../src/contract/memory';
import { attribute, type AttributionOptions } from '../../../src/main/engine/attribution';
import type { Device } from '../../../src/main/engine/backends';
import { GraphBuilder } from '../../../src/main/engine/graph/builder';
import type { Graph, ValueId } from '../../../src/main/engine/graph/graph';
import { random } from '../../random';
import { hold, letGo } from '../../device';
import { CASES, firstRows, openCase, truthOf, type ReferenceCase } from '../cases';

/** What the machine says it has free, in bytes. */
const machine = vi.hoisted(() => ({ free: 8e9 }));
vi.mock('../../../src/main/engine/memory', () => ({ availableBytes: () => machine.free }));

let device: Device;
beforeAll(async () => {
  device = await hold();
});
afterAll(letGo);

const run = async (
  { graph, request }: ReferenceCase,
  accuracy: Accuracy,
  options: AttributionOptions = {},
  change: object = {},
): Promise<RunResult> => (await attribute(device, graph, { ...request, ...change, accuracy }, options))[0]!;

/** L1 error over a layer's entries as a share of the truth's Σ| |, for one example. */
function apart(have: Float32Array, want: Float32Array, example: number, examples: number): number {
  const size = want.length / examples;
  let difference = 0;
  let total = 0;
  for (let at = example * size; at < (example + 1) * size; at++) {
    difference += Math.abs(have[at]! - want[at]!);
    total += Math.abs(want[at]!);
  }
  return total === 0 ? 0 : difference / total;
}

describe.each(CASES)('%s', (name) => {
  it.each([0.05, 0.02, 0.01])('reaches %s over neurons', async (tolerance) => {
    const opened = await openCase(name);
    const before = tf.memory().numTensors;
    const result = await run(opened, { ...DEFAULT_ACCURACY, tolerance, over: 'neurons', mostWalks: null });
    expect(tf.memory().numTensors).toBe(before);
    const examples = result.examples.length;
    for (const [place, { reached }] of result.adaptive!.examples.entries()) {
      const worst = Math.max(
        ...result.layers.map((layer) => {
          const truth = truthOf(opened, 'nig', layer.name);
          return truth ? apart(layer.contributions, truth.data, place, examples) : 0;
        }),
      );
      expect(reached).toBe(true);
      expect(worst).toBeLessThan(tolerance);
    }
    for (const { residual } of result.layers)
      residual?.forEach((value, place) =>
        expect(Math.abs(value)).toBeLessThan(1e-4 * Math.abs(result.delta[place]!) + 1e-5),
      );
  });
});

const tight: Accuracy = { ...DEFAULT_ACCURACY, tolerance: 0.005 };

describe('a run that is ended, or goes on', () => {
  let opened: ReferenceCase;
  beforeAll(async () => {
    opened = await openCase('plain');
  });

  it('has a result from the pilot on, and sharpens', async () => {
    const rounds: Round[] = [];
    const result = await run(opened, tight, { onRound: (round) => rounds.push(structuredClone(round)) });
    const first = rounds.find(({ example }) => example === 0)!;
    const last = result.adaptive!.examples[0]!;
    expect(first.rounds).toBe(1);
    expect(first.walks).toBeLessThan(last.walks);
    expect(first.estimate).toBeGreaterThan(last.estimate);
    const layer = result.layers.find(({ name }) => name === 'dense1')!;
    const then = first.layers.find(({ name }) => name === 'dense1')!;
    const units = layer.units.subarray(0, then.units.length);
    then.units.forEach((value, unit) =>
      expect(Math.abs(value - units[unit]!)).toBeLessThan(4 * then.unitError[unit]! + 1e-5),
    );
  });

  it('that is enough is complete, and says what it reached', async () => {
    const enough = new AbortController();
    const result = await run(
      opened,
      { ...tight, mostWalks: null, tolerance: 1e-4 },
      {
        enough: enough.signal,
        onRound: () => enough.abort(),
      },
    );
    expect(result.complete).toBe(true);
    expect(result.examples).toEqual([0, 1, 2, 3]);
    for (const { stopped, reached, estimate } of result.adaptive!.examples) {
      expect([stopped, reached]).toEqual(['enough', false]);
      expect(estimate).toBeGreaterThan(1e-4);
    }
  });

  it('never walks more than it may, and says so', async () => {
    const result = await run(opened, { ...tight, tolerance: 1e-4, mostWalks: 80 });
    for (const { stopped, reached, walks } of result.adaptive!.examples) {
      expect([stopped, reached]).toEqual(['cap', false]);
      expect(walks).toBeLessThanOrEqual(80);
    }
  });

  // With little memory not every neuron is held: their sums go on from the result's.
  it.each([2048, 40])('goes on from where it is, with %s MB', async (memoryMB) => {
    const coarse = await run(opened, { ...DEFAULT_ACCURACY, tolerance: 0.02 }, {}, { memoryMB });
    let passes = 0;
    const onProgress = ({ done }: Progress) => (passes = done);
    const further = await run(opened, tight, { resume: coarse, onProgress }, { memoryMB });
    const walks = (result: RunResult): number => result.adaptive!.examples.reduce((sum, each) => sum + each.walks, 0);
    expect(walks(further)).toBeGreaterThan(walks(coarse));
    // Where not every neuron is held, what is split is walked again.
    expect(passes).toBeLessThanOrEqual((memoryMB === 40 ? 1.5 : 1) * (walks(further) - walks(coarse)) + 1);
    for (const layer of further.layers) {
      const truth = truthOf(opened, 'nig', layer.name);
      if (truth)
        for (const place of [0, 1, 2, 3]) expect(apart(layer.contributions, truth.data, place, 4)).toBeLessThan(0.01);
    }
  });

  it.each([
    [40, 2000],
    [2000, 40],
  ])('goes on from what %s MB held with %s MB, and walks nothing twice', async (before, after) => {
    const coarse = await run(opened, { ...DEFAULT_ACCURACY, tolerance: 0.02 }, {}, { memoryMB: before });
    let passes = 0;
    const onProgress = ({ done }: Progress) => (passes = done);
    const further = await run(opened, tight, { resume: coarse, onProgress }, { memoryMB: after });
    const walks = (result: RunResult): number => result.adaptive!.examples.reduce((sum, each) => sum + each.walks, 0);
    expect(walks(further)).toBeGreaterThan(walks(coarse));
    expect(passes).toBeLessThanOrEqual(1.5 * (walks(further) - walks(coarse)) + 1);
    for (const { reached } of further.adaptive!.examples) expect(reached).toBe(true);
  });

  it('begins anew where other numbers decide', async () => {
    const coarse = await run(opened, { ...DEFAULT_ACCURACY, tolerance: 0.02 });
    const over = { ...tight, over: 'neurons' } as const;
    const further = await run(opened, over, { resume: coarse });
    const direct = await run(opened, over);
    expect(further.adaptive!.examples.map(({ walks }) => walks)).toEqual(
      direct.adaptive!.examples.map(({ walks }) => walks),
    );
  });

  it('keeps the examples that are resolved where it is cancelled', async () => {
    const cancel = new AbortController();
    const result = await attribute(
      device,
      opened.graph,
      { ...opened.request, accuracy: tight, memoryMB: 40 },
      {
        signal: cancel.signal,
        onRound: ({ example }) => example === 1 && cancel.abort(),
      },
    );
    expect(result).toHaveLength(1);
    expect([result[0]!.complete, result[0]!.examples]).toEqual([false, [0]]);
    expect(tf.memory().numTensors).toBe(0);
  });

  it('gives other methods of the same request as ever', async () => {
    const methods = ['nig', 'rescale', 'internal-influence'] as const;
    const request = { ...opened.request, methods };
    const adaptive = await attribute(device, opened.graph, { ...request, accuracy: DEFAULT_ACCURACY });
    const even = await attribute(device, opened.graph, request);
    expect(adaptive.map(({ method }) => method)).toEqual(methods);
    for (const place of [1, 2]) expect(adaptive[place]!.layers).toEqual(even[place]!.layers);
    expect(adaptive[0]!.adaptive).not.toBeNull();
    expect(even[0]!.adaptive).toBeNull();
  });
});

describe('several baselines', () => {
  it.each([2048, 20])('are one answer, their mean and spread those of even steps, with %s MB', async (memoryMB) => {
    const opened = await openCase('motif');
    const one = firstRows(Object.values(opened.request.inputs)[0]!, 1);
    const [name] = Object.keys(opened.request.inputs);
    const others = Object.values(opened.request.inputs)[0]!;
    const request = {
      ...opened.request,
      inputs: { [name!]: one },
      baseline: { kind: 'arrays' as const, arrays: { [name!]: firstRows(others, 3) } },
      memoryMB,
    };
    // The first baseline is the input itself: nothing moves on its path.
    const [adaptive] = await attribute(device, opened.graph, { ...request, accuracy: tight });
    const [even] = await attribute(device, opened.graph, { ...request, steps: 400 });
    expect(adaptive!.delta[0]).toBeCloseTo(even!.delta[0]!, 4);
    adaptive!.layers.forEach((layer, place) => {
      const want = even!.layers[place]!;
      expect(apart(layer.contributions, want.contributions, 0, 1)).toBeLessThan(0.01);
      expect(apart(layer.spread!, want.spread!, 0, 1)).toBeLessThan(0.02);
    });
  });
});

/** Σ_c (Σ_positions relu(x · scale + offset))²: more neurons than are read one by one, so that sums are made on the device. */
function wide(): { readonly graph: Graph; readonly x: (rows: number) => NumericArray } {
  const next = random(3);
  const shape = [96, 96, 8];
  const numbers = (size: number): Float32Array => Float32Array.from({ length: size }, () => next() * 2 - 1);
  const builder = new GraphBuilder('wide');
  const layer = (name: string, output: ValueId, unitAxis: number | null): void =>
    builder.layer({ name, kind: 'Layer', group: [], output, unitAxis, inputs: [], parameters: 0 });
  const x = builder.input('x', shape);
  const scale = builder.constant({ shape, data: numbers(96 * 96 * 8) }, 'scale');
  const offset = builder.constant({ shape, data: numbers(96 * 96 * 8) }, 'offset');
  const scaled = builder.add('mul', [x, scale], {}, 'scaled');
  const opened = builder.add('relu', [builder.add('add', [scaled, offset], {}, 'moved')], {}, 'opened');
  const summed = builder.add('sum', [opened], { axes: [0, 1], keepDims: false }, 'summed');
  const out = builder.add(
    'sum',
    [builder.add('square', [summed], {}, 'square')],
    { axes: [0], keepDims: false },
    'out',
  );
  layer('x', x, 2);
  layer('opened', opened, 2);
  layer('summed', summed, 0);
  builder.output('out', out);
  return { graph: builder.build(), x: (rows) => ({ shape: [rows, ...shape], data: numbers(rows * 96 * 96 * 8) }) };
}

it('frees what batches have added up so far where it is cancelled between them', async () => {
  const { graph, x } = wide();
  const request = {
    inputs: { x: x(1) },
    baseline: { kind: 'constant' as const, value: 0 },
    target: { index: 0 },
    methods: ['nig' as const],
    rule: 'secant' as const,
    steps: 1,
    accuracy: tight,
    memoryMB: 60,
  };
  const before = tf.memory().numTensors;
  const cancel = new AbortController();
  const onProgress = (): void => cancel.abort(); // after the first batch of several
  await attribute(device, graph, request, { signal: cancel.signal, onProgress }).catch(() => null);
  expect(tf.memory().numTensors).toBe(before);
});

// With little memory chains that follow on one another share their points, and batches are not recorded.
it.each([
  [1, 2048],
  [2, 2048],
  [1, 60],
  [2, 60],
])(
  'sums many neurons on the device, of several examples and %i baselines, with %i MB',
  async (references, memoryMB) => {
    const { graph, x } = wide();
    const inputs = { x: x(2) };
    const baseline = { kind: 'arrays' as const, arrays: { x: x(references) } };
    const request = { inputs, baseline, target: { index: 0 }, methods: ['nig' as const], rule: 'secant' as const };
    const before = tf.memory().numTensors;
    const rounds: Round[] = [];
    const onRound = (round: Round): void => void rounds.push(structuredClone(round));
    const asked = { ...request, steps: 1, accuracy: tight, memoryMB };
    const [adaptive] = await attribute(device, graph, asked, { onRound });
    expect(tf.memory().numTensors).toBe(before);
    // What is first seen are the even segments, twelve walks of eight points a line: all that F changes by.
    const first = rounds.find(({ example }) => example === 0)!;
    expect([first.rounds, first.walks]).toEqual([1, 12 * references]);
    expect(first.layers[2]!.units.reduce((sum, unit) => sum + unit, 0) / adaptive!.delta[0]!).toBeCloseTo(1, 2);
    const [unwatched] = await attribute(device, graph, asked);
    expect(unwatched!.adaptive!.examples[0]!.walks).toBe(adaptive!.adaptive!.examples[0]!.walks);
    expect(unwatched!.adaptive!.examples[0]!.estimate).toBeCloseTo(adaptive!.adaptive!.examples[0]!.estimate, 5);
    const [even] = await attribute(device, graph, { ...request, steps: 400 });
    adaptive!.layers.forEach((layer, place) => {
      const want = even!.layers[place]!;
      for (const example of [0, 1]) {
        expect(apart(layer.contributions, want.contributions, example, 2)).toBeLessThan(0.02);
        expect(apart(layer.units, want.units, example, 2)).toBeLessThan(0.01);
        // F is some thousand times its difference: float32 leaves no more of that.
        expect(Math.abs(layer.residual![example]!)).toBeLessThan(1e-3 * Math.abs(adaptive!.delta[example]!));
      }
      if (references > 1) expect(apart(layer.spread!, want.spread!, 0, 2)).toBeLessThan(0.02);
    });
  },
);

it('looks at the same numbers whatever the machine has free, where no memory was asked for', async () => {
  const { graph, x } = wide();
  const request = { inputs: { x: x(1) }, baseline: { kind: 'constant' as const, value: 0 }, target: { index: 0 }, methods: ['nig' as const], rule: 'secant' as const, steps: 1, accuracy: tight }; // prettier-ignore
  const given: MemoryBudget[] = [];
  const having = async (free: number): Promise<RunResult> => {
    machine.free = free;
    const [result] = await attribute(device, graph, request, { onBudget: (budget) => void given.push(budget) });
    machine.free = 8e9;
    return result!;
  };
  const [little, much] = [await having(1e8), await having(1e11)];
  expect(given[0]).toEqual({ megabytes: 60, free: 100 });
  expect(given[1]!.megabytes).toBeGreaterThanOrEqual(2048);
  const looked = (result: RunResult) => result.adaptive!.examples[0]!.saved!.arrays;
  expect(Object.entries(looked(little)).map(([name, { length }]) => [name, length])).toEqual(
    Object.entries(looked(much)).map(([name, { length }]) => [name, length]),
  );
  expect(little.adaptive!.examples[0]!.grid).toEqual(much.adaptive!.examples[0]!.grid);
  little.layers.forEach(({ units }, place) =>
    units.forEach((unit, at) => expect(unit).toBeCloseTo(much.layers[place]!.units[at]!, 4)),
  );
});
