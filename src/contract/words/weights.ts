/** What is wrong with weights, in words. */
import type { NotFiniteWeight } from '../model';
import { printable } from '../text';
import { count } from './quantities';

/** One sentence. */
export function notFiniteWords({ weight, layer, nan, infinite, of, first }: NotFiniteWeight): string {
  const kinds = [...(nan > 0 ? [`${nan.toLocaleString('en')} NaN`] : []), ...(infinite > 0 ? [count(infinite, 'infinity', 'infinities')] : [])]; // prettier-ignore
  return `The weight ${printable(weight)} of layer ${printable(layer)} holds ${kinds.join(' and ')} among ${count(of, 'number')}, the first at index ${first}: what depends on it may be no number.`;
}
