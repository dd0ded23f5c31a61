/** Sizes that were chosen for what a file leaves free, as its inputs come to be. */
import { MhoError } from '../../../contract/errors';
import type { OpeningChoices } from '../../../contract/opening';
import { written } from '../../../contract/words/shape';
import type { Graph, Shape } from '../graph/graph';
import { nearest } from '../graph/target';

/** An input's shape once chosen sizes stand where it was free. */
export type Binding = (input: string, shape: Shape) => Shape;

/** Each free size of an input becomes the chosen one; what cannot be is found by `checkSizes`, when all inputs are known. */
export const bindingOf =
  ({ sizes = {} }: OpeningChoices): Binding =>
  (input, shape) => {
    const chosen = Object.hasOwn(sizes, input) ? withoutExamples(sizes[input]!, shape) : [];
    return chosen.length === shape.length ? shape.map((size, axis) => size ?? chosen[axis]!) : shape;
  };

/** People write the examples' axis too. */
export const withoutExamples = (sizes: Shape, { length }: { readonly length: number }): Shape =>
  sizes.length === length + 1 ? sizes.slice(1) : sizes;

/** @throws INPUT_UNKNOWN, MODEL_SIZES where a size is not free, or there are not as many as the input has axes */
export function checkSizes({ inputs, values }: Graph, { sizes = {} }: OpeningChoices): void {
  for (const [input, chosen] of Object.entries(sizes)) {
    const port = inputs.find(({ name }) => name === input);
    if (!port)
      throw new MhoError('INPUT_UNKNOWN', {
        input,
        hint: nearest(input, inputs),
        inputs: inputs.map(({ name }) => name).join(', '),
      });
    const { shape } = values[port.value]!;
    const own = withoutExamples(chosen, shape);
    if (own.length !== shape.length || own.some((size, axis) => size !== null && size !== shape[axis]))
      throw new MhoError('MODEL_SIZES', { input, have: written(chosen), want: written(shape) });
  }
}

/** A layer that cannot work at sizes that were chosen is no fault of the file. */
export function atSizes(error: MhoError, { sizes }: OpeningChoices): MhoError {
  if (error.code !== 'MODEL_CONFIG' || !sizes) return error;
  const { layer, kind, reason } = error.details as Readonly<Record<'layer' | 'kind' | 'reason', string>>;
  const told = Object.entries(sizes).map(([input, chosen]) => `${input} ${written(chosen)}`);
  return new MhoError('MODEL_SIZES_LAYER', { sizes: told.join(', '), layer, kind, reason }, { cause: error });
}
