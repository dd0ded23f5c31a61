/**
 * Which weights make a layer's units, and which read them: kernels are followed to and from a unit through ops that keep units
 * apart. A unit is followed through reshapes by its place in a value's elements: unit u is where ⌊i / inner⌋ mod count = u.
 */
import type { Constant, Graph, Layer, Node, ValueId } from './graph';

/** A linear op and its weights, in one form: input i and output o are joined by the weight `at(w, i, o)` at place w of the window. */
export interface Kernel {
  readonly kind: 'dense' | 'conv' | 'depthwise' | 'transposed';
  readonly node: Node;
  readonly data: Constant['data'];
  readonly window: readonly number[];
  readonly ins: number;
  readonly outs: number;
  readonly groups: number;
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Place of a weight in `data`. @param w flat place in the window @param i counted inside the group of output o */
  readonly at: (w: number, i: number, o: number) => number;
}

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

/** The kernel of a node; null where it has none. */
export function kernelOf({ values }: Graph, node: Node): Kernel | null {
  const filter = values[node.inputs[1] ?? -1]?.constant;
  if (!filter || values[node.inputs[0]!]!.constant) return null;
  const { data, shape } = filter;
  const windows = { window: shape.slice(0, -2), node, data };
  const [last, before] = [shape.at(-1)!, shape.at(-2)!];
  switch (node.op) {
    case 'matmul': {
      const { transposeA, transposeB } = (node as Node<'matmul'>).attributes;
      if (transposeA || shape.length !== 2) return null;
      const [ins, outs] = transposeB ? [last, before] : [before, last];
      const at = (_: number, i: number, o: number): number => (transposeB ? o * ins + i : i * outs + o);
      return { kind: 'dense', ...windows, window: [], ins, outs, groups: 1, strides: [], dilations: [], at };
    }
    case 'conv': {
      const { strides, dilations, groups } = (node as Node<'conv'>).attributes;
      const at = (w: number, i: number, o: number): number => (w * before + i) * last + o;
      return { kind: 'conv', ...windows, ins: before * groups, outs: last, groups, strides, dilations, at };
    }
    case 'depthwiseConv': {
      const { strides, dilations } = (node as Node<'depthwiseConv'>).attributes;
      const at = (w: number, _: number, o: number): number => w * before * last + o;
      return {
        kind: 'depthwise',
        ...windows,
        ins: before,
        outs: before * last,
        groups: before,
        strides,
        dilations,
        at,
      };
    }
    case 'convTranspose': {
      const { strides, dilations, groups } = (node as Node<'convTranspose'>).attributes;
      const each = last / groups;
      const at = (w: number, i: number, o: number): number =>
        (w * before + (o % before)) * last + Math.floor(o / before) * each + i;
      return { kind: 'transposed', ...windows, ins: last, outs: before * groups, groups, strides, dilations, at };
    }
    default:
      return null;
  }
}

/** Ops that leave a unit where it is, whatever they do to its numbers; the rest of their inputs is the same for all units or constant. */
const KEEPS = new Set<Node['op']>(
  'relu clippedRelu leakyRelu prelu elu selu celu gelu geluTanh sigmoid logSigmoid hardSigmoid silu hardSilu mish softplus softsign tanh square abs neg clip affine identity averagePool maxPool pad upsample'.split(
    ' ',
  ) as Node['op'][],
);
/** Ops of two values, of which a unit of the one meets the same unit of the other. */
const JOINS = new Set<Node['op']>(['add', 'sub', 'mul', 'div', 'maximum', 'minimum']);

/** Where units lie in a value's elements. */
interface Units {
  readonly value: ValueId;
  readonly count: number;
  /** Elements from one unit to the next. */
  readonly inner: number;
}

const innerOf = (shape: readonly (number | null)[], axis: number): number | null => {
  const after = shape.slice(axis + 1);
  return after.includes(null) ? null : product(after as number[]);
};

const unitsAt = (graph: Graph, value: ValueId, axis: number): Units | null => {
  const { shape } = graph.values[value]!;
  const [count, inner] = [shape[axis] ?? null, innerOf(shape, axis)];
  return count === null || inner === null ? null : { value, count, inner };
};

/** The axis that units lie along as a whole, and how far they lie apart in it. */
function axisOf(
  graph: Graph,
  { value, count, inner }: Units,
): { readonly axis: number; readonly stride: number } | null {
  const { shape } = graph.values[value]!;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const [after, size] = [innerOf(shape, axis), shape[axis]];
    if (after === null || size === null || size === undefined) return null;
    if (inner % after === 0 && inner < after * size)
      return (after * size) % (inner * count) === 0 ? { axis, stride: inner / after } : null;
  }
  return null;
}

/** Units on the other side of an op that keeps them; null where it does not. */
function through(graph: Graph, node: Node, from: Units, to: ValueId): Units | null {
  const [here, there] = [graph.values[from.value]!.shape, graph.values[to]!.shape];
  if (node.op === 'reshape') return { ...from, value: to };
  const place = axisOf(graph, from);
  if (!place) return null;
  const { axis, stride } = place;
  const moved = (other: number): Units | null => {
    const inner = innerOf(there, other);
    return inner === null || there[other] !== here[axis]
      ? null
      : { value: to, count: from.count, inner: inner * stride };
  };
  if (node.op === 'transpose') {
    const { permutation } = (node as Node<'transpose'>).attributes;
    return moved(to === node.output ? permutation.indexOf(axis) : permutation[axis]!);
  }
  if (KEEPS.has(node.op) || JOINS.has(node.op)) return here.length === there.length ? moved(axis) : null;
  if (node.op === 'mean' || node.op === 'max' || node.op === 'sum') {
    const { axes, keepDims } = (node as Node<'mean'>).attributes;
    if (to !== node.output || axes.includes(axis)) return null;
    return moved(keepDims ? axis : axis - axes.filter((each) => each < axis).length);
  }
  return null;
}

const producers = ({ nodes }: Graph): ReadonlyMap<ValueId, Node> => new Map(nodes.map((node) => [node.output, node]));

/** A kernel and where a layer's units are among its outputs. */
export interface Making {
  readonly kernel: Kernel;
  /** Whether its outputs are the layer's units, in their order. */
  readonly units: boolean;
  /** What is added to each output; null without. */
  readonly bias: Constant | null;
}

/** The kernel that a layer's units are made by, inside the layer. */
export function kernelBehind(graph: Graph, layer: Layer): Making | null {
  const made = producers(graph);
  const others = new Set(graph.layers.flatMap(({ output }) => (output === layer.output ? [] : [output])));
  let units = layer.unitAxis === null ? null : unitsAt(graph, layer.output, layer.unitAxis);
  let bias: Constant | null = null;
  for (let value = layer.output; ;) {
    const node = made.get(value);
    if (!node) return null;
    const kernel = kernelOf(graph, node);
    if (kernel) {
      const place = units && axisOf(graph, units);
      const last = graph.values[value]!.shape.length - 1;
      return { kernel, units: place?.axis === last && place.stride === 1 && units!.count === kernel.outs, bias };
    }
    const [next, second] = node.inputs.filter((id) => !graph.values[id]!.constant);
    if (next === undefined || second !== undefined || others.has(next)) return null;
    const added = node.inputs.map((id) => graph.values[id]!.constant).find((each) => each);
    if (node.op === 'add' && added && added.data.length === units?.count) bias = added;
    units = units && through(graph, node, units, next);
    value = next;
  }
}

/** Of a kernel's input, the nearest layer whose units are its inputs; null where none is. */
export function layerInto(graph: Graph, { node, ins }: Kernel): Layer | null {
  const made = producers(graph);
  const layers = new Map(graph.layers.map((layer) => [layer.output, layer]));
  const value = node.inputs[0]!;
  let units: Units | null = unitsAt(graph, value, graph.values[value]!.shape.length - 1);
  while (units) {
    const layer = layers.get(units.value);
    if (layer) {
      const place = axisOf(graph, units);
      return place?.axis === layer.unitAxis && place?.stride === 1 && units.count === ins ? layer : null;
    }
    const before = made.get(units.value);
    const [next, second] = before?.inputs.filter((id) => !graph.values[id]!.constant) ?? [];
    units = before && next !== undefined && second === undefined ? through(graph, before, units, next) : null;
  }
  return null;
}

/** A kernel that reads units, and where they lie in its inputs: unit u is at ⌊i / stride⌋ mod count = u. */
export interface Reading {
  readonly kernel: Kernel;
  readonly count: number;
  readonly stride: number;
}

/** The kernels that read a layer's units, nothing but ops that keep units between; up to `most`. */
export function kernelsAfter(graph: Graph, layer: Layer, most: number): readonly Reading[] {
  const first = layer.unitAxis === null ? null : unitsAt(graph, layer.output, layer.unitAxis);
  if (!first) return [];
  const readers = new Map<ValueId, Node[]>();
  for (const node of graph.nodes) for (const id of node.inputs) readers.set(id, [...(readers.get(id) ?? []), node]);
  const found: Reading[] = [];
  const seen = new Set<ValueId>([first.value]);
  for (const queue = [first]; queue.length > 0 && found.length < most;) {
    const units = queue.shift()!;
    for (const node of readers.get(units.value) ?? []) {
      const kernel = node.inputs[0] === units.value ? kernelOf(graph, node) : null;
      const place = kernel && axisOf(graph, units);
      if (
        place &&
        place.axis === graph.values[units.value]!.shape.length - 1 &&
        (kernel.groups === 1 ? kernel.ins % units.count === 0 : kernel.ins === units.count)
      )
        found.push({ kernel, count: units.count, stride: place.stride });
      if (kernel || seen.has(node.output)) continue;
      seen.add(node.output);
      const next = through(graph, node, units, node.output);
      if (next) queue.push(next);
    }
  }
  return found.slice(0, most);
}
