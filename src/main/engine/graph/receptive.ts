/**
 * Which elements of the inputs an element of a layer can depend on: followed back through the graph, axis by axis. Windows, strides,
 * dilations, paddings and groups are followed exactly; where branches meet, or axes are joined and parted, what is told is the smallest
 * box of axes around it, and that it is no more than that. That a weight is zero, or a choice falls so, is not looked at.
 */
import type { Graph, Layer, Node, ValueId } from './graph';
import { factsOf, type OpAttributes, type OpName, type WindowPadding } from './ops';
import { samePadding, takenAlong } from './shapes';
import { sizeOf } from './values';

/** Of each axis, 1 at the places that count. */
type Region = readonly Uint8Array[];
/** What is read of a value: `exact` where it is every element at such places, not only some of them. */
interface Read {
  readonly region: Region;
  readonly exact: boolean;
}
type Sizes = readonly number[];

/** What an element depends on: along each axis of the input from and up to (exclusive). */
export interface Field {
  readonly input: string;
  readonly from: readonly number[];
  readonly to: readonly number[];
  /** Whether it depends on every element in between; else what counts lies within. */
  readonly exact: boolean;
}

const all = (size: number): Uint8Array => new Uint8Array(size).fill(1);
const everything = (shape: Sizes): Region => shape.map(all);
const isFull = (mask: Uint8Array): boolean => !mask.includes(0);
const isStretch = (mask: Uint8Array): boolean => !mask.subarray(mask.indexOf(1), mask.lastIndexOf(1)).includes(0);
const counted = (mask: Uint8Array): number => mask.reduce((sum, each) => sum + each, 0);
const elements = (region: Region): number => region.reduce((product, mask) => product * counted(mask), 1);
const marked = (size: number, places: Iterable<number>): Uint8Array => {
  const mask = new Uint8Array(size);
  for (const place of places) if (place >= 0 && place < size) mask[place] = 1;
  return mask;
};
function* placesIn(mask: Uint8Array): Generator<number> {
  for (let at = 0; at < mask.length; at++) if (mask[at]) yield at;
}
/** The places that what is asked comes from. */
const from = (mask: Uint8Array, size: number, origins: (place: number) => Iterable<number>): Uint8Array => {
  const found = new Uint8Array(size);
  for (const place of placesIn(mask)) for (const origin of origins(place)) if (origin >= 0 && origin < size) found[origin] = 1; // prettier-ignore
  return found;
};

/** What an op's output tells of each of its inputs. @returns one for each input; null: it is not read there */
type Back<Op extends OpName> = (
  region: Region,
  attributes: OpAttributes[Op],
  shapes: readonly Sizes[],
) => readonly (Region | null)[];

/** Of a value that is broadcast: aligned at the last axis, an axis of one is read whatever is asked. */
const narrowed = (region: Region, shape: Sizes): Region =>
  shape.map((size, axis) => (size === 1 ? all(1) : region[region.length - shape.length + axis]!));
const wide: Back<OpName> = (region, _, shapes) => shapes.map((shape) => narrowed(region, shape));

const along =
  (axes: (attributes: never) => readonly number[]): Back<OpName> =>
  (region, attributes, [shape]) => {
    const over = axes(attributes as never);
    return [region.map((mask, axis) => (over.includes(axis) ? all(shape![axis]!) : mask))];
  };
const reduced = (region: Region, { axes, keepDims }: OpAttributes['sum'], [shape]: readonly Sizes[]): Region[] => {
  let kept = 0;
  return [
    shape!.map((size, axis) => {
      const own = axes.includes(axis) ? all(size) : region[kept]!;
      if (keepDims || !axes.includes(axis)) kept++;
      return own;
    }),
  ];
};

interface Windowed {
  readonly size: Sizes;
  readonly strides: Sizes;
  readonly dilations?: Sizes;
  readonly padding: WindowPadding;
}
/** What windows see, of the axes before the channels. */
const seen = (region: Region, { size, strides, dilations, padding }: Windowed, shape: Sizes): Uint8Array[] =>
  size.map((taps, axis) => {
    const [length, stride, apart] = [shape[axis]!, strides[axis]!, dilations?.[axis] ?? 1];
    const [before] = padding === 'same' ? samePadding(length, taps, stride, apart) : padding[axis]!;
    return from(region[axis]!, length, (place) =>
      Array.from({ length: taps }, (_, tap) => place * stride - before + tap * apart),
    );
  });
/** The channels that a group's outputs read. */
const ofGroups = (mask: Uint8Array, ins: number, groups: number): Uint8Array => {
  const [each, outs] = [ins / groups, mask.length / groups];
  return from(mask, ins, (out) => Array.from({ length: each }, (_, at) => Math.floor(out / outs) * each + at));
};
const pooled = (region: Region, attributes: Windowed, [shape]: readonly Sizes[]): Region[] => [
  [...seen(region, attributes, shape!), region.at(-1)!],
];

const swapped = (region: Region): Region => [...region.slice(0, -2), region.at(-1)!, region.at(-2)!];
/** The rows of x with all of K, the columns of y with all of K. */
const multiplied: Back<'matmul'> = (region, { transposeA, transposeB }, [a, b]) => {
  const inner = a!.at(transposeA ? -2 : -1)!;
  const left: Region = [...narrowed(region.slice(0, -2), a!.slice(0, -2)), ...region.slice(-2, -1), all(inner)];
  const right: Region = [...narrowed(region.slice(0, -2), b!.slice(0, -2)), all(inner), region.at(-1)!];
  return [transposeA ? swapped(left) : left, transposeB ? swapped(right) : right];
};

/** The same elements in another shape: those of a box, and then the box around them. */
const reshaped: Back<'reshape'> = (region, _, [shape]) => {
  if (region.every(isFull)) return [everything(shape!)];
  const found = shape!.map((size) => new Uint8Array(size));
  const strides = shape!.map((_size, axis) => sizeOf(shape!.slice(axis + 1)));
  const visit = (axis: number, flat: number): void => {
    if (axis < region.length) {
      for (const place of placesIn(region[axis]!)) visit(axis + 1, flat * region[axis]!.length + place);
      return;
    }
    for (let other = 0; other < shape!.length; other++)
      found[other]![Math.floor(flat / strides[other]!) % shape![other]!] = 1;
  };
  visit(0, 0);
  return [found];
};

/** Where a padded place comes from: inside, an image of it, or nowhere. */
const padded: Back<'pad'> = (region, { padding, mode }, [shape]) => [
  region.map((mask, axis) => {
    const size = shape![axis]!;
    const mirror = mode === 'reflect' ? 1 : 0;
    return from(mask, size, (place) => {
      const inside = place - padding[axis]![0];
      if ((inside >= 0 && inside < size) || mode === 'constant') return [inside];
      if (mode === 'edge') return [Math.min(Math.max(inside, 0), size - 1)];
      if (mode === 'wrap') return [(inside + size) % size];
      return [inside < 0 ? mirror - 1 - inside : 2 * size - 1 - mirror - inside];
    });
  }),
];

const upsampled: Back<'upsample'> = (region, { scale, method }, [shape]) => [
  region.map((mask, axis) => {
    const [size, times] = [shape![axis]!, scale[axis] ?? 1];
    if (times === 1) return mask;
    return from(mask, size, (place) => {
      if (method === 'nearest') return [Math.floor(place / times)];
      const at = Math.min(Math.max((place + 0.5) / times - 0.5, 0), size - 1);
      return at % 1 === 0 ? [at] : [Math.floor(at), Math.ceil(at)];
    });
  }),
];

/** Ops whose places lie otherwise than those of what they read; all others follow from what passes through them. */
const BACK: { readonly [Op in OpName]?: Back<Op> } = {
  sum: reduced,
  mean: reduced,
  max: reduced,
  min: reduced,
  softmax: along(({ axis }: { axis: number }) => [axis]),
  logSoftmax: along(({ axis }: { axis: number }) => [axis]),
  sparsemax: along(({ axis }: { axis: number }) => [axis]),
  normalise: along(({ axes }: { axes: readonly number[] }) => axes),
  roundToSteps: along(({ axes }: { axes: readonly number[] }) => axes),
  matmul: multiplied,
  conv: (region, attributes, [shape, filter]) => [
    [
      ...seen(region, { ...attributes, size: filter!.slice(0, -2) }, shape!),
      ofGroups(region.at(-1)!, shape!.at(-1)!, attributes.groups),
    ],
  ],
  depthwiseConv: (region, attributes, [shape, filter]) => [
    [
      ...seen(region, { ...attributes, size: filter!.slice(0, -2) }, shape!),
      from(region.at(-1)!, shape!.at(-1)!, (out) => [Math.floor(out / filter!.at(-1)!)]),
    ],
  ],
  convTranspose: (region, { strides, dilations, crop, groups }, [shape, filter]) => [
    [
      ...strides.map((stride, axis) =>
        from(region[axis]!, shape![axis]!, (place) =>
          Array.from({ length: filter![axis]! }, (_, tap) => (place + crop[axis]![0] - tap * dilations[axis]!) / stride) // prettier-ignore
            .filter(Number.isInteger),
        ),
      ),
      ofGroups(region.at(-1)!, shape!.at(-1)!, groups),
    ],
  ],
  averagePool: pooled,
  maxPool: pooled,
  embedding: (region) => [region.slice(0, -1)],
  reshape: reshaped,
  transpose: (region, { permutation }) => [permutation.map((_, axis) => region[permutation.indexOf(axis)]!)],
  concat: (region, { axis }, shapes) => {
    let begin = 0;
    return shapes.map((shape) => {
      begin += shape[axis]!;
      return region.map((mask, other) => (other === axis ? mask.slice(begin - shape[axis]!, begin) : mask));
    });
  },
  stack: (region, { axis }, shapes) =>
    shapes.map((_, at) => (region[axis]![at] ? region.filter((_mask, other) => other !== axis) : null)),
  slice: (region, { begin, end, strides }, [shape]) => [
    region.map((mask, axis) => {
      const { first } = takenAlong(shape![axis]!, begin[axis]!, end[axis]!, strides[axis]!);
      return from(mask, shape![axis]!, (place) => [first + place * strides[axis]!]);
    }),
  ],
  pad: padded,
  tile: (region, _, [shape]) => [
    region.map((mask, axis) => from(mask, shape![axis]!, (place) => [place % shape![axis]!])),
  ],
  repeat: (region, { axis, repeats }, [shape]) => [
    region.map((mask, other) =>
      other === axis ? from(mask, shape![axis]!, (place) => [Math.floor(place / repeats)]) : mask,
    ),
  ],
  gather: (region, { axis, indices }, [shape]) => [
    region.map((mask, other) => {
      const size = shape![axis]!;
      return other === axis ? from(mask, size, (place) => [indices[place]! < 0 ? indices[place]! + size : indices[place]!]) : mask; // prettier-ignore
    }),
  ],
  upsample: upsampled,
};

const BY_ELEMENT = new Set(['function', 'jump', 'scaled', 'joint', 'choice']);

function back(node: Node, region: Region, shapes: readonly Sizes[]): readonly (Region | null)[] {
  const row = BACK[node.op] as Back<OpName> | undefined;
  if (row) return row(region, node.attributes, shapes);
  if (node.op === 'identity' || BY_ELEMENT.has(factsOf(node.op).passing)) return wide(region, node.attributes, shapes);
  return shapes.map(everything);
}

/**
 * What one unit depends on at one of its positions.
 * @param position counted row by row over the layer's axes but the units'
 * @returns one for each input that is read; empty where a size is free
 */
export function receptiveField(graph: Graph, layer: Layer, unit: number, position: number): readonly Field[] {
  const known = graph.values.every(({ shape }) => !shape.includes(null));
  const shape = graph.values[layer.output]!.shape as Sizes;
  if (!known) return [];
  const at: number[] = [];
  for (let axis = shape.length - 1, left = position; axis >= 0; axis--) {
    at.unshift(axis === layer.unitAxis ? unit : left % shape[axis]!);
    if (axis !== layer.unitAxis) left = Math.floor(left / shape[axis]!);
  }
  const start = { region: at.map((place, axis) => marked(shape[axis]!, [place])), exact: true };
  const reads = new Map<ValueId, Read>([[layer.output, start]]);
  for (const node of [...graph.nodes].reverse()) {
    const read = reads.get(node.output);
    if (!read) continue;
    const shapes = node.inputs.map((id) => (graph.values[id]!.constant?.shape ?? graph.values[id]!.shape) as Sizes);
    back(node, read.region, shapes).forEach((each, index) => {
      const id = node.inputs[index]!;
      // of an axis nothing is read: nothing of the value is
      if (!each || graph.values[id]!.constant || each.some((mask) => !mask.includes(1))) return;
      // the same elements in another shape may lie in a larger box
      const exact = read.exact && (node.op !== 'reshape' || elements(each) === elements(read.region));
      reads.set(id, joined(reads.get(id), { region: each, exact }));
    });
  }
  return graph.inputs.flatMap(({ name, value }) => {
    const read = reads.get(value);
    if (!read) return [];
    const { region } = read;
    const from = region.map((mask) => mask.indexOf(1));
    const to = region.map((mask) => mask.lastIndexOf(1) + 1);
    return [{ input: name, from, to, exact: read.exact && region.every(isStretch) }];
  });
}

const within = (mask: Uint8Array, other: Uint8Array): boolean => mask.every((each, place) => each <= other[place]!);
const contains = (outer: Region, inner: Region): boolean => inner.every((mask, axis) => within(mask, outer[axis]!));

/** What one or the other branch reads: all of the box around both where one holds the other, or where they differ along one axis. */
function joined(before: Read | undefined, more: Read): Read {
  if (!before) return more;
  const [a, b] = [before.region, more.region];
  if (contains(a, b) && (before.exact || !contains(b, a))) return before;
  if (contains(b, a)) return more;
  const apart = a.filter((mask, axis) => !(within(mask, b[axis]!) && within(b[axis]!, mask))).length;
  return {
    region: b.map((mask, axis) => mask.map((each, place) => each | a[axis]![place]!)),
    exact: before.exact && more.exact && apart === 1,
  };
}
