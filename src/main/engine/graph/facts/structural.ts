/** Ops that move values about. */
import { written } from '../../../../contract/words/shape';
import type { Shape, Size } from '../values';
import { fail, LARGEST_SIZE, takenAlong } from '../shapes';
import { axisOf, kept, op, wholes, type ShapeInput } from './row';
import type { Padding } from './windows';

/** Per axis, as Python's begin:end:stride (negative strides too); null: open. */
interface SliceAttributes {
  readonly begin: readonly (number | null)[];
  readonly end: readonly (number | null)[];
  readonly strides: readonly number[];
}

/** Padding of every axis of the shape. `value` serves `constant`. */
interface PadAttributes {
  readonly padding: Padding;
  readonly mode: 'constant' | 'reflect' | 'symmetric' | 'edge' | 'wrap';
  readonly value: number;
}

function reshaped(x: Shape, target: readonly number[]): Size[] {
  wholes(
    'a size of',
    target.filter((size) => size !== -1),
    1,
  );
  const open = target.indexOf(-1);
  if (open !== target.lastIndexOf(-1)) fail(`a shape of ${written(target)} leaves more than one size open`);
  const given = target.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const known = x.includes(null) ? null : (x as readonly number[]).reduce((product, size) => product * size, 1);
  if (known === null) return target.map((size) => (size === -1 ? null : size));
  if (open < 0 ? known !== given : known % given) fail(`shape ${written(x)} cannot become ${written(target)}`);
  return target.map((size) => (size === -1 ? known / given : size));
}

function concatenated(inputs: readonly ShapeInput[], axis: number): Size[] {
  const [first, ...rest] = inputs.map((input) => input.shape) as [Shape, ...Shape[]];
  axisOf(first, axis);
  return rest.reduce<Size[]>(
    (sum, shape) => {
      if (shape.length !== sum.length) fail(`shapes ${written(sum)} and ${written(shape)} cannot be joined`);
      return sum.map((size, i) => {
        const other = shape[i]!;
        if (i === axis) return size === null || other === null ? null : size + other;
        if (size !== null && other !== null && size !== other)
          fail(`shapes ${written(sum)} and ${written(shape)} cannot be joined along axis ${axis}`);
        return size ?? other;
      });
    },
    [...first],
  );
}

function sliced(x: Shape, { begin, end, strides }: SliceAttributes): Size[] {
  if ([begin, end, strides].some((list) => list.length !== x.length))
    fail(`a slice over ${begin.length} axes does not fit shape ${written(x)}`);
  return x.map((size, axis) => {
    const [from, to, stride] = [begin[axis]!, end[axis]!, strides[axis]!];
    if (!Number.isInteger(stride) || stride === 0) fail(`a slice's stride of ${stride} is not possible`);
    if (size === null)
      return from === null && to === null && Math.abs(stride) === 1 ? null : sliceOfFree(from, to, stride);
    const { count } = takenAlong(size, from, to, stride);
    return count >= 1 ? count : fail(`nothing is left of a size of ${size}`);
  });
}
/** A slice of a free size is of known size where both ends count from the same side. */
function sliceOfFree(from: number | null, to: number | null, stride: number): Size {
  if (stride < 0) return null;
  const start = from ?? 0;
  const sameSide = to !== null && start < 0 === to < 0;
  if (start < 0 && to === null) return Math.ceil(-start / stride);
  return sameSide && to > start ? Math.ceil((to - start) / stride) : null;
}

function padded(x: Shape, { padding, mode }: PadAttributes): Size[] {
  if (padding.length !== x.length) fail(`a padding over ${padding.length} axes does not fit shape ${written(x)}`);
  wholes('a padding of', padding.flat(), 0);
  // An image of the axis is no longer than the axis, and a mirrored one leaves out the edge.
  const most = (size: number): number => (mode === 'reflect' ? size - 1 : size);
  if (mode !== 'constant' && mode !== 'edge')
    x.forEach((size, axis) => {
      if (size !== null && Math.max(...padding[axis]!) > most(size))
        fail(`a padding of ${padding[axis]!.join(' and ')} by ${mode} is longer than the axis of ${size}`);
    });
  return x.map((size, axis) => (size === null ? null : size + padding[axis]![0] + padding[axis]![1]));
}

function transposed(x: Shape, permutation: readonly number[]): Size[] {
  const sorted = [...permutation].sort((a, b) => a - b);
  if (sorted.length !== x.length || sorted.some((axis, i) => axis !== i))
    fail(`the order of axes [${permutation.join(', ')}] does not fit shape ${written(x)}`);
  return permutation.map((axis) => x[axis]!);
}

function tiled(x: Shape, repeats: readonly number[]): Size[] {
  if (repeats.length !== x.length) fail(`repeats over ${repeats.length} axes do not fit ${written(x)}`);
  wholes('a repetition of', repeats, 1);
  return x.map((size, axis) => (size === null ? null : size * repeats[axis]!));
}

function repeated(x: Shape, axis: number, repeats: number): Size[] {
  axisOf(x, axis);
  wholes('a repetition of', [repeats], 1);
  return x.map((size, each) => (size === null || each !== axis ? size : size * repeats));
}

function gathered(x: Shape, axis: number, indices: readonly number[]): Size[] {
  const size = x[axisOf(x, axis)]!;
  for (const index of indices)
    if (!Number.isInteger(index) || (size !== null && (index < -size || index >= size)))
      fail(`position ${index} is outside a size of ${size}`);
  return x.map((each, i) => (i === axis ? indices.length : each));
}

function upsampled(x: Shape, scale: readonly number[]): Size[] {
  if (scale.length !== x.length - 1) fail(`a scale over ${scale.length} axes does not fit ${written(x)}`);
  if (scale.some((each) => !(each > 0 && each <= LARGEST_SIZE))) fail(`a scale of ${scale.join(', ')} is not possible`);
  return x.map((size, axis) => (size === null || axis >= scale.length ? size : Math.floor(size * scale[axis]!)));
}

function stacked(inputs: readonly ShapeInput[], axis: number): Size[] {
  const [first, ...rest] = inputs.map((input) => input.shape) as [Shape, ...Shape[]];
  axisOf(first, axis, 1);
  const shape = rest.reduce<Shape>((sum, each) => {
    if (each.length !== sum.length || each.some((size, i) => size !== null && sum[i] !== null && size !== sum[i]))
      fail(`shapes ${written(sum)} and ${written(each)} cannot be stacked`);
    return sum.map((size, i) => size ?? each[i]!);
  }, first);
  return [...shape.slice(0, axis), inputs.length, ...shape.slice(axis)];
}

const picked = { passing: 'carried', reads: 'shapes', gives: 'asGiven' } as const;
const moved = { ...picked, passing: 'moved' } as const;

export const structural = {
  /** `straight`: what stands in its place, whatever the input, where a path walks the line that steps stand for (straightened.ts). */
  identity: op<{ readonly straight?: number }>({ shape: kept, passing: 'moved', reads: 'shapes' }),
  /** At most one −1, which takes what is left. */
  reshape: op<{ readonly shape: readonly number[] }>({
    shape: ([x], { shape }) => reshaped(x!.shape, shape),
    ...moved,
  }),
  transpose: op<{ readonly permutation: readonly number[] }>({
    shape: ([x], { permutation }) => transposed(x!.shape, permutation),
    ...moved,
  }),
  concat: op<{ readonly axis: number }>({ shape: (inputs, { axis }) => concatenated(inputs, axis), ...picked }),
  slice: op<SliceAttributes>({ shape: ([x], attributes) => sliced(x!.shape, attributes), ...picked }),
  pad: op<PadAttributes>({ shape: ([x], attributes) => padded(x!.shape, attributes), ...picked }),
  /** Repeats the whole along each axis. */
  tile: op<{ readonly repeats: readonly number[] }>({
    shape: ([x], { repeats }) => tiled(x!.shape, repeats),
    ...picked,
  }),
  /** Each element `repeats` times in a row along the axis. */
  repeat: op<{ readonly axis: number; readonly repeats: number }>({
    shape: ([x], { axis, repeats }) => repeated(x!.shape, axis, repeats),
    ...picked,
  }),
  /** Picks positions along an axis. */
  gather: op<{ readonly axis: number; readonly indices: readonly number[] }>({
    shape: ([x], { axis, indices }) => gathered(x!.shape, axis, indices),
    ...picked,
  }),
  /** Spatial axes are all but the last. `scale` per spatial axis (whole numbers for nearest). */
  upsample: op<{ readonly scale: readonly number[]; readonly method: 'nearest' | 'bilinear' }>({
    shape: ([x], { scale }) => upsampled(x!.shape, scale),
    passing: 'carried',
    reads: 'shapes',
  }),
  /** Stacks values of one shape along a new axis. */
  stack: op<{ readonly axis: number }>({ shape: (inputs, { axis }) => stacked(inputs, axis), ...picked }),
};
