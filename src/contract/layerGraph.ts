/** Contributions per layer as JSON for other programs: a plain graph of our own, and node data for Google's Model Explorer. */
import { z } from 'zod';
import { METHODS, type LayerResult, type RunResult } from './attribution';
import type { ModelSummary } from './model';

export const LAYER_GRAPH_FORMAT = 'mho-layer-graph';
export const LAYER_GRAPH_VERSION = 1;

/** What is no number in JSON is null. */
const number = z.number().nullable();
const layerContribution = z.object({
  /** Of `layers`. */
  layer: z.string(),
  /** Σ contributions, in units of the target; of a cut F(x) − F(x') but for the residual. */
  sum: number,
  /** Σ|contribution| over units: how much goes through the layer. */
  mass: number,
  /** Σ of the units that raise the target, and of those that lower it. */
  raises: number,
  lowers: number,
  /** Whether every path from the path's start to the target passes through it exactly once. */
  cut: z.boolean(),
  /** Null where it is not judged. */
  residual: number,
  /** Estimated L1 error over units; null where the method has none. */
  error: number,
});
export const layerGraph = z.object({
  format: z.literal(LAYER_GRAPH_FORMAT),
  version: z.literal(LAYER_GRAPH_VERSION),
  model: z.object({ name: z.string(), format: z.string(), hash: z.string() }),
  layers: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      /** Scopes that contain it, outermost first. */
      group: z.array(z.string()),
      /** Without the batch axis; null is free. */
      shape: z.array(z.int().nonnegative().nullable()),
      units: z.int().nonnegative().nullable(),
      parameters: z.int().nonnegative(),
      /** Names of the layers that feed it. */
      inputs: z.array(z.string()),
    }),
  ),
  runs: z.array(
    z.object({
      name: z.string(),
      method: z.enum(METHODS),
      complete: z.boolean(),
      examples: z.array(
        z.object({
          /** As numbered in the input file. */
          example: z.int().nonnegative(),
          target: z.string(),
          atInput: number,
          atBaseline: number,
          layers: z.array(layerContribution),
        }),
      ),
    }),
  ),
});
export type LayerGraph = z.infer<typeof layerGraph>;

/**
 * Node data of one graph as Model Explorer reads it (`GraphNodeData` of its `node_data_builder`): values by node id or by the name
 * of a node's output tensor, and the colours of the smallest and the largest.
 */
export const nodeData = z.object({
  results: z.record(z.string(), z.object({ value: z.number() })),
  gradient: z.array(
    z.object({ stop: z.number().min(0).max(1), bgColor: z.string(), textColor: z.string().optional() }),
  ),
});
export type NodeData = z.infer<typeof nodeData>;

/** What of a layer is told: what a result of the engine and a record of the window have in common. */
type LayerNumbers = Pick<LayerResult, 'name' | 'cut' | 'sum' | 'residual' | 'units' | 'unitsTotal' | 'unitsError'>;
export interface ToldRun {
  readonly name: string;
  /** As numbered in the input file, for each of `result.examples`' places. */
  readonly numbered: readonly number[];
  readonly result: Pick<RunResult, 'method' | 'complete' | 'target' | 'atInput' | 'atBaseline'>;
  readonly layers: readonly LayerNumbers[];
}

const told = (value: number | undefined): number | null =>
  value === undefined || !Number.isFinite(value) ? null : value;

/** Sums of the positive and the negative units of a layer, for the example at a place. */
function signsOf({ units, sum }: LayerNumbers, place: number): readonly [number, number] {
  const count = units.length / sum.length;
  let [raises, lowers] = [0, 0];
  for (let at = place * count; at < (place + 1) * count; at++) {
    if (units[at]! > 0) raises += units[at]!;
    else lowers += units[at]!;
  }
  return [raises, lowers];
}

/** Layers, what feeds what, and what every run says of each of them. */
export const layerGraphOf = (
  { name, format, hash, layers }: Pick<ModelSummary, 'name' | 'format' | 'hash' | 'layers'>,
  runs: readonly ToldRun[],
): LayerGraph => ({
  format: LAYER_GRAPH_FORMAT,
  version: LAYER_GRAPH_VERSION,
  model: { name, format, hash },
  layers: layers.map(({ name: layer, kind, group, shape, units, parameters, inputs }) => ({
    name: layer,
    kind,
    group: [...group],
    shape: [...shape],
    units,
    parameters,
    inputs: [...inputs],
  })),
  runs: runs.map(({ name: run, numbered, result, layers: numbers }) => ({
    name: run,
    method: result.method,
    complete: result.complete,
    examples: numbered.map((example, place) => ({
      example,
      target: result.target[place] ?? '',
      atInput: told(result.atInput[place]),
      atBaseline: told(result.atBaseline[place]),
      layers: numbers.map((layer) => {
        const [raises, lowers] = signsOf(layer, place);
        return {
          layer: layer.name,
          sum: told(layer.sum[place]),
          mass: told(layer.unitsTotal[place]),
          raises: told(raises),
          lowers: told(lowers),
          cut: layer.cut,
          residual: told(layer.residual?.[place]),
          error: told(layer.unitsError?.[place]),
        };
      }),
    })),
  })),
});

/** The window's own scale of importance, for light ground. */
const GRADIENT = [
  { stop: 0, bgColor: '#f4f2fd', textColor: '#14171c' },
  { stop: 1, bgColor: '#4a36b8', textColor: '#ffffff' },
];

/** How much goes through each layer by one run on one example; layers without a number are left out. */
export const nodeDataOf = ({ layers }: Pick<ToldRun, 'layers'>, place: number): NodeData => ({
  results: Object.fromEntries(
    layers.flatMap(({ name, unitsTotal }) => {
      const value = told(unitsTotal[place]);
      return value === null ? [] : [[name, { value }] as const];
    }),
  ),
  gradient: GRADIENT,
});

export const asJson = (value: LayerGraph | NodeData): string => `${JSON.stringify(value, null, 2)}\n`;
