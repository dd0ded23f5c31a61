/** Free sizes that a file calls by one name are one size: what is chosen for an input holds for all. */
import { MhoError } from '../../../../contract/errors';
import type { OpeningChoices } from '../../../../contract/opening';
import { bindingOf, type Binding, withoutExamples } from '../sizes';
import { type DeclaredInput, type Reading, readingsOf } from '../tensors/examples';

/** A size that was chosen, and for which input. */
interface Chosen {
  readonly size: number;
  readonly input: string;
}

/** What exporters write where they know no name. */
const NO_NAME = /^(-?\d+|\?|none|dynamic)$/i;

/** Names of an input's sizes without the axis that counts examples, as its shape in the graph has them. */
function namesOf({ sizes, names }: DeclaredInput, { way }: Reading, place: number | null): (string | null)[] {
  const all = (sizes ?? []).map((size, axis) => {
    const name = size === null ? (names?.[axis] ?? null) : null;
    return name === null || NO_NAME.test(name) ? null : name;
  });
  const count = place === null ? undefined : sizes?.[place];
  const without = place !== null && (way === 'batched' || (way === 'one' && (count === null || count === 1)));
  return without ? all.filter((_, axis) => axis !== place) : all;
}

/** What was chosen, by name. @throws MODEL_SIZES_SHARED where a name was given two sizes */
function sharedSizes(
  inputs: readonly DeclaredInput[],
  reading: Reading,
  { sizes = {} }: OpeningChoices,
): ReadonlyMap<string, Chosen> {
  const known = new Map<string, Chosen>();
  // Names that one input uses for sizes of its own that differ mean nothing.
  const loose = new Set<string>();
  inputs.forEach((each, i) => {
    const names = namesOf(each, reading, reading.places[i] ?? null);
    const chosen = Object.hasOwn(sizes, each.name) ? withoutExamples(sizes[each.name]!, names) : [];
    if (chosen.length !== names.length) return;
    chosen.forEach((size, axis) => {
      const name = names[axis];
      if (size === null || !name) return;
      const before = known.get(name);
      if (before?.input === each.name && before.size !== size) loose.add(name);
      else if (before && before.size !== size && !loose.has(name))
        throw new MhoError('MODEL_SIZES_SHARED', {
          name,
          one: before.input,
          first: before.size,
          other: each.name,
          second: size,
        });
      known.set(name, { size, input: each.name });
    });
  });
  for (const name of loose) known.delete(name);
  return known;
}

/** Refuses sizes that disagree however the file is read. @throws MODEL_SIZES_SHARED */
export function checkShared(inputs: readonly DeclaredInput[], choices: OpeningChoices): void {
  let fault: unknown = null;
  for (const reading of readingsOf(inputs)) {
    try {
      if (sharedSizes(inputs, reading, choices).size > 0) return;
    } catch (error) {
      fault ??= error;
    }
  }
  if (fault !== null) throw fault as Error;
}

/** The binding of chosen sizes, with those of other inputs of the same names; two that disagree each bind their own. */
export function sharedBinding(inputs: readonly DeclaredInput[], reading: Reading, choices: OpeningChoices): Binding {
  const own = bindingOf(choices);
  let known: ReadonlyMap<string, Chosen>;
  try {
    known = sharedSizes(inputs, reading, choices);
  } catch (error) {
    if (!(error instanceof MhoError)) throw error;
    return own; // as another reading of the file has it, or refused by checkShared
  }
  return (input, shape) => {
    const at = inputs.findIndex(({ name }) => name === input);
    const bound = own(input, shape);
    if (at < 0) return bound;
    const names = namesOf(inputs[at]!, reading, reading.places[at] ?? null);
    return bound.map((size, axis) => size ?? known.get(names[axis] ?? '')?.size ?? null);
  };
}
