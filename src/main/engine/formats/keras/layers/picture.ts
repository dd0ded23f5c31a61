/** Pictures brought to a size: `tf.image.resize` and what Keras cuts or adds before it. */
import type { ValueId } from '../../../graph/graph';
import { ConfigFault } from '../../json';
import { type Assembly, symbolic, type Tensor } from '../../tensors/assembly';
import * as moves from '../../tensors/moves';
import { resizedOver, type Resizing } from '../../tensors/resizing';
import { type LayerCall, NotExpressible } from '../call';
import type { LayerRow } from '../row';

const METHODS: Readonly<Record<string, Resizing['method']>> = {
  nearest: 'nearest',
  bilinear: 'linear',
  bicubic: 'cubic',
};

interface Picture {
  readonly call: LayerCall;
  readonly x: Tensor;
  /** Of height and width, the batch counted. */
  readonly axes: readonly [number, number];
  readonly wanted: readonly [number, number];
}

function pictureOf(call: LayerCall): Picture {
  call.wantRank(3);
  const axes = call.channelsFirst ? ([2, 3] as const) : ([1, 2] as const);
  return { call, x: call.tensor(), axes, wanted: [call.config.whole('height'), call.config.whole('width')] };
}

function sizesOf(to: Assembly, { x, axes }: Pick<Picture, 'x' | 'axes'>): [number, number] {
  const [height, width] = axes.map((axis) => to.shape(x)[axis]!) as [number, number];
  if (symbolic(height) || symbolic(width)) throw new NotExpressible('a free size');
  return [height, width];
}

/** The middle of a picture, of these sizes. */
function middle(to: Assembly, { x, axes }: Picture, sizes: readonly [number, number]): Tensor {
  const have = sizesOf(to, { x, axes });
  const rank = to.rank(x);
  const [begin, end] = [new Array<number | null>(rank).fill(null), new Array<number | null>(rank).fill(null)];
  axes.forEach((axis, i) => {
    const first = Math.floor((have[i]! - sizes[i]!) / 2);
    [begin[axis], end[axis]] = [first, first + sizes[i]!];
  });
  return moves.slice(to, x, begin, end, new Array<number>(rank).fill(1));
}

/** The largest part in the middle that has the shape of what is wanted. */
function cutToShape(to: Assembly, picture: Picture): Tensor {
  const [height, width] = sizesOf(to, picture);
  const [tall, wide] = picture.wanted;
  const part = (size: number, other: number, own: number, across: number): number =>
    Math.max(Math.min(size, Math.trunc(Math.fround(other * own) / across)), 1);
  return middle(to, picture, [part(height, width, tall, wide), part(width, height, wide, tall)]);
}

/** The picture with a border that gives it the shape of what is wanted. */
function paddedToShape(to: Assembly, { x, axes, wanted: [tall, wide] }: Picture, value: number): Tensor {
  const [height, width] = sizesOf(to, { x, axes });
  const border = (size: number, other: number, own: number, across: number): number =>
    Math.trunc((Math.max(size, Math.trunc(Math.fround(other * own) / across)) - size) / 2);
  const borders = [border(height, width, tall, wide), border(width, height, wide, tall)];
  const padding = to.shape(x).map((_, axis) => {
    const at = axes.indexOf(axis);
    return at < 0 ? ([0, 0] as const) : ([borders[at]!, borders[at]!] as const);
  });
  return moves.pad(to, x, padding, 'constant', value);
}

/** Pictures of another size, by the name that Keras gives the way. */
export function scaledTo(
  to: Assembly,
  x: Tensor,
  { axes, wanted }: Pick<Picture, 'axes' | 'wanted'>,
  name: string,
  antialias: boolean,
): Tensor {
  const method = Object.hasOwn(METHODS, name) ? METHODS[name]! : null;
  if (!method) throw new NotExpressible(`interpolation ${name}`);
  const smooth = antialias && method !== 'nearest';
  const by: Resizing = {
    method,
    coordinates: method === 'nearest' ? 'tf_half_pixel_for_nn' : 'half_pixel',
    rounding: 'floor',
    cubic: -0.5,
    excludeOutside: true,
    antialias: smooth,
    ...(method === 'cubic' && !smooth && { table: 1024 }),
  };
  const have = sizesOf(to, { x, axes });
  const channels = axes.includes(1) ? 3 : 1;
  const all = axes.map((axis, i) => ({ axis, count: wanted[i]!, scale: wanted[i]! / have[i]! }));
  return resizedOver(to, x, all, channels, by);
}

function resizing(call: LayerCall): ValueId {
  const { config } = call;
  const picture = pictureOf(call);
  const method = config.text('interpolation', 'bilinear');
  if (call.keras >= 3 && method !== 'nearest' && call.to.builder.at(call.input).dtype !== 'float32')
    throw new NotExpressible('pictures of whole numbers, which it rounds');
  const made = call.assembled('resized', (to) => {
    const cut = config.flag('crop_to_aspect_ratio', false);
    const padded = config.flag('pad_to_aspect_ratio', false);
    if (cut && padded) throw new ConfigFault('it both cuts and pads');
    if (padded && config.text('fill_mode', 'constant') !== 'constant') throw new NotExpressible('a fill_mode');
    const shaped = cut
      ? cutToShape(to, picture)
      : padded
        ? paddedToShape(to, picture, config.number('fill_value', 0))
        : picture.x;
    return scaledTo(to, shaped, picture, method, config.flag('antialias', false));
  });
  return call.value(made, 'resized');
}

/** The middle; of a picture that is smaller on a side, the largest part of that shape, enlarged. */
function centreCrop(call: LayerCall): ValueId {
  const picture = pictureOf(call);
  const made = call.assembled('cropped', (to) => {
    const [height, width] = sizesOf(to, picture);
    const [tall, wide] = picture.wanted;
    if (height >= tall && width >= wide) return middle(to, picture, picture.wanted);
    return scaledTo(to, cutToShape(to, picture), picture, 'bilinear', false);
  });
  return call.value(made, 'cropped');
}

const row = (translate: LayerRow['translate']): LayerRow => ({ translate, units: 'format' });

export const pictures: Readonly<Record<string, LayerRow>> = {
  Resizing: row(resizing),
  CenterCrop: row(centreCrop),
};
