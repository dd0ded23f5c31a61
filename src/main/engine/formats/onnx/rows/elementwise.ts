/** Ops on every number by itself: arithmetic, comparisons, activations. */
import * as host from '../../tensors/array';
import { isArray, NotExpressible } from '../../tensors/array';
import type { BinaryOp, Comparison, Tensor } from '../../tensors/assembly';
import {
  ceiled,
  clipped,
  isInfinite,
  isNotNumber,
  negated,
  raised,
  remainder,
  selected,
} from '../../tensors/compositions';
import { functions, PLAIN } from '../../tensors/functions';
import type { OnnxCall } from '../call';
import { perChannel, type Row } from './row';

const plain =
  (op: (typeof PLAIN)[keyof typeof PLAIN]): Row =>
  (call) =>
    call.to.unary(op, call.input(0), {}, functions[op] ?? null);

const binary =
  (op: BinaryOp): Row =>
  (call) => {
    const [a, b] = [call.input(0), call.second];
    if (op === 'div' && isArray(a) && isArray(b) && a.whole && b.whole)
      return host.combined(a, b, (x, y) => Math.trunc(x / y));
    return call.to.binary(op, a, b);
  };
const several =
  (op: BinaryOp): Row =>
  (call) =>
    call.inputs.slice(1).reduce<Tensor>((sum, _, i) => call.to.binary(op, sum, call.input(i + 1)), call.input(0));

const compare =
  (op: Comparison, swapped = false): Row =>
  (call) =>
    swapped ? call.to.binary(op, call.second, call.input(0)) : call.to.binary(op, call.input(0), call.second);

/** Of conditions, which are 0 and 1. */
const logical =
  (op: 'mul' | 'maximum'): Row =>
  (call) =>
    call.to.binary(op, call.input(0), call.second);

const power: Row = (call) => {
  const { to } = call;
  const [a, b] = [call.input(0), call.second];
  return raised(to, a, b);
};

/** Between two bounds, of which an input may tell either: so many decibels below the loudest. */
const clip: Row = (call) => {
  const { to } = call;
  const bound = (name: string, index: number, missing: number): number | Tensor => {
    const given = call.inputs[index];
    if (!given) return call.float(name, missing);
    return isArray(given) ? to.list(given, 'a bound')[0]! : given;
  };
  const min = bound('min', 1, -Infinity);
  const max = bound('max', 2, Infinity);
  const x = call.input(0);
  if (typeof min === 'number' && typeof max === 'number') return clipped(to, x, min, max);
  const raised = typeof min === 'number' ? clipped(to, x, min, Infinity) : to.binary('maximum', x, min);
  return typeof max === 'number' ? clipped(to, raised, -Infinity, max) : to.binary('minimum', raised, max);
};

/** x · σ(alpha · x) */
function swish(call: OnnxCall, alpha: number): Tensor {
  const { to } = call;
  const x = call.input(0);
  if (alpha === 1) return to.unary('silu', x, {}, null);
  return to.binary('mul', x, to.unary('sigmoid', to.binary('mul', x, host.scalar(alpha)), {}, null));
}

/** By tanh, of x and a bias. */
const fastGelu: Row = (call) => {
  const { to } = call;
  const bias = call.inputs[1];
  return to.unary('geluTanh', bias ? to.binary('add', call.input(0), bias) : call.input(0), {}, null);
};

export const elementwise: Readonly<Record<string, Row>> = {
  ...Object.fromEntries(Object.entries(PLAIN).map(([kind, op]) => [kind, plain(op)])),

  Add: binary('add'),
  Sub: binary('sub'),
  Mul: binary('mul'),
  Div: binary('div'),
  Max: several('maximum'),
  Min: several('minimum'),
  Sum: several('add'),
  Mean: (call) => call.to.binary('mul', several('add')(call) as Tensor, host.scalar(1 / call.inputs.length)),
  Pow: power,
  Mod: (call) => remainder(call.to, call.input(0), call.input(1), call.int('fmod', 0) !== 0),
  Equal: compare('equal'),
  Greater: compare('greater'),
  GreaterOrEqual: compare('greaterEqual'),
  Less: compare('greater', true),
  LessOrEqual: compare('greaterEqual', true),
  And: logical('mul'),
  Or: logical('maximum'),
  Xor: (call) => negated(call.to, call.to.binary('equal', call.input(0), call.second)),
  IsNaN: (call) => isNotNumber(call.to, call.input(0)),
  IsInf: (call) =>
    isInfinite(call.to, call.input(0), call.int('detect_negative', 1) !== 0, call.int('detect_positive', 1) !== 0),
  Not: (call) => negated(call.to, call.input(0)),
  Where: (call) => selected(call.to, call.input(0), call.input(1), call.input(2)),
  Ceil: (call) => ceiled(call.to, call.input(0)),
  Clip: clip,

  LeakyRelu: (call) => call.to.unary('leakyRelu', call.input(0), { slope: call.float('alpha', 0.01) }, null),
  PRelu: (call) => {
    const { to } = call;
    const x = call.input(0);
    let slope = to.array(call.input(1), 'a slope');
    if (call.opset < 7 && slope.shape.length === 1) slope = perChannel(slope, to.rank(x));
    if (slope.data.every((each) => each === slope.data[0]))
      return to.unary('leakyRelu', x, { slope: slope.data[0]! }, null);
    // relu(x) − slope · relu(−x)
    const below = to.unary('relu', to.unary('neg', x, {}, null), {}, null);
    return to.binary('sub', to.unary('relu', x, {}, null), to.binary('mul', below, slope));
  },
  Elu: (call) => call.to.unary('elu', call.input(0), { alpha: call.float('alpha', 1) }, null),
  Selu: (call) => {
    const [alpha, gamma] = [call.float('alpha', 1.6732632), call.float('gamma', 1.0507009)];
    if (Math.abs(alpha - 1.6732632) < 1e-5 && Math.abs(gamma - 1.0507009) < 1e-5)
      return call.to.unary('selu', call.input(0), {}, null);
    return call.to.binary('mul', call.to.unary('elu', call.input(0), { alpha }, null), host.scalar(gamma));
  },
  Celu: (call) => call.to.unary('celu', call.input(0), { alpha: call.float('alpha', 1) }, null),
  // No operator of ONNX: tf2onnx leaves TensorFlow's name where it has no other (Keras's exact GELU).
  Erfc: (call) => call.to.binary('sub', host.scalar(1), call.to.unary('erf', call.input(0), {}, null)),
  Gelu: (call) =>
    call.to.unary(call.text('approximate', 'none') === 'tanh' ? 'geluTanh' : 'gelu', call.input(0), {}, null),
  'com.microsoft.Gelu': (call) => call.to.unary('gelu', call.input(0), {}, null),
  'com.microsoft.FastGelu': fastGelu,
  'com.microsoft.QuickGelu': (call) => swish(call, call.float('alpha', 1.702)),
  Swish: (call) => swish(call, call.float('alpha', 1)),
  HardSigmoid: (call) =>
    call.to.unary(
      'hardSigmoid',
      call.input(0),
      { slope: call.float('alpha', 0.2), offset: call.float('beta', 0.5) },
      null,
    ),
  HardSwish: (call) => call.to.unary('hardSilu', call.input(0), {}, null),
  ThresholdedRelu: (call) =>
    call.to.unary('threshold', call.input(0), { threshold: call.float('alpha', 1), value: 0 }, null),
  Shrink: (call) => {
    const [lambda, bias] = [call.float('lambd', 0.5), call.float('bias', 0)];
    if (bias === 0) return call.to.unary('hardShrink', call.input(0), { lambda }, null);
    if (bias === lambda) return call.to.unary('softShrink', call.input(0), { lambda }, null);
    throw new NotExpressible(`a bias of ${bias}`);
  },
};
