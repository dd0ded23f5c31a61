/** Numbers taken from, and put to, places that the file tells: GatherND, GatherElements, ScatterND, ScatterElements. */
import { isArray, NotExpressible, product, range, type HostArray } from '../../tensors/array';
import { AcrossBatch, type Tensor, type Varying } from '../../tensors/assembly';
import {
  everyPlace,
  type Frame,
  frameOf,
  type Joining,
  oneOf,
  placeIn,
  put,
  stridesOf,
  taken,
} from '../../tensors/places';
import * as host from '../../tensors/array';
import type { OnnxCall } from '../call';
import type { Row } from './row';

/** The frame of data that may be fixed: then it has no batch. */
const framed = (call: OnnxCall, x: Tensor): Frame => (isArray(x) ? { shape: x.shape, batch: -1 } : frameOf(call.to, x));

/** Numbers of data at places, in a shape. */
function picked(call: OnnxCall, x: Tensor, places: readonly number[], frame: Frame): Tensor {
  if (!isArray(x)) return taken(call.to, x, places, frame);
  return host.reshaped(host.picked(host.reshaped(x, [x.data.length]), 0, places), frame.shape);
}

/** The places of elements, each at its own place but along an axis, where it says which. */
function alongAxis(indices: HostArray, frame: Frame, axis: number): number[] {
  const strides = stridesOf(frame.shape);
  const places: number[] = [];
  for (const place of everyPlace(indices.shape)) {
    const index = placeIn(frame, axis, indices.data[places.length]!, frame.shape[axis]!);
    places.push(place.reduce((sum, each, i) => sum + (i === axis ? index : each) * strides[i]!, 0));
  }
  return places;
}

const gatherElements: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const frame = framed(call, x);
  const indices = oneOf(to, to.array(call.input(1), 'positions'), frame.batch);
  const axis = to.axis(x, call.int('axis', 0));
  return picked(call, x, alongAxis(indices, frame, axis), { shape: indices.shape, batch: frame.batch });
};

const gatherNd: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const frame = framed(call, x);
  const own = call.int('batch_dims', 0);
  const array = to.array(call.input(1), 'positions');
  const indices = frame.batch >= 0 && frame.batch < own ? oneOf(to, array, frame.batch) : array;
  const depth = indices.shape.at(-1)!;
  const outer = indices.shape.slice(0, -1);
  const rest = frame.shape.slice(own + depth);
  const have = isArray(x) ? [] : to.shape(x);
  const strides = stridesOf(frame.shape);
  const places: number[] = [];
  let at = 0;
  for (const place of everyPlace(outer)) {
    let first = range(own).reduce((sum, axis) => sum + place[axis]! * strides[axis]!, 0);
    for (let i = 0; i < depth; i++)
      first += placeIn(frame, own + i, indices.data[at++]!, have[own + i] ?? 1) * strides[own + i]!;
    for (let i = 0; i < product(rest); i++) places.push(first + i);
  }
  // The batch is among what is before the positions, or among what is behind; picked out it was the one example of a file.
  const { batch } = frame;
  const moved = batch < 0 ? -1 : batch < own ? batch : batch - own - depth + outer.length;
  if (batch >= own && batch < own + depth) {
    const made = picked(call, x, places, { shape: [1, ...outer, ...rest], batch: 0 });
    if (outer[0] !== 1) throw new AcrossBatch('an example picked several times');
    return to.reshape(made, [to.shape(made)[0]!, ...outer.slice(1), ...rest]);
  }
  return picked(call, x, places, { shape: [...outer, ...rest], batch: moved });
};

const joiningOf = (call: OnnxCall): Joining => {
  const name = call.text('reduction', 'none');
  const known = (['none', 'add', 'mul', 'max', 'min'] as const).find((each) => each === name);
  if (!known) throw new NotExpressible(`places joined by ${name}`);
  return known;
};

/** The frame of data and updates, of which one at least varies, and both in that frame. */
function both(call: OnnxCall, data: Tensor, updates: Tensor, batchOf: (x: Varying) => number): Frame {
  if (!isArray(data)) return frameOf(call.to, data);
  if (isArray(updates)) return { shape: data.shape, batch: -1 };
  const batch = batchOf(updates);
  return { shape: oneOf(call.to, data, batch).shape, batch };
}

const scatterElements: Row = (call) => {
  const { to } = call;
  const [data, updates] = [call.input(0), call.input(2)];
  const frame = both(call, data, updates, (x) => to.batchAxis(x));
  const fixed = (x: Tensor): Tensor => (isArray(x) ? oneOf(to, x, frame.batch) : x);
  const indices = fixed(to.array(call.input(1), 'positions')) as HostArray;
  const axis = to.axis(data, call.int('axis', 0));
  return put(to, fixed(data), fixed(updates), alongAxis(indices, frame, axis), frame, joiningOf(call));
};

const scatterNd: Row = (call) => {
  const { to } = call;
  const [data, updates] = [call.input(0), call.input(2)];
  const indices = to.array(call.input(1), 'positions');
  const depth = indices.shape.at(-1)!;
  const outer = indices.shape.slice(0, -1);
  // Axes of the updates behind the positions are the data's behind those that positions tell.
  const frame = both(call, data, updates, (x) => {
    const batch = to.batchAxis(x);
    return batch < 0 ? -1 : batch < outer.length ? 0 : batch - outer.length + depth;
  });
  const fixed = isArray(data) ? oneOf(to, data, frame.batch) : data;
  const have = to.shape(data);
  const rest = frame.shape.slice(depth);
  const strides = stridesOf(frame.shape);
  const places: number[] = [];
  let at = 0;
  for (const place of everyPlace(outer)) {
    if (place.length !== outer.length) throw new NotExpressible('positions of another shape');
    let first = 0;
    for (let i = 0; i < depth; i++) first += placeIn(frame, i, indices.data[at++]!, have[i]!) * strides[i]!;
    for (let i = 0; i < product(rest); i++) places.push(first + i);
  }
  const own =
    isArray(updates) && frame.batch >= depth ? oneOf(to, updates, frame.batch - depth + outer.length) : updates;
  return put(to, fixed, own, places, frame, joiningOf(call));
};

export const placed: Readonly<Record<string, Row>> = {
  GatherElements: gatherElements,
  GatherND: gatherNd,
  ScatterElements: scatterElements,
  Scatter: scatterElements,
  ScatterND: scatterNd,
};
