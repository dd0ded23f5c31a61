/** Each part of a study by numbers that are known. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AttributionRequest } from '../../src/contract/attribution';
import type { JudgedLayer } from '../../src/contract/judgement';
import type { Graph } from '../../src/main/engine/graph/graph';
import { onGround } from '../../src/main/engine/interventions';
import { ablate } from '../../src/main/engine/study/ablation';
import { agreementOf } from '../../src/main/engine/study/agreement';
import { spreadPlaces } from '../../src/main/engine/data/spread';
import { fixed, narrowed } from '../../src/main/engine/study/choosing';
import { study } from '../../src/main/engine/study';
import { compareConductance } from '../../src/main/engine/study/conductance';
import { contrastOf } from '../../src/main/engine/study/contrast';
import { costsOf } from '../../src/main/engine/study/costs';
import { literalConductance } from '../../src/main/engine/study/literal';
import { unitScores, type LayerScores } from '../../src/main/engine/study/scores';
import { inTurn, select, signsOf, splitOf } from '../../src/main/engine/study/selection';
import { readout, spreadOf } from '../../src/main/engine/study/statistics';
import { random } from '../random';
import { hold, inHand } from '../device';
import { openCase } from '../attribution/cases';
import { asked, toyNet } from './toy';

beforeAll(async () => void (await hold('tensorflow')));
const nothing = (): void => undefined;
const rows = (...values: number[][]): Float64Array[] => values.map((each) => Float64Array.from(each));
const near = (have: ArrayLike<number>, want: readonly number[]): void => {
  expect(have.length).toBe(want.length);
  want.forEach((value, at) => expect(have[at]).toBeCloseTo(value, 5));
};

describe('statistics', () => {
  it('median and quartiles lie between neighbours, and what is no number is left out', () => {
    expect(spreadOf([4, 1, null, 3, 2, NaN])).toEqual({ count: 4, low: 1.75, median: 2.5, high: 3.25 });
    expect(spreadOf([null])).toBeNull();
  });

  it('a readout is ridge regression: two features of a known solution, and classes that a line parts', () => {
    // Scaled to ±1, features at right angles: weights are XᵀY / (N + 1), so the sign of the first feature says the class.
    const say = readout([[0, 5], [2, 5], [0, 9], [2, 9]], [0, 1, 0, 1], 2); // prettier-ignore
    expect([[-3, 9], [0.9, 5], [1.1, 5], [7, 0]].map(say)).toEqual([0, 0, 1, 1]); // prettier-ignore
    const constant = readout([[1, 0], [1, 2]], [0, 1], 2); // prettier-ignore
    expect(constant([1, 3])).toBe(1); // what does not vary is no fault
  });
});

describe('some examples of a request', () => {
  const request = asked([[1], [2], [3], [4]], {
    target: { index: { each: [0, 1, 2, 3] } },
    baseline: { kind: 'arrays', perExample: true, arrays: { x: { shape: [4, 1], data: Float32Array.of(5, 6, 7, 8) } } },
    exampleNumbers: [10, 11, 12, 13],
  });

  it('keep their own rows, baselines, targets and numbers', () => {
    const some = narrowed(request, spreadPlaces(4, 2));
    expect(some.exampleNumbers).toEqual([10, 12]);
    expect([...some.inputs['x']!.data]).toEqual([1, 3]);
    expect(some.target.index).toEqual({ each: [0, 2] });
    expect(some.baseline).toMatchObject({ arrays: { x: { shape: [2, 1], data: Float32Array.of(5, 7) } } });
    expect(spreadPlaces(3, 24)).toEqual([0, 1, 2]);
  });

  it('keep all references that are theirs, one after the other', () => {
    const data = Float32Array.of(50, 51, 60, 61, 70, 71, 80, 81);
    const of = { kind: 'arrays', perExample: true, references: 2, arrays: { x: { shape: [8, 1], data } } } as const;
    const { baseline } = narrowed({ ...request, baseline: of }, [1, 3]);
    expect(baseline).toEqual({ ...of, arrays: { x: { shape: [4, 1], data: Float32Array.of(60, 61, 80, 81) } } });
  });

  it('and F is held where it was found', () => {
    const term = { layer: 'out', shape: [5], index: [4, 0, 1, 2], labels: null, activations: [], behind: [] };
    const held = fixed({ ...request, target: { layer: 'out', index: 'argmax' } }, [term]);
    expect(held.target).toEqual({ layer: 'out', index: { each: [4, 0, 1, 2] } });
  });
});

describe('the formula of conductance', () => {
  it('tells as its error what half the points differ by', async () => {
    const { graph, request } = await openCase('plain');
    const at = async (steps: number) => literalConductance(inHand(), graph, { ...request, steps }, 'dense1');
    const [whole, half] = [await at(16), await at(8)];
    whole.error!.forEach((error, neuron) =>
      expect(error).toBeCloseTo(Math.abs(whole.conductance[neuron]! - half.conductance[neuron]!), 4),
    );
    expect(Math.max(...whole.error!)).toBeGreaterThan(1e-3);
    expect((await at(5)).error).toBeNull();
  });

  it('lies within both errors of NIG, costs a pass for each neuron and point, and is not walked where it takes too many', async () => {
    const { graph, request } = await openCase('plain');
    const layers = ['conv1', 'dense1'];
    const before = tf.memory().numTensors;
    const { conductance, fault } = await compareConductance(inHand(), graph, { ...request, steps: 128 }, layers, undefined, nothing); // prettier-ignore
    const { layers: told, nig, unaffordable } = conductance;
    expect(fault).toBeNull();
    expect(tf.memory().numTensors).toBe(before);
    const [dense] = told;
    expect(told.map(({ layer }) => layer)).toEqual(['dense1']);
    expect(dense).toMatchObject({ neurons: 32, passes: 129 * 33, within: true });
    expect(dense!.difference).toBeLessThan(0.02 * dense!.total);
    expect(dense!.largest).toBeLessThanOrEqual(dense!.difference);
    expect(nig.passes).toBe(129);
    expect(unaffordable).toEqual([{ layer: 'conv1', neurons: 1024, passes: 129 * 1025 }]);
  });

  it('is exact, with both errors next to nothing, where F is linear on the path', async () => {
    const net = toyNet({ W: [[1, 0], [0, 1]], b: [0, 0], v: [[2], [-3]] }); // prettier-ignore
    const { conductance } = await compareConductance(
      inHand(),
      net,
      asked([[2, 5]], { baseline: { kind: 'constant', value: 1 } }),
      ['h'],
      undefined,
      nothing,
    );
    const { layers } = conductance;
    expect(layers[0]).toMatchObject({ within: true, neurons: 2 });
    near([layers[0]!.total, layers[0]!.greatest, layers[0]!.largest, layers[0]!.literalError], [14, 12, 0, 0]);
  });

  it('gives others a turn within a layer of many neurons, and ends there', async () => {
    const { graph, request } = await openCase('plain');
    const control = new AbortController();
    const shares: number[] = [];
    const onProgress = (done: number, all: number): void => {
      shares.push(done / all);
      if (done / all > 0.3) control.abort();
    };
    await expect(
      literalConductance(inHand(), graph, { ...request, steps: 8 }, 'conv3', { signal: control.signal, onProgress }),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(shares.length).toBeGreaterThan(2);
    expect(shares.at(-1)).toBeLessThan(0.5);
  });

  it('ended early keeps the layers that were walked, and a study that ends there has them', async () => {
    const { graph, request } = await openCase('plain');
    const control = new AbortController();
    const ofFirst = 33 / (33 + 513);
    const { study: told, fault } = await study(
      inHand(),
      graph,
      { request: { ...request, steps: 128, layers: ['dense1', 'conv3'] }, seed: 1 },
      {
        signal: control.signal,
        onProgress: (done, _total, part) => {
          if (part === 'conductance' && done > 1.5 * ofFirst) control.abort();
        },
      },
    );
    expect(fault?.code).toBe('CANCELLED');
    expect(told).toMatchObject({ complete: false, costs: null, judgement: null });
    expect(told.conductance!.layers.map(({ layer }) => layer)).toEqual(['dense1']);
  });

  it('takes one path: of several references both look at the first', async () => {
    const net = toyNet({ W: [[1, 0], [0, 1]], b: [0, 0], v: [[2], [-3]] }); // prettier-ignore
    const data = Float32Array.of(1, 1, 0, 4);
    for (const own of [{}, { perExample: true, references: 2 }]) {
      const baseline = { kind: 'arrays', arrays: { x: { shape: [2, 2], data } }, ...own } as const;
      const { conductance } = await compareConductance(inHand(), net, asked([[2, 5]], { baseline }), ['h'], undefined, nothing); // prettier-ignore
      const { layers } = conductance;
      near([layers[0]!.total, layers[0]!.greatest, layers[0]!.largest], [14, 12, 0]);
    }
  });
});

it('costs: a pass of each method serves all layers; who has no rule says so', async () => {
  const { graph, request } = await openCase('plain');
  const costs = await costsOf(inHand(), graph, { ...request, steps: 4 }, ['conv1', 'dense1'], undefined, nothing);
  expect(costs.methods.map(({ method, passes }) => [method, passes])).toEqual([
    ['nig', 4],
    ['rescale', 1],
    ['reveal-cancel', 1],
    ['genomics', 1],
  ]);
  for (const { all, alone } of costs.methods) for (const each of [all, ...alone]) expect(each).toBeGreaterThan(0);
  const gated = await openCase('gated');
  const ruled = await costsOf(inHand(), gated.graph, { ...gated.request, steps: 4 }, ['mix'], undefined, nothing);
  expect(ruled.methods.map(({ method }) => method).concat(ruled.without.map(({ method }) => method)).sort()).toEqual(
    ['genomics', 'nig', 'rescale', 'reveal-cancel'],
  );
  for (const { why } of ruled.without) expect(why).toMatch(/^[A-Z_]+: /);
}); // prettier-ignore

it('agreement: ranks, signs beyond the error alone, and the first units', () => {
  const method = (name: string, scores: number[][], errors: number[][] | null) => ({ method: name, scores, errors });
  const layer = {
    name: 'l',
    units: 4,
    methods: [
      method('nig', [[4, 3, -1, 0.1], [1, 2, 3, 4]], [[0.1, 0.1, 0.5, 0.5], [0, 0, 0, 0]]), // prettier-ignore
      method('rescale', [[4, 3, 1, -0.1], [4, 3, 2, 1]], null), // prettier-ignore
    ],
  } as unknown as JudgedLayer;
  const told = agreementOf(layer);
  // Unit 2 turns beyond its error, unit 3 within; the second example's ranks are reversed.
  expect(told).toMatchObject({ flipped: 1, pairs: 8, top: 2 });
  expect(told.spearman).toMatchObject({ low: expect.closeTo(-0.55), high: expect.closeTo(0.35) });
  expect(told.overlap).toMatchObject({ median: 0.5 });
});

const scoresAt = (graph: Graph, request: AttributionRequest, layer: string) =>
  onGround(inHand(), graph, request, [layer], async (ground) => {
    const scores = (await unitScores(inHand(), graph, request, [layer], 1, undefined, nothing)).get(layer)!;
    return { scores, ablated: await ablate(ground, layer, scores, nothing) };
  });

describe('scores and ablation', () => {
  it('activation, gradient × activation, influence, conductance of a net by hand', async () => {
    // z = relu(h0 + h1 − 1): open on the second half of the path, so ∂F/∂h is 2 at x and 1 in the mean; F(x) = 2 · 1.
    const net = toyNet({ W: [[1], [1]], b: [-1], v: [[2]] }); // prettier-ignore
    const request = asked([[1.5, 0.5]], { steps: 64 });
    const { scores } = await scoresAt(net, request, 'h');
    near(scores.activation[0]!, [1.5, 0.5]);
    near(scores['gradient-activation'][0]!, [3, 1]);
    scores.influence[0]!.forEach((value) => expect(value).toBeCloseTo(1, 1));
    near(scores.conductance[0]!, [1.5, 0.5]);
    near(scores.rescale[0]!, [1.5, 0.5]);
  });

  it('where F is additive, gradient × activation is what ablation takes, whatever the baseline; the class turns with the unit that holds it', async () => {
    const net = toyNet({ W: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], b: [0, 0, 0], v: [[3, 0], [1, 0], [0, 2]] }); // prettier-ignore
    const request = asked([[1, 1, 1], [2, 0.5, 0.5]], { target: { index: 'argmax' }, baseline: { kind: 'constant', value: 0.5 } }); // prettier-ignore
    const { ablated } = await scoresAt(net, request, 'h');
    const of = (score: string) => ablated.scores.find((each) => each.score === score)!;
    expect(of('gradient-activation').correlation!.low).toBeCloseTo(1, 5);
    expect(of('gradient-activation').changes).toEqual([1, 1]);
    // Conductance from 0.5 sees half of what zero takes, or nothing of units that stay; the first unit all the same.
    expect(of('conductance').changes).toEqual([1, 1]);
  });

  it('of one value below 0, what lowers F goes first', async () => {
    const net = toyNet({ W: [[1, 0], [0, 1]], b: [0, 0], v: [[1], [-3]] }); // prettier-ignore
    const { ablated } = await scoresAt(net, asked([[1, 1], [1, 0.1]]), 'h'); // prettier-ignore
    expect(ablated.scores.find(({ score }) => score === 'conductance')!.changes).toEqual([1, 1]);
  });
});

describe('units as features', () => {
  const classes = { names: ['a', 'b'], of: [0, 0, 0, 1, 1, 1, 1], given: true };

  it('are chosen on the first two thirds of the smallest class, in turn', () => {
    const split = splitOf(classes)!;
    expect(split).toEqual({ chosen: [0, 1, 3, 4], judged: [2, 5, 6], perClass: 2 });
    const many = Array.from({ length: 200 }, (_, at) => at % 2);
    expect(splitOf({ ...classes, of: many })!.perClass).toBe(30);
    expect(splitOf({ ...classes, names: ['a'], of: [0, 0] })).toBeNull();
    expect(splitOf({ ...classes, of: [0, 1, 1] })).toBeNull();
    // a: units 2, 0, 1; b: units 0, 1, 2.
    const scores = rows([2, 1, 3], [2, 1, 3], [0, 0, 0], [3, 2, 1], [0, 0, 0], [0, 0, 0]);
    expect(inTurn(scores, classes, split)).toEqual([2, 0, 1]);
  });

  it('who puts the unit first that tells the classes reads them from one', () => {
    const next = random(4);
    const of = Array.from({ length: 40 }, (_, at) => at % 2);
    const activation = of.map((own) => Float64Array.of(next(), next(), own + 0.1 * next(), next()));
    const first = of.map(() => Float64Array.of(0, 0, 1, 0));
    const wrong = of.map(() => Float64Array.of(1, 0, 0, 0));
    const scores: LayerScores = { activation, conductance: first, rescale: first, influence: wrong, 'gradient-activation': wrong, random: wrong }; // prettier-ignore
    const given = { names: ['0', '1'], of, given: true };
    const told = select('l', scores, given, splitOf(given)!, 3);
    const by = (score: string) => told.scores.find((each) => each.score === score)!.accuracy;
    expect(told.counts).toEqual([1, 2, 4]);
    expect(by('conductance')[0]).toBe(1);
    expect(by('influence')[0]).toBeLessThan(0.9);
    expect(by('influence')[2]).toBe(by('conductance')[2]);
    expect(by('random')[0]).toBeGreaterThan(by('influence')[0]!);
    expect(select('l', scores, given, splitOf(given)!, 3)).toEqual(told);
  });

  it('signs over classes are those that two standard errors leave', () => {
    const given = { names: ['a', 'b'], of: [0, 0, 0, 1, 1, 1], given: true };
    const told = signsOf('l', rows([1, 1, -2, 1], [1.1, 1, -2, -1], [0.9, 1, -2, 0.1], [-1, 2, -1, 5], [-1.1, 2, -1, -5], [-0.9, 2, -1, 0.2]), given); // prettier-ignore
    expect(told).toEqual({ layer: 'l', units: 4, both: 1, positive: 1, negative: 1, neither: 1 });
  });
});

it('units that answer: the one that sees the change, whose sign turns, and nothing is left with it out', async () => {
  // h0 alone differs between the pairs; h1 and h2 stay.
  const net = toyNet({ W: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], b: [0, 0, 0], v: [[4], [1], [-2]] }); // prettier-ignore
  const plain = asked([[0, 1, 1], [0, 2, 1]]); // prettier-ignore
  const changed = asked([[1, 1, 1], [1, 2, 1]]).inputs; // prettier-ignore
  const told = await contrastOf(inHand(), net, plain, changed, ['h'], 2, undefined, nothing);
  near([told.pairs, told.before, told.after, told.change], [2, -0.5, 3.5, 4]);
  const [h] = told.layers;
  expect(h!.answering.map(({ unit }) => unit)).toEqual([0, 1]);
  near(Object.values(h!.answering[0]!).slice(1), [0, 4, 4, 0]);
  expect(h!.counts).toEqual([0, 1, 2, 3]);
  near(h!.left, [1, 0, 0, 0]);
  near([h!.byChance[0]!, h!.byChance[3]!], [1, 0]);
  expect(h!.byChance[1]).toBeGreaterThan(0.2);
});
