import { describe, expect, it } from 'vitest';
import { ariaSort, clicked, FIRST_SORTING, rankedColumn, sortedBy } from '../../src/renderer/logic/sorting';

describe('sorting', () => {
  it('turns round on a second click on the same head, and begins with the largest on another', () => {
    const again = clicked(FIRST_SORTING, { by: 'size', column: 0 });
    expect(again).toEqual({ key: { by: 'size', column: 0 }, descending: false });
    expect(clicked(again, { by: 'size', column: 1 })).toEqual({ key: { by: 'size', column: 1 }, descending: true });
    expect(clicked(again, { by: 'rank-change', column: 0 }).descending).toBe(true);
    const named = clicked(again, { by: 'name' });
    expect(named).toEqual({ key: { by: 'name' }, descending: true });
    expect(clicked(named, { by: 'name' }).descending).toBe(false);
    expect(clicked(named, { by: 'size', column: 0 }).descending).toBe(true);
  });

  it('keeps its column when something else about it is chosen', () => {
    const sorting = sortedBy('value', 2);
    expect(sorting.key).toEqual({ by: 'value', column: 2 });
    expect(rankedColumn(sorting, 3)).toBe(2);
    expect(rankedColumn(sorting, 1)).toBe(0);
    expect(rankedColumn(sorting, 0)).toBe(0);
    expect(rankedColumn(sortedBy('name', 2), 3)).toBe(0);
  });

  it('is told to those who cannot see it', () => {
    expect([0, 1].map((column) => ariaSort(FIRST_SORTING, column))).toEqual(['descending', 'none']);
    expect(ariaSort(FIRST_SORTING, 'name')).toBe('none');
    const named = sortedBy('name', 0);
    expect(ariaSort(named, 'name')).toBe('ascending');
    expect(ariaSort(named, 0)).toBe('none');
    expect(ariaSort(clicked(FIRST_SORTING, FIRST_SORTING.key), 0)).toBe('ascending');
  });
});
