/** What the conductance paper compares (1805.12233, section 4), and Rescale and chance beside it: one number for each unit. */
import type { AttributionRequest, Method } from '../../../contract/attribution';
import { attribute } from '../attribution';
import { positionSums } from '../attribution/positions';
import type { Device } from '../backends';
import type { Graph } from '../graph/graph';
import type { Ground } from '../interventions';
import { chance } from '../judge/scores';

export const SCORES = ['conductance', 'rescale', 'influence', 'gradient-activation', 'activation', 'random'] as const;
export type Score = (typeof SCORES)[number];

/** Of one layer, [E][U] by each score; activations summed over positions are features of a readout too. */
export type LayerScores = Readonly<Record<Score, readonly Float64Array[]>>;

/**
 * @param request even steps
 * @returns layer → scores
 * @throws as `attribute`
 */
export async function unitScores(
  device: Device,
  graph: Graph,
  request: AttributionRequest,
  ground: Ground,
  layers: readonly string[],
  seed: number,
  signal: AbortSignal | undefined,
  onShare: (share: number) => void,
): Promise<ReadonlyMap<string, LayerScores>> {
  const run = async (method: Method, also: Partial<AttributionRequest>, at: number) => {
    const onProgress = ({ done, total }: { done: number; total: number }): void => onShare((at + done / total) / 4);
    const [result] = await attribute(
      device,
      graph,
      { ...request, layers, accuracy: undefined, methods: [method], ...also },
      { signal, onProgress, estimateError: false },
    );
    return new Map(result!.layers.map((layer) => [layer.name, layer]));
  };
  const nig = await run('nig', { rule: 'secant' }, 0);
  const rescale = await run('rescale', {}, 1);
  const influence = await run('internal-influence', {}, 2);
  // A path that stays at the input has the gradient there for its mean.
  const still: Partial<AttributionRequest> = {
    baseline: { kind: 'arrays', arrays: request.inputs, perExample: true },
    steps: 1,
  };
  const gradient = await run('internal-influence', still, 3);
  const found = new Map<string, LayerScores>();
  for (const [at, name] of layers.entries()) {
    const { output, unitAxis, units } = ground.layer(name);
    const values = (await ground.valuesAt('input', [output])).get(output)!;
    const { examples } = ground;
    const shape = values.shape.slice(1);
    const rows = (all: ArrayLike<number>): Float64Array[] =>
      Array.from({ length: examples }, (_, example) =>
        Float64Array.from({ length: units }, (__, unit) => all[example * units + unit]!),
      );
    const summed = (neurons: Float32Array): Float64Array[] => rows(positionSums(neurons, examples, shape, unitAxis));
    const slopes = gradient.get(name)!.contributions;
    found.set(name, {
      conductance: rows(nig.get(name)!.units),
      rescale: rows(rescale.get(name)!.units),
      influence: rows(influence.get(name)!.units),
      'gradient-activation': summed(values.data.map((value, neuron) => value * slopes[neuron]!)),
      activation: summed(values.data),
      random: [...chance(examples, units, seed + at).scores],
    });
  }
  return found;
}
