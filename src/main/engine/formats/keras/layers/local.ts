/** Keras 2's convolutions without shared weights: at every position a filter of its own. */
import type { ValueId } from '../../../graph/graph';
import { ConfigFault } from '../../json';
import { product, range, reals, wholes, type HostArray } from '../../tensors/array';
import type { Tensor } from '../../tensors/assembly';
import { contraction } from '../../tensors/contraction';
import * as moves from '../../tensors/moves';
import { activationOf } from '../activations';
import { type LayerCall, NotExpressible } from '../call';
import type { LayerRow } from '../row';

interface Field {
  /** Per spatial axis: size of the input, of the window, of the output; stride; zeros before. */
  readonly sizes: readonly number[];
  readonly window: readonly number[];
  readonly output: readonly number[];
  readonly strides: readonly number[];
  readonly before: readonly number[];
  readonly channels: number;
  readonly filters: number;
}

function fieldOf(call: LayerCall, spatial: number): Field {
  const { config } = call;
  if (call.channelsFirst) throw new NotExpressible('channels first');
  call.wantRank(spatial + 1);
  const sizes = range(spatial).map((axis) => call.known(axis));
  const window = config.perAxis('kernel_size', spatial);
  const strides = config.perAxis('strides', spatial, 1);
  const same = config.text('padding', 'valid') === 'same';
  const output = sizes.map((size, axis) => Math.ceil((same ? size : size - window[axis]! + 1) / strides[axis]!));
  if (output.some((size) => size < 1)) throw new ConfigFault(`a window of ${window.join(', ')} does not fit its input`);
  const before = window.map((size) => (same ? Math.floor(size / 2) : 0));
  return { sizes, window, output, strides, before, channels: call.known(spatial), filters: config.whole('filters') };
}

/** Where window place `k` of output place `p` lies in the input; outside for zeros. */
const source = ({ strides, before }: Field, axis: number, p: number, k: number): number =>
  p * strides[axis]! - before[axis]! + k;

/** Row-major: the places of an index, and the index of places. */
const placesOf = (index: number, sizes: readonly number[]): number[] =>
  sizes.map((size, axis) => Math.floor(index / product(sizes.slice(axis + 1))) % size);
const indexOf = (places: readonly number[], sizes: readonly number[]): number =>
  places.reduce((sum, place, axis) => sum * sizes[axis]! + place, 0);

/** For every output place, window place and channel, where in the input it reads: −1 outside. [positions · window · channels] */
function reads(field: Field): Int32Array {
  const { sizes, window, output, channels } = field;
  const [positions, places] = [product(output), product(window)];
  const found = new Int32Array(positions * places * channels);
  for (let p = 0; p < positions; p++)
    for (let k = 0; k < places; k++) {
      const [at, within] = [placesOf(p, output), placesOf(k, window)];
      const from = at.map((each, axis) => source(field, axis, each, within[axis]!));
      const inside = from.every((each, axis) => each >= 0 && each < sizes[axis]!);
      for (let c = 0; c < channels; c++)
        found[(p * places + k) * channels + c] = inside ? indexOf(from, sizes) * channels + c : -1;
    }
  return found;
}

/** The filters as [positions, window · channels, filters], by Keras's three ways to keep them. */
function kernelOf(call: LayerCall, field: Field): { kernel: HostArray; bias: ValueId | undefined } {
  const { sizes, window, output, channels, filters } = field;
  const [positions, reach] = [product(output), product(window) * channels];
  const way = call.config.whole('implementation', 1);
  const from = way === 1 ? null : reads(field);
  const shape =
    way === 1
      ? [positions, reach, filters]
      : way === 2
        ? [...sizes, channels, ...output, filters]
        : way === 3
          ? [from!.filter((each) => each >= 0).length * filters]
          : null;
  if (!shape) throw new ConfigFault(`implementation is ${way}`);
  const biased = call.config.flag('use_bias', true);
  const [stored, bias] = call.weights(
    ['kernel', shape],
    ...(biased ? ([['bias', [...output, filters]]] as const) : []),
  );
  const kernel = call.derived('filters', () => {
    const own = call.data(stored!).data as Float32Array;
    const data = way === 1 ? own : way === 2 ? ofMatrix(own, from!, field) : ofSparse(own, from!, field);
    return { shape: [positions, reach, filters], data };
  });
  return { kernel: call.array(kernel), bias };
}

/** From a matrix of every input to every output, most of it masked. */
function ofMatrix(stored: Float32Array, from: Int32Array, { output, filters }: Field): Float32Array {
  const positions = product(output);
  const reach = from.length / positions;
  const data = new Float32Array(from.length * filters);
  from.forEach((input, at) => {
    if (input < 0) return;
    const position = Math.floor(at / reach);
    for (let f = 0; f < filters; f++) data[at * filters + f] = stored[(input * positions + position) * filters + f]!;
  });
  return data;
}

/** From a list, in the order of the outputs (position, filter) and of the inputs that each of them reads. */
function ofSparse(stored: Float32Array, from: Int32Array, { output, filters }: Field): Float32Array {
  const reach = from.length / product(output);
  const data = new Float32Array(from.length * filters);
  let next = 0;
  for (let position = 0; position < product(output); position++)
    for (let f = 0; f < filters; f++)
      // A window's places are in the order of the inputs they read.
      for (let at = position * reach; at < (position + 1) * reach; at++)
        if (from[at]! >= 0) data[at * filters + f] = stored[next++]!;
  return data;
}

/** [N, …sizes, C] → [N, positions, window · channels] */
function patches(call: LayerCall, { sizes, window, output, strides, before, channels }: Field): Tensor {
  const { to } = call;
  const spatial = sizes.length;
  const first = call.tensor();
  const zeros = window.map((size, axis) => {
    const reach = (output[axis]! - 1) * strides[axis]! + size;
    return [before[axis]!, Math.max(0, reach - before[axis]! - sizes[axis]!)] as const;
  });
  const padding = [[0, 0] as const, ...zeros, [0, 0] as const];
  const spread = range(spatial).reduce<Tensor>(
    (x, axis) => {
      const places = range(output[axis]! * window[axis]!).map(
        (i) => Math.floor(i / window[axis]!) * strides[axis]! + (i % window[axis]!),
      );
      return moves.gather(to, x, wholes(places), axis + 1);
    },
    moves.pad(to, first, padding, 'constant', 0),
  );
  const batch = to.shape(spread)[0]!;
  const parted = to.reshape(spread, [batch, ...output.flatMap((size, axis) => [size, window[axis]!]), channels]);
  const order = [0, ...range(spatial).map((i) => 1 + 2 * i), ...range(spatial).map((i) => 2 + 2 * i), 2 * spatial + 1];
  return to.reshape(to.transpose(parted, order), [batch, product(output), product(window) * channels]);
}

function local(spatial: number): LayerRow['translate'] {
  return (call) => {
    const { to } = call;
    const field = fieldOf(call, spatial);
    const { kernel, bias } = kernelOf(call, field);
    const linear = call.assembled('pre', () => {
      const made = contraction(to, 'npk,pkf->npf', [patches(call, field), kernel]);
      const batch = to.shape(made)[0]!;
      const shaped = to.reshape(made, [batch, ...field.output, field.filters]);
      if (bias === undefined) return shaped;
      const { shape, data } = call.array(bias);
      return to.binary('add', shaped, reals([1, ...shape], data as Float32Array));
    });
    const pre = call.value(linear, 'pre');
    return activationOf(call)?.(pre) ?? pre;
  };
}

const row = (translate: LayerRow['translate']): LayerRow => ({ translate, units: 'last' });

export const localLayers: Readonly<Record<string, LayerRow>> = {
  LocallyConnected1D: row(local(1)),
  LocallyConnected2D: row(local(2)),
};
