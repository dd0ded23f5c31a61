/** Norms, and softmax, which is one. */
import * as host from '../../tensors/array';
import { NotExpressible, range, type HostArray } from '../../tensors/array';
import type { Tensor } from '../../tensors/assembly';
import { besideNeighbours } from '../../tensors/compositions';
import type { TfCall } from '../call';
import type { Row } from './row';
import * as reductions from '../../tensors/reductions';

export function normed(
  call: TfCall,
  x: Tensor,
  channel: number,
  scale: HostArray,
  offset: HostArray,
  mean: HostArray,
  variance: HostArray,
): Tensor {
  const statistics = { scale, bias: offset, mean, variance };
  const { factor, shift } = host.normalisation(statistics, call.float('epsilon', 1e-4));
  return call.to.affine(x, channel, factor, shift);
}

const batchNorm: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const { channel } = call.layout(x);
  const [scale, offset] = [1, 2].map((i) => to.array(call.input(i), 'a statistic')) as [HostArray, HostArray];
  if (!call.flag('is_training', true)) {
    const [mean, variance] = [3, 4].map((i) => to.array(call.input(i), 'a statistic')) as [HostArray, HostArray];
    return normed(call, x, channel, scale, offset, mean, variance);
  }
  // Keras writes layer norm as a norm of a batch of one, whose channels are the examples.
  const axes = range(to.rank(x)).filter((axis) => axis !== channel);
  const normalised = reductions.normalise(to, x, axes, call.float('epsilon', 1e-4));
  const along = (array: HostArray): HostArray =>
    host.reshaped(
      array,
      range(to.rank(x)).map((axis) => (axis === channel ? array.data.length : 1)),
    );
  const scaled = scale.data.every((each) => each === 1) ? normalised : to.binary('mul', normalised, along(scale));
  return offset.data.every((each) => each === 0) ? scaled : to.binary('add', scaled, along(offset));
};

/** A batch norm of trained statistics, what is added to it, and its activation. */
const batchNormEx: Row = (call) => {
  const { to } = call;
  const made = batchNorm(call) as Tensor;
  const sum = call.int('num_side_inputs', 0) > 0 ? to.binary('add', made, call.input(5)) : made;
  const activation = call.text('activation_mode', 'Identity');
  if (activation === 'Identity') return sum;
  if (activation !== 'Relu') throw new NotExpressible(`the activation ${activation}`);
  return to.unary('relu', sum, {}, null);
};

export const norms: Readonly<Record<string, Row>> = {
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  _FusedBatchNormEx: batchNormEx,
  LRN: (call) => {
    const radius = call.int('depth_radius', 5);
    return besideNeighbours(call.to, call.input(0), 3, {
      before: radius,
      after: radius,
      weight: call.float('alpha', 1),
      bias: call.float('bias', 1),
      beta: call.float('beta', 0.5),
    });
  },
  Softmax: (call) => reductions.softmax(call.to, call.input(0), call.to.rank(call.input(0)) - 1, 'softmax'),
  LogSoftmax: (call) => reductions.softmax(call.to, call.input(0), call.to.rank(call.input(0)) - 1, 'logSoftmax'),
};
