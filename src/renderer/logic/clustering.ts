/** Ordering by likeness: average linkage on correlation. */

/** 1 − Pearson's correlation of each two; 1 where one of them does not vary. `[n · n]` */
export function distances(vectors: readonly Float32Array[]): Float64Array {
  const n = vectors.length;
  const standard = vectors.map((values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
    const centred = Float64Array.from(values, (value) => value - mean);
    const length = Math.sqrt(centred.reduce((sum, value) => sum + value * value, 0));
    return length > 0 && Number.isFinite(length) ? centred.map((value) => value / length) : null;
  });
  const found = new Float64Array(n * n);
  for (let a = 0; a < n; a++)
    for (let b = a + 1; b < n; b++) {
      const [left, right] = [standard[a], standard[b]];
      let product = 0;
      if (left && right) for (let at = 0; at < left.length; at++) product += left[at]! * right[at]!;
      found[a * n + b] = found[b * n + a] = 1 - product;
    }
  return found;
}

/**
 * The leaves of the tree that average linkage makes, in its order: at each join, the side with the first leaf comes first, so that
 * the same vectors give the same order. By chains of nearest neighbours, in time of the square of their number.
 */
export function average(vectors: readonly Float32Array[]): number[] {
  const n = vectors.length;
  if (n === 0) return [];
  const between = distances(vectors);
  const leaves: (number[] | null)[] = vectors.map((_, at) => [at]);
  const chain: number[] = [];
  for (let joins = 0; joins < n - 1; joins++) {
    if (chain.length === 0) chain.push(leaves.findIndex((each) => each !== null));
    for (;;) {
      const tip = chain.at(-1)!;
      const before = chain.at(-2);
      // the one before wins ties, so that a chain ends; else the first
      let nearest = before ?? -1;
      for (let other = 0; other < n; other++)
        if (other !== tip && leaves[other] && (nearest < 0 || between[tip * n + other]! < between[tip * n + nearest]!))
          nearest = other;
      if (nearest === before) break;
      chain.push(nearest);
    }
    const [b, a] = [chain.pop()!, chain.pop()!];
    join(a, b);
  }
  return leaves.find((each) => each !== null)!;

  function join(a: number, b: number): void {
    const [left, right] = [leaves[a]!, leaves[b]!];
    for (let other = 0; other < n; other++) {
      if (!leaves[other] || other === a || other === b) continue;
      const joined =
        (left.length * between[a * n + other]! + right.length * between[b * n + other]!) / (left.length + right.length);
      between[a * n + other] = between[other * n + a] = joined;
    }
    leaves[a] = left[0]! < right[0]! ? [...left, ...right] : [...right, ...left];
    leaves[b] = null;
  }
}
