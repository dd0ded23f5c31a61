/** An example with changes: a copy of its rows, of every input, in which places hold other values. */
import { MhoError } from '../../../contract/errors';
import type { Edit } from '../../../contract/studio';
import { rowsOf, type Arrays } from './arrays';

/**
 * @param inputs the model's inputs, `[examples, …]`
 * @param place of the example among their rows
 * @returns `[1, …]` of each input; later edits are made upon earlier ones
 * @throws INPUT_UNKNOWN, EDIT_OUTSIDE, EXAMPLES_RANGE
 */
export function editedRow(inputs: Arrays, place: number, edits: readonly Edit[]): Arrays {
  const rows = Object.fromEntries(Object.entries(inputs).map(([name, array]) => [name, rowsOf(array, [place])]));
  for (const { input, places, values } of edits) {
    if (!Object.hasOwn(rows, input))
      throw new MhoError('INPUT_UNKNOWN', { input, hint: '', inputs: Object.keys(rows).join(', ') });
    const { data, lost } = rows[input]!;
    places.forEach((at, index) => {
      if (at >= data.length) throw new MhoError('EDIT_OUTSIDE', { input, place: at, count: data.length });
      data[at] = values[index]!;
      if (lost) lost[at] = 0;
    });
  }
  return rows;
}
