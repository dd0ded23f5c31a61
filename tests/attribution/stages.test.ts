/** Sweeps in groups of layers: what does not fit the memory at once comes to what the ordinary sweep comes to. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_ACCURACY, type AttributionRequest, type Method, type RunResult } from '../../src/contract/attribution';
import { MhoError } from '../../src/contract/errors';
import { attribute, valuesAlongPath } from '../../src/main/engine/attribution';
import { liveShapes } from '../../src/main/engine/attribution/chunks';
import { genomicsNonlinearity } from '../../src/main/engine/attribution/methods';
import { planRun, watchedValue } from '../../src/main/engine/attribution/plan';
import { prepare } from '../../src/main/engine/attribution/request';
import { Rows, stagesOf } from '../../src/main/engine/attribution/stages';
import { SUMS } from '../../src/main/engine/attribution/sums';
import { sweepGroup } from '../../src/main/engine/attribution/sweep';
import { withWeights } from '../../src/main/engine/attribution/weights';
import type { SumKind } from '../../src/main/engine/attribution/chunk';
import type { Device } from '../../src/main/engine/backends';
import { GraphBuilder } from '../../src/main/engine/graph/builder';
import type { Graph } from '../../src/main/engine/graph/graph';
import { hold } from '../device';
import { random } from '../random';
import { CASES, openCase, worst, type ReferenceCase } from './cases';

let device: Device;
let before = 0;
beforeAll(async () => {
  device = await hold('auto');
});
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(before));

describe('cut between any of its nodes, a sweep', () => {
  /** All sums of a kind, swept with these cuts. */
  const swept = ({ graph, request }: ReferenceCase, kinds: readonly SumKind[], every: number | null) =>
    withWeights(device, graph, async (weights) => {
      const prepared = await prepare(graph, weights, request);
      const methods: Method[] = kinds.includes('reveal-cancel') ? ['reveal-cancel'] : ['nig'];
      const plan = planRun(graph, prepared.starts, prepared.sinks, undefined, methods, prepared.fixed);
      const cuts = plan.pruned.nodes.flatMap((_, at) => (every !== null && at > 0 && at % every === 0 ? [at] : []));
      const asked = {
        plan,
        weights,
        stages: stagesOf(plan, cuts),
        lines: prepared.lines,
        seeds: prepared.seeds,
        kinds,
        spans: { walked: 4, free: 2 },
        nonlinearity: genomicsNonlinearity(graph),
        watched: watchedValue(plan),
        rowBytes: 1e3,
        bytes: 1e9,
      };
      const steps = 9;
      const alphas = Array.from({ length: steps + 1 }, (_, point) => point / steps);
      const running: number[] = [];
      const result = await sweepGroup(
        asked,
        { first: 0, pairs: 2 },
        alphas,
        { segments: 4, span: 4 },
        async (chunk) => {
          running.push(chunk.running);
        },
      );
      return { ...result, running };
    });

  it.each(CASES.flatMap((name) => [1, 2, 5].map((every) => [name, every] as const)))(
    'of %s, every %i, gives the same sums, errors and values of F',
    async (name, every) => {
      const opened = await openCase(name);
      const all = Object.keys(SUMS) as SumKind[];
      const parts: SumKind[] = ['reveal-cancel', 'genomics'];
      for (const kinds of name === 'gated' ? [all.filter((kind) => !parts.includes(kind))] : [all]) {
        const whole = await swept(opened, kinds, null);
        const cut = await swept(opened, kinds, every);
        expect(worst(cut.atInput, whole.atInput)).toBeLessThan(1e-6);
        expect(worst(Float32Array.from(cut.running), Float32Array.from(whole.running))).toBeLessThan(1e-5);
        for (const kind of kinds) {
          expect([...cut.sums.get(kind)!.keys()].sort()).toEqual([...whole.sums.get(kind)!.keys()].sort());
          for (const [id, sums] of whole.sums.get(kind)!) {
            const other = cut.sums.get(kind)!.get(id)!;
            for (const level of ['fine', 'coarse', 'squares'] as const)
              expect(worst(other[level], sums[level]), `${kind} ${id} ${level}`).toBeLessThan(2e-5);
            const [own, others] = [cut, whole].map(({ courses }) => courses.get(kind)!.get(id)?.spread(0, 2));
            if (others !== undefined) expect(own).toBeCloseTo(others, 4);
          }
        }
      }
    },
  );
});

/** Convolutions with ReLUs, every third with what came two before it added; every value is a layer. */
function deepNet(): { graph: Graph; request: Omit<AttributionRequest, 'methods'> } {
  const builder = new GraphBuilder('deep');
  const next = random(3);
  const [side, channels, depth] = [64, 8, 15];
  const weight = (...shape: number[]) => {
    const size = shape.reduce((product, each) => product * each, 1);
    const scale = Math.sqrt(6 / (size / shape.at(-1)!));
    return builder.constant({ shape, data: Float32Array.from({ length: size }, () => (2 * next() - 1) * scale) }, 'w');
  };
  const layer = (name: string, output: number): number => {
    builder.layer({ name, kind: 'Layer', group: [], output, unitAxis: 2, inputs: [], parameters: 0 });
    return output;
  };
  const image = builder.input('image', [side, side, channels]);
  const values = [image];
  const how = { strides: [1, 1], dilations: [1, 1], padding: 'same', groups: 1 } as const;
  for (let at = 0; at < depth; at++) {
    const product = layer(
      `conv${at}`,
      builder.add('conv', [values.at(-1)!, weight(3, 3, channels, channels)], how, 'conv'),
    );
    const bent = layer(`relu${at}`, builder.add('relu', [product], {}, 'relu'));
    const skips = at % 3 === 2;
    values.push(skips ? layer(`add${at}`, builder.add('add', [bent, values.at(-2)!], {}, 'add')) : bent);
  }
  const pooled = builder.add('mean', [values.at(-1)!], { axes: [0, 1], keepDims: false }, 'pool');
  const out = builder.add('matmul', [pooled, weight(channels, 3)], { transposeA: false, transposeB: false }, 'out');
  builder.layer({ name: 'out', kind: 'Dense', group: [], output: out, unitAxis: 0, inputs: [], parameters: 0 });
  builder.output('out', out);
  return {
    graph: builder.build(),
    request: {
      inputs: {
        image: {
          shape: [2, side, side, channels],
          data: Float32Array.from({ length: 2 * side * side * channels }, () => next()),
        },
      },
      baseline: { kind: 'constant', value: 0 },
      target: { layer: 'out', index: 1 },
      rule: 'secant',
      steps: 6,
    },
  };
}

describe('a run that does not fit', () => {
  const accuracy = { ...DEFAULT_ACCURACY, mostWalks: 40 };
  const ASKED: readonly (readonly [string, Pick<AttributionRequest, 'methods'> & Partial<AttributionRequest>])[] = [
    ['an adaptive path', { methods: ['nig'], accuracy }],
    ['even steps', { methods: ['nig'] }],
    ['trapezoids', { methods: ['nig'], rule: 'trapezoid' }],
    ['rescale', { methods: ['rescale'] }],
    ['parts', { methods: ['reveal-cancel', 'genomics'] }],
    ['several methods', { methods: ['nig', 'rescale', 'gradient-difference', 'internal-influence'], accuracy }],
  ];
  const needed = async (graph: Graph, request: AttributionRequest, memoryMB: number): Promise<number> => {
    const fault = await attribute(device, graph, { ...request, memoryMB }).then(
      () => null,
      (error: unknown) => error,
    );
    expect(fault).toBeInstanceOf(MhoError);
    expect((fault as MhoError).code).toBe('MEMORY_BUDGET');
    return Number(/--memory (\d+)/.exec((fault as MhoError).remedy)![1]);
  };
  const agree = (some: readonly RunResult[], others: readonly RunResult[]): void => {
    expect(some.map(({ method }) => method)).toEqual(others.map(({ method }) => method));
    for (const [at, result] of some.entries())
      for (const [place, layer] of result.layers.entries())
        expect(worst(layer.contributions, others[at]!.layers[place]!.contributions), layer.name).toBeLessThan(1e-4);
  };

  it.each(ASKED)('%s, takes as much as its refusal says, group by group', async (_, asked) => {
    const { graph, request } = deepNet();
    const own = { ...request, ...asked };
    const ordinary = await attribute(device, graph, { ...own, memoryMB: 2048 });
    expect(ordinary.some(({ layerGroups }) => layerGroups !== undefined)).toBe(false);
    const memoryMB = await needed(graph, own, 16);
    const grouped = await attribute(device, graph, { ...own, memoryMB });
    expect(Math.max(...grouped.map(({ layerGroups }) => layerGroups ?? 1))).toBeGreaterThan(1);
    agree(grouped, ordinary);
    await needed(graph, own, Math.floor(0.7 * memoryMB));
  });

  it('tells how far it is, and ends at Cancel with the examples that are complete', async () => {
    const { graph, request } = deepNet();
    const own = { ...request, methods: ['nig'] as const, steps: 8 };
    const memoryMB = await needed(graph, own, 16);
    const ending = new AbortController();
    let told = 0;
    const [result] = await attribute(
      device,
      graph,
      { ...own, memoryMB },
      {
        signal: ending.signal,
        onProgress: ({ done, total }) => {
          told++;
          if (told === 5) ending.abort(); // of four chunks for each example
          expect(done).toBeLessThanOrEqual(total);
        },
      },
    );
    expect(told).toBeGreaterThan(2);
    expect(result).toMatchObject({ complete: false, examples: [0] });
  });

  it('is walked along its path group by group too', async () => {
    const { graph, request } = deepNet();
    const own = { ...request, methods: ['nig'] as const };
    const whole = await valuesAlongPath(device, graph, { ...own, memoryMB: 2048 });
    const grouped = await valuesAlongPath(device, graph, { ...own, memoryMB: 90 });
    expect(worst(grouped.target, whole.target)).toBeLessThan(1e-6);
    for (const [at, { name, running, gradient }] of grouped.layers.entries()) {
      expect(worst(running, whole.layers[at]!.running), name).toBeLessThan(1e-4);
      expect(worst(gradient, whole.layers[at]!.gradient), name).toBeLessThan(1e-4);
    }
  });

  it('is refused with a figure where most nodes keep nothing', async () => {
    const { graph, request } = deepNet();
    const own = { ...request, methods: ['nig'] as const, layers: ['conv0', 'out'] };
    const memoryMB = await needed(graph, own, 4);
    const ordinary = await attribute(device, graph, { ...own, memoryMB: 2048 });
    agree(await attribute(device, graph, { ...own, memoryMB }), ordinary);
  });

  it('is cut where least crosses', async () => {
    const { graph, request } = deepNet();
    await withWeights(device, graph, async (weights) => {
      const prepared = await prepare(graph, weights, { ...request, methods: ['nig'] });
      const plan = planRun(graph, prepared.starts, prepared.sinks, undefined, ['nig'], prepared.fixed);
      const rows = new Rows(plan, liveShapes(plan, weights, prepared.lines));
      const taken = { peak: 3, flows: 1 };
      const whole = rows.grouped(3, taken, Infinity);
      const least = rows.grouped(3, taken, 0);
      expect(whole.stages).toHaveLength(1);
      expect(least.bytes).toBeLessThan(0.5 * whole.bytes);
      const half = rows.grouped(3, taken, 0.6 * whole.bytes);
      expect(half.bytes).toBeLessThanOrEqual(0.6 * whole.bytes);
      expect(half.stages.length).toBeLessThan(least.stages.length);
      expect(half.stages.flatMap(({ nodes }) => nodes)).toEqual(plan.pruned.nodes);
    });
  });
});
