/** What float32 leaves of an adaptive path's numbers, added to what its grid leaves of them. */
import type { Accuracy, LayerResult, Reached } from '../../../../contract/attribution';
import type { Plan } from '../plan';
import { floorOf, type Rounding } from '../rounding';

/** How far a path came, without what is kept of it. */
type Standing = Omit<Reached, 'saved'>;

interface Floored {
  readonly plan: Plan;
  readonly accuracy: Accuracy;
  /** Of the results' rows, among all that rounding tells of. */
  readonly examples: readonly number[];
  readonly references: number;
  readonly rounding: Rounding;
}

/** A layer that carries less of the largest total than this tells nothing of how far a path came. */
const NOTHING = 1e-9;

/**
 * Layers of adaptive paths with the errors of their numbers' rounding, which are added to what they have; what those keep above the
 * tolerance was not reached.
 * @param standings an example each
 */
export function withRounding(
  layers: readonly LayerResult[],
  standings: readonly Standing[],
  { plan, accuracy, examples, references, rounding }: Floored,
): { readonly layers: LayerResult[]; readonly told: Standing[] } {
  const floored = layers.map((layer, at) => {
    const value = plan.layers[at]!.layer.output;
    const count = layer.units.length / examples.length;
    const unitError = layer.unitError!.slice();
    const unitsError = layer.unitsError!.slice();
    const error = layer.error!.slice();
    for (const [place, example] of examples.entries()) {
      const own = layer.units.subarray(place * count, (place + 1) * count);
      const first = example * references;
      const floor = floorOf(rounding, value, own, layer.neuronsTotal[place]!, first, first + references);
      for (let unit = 0; unit < count; unit++) unitError[place * count + unit]! += floor.unit[unit]!;
      unitsError[place]! += floor.units;
      error[place]! += floor.neurons;
    }
    return { ...layer, unitError, unitsError, error };
  });
  return { layers: floored, told: standings.map((reached, place) => told(reached, floored, accuracy, place)) };
}

function told(
  reached: Standing,
  layers: readonly LayerResult[],
  { tolerance, over }: Accuracy,
  place: number,
): Standing {
  const totalOf = (layer: LayerResult): number => layer[over === 'units' ? 'unitsTotal' : 'neuronsTotal'][place]!;
  const largest = Math.max(...layers.map(totalOf));
  let { estimate, layer } = reached;
  for (const each of layers) {
    const total = totalOf(each);
    const share = (over === 'units' ? each.unitsError! : each.error!)[place]! / total;
    if (total > NOTHING * largest && share > estimate) [estimate, layer] = [share, each.name];
  }
  return reached.reached && estimate > tolerance
    ? { ...reached, estimate, layer, reached: false, stopped: 'limit' }
    : { ...reached, estimate, layer };
}
