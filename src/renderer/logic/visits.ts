/** Places that were gone to one after the other, with a way back and forward. */
export interface Visits<Place> {
  readonly places: readonly Place[];
  /** Of the one that is shown; −1 where none is. */
  readonly at: number;
}

/** Places that can be gone back to. */
const MOST = 200;

export const NOWHERE: Visits<never> = { places: [], at: -1 };

export const shownOf = <Place>({ places, at }: Visits<Place>): Place | null => places[at] ?? null;

/** Goes to a place; what lay forward is given up. The place that is shown is not gone to again. */
export function goneTo<Place>(
  visits: Visits<Place>,
  place: Place,
  same: (a: Place, b: Place) => boolean,
): Visits<Place> {
  const shown = shownOf(visits);
  if (shown !== null && same(shown, place)) return visits;
  const places = [...visits.places.slice(0, visits.at + 1), place].slice(-MOST);
  return { places, at: places.length - 1 };
}

/** One place back or forward, as far as there is one. */
export const stepped = <Place>({ places, at }: Visits<Place>, step: 1 | -1): Visits<Place> => ({
  places,
  at: places.length === 0 ? -1 : Math.min(places.length - 1, Math.max(0, at + step)),
});
