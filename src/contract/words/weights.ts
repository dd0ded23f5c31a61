/** What is wrong with weights, in words. */
import type { FewerBits, NotFiniteWeight } from '../model';
import { printable } from '../text';
import { count } from './quantities';

/** One sentence. */
export function notFiniteWords({ weight, layer, nan, infinite, of, first }: NotFiniteWeight): string {
  const kinds = [...(nan > 0 ? [`${nan.toLocaleString('en')} NaN`] : []), ...(infinite > 0 ? [count(infinite, 'infinity', 'infinities')] : [])]; // prettier-ignore
  return `The weight ${printable(weight)} of layer ${printable(layer)} holds ${kinds.join(' and ')} among ${count(of, 'number')}, the first at index ${first}: what depends on it may be no number.`;
}

/** Half a unit in the last place of each type, as a share: what one rounding can change. */
const ROUNDING: Readonly<Record<FewerBits, string>> = { float16: '0.05 %', bfloat16: '0.4 %' };

/** One sentence of a file that has something computed on 16 bits. */
export const fewerBitsWords = (type: FewerBits): string =>
  `The file has it computed in ${type}, Mho computes in float32: where the framework rounds every step to ${ROUNDING[type]}, predictions here are those without that rounding.`;
