/** The shape each op gives, from those of its inputs. Free sizes (null) pass through; what cannot be is a fault. */
import type { Constant, Shape, Size } from './graph';
import type { ConvAttributes, OpAttributes, OpName, WindowPadding } from './ops';

export interface ShapeInput {
  readonly shape: Shape;
  readonly constant: Constant | null;
}

/** An op that cannot work on these shapes. The builder turns it into an error of the catalogue that names the layer. */
export class ImpossibleShape extends Error {}

/** Of a value behind an unknown layer: one axis of free size stands for a shape nobody knows. */
export const UNKNOWN_SHAPE: Shape = [null];

/** Sizes above this are taken as damage: no activation has so many positions along one axis. */
const LARGEST_SIZE = 2 ** 31;

export const written = (shape: Shape): string => `[${shape.map((size) => size ?? '?').join(', ')}]`;

const fail = (reason: string): never => {
  throw new ImpossibleShape(reason);
};

/** Numpy's broadcasting, aligned at the last axis; a free size meets anything. */
export function broadcast(a: Shape, b: Shape): Size[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = at(a, axis - rank + a.length);
    const right = at(b, axis - rank + b.length);
    if (left === 1) return right;
    if (right === 1 || left === right) return left;
    if (left === null || right === null) return left ?? right;
    return fail(`shapes ${written(a)} and ${written(b)} do not fit each other`);
  });
}
const at = (shape: Shape, axis: number): Size => (axis < 0 ? 1 : shape[axis]!);

/** Padding of `same`, as TensorFlow: output = ceil(size / stride), the odd one after. */
export function samePadding(
  size: number,
  window: number,
  stride: number,
  dilation: number,
): readonly [before: number, after: number] {
  const reach = (window - 1) * dilation + 1;
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + reach - size, 0);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

function windowed(
  size: Size,
  window: number,
  stride: number,
  dilation: number,
  padding: WindowPadding,
  axis: number,
): Size {
  if (size === null) return null;
  if (padding === 'same') return Math.ceil(size / stride);
  const [before, after] = padding[axis]!;
  const reach = (window - 1) * dilation + 1;
  const result = Math.floor((size + before + after - reach) / stride) + 1;
  return result >= 1 ? result : fail(`a window of ${reach} does not fit into a size of ${size + before + after}`);
}

const wholes = (what: string, numbers: readonly number[], least: number): void => {
  for (const each of numbers)
    if (!Number.isInteger(each) || each < least || each > LARGEST_SIZE) fail(`${what} ${each} is not possible`);
};

function checkWindow(
  spatial: number,
  size: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
  padding: WindowPadding | null,
): void {
  wholes('a window size of', size, 1);
  wholes('a stride of', strides, 1);
  wholes('a dilation of', dilations, 1);
  const lengths = [size.length, strides.length, dilations.length];
  if (padding !== null && padding !== 'same') {
    wholes('a padding of', padding.flat(), 0);
    lengths.push(padding.length);
  }
  if (lengths.some((length) => length !== spatial))
    fail(`a window over ${lengths.join(', ')} axes does not fit ${spatial} spatial axes`);
}

function conv(x: Shape, filter: Shape, attributes: ConvAttributes): Size[] {
  const spatial = x.length - 1;
  if (filter.length !== spatial + 2) fail(`a filter ${written(filter)} does not fit values of shape ${written(x)}`);
  const window = filter.slice(0, spatial) as number[];
  const { strides, dilations, padding, groups } = attributes;
  checkWindow(spatial, window, strides, dilations, padding);
  wholes('a number of groups of', [groups], 1);
  const channels = x[spatial]!;
  const [each, out] = filter.slice(spatial) as [number, number];
  if (channels !== null && channels !== each * groups)
    fail(
      `the filter ${written(filter)} in ${groups} groups wants ${each * groups} channels, the input has ${channels}`,
    );
  if (out % groups) fail(`${out} filters cannot be shared among ${groups} groups`);
  return [
    ...x.slice(0, spatial).map((size, i) => windowed(size, window[i]!, strides[i]!, dilations[i]!, padding, i)),
    out,
  ];
}

function depthwise(x: Shape, filter: Shape, attributes: OpAttributes['depthwiseConv']): Size[] {
  const spatial = x.length - 1;
  if (filter.length !== spatial + 2) fail(`a filter ${written(filter)} does not fit values of shape ${written(x)}`);
  const window = filter.slice(0, spatial) as number[];
  const { strides, dilations, padding } = attributes;
  checkWindow(spatial, window, strides, dilations, padding);
  const channels = x[spatial]!;
  const [each, multiplier] = filter.slice(spatial) as [number, number];
  if (channels !== null && channels !== each)
    fail(`the filter ${written(filter)} wants ${each} channels, the input has ${channels}`);
  return [
    ...x.slice(0, spatial).map((size, i) => windowed(size, window[i]!, strides[i]!, dilations[i]!, padding, i)),
    each * multiplier,
  ];
}

function convTranspose(x: Shape, filter: Shape, attributes: OpAttributes['convTranspose']): Size[] {
  const spatial = x.length - 1;
  if (filter.length !== spatial + 2) fail(`a filter ${written(filter)} does not fit values of shape ${written(x)}`);
  const window = filter.slice(0, spatial) as number[];
  const { strides, dilations, crop, extend, groups } = attributes;
  checkWindow(spatial, window, strides, dilations, crop);
  wholes('an extension of', extend, 0);
  const [out, channels] = filter.slice(spatial) as [number, number];
  if (x[spatial] !== null && x[spatial] !== channels)
    fail(`the filter ${written(filter)} wants ${channels} channels, the input has ${x[spatial]}`);
  return [
    ...x.slice(0, spatial).map((size, i) => {
      if (size === null) return null;
      const [before, after] = crop[i]!;
      const result = (size - 1) * strides[i]! + (window[i]! - 1) * dilations[i]! + 1 - before - after + extend[i]!;
      return result >= 1 ? result : fail(`nothing is left of a size of ${size}`);
    }),
    out * groups,
  ];
}

function pooled(x: Shape, attributes: OpAttributes['maxPool']): Size[] {
  const spatial = x.length - 1;
  const ones = attributes.size.map(() => 1);
  checkWindow(spatial, attributes.size, attributes.strides, ones, attributes.padding);
  const { size, strides, padding } = attributes;
  return [...x.slice(0, spatial).map((each, i) => windowed(each, size[i]!, strides[i]!, 1, padding, i)), x[spatial]!];
}

function matmul(a: Shape, b: Shape, fixed: boolean, { transposeA, transposeB }: OpAttributes['matmul']): Size[] {
  if (a.length < 1 || b.length < 2 || (!fixed && a.length < 2))
    fail(`shapes ${written(a)} and ${written(b)} cannot be multiplied as matrices`);
  const left = transposeA ? swapped(a) : [...a];
  const right = transposeB ? swapped(b) : [...b];
  const inner = left.at(-1)!;
  const rows = right.at(-2)!;
  if (inner !== null && rows !== null && inner !== rows)
    fail(`${written(a)} and ${written(b)} cannot be multiplied: ${inner} is not ${rows}`);
  if (fixed && b.length === 2) return [...left.slice(0, -1), right.at(-1)!];
  const leading = broadcast(left.slice(0, -2), right.slice(0, -2));
  return [...leading, left.at(-2)!, right.at(-1)!];
}
const swapped = (shape: Shape): Size[] => {
  if (shape.length < 2) fail(`shape ${written(shape)} has no two axes to swap`);
  return [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!];
};

const axisOf = (shape: Shape, axis: number, extra = 0): number =>
  Number.isInteger(axis) && axis >= 0 && axis < shape.length + extra
    ? axis
    : fail(`axis ${axis} does not exist in shape ${written(shape)}`);

function reduced(x: Shape, { axes, keepDims }: OpAttributes['sum']): Size[] {
  const over = new Set(axes.map((axis) => axisOf(x, axis)));
  return x.flatMap((size, axis) => (over.has(axis) ? (keepDims ? [1] : []) : [size]));
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

function sliced(x: Shape, { begin, end, strides }: OpAttributes['slice']): Size[] {
  if ([begin, end, strides].some((list) => list.length !== x.length))
    fail(`a slice over ${begin.length} axes does not fit shape ${written(x)}`);
  return x.map((size, axis) => {
    const [from, to, stride] = [begin[axis]!, end[axis]!, strides[axis]!];
    if (!Number.isInteger(stride) || stride === 0) fail(`a slice's stride of ${stride} is not possible`);
    if (size === null)
      return from === null && to === null && Math.abs(stride) === 1 ? null : sliceOfFree(from, to, stride);
    const clamp = (position: number, low: number, high: number): number =>
      Math.min(Math.max(position < 0 ? position + size : position, low), high);
    const count =
      stride > 0
        ? Math.ceil((clamp(to ?? size, 0, size) - clamp(from ?? 0, 0, size)) / stride)
        : Math.ceil(((to === null ? -1 : clamp(to, -1, size - 1)) - clamp(from ?? size - 1, -1, size - 1)) / stride);
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

function padded(x: Shape, { padding, mode }: OpAttributes['pad']): Size[] {
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

type ShapeRule<Op extends OpName> = (inputs: readonly ShapeInput[], attributes: OpAttributes[Op]) => Shape;

const kept = (inputs: readonly ShapeInput[]): Shape => inputs[0]!.shape;
const both = (inputs: readonly ShapeInput[]): Shape => broadcast(inputs[0]!.shape, inputs[1]!.shape);
const alongAxis = (inputs: readonly ShapeInput[], { axis }: { readonly axis: number }): Shape => {
  axisOf(inputs[0]!.shape, axis);
  return inputs[0]!.shape;
};
/** Constants that scale or shift a value must not widen it. */
const scaled = (inputs: readonly ShapeInput[]): Shape => {
  const x = inputs[0]!.shape;
  return inputs.slice(1).reduce<Shape>((shape, { shape: constant }) => {
    const wide = broadcast(shape, constant);
    if (wide.length > x.length || wide.some((size, axis) => x[axis] === 1 && size !== 1))
      fail(`constants of shape ${written(constant)} do not fit values of shape ${written(x)}`);
    return wide;
  }, x);
};

/** One row per op. */
const rules: { readonly [Op in OpName]: ShapeRule<Op> } = {
  relu: kept,
  clippedRelu: kept,
  leakyRelu: kept,
  prelu: scaled,
  elu: kept,
  selu: kept,
  celu: kept,
  gelu: kept,
  geluTanh: kept,
  sigmoid: kept,
  logSigmoid: kept,
  hardSigmoid: kept,
  silu: kept,
  hardSilu: kept,
  mish: kept,
  softplus: kept,
  softsign: kept,
  tanh: kept,
  tanhShrink: kept,
  softShrink: kept,
  hardShrink: kept,
  threshold: kept,
  squarePlus: kept,
  sparsePlus: kept,
  sparseSigmoid: kept,
  clip: kept,
  exp: kept,
  log: kept,
  log1p: kept,
  sqrt: kept,
  rsqrt: kept,
  reciprocal: kept,
  reciprocalOrZero: kept,
  square: kept,
  pow: kept,
  abs: kept,
  neg: kept,
  erf: kept,
  sin: kept,
  cos: kept,
  tan: kept,
  asin: kept,
  acos: kept,
  atan: kept,
  sinh: kept,
  cosh: kept,
  asinh: kept,
  acosh: kept,
  atanh: kept,
  sign: kept,
  floor: kept,
  round: kept,

  add: both,
  sub: both,
  mul: both,
  div: both,
  maximum: both,
  minimum: both,
  power: both,
  atan2: both,
  greater: both,
  greaterEqual: both,
  equal: both,
  select: ([condition, a, b]) => broadcast(condition!.shape, broadcast(a!.shape, b!.shape)),

  matmul: ([a, b], attributes) => matmul(a!.shape, b!.shape, b!.constant !== null, attributes),
  conv: ([x, filter], attributes) => conv(x!.shape, filter!.shape, attributes),
  depthwiseConv: ([x, filter], attributes) => depthwise(x!.shape, filter!.shape, attributes),
  convTranspose: ([x, filter], attributes) => convTranspose(x!.shape, filter!.shape, attributes),
  affine: scaled,
  averagePool: ([x], attributes) => pooled(x!.shape, attributes),

  sum: ([x], attributes) => reduced(x!.shape, attributes),
  mean: ([x], attributes) => reduced(x!.shape, attributes),
  max: ([x], attributes) => reduced(x!.shape, attributes),
  min: ([x], attributes) => reduced(x!.shape, attributes),
  maxPool: ([x], attributes) => pooled(x!.shape, attributes),
  softmax: alongAxis,
  logSoftmax: alongAxis,
  sparsemax: alongAxis,
  normalise: ([x], { axes }) => {
    for (const axis of axes) axisOf(x!.shape, axis);
    return x!.shape;
  },

  identity: kept,
  reshape: ([x], { shape }) => reshaped(x!.shape, shape),
  transpose: ([x], { permutation }) => {
    const sorted = [...permutation].sort((a, b) => a - b);
    if (sorted.length !== x!.shape.length || sorted.some((axis, i) => axis !== i))
      fail(`the order of axes [${permutation.join(', ')}] does not fit shape ${written(x!.shape)}`);
    return permutation.map((axis) => x!.shape[axis]!);
  },
  concat: (inputs, { axis }) => concatenated(inputs, axis),
  slice: ([x], attributes) => sliced(x!.shape, attributes),
  pad: ([x], attributes) => padded(x!.shape, attributes),
  tile: ([x], { repeats }) => {
    if (repeats.length !== x!.shape.length) fail(`repeats over ${repeats.length} axes do not fit ${written(x!.shape)}`);
    wholes('a repetition of', repeats, 1);
    return x!.shape.map((size, axis) => (size === null ? null : size * repeats[axis]!));
  },
  repeat: ([x], { axis, repeats }) => {
    axisOf(x!.shape, axis);
    wholes('a repetition of', [repeats], 1);
    return x!.shape.map((size, each) => (size === null || each !== axis ? size : size * repeats));
  },
  gather: ([x], { axis, indices }) => {
    const size = x!.shape[axisOf(x!.shape, axis)]!;
    for (const index of indices)
      if (!Number.isInteger(index) || (size !== null && (index < -size || index >= size)))
        fail(`position ${index} is outside a size of ${size}`);
    return x!.shape.map((each, i) => (i === axis ? indices.length : each));
  },
  upsample: ([x], { scale }) => {
    if (scale.length !== x!.shape.length - 1)
      fail(`a scale over ${scale.length} axes does not fit ${written(x!.shape)}`);
    if (scale.some((each) => !(each > 0 && each <= LARGEST_SIZE)))
      fail(`a scale of ${scale.join(', ')} is not possible`);
    return x!.shape.map((size, axis) =>
      size === null || axis >= scale.length ? size : Math.floor(size * scale[axis]!),
    );
  },
  stack: (inputs, { axis }) => {
    const [first, ...rest] = inputs.map((input) => input.shape) as [Shape, ...Shape[]];
    axisOf(first, axis, 1);
    const shape = rest.reduce<Shape>((sum, each) => {
      if (each.length !== sum.length || each.some((size, i) => size !== null && sum[i] !== null && size !== sum[i]))
        fail(`shapes ${written(sum)} and ${written(each)} cannot be stacked`);
      return sum.map((size, i) => size ?? each[i]!);
    }, first);
    return [...shape.slice(0, axis), inputs.length, ...shape.slice(axis)];
  },

  embedding: ([indices, table]) => {
    if (table!.shape.length !== 2) fail(`a table of shape ${written(table!.shape)} is no embedding`);
    return [...indices!.shape, table!.shape[1]!];
  },
  unknown: () => UNKNOWN_SHAPE,
};

/**
 * Shape of an op's output.
 * @throws ImpossibleShape
 */
export function shapeOf<Op extends OpName>(op: Op, inputs: readonly ShapeInput[], attributes: OpAttributes[Op]): Shape {
  const rule = rules[op] as ShapeRule<Op>;
  const shape = rule(inputs, attributes);
  for (const size of shape)
    if (size !== null && !(Number.isInteger(size) && size >= 1 && size <= LARGEST_SIZE))
      fail(`the output would have shape ${written(shape)}`);
  return shape;
}
