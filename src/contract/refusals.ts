/** Faults that several processes find, made from structure alone. */
import { MhoError } from './errors';
import type { Way } from './ways';
import { shapeRemedy, written } from './words/shape';
import { waysWords } from './words/ways';

/** An input of texts. @param reader the layer behind which they are numbers */
export function textsFault(input: string, reader: string): MhoError<'INPUT_TEXTS'> {
  const ways: Way[] = [{ kind: 'texts', layer: reader }];
  return new MhoError('INPUT_TEXTS', { input, remedy: waysWords(ways) }, { ways });
}

/**
 * An input of another shape than the model's.
 * @param have [examples, …] as it was given
 * @param want the same as the model takes it, null where any size will do
 * @param as what else tells that shape
 */
export const shapeFault = (
  input: string,
  have: readonly number[],
  want: readonly (number | null)[],
  as = '',
): MhoError<'INPUT_SHAPE'> =>
  new MhoError('INPUT_SHAPE', {
    input,
    have: written(have),
    want: written(want) + as,
    remedy: shapeRemedy(have, want),
  });
