/** The path as views read it: where the error sits, what is left of gradients, how far cuts stray, how runs converge. */
import { describe, expect, it } from 'vitest';
import type { AlongPath } from '../../src/contract/studio';
import {
  adaptivePoints,
  alongRequest,
  convergence,
  errorsAlong,
  saturations,
  strays,
} from '../../src/renderer/logic/path';
import { ranking } from '../../src/renderer/logic/ranking';
import { pictureOf } from '../../src/renderer/logic/inputs';
import { DEFAULT_ACCURACY } from '../../src/contract/attribution';
import { reached } from '../reached';
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
    const { reference, points } = convergence([fine, steps(4, 2.5, 'other'), renamed], fine, 5, new Set(['a']));
    expect(reference).toBe(fine);
    expect(points.map(({ steps: count, distance }) => [count, distance])).toEqual([[1, 0.5]]);
  });

  it('holds even steps against the adaptive run that came nearest, which has no number of steps', () => {
    const adaptive = (estimate: number, value: number) => {
      const run = steps(44, value);
      const examples = [{ ...reached({ estimate }), goesOn: null }];
      return {
        ...run,
        run: `${estimate}`,
        result: { ...run.result, adaptive: { accuracy: DEFAULT_ACCURACY, examples } },
      };
    };
    const [far, near] = [adaptive(0.02, 3), adaptive(0.005, 2)];
    const { reference, points } = convergence([far, steps(64, 2.5), near, steps(1, 3)], far, 5, new Set(['a']));
    expect(reference).toBe(near);
    expect(points.map(({ steps: count, distance }) => [count, distance])).toEqual([
      [1, 0.5],
      [64, 0.25],
    ]);
  });
});

describe('an adaptive run', () => {
  const run = record('nig', []);
  const examples = [{ ...reached({ grid: [Float64Array.of(0, 1e-6, 0.5, -0.25, -0)] }), goesOn: null }];
  const adaptive = { ...run, result: { ...run.result, steps: 4, adaptive: { accuracy: DEFAULT_ACCURACY, examples } } };

  it('has its points on the path, those counted from the input too', () => {
    expect(adaptivePoints(adaptive, 5)).toEqual([0, 1e-6, 0.5, 0.75, 1]);
    expect(adaptivePoints(run, 5)).toEqual([]);
  });

  it('is looked into at even points, however many it has', () => {
    const setup = { data: 'd', examples: [5], baseline: { kind: 'constant', value: 0 }, target: { index: 0 }, methods: ['nig'], rule: 'secant', steps: 50, backend: 'auto' } as const; // prettier-ignore
    expect(alongRequest({ ...setup, examples: [5], methods: ['nig'] }, adaptive, 5).steps).toBe(64);
    expect(alongRequest({ ...setup, examples: [5], methods: ['nig'] }, run, 5).steps).toBe(50);
  });
});

describe('convergence, estimates', () => {
  it('are those of the units, over the mass that the distance is over', () => {
    const run = (count: number, value: number) => {
      const made = record('nig', [{ name: 'a', units: [value, 2], errors: [0.5, 0.25] }], { run: `${count}` });
      return { ...made, result: { ...made.result, steps: count } };
    };
    const { points } = convergence([run(2, 1), run(8, 3)], run(8, 3), 5, new Set(['a']));
    expect(points.map(({ distance, estimate }) => [distance, estimate])).toEqual([[0.4, 0.15]]);
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
