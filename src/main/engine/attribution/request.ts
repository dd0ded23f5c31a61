/** From what was asked to what is computed: inputs and baselines checked and laid out, path and target found. */
import type { AttributionRequest, NumericArray, TargetSpec } from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import type { Varied } from '../../../contract/model';
import { sizeOf, type Graph, type ValueId } from '../graph/graph';
import { prune } from '../graph/prune';
import { nearest, flatIndex, resolveTarget } from '../graph/target';
import { variation } from '../graph/varied';
import { evaluate } from './evaluate';
import { checkInputs, layBaselines, ownOf, pairsOf, pick } from './inputs';
import type { Line, Lines, Seed } from './path';
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
export interface Prepared extends Omit<Ends, 'atInput'> {
  readonly sinks: readonly ValueId[];
  readonly seeds: readonly Seed[];
  /** Per example. */
  readonly targets: readonly string[];
}

/**
 * Checks a request and lays out its pairs, path and target.
 * @throws as `prepareEnds`, LAYER_UNKNOWN, OUTPUT_INDEX, TARGET_SHAPE, TARGET_CONSTANT, PATH_START, STEPS_INVALID
 */
export async function prepare(graph: Graph, weights: Weights, request: AttributionRequest): Promise<Prepared> {
  if (!Number.isInteger(request.steps) || request.steps < 1 || request.steps > MOST_STEPS)
    throw new MhoError('STEPS_INVALID', { steps: request.steps, limit: MOST_STEPS });
  const { atInput, ...ends } = await prepareEnds(graph, weights, request);
  const target = await findTarget(graph, weights, request, ends, atInput);
  const { pathStart } = request;
  const path = pathStart === undefined ? ends : { ...ends, ...(await startedAt(graph, weights, pathStart, ends)) };
  return { ...path, ...target };
}

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

/** What is explained: where each term of F lies, per pair. */
async function findTarget(
  graph: Graph,
  weights: Weights,
  request: AttributionRequest,
  { starts, examples, references }: Omit<Ends, 'atInput'>,
  atInput: ReadonlyMap<ValueId, NumericArray>,
): Promise<Pick<Prepared, 'sinks' | 'seeds' | 'targets'>> {
  const specs: readonly (readonly [TargetSpec, 1 | -1])[] = request.minus
    ? [[request.target, 1], [request.minus, -1]] // prettier-ignore
    : [[request.target, 1]];
  const resolved = specs.map(([spec, sign]) => ({ ...resolveTarget(graph, spec), sign }));
  const sinks = [...new Set(resolved.map(({ value }) => value))];
  const { live } = prune(graph, starts, sinks);
  const still = resolved.find(({ value }) => !live.has(value));
  if (still) {
    const start = starts.map((id) => graph.values[id]!.name).join(', ') || 'any real number of the input';
    throw new MhoError('TARGET_CONSTANT', { target: still.label, start });
  }
  const atSinks = await sinkValues(graph, weights, atInput, resolved, sinks);
  const indices = resolved.map(({ value, index, label }) => {
    const { shape, data } = atSinks.get(value)!;
    const size = sizeOf(shape.slice(1));
    return Array.from({ length: examples }, (_, example) =>
      index === 'argmax'
        ? largest(data.subarray(example * size, (example + 1) * size))
        : flatIndex(index, shape.slice(1), label),
    );
  });
  const targets = Array.from({ length: examples }, (_, example) =>
    resolved
      .map(({ value, label }, place) => named(label, indices[place]![example]!, atSinks.get(value)!.shape.slice(1)))
      .join(' − '),
  );
  const seeds = resolved.map(({ value, sign }, place) => ({
    value,
    shape: atSinks.get(value)!.shape.slice(1),
    sign,
    index: pairsOf(examples, references, (example) => indices[place]![example]!),
  }));
  return { sinks, seeds, targets };
}

/** The path from a layer on: straight between the layer's values at the ends. @throws LAYER_UNKNOWN, PATH_START */
async function startedAt(
  graph: Graph,
  weights: Weights,
  name: string,
  { starts, fixed, lines }: Omit<Ends, 'atInput'>,
): Promise<Pick<Ends, 'starts' | 'lines'>> {
  const layer = graph.layers.find((each) => each.name === name);
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
  return { starts: [start], lines: { pairs: lines.pairs, ends: new Map([[start, line], ...held]) } };
}

/** The targets' values at the inputs: always their shapes, and the numbers where the largest is asked for. */
async function sinkValues(
  graph: Graph,
  weights: Weights,
  atInput: ReadonlyMap<ValueId, NumericArray>,
  resolved: readonly { value: ValueId; index: TargetSpec['index'] }[],
  sinks: readonly ValueId[],
): Promise<ReadonlyMap<ValueId, NumericArray>> {
  const known = sinks.every((id) => graph.values[id]!.shape.every((size) => size !== null));
  if (known && resolved.every(({ index }) => index !== 'argmax'))
    return new Map(
      sinks.map((id) => [id, { shape: [1, ...(graph.values[id]!.shape as number[])], data: new Float32Array() }]),
    );
  return evaluate(graph, weights, atInput, sinks);
}

const largest = (data: Float32Array): number =>
  data.reduce((best, value, place) => (value > data[best]! ? place : best), 0);

/** `logits[3]`, `conv1[4, 2, 7]`. */
function named(label: string, index: number, shape: readonly number[]): string {
  if (shape.length === 0) return label;
  const places: number[] = [];
  for (let axis = shape.length - 1, left = index; axis >= 0; axis--) {
    places.unshift(left % shape[axis]!);
    left = Math.floor(left / shape[axis]!);
  }
  return `${label}[${places.join(', ')}]`;
}
