/** An axis of another size: places picked, or mixed by a matrix that the way of resizing gives. */
import * as host from './array';
import { isArray, NotExpressible, range } from './array';
import { type Assembly, symbolic, type Tensor } from './assembly';
import { NO_BATCH } from './axes';
import { mixed } from './compositions';
import * as moves from './moves';

/** How a size is changed along an axis, by the names ONNX gives the ways. */
export interface Resizing {
  readonly method: 'nearest' | 'linear' | 'cubic';
  readonly coordinates: string;
  /** How `nearest` rounds. */
  readonly rounding: string;
  /** The free parameter of the cubic's kernel. */
  readonly cubic: number;
  /** Places outside weigh nothing, instead of having the edge's value. */
  readonly excludeOutside: boolean;
  /** The kernel is as wide as what it shrinks. */
  readonly antialias: boolean;
  /** TensorFlow looks the cubic's weights up in a table of so many steps between two places. */
  readonly table?: number;
}

/** Where a place of the result comes from. */
function sourcePlace(place: number, scale: number, size: number, count: number, coordinates: string): number {
  switch (coordinates) {
    case 'asymmetric':
      return place / scale;
    case 'align_corners':
      return count === 1 ? 0 : (place * (size - 1)) / (count - 1);
    case 'half_pixel':
      return (place + 0.5) / scale - 0.5;
    case 'tf_half_pixel_for_nn':
      return (place + 0.5) / scale;
    case 'half_pixel_symmetric':
      // The middle stays the middle where the size was rounded.
      return (size / 2) * (1 - count / (scale * size)) + (place + 0.5) / scale - 0.5;
    case 'pytorch_half_pixel':
      return count > 1 ? (place + 0.5) / scale - 0.5 : 0;
    default:
      throw new NotExpressible(`resizing by ${coordinates}`);
  }
}

function rounded(at: number, rounding: string): number {
  switch (rounding) {
    case 'floor':
      return Math.floor(at);
    case 'ceil':
      return Math.ceil(at);
    case 'round_prefer_ceil':
      return Math.floor(at + 0.5);
    default:
      return Math.ceil(at - 0.5);
  }
}

const KERNELS: Readonly<Record<'linear' | 'cubic', (distance: number, a: number) => number>> = {
  linear: (distance) => Math.max(0, 1 - distance),
  // Keys 1981
  cubic: (distance, a) =>
    distance <= 1
      ? ((a + 2) * distance - (a + 3)) * distance ** 2 + 1
      : distance < 2
        ? (((distance - 5) * distance + 8) * distance - 4) * a
        : 0,
};

/** One axis, of another size. */
export interface Resized {
  readonly axis: number;
  readonly count: number;
  /** What the file gives; the new size need not be the product. */
  readonly scale: number;
}

/**
 * Several axes of another size. Each takes its turn at the end of what is held: the result is held channels last again, so that its
 * units are channels.
 */
export const resizedOver = (
  to: Assembly,
  x: Tensor,
  axes: readonly Resized[],
  channels: number,
  by: Resizing,
): Tensor =>
  channelsLast(
    to,
    axes.reduce((value, { axis, count, scale }) => resized(to, value, axis, count, scale, by), x),
    channels,
  );

/** With these channels held last, where every axis is one: then units are channels. */
export function channelsLast(to: Assembly, x: Tensor, channels: number): Tensor {
  if (isArray(x) || x.opaque !== null || x.axes.some((group) => group.length > 1) || x.axes[channels]?.length !== 1)
    return x;
  const batch = to.batched ? to.batchAxis(x) : NO_BATCH;
  const held = range(x.axes.length).filter((axis) => x.axes[axis]!.length === 1 && axis !== batch && axis !== channels);
  const order = [batch, ...held, channels];
  const { id, lead } = to.arranged(x, order);
  return to.varying(id, to.axesOf(x.axes.length, x, order, lead));
}

/** @param scale what the file gives; the new size need not be the product */
function resized(to: Assembly, x: Tensor, axis: number, count: number, scale: number, by: Resizing): Tensor {
  const size = to.shape(x)[axis]!;
  if (size === count && scale === 1) return x;
  if (symbolic(size) || symbolic(count) || !(count >= 1) || size * count > 2 ** 26)
    throw new NotExpressible('resizing of a free size');
  const from = (place: number): number => sourcePlace(place, scale, size, count, by.coordinates);
  const inside = (place: number): number => Math.min(Math.max(place, 0), size - 1);
  if (by.method === 'nearest') {
    const places = range(count).map((place) => inside(rounded(from(place), by.rounding)));
    return moves.gather(to, x, host.wholes(places), axis);
  }
  const weights = new Float32Array(size * count);
  const kernel = KERNELS[by.method];
  const stretch = by.antialias ? Math.min(scale, 1) : 1;
  const reach = (by.method === 'linear' ? 1 : 2) / stretch;
  for (let place = 0; place < count; place++) {
    const exact = from(place);
    const whole = Math.floor(exact);
    const at = by.table ? whole + Math.round((exact - whole) * by.table) / by.table : exact;
    const near: [source: number, weight: number][] = [];
    for (let source = Math.ceil(at - reach); source <= Math.floor(at + reach); source++) {
      const weight = kernel(Math.abs(source - at) * stretch, by.cubic);
      if (weight !== 0 && !(by.excludeOutside && (source < 0 || source >= size))) near.push([source, weight]);
    }
    const total = near.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [source, weight] of near) weights[inside(source) * count + place]! += weight / total;
  }
  return mixed(to, x, axis, host.reals([size, count], weights));
}
