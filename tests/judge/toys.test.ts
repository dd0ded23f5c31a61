/** Networks with known answers: the judge finds each. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Judgement, Judged, JudgedLayer } from '../../src/contract/judgement';
import { aloneOf, judgementWords, layerWords } from '../../src/contract/words/judgement';
import { judge } from '../../src/main/engine/judge';
import { openCase } from '../attribution/cases';
import { random } from '../random';
import { hold, inHand } from '../device';
import { toyNet, type Net } from '../study/toy';

beforeAll(async () => void (await hold('tensorflow')));

async function judged(
  net: Net,
  rows: readonly (readonly number[])[],
  methods: readonly Judged[] = ['nig', 'rescale', 'activation-difference'],
): Promise<Judgement & { readonly h: JudgedLayer }> {
  const { judgement } = await judge(inHand(), toyNet(net), {
    request: {
      inputs: { x: { shape: [rows.length, net.W.length], data: Float32Array.from(rows.flat()) } },
      baseline: { kind: 'constant', value: 0 },
      target: { index: 0 },
      methods: [],
      rule: 'secant',
      steps: 64,
      layers: ['h'],
    },
    methods,
    to: { kind: 'baseline' },
    seed: 1,
    sanity: false,
  });
  return { ...judgement, h: judgement.layers[0]! };
}

const near = (have: readonly number[], want: readonly number[]): void =>
  have.forEach((value, at) => expect(value).toBeCloseTo(want[at]!, 5));

it('AND: each unit alone takes all away, and alone gives nothing back: drops add up to twice the joint one', async () => {
  const { h } = await judged({ W: [[1], [1]], b: [-1], v: [[1]] }, [[1, 1]]);
  near(h.drop[0]!, [1, 1]);
  near(h.restore[0]!, [0, 0]);
  near([aloneOf(h)!, h.joint[0]!], [2, 1]);
  expect(h.additive).toBe(false);
  near(h.methods[0]!.scores[0]!, [0.5, 0.5]);
});

it('OR: nothing is lost with either out, each alone gives all back; units do not act alone, and that is said', async () => {
  const { h } = await judged({ W: [[-1], [-1]], b: [1], v: [[-1]], c: [1] }, [[1, 1]]);
  near(h.drop[0]!, [0, 0]);
  near(h.restore[0]!, [1, 1]);
  expect(aloneOf(h)).toBeCloseTo(0, 6);
  expect(layerWords(h)).toContain('In h units do not act alone: single drops add up to less than 0.01 times');
});

it('XOR: both together do nothing, each would do something by itself; single drops have no joint one to add up to', async () => {
  const { h, verdicts } = await judged({ W: [[1, 1], [1, 1]], b: [0, -1], v: [[1], [-2]] }, [[1, 1]]); // prettier-ignore
  near(h.drop[0]!, [-1, -1]);
  near(h.restore[0]!, [1, 1]);
  near(h.joint, [0]);
  expect(h.alone).toEqual([null]);
  expect(verdicts).toEqual([]); // no ranking of two that are alike is better than another
});

it('a unit with a large activation and no effect: whoever looks at activations alone ranks it first, and is behind', async () => {
  const next = random(5);
  const rows = Array.from({ length: 8 }, () => [1 + next(), 0.5 + next(), 100 + next(), 0.2 * next()]);
  const judgement = await judged({ W: [[1, 0.3], [0.5, -0.2], [0, 0], [1, 1]], b: [-0.2, -0.1], v: [[1], [1]] }, rows); // prettier-ignore
  const { h, verdicts } = judgement;
  for (const drops of h.drop) expect(drops[2]).toBe(0);
  for (const each of h.methods.filter(({ method }) => method !== 'activation-difference'))
    for (const scores of each.scores) expect(Math.abs(scores[2]!)).toBeLessThan(1e-5);
  const beside = verdicts.find(({ behind }) => behind === 'activation-difference')!;
  expect(beside.real).toBe(true);
  expect(beside.means[0] - beside.means[1]).toBeGreaterThan(0.3);
  expect(h.methods.find(({ method }) => method === 'activation-difference')!.scores[0]!.indexOf(Math.max(...h.methods.find(({ method }) => method === 'activation-difference')!.scores[0]!))).toBe(2); // prettier-ignore
});

it('two units that cancel: each does much, both together nothing; most first takes the positive one, least first the negative', async () => {
  const { h, ...judgement } = await judged({ W: [[1, 0], [0, 1]], b: [0, 0], v: [[5], [-5]] }, [[1, 1]]); // prettier-ignore
  near(h.drop[0]!, [5, -5]);
  near(h.restore[0]!, [5, -5]);
  near(h.joint, [0]);
  expect(h.additive).toBe(true);
  expect(judgementWords({ ...judgement, layers: [h] })[0]).toContain('Nothing here tells methods apart');
  const [nig] = h.methods;
  near(nig!.most[0]!, [0, -5, 0]);
  near(nig!.least[0]!, [0, 5, 0]);
  near([nig!.positive[0]!, nig!.negative[0]!], [5, -5]);
  near([nig!.difference[0]!, h.greedy!.best[0]!], [5, 5]);
  near(h.greedy!.down![0]!, [0, -5, 0]);
  near(h.greedy!.up![0]!, [0, 5, 0]);
});

it('of a method whose own numbers are not resolved there is no verdict, however far its ranking is behind', async () => {
  const { graph, request } = await openCase('gated');
  const coarse = { ...request, layers: ['norm'], steps: 2 };
  const how = { methods: ['nig', 'rescale'], to: { kind: 'baseline' }, seed: 0, sanity: false } as const;
  const { judgement } = await judge(inHand(), graph, { request: coarse, ...how });
  expect(judgement.costs[0]!.error).toBeGreaterThan(0.3);
  expect(judgement.verdicts[0]).toMatchObject({ real: false, unresolved: ['nig'] });
  expect(judgementWords(judgement)[0]).toContain('NIG is not yet resolved here');
});

it('a network without a layer of several units has none that can be judged, and that is an answer', async () => {
  const told: number[] = [];
  const { judgement, fault } = await judge(
    inHand(),
    toyNet({ W: [[1]], b: [0], v: [[2]] }),
    {
      request: {
        inputs: { x: { shape: [1, 1], data: Float32Array.of(1) } },
        baseline: { kind: 'constant', value: 0 },
        target: { index: 0 },
        methods: [],
        rule: 'secant',
        steps: 4,
      },
      methods: ['nig', 'rescale'],
      to: { kind: 'baseline' },
      seed: 1,
      sanity: true,
    },
    { onProgress: ({ done, total }) => told.push(done / total) },
  );
  expect(fault).toBeNull();
  expect(judgement).toMatchObject({ layers: [], verdicts: [], sanity: [], complete: true });
  for (const share of told) expect(share).toBeLessThanOrEqual(1.0001);
  expect(told).toEqual([...told].sort((a, b) => a - b));
});

describe('what there is nothing to say of', () => {
  const net = { W: [[1, 0.3], [0.5, -0.2]], b: [-0.2, -0.1], v: [[1], [1]] }; // prettier-ignore

  it('examples that are alike count once: of four that are one nothing is said of others', async () => {
    const alike = await judged({ ...net, W: [[1, 0.3], [0.5, -0.9]], b: [-0.2, 0.4], v: [[1], [1]] }, Array.from({ length: 4 }, () => [1, 0.8])); // prettier-ignore
    expect(alike.distinct).toBe(1);
    for (const { real, interval, examples } of alike.verdicts) expect({ real, interval, examples }).toEqual({ real: false, interval: null, examples: 1 }); // prettier-ignore
    for (const { spearman } of alike.summaries) expect(spearman.mean?.interval ?? null).toBeNull();
    const three = await judged(net, [[1, 0.8], [1, 0.8], [0.4, 0.2], [0.9, 0.1]]); // prettier-ignore
    expect(three.distinct).toBe(3);
    expect(judgementWords({ ...three, layers: [three.h] })).toContain('Of 4 examples only 3 differ: alike ones count once.'); // prettier-ignore
    expect((await judged(net, [[1, 0.8], [0.4, 0.2]])).distinct).toBeUndefined(); // prettier-ignore
  });

  it('an input that is its baseline: no unit does anything, which is said as such', async () => {
    const still = await judged(net, [[0, 0]]); // prettier-ignore
    expect(judgementWords({ ...still, layers: [still.h] })[0]).toContain('F stays what it was with any unit out');
    expect(layerWords(still.h)).toContain('With any unit of h out, or put back, F stays what it was');
  });

  it('one unit: there is nothing to rank; one method: none to hold it against', async () => {
    const one = await judged({ W: [[1]], b: [0], v: [[2]] }, [[1]]); // prettier-ignore
    expect(layerWords(one.h)).toBe('h has one unit: there is nothing to rank, and it judges nothing.');
    const { h, ...judgement } = await judged(net, [[1, 0.8], [0.3, 0.9], [0.6, 0.1]]); // prettier-ignore
    const alone = { ...judgement, layers: [{ ...h, additive: false }], summaries: judgement.summaries.slice(0, 1), verdicts: [] }; // prettier-ignore
    expect(judgementWords(alone)[0]).toContain('there is no second method');
    const tied = { ...judgement, layers: [{ ...h, additive: false }], verdicts: [] };
    expect(judgementWords(tied)[0]).toContain('No verdict: in h all units do the same');
  });
});
