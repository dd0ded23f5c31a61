/** Operations with windows, kernels and grids of another size: what layers do, called by itself. */
import * as host from '../../tensors/array';
import { type HostArray, isArray, NotExpressible, product, range } from '../../tensors/array';
import { type Assembly, symbolic, type Tensor } from '../../tensors/assembly';
import { mixed } from '../../tensors/compositions';
import * as moves from '../../tensors/moves';
import * as sliding from '../../tensors/sliding';
import { samePadding } from '../../../graph/shapes';
import { ConfigFault } from '../../json';
import { scaledTo } from '../layers/picture';
import type { Arguments } from './given';
import { type Operation, operation } from './row';

/** Where channels and places of an input lie. */
interface Layout {
  readonly channel: number;
  readonly spatial: readonly number[];
}

function layoutOf(given: Arguments, to: Assembly, x: Tensor): Layout {
  const rank = to.rank(x);
  return given.text('data_format', 'channels_last') === 'channels_first'
    ? { channel: 1, spatial: range(rank - 2, 2) }
    : { channel: rank - 1, spatial: range(rank - 2, 1) };
}

/** One number for all axes, or one each. */
function perAxis(given: Arguments, name: string, count: number, missing: readonly number[]): readonly number[] {
  if (!given.has(name)) return missing;
  const list = given.list(name);
  if (list.length !== 1 && list.length !== count) throw new ConfigFault(`${name} is ${list.join(', ')}`);
  return range(count).map((i) => list[list.length === 1 ? 0 : i]!);
}

/** @param size of the window */
function windowsOf(given: Arguments, to: Assembly, x: Tensor, size: readonly number[], missing: readonly number[]) {
  const layout = layoutOf(given, to, x);
  const count = layout.spatial.length;
  const strides = perAxis(given, 'strides', count, missing);
  const dilations = perAxis(given, 'dilation_rate', count, size.map(() => 1)); // prettier-ignore
  const kind = given.text('padding', 'valid').toLowerCase();
  if (kind !== 'same' && kind !== 'valid') throw new NotExpressible(`padding ${kind}`);
  const padding = layout.spatial.map((axis, i): readonly [number, number] => {
    const length = to.shape(x)[axis]!;
    if (kind === 'valid') return [0, 0];
    if (symbolic(length)) throw new NotExpressible('a free size under padding');
    return samePadding(length, size[i]!, strides[i]!, dilations[i]!);
  });
  return { layout, windows: { size, strides, dilations, padding } };
}

const kernelOf = (given: Arguments, to: Assembly, name: string): HostArray => to.array(given.tensor(name), 'a kernel');

function convolved(given: Arguments, to: Assembly): Tensor {
  const [x, kernel] = [given.tensor('inputs'), kernelOf(given, to, 'kernel')];
  const size = kernel.shape.slice(0, -2);
  const { layout, windows } = windowsOf(given, to, x, size, size.map(() => 1)); // prettier-ignore
  const groups = to.shape(x)[layout.channel]! / kernel.shape.at(-2)!;
  if (!Number.isInteger(groups)) throw new ConfigFault('its kernel is of another number of channels');
  return sliding.conv(to, x, kernel, layout.channel, layout.spatial, windows, groups);
}

/** @param kernel [...window, channels, multiplier] */
function eachChannel(given: Arguments, to: Assembly, kernel: HostArray): Tensor {
  const x = given.tensor('inputs');
  const size = kernel.shape.slice(0, -2);
  const [channels, multiplier] = kernel.shape.slice(-2) as [number, number];
  const { layout, windows } = windowsOf(given, to, x, size, size.map(() => 1)); // prettier-ignore
  if (to.shape(x)[layout.channel] !== channels) throw new ConfigFault('its kernel is of another number of channels');
  const filters = host.reshaped(kernel, [...size, 1, channels * multiplier]);
  return sliding.conv(to, x, filters, layout.channel, layout.spatial, windows, channels);
}

function separable(given: Arguments, to: Assembly): Tensor {
  const each = to.part('depthwise', () => eachChannel(given, to, kernelOf(given, to, 'depthwise_kernel')));
  const pointwise = kernelOf(given, to, 'pointwise_kernel');
  const matrix = host.reshaped(pointwise, [product(pointwise.shape.slice(0, -1)), pointwise.shape.at(-1)!]);
  return mixed(to, each, layoutOf(given, to, each).channel, matrix);
}

const pool = (kind: 'max' | 'average'): Operation =>
  operation('inputs pool_size strides padding data_format', (given, to) => {
    const x = given.tensor('inputs');
    const size = perAxis(given, 'pool_size', to.rank(x) - 2, []);
    const { layout, windows } = windowsOf(given, to, x, size, size);
    return sliding.pool(to, kind, x, layout.channel, layout.spatial, windows, false);
  });

/** Height and width of [examples, height, width, channels]. */
function grid(given: Arguments, to: Assembly, x: Tensor): readonly [number, number] {
  if (to.rank(x) !== 4) throw new NotExpressible('pictures without examples');
  return layoutOf(given, to, x).spatial as readonly [number, number];
}

function resized(given: Arguments, to: Assembly): Tensor {
  const x = given.tensor('images');
  if (given.flag('crop_to_aspect_ratio') || given.flag('pad_to_aspect_ratio'))
    throw new NotExpressible('a shape that is kept');
  if (!isArray(x) && to.builder.at(x.id).dtype !== 'float32') throw new NotExpressible('pictures of whole numbers');
  const wanted = perAxis(given, 'size', 2, []) as readonly [number, number];
  const picture = { axes: grid(given, to, x), wanted };
  return scaledTo(to, x, picture, given.text('interpolation', 'bilinear'), given.flag('antialias'));
}

/** What is left out, or put, before and behind a picture: three of the numbers tell the fourth. */
function borders(given: Arguments, to: Assembly, x: Tensor, what: 'cropping' | 'padding') {
  const axes = grid(given, to, x);
  const sides = [
    ['top', 'bottom', 'target_height'],
    ['left', 'right', 'target_width'],
  ] as const;
  return axes.map((axis, i) => {
    const [first, last, target] = sides[i]!;
    const size = to.shape(x)[axis]!;
    if (symbolic(size)) throw new NotExpressible('a free size');
    const of = (name: string): number | null => (given.has(name) ? given.number(name) : null);
    const [before, behind, wanted] = [of(`${first}_${what}`), of(`${last}_${what}`), of(target)];
    const all = wanted === null ? null : Math.abs(size - wanted);
    const front = before ?? (all === null || behind === null ? 0 : all - behind);
    const back = behind ?? (all === null ? 0 : all - front);
    if (front < 0 || back < 0 || (what === 'cropping' && front + back >= size))
      throw new ConfigFault(`a ${what} of ${front} and ${back} of ${size}`);
    return { axis, size, front, back };
  });
}

const GREY = [0.2989, 0.587, 0.114];

/** By class name in keras.ops. */
export const windows = {
  Conv: operation('inputs kernel', convolved),
  DepthwiseConv: operation('inputs kernel', (given, to) => eachChannel(given, to, kernelOf(given, to, 'kernel'))),
  SeparableConv: operation('inputs depthwise_kernel pointwise_kernel', separable),
  MaxPool: pool('max'),
  AveragePool: pool('average'),
  Resize: operation('images', resized),
  CropImages: operation('images', (given, to) => {
    const x = given.tensor('images');
    const cut = borders(given, to, x, 'cropping');
    const open = range(to.rank(x)).map(() => null);
    const placed = (of: (each: (typeof cut)[number]) => number): (number | null)[] =>
      open.map((_, axis) => cut.filter((each) => each.axis === axis).map(of)[0] ?? null);
    return moves.slice(to, x, placed(({ front }) => front), placed(({ size, back }) => size - back), open.map(() => 1)); // prettier-ignore
  }),
  PadImages: operation('images', (given, to) => {
    const x = given.tensor('images');
    const more = borders(given, to, x, 'padding');
    const padding = range(to.rank(x)).map((axis): readonly [number, number] => {
      const side = more.find((each) => each.axis === axis);
      return side ? [side.front, side.back] : [0, 0];
    });
    return moves.pad(to, x, padding, 'constant', 0);
  }),
  RGBToGrayscale: operation('images', (given, to) => {
    const x = given.tensor('images');
    return mixed(to, x, layoutOf(given, to, x).channel, host.reals([3, 1], GREY));
  }),
} satisfies Readonly<Record<string, Operation>>;
