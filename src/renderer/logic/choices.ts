/** Which values of an output are offered, of however many: by name, by index, those of the prediction first. */

/** As many are listed at once; more are found by typing. */
export const MOST_LISTED = 100;

export interface Found {
  /** Indices of values, the likeliest first. */
  readonly indices: readonly number[];
  /** How many more there are. */
  readonly more: number;
}

/** How well a name answers a search: 0 best; null not at all. */
function rankOf(query: string, words: readonly string[], index: number, name: string): number | null {
  if (`${index}` === query) return 0;
  const low = name.toLowerCase();
  if (low === query) return 1;
  if (low.startsWith(query)) return 2;
  if (`${index}`.startsWith(query)) return 3;
  return words.every((word) => low.includes(word)) ? 4 : null;
}

/**
 * @param query part of a name or of an index; several words in any order
 * @param names of all values
 * @param values what the model says of each, by which they stand; null: as they are counted
 */
export function choices(query: string, names: readonly string[], values: ArrayLike<number> | null): Found {
  const asked = query.trim().toLowerCase();
  const words = asked.split(/\s+/);
  const found = names.flatMap((name, index) => {
    const rank = asked === '' ? 0 : rankOf(asked, words, index, name);
    return rank === null ? [] : [{ index, rank }];
  });
  const value = (index: number): number => values?.[index] ?? 0;
  found.sort((a, b) => a.rank - b.rank || value(b.index) - value(a.index) || a.index - b.index);
  const indices = found.slice(0, MOST_LISTED).map(({ index }) => index);
  return { indices, more: found.length - indices.length };
}
