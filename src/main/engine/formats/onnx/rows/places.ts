/** Numbers taken from, and put to, places that the file tells: GatherND, GatherElements, ScatterND, ScatterElements. */
import { isArray, NotExpressible, type HostArray } from '../../tensors/array';
import type { Assembly, Tensor } from '../../tensors/assembly';
import {
  commonFrame,
  everyPlace,
  type Frame,
  frameOfAny,
  gatheredAt,
  type Joining,
  oneOf,
  placeIn,
  put,
  scatteredAt,
  stridesOf,
  takenOfAny,
} from '../../tensors/places';
import { fromFront, gatheredEach, scatteredEach } from '../../tensors/positions';
import { segmentsOver } from '../../tensors/segments';
import type { OnnxCall } from '../call';
import type { Row } from './row';

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
  const axis = to.axis(x, call.int('axis', 0));
  const given = call.input(1);
  if (!isArray(given)) return gatheredEach(to, x, given, axis);
  const frame = frameOfAny(to, x);
  const indices = oneOf(to, given, frame.batch);
  return takenOfAny(to, x, alongAxis(indices, frame, axis), { shape: indices.shape, batch: frame.batch });
};

const joiningOf = (call: OnnxCall): Joining => {
  const name = call.text('reduction', 'none');
  const known = (['none', 'add', 'mul', 'max', 'min'] as const).find((each) => each === name);
  if (!known) throw new NotExpressible(`places joined by ${name}`);
  return known;
};

/** Positions along the first axis that are the same at every place of the others: `[n, 1 …]` that was repeated. */
function repeated(to: Assembly, indices: Tensor): Tensor | null {
  if (isArray(indices)) return null;
  const node = to.builder.producer(indices.id);
  const alone = node?.op === 'tile' ? to.varying(node.inputs[0]!, indices.axes) : indices;
  const [size, ...others] = to.shape(alone);
  return others.every((each) => each === 1) ? to.reshape(alone, [size!]) : null;
}

/** Numbers put where the input tells; to whole rows, what messages along a graph's edges come to at its nodes. */
function putAsTold(call: OnnxCall, indices: Tensor): Tensor {
  const { to } = call;
  const [data, updates] = [call.input(0), call.input(2)];
  const axis = to.axis(data, call.int('axis', 0));
  const joining = joiningOf(call);
  if (joining !== 'add' && joining !== 'none')
    throw new NotExpressible(`positions that depend on the input, joined by ${joining}`);
  const rows = axis === 0 && joining === 'add' ? repeated(to, indices) : null;
  if (rows === null) return scatteredEach(to, data, indices, updates, axis, joining);
  const [size, ...rest] = to.shape(data);
  if (!same(rest, to.shape(updates).slice(1))) throw new NotExpressible('rows in part');
  const sums = segmentsOver(to, updates, fromFront(to, rows, size!), size!, 'sum', 0);
  return isArray(data) && data.data.every((each) => each === 0) ? sums : to.binary('add', data, sums);
}
const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((each, i) => each === b[i]);

const scatterElements: Row = (call) => {
  const { to } = call;
  const positions = call.input(1);
  if (!isArray(positions)) return putAsTold(call, positions);
  const [data, updates] = [call.input(0), call.input(2)];
  const frame = commonFrame(to, data, updates, (x) => to.batchAxis(x));
  const fixed = (x: Tensor): Tensor => (isArray(x) ? oneOf(to, x, frame.batch) : x);
  const indices = fixed(positions) as HostArray;
  const axis = to.axis(data, call.int('axis', 0));
  return put(to, fixed(data), fixed(updates), alongAxis(indices, frame, axis), frame, joiningOf(call));
};

export const placed: Readonly<Record<string, Row>> = {
  GatherElements: gatherElements,
  GatherND: (call) =>
    gatheredAt(call.to, call.input(0), call.to.array(call.input(1), 'positions'), call.int('batch_dims', 0)),
  ScatterElements: scatterElements,
  Scatter: scatterElements,
  ScatterND: (call) => {
    const indices = call.to.array(call.input(1), 'positions');
    return scatteredAt(call.to, call.input(0), indices, call.input(2), joiningOf(call));
  },
};
