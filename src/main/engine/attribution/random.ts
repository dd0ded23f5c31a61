/** Numbers from 0 to 1, the same in every run (xorshift32, Marsaglia 2003). @param state to begin with, not 0 */
export function numbersFrom(state: number): () => number {
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
