/** The adaptive path's grid on nets that are walked by hand. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Grid, type Standing, type Vector } from '../../../src/main/engine/attribution/adaptive/grid';
import {
  asked,
  brownian,
  distance,
  gridOf,
  jumping,
  kinked,
  l1,
  ofAlpha,
  sum,
  walkPairs,
  Walker,
  type Pair,
} from './paths';

const ENDS = [
  { side: 0, t: 0 },
  { side: 1, t: 0 },
] as const;
const exactly = (v: Float64Array): Vector => v;
const float32 = (v: Float64Array): Vector => Float32Array.from(v);
const PAIRS = 40;

describe('the grid of an adaptive path', () => {
  const { net, truth } = kinked(PAIRS, 1);

  it("sums to F(x) − F(x') after every round, and reaches what was asked", () => {
    const grid = gridOf(PAIRS, asked());
    const walker = new Walker([net]);
    const whole = sum(walkPairs(net, ...ENDS));
    while (walker.step(grid)) expect(sum(grid.values())).toBeCloseTo(whole, 10);
    const { estimate, reached, stopped } = grid.standing;
    expect({ reached, stopped }).toEqual({ reached: true, stopped: 'reached' });
    expect(estimate).toBeLessThanOrEqual(0.01);
    expect(distance(grid.values(), truth) / l1(truth)).toBeLessThan(0.01);
  });

  it('is the same when restored from what was saved, after any round of any net', () => {
    const saved = fc.record({
      seed: fc.nat(1000),
      rounds: fc.nat(6),
      tolerance: fc.constantFrom(0.2, 0.02, 0.004),
      lines: fc.constantFrom(1, 2),
      round: fc.constantFrom(exactly, float32),
    });
    fc.assert(
      fc.property(saved, ({ seed, rounds, tolerance, lines, round }) => {
        const nets = Array.from({ length: lines }, (_, line) => kinked(6, seed + line).net);
        const grid = gridOf(6, asked({ tolerance }), { lines });
        const walker = new Walker(nets, round);
        for (let i = 0; i < rounds; i++) walker.step(grid);
        const restored = Grid.restore(structuredClone(grid.save()));
        expect(restored.next()).toEqual(grid.next());
        expect(grid.next()).toBe(grid.next());
        if (rounds > 0) expect(restored.standing).toEqual(grid.standing);
        walker.finish(grid);
        new Walker(nets, round).finish(restored);
        expect(restored.standing).toEqual(grid.standing);
        expect(restored.errors()).toEqual(grid.errors());
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['a tighter tolerance', asked({ tolerance: 0.05 }), asked({ tolerance: 0.002 })],
    ['the next finer pilot', asked({ tolerance: 0.05 }), asked({ tolerance: 0.01 })],
    ['more walks', asked({ tolerance: 0.001, mostWalks: 60 }), asked({ tolerance: 0.001 })],
    ['a looser tolerance, then nothing', asked({ tolerance: 0.004 }), asked({ tolerance: 0.02 })],
  ])('goes on from where it is to %s, and walks nothing twice', (_, first, then) => {
    const grid = gridOf(PAIRS, first);
    const walker = new Walker([net]);
    walker.finish(grid);
    const before = grid.standing;
    grid.goOn(then);
    walker.finish(grid);
    expect(grid.standing.stopped).toBe('reached');
    expect(distance(grid.values(), truth) / l1(truth)).toBeLessThan(then.tolerance);
    expect(grid.standing.walks).toBeGreaterThanOrEqual(before.walks);
    expect(Math.max(...walker.segments.values())).toBe(1);
    expect(sum([...walker.segments.values()])).toBe(grid.standing.walks);
  });

  it.each([0.05, 0.02, 0.01, 0.002])('is the same to %s where its even segments are looked at first', (tolerance) => {
    const [whole, early] = [gridOf(PAIRS, asked({ tolerance })), gridOf(PAIRS, asked({ tolerance }))];
    new Walker([net]).finish(whole);
    const walker = new Walker([net]);
    early.take(walker.walk(early.next(true)));
    // They cover the path: all that F changes by is in what is shown.
    const first = early.standing;
    expect([first.walks, first.stopped, first.rounds]).toEqual([tolerance < 0.005 ? 48 : 12, null, 1]);
    expect(sum([...early.values()])).toBeCloseTo(sum([...truth]), 9);
    // In another process, too.
    const restored = Grid.restore(structuredClone(early.save()));
    walker.finish(restored);
    expect(Math.max(...walker.segments.values())).toBe(1);
    expect({ ...restored.standing, rounds: restored.standing.rounds - 1 }).toEqual(whole.standing);
    expect(restored.values()).toEqual(whole.values());
    expect(restored.errors()).toEqual(whole.errors());
  });

  it('looks for what is narrow at the baseline, however early it was enough', () => {
    const grid = gridOf(PAIRS, asked({ tolerance: 0.05 }));
    const walker = new Walker([net]);
    grid.take(walker.walk(grid.next(true)));
    grid.goOn(asked({ tolerance: 0.02 }));
    expect(grid.next().every(({ points: [from] }) => from.side === 0 && from.t === 0)).toBe(true);
    walker.finish(grid);
    expect(grid.standing.grid[0]!.at(1)).toBeLessThan(1e-6);
  });

  it('gives a grid that goes on what the finer pilot would have given it', () => {
    const grid = gridOf(1, asked({ tolerance: 0.05 }));
    // Straight but for a bump that no point of the coarse pilot sees.
    const bump = ofAlpha((alpha) => Math.max(0, 0.02 - Math.abs(alpha - 0.97)));
    const pairs: Pair[] = [[ofAlpha((alpha) => alpha), ofAlpha((alpha) => 1 + 3 * bump({ side: 0, t: alpha }))]];
    const walker = new Walker([pairs]);
    walker.finish(grid);
    expect(grid.standing.estimate).toBeLessThan(1e-9);
    grid.goOn(asked({ tolerance: 0.004 }));
    walker.finish(grid);
    const [places] = grid.standing.grid;
    const alphas = Array.from(places!, (p) => (Object.is(p, -0) || p < 0 ? 1 + p : p));
    expect(Math.max(...alphas.slice(1).map((alpha, i) => alpha - alphas[i]!))).toBeLessThanOrEqual(1 / 32);
    expect(alphas.filter((alpha) => alpha < 1 / 33 && alpha > 2 ** -9)).toHaveLength(3);
  });

  it('takes the mean of several lines, each with a pilot, and spends its walks where they matter', () => {
    const straight: Pair[] = net.map(() => [ofAlpha((alpha) => alpha), ofAlpha((alpha) => 0.2 + 0.1 * alpha)]);
    const grid = gridOf(PAIRS, asked({ tolerance: 0.005, mostWalks: 1000 }), { lines: 2 });
    new Walker([straight, net]).finish(grid);
    const { grid: places, reached, walks } = grid.standing;
    expect(reached).toBe(true);
    expect(places[0]!.length).toBeLessThan(places[1]!.length);
    const mean = Float64Array.from(truth, (value, i) => (value + (i % 2 ? 0.05 : 0.25)) / 2);
    expect(distance(grid.values(), mean) / l1(mean)).toBeLessThan(0.005);
    expect(walks).toBeLessThanOrEqual(2000);
  });

  it('is the same for a line given twice as for that line, with twice the walks', () => {
    const [one, two] = [1, 2].map((lines) => {
      const grid = gridOf(PAIRS, asked({ tolerance: 0.05 }), { lines });
      new Walker([net, net]).finish(grid);
      return grid;
    }) as [Grid, Grid];
    expect(distance(one.values(), two.values())).toBeLessThan(0.05 * l1(truth));
    expect(two.standing.bounded[0]!.total / l1(truth)).toBeCloseTo(1, 1);
    expect(two.standing.walks).toBeGreaterThanOrEqual(2 * 18);
  });

  it('never takes more walks than it may, whatever the cap', () => {
    for (const tolerance of [0.02, 0.0005])
      for (let mostWalks = 56; mostWalks < 120; mostWalks += 7)
        for (const lines of [1, 3]) {
          const grid = gridOf(PAIRS, asked({ tolerance, mostWalks }), { lines });
          new Walker([net, net, net]).finish(grid);
          expect(grid.standing.walks).toBeLessThanOrEqual(mostWalks * lines);
          expect(grid.standing.stopped).toBe(grid.standing.reached ? 'reached' : 'cap');
        }
  });

  it('resolves a jump at α = 1e-12', () => {
    const { net, truth } = jumping(1e-12);
    const grid = gridOf(net.length, asked());
    new Walker([net]).finish(grid);
    expect(grid.standing.reached).toBe(true);
    expect(distance(grid.values(), truth) / l1(truth)).toBeLessThan(0.01);
  });

  it.each([
    ['at the baseline', 0],
    ['before the input', 1],
  ] as const)('splits float32 leaves %s no finer than float32 tells points apart, and says so', (_, side) => {
    // A step that no leaf can be narrower than.
    const step =
      (offset: number): Pair[0] =>
      (point) =>
        Number(point.side === side ? point.t > offset : !side);
    const pairs: Pair[] = [[step(1e-33), step(0.3)]];
    const grid = gridOf(1, asked({ mostWalks: 5000 }), { bytes: 4 });
    new Walker([pairs], float32).finish(grid);
    expect(grid.standing.stopped).toBe('limit');
    expect(grid.standing.reached).toBe(false);
    const [places] = grid.standing.grid;
    const own = Array.from(places!, Math.abs).filter((_, i) => Object.is(Math.sign(1 / places![i]!), side ? -1 : 1));
    const sorted = own.sort((a, b) => a - b);
    sorted.slice(2).forEach((t, i) => expect(t - sorted[i + 1]!).toBeGreaterThan(5e-7 * t));
    expect(sorted[1]).toBeGreaterThanOrEqual(2 ** -100);
  });

  it('brings the rest of a layer to the tolerance where one leaf cannot be split', () => {
    // A step near the input, of some hundredths of what there is, narrower than float32 resolves there.
    const step: Pair = [(point) => Number(point.side === 1 && point.t < 1e-33), ofAlpha(() => 1)];
    const { net, truth } = brownian(12, 5);
    const grid = gridOf(13, asked({ tolerance: 0.001 }), { bytes: 4 });
    new Walker([[...net, step]], float32).finish(grid);
    const { stopped, reached, estimate } = grid.standing;
    expect({ stopped, reached }).toEqual({ stopped: 'limit', reached: false });
    const total = l1(truth) + 1;
    expect(distance(grid.values().subarray(0, 24), truth) / total).toBeLessThan(0.001);
    // What cannot be resolved is not told as if it were.
    expect(estimate).toBeGreaterThan(0.25 / total);
  });

  it('splits no finer where values are larger than they move', () => {
    const { net } = jumping(1e-9);
    const grid = new Grid({
      lines: 1,
      bounded: [{ begin: 0, end: 2 * net.length }],
      others: [],
      accuracy: asked({ mostWalks: 2000 }),
      bytes: 4,
      reach: [[1000, 1000]],
    });
    new Walker([net], float32).finish(grid);
    const [places] = grid.standing.grid;
    expect(places![1]).toBeGreaterThanOrEqual(1000 * 16 * 6e-8);
    expect(grid.standing).toMatchObject({ stopped: 'limit', reached: false });
  });

  it('stops where nothing moves, and where all layers are nothing', () => {
    const still: Pair[] = [[ofAlpha(() => 2), ofAlpha(() => 3)]];
    const grid = gridOf(1, asked({ untilTop: 10 }));
    new Walker([still]).finish(grid);
    expect(grid.standing).toMatchObject({ reached: true, estimate: 0, walks: 22 });
    expect(grid.values()).toEqual(new Float64Array(2));
    expect(grid.errors()).toEqual(new Float64Array(2));
  });

  it('leaves out a layer that is nothing beside another', () => {
    const faint: Pair[] = net.map(([a, b]) => [(point) => 1e-8 * a(point), (point) => 1e-8 * b(point)]);
    const grid = gridOf(2 * PAIRS, asked(), { layers: 2 });
    const plain: Pair[] = net.map(() => [ofAlpha((alpha) => alpha), ofAlpha(() => 1)]);
    new Walker([[...plain, ...faint]]).finish(grid);
    expect(grid.standing).toMatchObject({ walks: 22, reached: true });
    expect(grid.standing.bounded[1]!.share).toBe(0);
    expect(grid.standing.bounded[1]!.total).toBeGreaterThan(0);
  });

  it('does not look for what hides in contributions that are what F changes by', () => {
    // F is saturated at once: its own change lies in one leaf, however small that is.
    const saturated: Pair[] = [[ofAlpha((alpha) => alpha / (alpha + 1e-12)), ofAlpha(() => 1)]];
    const [exact, other] = [true, false].map((exact) => {
      const grid = new Grid({
        lines: 1,
        bounded: [{ begin: 0, end: 2, exact }],
        others: [],
        accuracy: asked(),
        bytes: 8,
        reach: [[0, 0]],
      });
      new Walker([saturated]).finish(grid);
      return grid.standing;
    });
    expect(exact).toMatchObject({ walks: 22, estimate: 0, reached: true });
    expect(other!.walks).toBeGreaterThan(22);
  });

  it("reaches F(x) = F(x') too: contributions that cancel are shares of their own sizes", () => {
    const up = ofAlpha((alpha) => Math.sin(Math.PI * alpha) + alpha);
    const pairs: Pair[] = [[ofAlpha((alpha) => 1 - alpha), up]];
    const grid = gridOf(1, asked());
    new Walker([pairs]).finish(grid);
    expect(sum(grid.values())).toBeCloseTo(0, 10);
    // −∫ (sin πα + α) dα and its opposite
    expect(grid.values()[0]! / -(2 / Math.PI + 0.5)).toBeCloseTo(1, 2);
    expect(grid.standing.reached).toBe(true);
  });

  it('extrapolates smooth layers and no others, within what it says', () => {
    const smooth = Array.from({ length: PAIRS }, (_, i): Pair => [
      ofAlpha((alpha) => Math.exp(3 * (1 + i / PAIRS) * alpha)),
      ofAlpha((alpha) => (alpha - 0.2) ** 3),
    ]);
    const grid = gridOf(2 * PAIRS, asked({ tolerance: 0.001 }), { layers: 2 });
    new Walker([[...smooth, ...net]]).finish(grid);
    expect(grid.standing.bounded.map(({ extrapolated }) => extrapolated)).toEqual([true, false]);
    const all = new Float64Array(4 * PAIRS);
    for (let k = 0; k < 4_000; k++)
      walkPairs(smooth, { side: 0, t: k / 4_000 }, { side: 0, t: (k + 1) / 4_000 }).forEach((v, i) => (all[i]! += v));
    const own = all.subarray(0, 2 * PAIRS);
    const { share } = grid.standing.bounded[0]!;
    // Complete as its leaves are.
    expect(sum(grid.values().subarray(0, 2 * PAIRS)) / sum(walkPairs(smooth, ...ENDS))).toBeCloseTo(1, 10);
    expect(distance(grid.values().subarray(0, 2 * PAIRS), own) / l1(own)).toBeLessThan(share);
  });

  it('tells slices that it does not bound, without splitting for them', () => {
    const options = { lines: 1, accuracy: asked(), bytes: 8 as const, reach: [[0, 0]] as const };
    const [first, second] = [
      { begin: 0, end: PAIRS },
      { begin: PAIRS, end: 2 * PAIRS },
    ];
    const [both, one] = [
      new Grid({ ...options, bounded: [first, second], others: [] }),
      new Grid({ ...options, bounded: [first], others: [second] }),
    ];
    for (const grid of [both, one]) new Walker([net]).step(grid);
    expect(one.standing.others).toEqual([both.standing.bounded[1]]);
    expect(one.values()).toEqual(both.values());
    expect(one.errors().subarray(0, PAIRS)).toEqual(both.errors().subarray(0, PAIRS));
    new Walker([net]).finish(one);
    expect(one.standing.estimate).toBe(one.standing.bounded[0]!.share);
  });

  it('refuses what is not finite, not as long as asked, or not as many as asked', () => {
    const fresh = () => gridOf(PAIRS, asked());
    for (const wrong of [NaN, Infinity, -Infinity]) {
      const spoiled = new Walker([net], (v) => v.fill(wrong, 3, 4));
      expect(() => spoiled.step(fresh())).toThrow('not finite');
    }
    expect(() => new Walker([net], (v) => v.subarray(1)).step(fresh())).toThrow('79 of 80');
    const grid = fresh();
    expect(() => grid.take(new Walker([net]).walk(grid.next().slice(1)))).toThrow(
      '9 chains were to be walked, and 8 were',
    );
    expect(() => fresh().standing).toThrow('pilot');
    expect(() => gridOf(PAIRS, asked({ tolerance: 1e-5 }))).toThrow(RangeError);
    expect(() => fresh().goOn(asked({ tolerance: NaN }))).toThrow(RangeError);
  });

  it('keeps what it was given, whatever becomes of the buffer', () => {
    const grid = gridOf(PAIRS, asked());
    const buffers: Vector[] = [];
    const walker = new Walker([net], (v) => (buffers.push(v), v));
    walker.step(grid);
    const before: Standing = grid.standing;
    for (const buffer of buffers) buffer.fill(7);
    expect(Grid.restore(grid.save()).standing).toEqual(before);
  });

  it('refuses a saved grid whose parts do not fit together', () => {
    const grid = gridOf(PAIRS, asked());
    new Walker([net]).step(grid);
    const { about, arrays } = grid.save();
    const spoiled = (name: string, by: (v: Float64Array | Float32Array) => Float64Array | Float32Array) => () =>
      Grid.restore({ about, arrays: { ...arrays, [name]: by(arrays[name]!) } });
    expect(spoiled('vectors', (v) => v.subarray(1))).toThrow();
    expect(spoiled('vectors', (v) => v.subarray(2 * PAIRS))).toThrow();
    expect(spoiled('unresolved', (v) => v.subarray(1))).toThrow();
    expect(spoiled('leaves', (v) => v.subarray(1))).toThrow();
    expect(() => Grid.restore({ about: { ...about, walks: -1 }, arrays })).toThrow();
  });
});
