/** How a chunk is shared out among the cores. */
import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { chunkSize, lanesOf, nextChunk } from '../../src/main/engine/attribution/chunks';

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

describe('shares of a chunk', () => {
  it.each([1, 2, 4])('hold all segments, %i at a time, what is left over in the last', (span) => {
    for (const bytes of [1e5, 1e6, 1e7, 5e7, 1e9])
      for (let segments = 1; segments <= 80; segments++) {
        const { counts, cores } = lanesOf(segments, bytes, span);
        expect(sum(counts)).toBe(segments);
        expect(counts.length).toBeLessThanOrEqual(availableParallelism());
        if (counts.length === 1) continue;
        expect(cores).toBe('each');
        expect(counts.slice(0, -1).every((count) => count % span === 0)).toBe(true);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThan(2 * span);
        expect(Math.min(...counts)).toBeGreaterThanOrEqual(span === 1 ? 4 : span);
      }
  });

  it('are one where that is little, or so much that the cores rather share every kernel', () => {
    expect(lanesOf(50, 5e5, 1)).toEqual({ counts: [50], cores: 'each' });
    expect(lanesOf(50, 1e8, 1)).toEqual({ counts: [50], cores: 'all' });
    expect(lanesOf(1, 1e7, 4)).toEqual({ counts: [1], cores: 'all' });
  });
});

/** Rows of so many bytes, of a graph that has one node. */
const rowsOf = (bytes: number): Parameters<typeof chunkSize>[1] => ({
  bytes,
  grouped: (rows, { peak }) => ({ stages: [], bytes: rows * bytes * peak }),
});
const ALONE = { layers: 0, sums: 1, peak: 3, flows: 1, others: 0 };

describe('chunks of a path', () => {
  it.each([4e3, 4e5, 4e6, 4e7])('hold what is joined, at rows of %i bytes', (bytes) => {
    for (let steps = 1; steps <= 130; steps++)
      for (const rows of [undefined, 3, 9, 20]) {
        const size = chunkSize(steps, rowsOf(bytes), ALONE, { megabytes: 1000, free: null }, rows);
        const most = (1000 * 1e6) / (3 * bytes);
        let left = steps;
        while (left > 0) {
          const count = nextChunk(left, size);
          expect(count + 1).toBeLessThanOrEqual(most);
          left -= count;
          if (left === 0) break;
          expect(count % size.span).toBe(0);
          expect(left).toBeGreaterThanOrEqual(Math.min(size.span, steps));
        }
        expect(left).toBe(0);
      }
  });

  it('join two segments where four and what is left over do not fit, and refuse where not even those do', () => {
    const budget = (rows: number) => ({ megabytes: rows * 3, free: null });
    expect(chunkSize(50, rowsOf(1e6), ALONE, budget(7))).toMatchObject({ span: 4, segments: 4 });
    expect(chunkSize(50, rowsOf(1e6), ALONE, budget(6))).toMatchObject({ span: 2, segments: 4 });
    expect(chunkSize(50, rowsOf(1e6), ALONE, budget(3))).toMatchObject({ span: 2, segments: 2 });
    expect(() => chunkSize(50, rowsOf(1e6), ALONE, budget(2))).toThrow(
      'MEMORY_BUDGET: One segment needs about 9 MB of memory, and this run may take at most 6 MB (as asked). Give it 9 MB (--memory 9',
    );
  });

  it('leave room for the sums, of each pair, and for results that are there', () => {
    const budget = { megabytes: 30, free: null };
    const rows = rowsOf(1e6);
    const with9 = { ...ALONE, layers: 9e6 / 3.5 };
    expect(chunkSize(48, rows, ALONE, budget).segments).toBe(8);
    expect(chunkSize(48, rows, with9, budget)).toMatchObject({ span: 4, segments: 4 });
    expect(chunkSize(48, rows, { ...ALONE, others: 9e6 }, budget)).toMatchObject({ span: 4, segments: 4 });
    expect(chunkSize(1, rows, ALONE, budget).pairs).toBe(5);
    expect(chunkSize(1, rows, with9, budget).pairs).toBe(2);
    expect(() => chunkSize(48, rows, { ...ALONE, others: 23e6 }, budget)).toThrow('about 32 MB');
  });
});
