/** Numbers from 0 to 1, the same in every run (xorshift32, Marsaglia 2003). @param state to begin with, not 0 */
export function numbersFrom(state: number): () => number {
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** The same for whole numbers that belong to a place: what is close together gives nothing that is alike. */
export function seededNumbers(...places: readonly number[]): () => number {
  let state = 0x9e3779b1;
  for (const place of places) {
    state = Math.imul(state ^ place, 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35) ^ (state >>> 16);
  }
  return numbersFrom(state === 0 ? 1 : state);
}

/** Brings what is given into another order, any of them as likely (Fisher and Yates). @param random from 0 to below 1 @returns what was given */
export function shuffle<Items extends { readonly length: number; [at: number]: number }>(
  items: Items,
  random: () => number,
): Items {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [items[last], items[other]] = [items[other]!, items[last]!];
  }
  return items;
}
