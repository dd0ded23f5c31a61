/** Positions of a layer: flat, and along its axes. */

/** @param sizes of a layer without its units */
export const flatPosition = (place: readonly number[], sizes: readonly number[]): number =>
  sizes.reduce((flat, size, axis) => flat * size + place[axis]!, 0);

export function placeIn(position: number, sizes: readonly number[]): number[] {
  const place: number[] = [];
  let left = position;
  for (const size of [...sizes].reverse()) {
    place.unshift(left % size);
    left = Math.floor(left / size);
  }
  return place;
}
