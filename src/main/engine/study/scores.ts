/** What the conductance paper compares (1805.12233, section 4), and Rescale and chance beside it: one number for each unit. */
import type { AttributionRequest, Method } from '../../../contract/attribution';
import { valuesAtEnds } from '../attribution';
import { positionSums } from '../attribution/positions';
import type { Device } from '../backends';
import type { Graph } from '../graph/graph';
import { layerNamed } from '../graph/layers';
import { chance } from '../judge/scores';
import { countOf, narrowed } from './choosing';
import { runOf } from './runs';

export const SCORES = ['conductance', 'rescale', 'influence', 'gradient-activation', 'activation', 'random'] as const;
export type Score = (typeof SCORES)[number];

/** Of one layer, [E][U] by each score; activations summed over positions are features of a readout too. */
export type LayerScores = Readonly<Record<Score, readonly Float64Array[]>>;

/** Examples whose neurons are held at once; of all only units are kept. */
const AT_ONCE = 32;

/**
 * @param asked even steps
 * @returns layer → scores
 * @throws as `runOf`
 */
export async function unitScores(
  device: Device,
  graph: Graph,
  asked: AttributionRequest,
  layers: readonly string[],
  seed: number,
  signal: AbortSignal | undefined,
  onShare: (share: number) => void,
): Promise<ReadonlyMap<string, LayerScores>> {
  const all = countOf(asked);
  const found = new Map(layers.map((layer) => [layer, emptyScores()]));
  for (let first = 0; first < all; first += AT_ONCE) {
    const places = Array.from({ length: Math.min(AT_ONCE, all - first) }, (_, at) => first + at);
    const request: AttributionRequest = { ...narrowed(asked, places), layers, rule: 'secant' };
    // A path that stays at the input has the gradient there for its mean.
    const still: AttributionRequest = {
      ...request,
      baseline: { kind: 'arrays', arrays: request.inputs, perExample: true },
      steps: 1,
    };
    const run = async (method: Method, of: AttributionRequest, at: number) => {
      const onProgress = ({ done, total }: { done: number; total: number }): void =>
        onShare((first + (places.length * (at + done / total)) / 4) / all);
      const { layers: told } = await runOf(device, graph, of, method, { signal, onProgress });
      return new Map(told.map((layer) => [layer.name, layer]));
    };
    const nig = await run('nig', request, 0);
    const rescale = await run('rescale', request, 1);
    const influence = await run('internal-influence', request, 2);
    const gradient = await run('internal-influence', still, 3);
    const outputs = new Map(layers.map((name) => [name, layerNamed(graph, name)!.output]));
    const { atInput } = await valuesAtEnds(device, graph, request, [...new Set(outputs.values())]);
    for (const [name, scores] of found) {
      const { shape, unitAxis, contributions: slopes } = gradient.get(name)!;
      const { data } = atInput.get(outputs.get(name)!)!;
      const summed = (neurons: Float32Array): Float64Array => positionSums(neurons, places.length, shape, unitAxis);
      const told: Readonly<Record<Exclude<Score, 'random'>, ArrayLike<number>>> = {
        conductance: nig.get(name)!.units,
        rescale: rescale.get(name)!.units,
        influence: influence.get(name)!.units,
        'gradient-activation': summed(data.map((value, neuron) => value * slopes[neuron]!)),
        activation: summed(data),
      };
      const units = unitAxis === null ? 1 : shape[unitAxis]!;
      for (const [score, values] of Object.entries(told))
        for (const at of places.keys())
          scores[score as Score].push(Float64Array.from({ length: units }, (_, unit) => values[at * units + unit]!));
    }
  }
  return new Map(
    [...found].map(([name, scores], at) => {
      const units = scores.activation[0]!.length;
      return [name, { ...scores, random: chance(all, units, seed + at).scores }];
    }),
  );
}

const emptyScores = (): Record<Score, Float64Array[]> => ({
  conductance: [],
  rescale: [],
  influence: [],
  'gradient-activation': [],
  activation: [],
  random: [],
});
