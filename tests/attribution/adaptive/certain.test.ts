/** Which units are certain to lead, and stopping when they are. */
import { describe, expect, it } from 'vitest';
import { certainFrom, separated, type Ranked } from '../../../src/main/engine/attribution/adaptive/certain';
import { asked, brownian, gridOf, jumping, kinked, Walker } from './paths';

/** Values with errors, as `ranked` lays them out. */
function ranking(values: readonly number[], errors: readonly number[]): Ranked {
  const least = values.map((_, k) => Math.min(...values.slice(0, k + 1).map((value, i) => value - errors[i]!)));
  const most = values.map((_, k) => Math.max(...values.slice(k).map((value, i) => value + errors[k + i]!)));
  const all = [values, errors, least, most].map((list) => Float64Array.from(list));
  return { values: all[0]!, errors: all[1]!, least: all[2]!, most: all[3]! };
}

/** By |value|, falling. */
const order = (v: Float64Array): number[] =>
  Array.from(v, (_, i) => i).sort((a, b) => Math.abs(v[b]!) - Math.abs(v[a]!));
/** Whether the first `top` are those of the truth, up to 5 % of the last of them and a thousandth of the first. */
function leaders(values: Float64Array, truth: Float64Array, top: number): boolean {
  const found = order(values).slice(0, top);
  const sizes = Array.from(truth, Math.abs);
  const least = Math.min(...found.map((i) => sizes[i]!));
  const outside = order(truth).filter((i) => !found.includes(i));
  const most = Math.max(0, ...outside.map((i) => sizes[i]!));
  return most - least <= 0.05 * least + 1e-3 * Math.max(...sizes);
}

describe('entries that are certain', () => {
  it('are apart by more than their two errors, up to a twentieth of the last of them', () => {
    const apart = (gap: number) => separated(ranking([10, 10 - gap, 1], [0.6, 0.8, 0]), 1);
    // hypot(0.6, 0.8) = 1, less 5 % and 0.1 % of 10
    expect(apart(0.491)).toBe(true);
    expect(apart(0.489)).toBe(false);
  });

  it('are apart from all others, not only from the next', () => {
    const values = [10, 8, 6, 5.9];
    expect(separated(ranking(values, [0.1, 0.1, 0.1, 0.1]), 2)).toBe(true);
    expect(separated(ranking(values, [0.1, 0.1, 0.1, 5]), 2)).toBe(false);
    expect(separated(ranking(values, [9, 0.1, 0.1, 0.1]), 2)).toBe(false);
  });

  it('are counted from the top until one may change places', () => {
    expect(certainFrom(ranking([10, 8, 6, 5.9, 1], [0.1, 0.1, 0.5, 0.5, 0.1]))).toBe(2);
    expect(certainFrom(ranking([10, 8, 6, 4, 1], [0.1, 0.1, 0.1, 0.1, 0.1]))).toBe(5);
    expect(certainFrom(ranking([10, 9.9], [1, 1]))).toBe(0);
  });

  it('may be alike: units that are dead on the whole path change places with each other', () => {
    expect(certainFrom(ranking([10, 0, 0, 0], [0.1, 0, 0, 0]))).toBe(4);
  });
});

describe('a path that stops when its leaders are certain', () => {
  it.each([
    ['many kinks', (seed: number) => kinked(60, seed)],
    ['rough paths', (seed: number) => brownian(12, seed)],
  ] as const)('has the right ones, of %s', (_, family) => {
    const right: boolean[] = [];
    const walks: number[] = [];
    for (let seed = 0; seed < 40; seed++) {
      const { net, truth } = family(seed);
      const grid = gridOf(net.length, asked({ tolerance: 0.02, untilTop: 5, mostWalks: 1000 }));
      new Walker([net]).finish(grid);
      const { stopped, certain } = grid.standing;
      expect(stopped).toBe('certain');
      expect(certain[0]).toBeGreaterThanOrEqual(5);
      right.push(leaders(grid.values(), truth, 5));
      walks.push(grid.standing.walks);
    }
    expect(right.filter(Boolean).length).toBeGreaterThanOrEqual(38);
  });

  it('goes on beyond its tolerance where that leaves them open', () => {
    const { net, truth } = brownian(12, 7);
    const [tolerant, certain] = [null, 8].map((untilTop) => {
      const grid = gridOf(12, asked({ tolerance: 0.1, untilTop }));
      new Walker([net]).finish(grid);
      return grid;
    });
    expect(tolerant!.standing.stopped).toBe('reached');
    expect(certain!.standing.stopped).toBe('certain');
    expect(certain!.standing.walks).toBeGreaterThan(tolerant!.standing.walks);
    expect(leaders(certain!.values(), truth, 8)).toBe(true);
  });

  it('holds nothing for certain while a leaf hides what is narrower than itself', () => {
    const { net, truth } = jumping(1e-12);
    const grid = gridOf(net.length, asked({ tolerance: 0.05, untilTop: 1 }));
    const walker = new Walker([net]);
    walker.step(grid);
    expect(grid.standing).toMatchObject({ stopped: null, certain: Int32Array.of(0) });
    walker.finish(grid);
    expect(grid.standing.stopped).toBe('certain');
    expect(leaders(grid.values(), truth, 1)).toBe(true);
  });

  it('counts every unit of a layer that has fewer', () => {
    const { net } = kinked(2, 3);
    const grid = gridOf(2, asked({ tolerance: 0.05, untilTop: 10 }));
    new Walker([net]).finish(grid);
    expect(grid.standing).toMatchObject({ stopped: 'certain', certain: Int32Array.of(4) });
  });
});
