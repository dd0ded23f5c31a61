/** Recurrent layers, unrolled. */
import * as host from '../../tensors/array';
import { isArray, NotExpressible, range, type HostArray } from '../../tensors/array';
import type { Assembly, Tensor, Varying } from '../../tensors/assembly';
import { clipped } from '../../tensors/compositions';
import { functions } from '../../tensors/functions';
import { unrolled, type Activation, type CellKind, type Product } from '../../tensors/recurrent';
import type { OnnxCall } from '../call';
import { dynamicProduct } from './quantised';
import type { Row } from './row';

/** Functions of a gate, with the parameters that two lists of the node hold in turn. */
const ACTIVATIONS: Readonly<Record<string, (to: Assembly, x: Tensor, alpha: number, beta: number) => Tensor>> = {
  relu: (to, x) => to.unary('relu', x, {}, functions['relu']!),
  tanh: (to, x) => to.unary('tanh', x, {}, functions['tanh']!),
  sigmoid: (to, x) => to.unary('sigmoid', x, {}, functions['sigmoid']!),
  affine: (to, x, alpha, beta) => to.binary('add', to.binary('mul', x, host.scalar(alpha)), host.scalar(beta)),
  leakyrelu: (to, x, slope) => to.unary('leakyRelu', x, { slope }, (each) => (each > 0 ? each : slope * each)),
  thresholdedrelu: (to, x, threshold) =>
    to.unary('threshold', x, { threshold, value: 0 }, (each) => (each > threshold ? each : 0)),
  scaledtanh: (to, x, alpha, beta) => {
    const inner = to.binary('mul', x, host.scalar(beta));
    return to.binary('mul', to.unary('tanh', inner, {}, functions['tanh']!), host.scalar(alpha));
  },
  hardsigmoid: (to, x, slope, offset) =>
    to.unary('hardSigmoid', x, { slope, offset }, (each) => Math.min(Math.max(slope * each + offset, 0), 1)),
  elu: (to, x, alpha) => to.unary('elu', x, { alpha }, (each) => (each > 0 ? each : alpha * Math.expm1(each))),
  softsign: (to, x) => to.unary('softsign', x, {}, (each) => each / (1 + Math.abs(each))),
  softplus: (to, x) => to.unary('softplus', x, {}, (each) => Math.log1p(Math.exp(each))),
};
/** Parameters of those that have any, where the node gives none. */
const PARAMETERS: Readonly<Record<string, readonly [alpha: number | null, beta: number | null]>> = {
  affine: [1, 0],
  leakyrelu: [0.01, null],
  thresholdedrelu: [1, null],
  scaledtanh: [1, 1],
  hardsigmoid: [0.2, 0.5],
  elu: [1, null],
};
const USUAL: Readonly<Record<CellKind, readonly string[]>> = {
  LSTM: ['Sigmoid', 'Tanh', 'Tanh'],
  GRU: ['Sigmoid', 'Tanh'],
  RNN: ['Tanh'],
};
const GATES: Readonly<Record<CellKind, number>> = { LSTM: 4, GRU: 3, RNN: 1 };

/** The functions of each direction's gates. */
function gateFunctions(call: OnnxCall, kind: CellKind, directions: number): Activation[][] {
  const usual = USUAL[kind];
  const names = call.texts('activations') ?? range(directions).flatMap(() => usual);
  if (names.length !== usual.length * directions) throw new NotExpressible(`${names.length} activations`);
  const [alphas, betas] = [[...(call.floats('activation_alpha') ?? [])], [...(call.floats('activation_beta') ?? [])]];
  const made = names.map((given): Activation => {
    const name = given.toLowerCase();
    const apply = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name]! : null;
    if (!apply) throw new NotExpressible(`the activation ${given}`);
    const [alpha, beta] = PARAMETERS[name] ?? [null, null];
    const own = [alpha === null ? 0 : (alphas.shift() ?? alpha), beta === null ? 0 : (betas.shift() ?? beta)] as const;
    return (x) => apply(call.to, x, ...own);
  });
  return range(directions).map((i) => made.slice(i * usual.length, (i + 1) * usual.length));
}

/** Of weights [directions, features, gates · units] in steps, and of inputs and states in steps that they tell themselves. */
function dynamicProducts(call: OnnxCall): Product {
  const { to } = call;
  const of = (scale: number): readonly [HostArray, HostArray] => [
    to.array(call.input(scale), 'a scale'),
    to.array(call.input(scale + 1), 'a zero point'),
  ];
  const steps = { input: of(8), state: of(10) };
  return (x, matrix, by, direction) => {
    const [scale, zero] = steps[by].map((each) => {
      const own = host.picked(each, 0, [direction]);
      return host.reshaped(own, own.shape.slice(1) as number[]);
    }) as [HostArray, HostArray];
    return dynamicProduct(call, x, matrix, scale, zero);
  };
}

const layer =
  (kind: CellKind, dynamic = false): Row =>
  (call) => {
    const { to } = call;
    const batchFirst = call.int('layout', 0) !== 0;
    const way = call.text('direction', 'forward');
    const directions = way === 'bidirectional' ? (['forward', 'reverse'] as const) : [way as 'forward' | 'reverse'];
    if (way !== 'forward' && way !== 'reverse' && way !== 'bidirectional') throw new NotExpressible(`direction ${way}`);
    const x = batchFirst ? to.transpose(call.input(0), [1, 0, 2]) : call.input(0);
    const matrix = (index: number): HostArray => {
      const given = to.array(call.input(index), 'weights');
      return dynamic ? host.transposed(given, [0, 2, 1]) : given;
    };
    const optional = (index: number, what: string): HostArray | null =>
      call.inputs[index] ? to.array(call.inputs[index], what) : null;
    const state = (index: number): Tensor | null => {
      const given = call.inputs[index];
      return given ? (batchFirst ? to.transpose(given, [1, 0, 2]) : given) : null;
    };
    const recurrence = matrix(2);
    const units = recurrence.shape.at(-1)!;
    // Projected states, which PyTorch writes though ONNX has none: no runtime takes such a file.
    if (recurrence.shape[1] !== GATES[kind] * units) throw new NotExpressible('weights of another number of units');
    const given = call.inputs[4];
    const lengths = !given || isArray(given) ? (given ? host.list(given) : [to.shape(x)[0]!]) : null;
    if (lengths?.some((each) => each !== lengths[0])) throw new NotExpressible('lengths that differ between examples');
    const clip = call.has('clip') ? call.float('clip', Infinity) : Infinity;
    const { sequence, hidden, carry } = unrolled(to, {
      kind,
      directions,
      units,
      x,
      weights: matrix(1),
      recurrent: recurrence,
      product: dynamic ? dynamicProducts(call) : null,
      bias: optional(3, 'a bias'),
      hidden: state(5),
      carry: kind === 'LSTM' ? state(6) : null,
      peepholes: kind === 'LSTM' ? optional(7, 'peepholes') : null,
      activations: gateFunctions(call, kind, directions.length),
      clip: clip < 3e38 ? (each) => clipped(to, each, -clip, clip) : null,
      linearBeforeReset: call.int('linear_before_reset', 0) !== 0,
      coupled: call.int('input_forget', 0) !== 0,
      length: lengths ? lengths[0]! : (given as Varying),
    });
    const outputs = carry ? [sequence, hidden, carry] : [sequence, hidden];
    if (!batchFirst) return outputs;
    return [to.transpose(sequence, [2, 0, 1, 3]), ...outputs.slice(1).map((each) => to.transpose(each, [1, 0, 2]))];
  };

export const recurrent: Readonly<Record<string, Row>> = {
  LSTM: layer('LSTM'),
  GRU: layer('GRU'),
  RNN: layer('RNN'),
  'com.microsoft.DynamicQuantizeLSTM': layer('LSTM', true),
};
