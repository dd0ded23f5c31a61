/** Every method's score of every unit, and what it costs. */
import { passesOf, type AttributionRequest, type Method, type RunResult } from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import { isMethod, type Judged, type Judgement } from '../../../contract/judgement';
import { worstShare } from '../../../contract/words/accuracy';
import { attribute } from '../attribution';
import { positionSums } from '../attribution/positions';
import { seededNumbers } from '../attribution/random';
import type { Device } from '../backends';
import type { Graph } from '../graph/graph';
import type { Ground } from '../interventions';

/** Of each layer, [E][U]. */
export interface Scores {
  readonly scores: readonly Float64Array[];
  readonly errors: readonly Float64Array[] | null;
}

export interface Scored {
  readonly of: (layer: string, method: Judged) => Scores | null;
  readonly costs: Judgement['costs'];
  readonly results: ReadonlyMap<Method, RunResult>;
}

/**
 * Runs the methods one by one, so that each one's time is its own.
 * @param onMethod before each
 * @throws as `attribute`; CANCELLED
 */
export async function scoresBy(
  device: Device,
  graph: Graph,
  request: AttributionRequest,
  methods: readonly Judged[],
  told: { readonly signal?: AbortSignal; readonly onShare?: (method: Judged, share: number) => void },
): Promise<Scored> {
  const results = new Map<Method, RunResult>();
  const costs: Judgement['costs'] = [];
  for (const method of methods) {
    if (!isMethod(method)) {
      costs.push({ method, passes: 0, milliseconds: 0, error: null });
      continue;
    }
    const onProgress = ({ done, total }: { done: number; total: number }): void => told.onShare?.(method, done / total);
    const [result] = await attribute(
      device,
      graph,
      { ...request, methods: [method] },
      { signal: told.signal, onProgress },
    );
    if (!result?.complete) throw new MhoError('CANCELLED', { done: results.size, total: methods.length });
    results.set(method, result);
    costs.push({ method, passes: passesOf(result), milliseconds: result.durationMs, error: errorOf(result) });
  }
  const of: Scored['of'] = (name, method) => {
    const layer = isMethod(method) && results.get(method)?.layers.find((each) => each.name === name);
    if (!layer) return null;
    const examples = layer.sum.length;
    return {
      scores: rowsOf(layer.units, examples),
      errors: layer.unitError && rowsOf(layer.unitError, examples),
    };
  };
  return { of, costs, results };
}

const rowsOf = (values: Float32Array | Float64Array, examples: number): Float64Array[] => {
  const size = values.length / examples;
  return Array.from({ length: examples }, (_, example) =>
    Float64Array.from(values.subarray(example * size, (example + 1) * size)),
  );
};

/** The worst layer's, mean over examples. */
function errorOf({ layers, examples }: RunResult): number | null {
  const known = examples.flatMap((_, place) => worstShare(layers, place) ?? []);
  return known.length === 0 ? null : known.reduce((sum, share) => sum + share, 0) / known.length;
}

/** What a unit is at the input less what it is at the baseline, over its positions: it knows nothing of what lies behind. */
export async function activationDifferences(ground: Ground, name: string): Promise<Scores> {
  const { output, unitAxis } = ground.layer(name);
  const at = async (end: 'input' | 'baseline') => {
    const { shape, data } = (await ground.valuesAt(end, [output])).get(output)!;
    return positionSums(data, ground.examples, shape.slice(1), unitAxis);
  };
  const [to, from] = [await at('input'), await at('baseline')];
  return {
    scores: rowsOf(
      to.map((value, place) => value - from[place]!),
      ground.examples,
    ),
    errors: null,
  };
}

/** The floor: scores by chance, the same for the same seed and place. */
export function chance(examples: number, units: number, seed: number): Scores {
  const next = seededNumbers(seed, units);
  return {
    scores: Array.from({ length: examples }, () => Float64Array.from({ length: units }, () => 2 * next() - 1)),
    errors: null,
  };
}
