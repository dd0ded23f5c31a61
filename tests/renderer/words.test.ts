import { describe, expect, it } from 'vitest';
import type { LayerSummary } from '../../src/contract/model';
import { number, percent, shape, signed } from '../../src/renderer/logic/format';
import { diverging, sequential, textOn } from '../../src/renderer/logic/colour';
import { finding, foundVerb, openWords } from '../../src/renderer/logic/finding';
import { lettersOf, pictureOf, unitMap } from '../../src/renderer/logic/inputs';
import { hiddenLayers, targetLayers } from '../../src/contract/checkpoints';
import { repeatedLayers } from '../../src/renderer/logic/neurons';
import { activeStretch, convergence, slopes } from '../../src/renderer/logic/path';
import { record } from './records';

describe('numbers', () => {
  it.each([
    [0, '0'],
    [12.3456, '12.3'],
    [-0.01234, '−0.0123'],
    [1234.5, '1,235'],
    [3.2e-7, '3.2e−7'],
    [-3.2e-7, '−3.2e−7'],
    [Number.NaN, 'not a number'],
    [-Infinity, '−∞'],
  ])('%s is written %s', (value, text) => expect(number(value)).toBe(text));

  it('signs, shares and shapes', () => {
    expect([signed(2), signed(-2), signed(0)]).toEqual(['+2.00', '−2.00', '0']);
    expect([percent(0.5), percent(0.0001), percent(0.034)]).toEqual(['50 %', '< 0.1 %', '3.4 %']);
    expect([percent(0), percent(1), percent(0.9996)]).toEqual(['0 %', '100 %', '100.0 %']);
    expect([shape([8, null, 3]), shape([])]).toEqual(['8 × n × 3', 'scalar']);
  });
});

describe('colours', () => {
  const channels = (colour: string) => colour.match(/\d+/g)!.map(Number) as [number, number, number];

  it.each(['light', 'dark'] as const)('red raises and blue lowers, %s', (theme) => {
    const scale = diverging(theme, 2);
    const [up, down] = [channels(scale(1.5)), channels(scale(-1.5))];
    expect(up[0]).toBeGreaterThan(up[2]);
    expect(down[2]).toBeGreaterThan(down[0]);
    expect(scale(5)).toBe(scale(2));
  });

  it('stays neutral where everything is zero', () => {
    expect(diverging('light', 0)(0)).toBe(diverging('light', 1)(0));
    expect(sequential('dark', 0)(0)).toBe(sequential('dark', 1)(0));
  });

  it('writes dark on light and light on dark', () => {
    expect(textOn('#ffffff')).not.toBe(textOn('#2a2742'));
  });
});

describe('inputs', () => {
  it('knows images, sequences and the rest by their shapes', () => {
    expect(pictureOf([8, 8, 1], null)).toMatchObject({ kind: 'image', height: 8, width: 8, channels: 1 });
    expect(pictureOf([60, 4], null)).toEqual({ kind: 'sequence', length: 60, alphabet: 'ACGT' });
    expect(pictureOf([12], null)).toEqual({ kind: 'grid', rows: 1, columns: 12 });
    expect(pictureOf([12, 6], null)).toEqual({ kind: 'grid', rows: 6, columns: 12 });
  });

  it('reads letters, and a dot where all are equally likely', () => {
    expect(lettersOf(Float32Array.of(0, 0, 1, 0, 0.25, 0.25, 0.25, 0.25), 'ACGT')).toBe('G·');
  });

  it('takes one unit out of its layer, whatever axis counts units', () => {
    const data = Float32Array.from({ length: 12 }, (_, at) => at);
    expect([...unitMap(data, [2, 2, 3], 2, 1).data]).toEqual([1, 4, 7, 10]);
    expect([...unitMap(data, [3, 2, 2], 0, 2).data]).toEqual([8, 9, 10, 11]);
    expect(unitMap(data, [2, 2, 3], 2, 1).shape).toEqual([2, 2]);
  });
});

const layer = (name: string, inputs: string[]): LayerSummary => ({
  name,
  kind: 'Dense',
  group: [],
  shape: [2],
  unitAxis: 0,
  units: 2,
  parameters: 0,
  inputs,
  unsupported: [],
});

describe('neurons', () => {
  const layers = [
    layer('input', []),
    layer('dense', ['input']),
    layer('relu', ['dense']),
    layer('logits', ['relu']),
    layer('softmax', ['logits']),
  ];
  const run = record('nig', [
    { name: 'input', units: [1, 2] },
    { name: 'dense', units: [2, -1] },
    { name: 'relu', units: [2, -1] },
    { name: 'logits', units: [0, 3], residual: 0.003 },
  ]);

  it('ranks what stands between input and target', () => {
    expect(targetLayers(run)).toEqual(new Set(['logits']));
    expect([...hiddenLayers(layers, new Set(['logits']))]).toEqual(['dense', 'relu']);
  });

  it('ranks the inputs of a net that has nothing between them and its output', () => {
    expect([...hiddenLayers([layer('input', []), layer('logits', ['input'])], new Set(['logits']))]).toEqual(['input']);
  });

  it('ranks no layer whose values are the target, only at another place', () => {
    const moved = [...layers.slice(0, 4), { ...layer('masks', ['logits']), kind: 'Transpose' }];
    expect([...hiddenLayers(moved, new Set(['masks']))]).toEqual(['dense', 'relu']);
  });

  it('folds a layer that hands on the same contributions, whatever other runs stand beside', () => {
    const apart = (method: 'genomics' | 'rescale') =>
      record(method, [
        { name: 'dense', units: [2, -1] },
        { name: 'relu', units: [1.5, -0.5] },
      ]);
    for (const runs of [[run], [run, apart('genomics')], [apart('genomics'), run]])
      expect([...repeatedLayers(layers, runs, 5)]).toEqual([['relu', 'dense']]);
    expect([...repeatedLayers(layers, [apart('rescale')], 5)]).toEqual([]);
    expect([...repeatedLayers(layers, [run], 4)]).toEqual([]);
  });

  it('finds what helped, what held back, and the worst residual', () => {
    const found = finding([run], 5, new Set(['dense']), null)!;
    expect(found.top).toEqual({ layer: 'dense', unit: 0, value: 2, error: null, rivals: 0 });
    expect(found.against).toEqual({ layer: 'dense', unit: 1, value: -1, error: null, rivals: 0 });
    expect(found.residual).toBeCloseTo(0.001);
    expect(finding([run], 4, new Set(['dense']), null)).toBeNull();
  });

  it('names no unit that is smaller than its error, nor one of a layer that is not resolved yet', () => {
    const found = (errors: number[]) =>
      finding([record('nig', [{ name: 'dense', units: [3, 2.9, -1], errors }])], 5, new Set(['dense']), null)!;
    expect(found([0.01, 0.01, 0.01]).top).toMatchObject({ unit: 0, rivals: 0 });
    expect(found([0.5, 0.01, 0.01]).top).toMatchObject({ unit: 0, rivals: 1 });
    // 3 ± 3.1 is nothing to begin with; neither is anything of a layer whose estimate is 45 % of its total
    expect(found([3.1, 0, 0])).toMatchObject({ top: null, against: null, open: 0 });
    expect(found([0.1, 0.1, 1.1])).toMatchObject({ top: { unit: 0 }, against: null, open: null });
  });

  const units = Array.from({ length: 12 }, () => 1);

  it('names none where a dozen may as well be the largest', () => {
    const of = (errors: number[]) =>
      finding([record('nig', [{ name: 'dense', units, errors }])], 5, new Set(['dense']), null)!;
    expect(of(units.map(() => 0.2))).toMatchObject({ top: null, open: 12 });
    expect(openWords(of(units.map(() => 0.2)))).toBe('which of 12 units weighs most is not resolved');
    expect(openWords(of(units.map(() => 1.1)))).toBe('no unit is larger than its estimated error');
  });

  it('counts as rivals those whose errors cross zero', () => {
    const layered = record('nig', [
      { name: 'sure', units: [5, 1], errors: [0.1, 0.1] },
      { name: 'loose', units: [-954], errors: [2018] },
    ]);
    expect(finding([layered], 5, new Set(['sure', 'loose']), null)!.top).toMatchObject({ layer: 'sure', rivals: 1 });
  });

  it('does not tell a direction that rounding leaves open', () => {
    const made = record('nig', [{ name: 'dense', units: [2, -3] }]);
    const run = { ...made, result: { ...made.result, deltaUncertainty: Float32Array.of(3.5) } };
    const found = finding([run], 5, new Set(['dense']), null)!;
    expect([foundVerb(found), found.top?.unit, found.against]).toEqual(['is moved most by', 1, null]);
  });
});

describe('path', () => {
  const trace = [0, 0.25, 0.5, 0.75, 1].map((alpha) => ({ alpha, expected: alpha < 0.5 ? 0 : 4 * (alpha - 0.5) }));

  it('finds where the target moves and how steeply', () => {
    expect(slopes(trace).map(({ slope }) => slope)).toEqual([0, 0, 4, 4]);
    expect(activeStretch(trace)).toEqual([0.5, 1]);
    expect(activeStretch([{ alpha: 0, expected: 1 }, { alpha: 1, expected: 1 }])).toBeNull(); // prettier-ignore
  });

  it('measures runs that differ in steps alone against the finest', () => {
    const run = (steps: number, units: number[]) => {
      const made = record('nig', [{ name: 'a', units, errors: [0.1, 0.1] }], { run: `nig-${steps}` });
      return { ...made, result: { ...made.result, steps } };
    };
    const [coarse, fine] = [run(1, [1, 1]), run(64, [2, 2])];
    const other = { ...run(8, [9, 9]), asked: { ...coarse.asked, baseline: { kind: 'constant' as const, value: 1 } } };
    const { reference, points } = convergence([fine, other, coarse], fine, 5, new Set(['a']));
    expect(reference).toBe(fine);
    expect(points.map(({ steps, distance }) => [steps, distance])).toEqual([[1, 0.5]]);
    expect(points[0]!.estimate).toBeCloseTo(0.05);
  });
});
