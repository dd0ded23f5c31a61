/** Where an element of a value comes from, through ops that only move values: nothing is summed, scaled or bent. */
import type { Graph, Node, ValueId } from './graph';
import { OPS, type OpAttributes, type OpName } from './ops';
import { takenAlong } from './shapes';

/** An element of a value, by its flat index. */
export interface Place {
  readonly value: ValueId;
  readonly index: number;
}

/** A value's shape without rows, every size known. */
export type ShapeOf = (id: ValueId) => readonly number[];

/** The node that gives each value; inputs and constants have none. */
export type Producers = ReadonlyMap<ValueId, Node>;

export const producersOf = ({ nodes }: Graph): Producers => new Map(nodes.map((node) => [node.output, node]));

/** One index per axis. */
export function placesAlong(index: number, shape: readonly number[]): number[] {
  const places: number[] = [];
  for (let axis = shape.length - 1, left = index; axis >= 0; axis--) {
    places.unshift(left % shape[axis]!);
    left = Math.floor(left / shape[axis]!);
  }
  return places;
}

/** The flat index of one index per axis. */
export const flatOf = (places: readonly number[], shape: readonly number[]): number =>
  places.reduce((flat, place, axis) => flat * shape[axis]! + place, 0);

/** Where an element of what a value was broadcast to comes from. */
export const broadcastPlaces = (places: readonly number[], shape: readonly number[]): number[] =>
  places.slice(places.length - shape.length).map((place, axis) => (shape[axis] === 1 ? 0 : place));

/** Where the element at `places` of the output stands among the inputs: which input, and its place there; null for none of them. */
type Origin<Op extends OpName> = (
  places: readonly number[],
  attributes: OpAttributes[Op],
  shapes: readonly (readonly number[])[],
) => readonly [input: number, places: readonly number[]] | null;

const at = (places: readonly number[], axis: number, place: number): number[] =>
  places.map((each, other) => (other === axis ? place : each));

const isRepetition = ({ scale, method }: OpAttributes['upsample']): boolean =>
  method === 'nearest' && scale.every(Number.isInteger);

/** A row for each op that moves values along axes; ops that keep their order are in `movedFrom`. */
const ORIGINS: { readonly [Op in OpName]?: Origin<Op> } = {
  transpose: (places, { permutation }) => [0, permutation.map((_, axis) => places[permutation.indexOf(axis)]!)],
  slice: (places, { begin, end, strides }, [shape]) => [
    0,
    places.map((place, axis) => {
      const stride = strides[axis]!;
      return takenAlong(shape![axis]!, begin[axis]!, end[axis]!, stride).first + place * stride;
    }),
  ],
  gather: (places, { axis, indices }, [shape]) => {
    const taken = indices[places[axis]!]!;
    return [0, at(places, axis, taken < 0 ? taken + shape![axis]! : taken)];
  },
  concat: (places, { axis }, shapes) => {
    let place = places[axis]!;
    for (const [input, shape] of shapes.entries()) {
      if (place < shape[axis]!) return [input, at(places, axis, place)];
      place -= shape[axis]!;
    }
    return null;
  },
  stack: (places, { axis }) => [places[axis]!, places.filter((_, other) => other !== axis)],
  tile: (places, _, [shape]) => [0, places.map((place, axis) => place % shape![axis]!)],
  repeat: (places, { axis, repeats }) => [0, at(places, axis, Math.floor(places[axis]! / repeats))],
  pad: (places, { padding, mode }, [shape]) => {
    const inside = places.map((place, axis) => place - padding[axis]![0]);
    if (inside.every((place, axis) => place >= 0 && place < shape![axis]!)) return [0, inside];
    // Beyond it stand images of what is inside, or numbers of the model's own.
    return mode === 'edge' ? [0, inside.map((place, axis) => Math.min(Math.max(place, 0), shape![axis]! - 1))] : null;
  },
  upsample: (places, attributes) =>
    isRepetition(attributes)
      ? [0, places.map((place, axis) => Math.floor(place / (attributes.scale[axis] ?? 1)))]
      : null,
};

/** Whether a node's output holds nothing but elements of its inputs, as they are, and numbers of the model's own. */
export function moves(graph: Graph, node: Node): boolean {
  if (node.op === 'upsample') return isRepetition(node.attributes as OpAttributes['upsample']);
  return OPS[node.op].passing === 'moved' || node.op in ORIGINS || unmoved(graph, node) !== null;
}

/** What adding zeros or multiplying by ones leaves as it is: how some exporters widen a value. */
function unmoved({ values }: Graph, { op, inputs }: Node): ValueId | null {
  const all = (id: ValueId | undefined, number: number): boolean =>
    id !== undefined && values[id]!.constant?.data.every((each) => each === number) === true;
  const [a, b, c] = inputs;
  if (op === 'affine') return all(b, 1) && all(c, 0) ? a! : null;
  const neutral = op === 'add' || op === 'sub' ? 0 : op === 'mul' || op === 'div' ? 1 : null;
  if (neutral === null) return null;
  if (all(b, neutral)) return a!;
  return (op === 'add' || op === 'mul') && all(a, neutral) ? b! : null;
}

/** Where an element of a node's output comes from; null where it is none of its inputs', or a number of the model's own. */
export function movedFrom(graph: Graph, node: Node, index: number, shapeOf: ShapeOf): Place | null {
  const { op, inputs, output } = node;
  const found = ((): Place | null => {
    if (op === 'identity' || op === 'reshape') return { value: inputs[0]!, index };
    const places = placesAlong(index, shapeOf(output));
    const same = unmoved(graph, node);
    if (same !== null) {
      const shape = shapeOf(same);
      return { value: same, index: flatOf(broadcastPlaces(places, shape), shape) };
    }
    const origin = ORIGINS[op] as Origin<OpName> | undefined;
    const from = origin?.(places, node.attributes, inputs.map(shapeOf)) ?? null;
    if (!from) return null;
    const value = inputs[from[0]]!;
    return { value, index: flatOf(from[1], shapeOf(value)) };
  })();
  return found && !graph.values[found.value]!.constant ? found : null;
}
