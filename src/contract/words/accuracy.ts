/**
 * How far numbers can be trusted, and how far an adaptive path came: for the window, the terminal and files alike. What is said
 * of errors is an estimate, and nowhere called anything stronger.
 */
import type { Accuracy, LayerResult, Reached } from '../attribution';
import { count, shareWords } from './quantities';

/** Errors above this share of their layer's total are marked, */
const COARSE = 0.1;
/** and above this one are no numbers yet: details of rough paths still grow more slowly than the error does. */
const UNRESOLVED = 0.3;

export const NOT_YET_RESOLVED = 'not yet resolved';
/** Of a unit whose contribution lies within its own error. */
export const NOT_RESOLVED = 'not resolved';

/** How an error is to be read, by its share of its layer's total. */
export type Trust = 'fine' | 'coarse' | 'unresolved';
export const trustOf = (share: number): Trust =>
  share <= COARSE ? 'fine' : share <= UNRESOLVED ? 'coarse' : 'unresolved';

/** An error as a share of what it belongs to; none of nothing is none, and some of nothing is without measure. */
export const errorShare = (error: number, total: number): number =>
  total > 0 ? error / total : error > 0 ? Infinity : 0;

/** The errors of a layer at an example, as shares of its totals; null where the method has no integral. */
export function layerShares(
  {
    error,
    unitsError,
    neuronsTotal,
    unitsTotal,
  }: Pick<LayerResult, 'error' | 'unitsError' | 'neuronsTotal' | 'unitsTotal'>,
  place: number,
): { readonly units: number; readonly neurons: number } | null {
  if (!error || !unitsError) return null;
  return {
    units: errorShare(unitsError[place]!, unitsTotal[place]!),
    neurons: errorShare(error[place]!, neuronsTotal[place]!),
  };
}

/** Of an example's worst layer, the error of its units as a share of their total; null where no layer tells one. */
export function worstShare(layers: readonly Parameters<typeof layerShares>[0][], place: number): number | null {
  const shares = layers.flatMap((layer) => layerShares(layer, place)?.units ?? []).filter((share) => share < Infinity);
  return shares.length === 0 ? null : Math.max(...shares);
}

/** Whether a contribution is larger than its error; where no error is known nothing speaks against it. */
export const isResolved = (contribution: number, error: number | null): boolean =>
  error === null || Math.abs(contribution) >= error;

/** `1.6 %`, `< 0.01 %`, `not yet resolved`. Rounded up, so that what was not reached does not look as if it were. */
export function estimateWords(share: number): string {
  if (trustOf(share) === 'unresolved') return NOT_YET_RESOLVED;
  if (share > 0 && share < 1e-4) return '< 0.01 %';
  if (share === 0) return shareWords(share);
  const step = share >= 0.1 ? 0.01 : 10 ** (Math.floor(Math.log10(share)) - 1);
  return shareWords(Math.ceil(share / step - 1e-9) * step);
}

/**
 * An error with its share of what it belongs to: `0.154 (1.6 %)`, `not yet resolved`; of a layer that carries exactly nothing, what
 * rounding leaves open of that: `5.8e-10, of nothing carried`.
 */
export function errorOfTotalWords(figure: string, share: number): string {
  if (share === Infinity) return `${figure}, of nothing carried`;
  return trustOf(share) === 'unresolved' ? NOT_YET_RESOLVED : `${figure} (${estimateWords(share)})`;
}

/** What was asked of an adaptive path: `2 %`, `1 % over neurons`, `the top 10`. */
export function accuracyWords({ tolerance, over, untilTop }: Omit<Accuracy, 'mostWalks'>): string {
  if (untilTop !== null) return `the top ${untilTop}`;
  return `${shareWords(tolerance)}${over === 'neurons' ? ' over neurons' : ''}`;
}

/** How far the path of an example came: `asked 2 %, reached 1.6 % with 44 walks`, `asked 2 %, stopped at the cap of 600 walks: 3.1 %`. */
export function reachedWords(
  { estimate, layer, stopped, walks }: Omit<Reached, 'grid' | 'saved'>,
  accuracy: Accuracy,
): string {
  const asked = `asked ${accuracyWords(accuracy)}`;
  const [came, spent] = [estimateWords(estimate), count(walks, 'walk')];
  switch (stopped) {
    case 'reached':
      return `${asked}, reached ${came} with ${spent}`;
    case 'certain':
      return `${asked}, certain with ${spent}: ${came}`;
    case 'cap':
      return `${asked}, stopped at the cap of ${count(accuracy.mostWalks ?? walks, 'walk')}: ${came}`;
    case 'limit':
      return `${asked}, stopped with ${spent}: ${came}, since float32 resolves no more in ${layer}`;
    case 'enough':
      return `${asked}, ended early with ${spent}: ${came}`;
  }
}

/** What paths were asked and came to, with or without what they go on from. */
export interface CameTo {
  readonly accuracy: Accuracy;
  readonly examples: readonly Omit<Reached, 'grid' | 'saved'>[];
}

/** In a few letters what all examples of a run came to: what was asked where they did, else the worst of them, never more. */
export function cameToWords({ accuracy, examples }: CameTo): string {
  const { tolerance, untilTop } = accuracy;
  if (untilTop !== null && examples.every(({ stopped }) => stopped === 'certain')) return `top ${untilTop}`;
  if (untilTop === null && examples.every(({ reached }) => reached)) return shareWords(tolerance);
  const worst = Math.max(...examples.map(({ estimate }) => estimate));
  return trustOf(worst) === 'unresolved' ? `> ${shareWords(UNRESOLVED)}` : estimateWords(worst);
}

/** How many of a ranking's first units are certain to be those, of so many that are shown: `first 3 certain`. */
export const certainWords = (certain: number, shown: number): string =>
  certain === 0 ? 'none certain' : certain >= shown ? 'all certain' : `first ${certain} certain`;
