/** By what a table is sorted, and what a click on a head makes of it. */
import type { SortKey } from './ranking';

export interface Sorting {
  readonly key: SortKey;
  readonly descending: boolean;
}

export const FIRST_SORTING: Sorting = { key: { by: 'size', column: 0 }, descending: true };

const columnOf = (key: SortKey): number => (key.by === 'name' ? 0 : key.column);

/** A click on a head: by its column, largest first; again, turned round. */
export function clicked({ key, descending }: Sorting, on: SortKey): Sorting {
  const same = on.by === key.by && columnOf(on) === columnOf(key);
  return { key: on, descending: same ? !descending : true };
}

/** The same column, sorted by something else about it. */
export const sortedBy = (by: SortKey['by'], column: number): Sorting => ({
  key: by === 'name' ? { by } : { by, column },
  descending: true,
});

/** The column whose ranks stand at the left, of so many. */
export const rankedColumn = ({ key }: Sorting, columns: number): number =>
  Math.max(0, Math.min(columnOf(key), columns - 1));

/** As `aria-sort` says it. The network's own order counts as ascending. */
export function ariaSort(
  { key, descending }: Sorting,
  column: number | 'name' | 'drop' | 'restore',
): 'ascending' | 'descending' | 'none' {
  const measured = key.by === 'drop' || key.by === 'restore';
  if (column === 'drop' || column === 'restore')
    return key.by !== column ? 'none' : descending ? 'descending' : 'ascending';
  if (column === 'name') return key.by === 'name' ? (descending ? 'ascending' : 'descending') : 'none';
  return key.by !== 'name' && !measured && key.column === column ? (descending ? 'descending' : 'ascending') : 'none';
}
