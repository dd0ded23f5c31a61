/** How much a baseline matters, in sentences: for window and terminal alike. */
import type { LayerSensitivity } from '../sensitivity';
import { count } from './quantities';

/** `Of the 10 first units under zeros 7 stay among the first 10 under every baseline; 12 of 96 units change their sign.` */
export function sensitivityWords({ first, stay, signs, units }: LayerSensitivity, baseline: string): string {
  const firsts =
    first === 1 ? `The first unit under ${baseline}` : `Of the ${first} first units under ${baseline} ${stay}`;
  const stays =
    first === 1
      ? `${stay === 1 ? 'stays' : 'does not stay'} the first under every baseline`
      : `${stay === 1 ? 'stays' : 'stay'} among the first ${first} under every baseline`;
  const changes =
    signs === 0
      ? 'no unit changes its sign'
      : `${signs} of ${count(units.length, 'unit')} ${signs === 1 ? 'changes its' : 'change their'} sign`;
  return `${firsts} ${stays}; ${changes}.`;
}

/** The lowest of all correlations between two baselines; null where none is known. */
export function lowestSpearman({ spearman }: LayerSensitivity): number | null {
  const known = spearman.flatMap((row, a) => row.slice(a + 1)).flatMap((value) => value ?? []);
  return known.length === 0 ? null : Math.min(...known);
}
