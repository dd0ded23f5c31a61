import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_ACCURACY } from '../../../src/contract/attribution';
import {
  accuracyWords,
  certainWords,
  errorShare,
  estimateWords,
  isResolved,
  layerShares,
  reachedWords,
  trustOf,
} from '../../../src/contract/words/accuracy';
import { phaseWords } from '../../../src/contract/words/progress';
import { record } from '../../renderer/records';
import { reached } from '../../reached';

describe('an error', () => {
  it.each([
    [0, '0 %'],
    [4e-7, '< 0.01 %'],
    [0.0003, '0.03 %'],
    [0.01601, '1.7 %'],
    [0.02, '2 %'],
    [0.020001, '2.1 %'],
    [0.07, '7 %'],
    [0.0999, '10 %'],
    [0.12, '12 %'],
    [0.3, '30 %'],
    [0.31, 'not yet resolved'],
    [Infinity, 'not yet resolved'],
    [NaN, 'not yet resolved'],
  ])('of %s is told as %s', (share, words) => expect(estimateWords(share)).toBe(words));

  it('is never told as less than it is', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-4, max: 0.3, noNaN: true }), (share) => {
        const said = Number.parseFloat(estimateWords(share)) / 100;
        expect(said).toBeGreaterThanOrEqual(share * (1 - 1e-8));
        expect(said).toBeLessThanOrEqual(share * 1.1 + 1e-9);
      }),
    );
  });

  it('is a share of its total, also where there is nothing to share', () => {
    expect([errorShare(1, 4), errorShare(0, 0), errorShare(1e-9, 0)]).toEqual([0.25, 0, Infinity]);
    const [kept] = record('nig', [{ name: 'dense', units: [3, -1], errors: [0.3, 0.1] }]).layers;
    const shares = layerShares(kept!, 0)!;
    expect(shares.units).toBeCloseTo(0.1);
    expect(shares.neurons).toBeCloseTo(0.1);
    expect(layerShares(record('rescale', [{ name: 'dense', units: [3] }]).layers[0]!, 0)).toBeNull();
  });

  it('is marked above a tenth, and no number above three', () => {
    expect([0, 0.1, 0.11, 0.3, 0.31, NaN].map(trustOf)).toEqual([
      'fine',
      'fine',
      'coarse',
      'coarse',
      'unresolved',
      'unresolved',
    ]);
  });

  it('that is larger than its contribution leaves that open', () => {
    expect([isResolved(-2, 1), isResolved(0.5, 1), isResolved(0, 0), isResolved(0.5, null)]).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });
});

describe('an adaptive path', () => {
  const asked = DEFAULT_ACCURACY;

  it('is told by what was asked of it', () => {
    expect(accuracyWords(asked)).toBe('2 %');
    expect(accuracyWords({ ...asked, tolerance: 1e-3, over: 'neurons' })).toBe('0.1 % over neurons');
    expect(accuracyWords({ ...asked, untilTop: 10 })).toBe('the top 10');
  });

  it.each([
    [{}, {}, 'asked 2 %, reached 1.6 % with 44 walks'],
    [
      { stopped: 'cap', reached: false, estimate: 0.031, walks: 600 },
      {},
      'asked 2 %, stopped at the cap of 600 walks: 3.1 %',
    ],
    [
      { stopped: 'limit', reached: false, estimate: 0.0201 },
      { tolerance: 0.01 },
      'asked 1 %, stopped with 44 walks: 2.1 %, since float32 resolves no more in dense',
    ],
    [
      { stopped: 'enough', reached: false, estimate: 0.4, walks: 1 },
      {},
      'asked 2 %, ended early with 1 walk: not yet resolved',
    ],
    [
      { stopped: 'certain', reached: false, estimate: 0.05 },
      { untilTop: 10 },
      'asked the top 10, certain with 44 walks: 5 %',
    ],
  ] as const)('that came to %j of %j says so', (came, change, words) =>
    expect(reachedWords(reached(came), { ...asked, ...change })).toBe(words),
  );

  it('is watched as its estimate falls', () => {
    const phase = (estimate: number | null) => phaseWords({ kind: 'adaptive', accuracy: asked, estimate });
    expect(phase(null)).toBe('adaptive path to 2 %');
    expect(phase(0.041)).toBe('4.1 % → 2 %');
    expect(phase(0.41)).toBe('not yet resolved → 2 %');
  });

  it('tells how many of the first units are certain', () =>
    expect([certainWords(0, 5), certainWords(3, 5), certainWords(10, 5)]).toEqual([
      'none certain',
      'first 3 certain',
      'all certain',
    ]));
});
