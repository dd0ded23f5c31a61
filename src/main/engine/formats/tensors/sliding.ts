/** Ops whose windows slide over the values: convolutions, pools, and pictures made larger by whole factors. */
import type { Padding, WindowPadding } from '../../graph/ops';
import { samePadding } from '../../graph/shapes';
import * as host from './array';
import { isArray, NotExpressible, product, range, type HostArray } from './array';
import { AcrossBatch, symbolic, type Tensor, type Varying } from './axes';
import type { Assembly } from './assembly';
import * as moves from './moves';
import * as reductions from './reductions';

/** What padding before a maximum holds: below every value, and finite, so that differences stay numbers. */
const LOWEST = -3e38;

/** Places of dilated windows that are laid side by side; beyond, the phases of the dilation are. */
const MOST_PICKED = 2 ** 16;

export interface Windows {
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: WindowPadding;
}

/**
 * What windows slide over: [batch, …merged, …spatial, channels].
 * Spatial axes of size one that a window of one passes are left out, as a convolution of fewer axes has them not.
 */
function spatially(to: Assembly, x: Varying, channel: number, spatial: readonly number[], windows: Windows | null) {
  if (windows)
    for (const each of [windows.size, windows.strides, windows.dilations, windows.padding])
      if (typeof each !== 'string' && each.length !== spatial.length)
        throw new NotExpressible(`windows of ${each.length} axes over ${spatial.length}`);
  const batch = to.batchAxis(x);
  if (batch === channel || spatial.includes(batch)) throw new AcrossBatch('windows over the batch');
  const unheld = (i: number): boolean => {
    const padding = windows?.padding;
    const padded = padding !== undefined && padding !== 'same' && padding[i]!.some((each) => each !== 0);
    return !x.axes[spatial[i]!]!.length && (windows?.size[i] ?? 1) === 1 && !padded;
  };
  const kept = range(spatial.length).filter((i) => !unheld(i));
  if (!kept.length && spatial.length) kept.push(spatial.length - 1);
  // Other axes (examples, in a file read without a batch) are passed by windows of one.
  const beside = to.heldOrder(x).filter((axis) => axis !== batch && axis !== channel && !spatial.includes(axis));
  const order = [batch, ...beside, ...kept.map((i) => spatial[i]!), channel];
  const { id, lead: merged } = to.arranged(x, order);
  const lead = merged + beside.length;
  if (lead + kept.length > 3) throw new NotExpressible('windows over more than three axes');
  const pick = (list: readonly number[]): number[] => [...range(lead).map(() => 1), ...kept.map((i) => list[i]!)];
  const pad = (padding: WindowPadding): WindowPadding =>
    padding === 'same' ? padding : [...range(lead).map(() => [0, 0] as const), ...kept.map((i) => padding[i]!)];
  return { id, kept, pick, pad, axes: to.axesOf(to.rank(x), x, order, merged) };
}

/** @param filter [...window, in / groups, out] */
export function conv(
  to: Assembly,
  x: Tensor,
  filter: HostArray,
  channel: number,
  spatial: readonly number[],
  windows: Windows,
  groups: number,
): Tensor {
  if (isArray(x)) return convolvedArray(x, filter, channel, spatial, windows, groups);
  const each = ofEachChannel(to, x, channel, spatial, windows);
  if (each && filter.shape.slice(spatial.length).every((size) => size === 1)) {
    const window = each.pick(filter.shape);
    const channels = to.shape(x)[each.channel]!;
    const repeated = host.expanded(host.reshaped(filter, [...window, 1, 1]), [...window, 1, channels]);
    return conv(to, x, repeated, each.channel, each.spatial, each.windows, channels);
  }
  const { id, pick, pad, axes } = spatially(to, x, channel, spatial, windows);
  const count = spatial.length;
  const [fed, out] = filter.shape.slice(count) as [number, number];
  const window = pick(filter.shape.slice(0, count));
  const strides = pick(windows.strides);
  const dilations = pick(windows.dilations);
  const padding = pad(windows.padding);
  // One filter per channel is a depthwise convolution: faster, and what Keras calls it.
  if (groups > 1 && fed === 1 && out % groups === 0) {
    const wanted = [...window, groups, out / groups];
    const kernel = to.constant(filter, `depthwise${wanted.join('_')}`, () => host.reshaped(filter, wanted));
    return to.varying(to.emit('depthwiseConv', [id, kernel], { strides, dilations, padding }), axes);
  }
  const wanted = [...window, fed, out];
  const kernel = to.constant(filter, `filter${wanted.join('_')}`, () => host.reshaped(filter, wanted));
  return to.varying(to.emit('conv', [id, kernel], { strides, dilations, padding, groups }), axes);
}

/**
 * JAX writes pools as windows over all axes, examples and channels among them, which windows of one pass by. These are windows over the
 * others, of each channel by itself. Null where windows are not of this kind.
 */
function ofEachChannel(
  to: Assembly,
  x: Varying,
  channel: number,
  spatial: readonly number[],
  { size, strides, dilations, padding }: Windows,
) {
  const batch = to.batchAxis(x);
  if (!spatial.includes(batch) || x.axes[channel]!.length > 0 || padding === 'same') return null;
  const passed = (i: number): boolean => size[i] === 1 && strides[i] === 1 && padding[i]!.every((each) => each === 0);
  const places = range(spatial.length);
  const channels = places.findLast((i) => spatial[i] !== batch && passed(i) && x.axes[spatial[i]!]!.length > 0);
  if (channels === undefined || !passed(spatial.indexOf(batch))) return null;
  const kept = places.filter((i) => i !== channels && spatial[i] !== batch);
  const pick = <T>(list: readonly T[]): T[] => kept.map((i) => list[i]!);
  return {
    channel: spatial[channels]!,
    spatial: pick(spatial),
    windows: { size: pick(size), strides: pick(strides), dilations: pick(dilations), padding: pick(padding) },
    pick,
  };
}

/** Products that a convolution of constants may take. */
const MOST_PRODUCTS = 2 ** 24;

/** How many values of a window lie inside, and the states in which a recurrent convolution begins. */
function convolvedArray(
  x: HostArray,
  filter: HostArray,
  channel: number,
  spatial: readonly number[],
  windows: Windows,
  groups: number,
): HostArray {
  const count = spatial.length;
  const [each, out] = filter.shape.slice(count) as [number, number];
  const shape = [...x.shape];
  spatial.forEach((axis, i) => (shape[axis] = convolvedSize(x.shape[axis]!, windows, i)));
  shape[channel] = out;
  if (x.data.every((value) => value === 0)) return host.filled(shape, 0, false);
  const window = filter.shape.slice(0, count);
  const places = product(window);
  if (product(shape) * places * each > MOST_PRODUCTS) throw new NotExpressible('a convolution of a large constant');
  const before = window.map((size, i) =>
    windows.padding === 'same'
      ? samePadding(x.shape[spatial[i]!]!, size, windows.strides[i]!, windows.dilations[i]!)[0]
      : windows.padding[i]![0],
  );
  const steps = host.stridesOf(x.shape);
  const sum = (at: readonly number[]): number => {
    const first = Math.floor(at[channel]! / (out / groups)) * each;
    const fixed = at.reduce(
      (sum, i, axis) => (axis === channel || spatial.includes(axis) ? sum : sum + i * steps[axis]!),
      0,
    );
    let total = 0;
    for (let place = 0; place < places; place++) {
      let [rest, from] = [place, fixed];
      for (let i = count - 1; i >= 0 && from >= 0; i--) {
        const [axis, size] = [spatial[i]!, window[i]!];
        const met = at[axis]! * windows.strides[i]! + (rest % size) * windows.dilations[i]! - before[i]!;
        from = met < 0 || met >= x.shape[axis]! ? -1 : from + met * steps[axis]!;
        rest = Math.floor(rest / size);
      }
      for (let i = 0; i < each && from >= 0; i++)
        total += x.data[from + (first + i) * steps[channel]!]! * filter.data[(place * each + i) * out + at[channel]!]!;
    }
    return total;
  };
  const own = host.stridesOf(shape);
  const data = range(product(shape)).map((index) =>
    sum(own.map((step, axis) => Math.floor(index / step) % shape[axis]!)),
  );
  return host.reals(shape, data);
}

/** @param filter [...window, out, in] */
export function convTranspose(
  to: Assembly,
  x: Tensor,
  filter: HostArray,
  channel: number,
  spatial: readonly number[],
  windows: Windows & { readonly padding: Padding },
  extend: readonly number[],
  groups: number,
): Varying {
  if (isArray(x)) throw new NotExpressible('a convolution of a constant');
  const { id, pick, pad, axes } = spatially(to, x, channel, spatial, windows);
  const count = spatial.length;
  const wanted = [...pick(filter.shape.slice(0, count)), ...filter.shape.slice(count)];
  const kernel = to.constant(filter, 'filter', () => host.reshaped(filter, wanted));
  const more = [
    ...range(wanted.length - 2 - count).map(() => 0),
    ...pick(extend)
      .slice(-count)
      .map((each, i) => (extend.length === count ? each : extend[i]!)),
  ];
  const attributes = {
    strides: pick(windows.strides),
    dilations: pick(windows.dilations),
    crop: pad(windows.padding) as Padding,
    extend: more,
    groups,
  };
  return to.varying(to.emit('convTranspose', [id, kernel], attributes), axes);
}

export function pool(
  to: Assembly,
  kind: 'max' | 'average',
  x: Tensor,
  channel: number,
  spatial: readonly number[],
  windows: Windows,
  countPadding: boolean,
): Varying {
  if (isArray(x)) throw new NotExpressible('pooling of a constant');
  const each = ofEachChannel(to, x, channel, spatial, windows);
  if (each) return pool(to, kind, x, each.channel, each.spatial, each.windows, countPadding);
  if (windows.dilations.some((each) => each !== 1))
    return dilatedPool(to, kind, x, channel, spatial, windows, countPadding);
  const { id, pick, pad, axes } = spatially(to, x, channel, spatial, windows);
  const attributes = { size: pick(windows.size), strides: pick(windows.strides), padding: pad(windows.padding) };
  const made =
    kind === 'max'
      ? to.emit('maxPool', [id], attributes)
      : to.emit('averagePool', [id], { ...attributes, countPadding });
  return to.varying(made, axes);
}

/** Axis by axis: each window's places side by side, then their maximum or mean. */
function dilatedPool(
  to: Assembly,
  kind: 'max' | 'average',
  x: Varying,
  channel: number,
  spatial: readonly number[],
  windows: Windows,
  countPadding: boolean,
): Varying {
  const { size, strides, dilations, padding } = windows;
  if (padding === 'same') throw new NotExpressible('dilated pooling of a free size');
  const shape = to.shape(x);
  const around = shape.map((_, axis) => padding[spatial.indexOf(axis)] ?? ([0, 0] as const));
  const padded = moves.pad(to, x, around, 'constant', kind === 'max' ? LOWEST : 0);
  return spatial.reduce<Tensor>((value, axis, i) => {
    const full = to.shape(value)[axis]!;
    if (symbolic(full)) throw new NotExpressible('dilated pooling of a free size');
    const [window, stride, dilation] = [size[i]!, strides[i]!, dilations[i]!];
    const count = Math.floor((full - (window - 1) * dilation - 1) / stride) + 1;
    if (count < 1) throw new NotExpressible('a window larger than the values');
    if (kind === 'max' && count * window > MOST_PICKED)
      return phasedMaximum(to, value, channel, axis, { window, stride, dilation, count });
    const places = range(count).map((place) => range(window).map((at) => place * stride + at * dilation));
    const sorted = moves.gather(
      to,
      value,
      { shape: [count, window], data: Float64Array.from(places.flat()), whole: true },
      axis,
    );
    const reduced = reductions.reduce(to, kind === 'max' ? 'max' : 'sum', sorted, [axis + 1], false);
    if (kind === 'max') return reduced;
    const [before] = padding[i]!;
    const inside = (at: number): boolean => countPadding || (at >= before && at < before + shape[axis]!);
    const shares = places.map((each) => 1 / Math.max(1, each.filter(inside).length));
    const along = range(to.rank(reduced)).map((each) => (each === axis ? count : 1));
    return to.binary('mul', reduced, host.reals(along, shares));
  }, padded) as Varying;
}

/** Over windows of many places: each phase of the dilation is an axis of its own, along which windows are whole. */
function phasedMaximum(
  to: Assembly,
  x: Tensor,
  channel: number,
  axis: number,
  { window, stride, dilation, count }: Readonly<Record<'window' | 'stride' | 'dilation' | 'count', number>>,
): Tensor {
  const shape = to.shape(x);
  const length = Math.ceil(shape[axis]! / dilation) * dilation;
  const none = shape.map(() => [0, 0] as const);
  const filled = moves.pad(
    to,
    x,
    none.map((each, i) => (i === axis ? ([0, length - shape[axis]!] as const) : each)),
    'constant',
    LOWEST,
  );
  const phases = to.reshape(filled, [...shape.slice(0, axis), length / dilation, dilation, ...shape.slice(axis + 1)]);
  const pooled = pool(
    to,
    'max',
    phases,
    channel < axis ? channel : channel + 1,
    [axis, axis + 1],
    { size: [window, 1], strides: [1, 1], dilations: [1, 1], padding: [[0, 0], [0, 0]] }, // prettier-ignore
    false,
  );
  const flat = to.reshape(
    pooled,
    shape.map((size, i) => (i === axis ? (length / dilation - window + 1) * dilation : size)),
  );
  const only = <T>(value: T, other: T): T[] => shape.map((_, i) => (i === axis ? value : other));
  return moves.slice(
    to,
    flat,
    nulls(shape.length),
    only<number | null>((count - 1) * stride + 1, null),
    only(stride, 1),
  );
}

/** Held with channels last, spatial axes before. */
export function upsample(
  to: Assembly,
  x: Tensor,
  channel: number,
  spatial: readonly number[],
  scale: readonly number[],
  method: 'nearest' | 'bilinear',
): Varying {
  if (isArray(x)) throw new NotExpressible('resizing of a constant');
  const windows = {
    size: scale.map((each) => (each === 1 ? 1 : 2)),
    strides: scale,
    dilations: scale,
    padding: scale.map(() => [0, 0] as const),
  };
  const { id, pick, axes } = spatially(to, x, channel, spatial, windows);
  return to.varying(to.emit('upsample', [id], { scale: pick(scale), method }), axes);
}

/** Windows along one of the axes that have them. */
function convolvedSize(size: number, { size: windows, strides, dilations, padding }: Windows, index: number): number {
  if (padding === 'same') return Math.ceil(size / strides[index]!);
  const [before, after] = padding[index]!;
  const reach = (windows[index]! - 1) * dilations[index]! + 1;
  return Math.floor((size + before + after - reach) / strides[index]!) + 1;
}
const nulls = (count: number): (number | null)[] => new Array<number | null>(count).fill(null);
