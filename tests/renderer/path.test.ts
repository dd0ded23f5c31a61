/** The path as views read it: where the error sits, what is left of gradients, how far cuts stray, how runs converge. */
import { describe, expect, it } from 'vitest';
import type { AlongPath } from '../../src/contract/studio';
import { convergence, errorsAlong, saturations, strays } from '../../src/renderer/logic/path';
import { ranking } from '../../src/renderer/logic/ranking';
import { pictureOf } from '../../src/renderer/logic/inputs';
import { record } from './records';

const along: AlongPath = {
  alphas: Float32Array.of(0, 0.25, 0.5, 0.75, 1),
  target: Float32Array.of(1, 2, 4, 4, 5),
  unit: null,
  layers: [
    {
      name: 'quiet',
      cut: true,
      running: Float32Array.of(0, 1, 3, 3, 4),
      error: Float32Array.of(0, 0),
      gradient: Float32Array.of(2, 2, 2, 2, 2),
    },
    {
      name: 'sharp',
      cut: true,
      running: Float32Array.of(0, 0.5, 3, 3, 4),
      error: Float32Array.of(3, 1),
      gradient: Float32Array.of(4, 2, 1, 0, 1),
    },
    {
      name: 'beside',
      cut: false,
      running: Float32Array.of(0, 9, 9, 9, 9),
      error: Float32Array.of(0, 2),
      gradient: Float32Array.of(0, 0, 0, 0, 0),
    },
  ],
};

describe('along a path', () => {
  it('the layer with the most error stands first, shares are of the largest anywhere', () => {
    const [first, second, third] = errorsAlong(along);
    expect(first).toEqual({ layer: 'sharp', shares: [1, expect.closeTo(1 / 3, 6)], total: 4, stretch: [0, 1] });
    expect(second).toMatchObject({ layer: 'beside', total: 2, stretch: [0.5, 1] });
    expect(third).toMatchObject({ layer: 'quiet', total: 0, stretch: null });
  });

  it('what is left of each gradient, of its own largest', () => {
    expect(saturations(along).map(({ atInput }) => atInput)).toEqual([1, 0.25, 0]);
    expect(saturations(along)[1]!.shares).toEqual([1, 0.5, 0.25, 0, 0.25]);
  });

  it('only cuts are held against F', () => {
    expect(strays(along)).toEqual([
      { layer: 'sharp', most: 0.5 },
      { layer: 'quiet', most: 0 },
    ]);
  });
});

describe('convergence', () => {
  const steps = (count: number, value: number, digest = 'five') => {
    const run = record('nig', [{ name: 'a', units: [value] }], { run: `${count}${digest}` });
    return { ...run, asked: { ...run.asked, digests: [digest] }, result: { ...run.result, steps: count } };
  };
  it('takes runs of the same input alone, whatever its file is called', () => {
    const fine = steps(8, 2);
    const renamed = { ...steps(1, 3), asked: { ...fine.asked, dataName: 'elsewhere.npz' } };
    const points = convergence([fine, steps(4, 2.5, 'other'), renamed], fine, 5, new Set(['a']));
    expect(points.map(({ steps: count, distance }) => [count, distance])).toEqual([
      [1, 0.5],
      [8, 0],
    ]);
  });
});

describe('convergence, estimates', () => {
  it('are those of the units, over the mass that the distance is over', () => {
    const run = (count: number, value: number) => {
      const made = record('nig', [{ name: 'a', units: [value, 2], errors: [0.5, 0.25] }], { run: `${count}` });
      return { ...made, result: { ...made.result, steps: count } };
    };
    const points = convergence([run(2, 1), run(8, 3)], run(8, 3), 5, new Set(['a']));
    expect(points.map(({ distance, estimate }) => [distance, estimate])).toEqual([
      [0.4, 0.15],
      [0, 0.15],
    ]);
  });
});

describe('different inputs', () => {
  it('make a table with an example of its own for each run', () => {
    const one = record('nig', [{ name: 'a', units: [1, -2] }]);
    const other = record('nig', [{ name: 'a', units: [3, 4] }], { asked: { ...one.asked, examples: [7] } });
    expect(ranking([one, other], 5).columns).toHaveLength(1);
    const { columns } = ranking([one, other], [5, 7]);
    expect(columns.map(({ values }) => [...values])).toEqual([
      [1, -2],
      [3, 4],
    ]);
    expect(ranking([one, other], [7, 7]).columns).toHaveLength(1);
  });
});

describe('pictures', () => {
  it.each([
    [[3], 'float32', 'numbers'],
    [[64], 'float32', 'grid'],
    [[64], 'int32', 'numbers'],
    [[8, 8, 1], 'int32', 'image'],
    [[60, 4], 'float32', 'sequence'],
  ] as const)('%j of %s is drawn as %s', (shape, dtype, kind) => {
    expect(pictureOf(shape, null, dtype).kind).toBe(kind);
  });
});
