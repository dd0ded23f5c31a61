/** What onnxruntime's optimisers make of several nodes: ops of the domain com.microsoft, taken apart again. */
import * as host from '../../tensors/array';
import { NotExpressible, range } from '../../tensors/array';
import { symbolic, type Tensor } from '../../tensors/assembly';
import { Later } from '../../tensors/later';
import { clipped } from '../../tensors/compositions';
import * as matrices from '../../tensors/matrices';
import * as moves from '../../tensors/moves';
import * as reductions from '../../tensors/reductions';
import type { OnnxCall } from '../call';
import { rootNormed } from './norms';
import { gemm } from './products';
import type { Row } from './row';
import { convolution } from './windows';

/** The activation that ends a fused op, with its parameters. */
function activated({ to }: OnnxCall, x: Tensor, name: string, [alpha, beta]: readonly number[]): Tensor {
  switch (name) {
    case '':
      return x;
    case 'Relu':
      return to.unary('relu', x, {}, null);
    case 'Tanh':
      return to.unary('tanh', x, {}, null);
    case 'Sigmoid':
      return to.unary('sigmoid', x, {}, null);
    case 'LeakyRelu':
      return to.unary('leakyRelu', x, { slope: alpha ?? 0.01 }, null);
    case 'Clip':
      return clipped(to, x, alpha ?? -Infinity, beta ?? Infinity);
    case 'HardSigmoid':
      return to.unary('hardSigmoid', x, { slope: alpha ?? 0.2, offset: beta ?? 0.5 }, null);
    default:
      throw new NotExpressible(`${name} fused to it`);
  }
}

const fusedConv: Row = (call) => {
  const { to } = call;
  const made = convolution(call);
  const whole = call.inputs[3] ? to.binary('add', made, call.inputs[3]) : made;
  const parameters = call.floats('activation_params') ?? [];
  return activated(call, whole, call.text('activation', ''), parameters);
};

const fusedGemm: Row = (call) => {
  const named = ['alpha', 'beta', 'gamma'].map((name) => `activation_${name}`);
  const parameters = named.filter((name) => call.has(name)).map((name) => call.float(name, 0));
  return activated(call, gemm(call), call.text('activation', ''), parameters);
};

const fusedMatmul: Row = (call) => {
  const { to } = call;
  if (call.int('transBatchA', 0) || call.int('transBatchB', 0)) throw new NotExpressible('batches turned');
  const turned = (index: number, name: string): Tensor =>
    call.int(name, 0) ? matrices.swapLast(to, call.input(index)) : call.input(index);
  const made = matrices.matmul(to, turned(0, 'transA'), turned(1, 'transB'));
  const alpha = call.float('alpha', 1);
  return alpha === 1 ? made : to.binary('mul', made, host.scalar(alpha));
};

const biasGelu: Row = (call) => call.to.unary('gelu', call.to.binary('add', call.input(0), call.input(1)), {}, null);

/** A norm over the last axis, with the sum that it is of as a further output. */
const skipNorm =
  (kind: 'layer' | 'root'): Row =>
  (call) => {
    const { to } = call;
    const bias = call.inputs[kind === 'layer' ? 4 : 3];
    const both = to.binary('add', call.input(0), call.input(1));
    const sum = bias ? to.binary('add', both, bias) : both;
    const epsilon = call.float('epsilon', 1e-12);
    const made = kind === 'layer' ? layerNormed(call, sum, 2, 3, epsilon) : rootNormed(to, sum, [to.rank(sum) - 1], call.input(2), epsilon); // prettier-ignore
    return [made, unread('a mean for training'), unread('a variance for training'), sum];
  };

/** An output that no model reads which is used. */
const unread = (what: string): Later =>
  new Later(() => {
    throw new NotExpressible(what);
  });

/** @param scale, shift which inputs they are */
function layerNormed(call: OnnxCall, x: Tensor, scale: number, shift: number, epsilon: number): Tensor {
  const { to } = call;
  const made = to.binary('mul', reductions.normalise(to, x, [to.rank(x) - 1], epsilon), call.input(scale));
  return call.inputs[shift] ? to.binary('add', made, call.inputs[shift]) : made;
}

/** Embeddings of words, places and segments, and their norm. */
const embedNorm: Row = (call) => {
  const { to } = call;
  const [words, segments] = [call.input(0), call.inputs[1]];
  const rows = (ids: Tensor, table: number): Tensor => moves.gather(to, call.input(table), ids, 0);
  const length = to.shape(words)[1]!;
  if (symbolic(length) && !call.inputs[8]) throw new NotExpressible('places along a free size');
  const places = rows(call.inputs[8] ?? host.wholes(range(length)), 3);
  const placed = to.binary('add', rows(words, 2), places);
  const sum = segments && call.inputs[4] ? to.binary('add', placed, rows(segments, 4)) : placed;
  const made = layerNormed(call, sum, 5, 6, call.float('epsilon', 1e-12));
  const mask = call.inputs[7];
  return [made, mask ? reductions.reduce(to, 'sum', mask, [1], false) : unread('a count without a mask'), sum];
};

/** Distances of each row of one table from each row of another. */
const distances: Row = (call) => {
  const { to } = call;
  const [a, b] = [to.unsqueeze(call.input(0), [1]), to.unsqueeze(call.input(1), [0])];
  const apart = to.binary('sub', a, b);
  const squares = reductions.reduce(to, 'sum', to.unary('square', apart, {}, (each) => each * each), [2], false); // prettier-ignore
  return call.text('metric', 'sqeuclidean') === 'euclidean' ? to.unary('sqrt', squares, {}, Math.sqrt) : squares;
};

export const fused: Readonly<Record<string, Row>> = {
  'com.microsoft.FusedConv': fusedConv,
  'com.microsoft.FusedGemm': fusedGemm,
  'com.microsoft.FusedMatMul': fusedMatmul,
  'com.microsoft.TransposeMatMul': fusedMatmul,
  'com.microsoft.BiasGelu': biasGelu,
  'com.microsoft.SkipLayerNormalization': skipNorm('layer'),
  'com.microsoft.SkipSimplifiedLayerNormalization': skipNorm('root'),
  'com.microsoft.EmbedLayerNormalization': embedNorm,
  'com.microsoft.CDist': distances,
  'com.microsoft.ExpandDims': (call) => {
    const { to } = call;
    const place = to.list(call.input(1), 'an axis')[0]!;
    return to.unsqueeze(call.input(0), [place]);
  },
};
