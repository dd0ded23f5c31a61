/** Models that are the same but for a size hold their weights once. */
import type { Constant, Graph } from '../graph/graph';

/** Smaller constants are not worth looking for. */
const LEAST = 16;

/** The graph with the arrays of another wherever they hold the same numbers. */
export function sharing(graph: Graph, known: Graph): Graph {
  const held = new Map<string, Constant[]>();
  for (const { constant } of known.values)
    if (constant && constant.data.length >= LEAST) {
      const key = keyOf(constant);
      held.set(key, [...(held.get(key) ?? []), constant]);
    }
  return {
    ...graph,
    values: graph.values.map((value) => {
      const { constant } = value;
      if (!constant || constant.data.length < LEAST) return value;
      const same = held.get(keyOf(constant))?.find((each) => alike(each, constant));
      return same ? { ...value, constant: { ...constant, data: same.data } } : value;
    }),
  };
}

/** What two arrays of the same numbers have in common, and others seldom. */
const keyOf = ({ data }: Constant): string =>
  `${data instanceof Int32Array} ${data.length} ${data[0]} ${data[data.length >> 1]} ${data.at(-1)}`;

const bytesOf = ({ data: { buffer, byteOffset, byteLength } }: Constant): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

const alike = (a: Constant, b: Constant): boolean => bytesOf(a).equals(bytesOf(b));
