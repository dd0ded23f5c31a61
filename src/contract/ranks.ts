/** Ranks of many numbers at once. */

/**
 * Rows by a key, the smallest first, equal keys by place. Key and row are packed into one 64-bit number each, whose native
 * sort is ten times quicker than one that asks back for every pair.
 */
export function rowsBy(keys: Uint32Array): Uint32Array<ArrayBuffer> {
  const packed = new BigUint64Array(keys.length);
  const words = new Uint32Array(packed.buffer); // low word first on every machine that Electron and browsers run on
  for (let row = 0; row < keys.length; row++) {
    words[2 * row] = row;
    words[2 * row + 1] = keys[row]!;
  }
  packed.sort();
  const rows = new Uint32Array(keys.length);
  for (let place = 0; place < rows.length; place++) rows[place] = words[2 * place]!;
  return rows;
}

/** Floats as whole numbers, by their bits. */
export const bitsOf = (values: Float32Array): Uint32Array =>
  new Uint32Array(values.buffer, values.byteOffset, values.length);
/** The bit that tells negative floats. */
export const SIGN = 0x8000_0000;

/** Rank by absolute value, 1 the largest; equal values share the better rank's order by place. What is no number is last. */
export function ranksOf(values: Float32Array): Uint32Array {
  // Bits of floats without their sign stand in the order of their sizes.
  const keys = bitsOf(values).map((bits, row) => (Number.isNaN(values[row]!) ? ~0 : ~(bits | SIGN)));
  const ranks = new Uint32Array(values.length);
  rowsBy(keys).forEach((row, place) => (ranks[row] = place + 1));
  return ranks;
}
