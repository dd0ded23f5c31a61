/** Ops that move values: shapes, orders of axes, parts, joins, places. */
import { isArray, NotExpressible, product, range } from '../../tensors/array';
import { band, completed, spreadOut } from '../../tensors/compositions';
import { fromFront, gathered } from '../../tensors/positions';
import { parts, reversed } from '../../tensors/pieces';
import type { Tensor } from '../../tensors/assembly';
import type { Row } from './row';
import * as moves from '../../tensors/moves';

/** Whole numbers to rows of a table whose diagonal is 1. */
const oneHot: Row = (call) => {
  const { to } = call;
  const indices = call.input(0);
  const [off, on] = to.list(call.input(2), 'values') as [number, number];
  const axis = to.axis(indices, call.int('axis', -1), 1);
  return spreadOut(to, indices, to.list(call.input(1), 'a depth')[0]!, on, off, axis);
};

const reshape: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const given = call.list('shape', 1);
  if (!given) throw new NotExpressible('a reshape without a shape');
  const shape = to.shape(x);
  const zero = call.int('allowzero', 0) !== 0;
  const sizes = given.map((size, axis) => (size === 0 && !zero ? (shape[axis] ?? 0) : size));
  return to.reshape(x, completed(sizes, product(shape)));
};

/** Sequences of one length turned round, as converters write a reverse; what lies behind that length stays. */
const reverseSequence: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const axis = to.axis(x, call.int('time_axis', 0));
  // One number stands for all where the examples' own count is free.
  const [length, ...others] = to.list(call.input(1), 'lengths') as [number, ...number[]];
  if (others.some((each) => each !== length)) throw new NotExpressible('sequences of different lengths');
  const size = to.shape(x)[axis]!;
  if (length === size) return reversed(to, x, [axis]);
  const [turned, rest] = parts(to, x, axis, [length, size - length]) as [Tensor, Tensor];
  return moves.concat(to, [reversed(to, turned, [axis]), rest], axis);
};

const slice: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const rank = to.rank(x);
  const starts = call.list('starts', 1) ?? [];
  const ends = call.list('ends', 2) ?? [];
  const axes = call.list('axes', 3) ?? range(starts.length);
  const steps = call.inputs[4] ? to.list(call.inputs[4], 'steps') : starts.map(() => 1);
  const begin = new Array<number | null>(rank).fill(null);
  const end = new Array<number | null>(rank).fill(null);
  const strides = new Array<number>(rank).fill(1);
  axes.forEach((each, i) => {
    const axis = to.axis(x, each);
    [begin[axis], end[axis], strides[axis]] = [starts[i]!, ends[i]!, steps[i]!];
    // Backwards to before the first: nothing in numbers says that but a very small end.
    if (steps[i]! < 0 && ends[i]! < -to.shape(x)[axis]!) end[axis] = null;
  });
  return moves.slice(to, x, begin, end, strides);
};

const split: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const axis = to.axis(x, call.int('axis', 0));
  const size = to.shape(x)[axis]!;
  const count = call.int('num_outputs', call.outputs);
  const sizes =
    call.list('split', 1) ??
    range(count).map((i) => Math.max(0, Math.min(Math.ceil(size / count), size - i * Math.ceil(size / count))));
  return parts(to, x, axis, sizes);
};

const pad: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const rank = to.rank(x);
  const pads = call.list(call.has('paddings') ? 'paddings' : 'pads', 1) ?? [];
  const value = call.inputs[2] ? to.list(call.inputs[2], 'a value')[0]! : call.float('value', 0);
  const axes = call.inputs[3] ? to.list(call.inputs[3], 'axes').map((axis) => to.axis(x, axis)) : range(rank);
  const padding = range(rank).map((axis) => {
    const i = axes.indexOf(axis);
    return i < 0 ? ([0, 0] as const) : ([pads[i] ?? 0, pads[i + axes.length] ?? 0] as const);
  });
  return moves.pad(to, x, padding, moves.paddingMode(call.text('mode', 'constant')), value);
};

export const moving: Readonly<Record<string, Row>> = {
  Reshape: reshape,
  Flatten: (call) => {
    const shape = call.to.shape(call.input(0));
    const axis = call.int('axis', 1) < 0 ? call.int('axis', 1) + shape.length : call.int('axis', 1);
    return call.to.reshape(call.input(0), [product(shape.slice(0, axis)), product(shape.slice(axis))]);
  },
  Transpose: (call) => {
    const rank = call.to.rank(call.input(0));
    return call.to.transpose(call.input(0), call.ints('perm') ?? range(rank).reverse());
  },
  Squeeze: (call) => call.to.squeeze(call.input(0), call.list('axes', 1)),
  Unsqueeze: (call) => call.to.unsqueeze(call.input(0), call.list('axes', 1) ?? []),
  Concat: (call) =>
    moves.concat(
      call.to,
      call.inputs.map((_, i) => call.input(i)),
      call.to.axis(call.input(0), call.int('axis', 0)),
    ),
  Slice: slice,
  ReverseSequence: reverseSequence,
  Split: split,
  Pad: pad,
  Trilu: (call) => {
    const diagonal = call.inputs[1] ? call.to.list(call.inputs[1], 'a diagonal')[0]! : 0;
    const upper = call.int('upper', 1) !== 0;
    return band(call.to, call.input(0), (ahead) => (upper ? ahead >= diagonal : ahead <= diagonal));
  },
  Tile: (call) => moves.tile(call.to, call.input(0), call.to.list(call.input(1), 'repeats')),
  Expand: (call) => moves.expand(call.to, call.input(0), call.to.list(call.input(1), 'a shape')),
  Gather: (call) => {
    const { to } = call;
    const [x, indices] = [call.input(0), call.input(1)];
    const axis = to.axis(x, call.int('axis', 0));
    // Rows of a table are looked up as they are: a path starts behind them.
    if (isArray(indices) || isArray(x)) return moves.gather(to, x, indices, axis);
    return gathered(to, x, fromFront(to, indices, to.shape(x)[axis]!), axis, 0);
  },
  OneHot: oneHot,
  DepthToSpace: (call) => {
    const { to } = call;
    const x = call.input(0);
    const [n, c, h, w] = to.shape(x) as [number, number, number, number];
    const block = call.int('blocksize', 1);
    const deep = c / block ** 2;
    const parted =
      call.text('mode', 'DCR') === 'DCR'
        ? to.transpose(to.reshape(x, [n, block, block, deep, h, w]), [0, 3, 4, 1, 5, 2])
        : to.transpose(to.reshape(x, [n, deep, block, block, h, w]), [0, 1, 4, 2, 5, 3]);
    return to.reshape(parted, [n, deep, h * block, w * block]);
  },
  SpaceToDepth: (call) => {
    const { to } = call;
    const x = call.input(0);
    const [n, c, h, w] = to.shape(x) as [number, number, number, number];
    const block = call.int('blocksize', 1);
    const order = call.text('mode', 'DCR') === 'CRD' ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4];
    const parted = to.transpose(to.reshape(x, [n, c, h / block, block, w / block, block]), order);
    return to.reshape(parted, [n, c * block ** 2, h / block, w / block]);
  },
};
