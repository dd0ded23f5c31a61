/** From what was asked to what is computed: inputs checked, pairs of input and baseline laid out, path and target found. */
import type { AttributionRequest, NumericArray, TargetSpec } from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import { sizeOf, type Graph, type Shape, type ValueId } from '../graph/graph';
import { fixedValues, naturalStarts } from '../graph/support';
import { nearest, flatIndex, resolveTarget } from '../graph/target';
import { evaluate } from './evaluate';
import type { Lines, Seed } from './sweep';
import type { Weights } from './weights';

/** More points than any path needs; a typing error stops here. */
const MOST_STEPS = 1_000_000;

const show = (shape: Shape): string => `[${shape.map((size) => size ?? '?').join(', ')}]`;
const fits = (have: readonly number[], want: Shape): boolean =>
  have.length === want.length && want.every((size, axis) => size === null || size === have[axis]);

/** Every input of the model, checked. @returns examples. @throws INPUT_… */
export function checkInputs(graph: Graph, inputs: AttributionRequest['inputs']): number {
  const names = graph.inputs.map(({ name }) => name).join(', ');
  for (const name of Object.keys(inputs))
    if (!graph.inputs.some((port) => port.name === name))
      throw new MhoError('INPUT_UNKNOWN', { input: name, hint: nearest(name, graph.inputs), inputs: names });
  let examples: number | null = null;
  for (const { name, value } of graph.inputs) {
    const given = inputs[name];
    if (!given) throw new MhoError('INPUT_MISSING', { input: name, inputs: names });
    const want: Shape = [examples, ...graph.values[value]!.shape];
    if (!fits(given.shape, want) || sizeOf(given.shape) !== given.data.length || given.data.length === 0)
      throw new MhoError('INPUT_SHAPE', { input: name, have: show(given.shape), want: show(want) });
    checkFinite(name, given);
    examples = given.shape[0]!;
  }
  return examples!;
}

function checkFinite(name: string, array: NumericArray): void {
  const { data } = array;
  for (let index = 0; index < data.length; index++)
    if (!Number.isFinite(data[index]!))
      throw new MhoError('INPUT_VALUE', { input: name, value: String(data[index]), index });
}

/** Per model input the baseline of every pair: [pairs, …], pair = example · references + reference. */
interface Baselines {
  readonly references: number;
  /** Null: the constant, in the space where the path starts. */
  readonly arrays: Readonly<Record<string, NumericArray>> | null;
  readonly constant: number;
}

function layBaselines(graph: Graph, request: AttributionRequest, examples: number): Baselines {
  const { baseline } = request;
  if (baseline.kind === 'constant') return { references: 1, arrays: null, constant: baseline.value };
  const counts = new Set<number>();
  for (const { name, value } of graph.inputs) {
    const given = baseline.arrays[name];
    const input = request.inputs[name]!;
    const want: Shape = [null, ...input.shape.slice(1)];
    if (!given || !fits(given.shape, want) || sizeOf(given.shape) !== given.data.length || given.data.length === 0)
      throw new MhoError('BASELINE_SHAPE', {
        input: name,
        have: given ? show(given.shape) : 'none',
        want: show([null, ...graph.values[value]!.shape]),
      });
    checkFinite(name, given);
    counts.add(given.shape[0]!);
  }
  const most = Math.max(...counts);
  const perExample = baseline.perExample === true;
  if ([...counts].some((count) => count !== most && count !== 1) || (perExample && most !== 1 && most !== examples))
    throw new MhoError('BASELINE_SHAPE', {
      input: graph.inputs.map(({ name }) => name).join(', '),
      have: `${[...counts].join(' and ')} rows`,
      want: perExample ? `1 or ${examples} rows` : 'the same number of references for each',
    });
  const references = perExample ? 1 : most;
  const arrays = Object.fromEntries(
    Object.entries(baseline.arrays).map(([name, array]) => {
      const rows = array.shape[0]!;
      return [
        name,
        pick(
          array,
          pairsOf(examples, references, (e, r) => (rows === 1 ? 0 : perExample ? e : r)),
        ),
      ];
    }),
  );
  return { references, arrays, constant: 0 };
}

const pairsOf = (examples: number, references: number, row: (e: number, r: number) => number): number[] =>
  Array.from({ length: examples * references }, (_, pair) => row(Math.floor(pair / references), pair % references));

/** Rows of an array, in the given order. */
function pick(array: NumericArray, rows: readonly number[]): NumericArray {
  const size = array.data.length / array.shape[0]!;
  const data = new Float32Array(rows.length * size);
  rows.forEach((row, place) => data.set(array.data.subarray(row * size, (row + 1) * size), place * size));
  return { shape: [rows.length, ...array.shape.slice(1)], data };
}

export interface Prepared {
  readonly examples: number;
  readonly references: number;
  readonly starts: readonly ValueId[];
  /** Values that stay as they are at the input; `lines` has them too. */
  readonly fixed: readonly ValueId[];
  readonly sinks: readonly ValueId[];
  readonly lines: Lines;
  readonly seeds: readonly Seed[];
  /** Per example. */
  readonly targets: readonly string[];
}

/**
 * Checks a request and lays out its pairs, path and target.
 * @throws INPUT_…, BASELINE_SHAPE, LAYER_UNKNOWN, OUTPUT_INDEX, TARGET_SHAPE, PATH_START, STEPS_INVALID
 */
export async function prepare(graph: Graph, weights: Weights, request: AttributionRequest): Promise<Prepared> {
  if (!Number.isInteger(request.steps) || request.steps < 1 || request.steps > MOST_STEPS)
    throw new MhoError('STEPS_INVALID', { steps: request.steps, limit: MOST_STEPS });
  const examples = checkInputs(graph, request.inputs);
  const baselines = layBaselines(graph, request, examples);
  const { references } = baselines;
  const pairs = examples * references;
  const natural = naturalStarts(graph);
  const portOf = new Map(graph.inputs.map(({ name, value }) => [value, name]));

  const inputs = new Map(graph.inputs.map(({ name, value }) => [value, request.inputs[name]!]));
  const behind = natural.filter((id) => !portOf.has(id));
  const fixed = fixedValues(graph);
  const still = fixed.length ? await evaluate(graph, weights, inputs, fixed) : new Map<ValueId, NumericArray>();
  const embedded = behind.length ? await evaluate(graph, weights, inputs, behind) : new Map<ValueId, NumericArray>();
  const embeddedBaselines =
    behind.length && baselines.arrays
      ? await evaluate(
          graph,
          weights,
          new Map(graph.inputs.map(({ name, value }) => [value, baselines.arrays![name]!])),
          behind,
        )
      : null;
  const rows = pairsOf(examples, references, (example) => example);
  const atInput = new Map([...natural.map((id) => [id, inputs.get(id) ?? embedded.get(id)!] as const), ...still]);
  let ends = new Map(
    natural.map((id) => {
      const to = pick(atInput.get(id)!, rows);
      const given = portOf.has(id) ? baselines.arrays?.[portOf.get(id)!] : embeddedBaselines?.get(id);
      const from = given ?? { shape: to.shape, data: new Float32Array(to.data.length).fill(baselines.constant) };
      return [id, { from, to }] as const;
    }),
  );
  const held = new Map(
    [...still].map(([id, array]) => {
      const at = pick(array, rows);
      return [id, { from: at, to: at }] as const;
    }),
  );
  ends = new Map([...ends, ...held]);
  let starts: readonly ValueId[] = natural;

  const specs: readonly (readonly [TargetSpec, 1 | -1])[] = request.minus
    ? [[request.target, 1], [request.minus, -1]] // prettier-ignore
    : [[request.target, 1]];
  const resolved = specs.map(([spec, sign]) => ({ ...resolveTarget(graph, spec), sign }));
  const sinks = [...new Set(resolved.map(({ value }) => value))];
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
    index: rows.map((e) => indices[place]![e]!),
  }));

  if (request.pathStart !== undefined) {
    const layer = graph.layers.find(({ name }) => name === request.pathStart);
    if (!layer)
      throw new MhoError('LAYER_UNKNOWN', { layer: request.pathStart, hint: nearest(request.pathStart, graph.layers) });
    const start = layer.output;
    if (!natural.includes(start)) {
      const [from, to] = await Promise.all(
        (['from', 'to'] as const).map((end) =>
          evaluate(graph, weights, new Map([...ends].map(([id, each]) => [id, each[end]])), [start]),
        ),
      );
      ends = new Map([[start, { from: from!.get(start)!, to: to!.get(start)! }], ...held]);
      starts = [start];
    }
  }
  return { examples, references, starts, fixed, sinks, lines: { pairs, ends }, seeds, targets };
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
