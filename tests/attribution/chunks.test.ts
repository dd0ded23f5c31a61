/** How a chunk is shared out among the cores. */
import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { lanesOf } from '../../src/main/engine/attribution/chunks';

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

describe('shares of a chunk', () => {
  it.each([false, true])('hold all segments, in even numbers: %s', (even) => {
    for (const bytes of [1e5, 1e6, 1e7, 5e7, 1e9])
      for (let segments = 1; segments <= 80; segments++) {
        const { counts, cores } = lanesOf(segments, bytes, even);
        expect(sum(counts)).toBe(segments);
        expect(counts.length).toBeLessThanOrEqual(availableParallelism());
        if (counts.length === 1) continue;
        expect(cores).toBe('each');
        if (even) expect(counts.every((count) => count % 2 === 0)).toBe(true);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(even ? 2 : 1);
        expect(Math.min(...counts)).toBeGreaterThanOrEqual(even ? 2 : 4);
      }
  });

  it('are one where that is little, or so much that the cores rather share every kernel', () => {
    expect(lanesOf(50, 5e5, false)).toEqual({ counts: [50], cores: 'each' });
    expect(lanesOf(50, 1e8, false)).toEqual({ counts: [50], cores: 'all' });
    expect(lanesOf(1, 1e7, true)).toEqual({ counts: [1], cores: 'all' });
  });
});
