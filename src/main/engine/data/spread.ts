/** So many places of all, evenly spread: all of them where they are no more. */
export const spreadPlaces = (all: number, most: number): number[] =>
  Array.from({ length: Math.min(all, most) }, (_, at) => Math.floor((at * all) / Math.min(all, most)));
