/** Forward evaluation of any values of a graph, in batches: predictions, and the ends of paths that start inside. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { NumericArray } from '../../../contract/attribution';
import type { Graph, Node, ValueId } from '../graph/graph';
import { prune, unknownBefore } from '../graph/prune';
import { rulelessFault } from '../graph/ruleless';
import { coresFor, knownBytes } from './chunks';
import { forward } from './forward';
import type { Weights } from './weights';

/** Rows evaluated at once: enough to keep every core busy, few enough to stay small. */
const ROWS = 16;

/**
 * Values at given rows.
 * @param feeds [rows, …] per value to start from
 * @param wanted ids of the values to compute: what follows from `feeds`, is among them, or is a constant
 * @returns [rows, …] per wanted value
 * @throws OP_UNSUPPORTED when a layer on the way is unknown
 */
export async function evaluate(
  graph: Graph,
  weights: Weights,
  feeds: ReadonlyMap<ValueId, NumericArray>,
  wanted: readonly ValueId[],
): Promise<Map<ValueId, NumericArray>> {
  if (wanted.length === 0) return new Map();
  const { nodes, live, beside } = prune(graph, [...feeds.keys()], wanted, false);
  const stranger =
    nodes.find((node): node is Node<'unknown'> => node.op === 'unknown') ?? strangerBefore(graph, beside);
  if (stranger) throw rulelessFault(graph, stranger, [...feeds.keys()]);
  const fed = [...feeds].filter(([id]) => live.has(id));
  const rows = [...feeds.values()][0]?.shape[0] ?? 1;
  const bytes = knownBytes(graph, nodes.map(({ output }) => output)) ?? Infinity; // prettier-ignore
  const batches = new Map<ValueId, { shape: number[]; data: Float32Array[] }>(
    wanted.map((id) => [id, { shape: [], data: [] }]),
  );
  for (let first = 0; first < rows; first += ROWS) {
    const count = Math.min(ROWS, rows - first);
    const computed = tf.tidy(() => {
      const given = new Map(
        fed.map(([id, { shape, data }]) => {
          const size = data.length / rows;
          // Whole numbers too: rows come as float32, and kernels want one type.
          return [id, tf.tensor(data.subarray(first * size, (first + count) * size), [count, ...shape.slice(1)])];
        }),
      );
      const work = () => {
        const values = forward(nodes, weights, given, new Set(wanted));
        const valueOf = (id: ValueId): Tensor =>
          weights.isConstant(id) ? atRows(weights.get(id), count) : tf.clone(values.get(id)!);
        return { tensors: wanted.map(valueOf), about: null };
      };
      if (!weights.device.records) return [...work().tensors];
      const key = JSON.stringify([fed.map(([id]) => id), wanted, count]);
      const [done] = weights.recordings.run(key, [...given.values()], [work], coresFor(count * bytes));
      return [...done!.tensors];
    });
    for (const [place, id] of wanted.entries()) {
      const tensor = computed[place]!;
      const batch = batches.get(id)!;
      batch.shape = tensor.shape.slice(1);
      batch.data.push(new Float32Array(await tensor.data()));
      tensor.dispose();
    }
    if (first + count < rows) await weights.device.between();
  }
  return new Map([...batches].map(([id, { shape, data }]) => [id, { shape: [rows, ...shape], data: joined(data) }]));
}

/** An op without a rule that one of the values comes from. */
function strangerBefore(graph: Graph, values: readonly ValueId[]): Node<'unknown'> | undefined {
  for (const id of values) {
    const found = unknownBefore(graph, id);
    if (found) return found;
  }
  return undefined;
}

/** A constant as a value of rows. */
const atRows = (constant: Tensor, rows: number): Tensor =>
  tf.tile(tf.expandDims(tf.cast(constant, 'float32'), 0), [rows, ...constant.shape.map(() => 1)]);

function joined(batches: readonly Float32Array[]): Float32Array {
  if (batches.length === 1) return batches[0]!;
  const whole = new Float32Array(batches.reduce((sum, batch) => sum + batch.length, 0));
  let at = 0;
  for (const batch of batches) {
    whole.set(batch, at);
    at += batch.length;
  }
  return whole;
}
