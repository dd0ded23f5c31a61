/** What of a result is to be known before its numbers are read. */
import type { Remark, RunResult } from '../../../contract/attribution';
import { OPS } from '../graph/ops';
import type { Plan } from './plan';
import type { Prepared } from './request';

/** What of a result is looked at. */
type Told = Pick<RunResult, 'examples' | 'atInput' | 'atBaseline' | 'delta' | 'layers'>;

/** What float32 tells of a difference, as a share of what is subtracted: some ten roundings. */
const RESOLUTION = 1e-6;
/** Below this share of what units carry, a difference is what is left of them once they cancel. */
const CANCELLED = 1e-3;

/** Remarks on every example of a result. @param complete whether the method's contributions are shares of the difference */
export function remarksOn(
  result: Told,
  { plan, prepared, complete }: { readonly plan: Plan; readonly prepared: Prepared; readonly complete: boolean },
): Remark[] {
  const activations = activationLayers(plan);
  return result.examples.flatMap((example, place): Remark[] => {
    if (isSame(prepared, example)) return [{ kind: 'same', example }];
    const told: Remark[] = complete ? [...flat(result, example, place)] : [];
    const dead = deadUnits(result, place, activations);
    return dead.length > 0 ? [...told, { kind: 'dead', example, layers: dead }] : told;
  });
}

/** Whether all baselines of an example are its input. */
function isSame({ lines: { ends }, starts, references }: Prepared, example: number): boolean {
  return starts.every((id) => {
    const { from, to } = ends.get(id)!;
    const size = (to.data.length / to.shape[0]!) * references;
    for (let at = example * size; at < (example + 1) * size; at++) if (from.data[at] !== to.data[at]) return false;
    return true;
  });
}

function flat({ atInput, atBaseline, delta, layers }: Told, example: number, place: number): Remark[] {
  const resolution = RESOLUTION * Math.max(Math.abs(atInput[place]!), Math.abs(atBaseline[place]!));
  let [layer, carried] = ['', 0];
  for (const { name, cut, unitsTotal } of layers)
    if (cut && unitsTotal[place]! > carried) [layer, carried] = [name, unitsTotal[place]!];
  const difference = delta[place]!;
  if (Math.abs(difference) > Math.max(resolution, CANCELLED * carried)) return [];
  return [{ kind: 'flat', example, delta: difference, resolution, layer, carried }];
}

/** Layers that end with a function of one value, but for the target's own: of that all units but one carry nothing. */
function activationLayers({ pruned, layers, sinks }: Plan): ReadonlySet<string> {
  const functions = new Set(pruned.nodes.flatMap(({ op, output }) => (OPS[op].passing === 'function' ? [output] : [])));
  for (const sink of sinks) functions.delete(sink);
  return new Set(layers.flatMap(({ layer }) => (functions.has(layer.output) ? [layer.name] : [])));
}

/** Units that nothing passes through, layer by layer. @param activations the layers to look at */
function deadUnits(
  { layers, examples }: Told,
  place: number,
  activations: ReadonlySet<string>,
): { name: string; dead: number; units: number }[] {
  return layers.flatMap(({ name, unitAxis, shape, contributions }) => {
    if (unitAxis === null || !activations.has(name)) return [];
    const units = shape[unitAxis]!;
    const inner = shape.slice(unitAxis + 1).reduce((product, size) => product * size, 1);
    const size = contributions.length / examples.length;
    const alive = new Uint8Array(units);
    const own = contributions.subarray(place * size, (place + 1) * size);
    for (let at = 0; at < size; at++) if (own[at] !== 0) alive[Math.floor(at / inner) % units] = 1;
    const dead = alive.reduce((count, each) => count - each, units);
    return dead > 0 ? [{ name, dead, units }] : [];
  });
}
