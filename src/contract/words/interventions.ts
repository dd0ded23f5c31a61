/** Units that are taken out, in words for window and terminal. */
import type { Replacement } from '../interventions';

/** What units become: `their value at the baseline`. */
export function replacementWords(to: Replacement): string {
  switch (to.kind) {
    case 'baseline':
      return 'their value at the baseline';
    case 'zero':
      return 'zero';
    case 'mean':
      return 'their mean over the examples';
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

/** Said of a layer that something goes around: a skip, or another input. */
export const aroundWords = (layer: string): string =>
  `${layer} is no cut: what goes around it (a skip, another input) stays as at the input.`;
