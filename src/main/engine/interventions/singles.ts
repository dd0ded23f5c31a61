/** Every unit of a layer by itself, asked both ways: taken out of the input's values, and put back into replaced ones. */
import type { KnockOuts, Replacement } from '../../../contract/interventions';
import { sizeOf } from '../graph/graph';
import type { Ground } from './ground';
import { keptOf, turned } from './kept';

export interface SinglesOptions {
  /** Which; all when absent. */
  readonly units?: readonly number[] | undefined;
  /** Where each of them is replaced, and put back, flat in the layer's shape without its units; everywhere when absent. */
  readonly positions?: readonly number[] | undefined;
  /** How many of how many rows are done. */
  readonly onBatch?: (done: number, total: number) => void;
}

/** @throws as `Ground.open`, OUTPUT_INDEX, CANCELLED, INTERVENTION_NOT_FINITE */
export async function knockOuts(
  ground: Ground,
  name: string,
  to: Replacement,
  { units, positions, onBatch }: SinglesOptions = {},
): Promise<KnockOuts> {
  const layer = ground.layer(name);
  const opened = await ground.open([{ layer: name, to }]);
  const asked = units ?? Array.from({ length: layer.units }, (_, unit) => unit);
  const { examples, atInput } = ground;
  // Of each pair: all units replaced; then of each asked unit itself, and all but itself.
  const each = 1 + 2 * asked.length;
  const total = examples * ground.references * each;
  const found = new Float64Array(total);
  const [replaced] = opened.replaced;
  const without = (unit: number): Uint8Array => keptOf(replaced!, { layer: name, units: [unit], positions: positions && [...positions] }); // prettier-ignore
  asked.forEach(without); // before anything is computed, what there is not is refused
  const none = new Uint8Array(positions ? sizeOf(replaced!.shape) : layer.units);
  const keepOf = (place: number): Uint8Array => {
    if (place === 0) return none;
    const out = without(asked[(place - 1) % asked.length]!);
    return place <= asked.length ? out : turned(out);
  };
  await opened.run(
    total,
    (at) => ({ pair: Math.floor(at / each), keep: [keepOf(at % each)] }),
    (at, { target }) => (found[at] = target),
    (done) => onBatch?.(done, total),
  );
  const of = (place: number): Float64Array => ground.overReferences((pair) => found[pair * each + place]!);
  const withoutAll = of(0);
  const out = asked.map((_, place) => of(1 + place));
  const back = asked.map((_, place) => of(1 + asked.length + place));
  const perExample = (value: (example: number, place: number) => number): Float64Array[] =>
    Array.from({ length: examples }, (_, example) => Float64Array.from(asked, (__, place) => value(example, place)));
  return {
    layer: name,
    cut: layer.cut,
    to,
    meanOver: ground.meanOver(to),
    targets: ground.targets,
    units: asked,
    positions: positions ?? null,
    atInput,
    atBaseline: ground.atBaseline,
    without: withoutAll,
    drop: perExample((example, place) => atInput[example]! - out[place]![example]!),
    restore: perExample((example, place) => back[place]![example]! - withoutAll[example]!),
  };
}
