/** The adaptive path's grid on nets that are walked by hand. */
import { describe, expect, it } from 'vitest';
import { Grid } from '../../../src/main/engine/attribution/adaptive/grid';
import { asked, distance, gridOf, kinked, l1, ofAlpha, sum, walkPairs, Walker, type Pair } from './paths';

const ENDS = [
  { side: 0, t: 0 },
  { side: 1, t: 0 },
] as const;

describe('the grid of an adaptive path', () => {
  const { net, truth } = kinked(40, 1);

  it("sums to F(x) − F(x') after every round, and reaches what was asked", () => {
    const grid = gridOf(40, asked());
    const walker = new Walker([net]);
    const whole = sum(walkPairs(net, ...ENDS));
    while (walker.step(grid)) expect(sum(grid.values())).toBeCloseTo(whole, 10);
    const { estimate, reached, stopped } = grid.standing;
    expect({ reached, stopped }).toEqual({ reached: true, stopped: 'reached' });
    expect(estimate).toBeLessThanOrEqual(0.01);
    expect(distance(grid.values(), truth) / l1(truth)).toBeLessThan(0.01);
  });

  it('asks for the same until it is given it, also when restored from what was saved after any round', () => {
    const grid = gridOf(40, asked({ tolerance: 0.001 }));
    const walker = new Walker([net]);
    for (;;) {
      const restored = Grid.restore(structuredClone(grid.save()));
      expect(restored.next()).toEqual(grid.next());
      expect(grid.next()).toBe(grid.next());
      if (!walker.step(grid)) break;
      expect(Grid.restore(structuredClone(grid.save())).standing).toEqual(grid.standing);
    }
  });

  it('resolves a jump at α = 1e-12', () => {
    const saturated = (at: number) => ofAlpha((alpha) => alpha / (alpha + at));
    const pairs: Pair[] = [
      [saturated(1e-12), ofAlpha((alpha) => 1 + alpha)],
      [saturated(3e-12), saturated(1e-12)],
    ];
    const grid = gridOf(2, asked());
    new Walker([pairs]).finish(grid);
    // ∫ (1 + α) d(α/(α + ε)) = 1 + ε(…) and its partner; ε below what counts here.
    const values = grid.values();
    expect(values[0]).toBeCloseTo(1, 2);
    expect(values[1]).toBeCloseTo(1, 2);
    expect(grid.standing.reached).toBe(true);
  });
});
