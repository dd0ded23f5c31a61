/** Pictures: parts cut out and made another size, morphology, contrast, the older and the smoothing ways of resizing. */
import * as host from '../../tensors/array';
import { isArray, NotExpressible, range, room } from '../../tensors/array';
import { AcrossBatch, symbolic, type Tensor } from '../../tensors/assembly';
import { mixed } from '../../tensors/compositions';
import { channelsLast } from '../../tensors/resizing';
import { along, stacked } from '../../tensors/pieces';
import type { TfCall } from '../call';
import type { Layout } from '../call';
import type { Row } from './row';
import * as moves from '../../tensors/moves';
import * as reductions from '../../tensors/reductions';

/** How much each place of an axis counts for each place of a result, [size, count]; nothing counts where a place lies outside. */
type Weights = (place: number) => readonly (readonly [source: number, weight: number])[];

function weighed(call: TfCall, x: Tensor, axis: number, count: number, weights: Weights): Tensor {
  const { to } = call;
  const size = to.shape(x)[axis]!;
  if (symbolic(size) || symbolic(count)) throw new NotExpressible('resizing of a free size');
  const matrix = new Float32Array(room([size, count]));
  for (const place of range(count))
    for (const [source, weight] of weights(place)) matrix[source * count + place]! += weight;
  return mixed(to, x, axis, host.reals([size, count], matrix));
}

/** Where a place of a box comes from, in the arithmetic of TensorFlow's kernel: the nearest place turns on its last bit. */
function sourceOf(from: number, until: number, size: number, count: number): (place: number) => number {
  const f = Math.fround;
  if (count === 1) return () => f(f(0.5 * f(from + until)) * (size - 1));
  const step = f(f(f(until - from) * (size - 1)) / (count - 1));
  return (place) => f(f(from * (size - 1)) + f(place * step));
}

/** Boxes of the picture of each example, [y₁, x₁, y₂, x₂] as shares of it, each made one size. */
const cropAndResize: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const boxes = to.array(call.input(1), 'a box');
  const owners = call.list(2, 'pictures of boxes');
  const sizes = call.list(3, 'a size');
  const nearest = call.text('method', 'bilinear') === 'nearest';
  const outside = call.float('extrapolation_value', 0);
  const [n, ...shape] = to.shape(x) as [number, number, number, number];
  if (symbolic(n) || (!isArray(x) && to.batchAxis(x) === 0)) throw new AcrossBatch('boxes of examples');
  const one = (box: number): Tensor => {
    const edges = range(4, 4 * box).map((at) => boxes.data[at]!);
    const picture = n === 1 ? x : along(to, x, 0, owners[box]!, owners[box]! + 1);
    let made = picture;
    const inside = [0, 1].map((side): boolean[] => {
      const [size, count] = [shape[side]!, sizes[side]!];
      const source = sourceOf(edges[side]!, edges[side + 2]!, size, count);
      const isInside = (place: number): boolean => source(place) >= 0 && source(place) <= size - 1;
      made = weighed(call, made, 1 + side, count, (place) => {
        if (!isInside(place)) return [];
        const at = source(place);
        if (nearest) return [[Math.round(at), 1]];
        const low = Math.floor(at);
        const high = Math.ceil(at);
        return high === low ? [[low, 1]] : [[low, high - at], [high, at - low]]; // prettier-ignore
      });
      return range(count).map(isInside);
    });
    made = channelsLast(to, made, 3);
    if (outside === 0 || inside.every((side) => side.every(Boolean))) return made;
    const [rows, columns] = inside as [boolean[], boolean[]];
    const rest = rows.flatMap((row) => columns.map((column) => (row && column ? 0 : outside)));
    return to.binary('add', made, host.reals([1, rows.length, columns.length, 1], rest));
  };
  return moves.concat(
    to,
    owners.map((_, box) => to.part(`box${box}`, () => one(box))),
    0,
  );
};

/** The largest of each window's values, each with what a filter adds at its place. */
const dilation: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const filter = to.array(call.input(1), 'a filter');
  const layout: Layout = { channel: 3, spatial: [1, 2] };
  const size = filter.shape.slice(0, 2);
  const [strides, dilations] = ['strides', 'rates'].map((key) => call.spatially(key, layout)) as [number[], number[]];
  const padding = call.padding(x, layout, size, strides, dilations);
  if (padding === 'same') throw new NotExpressible('morphology of a free size');
  const wide = moves.pad(to, x, [[0, 0], ...padding, [0, 0]], 'constant', -1e30);
  const shape = to.shape(wide);
  if (shape.slice(1).some(symbolic)) throw new NotExpressible('morphology of a free size');
  const counts = layout.spatial.map(
    (axis, i) => Math.floor((shape[axis]! - (size[i]! - 1) * dilations[i]! - 1) / strides[i]!) + 1,
  );
  const seen = range(size[0]! * size[1]!).map((place) => {
    const at = [Math.floor(place / size[1]!), place % size[1]!];
    const begin = at.map((each, i) => each * dilations[i]!);
    const end = begin.map((each, i) => each + (counts[i]! - 1) * strides[i]! + 1);
    const part = moves.slice(to, wide, [null, ...begin, null], [null, ...end, null], [1, ...strides, 1]);
    const own = moves.slice(to, filter, [...at, null], at.map((each) => each + 1).concat(filter.shape[2]!), [1, 1, 1]);
    return to.binary('add', part, own);
  });
  return reductions.reduce(to, 'max', stacked(to, seen, 4), [4], false);
};

/** How far kernels of resizing reach, and what they weigh a distance with. */
const KERNELS: Readonly<Record<string, readonly [reach: number, weight: (distance: number) => number]>> = {
  box: [1, (d) => (d < 0.5 ? 1 : d === 0.5 ? 0.5 : 0)],
  triangle: [1, (d) => Math.max(0, 1 - d)],
  lanczos1: [1, (d) => lanczos(d, 1)],
  lanczos3: [3, (d) => lanczos(d, 3)],
  lanczos5: [5, (d) => lanczos(d, 5)],
  gaussian: [1.5, (d) => (d >= 1.5 ? 0 : Math.exp((-d * d) / (2 * 0.5 ** 2)))],
  keyscubic: [2, (d) => (d >= 2 ? 0 : d >= 1 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : (1.5 * d - 2.5) * d * d + 1)],
  mitchellcubic: [
    2,
    (d) => (d >= 2 ? 0 : d >= 1 ? (((-7 / 18) * d + 2) * d - 10 / 3) * d + 16 / 9 : ((7 / 6) * d - 2) * d * d + 8 / 9),
  ],
};

function lanczos(distance: number, radius: number): number {
  if (distance > radius) return 0;
  if (distance <= 1e-3) return 1;
  const angle = Math.PI * distance;
  return (radius * Math.sin(angle) * Math.sin(angle / radius)) / (angle * angle);
}

/** A window of the picture made another size by a kernel. */
const scaleAndTranslate: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const [sizes, scales, shifts] = [call.list(1, 'a size'), call.list(2, 'a scale'), call.list(3, 'a shift')];
  const kernel = KERNELS[call.text('kernel_type', 'lanczos3')];
  if (!kernel) throw new NotExpressible(`resizing by ${call.text('kernel_type', '')}`);
  const [reach, weight] = kernel;
  const made = [0, 1].reduce<Tensor>((value, side) => {
    const size = to.shape(value)[1 + side]!;
    const inverse = 1 / scales[side]!;
    const stretch = call.flag('antialias', true) ? Math.max(inverse, 1) : 1;
    return weighed(call, value, 1 + side, sizes[side]!, (place) => {
      const at = (place + 0.5) * inverse - shifts[side]! * inverse;
      if (at < 0 || at > size) return [];
      const near = range(size).flatMap((source): (readonly [number, number])[] => {
        const distance = Math.abs(source + 0.5 - at);
        return distance <= reach * stretch ? [[source, weight(distance / stretch)]] : [];
      });
      const total = near.reduce((sum, [, each]) => sum + each, 0);
      return Math.abs(total) < 1e-10 ? [] : near.map(([source, each]) => [source, each / total] as const);
    });
  }, x);
  return channelsLast(to, made, 3);
};

/** Each place the mean of what it covers. */
const resizeArea: Row = (call) => {
  const { to } = call;
  const sizes = call.list(1, 'a size');
  const made = [0, 1].reduce<Tensor>((value, side) => {
    const size = to.shape(value)[1 + side]!;
    const count = sizes[side]!;
    const aligned = call.flag('align_corners') && count > 1;
    const step = aligned ? (size - 1) / (count - 1) : size / count;
    return weighed(call, value, 1 + side, count, (place) => {
      const [from, until] = [place * step, (place + 1) * step];
      return range(Math.ceil(until) - Math.floor(from), Math.floor(from)).map((source) => {
        const covered = Math.min(source + 1, until) - Math.max(source, from);
        return [Math.min(source, size - 1), covered / step] as const;
      });
    });
  }, call.input(0));
  return channelsLast(to, made, 3);
};

const contrast: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const rank = to.rank(x);
  const mean = reductions.reduce(to, 'mean', x, [rank - 3, rank - 2], true);
  const apart = to.binary('mul', to.binary('sub', x, mean), to.array(call.input(1), 'a factor'));
  return to.binary('add', apart, mean);
};

export const pictures: Readonly<Record<string, Row>> = {
  AdjustContrastv2: contrast,
  CropAndResize: cropAndResize,
  Dilation2D: dilation,
  ResizeArea: resizeArea,
  ScaleAndTranslate: scaleAndTranslate,
};
