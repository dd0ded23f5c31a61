import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/contract/studio';
import { FEW_CHIPS, MOST_CHIPS, runChips } from '../../src/renderer/logic/runChips';
import { record } from './records';

const runs = (many: number, asides: readonly number[] = []): RunRecord[] =>
  Array.from({ length: many }, (_, at) => ({
    ...record('nig', [{ name: 'a', units: [1] }]),
    run: `r${at}`,
    ...(asides.includes(at) && { aside: 'job' }),
  }));
const ids = (of: readonly RunRecord[]): string[] => of.map(({ run }) => run);

describe('runs as chips', () => {
  it('are all of them, while they are few', () => {
    const few = runs(MOST_CHIPS + 1, [2]);
    expect(ids(runChips(few, new Set(), new Set(), new Set()).chips)).toHaveLength(MOST_CHIPS);
    expect(ids(runChips(few, new Set(), new Set(), new Set()).side)).toEqual(['r2']);
  });

  it('are those that are shown or pinned and the newest, of forty; guests come last', () => {
    const { chips, others } = runChips(runs(40), new Set(['r0', 'r39']), new Set(['r5']), new Set(['r38', 'r39']));
    expect(ids(chips)).toEqual(['r0', 'r5', 'r35', 'r36', 'r37', 'r39']);
    expect(ids(others).slice(0, 2)).toEqual(['r34', 'r33']);
    expect(ids(others).at(-1)).toBe('r38');
  });

  it('lose no run, say none twice, and never more than there is room for but what is shown', () => {
    const some = (most: number) => fc.array(fc.nat(most), { maxLength: most });
    fc.assert(
      fc.property(fc.nat(60), some(60), some(60), some(60), some(60), (many, shown, pinned, guests, asides) => {
        const set = (places: readonly number[]) => new Set(places.map((at) => `r${at}`));
        const all = runs(many, asides);
        const { chips, others, side } = runChips(all, set(shown), set(pinned), set(guests));
        expect([...ids(chips), ...ids(others), ...ids(side)].sort()).toEqual(ids(all).sort());
        for (const each of all) if (set(shown).has(each.run)) expect(chips).toContain(each);
        const always = all.filter(({ run }) => set(shown).has(run) || set(pinned).has(run)).length;
        expect(chips.length).toBeLessThanOrEqual(Math.max(always, MOST_CHIPS));
        if (others.length > 0) expect(chips.length).toBe(Math.max(always, FEW_CHIPS));
      }),
    );
  });
});
