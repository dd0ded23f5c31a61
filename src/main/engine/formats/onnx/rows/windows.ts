/** Ops whose windows slide over the values: convolutions and pools. */
import * as host from '../../tensors/array';
import { NotExpressible, range, type HostArray } from '../../tensors/array';
import type { Tensor } from '../../tensors/assembly';
import type { ReduceOp } from '../../tensors/reductions';
import type { OnnxCall } from '../call';
import { turnedOnce, type Row } from './row';
import * as reductions from '../../tensors/reductions';
import * as sliding from '../../tensors/sliding';

/** @param filter [out, in / groups, ...window] */
export function convolved(call: OnnxCall, x: Tensor, filter: HostArray): Tensor {
  const spatial = call.spatial;
  const size = filter.shape.slice(2);
  if (size.length !== spatial.length) throw new NotExpressible('a filter of another number of axes');
  // → [...window, in / groups, out]
  const turned = turnedOnce(filter, [...range(size.length, 2), 1, 0]);
  return sliding.conv(call.to, x, turned, 1, spatial, call.windows(size), call.int('group', 1));
}

/** Conv, with its bias. */
export const convolution = (call: OnnxCall): Tensor =>
  biased(call, convolved(call, call.input(0), call.to.array(call.input(1), 'a filter')), call.inputs[2]);

/** Adds one number per channel (axis 1). */
function biased(call: OnnxCall, x: Tensor, bias: Tensor | undefined): Tensor {
  if (!bias) return x;
  const array = call.to.array(bias, 'a bias');
  const rank = call.to.rank(x);
  return call.to.binary(
    'add',
    x,
    host.reshaped(
      array,
      range(rank).map((axis) => (axis === 1 ? array.data.length : 1)),
    ),
  );
}

const convTranspose: Row = (call) => {
  const { to } = call;
  const filter = to.array(call.input(1), 'a filter');
  const spatial = call.spatial;
  const size = filter.shape.slice(2);
  const windows = call.windows(size);
  const extra = call.ints('output_padding') ?? size.map(() => 0);
  const wanted = call.ints('output_shape');
  const auto = call.text('auto_pad', 'NOTSET');
  const shape = to.shape(call.input(0)).slice(2);
  const full = size.map(
    (each, i) => (shape[i]! - 1) * windows.strides[i]! + (each - 1) * windows.dilations[i]! + 1 + extra[i]!,
  );
  const crop = size.map((_, i): readonly [number, number] => {
    const target =
      wanted?.at(i - size.length) ??
      (auto === 'SAME_UPPER' || auto === 'SAME_LOWER' ? shape[i]! * windows.strides[i]! : null);
    if (target === null) return (windows.padding as readonly (readonly [number, number])[])[i]!;
    const total = Math.max(0, full[i]! - target);
    const half = Math.floor(total / 2);
    return auto === 'SAME_UPPER' ? [half, total - half] : [total - half, half];
  });
  // The end that is cut may reach into what is appended.
  const net = crop.map(([before, after], i) => [before, Math.max(0, after - extra[i]!)] as const);
  const extend = crop.map(([before, after], i) => {
    const missing = (wanted?.at(i - size.length) ?? 0) - full[i]! + before + after;
    return Math.max(0, extra[i]! - after) + Math.max(0, missing);
  });
  // [in, out / groups, ...window] → [...window, out / groups, in]
  const kernel = turnedOnce(filter, [...range(size.length, 2), 1, 0]);
  const made = sliding.convTranspose(
    to,
    call.input(0),
    kernel,
    1,
    spatial,
    { ...windows, padding: net },
    extend,
    call.int('group', 1),
  );
  return biased(call, made, call.inputs[2]);
};

export function pooled(call: OnnxCall, kind: 'max' | 'average', x: Tensor): Tensor {
  if (call.outputs > 1) throw new NotExpressible('the places of maxima');
  const size = call.ints('kernel_shape') ?? [];
  const windows = call.windows(size);
  const padding = windows.padding as readonly (readonly [number, number])[];
  const shape = call.to.shape(x).slice(2);
  const counted = kind === 'average' && call.int('count_include_pad', 0) !== 0;
  if (!call.int('ceil_mode', 0)) return sliding.pool(call.to, kind, x, 1, call.spatial, windows, counted);
  // A last window that hangs over the end is allowed if it begins inside.
  const over = size.map((each, i): readonly [number, number] => {
    const [before, after] = padding[i]!;
    const reach = (each - 1) * windows.dilations[i]! + 1;
    const room = shape[i]! + before + after - reach;
    let count = Math.ceil(room / windows.strides[i]!) + 1;
    if ((count - 1) * windows.strides[i]! >= shape[i]! + before) count--;
    return [before, Math.max(after, after + (count - 1) * windows.strides[i]! - room)];
  });
  const made = sliding.pool(call.to, kind, x, 1, call.spatial, { ...windows, padding: over }, counted);
  if (!counted) return made;
  // What lies beyond the padding is no part of a mean, though the padding is.
  return size.reduce<Tensor>((mean, taps, i) => {
    const axis = call.spatial[i]!;
    const end = shape[i]! + padding[i]![0] + padding[i]![1];
    const shares = range(call.to.shape(mean)[axis]!).map((place) => {
      const first = place * windows.strides[i]!;
      return taps / range(taps).filter((tap) => first + tap * windows.dilations[i]! < end).length;
    });
    if (shares.every((share) => share === 1)) return mean;
    const along = range(call.to.rank(mean)).map((each) => (each === axis ? shares.length : 1));
    return call.to.binary('mul', mean, host.reals(along, shares));
  }, made);
}

const pool =
  (kind: 'max' | 'average'): Row =>
  (call) =>
    pooled(call, kind, call.input(0));

const globally =
  (op: ReduceOp): Row =>
  (call) =>
    reductions.reduce(call.to, op, call.input(0), call.spatial, true);

export const windows: Readonly<Record<string, Row>> = {
  Conv: convolution,
  ConvTranspose: convTranspose,
  MaxPool: pool('max'),
  AveragePool: pool('average'),
  GlobalAveragePool: globally('mean'),
  GlobalMaxPool: globally('max'),
};
