/** Weights that hold what is no number. */
import type { NotFiniteWeight } from '../../../contract/model';
import type { Graph, Node } from './graph';
import { layersOfNodes } from './layers';
import type { OpName } from './ops';

/** Ops that multiply by a constant or look it up: an infinity in it masks nothing. In others it may be a neutral element. */
const MULTIPLYING: ReadonlySet<OpName> = new Set<OpName>([
  'matmul', 'conv', 'depthwiseConv', 'convTranspose', 'affine', 'mul', 'prelu', 'embedding',
]); // prettier-ignore
/** Weights that are named at the most. */
const MOST = 64;

/** Weights with NaN, or with infinities where these are no neutral elements: the first ones, each once. */
export function notFiniteWeights(graph: Graph): NotFiniteWeight[] {
  const layerOf = layersOfNodes(graph);
  const found = new Map<number, NotFiniteWeight>();
  for (const node of graph.nodes)
    for (const id of node.inputs) {
      const { constant, name } = graph.values[id]!;
      if (!constant || constant.data instanceof Int32Array || found.has(id) || found.size === MOST) continue;
      const { nan, infinite, first } = strange(constant.data, node);
      if (nan + infinite === 0) continue;
      const layer = layerOf(node)?.name ?? node.name;
      found.set(id, { weight: name, layer, nan, infinite, of: constant.data.length, first });
    }
  return [...found.values()];
}

function strange(data: Float32Array, { op }: Node): { nan: number; infinite: number; first: number } {
  let [nan, infinite, first] = [0, 0, -1];
  for (let at = 0; at < data.length; at++) {
    const value = data[at]!;
    if (value - value === 0) continue;
    // A single one that is chosen is no weight: where it is, what comes of it is told.
    if (op === 'select' && data.length === 1) continue;
    const isNaN = value !== value;
    // Plus infinity is neutral to no sum.
    if (!isNaN && !MULTIPLYING.has(op) && !(op === 'add' && value > 0)) continue;
    if (isNaN) nan++;
    else infinite++;
    if (first < 0) first = at;
  }
  return { nan, infinite, first };
}
