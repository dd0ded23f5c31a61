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
  const stateful = statefulLayers(plan);
  return result.examples.flatMap((example, place): Remark[] => {
    if (isSame(prepared, example)) return [{ kind: 'same', example }];
    const told: Remark[] = complete ? [...flat(result, example, place)] : [];
    if (stateful.length > 0) told.push({ kind: 'state', example, layers: stateful });
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

/** Layers before the target that keep a state between batches. */
function statefulLayers({ graph, pruned }: Plan): string[] {
  const live = new Set(pruned.nodes.map(({ output }) => output));
  return graph.layers.filter(({ stateful, output }) => stateful === true && live.has(output)).map(({ name }) => name);
}

/** Units that nothing passes through, layer by layer. @param activations the layers to look at */
function deadUnits(
  { layers, examples }: Told,
  place: number,
  activations: ReadonlySet<string>,
): { name: string; dead: number; units: number }[] {
  return layers.flatMap(({ name, unitAxis, shape, contributions, units: sums }) => {
    if (unitAxis === null || !activations.has(name)) return [];
    const units = shape[unitAxis]!;
    const size = contributions.length / examples.length;
    const own = contributions.subarray(place * size, (place + 1) * size);
    let dead = 0;
    for (let unit = 0; unit < units; unit++)
      if (sums[place * units + unit] === 0 && isDead(own, unit, units, shape, unitAxis)) dead++;
    return dead > 0 ? [{ name, dead, units }] : [];
  });
}

/** Whether all contributions of a unit are nothing, whose sum is. */
function isDead(
  contributions: Float32Array,
  unit: number,
  units: number,
  shape: readonly number[],
  unitAxis: number,
): boolean {
  const inner = shape.slice(unitAxis + 1).reduce((product, size) => product * size, 1);
  for (let from = unit * inner; from < contributions.length; from += units * inner)
    for (let at = from; at < from + inner; at++) if (contributions[at] !== 0) return false;
  return true;
}
