/** Every unit of a layer by itself, asked both ways: taken out of the input's values, and put back into replaced ones. */
import { MhoError } from '../../../contract/errors';
import type { KnockOuts, Replacement } from '../../../contract/interventions';
import type { Ground } from './ground';

/**
 * @param units which; all when absent
 * @param onBatch how many of how many rows are done
 * @throws as `Ground.open`, CANCELLED, INTERVENTION_NOT_FINITE
 */
export async function knockOuts(
  ground: Ground,
  name: string,
  to: Replacement,
  units?: readonly number[],
  onBatch?: (done: number, total: number) => void,
): Promise<KnockOuts> {
  const layer = ground.layer(name);
  const opened = await ground.open([{ layer: name, to }]);
  const asked = units ?? Array.from({ length: layer.units }, (_, unit) => unit);
  const strange = asked.find((unit) => unit >= layer.units);
  if (strange !== undefined)
    throw new MhoError('OUTPUT_INDEX', { index: strange, layer: name, size: layer.units, last: layer.units - 1 });
  const { examples, atInput } = ground;
  // Of each pair: all units replaced; then of each asked unit itself, and all but itself.
  const each = 1 + 2 * asked.length;
  const total = examples * ground.references * each;
  const found = new Float64Array(total);
  const none = new Uint8Array(layer.units);
  const keepOf = (place: number): Uint8Array => {
    if (place === 0) return none;
    const isOut = place <= asked.length;
    const keep = new Uint8Array(layer.units).fill(isOut ? 1 : 0);
    keep[asked[(place - 1) % asked.length]!] = isOut ? 0 : 1;
    return keep;
  };
  await opened.run(
    total,
    (at) => ({ pair: Math.floor(at / each), keep: [keepOf(at % each)] }),
    (at, { target }) => (found[at] = target),
    (done) => onBatch?.(done, total),
  );
  const of = (place: number): Float64Array => ground.overReferences((pair) => found[pair * each + place]!);
  const without = of(0);
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
    atInput,
    atBaseline: ground.atBaseline,
    without,
    drop: perExample((example, place) => atInput[example]! - out[place]![example]!),
    restore: perExample((example, place) => back[place]![example]! - without[example]!),
  };
}
