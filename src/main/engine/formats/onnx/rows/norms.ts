/** Norms, and softmax, which is one. */
import * as host from '../../tensors/array';
import { NotExpressible, product, range, type HostArray } from '../../tensors/array';
import type { Assembly, Tensor } from '../../tensors/assembly';
import { besideNeighbours, safeDivision } from '../../tensors/compositions';
import { perChannel, type Row } from './row';
import * as reductions from '../../tensors/reductions';

const batchNorm: Row = (call) => {
  const { to } = call;
  if (call.int('training_mode', 0)) throw new NotExpressible('statistics of the batch');
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((i) => to.array(call.input(i), 'a statistic')) as [
    HostArray,
    HostArray,
    HostArray,
    HostArray,
  ];
  const epsilon = call.float('epsilon', 1e-5);
  const { factor, shift } = host.normalisation({ scale, bias, mean, variance }, epsilon);
  const axis = to.rank(call.input(0)) > 1 ? 1 : 0;
  return to.affine(call.input(0), axis, factor, shift);
};

const layerNorm: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const axis = to.axis(x, call.int('axis', -1));
  const axes = range(to.rank(x) - axis, axis);
  const epsilon = call.float('epsilon', 1e-5);
  const scaled = to.binary('mul', reductions.normalise(to, x, axes, epsilon), call.input(1));
  const made = call.inputs[2] ? to.binary('add', scaled, call.inputs[2]) : scaled;
  if (call.outputs < 2) return made;
  const mean = reductions.reduce(to, 'mean', x, axes, true);
  const apart = to.unary('square', to.binary('sub', x, mean), {}, null);
  const variance = to.binary('add', reductions.reduce(to, 'mean', apart, axes, true), host.scalar(epsilon));
  return [made, mean, to.unary('rsqrt', variance, {}, null)];
};

/** x by the root of its mean square over axes, and a scale. */
export function rootNormed(to: Assembly, x: Tensor, axes: readonly number[], scale: Tensor, epsilon: number): Tensor {
  const squares = reductions.reduce(to, 'mean', to.unary('square', x, {}, null), axes, true);
  const root = to.unary('rsqrt', to.binary('add', squares, host.scalar(epsilon)), {}, null);
  return to.binary('mul', to.binary('mul', x, root), scale);
}

const rootNorm: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const axis = to.axis(x, call.int('axis', -1));
  return rootNormed(to, x, range(to.rank(x) - axis, axis), call.input(1), call.float('epsilon', 1e-5));
};

/** x by the sum of magnitudes along an axis, or by the root of the sum of squares; 0 where that is 0. */
const lengthNorm: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const axes = [to.axis(x, call.int('axis', -1))];
  if (call.int('p', 2) === 1)
    return safeDivision(to, x, reductions.reduce(to, 'sum', to.unary('abs', x, {}, null), axes, true));
  const squares = reductions.reduce(to, 'sum', to.unary('square', x, {}, null), axes, true);
  return safeDivision(to, x, to.unary('sqrt', squares, {}, null));
};

const instanceNorm: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const normalised = reductions.normalise(to, x, call.spatial, call.float('epsilon', 1e-5));
  const [scale, bias] = [1, 2].map((i) => perChannel(to.array(call.input(i), 'a scale'), to.rank(x))) as [
    HostArray,
    HostArray,
  ];
  return to.binary('add', to.binary('mul', normalised, scale), bias);
};

const groupNorm: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const shape = to.shape(x);
  const groups = call.int('num_groups', 1);
  const parted = to.reshape(x, [shape[0]!, groups, shape[1]! / groups, ...shape.slice(2)]);
  const normalised = reductions.normalise(to, parted, range(shape.length - 1, 2), call.float('epsilon', 1e-5));
  const joined = to.reshape(normalised, shape);
  const wide = (index: number): HostArray => {
    const array = to.array(call.input(index), 'a scale');
    // Up to opset 20 one number per group.
    const own =
      array.data.length === groups && groups !== shape[1]
        ? host.picked(
            array,
            0,
            range(shape[1]!).map((i) => Math.floor((i * groups) / shape[1]!)),
          )
        : array;
    return perChannel(own, shape.length);
  };
  return to.binary('add', to.binary('mul', joined, wide(1)), wide(2));
};

const softmax =
  (op: 'softmax' | 'logSoftmax'): Row =>
  (call) => {
    const { to } = call;
    const x = call.input(0);
    const axis = to.axis(x, call.int('axis', call.opset < 13 ? 1 : -1));
    const shape = to.shape(x);
    // Before opset 13 all axes from this one on are one.
    if (call.opset >= 13 || shape.slice(axis + 1).every((size) => size === 1))
      return reductions.softmax(to, x, axis, op);
    const flat = to.reshape(x, [...shape.slice(0, axis), product(shape.slice(axis))]);
    return to.reshape(reductions.softmax(to, flat, axis, op), shape);
  };

const lrn: Row = (call) => {
  const size = call.int('size', 1);
  const [alpha, beta, bias] = [call.float('alpha', 1e-4), call.float('beta', 0.75), call.float('bias', 1)];
  return besideNeighbours(call.to, call.input(0), 1, {
    before: Math.floor((size - 1) / 2),
    after: Math.ceil((size - 1) / 2),
    weight: alpha / size,
    bias,
    beta,
  });
};

export const norms: Readonly<Record<string, Row>> = {
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  InstanceNormalization: instanceNorm,
  RMSNormalization: rootNorm,
  // No operator of ONNX: onnxruntime's optimisers write it into ONNX's own domain.
  SimplifiedLayerNormalization: rootNorm,
  LpNormalization: lengthNorm,
  MeanVarianceNormalization: (call) =>
    reductions.normalise(call.to, call.input(0), call.ints('axes') ?? [0, 2, 3], 1e-9),
  GroupNormalization: groupNorm,
  LRN: lrn,
  Softmax: softmax('softmax'),
  LogSoftmax: softmax('logSoftmax'),
};
