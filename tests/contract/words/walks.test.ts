import { expect, it } from 'vitest';
import { DEFAULT_ACCURACY } from '../../../src/contract/attribution';
import type { ReachedRecord } from '../../../src/contract/studio';
import { continueEstimate, continueWords, firstWalks, typicalWalks } from '../../../src/contract/words/walks';

const example = (estimate: number, walks: number, goesOn: ReachedRecord['goesOn'] = 'held'): ReachedRecord => ({
  estimate,
  walks,
  goesOn,
  layer: 'a',
  reached: true,
  stopped: 'reached',
  points: walks,
  rounds: 1,
  grid: null,
});
const run = (durationMs: number, ...examples: ReachedRecord[]): Parameters<typeof continueEstimate>[0] => ({
  result: { durationMs, adaptive: { accuracy: DEFAULT_ACCURACY, examples } },
});
const to = (tolerance: number, mostWalks: number | null = null) => ({ tolerance, mostWalks });

it('a first result takes as many walks as the reference program’s first round', () => {
  expect([0.1, 0.02, 0.019, 0.01, 0.005, 0.0049, 0.001].map((tolerance) => firstWalks({ tolerance }))).toEqual([
    18, 18, 22, 22, 22, 56, 56,
  ]);
});

it('usual walks are the measured ones, between them by the power law, and within the cap', () => {
  expect([0.05, 0.02, 0.01, 0.001].map((tolerance) => typicalWalks(to(tolerance)))).toEqual([29, 42, 57, 169]);
  const all = [1, 0.3, 0.1, 0.05, 0.03, 0.02, 0.015, 0.01, 0.003, 0.001, 0.0001].map((each) => typicalWalks(to(each)));
  expect(all).toEqual([...all].sort((a, b) => a - b));
  expect(all[0]).toBe(18);
  expect(typicalWalks(to(0.0001))).toBeGreaterThan(400);
  expect(typicalWalks(to(0.001, 100))).toBe(100);
});

it('going on takes between what ordinary networks take and twice the walks for half the error', () => {
  const { likelyMs, mostMs, anew } = continueEstimate(run(40_000, example(0.02, 40)), to(0.01))!;
  expect(mostMs).toBeCloseTo(40_000);
  expect(likelyMs).toBeCloseTo(40_000 * (2 ** (1 / 2.2) - 1));
  expect(anew).toBe(0);
});

it('examples that are there already cost nothing; walked anew, all walks are taken again', () => {
  const both = run(60_000, example(0.02, 40), example(0.005, 20));
  expect(continueEstimate(both, to(0.01))!.mostMs).toBeCloseTo(40_000);
  const anew = continueEstimate(run(40_000, example(0.02, 40, 'anew')), to(0.01))!;
  expect(anew.mostMs).toBeCloseTo(80_000);
  expect(anew.anew).toBe(1);
});

it('no more walks than the cap', () => {
  expect(continueEstimate(run(40_000, example(0.1, 40)), to(0.001, 60))!.mostMs).toBeCloseTo(20_000);
  expect(continueEstimate(run(40_000, example(0.1, 80)), to(0.001, 60))!.mostMs).toBeCloseTo(0);
});

it('is none where nothing can come nearer, or the path is none', () => {
  expect(continueEstimate(run(1, example(0.02, 40, null)), to(0.01))).toBeNull();
  expect(continueEstimate(run(1, example(0.005, 40)), to(0.01))).toBeNull();
  expect(continueEstimate({ result: { adaptive: null, durationMs: 1 } }, to(0.01))).toBeNull();
});

it('an estimate that is no number makes no time', () => {
  const estimate = continueEstimate(run(40_000, example(Number.NaN, 40)), to(0.01))!;
  expect(continueWords(estimate, to(0.01))).toBe('to 1 %');
});

it.each([
  [{ likelyMs: 10_000, mostMs: 12_000, anew: 0 }, 'to 1 %: about 10 s'],
  [{ likelyMs: 40_000, mostMs: 120_000, anew: 0 }, 'to 1 %: about 40 s, at most 2 min 0 s'],
  [{ likelyMs: 40_000, mostMs: 41_000, anew: 1 }, 'to 1 %: about 40 s; walked anew'],
  [{ likelyMs: 40_000, mostMs: 41_000, anew: 3 }, 'to 1 %: about 40 s; 3 paths walked anew'],
])('is told as %o', (estimate, words) => {
  expect(continueWords(estimate, to(0.01))).toBe(words);
});
