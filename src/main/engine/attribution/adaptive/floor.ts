/** What float32 leaves of an adaptive path's numbers, added to what its grid leaves of them. */
import type { Accuracy, LayerResult, Reached, RunResult } from '../../../../contract/attribution';
import type { Plan } from '../plan';
import { floorOf, type Rounding } from '../rounding';

type Resolved = Pick<RunResult, 'layers' | 'examples' | 'adaptive'>;

/** A layer that carries less of the largest total than this tells nothing of how far a path came. */
const NOTHING = 1e-9;

/** A result of adaptive paths with the errors of its numbers' rounding; what those keep above the tolerance was not reached. */
export function withRounding<Result extends Resolved>(
  result: Result,
  plan: Plan,
  accuracy: Accuracy,
  references: number,
  rounding: Rounding,
): Result {
  const layers = result.layers.map((layer, at) => {
    const value = plan.layers[at]!.layer.output;
    const count = layer.units.length / result.examples.length;
    const unitError = layer.unitError!.slice();
    const unitsError = layer.unitsError!.slice();
    const error = layer.error!.slice();
    for (const [place, example] of result.examples.entries()) {
      const own = layer.units.subarray(place * count, (place + 1) * count);
      const first = example * references;
      const floor = floorOf(rounding, value, own, layer.neuronsTotal[place]!, first, first + references);
      for (let unit = 0; unit < count; unit++) unitError[place * count + unit]! += floor.unit[unit]!;
      unitsError[place]! += floor.units;
      error[place]! += floor.neurons;
    }
    return { ...layer, unitError, unitsError, error };
  });
  const examples = result.adaptive!.examples.map((reached, place) => told(reached, layers, accuracy, place));
  return { ...result, layers, adaptive: { ...result.adaptive!, examples } };
}

function told(reached: Reached, layers: readonly LayerResult[], { tolerance, over }: Accuracy, place: number): Reached {
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
