/**
 * Total Conductance by its original formula beside Neuron Integrated Gradients, layer by layer: how far they are apart, within which
 * errors, and what each costs (1807.09946, section 2: the formula "does not scale").
 */
import type { AttributionRequest, LayerResult } from '../../../contract/attribution';
import { asMhoError, type MhoError } from '../../../contract/errors';
import type { Device } from '../backends';
import { sizeOf, type Graph } from '../graph/graph';
import { againstFirst, narrowed } from './choosing';
import { literalConductance, literalPasses } from './literal';
import { runOf, timed } from './runs';

/** Backward walks above which a layer is left out, and walks times the values of all layers: about a minute on two cores. */
const MOST_PASSES = 100_000;
const MOST_VALUES = 2e10;
/** Milliseconds below which what a first walk alone pays is much of it: the second is timed. */
const SHORT = 1000;

/** One layer, one example. L1 norms over neurons, in units of the target. */
export interface ConductanceBeside {
  readonly layer: string;
  readonly neurons: number;
  /** Σ|contribution| by NIG (secant), and the largest of them. */
  readonly total: number;
  readonly greatest: number;
  /** Σ and largest |literal − NIG|; the literal sum's own error |A_n − A_n/2| at that neuron. */
  readonly difference: number;
  readonly largest: number;
  readonly errorThere: number;
  /** What both tell of themselves, Σ over neurons. */
  readonly literalError: number;
  readonly nigError: number;
  /** Whether the summed difference is no more than both errors. */
  readonly within: boolean;
  readonly passes: number;
  readonly milliseconds: number;
}

export interface ConductanceStudy {
  /** As it is numbered, and its even steps. */
  readonly example: number;
  readonly steps: number;
  readonly layers: readonly ConductanceBeside[];
  /** What the formula was not walked for: it would take so many passes. */
  readonly unaffordable: readonly { readonly layer: string; readonly neurons: number; readonly passes: number }[];
  /** Passes that the formula would take for all of the model's layers. */
  readonly everywhere: number;
  /** NIG by the trapezoid at the same points, for all of the model's layers at once. */
  readonly nig: { readonly passes: number; readonly milliseconds: number; readonly layers: number };
}

/**
 * @returns the layers that were walked when it ended early, and why
 * @throws as `attribute`, CANCELLED before the first layer was walked
 */
export async function compareConductance(
  device: Device,
  graph: Graph,
  asked: AttributionRequest,
  layers: readonly string[],
  signal: AbortSignal | undefined,
  onShare: (share: number) => void,
): Promise<{ readonly conductance: ConductanceStudy; readonly fault: MhoError | null }> {
  // The formula takes one path.
  const first = againstFirst(narrowed(asked, [0]));
  const request: AttributionRequest = { ...first, layers: undefined };
  const even: AttributionRequest = { ...request, rule: 'trapezoid' };
  const milliseconds = await timed(device, graph, even, 'nig', { signal });
  const everywhere = await runOf(device, graph, even, 'nig', { signal });
  const secant = await runOf(device, graph, { ...request, rule: 'secant', layers }, 'nig', { signal, estimateError: true }); // prettier-ignore
  const { steps } = request;
  const found = layers.map((name) => secant.layers.find((layer) => layer.name === name));
  const all = found.flatMap((layer) => (layer ? [{ layer, neurons: sizeOf(layer.shape) }] : []));
  const passesOf = ({ neurons }: { readonly neurons: number }): number => literalPasses(steps, neurons);
  const values = everywhere.layers.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const isAble = (each: (typeof all)[number]): boolean =>
    passesOf(each) <= MOST_PASSES && passesOf(each) * values <= MOST_VALUES;
  const able = all.filter(isAble);
  const toDo = able.reduce((sum, each) => sum + passesOf(each), 0);
  const done: ConductanceBeside[] = [];
  let fault: MhoError | null = null;
  try {
    for (const { layer } of able) {
      const before = done.reduce((sum, { passes }) => sum + passes, 0);
      const onProgress = (points: number, of: number): void =>
        onShare((before + (points / of) * literalPasses(steps, sizeOf(layer.shape))) / toDo);
      const walk = () => literalConductance(device, graph, { ...request, accuracy: undefined }, layer.name, { signal, onProgress }); // prettier-ignore
      let literal = await walk();
      if (literal.milliseconds < SHORT) literal = await walk();
      done.push({ layer: layer.name, ...apart(layer, literal.conductance, literal.error!), ...costOf(literal) });
    }
  } catch (error) {
    if (done.length === 0) throw error;
    fault = asMhoError(error);
  }
  return {
    fault,
    conductance: {
      example: first.exampleNumbers![0]!,
      steps,
      layers: done,
      unaffordable: all
        .filter((each) => !isAble(each))
        .map((each) => ({ layer: each.layer.name, neurons: each.neurons, passes: passesOf(each) })),
      everywhere: everywhere.layers.reduce((sum, { shape }) => sum + literalPasses(steps, sizeOf(shape)), 0),
      nig: { passes: steps + 1, milliseconds, layers: everywhere.layers.length },
    },
  };
}

const costOf = ({ passes, milliseconds }: { readonly passes: number; readonly milliseconds: number }) => ({
  passes,
  milliseconds,
});

function apart({ contributions, error }: LayerResult, literal: Float32Array, literalErrors: Float32Array) {
  let [total, greatest, difference, largest, errorThere, literalError] = [0, 0, 0, 0, 0, 0];
  contributions.forEach((value, neuron) => {
    const gap = Math.abs(value - literal[neuron]!);
    total += Math.abs(value);
    greatest = Math.max(greatest, Math.abs(value));
    difference += gap;
    literalError += literalErrors[neuron]!;
    if (gap > largest) [largest, errorThere] = [gap, literalErrors[neuron]!];
  });
  const nigError = error![0]!;
  return {
    neurons: contributions.length,
    total,
    greatest,
    difference,
    largest,
    errorThere,
    literalError,
    nigError,
    within: difference <= literalError + nigError + ROUNDING * total,
  };
}

/** What float32 leaves of a sum of magnitudes. */
const ROUNDING = 1e-6;
