/** Shapes in messages, without the batch axis: `[8, ?, 3]`, a question mark where the size is left free. */
export const written = (shape: readonly (number | null)[]): string =>
  `[${shape.map((size) => size ?? '?').join(', ')}]`;
