/** From what was asked to what is computed: inputs and baselines checked and laid out, path and target found. */
import type { AttributionRequest, NumericArray } from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import type { Varied } from '../../../contract/model';
import { pick } from '../data/precision';
import type { Graph, ValueId } from '../graph/graph';
import { prune } from '../graph/prune';
import { layerNamed } from '../graph/layers';
import { namedTarget, nearest } from '../graph/target';
import { variation } from '../graph/varied';
import { evaluate } from './evaluate';
import { checkInputs, layBaselines, ownOf, pairsOf } from './inputs';
import type { Line, Lines } from './path';
import { recentred, type Recentred } from './recentred';
import { findTarget, type FoundTarget } from './target';
import type { Weights } from './weights';

/** More points than any path needs; a typing error stops here. */
const MOST_STEPS = 1_000_000;

/** The path as the inputs and baselines alone decide it: in the space of the model's first real values. */
export interface Ends {
  readonly examples: number;
  readonly references: number;
  readonly starts: readonly ValueId[];
  /** Values that stay as they are at the input; `lines` has them too. */
  readonly fixed: readonly ValueId[];
  readonly varied: Varied;
  readonly lines: Lines;
  /** Values at the inputs, one row for each example: those of `starts` and `fixed`, and the model's inputs. */
  readonly atInput: ReadonlyMap<ValueId, NumericArray>;
}

/** A request, ready to be planned. */
export interface Prepared extends Omit<Ends, 'atInput'>, FoundTarget {
  /** The path through the model's own starts: that of `lines`, unless the request starts it behind them. */
  readonly origin: Pick<Ends, 'starts' | 'lines'>;
}

/**
 * Checks a request and lays out its pairs, path and target.
 * @throws as `prepareEnds`, `findTarget`, PATH_START, STEPS_INVALID
 */
export async function prepare(graph: Graph, weights: Weights, request: AttributionRequest): Promise<Prepared> {
  if (!Number.isInteger(request.steps) || request.steps < 1 || request.steps > MOST_STEPS)
    throw new MhoError('STEPS_INVALID', { steps: request.steps, limit: MOST_STEPS });
  const { atInput, ...ends } = await prepareEnds(graph, weights, request);
  const target = await findTarget(graph, weights, request, ends, atInput);
  const { pathStart } = request;
  const path = pathStart === undefined ? ends : { ...ends, ...(await startedAt(graph, weights, pathStart, ends)) };
  return { ...path, origin: ends, ...target };
}

/** A request of a model with its inputs near zero where float32 does not hold them whole, its targets as they mean. */
export const nearZero = <Request extends AttributionRequest>(
  graph: Graph,
  request: Request,
  looked: readonly ValueId[] = [],
): Recentred<Request> =>
  recentred(graph, request, () => {
    const named = [request.target, ...(request.minus ? [request.minus] : [])];
    return [...looked, ...named.map(({ layer }) => namedTarget(graph, layer).value)];
  });

/**
 * The ends of the path through the model's own starts.
 * @throws INPUT_…, BASELINE_SHAPE, OP_UNSUPPORTED, HOLD_AND_WALK, HELD_ALL, WALK_CHOICE
 */
export async function prepareEnds(
  graph: Graph,
  weights: Weights,
  request: Pick<AttributionRequest, 'inputs' | 'baseline' | 'hold' | 'walk'>,
): Promise<Ends> {
  const examples = checkInputs(graph, request.inputs);
  const { starts, fixed, varied } = variation(graph, request);
  const names = new Map(graph.inputs.map(({ name, value }) => [value, name]));
  const own = starts.filter((id) => names.has(id));
  const walked = new Set([...own.map((id) => names.get(id)!), ...varied.walked.flatMap(({ behind }) => behind)]);
  const held = new Set(varied.held.flatMap(({ input }) => (walked.has(input) ? [] : [input])));
  const { references, arrays, constant } = layBaselines(graph, request, examples, held);
  const rows = pairsOf(examples, references, (example) => example);

  const inputs = new Map(graph.inputs.map(({ name, value }) => [value, ownOf(request.inputs, name)!]));
  // Behind inputs of whole numbers the path runs through the first real values.
  const behind = starts.filter((id) => !names.has(id));
  const atInput = new Map([...inputs, ...(await evaluate(graph, weights, inputs, [...behind, ...fixed]))]);

  // What is held is so at the baseline too; of starts behind nothing that was given, the constant is the baseline.
  const given = new Set(Object.keys(arrays));
  const based = starts.filter((_, at) => {
    const { name, behind: sources } = varied.walked[at]!;
    return (sources.length > 0 ? sources : [names.get(starts[at]!) ?? name]).some((each) => given.has(each));
  });
  const baselines = new Map(graph.inputs.map(({ name, value }) => [value, ownOf(arrays, name) ?? pick(inputs.get(value)!, rows)])); // prettier-ignore
  const evaluated = await evaluate(graph, weights, baselines, based.filter((id) => !names.has(id))); // prettier-ignore
  const atBaseline = new Map([...baselines, ...evaluated]);

  const ends = new Map<ValueId, Line>();
  const isBased = new Set(based);
  for (const id of starts) {
    const to = pick(atInput.get(id)!, rows);
    const from = isBased.has(id)
      ? atBaseline.get(id)!
      : { shape: to.shape, data: new Float32Array(to.data.length).fill(constant) };
    ends.set(id, { from, to });
  }
  for (const id of fixed) {
    const at = pick(atInput.get(id)!, rows);
    ends.set(id, { from: at, to: at });
  }
  return { examples, references, starts, fixed, varied, lines: { pairs: rows.length, ends }, atInput };
}

/** The path from a layer on: straight between the layer's values at the ends. @throws LAYER_UNKNOWN, PATH_START */
async function startedAt(
  graph: Graph,
  weights: Weights,
  name: string,
  { starts, fixed, lines }: Omit<Ends, 'atInput'>,
): Promise<Pick<Ends, 'starts' | 'lines'>> {
  const layer = layerNamed(graph, name);
  if (!layer) throw new MhoError('LAYER_UNKNOWN', { layer: name, hint: nearest(name, graph.layers) });
  const start = layer.output;
  if (starts.includes(start)) return { starts, lines };
  if (!prune(graph, starts, [start]).live.has(start))
    throw new MhoError('PATH_START', { layer: name, reason: 'its values are the same all along a path' });
  const at = async (end: keyof Line): Promise<NumericArray> => {
    const feeds = new Map([...lines.ends].map(([id, each]) => [id, each[end]]));
    return (await evaluate(graph, weights, feeds, [start])).get(start)!;
  };
  const held = fixed.map((id) => [id, lines.ends.get(id)!] as const);
  const line = { from: await at('from'), to: await at('to') };
  const infinite = line.to.data.findIndex(
    (value, place) => Math.abs(value) === Infinity && value === line.from.data[place],
  );
  if (infinite >= 0)
    throw new MhoError('PATH_START', {
      layer: name,
      reason: `it holds ${line.to.data[infinite]}, which no straight path has`,
    });
  return { starts: [start], lines: { pairs: lines.pairs, ends: new Map([[start, line], ...held]) } };
}
