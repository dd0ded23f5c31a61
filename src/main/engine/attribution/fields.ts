/**
 * Numbers of whole values in float64, followed through what moves, scales and sums them by constants: how far a value is held below what
 * it means (`recentred.ts`).
 */
import { sizeOf, type Constant, type Graph, type Node, type Value, type ValueId } from '../graph/graph';
import type { OpAttributes } from '../graph/ops';
import { takenAlong } from '../graph/shapes';

/** Numbers of one value, without rows. */
export interface Field {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** Elements of a value that is followed at the most: fields are held in float64 at every op on the way. */
export const LARGEST_FIELD = 2 ** 20;

export const shapeOf = (value: Value): readonly number[] | null => {
  const { shape } = value;
  return shape.includes(null) || sizeOf(shape as number[]) > LARGEST_FIELD ? null : (shape as readonly number[]);
};

/** What the first ops subtract from each element of an input, in its own units; NaN where nothing is. */
export function subtracted(graph: Graph, input: ValueId, shape: readonly number[]): Float64Array | null {
  const count = sizeOf(shape);
  const found = new Float64Array(count).fill(NaN);
  /** Which element of the input each is, −1 for none, and its factor. */
  const followed = new Map<ValueId, { readonly place: Field; readonly factor: Field }>([
    [
      input,
      {
        place: { shape, data: Float64Array.from({ length: count }, (_, at) => at) },
        factor: { shape, data: new Float64Array(count).fill(1) },
      },
    ],
  ]);
  for (const node of graph.nodes) {
    const at = node.inputs.findIndex((id) => followed.has(id));
    if (at < 0) continue;
    const { place, factor } = followed.get(node.inputs[at]!)!;
    const out = shapeOf(graph.values[node.output]!);
    if (!out) continue;
    const terms = termsOf(graph, node, at);
    if (terms) {
      const [scale, offset] = [expanded(terms.scale, out), expanded(terms.offset, out)];
      const [places, factors] = [expanded(place, out), expanded(factor, out)];
      places.data.forEach((element, i) => {
        const total = factors.data[i]! * scale.data[i]!;
        if (element >= 0 && offset.data[i] !== 0 && total !== 0 && Number.isNaN(found[element]))
          found[element] = -offset.data[i]! / total;
      });
      if (offset.data.every((each) => each === 0))
        followed.set(node.output, {
          place: places,
          factor: { shape: out, data: factors.data.map((each, i) => each * scale.data[i]!) },
        });
      continue;
    }
    const moves = (field: Field, missing: number): Field | null =>
      moved(node, graph, out, (id, i) => (i === at ? field : filled(shapeOf(graph.values[id]!)!, missing)));
    const [to, by] = [moves(place, -1), moves(factor, 1)];
    if (to && by) followed.set(node.output, { place: to, factor: by });
  }
  return found;
}

export const filled = (shape: readonly number[], value: number): Field => ({
  shape,
  data: new Float64Array(sizeOf(shape)).fill(value),
});
export const fieldOf = ({ shape, data, lost }: Constant): Field => ({
  shape,
  data: Float64Array.from(data, (each, at) => each + (lost?.[at] ?? 0)),
});
const scalar = (value: number): Field => ({ shape: [], data: Float64Array.of(value) });

/** A node as scale · x + offset of one of its inputs, by constants; null where it is not. */
export function termsOf(
  { values }: Graph,
  { op, inputs }: Node,
  at: number,
): { readonly scale: Field; readonly offset: Field } | null {
  if (op === 'neg') return { scale: scalar(-1), offset: scalar(0) };
  const constant = (place: number): Field | null => {
    const held = values[inputs[place]!]?.constant;
    return held ? fieldOf(held) : null;
  };
  if (op === 'affine') return { scale: constant(1)!, offset: constant(2)! };
  const other = inputs.length === 2 ? constant(1 - at) : null;
  if (!other) return null;
  const mapped = (by: (value: number) => number): Field => ({ ...other, data: other.data.map(by) });
  switch (op) {
    case 'add':
      return { scale: scalar(1), offset: other };
    case 'sub':
      return at === 0 ? { scale: scalar(1), offset: mapped((each) => -each) } : { scale: scalar(-1), offset: other };
    case 'mul':
      return { scale: other, offset: scalar(0) };
    case 'div':
      return at === 0 ? { scale: mapped((each) => 1 / each), offset: scalar(0) } : null;
    default:
      return null;
  }
}

export const stridesOf = (shape: readonly number[]): number[] => {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
};

/** Reads a field at every place of a shape: element [i…] comes from offset + Σ i · step. */
function strided({ data }: Field, shape: readonly number[], steps: readonly number[], offset = 0): Field {
  const made = new Float64Array(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  let at = offset;
  for (let i = 0; i < made.length; i++) {
    made[i] = data[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += steps[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      at -= steps[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return { shape, data: made };
}

export function expanded(field: Field, shape: readonly number[]): Field {
  if (field.shape.join() === shape.join()) return field;
  const strides = stridesOf(field.shape);
  const lead = shape.length - field.shape.length;
  return strided(field, shape, shape.map((_, axis) => (axis < lead || field.shape[axis - lead] === 1 ? 0 : strides[axis - lead]!))); // prettier-ignore
}

/** What a node that only moves values makes of fields; null where it does more. @param of an input's field */
export function moved(
  node: Node,
  graph: Graph,
  out: readonly number[],
  of: (id: ValueId, place: number) => Field,
): Field | null {
  const { op, inputs } = node;
  const known = inputs.every((id) => shapeOf(graph.values[id]!) !== null);
  if (!known) return null;
  const field = of(inputs[0]!, 0);
  const strides = stridesOf(field.shape);
  switch (op) {
    case 'identity':
    case 'reshape':
      return { shape: out, data: field.data };
    case 'transpose': {
      const { permutation } = node.attributes as OpAttributes['transpose'];
      return strided(field, out, permutation.map((axis) => strides[axis]!)); // prettier-ignore
    }
    case 'slice': {
      const { begin, end, strides: by } = node.attributes as OpAttributes['slice'];
      const first = field.shape.map((size, axis) => takenAlong(size, begin[axis]!, end[axis]!, by[axis]!).first);
      const offset = first.reduce((sum, at, axis) => sum + at * strides[axis]!, 0);
      return strided(field, out, by.map((each, axis) => each * strides[axis]!), offset); // prettier-ignore
    }
    case 'gather': {
      const { axis, indices } = node.attributes as OpAttributes['gather'];
      const size = field.shape[axis]!;
      return joined(
        indices.map((index) => sliceAt(field, axis, index < 0 ? index + size : index)),
        out,
        axis,
      );
    }
    case 'concat': {
      const { axis } = node.attributes as OpAttributes['concat'];
      return joined(inputs.map(of), out, axis);
    }
    default:
      return null;
  }
}

/** Sums or means over axes. */
export function reduced(
  field: Field,
  { op, attributes: { axes } }: Node<'sum' | 'mean'>,
  out: readonly number[],
): Field {
  const { shape, data } = field;
  const strides = stridesOf(shape);
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const steps = stridesOf(kept);
  const made = new Float64Array(sizeOf(kept));
  data.forEach((value, at) => {
    const to = shape.reduce(
      (flat, size, axis) => flat + (axes.includes(axis) ? 0 : (Math.floor(at / strides[axis]!) % size) * steps[axis]!),
      0,
    );
    made[to]! += value;
  });
  const count = op === 'mean' ? data.length / made.length : 1;
  return { shape: out, data: made.map((each) => each / count) };
}

function sliceAt(field: Field, axis: number, index: number): Field {
  const strides = stridesOf(field.shape);
  const shape = field.shape.map((size, each) => (each === axis ? 1 : size));
  return strided(field, shape, strides, index * strides[axis]!);
}

function joined(parts: readonly Field[], shape: readonly number[], axis: number): Field {
  const data = new Float64Array(sizeOf(shape));
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  let to = 0;
  for (let o = 0; o < outer; o++)
    for (const { shape: own, data: from } of parts) {
      const run = own[axis]! * inner;
      data.set(from.subarray(o * run, (o + 1) * run), to);
      to += run;
    }
  return { shape, data };
}
