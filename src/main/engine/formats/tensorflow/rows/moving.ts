/** Ops that move values: shapes, orders of axes, parts, joins, places, grids of another size. */
import type { Tensor } from '../../tensors/assembly';
import { NotExpressible, product, range } from '../../tensors/array';
import { band, completed, spreadOut } from '../../tensors/compositions';
import { completedSizes, equalParts, parts, reversed, rolled, stacked, unstacked } from '../../tensors/pieces';
import type { Row } from './row';
import * as moves from '../../tensors/moves';

const stridedSlice: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const [begin, end, strides] = [1, 2, 3].map((i) => call.list(i, 'a slice')) as [number[], number[], number[]];
  const masks = ['begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'].map((key) =>
    call.int(key, 0),
  ) as [number, number, number, number, number];
  const bit = (mask: number, i: number): boolean => ((mask >> i) & 1) === 1;
  const rank = to.rank(x);
  const given = range(begin.length);
  const taken = given.filter((i) => !bit(masks[3], i) && !bit(masks[2], i)).length;
  const [from, until, steps]: [(number | null)[], (number | null)[], number[]] = [[], [], []];
  const shrink: number[] = [];
  const fresh: number[] = [];
  let place = 0; // in the result, before shrinking
  const open = (count: number): void => {
    for (let k = 0; k < count; k++) {
      from.push(null);
      until.push(null);
      steps.push(1);
      place++;
    }
  };
  for (const i of given) {
    if (bit(masks[2], i)) open(rank - taken);
    else if (bit(masks[3], i)) fresh.push(place++);
    else {
      const single = bit(masks[4], i);
      if (single) shrink.push(place);
      from.push(bit(masks[0], i) && !single ? null : begin[i]!);
      until.push(single ? (begin[i] === -1 ? null : begin[i]! + 1) : bit(masks[1], i) ? null : end[i]!);
      steps.push(single ? 1 : strides[i]!);
      place++;
    }
  }
  open(rank - from.length);
  let made = moves.slice(to, x, from, until, steps);
  if (fresh.length) made = to.unsqueeze(made, fresh);
  return shrink.length ? to.squeeze(made, shrink) : made;
};

const pairs = (list: readonly number[]): [number, number][] =>
  range(list.length / 2).map((i) => [list[2 * i]!, list[2 * i + 1]!]);

const oneHot: Row = (call) => {
  const { to } = call;
  const indices = call.input(0);
  const [depth, on, off] = [1, 2, 3].map((i) => call.list(i, 'what one place gets')[0]!) as [number, number, number];
  return spreadOut(to, indices, depth, on, off, to.axis(indices, call.int('axis', -1), 1));
};

const blocks =
  (deep: boolean): Row =>
  (call) => {
    const { to } = call;
    const x = call.input(0);
    const block = call.int('block_size', 1);
    if (call.text('data_format', 'NHWC') !== 'NHWC') throw new NotExpressible('channels first');
    const [n, h, w, c] = to.shape(x) as [number, number, number, number];
    if (deep) {
      const parted = to.transpose(to.reshape(x, [n, h / block, block, w / block, block, c]), [0, 1, 3, 2, 4, 5]);
      return to.reshape(parted, [n, h / block, w / block, c * block ** 2]);
    }
    const less = c / block ** 2;
    const parted = to.transpose(to.reshape(x, [n, h, w, block, block, less]), [0, 1, 3, 2, 4, 5]);
    return to.reshape(parted, [n, h * block, w * block, less]);
  };

export const moving: Readonly<Record<string, Row>> = {
  Reshape: (call) =>
    call.to.reshape(call.input(0), completed(call.list(1, 'a shape'), product(call.to.shape(call.input(0))))),
  Transpose: (call) => call.to.transpose(call.input(0), call.list(1, 'an order of axes')),
  ExpandDims: (call) => call.to.unsqueeze(call.input(0), [call.list(1, 'an axis')[0]!]),
  Squeeze: (call) => {
    const axes = call.ints('squeeze_dims').length ? call.ints('squeeze_dims') : call.ints('axis');
    return call.to.squeeze(call.input(0), axes.length ? axes : null);
  },
  ConcatV2: (call) => {
    const values = call.inputs.slice(0, -1);
    return moves.concat(call.to, values, call.to.axis(values[0]!, call.list(-1, 'an axis')[0]!));
  },
  Concat: (call) => {
    const [axis, ...values] = call.inputs as [Tensor, ...Tensor[]];
    return moves.concat(call.to, values, call.to.axis(values[0]!, call.to.list(axis, 'an axis')[0]!));
  },
  Pack: (call) => stacked(call.to, call.inputs, call.int('axis', 0)),
  Unpack: (call) => {
    const x = call.input(0);
    return unstacked(call.to, x, call.to.axis(x, call.int('axis', 0)));
  },
  Split: (call) => {
    const x = call.input(1);
    return equalParts(call.to, x, call.to.axis(x, call.list(0, 'an axis')[0]!), call.int('num_split', 1));
  },
  SplitV: (call) => {
    const x = call.input(0);
    const axis = call.to.axis(x, call.list(2, 'an axis')[0]!);
    return parts(call.to, x, axis, completedSizes(call.list(1, 'sizes'), call.to.shape(x)[axis]!));
  },
  StridedSlice: stridedSlice,
  ReverseV2: (call) => {
    const x = call.input(0);
    const axes = call.list(1, 'axes').map((axis) => call.to.axis(x, axis));
    return reversed(call.to, x, axes);
  },
  Reverse: (call) =>
    reversed(
      call.to,
      call.input(0),
      call.list(1, 'axes').flatMap((each, axis) => (each ? [axis] : [])),
    ),
  Roll: (call) => {
    const shifts = call.list(1, 'a shift');
    return call
      .list(2, 'axes')
      .reduce<Tensor>((x, axis, i) => rolled(call.to, x, call.to.axis(x, axis), shifts[i]!), call.input(0));
  },
  Slice: (call) => {
    const begin = call.list(1, 'a slice');
    const size = call.list(2, 'a slice');
    const end = begin.map((from, i) => (size[i] === -1 ? null : from + size[i]!));
    return moves.slice(
      call.to,
      call.input(0),
      begin,
      end,
      begin.map(() => 1),
    );
  },
  Pad: (call) => moves.pad(call.to, call.input(0), pairs(call.list(1, 'paddings')), 'constant', 0),
  PadV2: (call) =>
    moves.pad(call.to, call.input(0), pairs(call.list(1, 'paddings')), 'constant', call.list(2, 'a value')[0]!),
  MirrorPad: (call) =>
    moves.pad(
      call.to,
      call.input(0),
      pairs(call.list(1, 'paddings')),
      call.text('mode', 'REFLECT') === 'REFLECT' ? 'reflect' : 'symmetric',
      0,
    ),
  MatrixBandPart: (call) => {
    const [lower, upper] = [call.list(1, 'a number of diagonals')[0]!, call.list(2, 'a number of diagonals')[0]!];
    // Negative: all of them.
    return band(call.to, call.input(0), (ahead) => (lower < 0 || -ahead <= lower) && (upper < 0 || ahead <= upper));
  },
  OneHot: oneHot,
  Tile: (call) => moves.tile(call.to, call.input(0), call.list(1, 'repeats')),
  BroadcastTo: (call) => moves.expand(call.to, call.input(0), call.list(1, 'a shape')),
  DepthToSpace: blocks(false),
  SpaceToDepth: blocks(true),
};
