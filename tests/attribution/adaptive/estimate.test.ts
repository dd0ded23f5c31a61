/** How far what an adaptive path says of itself can be trusted, on families of nets whose truth is known. */
import { describe, expect, it } from 'vitest';
import { asked, brownian, distance, gridOf, kinked, l1, Walker, type Pair } from './paths';

type Family = (seed: number) => { readonly net: Pair[]; readonly truth: Float64Array };
const FAMILIES: readonly (readonly [string, Family])[] = [
  ['few kinks', (seed) => kinked(3, seed)],
  ['some kinks', (seed) => kinked(10, 1000 + seed)],
  ['many kinks', (seed) => kinked(60, 2000 + seed)],
  ['rough paths', (seed) => brownian(12, 3000 + seed)],
];
const SEEDS = Array.from({ length: 40 }, (_, seed) => seed);
const share = (list: readonly boolean[]): number => list.filter(Boolean).length / list.length;

describe.each(FAMILIES)('%s', (_name, family) => {
  const nets = SEEDS.map(family);

  it.each([0.1, 0.02, 0.005])('are as near as is said, to %f', (tolerance) => {
    const reached: boolean[] = [];
    const notFlattered: boolean[] = [];
    for (const { net, truth } of nets) {
      const grid = gridOf(net.length, asked({ tolerance, mostWalks: 3000 }));
      const walker = new Walker([net]);
      while (walker.step(grid)) {
        const error = distance(grid.values(), truth) / l1(truth);
        notFlattered.push(grid.standing.estimate >= 0.5 * error);
        if (grid.standing.reached) reached.push(error <= tolerance);
      }
    }
    expect(reached).toHaveLength(nets.length);
    // In nets of six units one hidden pair of kinks is much: 92 to 98 % of many more seeds than these, elsewhere 95 % to all.
    expect(share(reached)).toBeGreaterThanOrEqual(0.9);
    expect(share(notFlattered)).toBeGreaterThanOrEqual(0.94);
  });

  it.each([0.3, 0.05, 0.01])('have units within their errors, at %f', (tolerance) => {
    const [within, largest]: [boolean[], boolean[]] = [[], []];
    for (const { net, truth } of nets) {
      const grid = gridOf(net.length, asked({ tolerance, mostWalks: 3000 }));
      new Walker([net]).finish(grid);
      const [values, errors] = [grid.values(), grid.errors()];
      const covered = Array.from(values, (value, i) => Math.abs(value - truth[i]!) <= errors[i]!);
      const order = covered.map((_, i) => i).sort((a, b) => Math.abs(truth[b]!) - Math.abs(truth[a]!));
      within.push(...covered);
      largest.push(...order.slice(0, Math.ceil(order.length / 10)).map((i) => covered[i]!));
    }
    expect(share(within)).toBeGreaterThanOrEqual(0.95);
    expect(share(largest)).toBeGreaterThanOrEqual(0.9);
  });
});
