/** How two lists of numbers go together: what the engine judges methods by, and what the window compares runs by. */

/** Pearson's correlation; NaN where one side does not vary. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const count = a.length;
  let meanA = 0;
  let meanB = 0;
  for (let at = 0; at < count; at++) {
    meanA += a[at]! / count;
    meanB += b[at]! / count;
  }
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let at = 0; at < count; at++) {
    ab += (a[at]! - meanA) * (b[at]! - meanB);
    aa += (a[at]! - meanA) ** 2;
    bb += (b[at]! - meanB) ** 2;
  }
  return aa === 0 || bb === 0 ? Number.NaN : ab / Math.sqrt(aa * bb);
}

/** Ranks from 1, the mean of their places for equal values. */
export function averageRanks(values: Float64Array): Float64Array {
  const places = Uint32Array.from(values, (_, at) => at).sort((x, y) => values[x]! - values[y]!);
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < places.length;) {
    let to = from;
    while (to < places.length && values[places[to]!] === values[places[from]!]) to++;
    for (let at = from; at < to; at++) ranks[places[at]!] = (from + 1 + to) / 2;
    from = to;
  }
  return ranks;
}

/** Spearman's rank correlation, average ranks where values are equal; NaN where one side does not vary. */
export const rankCorrelation = (a: Float64Array, b: Float64Array): number =>
  correlation(averageRanks(a), averageRanks(b));
