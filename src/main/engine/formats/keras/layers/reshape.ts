/** Layers that move values about. */
import type { ValueId } from '../../../graph/graph';
import type { Padding } from '../../../graph/ops';
import { ConfigFault } from '../../json';
import { type LayerCall, NotExpressible } from '../call';
import type { LayerRow } from '../row';
import { ones } from './conv';

/** Sizes for a reshape: −1 for the one free size there may be. */
function sizes(shape: readonly (number | null)[]): number[] {
  if (shape.filter((size) => size === null).length > 1) throw new NotExpressible('several free sizes');
  return shape.map((size) => size ?? -1);
}

const leadingOf = (call: LayerCall): (number | null)[] => call.shape().slice(0, call.lead);

function flatten(call: LayerCall): ValueId {
  const shape = call.shape();
  let x = call.input;
  // Channels-first values are flattened as if their channels were last.
  if (call.channelsFirst && shape.length - call.lead > 1) {
    const axes = shape.map((_, axis) => axis);
    const { lead } = call;
    x = call.op(
      'transpose',
      [x],
      { permutation: [...axes.slice(0, lead), ...axes.slice(lead + 1), lead] },
      'channels_last',
    );
  }
  const inner = shape.slice(call.lead);
  const size = inner.includes(null) ? null : (inner as number[]).reduce((product, each) => product * each, 1);
  return call.op('reshape', [x], { shape: sizes([...leadingOf(call), size]) }, 'flat');
}

function reshape(call: LayerCall): ValueId {
  const target = call.config.list('target_shape').map((size) => {
    if (size === null) return -1; // Keras 3 writes what it could not infer as null
    if (!Number.isInteger(size))
      throw new ConfigFault(`target_shape is ${JSON.stringify(call.config.get('target_shape'))}`);
    return size as number;
  });
  const inner = call.shape().slice(call.lead);
  const open = target.indexOf(-1);
  if (open >= 0 && !inner.includes(null)) {
    const total = (inner as number[]).reduce((product, each) => product * each, 1);
    const given = target.reduce((product, each) => (each === -1 ? product : product * each), 1);
    if (given > 0 && total % given === 0) target[open] = total / given;
  }
  const known = target.map((size) => (size === -1 ? null : size));
  return call.op('reshape', [call.input], { shape: sizes([...leadingOf(call), ...known]) }, 'shaped');
}

function permute(call: LayerCall): ValueId {
  const dims = call.config.list('dims').map((axis) => {
    if (!Number.isInteger(axis)) throw new ConfigFault(`dims is ${JSON.stringify(call.config.get('dims'))}`);
    return (axis as number) - 1 + call.lead;
  });
  const leading = leadingOf(call).map((_, axis) => axis);
  return call.op('transpose', [call.input], { permutation: [...leading, ...dims] }, 'permuted');
}

/** [features] → [n, features] */
function repeatVector(call: LayerCall): ValueId {
  call.wantRank(1);
  const times = call.config.whole('n');
  const row = call.op(
    'reshape',
    [call.input],
    { shape: sizes([...leadingOf(call), 1, ...call.shape().slice(-1)]) },
    'row',
  );
  return call.op('tile', [row], { repeats: [...ones(call.lead), times, 1] }, 'repeated');
}

/** `padding` or `cropping` of one number, one per axis, or a pair per axis. */
function pairs(call: LayerCall, key: string, spatial: number): [number, number][] {
  const value = call.config.get(key) ?? 1;
  const list = Array.isArray(value) ? value : new Array<unknown>(spatial).fill(value);
  // One axis: its pair may stand alone.
  const perAxis = spatial === 1 && list.length === 2 && !Array.isArray(list[0]) ? [list] : list;
  const result = perAxis.map((each) => (Array.isArray(each) ? each : [each, each]) as unknown[]);
  const right = result.every(
    (pair) => pair.length === 2 && pair.every((n) => Number.isInteger(n) && (n as number) >= 0),
  );
  if (result.length !== spatial || !right) throw new ConfigFault(`${key} is ${JSON.stringify(value).slice(0, 60)}`);
  return result as [number, number][];
}

/** The first spatial axis of the layer's values. */
const firstSpatial = (call: LayerCall): number => call.lead + (call.channelsFirst ? 1 : 0);

function zeroPadding(spatial: number): LayerRow['translate'] {
  return (call) => {
    call.wantRank(spatial + 1);
    const first = firstSpatial(call);
    const given = pairs(call, 'padding', spatial);
    const padding: Padding = call.shape().map((_, axis) => given[axis - first] ?? ([0, 0] as const));
    return call.op('pad', [call.input], { padding, mode: 'constant', value: 0 }, 'padded');
  };
}

function cropping(spatial: number): LayerRow['translate'] {
  return (call) => {
    call.wantRank(spatial + 1);
    const first = firstSpatial(call);
    const given = pairs(call, 'cropping', spatial);
    const shape = call.shape();
    const begin = shape.map((_, axis) => given[axis - first]?.[0] ?? null);
    const end = shape.map((_, axis) => -(given[axis - first]?.[1] ?? 0) || null);
    return call.op('slice', [call.input], { begin, end, strides: shape.map(() => 1) }, 'cropped');
  };
}

/** Each position `size` times along every spatial axis, or bilinear in between. */
function upsampling(spatial: number): LayerRow['translate'] {
  return (call) => {
    call.wantRank(spatial + 1);
    const scale = call.config.perAxis('size', spatial, 2);
    const method = call.config.text('interpolation', 'nearest');
    if (spatial === 2 && !call.lead && (method === 'nearest' || method === 'bilinear'))
      return call.spatially((x) => call.op('upsample', [x], { scale, method }, 'upsampled'));
    if (method !== 'nearest') throw new NotExpressible(`interpolation ${method}`);
    const first = firstSpatial(call);
    return scale.reduce(
      (x, repeats, axis) => call.op('repeat', [x], { axis: first + axis, repeats }, `repeated_${axis + 1}`),
      call.input,
    );
  };
}

const row = (translate: LayerRow['translate'], units: LayerRow['units']): LayerRow => ({ translate, units });

export const reshaping: Readonly<Record<string, LayerRow>> = {
  Flatten: row(flatten, 'last'),
  Reshape: row(reshape, 'last'),
  Permute: row(permute, 'last'),
  RepeatVector: row(repeatVector, 'last'),
  ZeroPadding1D: row(zeroPadding(1), 'format'),
  ZeroPadding2D: row(zeroPadding(2), 'format'),
  ZeroPadding3D: row(zeroPadding(3), 'format'),
  Cropping1D: row(cropping(1), 'format'),
  Cropping2D: row(cropping(2), 'format'),
  Cropping3D: row(cropping(3), 'format'),
  UpSampling1D: row(upsampling(1), 'format'),
  UpSampling2D: row(upsampling(2), 'format'),
  UpSampling3D: row(upsampling(3), 'format'),
};
