/**
 * DeepLIFT's linear rule and RevealCancel (arXiv 1704.02685, sections 3.5.1 and 3.5.3), and the genomics default, as they are
 * defined: one example, every weight of every op by itself, float64. A difference is held in two parts that add up to it.
 */
import type { Graph, Node, ValueId } from '../../src/main/engine/graph/graph';
import type { OpName } from '../../src/main/engine/graph/ops';
import { scalars, twins, type Nd, type Twin } from './ops';

export interface Parts {
  readonly positive: Float64Array;
  readonly negative: Float64Array;
}
/** A difference with its parts; where they cancel it is 0, and not what rounding leaves of their sum. */
export interface Difference extends Parts {
  readonly whole: Float64Array;
}
/** Per input that varies: a row per output element, of a weight per input element; null for a constant. */
export type Weights = readonly (readonly Float64Array[] | null)[];
export type Nonlinearity = 'rescale' | 'reveal-cancel';

const twinOf = (op: OpName): Twin<OpName> => twins[op as keyof typeof twins] as unknown as Twin<OpName>;

/** Sums of many inputs with fixed weights: dense layers and convolutions. */
const PRODUCTS: ReadonlySet<OpName> = new Set<OpName>(['matmul', 'conv', 'depthwiseConv', 'convTranspose']);
const isFunction = (op: OpName): boolean => op === 'prelu' || (op in scalars && op !== 'neg');

/** The weights of an op that is linear in what varies: what a one at each place adds to every output. */
export function linearWeights(
  op: OpName,
  inputs: readonly Nd[],
  constant: readonly boolean[],
  attributes: never,
): Weights {
  const nothing = inputs.map((input, index) =>
    constant[index] ? input : { shape: input.shape, data: new Float64Array(input.data.length) },
  );
  const none = twinOf(op)(nothing, attributes).data;
  return inputs.map((input, index) => {
    if (constant[index]) return null;
    const rows = Array.from(none, () => new Float64Array(input.data.length));
    input.data.forEach((_, place) => {
      const data = new Float64Array(input.data.length);
      data[place] = 1;
      const given = nothing.map((each, other) => (other === index ? { shape: input.shape, data } : each));
      twinOf(op)(given, attributes).data.forEach((value, out) => (rows[out]![place] = value - none[out]!));
    });
    return rows;
  });
}

/** What each part brings to f, in the mean over the orders in which the two may come: first, or after the other. */
function permuted(f: (change: Float64Array) => Float64Array, { positive, negative, whole }: Difference): Parts {
  const at = [new Float64Array(whole.length), positive, negative, whole].map(f);
  const mean = (alone: number, other: number): Float64Array =>
    at[0]!.map((none, place) => (at[alone]![place]! - none + (at[3]![place]! - at[other]![place]!)) / 2);
  return { positive: mean(1, 2), negative: mean(2, 1) };
}

const over = (out: Float64Array, into: Float64Array): Float64Array =>
  out.map((value, place) => (into[place] === 0 ? 0 : value / into[place]!));

export interface Passage {
  /** Parts of the output. */
  readonly parts: Parts;
  /** Multipliers of the inputs' parts from those of the output's. */
  readonly back: (upstream: Parts) => readonly (Parts | null)[];
}

/**
 * How parts pass through an op.
 * @param start the inputs at the baseline
 * @param given parts of the inputs' differences; null for constants
 * @param weights of what is no function of one value: its own, or where two values vary those of Rescale
 */
export function passage(
  op: OpName,
  attributes: never,
  start: readonly Nd[],
  given: readonly (Difference | null)[],
  weights: Weights,
  nonlinearity: Nonlinearity,
): Passage {
  if (isFunction(op)) {
    const [x, ...constants] = start as [Nd, ...Nd[]];
    const f = (change: Float64Array): Float64Array =>
      twinOf(op)([{ shape: x.shape, data: x.data.map((value, i) => value + change[i]!) }, ...constants], attributes)
        .data;
    const [into] = given as [Difference];
    const before = f(new Float64Array(x.data.length));
    const slope = over(
      f(into.whole).map((value, i) => value - before[i]!),
      into.whole,
    );
    const made = permuted(f, into);
    const slopes =
      nonlinearity === 'rescale'
        ? { positive: slope, negative: slope }
        : { positive: over(made.positive, into.positive), negative: over(made.negative, into.negative) };
    const scaled = (by: Parts): Parts => ({
      positive: by.positive.map((value, i) => value * slopes.positive[i]!),
      negative: by.negative.map((value, i) => value * slopes.negative[i]!),
    });
    return { parts: scaled(into), back: (upstream) => given.map((each) => each && scaled(upstream)) };
  }

  const outputs = weights.find((rows) => rows)!.length;
  const parts: Parts = { positive: new Float64Array(outputs), negative: new Float64Array(outputs) };
  const add = (value: number, out: number): void => {
    if (value > 0) parts.positive[out]! += value;
    else parts.negative[out]! += value;
  };
  weights.forEach((rows, index) =>
    rows?.forEach((row, out) =>
      row.forEach((weight, place) => {
        const { positive, negative, whole } = given[index]!;
        if (PRODUCTS.has(op)) add(weight * whole[place]!, out);
        else {
          // Part by part, not by the sign of what came: the positive part may be below 0 behind a falling function.
          const [up, down] = weight > 0 ? [positive, negative] : [negative, positive];
          parts.positive[out]! += weight * up[place]!;
          parts.negative[out]! += weight * down[place]!;
        }
      }),
    ),
  );
  const back = (upstream: Parts): (Parts | null)[] =>
    weights.map((rows, index) => {
      if (!rows) return null;
      const { whole } = given[index]!;
      const passed = { positive: new Float64Array(whole.length), negative: new Float64Array(whole.length) };
      rows.forEach((row, out) =>
        row.forEach((weight, place) => {
          const [rising, falling] = [weight * upstream.positive[out]!, weight * upstream.negative[out]!];
          const flow = weight * whole[place]!;
          const byWhole = flow > 0 ? rising : flow < 0 ? falling : (rising + falling) / 2;
          passed.positive[place]! += PRODUCTS.has(op) ? byWhole : weight > 0 ? rising : falling;
          passed.negative[place]! += PRODUCTS.has(op) ? byWhole : weight > 0 ? falling : rising;
        }),
      );
      return passed;
    });
  return { parts, back };
}

/** Whether a nonlinearity follows a dense layer: a bias, batch norm or a change of shape may stand between. */
function followsDense(graph: Graph, value: ValueId): boolean {
  const producer = graph.nodes.find(({ output }) => output === value);
  if (!producer) return false;
  if (producer.op === 'matmul') return true;
  const between: readonly OpName[] = ['add', 'sub', 'mul', 'affine', 'identity', 'reshape', 'transpose'];
  const varying = producer.inputs.filter((id) => !graph.values[id]!.constant);
  return between.includes(producer.op) && varying.length === 1 && followsDense(graph, varying[0]!);
}

/**
 * Contributions of every value to one element of another.
 * @param graph of one input; whatever is no function of one value is linear in what varies
 */
export function partsContributions(
  graph: Graph,
  method: 'reveal-cancel' | 'genomics',
  baseline: Float64Array,
  input: Float64Array,
  target: { readonly value: ValueId; readonly index: number },
): ReadonlyMap<ValueId, Float64Array> {
  const start = new Map<ValueId, Nd>();
  for (const { id, constant } of graph.values)
    if (constant) start.set(id, { shape: constant.shape, data: Float64Array.from(constant.data) });
  const first = graph.inputs[0]!.value;
  start.set(first, { shape: graph.values[first]!.shape as number[], data: baseline });
  const delta = input.map((value, place) => value - baseline[place]!);
  const parts = new Map<ValueId, Difference>([
    [
      first,
      {
        whole: delta,
        positive: delta.map((each) => Math.max(each, 0)),
        negative: delta.map((each) => Math.min(each, 0)),
      },
    ],
  ]);
  const end = new Map(start).set(first, { ...start.get(first)!, data: input });
  const passages = graph.nodes.map((node: Node): Passage => {
    const given = node.inputs.map((id) => start.get(id)!);
    const constant = node.inputs.map((id) => graph.values[id]!.constant !== null);
    const attributes = node.attributes as never;
    const rule = method === 'reveal-cancel' || followsDense(graph, node.inputs[0]!) ? 'reveal-cancel' : 'rescale';
    const weights = isFunction(node.op) ? [] : linearWeights(node.op, given, constant, attributes);
    const into = node.inputs.map((id) => parts.get(id) ?? null);
    const made = passage(node.op, attributes, given, into, weights, rule);
    const before = twinOf(node.op)(given, attributes);
    const after = twinOf(node.op)(
      node.inputs.map((id) => end.get(id)!),
      attributes,
    );
    start.set(node.output, before);
    end.set(node.output, after);
    parts.set(node.output, { ...made.parts, whole: after.data.map((value, i) => value - before.data[i]!) });
    return made;
  });

  const multipliers = new Map<ValueId, Parts>();
  for (const [id, { positive }] of parts)
    multipliers.set(id, { positive: new Float64Array(positive.length), negative: new Float64Array(positive.length) });
  multipliers.get(target.value)!.positive[target.index] = 1;
  multipliers.get(target.value)!.negative[target.index] = 1;
  [...graph.nodes.entries()].reverse().forEach(([at, node]) =>
    passages[at]!.back(multipliers.get(node.output)!).forEach((passed, index) => {
      if (!passed) return;
      const met = multipliers.get(node.inputs[index]!)!;
      passed.positive.forEach((value, place) => (met.positive[place]! += value));
      passed.negative.forEach((value, place) => (met.negative[place]! += value));
    }),
  );
  return new Map(
    [...parts].map(([id, { positive, negative }]) => {
      const { positive: up, negative: down } = multipliers.get(id)!;
      return [id, positive.map((value, place) => up[place]! * value + down[place]! * negative[place]!)];
    }),
  );
}
