import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_ACCURACY, METHODS } from '../../../src/contract/attribution';
import { methodWords, stepsMeaning } from '../../../src/contract/words/methods';
import { OP_METHODS } from '../../../src/contract/words/ops';
import { aboutWords, duration } from '../../../src/contract/words/quantities';
import { askedWords, madeName, pathWords, runLabel } from '../../../src/contract/words/runs';
import { record } from '../../renderer/records';
import { reached } from '../../reached';

const { result } = record('nig', []);

describe('a run is called', () => {
  it.each([
    ['nig', 'Neuron IG, secant 50 · logits[3]'],
    ['rescale', 'DeepLIFT Rescale · logits[3]'],
    ['reveal-cancel', 'DeepLIFT RevealCancel · logits[3]'],
    ['genomics', 'DeepLIFT genomics · logits[3]'],
    ['gradient-difference', 'Gradient × difference · logits[3]'],
    ['internal-influence', 'Internal influence, trapezoid 50 · logits[3]'],
  ] as const)('%s: %s, as session files hold it', (method, name) => {
    const rule = method === 'nig' ? 'secant' : method === 'internal-influence' ? 'trapezoid' : null;
    expect(madeName({ ...result, method, rule, steps: rule ? 50 : 1, target: ['logits[3]'] })).toBe(name);
  });

  it('in short at the head of a column, or by the name that the user gave', () => {
    const run = { name: null, result: { ...result, method: 'nig', rule: 'secant', steps: 50 } } as const;
    expect(runLabel(run)).toBe('NIG · 50');
    expect(runLabel({ ...run, result: { ...run.result, rule: 'right' } })).toBe('NIG right · 50');
    expect(runLabel({ ...run, name: 'first look' })).toBe('first look');
    expect(runLabel({ ...run, name: 'a name that is much too long for a column' })).toHaveLength(22);
  });

  it('by what asks for it', () => {
    const even = { adaptive: null };
    expect(askedWords({ ...even, method: 'nig', rule: 'secant', steps: 1 })).toBe('nig (secant, 1 step)');
    expect(askedWords({ ...even, method: 'rescale', rule: null, steps: 1 })).toBe('rescale');
    expect(pathWords({ ...even, rule: 'right', steps: 1200 })).toBe('right, 1,200 steps');
  });

  it('by what an adaptive path was asked for, and where it came to less by that', () => {
    const by = (...estimates: number[]) => {
      const adaptive = {
        accuracy: DEFAULT_ACCURACY,
        examples: estimates.map((estimate) => reached({ estimate, reached: estimate <= 0.02 })),
      };
      return { name: null, result: { ...result, method: 'nig', rule: 'secant', steps: 38, adaptive } } as const;
    };
    expect(runLabel(by(0.016, 0.004))).toBe('NIG · 2 %');
    expect(runLabel(by(0.016, 0.0301))).toBe('NIG · 3.1 %');
    expect(runLabel(by(0.41, 0.0301))).toBe('NIG · > 30 %');
    expect(madeName(by(0.016).result)).toBe('Neuron IG, 2 % · logits[3]');
    expect(askedWords(by(0.0301).result)).toBe('nig (adaptive to 2 %)');
  });
});

it('methods are told apart by each of their names', () => {
  for (const kind of ['full', 'name', 'short'] as const)
    expect(new Set(METHODS.map((method) => methodWords[method][kind])).size).toBe(METHODS.length);
  expect(OP_METHODS.map(({ name }) => name)).toEqual(['NIG', 'Rescale', 'RevealCancel', 'Genomics']);
});

it('says that one secant step is DeepLIFT Rescale', () => {
  expect(stepsMeaning(1, 'secant')).toContain('DeepLIFT Rescale');
  expect(stepsMeaning(1, 'trapezoid')).not.toContain('DeepLIFT');
});

describe('times', () => {
  it.each([
    [0, '< 0.1 s'],
    [400, '0.4 s'],
    [2000, '2 s'],
    [9960, '10 s'],
    [59_000, '59 s'],
    [59_700, '1 min 0 s'],
    [119_700, '2 min 0 s'],
    [200_000, '3 min 20 s'],
    [3_720_000, '1 h 2 min'],
  ])('%s ms is %s', (ms, words) => expect(duration(ms)).toBe(words));

  it('are not both about and less than something', () =>
    expect([20, 400, 65_000].map(aboutWords)).toEqual(['under 0.1 s', 'about 0.4 s', 'about 1 min 5 s']));

  it('never say sixty of what the next unit counts, and keep within half of what they show', () => {
    const unit = { h: 3_600_000, min: 60_000, s: 1000 } as const;
    fc.assert(
      fc.property(fc.integer({ min: 50, max: 100 * 3_600_000 }), (ms) => {
        const said = [...duration(ms).matchAll(/([\d.]+) (h|min|s)/g)];
        for (const [, amount, name] of said) if (name !== 'h') expect(Number(amount)).toBeLessThan(60);
        const sum = said.reduce((all, [, amount, name]) => all + Number(amount) * unit[name as keyof typeof unit], 0);
        expect(Math.abs(sum - ms)).toBeLessThanOrEqual(ms < 9950 ? 50 : ms < 3_600_000 ? 500 : 60_000);
      }),
    );
  });
});
