/** Shapes in messages, without the batch axis: `[8, ?, 3]`, a question mark where the size is left free. */
export const written = (shape: readonly (number | string | null)[]): string =>
  `[${shape.map((size) => size ?? '?').join(', ')}]`;

type Want = readonly (number | null)[];

const fits = (have: readonly number[], want: Want): boolean =>
  have.length === want.length && want.every((size, axis) => size === null || size === have[axis]);

/** Axes behind the examples that are put in order at the most: more have too many orders. */
const MOST_AXES = 5;

/**
 * In which order the axes of what was given have the sizes that are wanted, the examples staying first; null where in none. Of several
 * the one that moves a single axis: channels from first to last, or back.
 */
function orderOf(have: readonly number[], want: Want): readonly number[] | null {
  if (have.length !== want.length || have.length > MOST_AXES + 1) return null;
  const found: (readonly number[])[] = [];
  const place = (order: readonly number[]): void => {
    if (order.length === have.length) {
      found.push(order);
      return;
    }
    const size = want[order.length]!;
    for (let axis = 1; axis < have.length; axis++)
      if (!order.includes(axis) && (size === null || size === have[axis])) place([...order, axis]);
  };
  place([0]);
  const single = found.filter(movesOne);
  return found.length === 1 ? found[0]! : single.length === 1 ? single[0]! : null;
}

/** Whether all but one axis stay in order. */
const movesOne = (order: readonly number[]): boolean =>
  order.some((moved) => {
    const others = order.filter((axis) => axis !== moved);
    return others.every((axis, i) => i === 0 || axis > others[i - 1]!);
  });

/**
 * What to do about an array of another shape, as a sentence: the line of NumPy that brings it into the right one, where there is one.
 * @param have, want with the axis of the examples
 */
export function shapeRemedy(have: readonly number[], want: Want): string {
  if (fits([1, ...have], want)) return 'The first axis is the examples: of one alone, give x[None].';
  const ones = have.flatMap((size, axis) => (axis > 0 && size === 1 ? [axis] : []));
  const without = have.filter((_, axis) => !ones.includes(axis));
  if (have.length > want.length && fits(without, want))
    return `There is an axis of one too many: give x.squeeze(${ones.length > 1 ? `(${ones.join(', ')})` : ones[0]!}).`;
  if (have.length < want.length && fits([...have, 1], want)) return 'Its last axis is missing: give x[..., None].';
  const order = orderOf(have, want);
  if (order) return `Its axes stand in another order: give numpy.transpose(x, (${order.join(', ')})).`;
  return 'The first axis is the examples, and ? takes any size.';
}
