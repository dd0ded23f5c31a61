/** Units that are taken out, in words for window and terminal. */
import { MOST_AVERAGED, type Replacement } from '../interventions';
import { count } from './quantities';

/** Of which examples a mean is, by their count: `8 examples`. */
export const averagedWords = (meanOver: number): string =>
  meanOver < MOST_AVERAGED ? count(meanOver, 'example') : `${meanOver} examples, spread evenly over all`;

/** What units become: `their value at the baseline`. @param meanOver of how many examples a mean was, where that is known */
export function replacementWords(to: Replacement, meanOver?: number | null): string {
  switch (to.kind) {
    case 'baseline':
      return 'their value at the baseline';
    case 'zero':
      return 'zero';
    case 'mean':
      return `their mean over ${meanOver == null ? 'the examples' : averagedWords(meanOver)}`;
    case 'example':
      return `their value at example ${to.example}`;
    case 'scale':
      return `${to.factor} times their value`;
    case 'value':
      return String(to.value);
  }
}

/** What units may become, in a list. */
export const REPLACEMENT_NAMES: Readonly<Record<Replacement['kind'], string>> = {
  baseline: 'what they are at the baseline',
  zero: 'zero',
  mean: 'their mean over all examples',
  example: 'what they are at another example',
  scale: 'a multiple of what they are',
  value: 'a number',
};

/** How many units are not as they were: `3 units are out`, `1 unit is out, 2 are scaled`. */
export function outWords({ taken, scaled }: { readonly taken: number; readonly scaled: number }): string {
  const is = (many: number): string => (many === 1 ? 'is' : 'are');
  if (scaled === 0) return `${count(taken, 'unit')} ${is(taken)} out`;
  if (taken === 0) return `${count(scaled, 'unit')} ${is(scaled)} scaled`;
  return `${count(taken, 'unit')} ${is(taken)} out, ${scaled} ${is(scaled)} scaled`;
}

/** As much of a joint drop as single ones may lie beside it, and units still act alone. */
const ALONE = 0.05;
/** What units do one by one, beside what they do together. */
export function aloneWords(alone: number, together: number, written: (value: number) => string): string {
  const acts =
    Math.abs(alone - together) <= ALONE * Math.abs(together) ? 'here they act alone' : 'they do not act alone';
  return `One by one they drop ${written(alone)} in sum, together ${written(together)}: ${acts}.`;
}

/** Whether F stays what it was with any one unit out or back. */
export const isSilent = ({
  drop,
  restore,
}: {
  readonly drop: readonly ArrayLike<number>[];
  readonly restore: readonly ArrayLike<number>[];
}): boolean =>
  // prettier-ignore
  [...drop, ...restore].every((each) => Array.from(each).every((value) => value === 0));

/** Said of a layer of which that is so. */
export const silentWords = (layer: string): string =>
  `With any unit of ${layer} out, or put back, F stays what it was: its units are already what they would become, or nothing behind answers to them.`;

/** Said of a layer that something goes around: a skip, or another input. */
export const aroundWords = (layer: string): string =>
  `${layer} is no cut: what goes around it (a skip, another input) stays as at the input.`;
