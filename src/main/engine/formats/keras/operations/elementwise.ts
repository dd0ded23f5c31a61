/** Operations on every number by itself: arithmetic, comparisons, functions. */
import type { OpName } from '../../../graph/ops';
import { ConfigFault } from '../../json';
import * as host from '../../tensors/array';
import { isArray, NotExpressible } from '../../tensors/array';
import type { Assembly, Comparison, Tensor } from '../../tensors/assembly';
import { converted, numberType } from '../../tensors/casts';
import {
  ceiled,
  clipped,
  isFinite,
  isInfinite,
  isNotNumber,
  negated,
  raised,
  remainder,
  safeDivision,
  selected,
  squared,
  truncated,
} from '../../tensors/compositions';
import { functions } from '../../tensors/functions';
import { type Operation, binary, operation, unary } from './row';

const plain = (op: OpName): Operation => unary(op as 'relu', {});
/** x1 ∘ x2, or x2 ∘ x1: 1 where it holds, else 0. */
const compared = (op: Comparison, swapped = false): Operation =>
  operation('x1 x2', (given, to) => {
    const [a, b] = [given.tensor('x1'), given.tensor('x2')];
    return swapped ? to.binary(op, b, a) : to.binary(op, a, b);
  });
const times = (to: Assembly, x: Tensor, factor: number): Tensor => to.binary('mul', x, host.scalar(factor));

/** Bounds are numbers, or arrays with one for each place. */
const clip: Operation = operation('x x_min x_max', (given, to) => {
  const x = given.tensor('x');
  const bounds = ['x_min', 'x_max'].map((name) => (given.has(name) ? given.tensor(name) : null));
  const single = bounds.every((each) => each === null || (isArray(each) && each.data.length === 1));
  if (single) return clipped(to, x, given.number('x_min', -Infinity), given.number('x_max', Infinity));
  const [low, high] = bounds;
  const raisedUp = low ? to.binary('maximum', x, low) : x;
  return high ? to.binary('minimum', raisedUp, high) : raisedUp;
});

/** 1 for any number but 0, as numpy takes numbers for truth. */
const truth = (to: Assembly, x: Tensor): Tensor => converted(to, x, 'bool');
const logical = (op: 'mul' | 'maximum'): Operation =>
  operation('x1 x2', (given, to) => to.binary(op, truth(to, given.tensor('x1')), truth(to, given.tensor('x2'))));

const where: Operation = operation('condition x1 x2', (given, to) => {
  if (!given.has('x1') || !given.has('x2')) throw new NotExpressible('places where a condition holds');
  return selected(to, truth(to, given.tensor('condition')), given.tensor('x1'), given.tensor('x2'));
});

/** The first of several choices whose condition holds. */
const firstThatHolds: Operation = operation('condlist choicelist default', (given, to) => {
  const [conditions, choices] = [given.tensors('condlist'), given.tensors('choicelist')];
  if (conditions.length !== choices.length)
    throw new ConfigFault(`${conditions.length} conditions do not fit ${choices.length} choices`);
  const otherwise = given.has('default') ? given.tensor('default') : host.scalar(0);
  return choices.reduceRight((rest, choice, i) => selected(to, truth(to, conditions[i]!), choice, rest), otherwise);
});

/** log(eᵃ + eᵇ), which never overflows. */
const addedLogs = (to: Assembly, a: Tensor, b: Tensor): Tensor =>
  to.binary('add', a, to.unary('softplus', to.binary('sub', b, a), {}, null));

/** Each in the place of what is no number: of NaN, ∞ and −∞. */
const finite: Operation = operation('x nan posinf neginf', (given, to) => {
  const instead = (x: Tensor, found: Tensor, name: string, missing: number): Tensor =>
    selected(to, found, host.scalar(given.number(name, missing)), x);
  const x = given.tensor('x');
  const below = instead(x, isInfinite(to, x, true, false), 'neginf', -LARGEST);
  const above = instead(below, isInfinite(to, x, false, true), 'posinf', LARGEST);
  return instead(above, isNotNumber(to, x), 'nan', 0);
});
const LARGEST = 3.4028235e38;

/** By class name in keras.ops. */
export const elementwise = {
  Add: binary('add'),
  Subtract: binary('sub'),
  Multiply: binary('mul'),
  Divide: binary('div'),
  TrueDivide: binary('div'),
  DivideNoNan: operation('x1 x2', (given, to) => safeDivision(to, given.tensor('x1'), given.tensor('x2'))),
  Maximum: binary('maximum'),
  Minimum: binary('minimum'),
  Power: operation('x1 x2', (given, to) => raised(to, given.tensor('x1'), given.tensor('x2'))),
  FloorDivide: operation('x1 x2', (given, to) => {
    const [a, b] = [given.tensor('x1'), given.tensor('x2')];
    if (isArray(a) && isArray(b)) return host.combined(a, b, (x, y) => Math.floor(x / y));
    return to.unary('floor', to.binary('div', a, b), {}, Math.floor);
  }),
  Mod: operation('x1 x2', (given, to) => remainder(to, given.tensor('x1'), given.tensor('x2'), false)),
  SquaredDifference: operation('x1 x2', (given, to) =>
    squared(to, to.binary('sub', given.tensor('x1'), given.tensor('x2'))),
  ),
  AddN: operation('x', (given, to) => given.tensors('x').reduce((sum, x) => to.binary('add', sum, x))),
  Equal: compared('equal'),
  NotEqual: operation('x1 x2', (given, to) => negated(to, to.binary('equal', given.tensor('x1'), given.tensor('x2')))),
  Greater: compared('greater'),
  GreaterEqual: compared('greaterEqual'),
  Less: compared('greater', true),
  LessEqual: compared('greaterEqual', true),
  LogicalAnd: logical('mul'),
  LogicalOr: logical('maximum'),
  LogicalXor: operation('x1 x2', (given, to) =>
    negated(to, to.binary('equal', truth(to, given.tensor('x1')), truth(to, given.tensor('x2')))),
  ),
  LogicalNot: operation('x', (given, to) => negated(to, given.tensor('x'))),
  Where: where,
  Select: firstThatHolds,
  Clip: clip,
  Fmax: binary('maximum'),
  Fmin: binary('minimum'),
  Fmod: operation('x1 x2', (given, to) => remainder(to, given.tensor('x1'), given.tensor('x2'), true)),
  Hypot: operation('x1 x2', (given, to) => {
    const sum = to.binary('add', squared(to, given.tensor('x1')), squared(to, given.tensor('x2')));
    return to.unary('sqrt', sum, {}, Math.sqrt);
  }),
  Logaddexp: operation('x1 x2', (given, to) => addedLogs(to, given.tensor('x1'), given.tensor('x2'))),
  Logaddexp2: operation('x1 x2', (given, to) => {
    const [a, b] = ['x1', 'x2'].map((name) => times(to, given.tensor(name), Math.LN2)) as [Tensor, Tensor];
    return times(to, addedLogs(to, a, b), Math.LOG2E);
  }),
  Heaviside: operation('x1 x2', (given, to) => {
    const x = given.tensor('x1');
    const above = to.binary('greater', x, host.scalar(0));
    return selected(to, to.binary('equal', x, host.scalar(0)), given.tensor('x2'), converted(to, above, 'real'));
  }),
  Isclose: operation('x1 x2 rtol atol equal_nan', (given, to) => {
    const [a, b] = [given.tensor('x1'), given.tensor('x2')];
    const apart = to.unary('abs', to.binary('sub', a, b), {}, Math.abs);
    const share = times(to, to.unary('abs', b, {}, Math.abs), given.number('rtol', 1e-5));
    return to.binary('greaterEqual', to.binary('add', share, host.scalar(given.number('atol', 1e-8))), apart);
  }),
  Isnan: operation('x', (given, to) => isNotNumber(to, given.tensor('x'))),
  Isfinite: operation('x', (given, to) => isFinite(to, given.tensor('x'))),
  Isinf: operation('x', (given, to) => isInfinite(to, given.tensor('x'), true, true)),
  Isneginf: operation('x', (given, to) => isInfinite(to, given.tensor('x'), true, false)),
  Isposinf: operation('x', (given, to) => isInfinite(to, given.tensor('x'), false, true)),
  NanToNum: finite,

  Absolute: plain('abs'),
  Abs: plain('abs'),
  Fabs: plain('abs'),
  Negative: plain('neg'),
  Deg2rad: operation('x', (given, to) => times(to, given.tensor('x'), Math.PI / 180)),
  Rad2deg: operation('x', (given, to) => times(to, given.tensor('x'), 180 / Math.PI)),
  Exp: plain('exp'),
  Exp2: operation('x', (given, to) => to.unary('exp', times(to, given.tensor('x'), Math.LN2), {}, functions['exp']!)),
  Expm1: operation('x', (given, to) =>
    to.binary('sub', to.unary('exp', given.tensor('x'), {}, functions['exp']!), host.scalar(1)),
  ),
  Log: plain('log'),
  Log1p: plain('log1p'),
  Log2: operation('x', (given, to) => times(to, to.unary('log', given.tensor('x'), {}, functions['log']!), Math.LOG2E)),
  Log10: operation('x', (given, to) =>
    times(to, to.unary('log', given.tensor('x'), {}, functions['log']!), Math.LOG10E),
  ),
  Sqrt: plain('sqrt'),
  Rsqrt: plain('rsqrt'),
  Square: plain('square'),
  Cbrt: operation('x', (given, to) => {
    const x = given.tensor('x');
    const root = to.unary('pow', to.unary('abs', x, {}, Math.abs), { exponent: 1 / 3 }, Math.cbrt);
    return to.binary('mul', to.unary('sign', x, {}, Math.sign), root);
  }),
  Reciprocal: plain('reciprocal'),
  Sin: plain('sin'),
  Cos: plain('cos'),
  Tan: plain('tan'),
  Arcsin: plain('asin'),
  Arccos: plain('acos'),
  Arctan: plain('atan'),
  Arctan2: binary('atan2'),
  Sinh: plain('sinh'),
  Cosh: plain('cosh'),
  Arcsinh: plain('asinh'),
  Arccosh: plain('acosh'),
  Arctanh: plain('atanh'),
  Erf: plain('erf'),
  Erfc: operation('x', (given, to) =>
    to.binary('sub', host.scalar(1), to.unary('erf', given.tensor('x'), {}, functions['erf'] ?? null)),
  ),
  Sign: plain('sign'),
  Signbit: operation('x', (given, to) => to.binary('greater', host.scalar(0), given.tensor('x'))),
  Floor: plain('floor'),
  Ceil: operation('x', (given, to) => ceiled(to, given.tensor('x'))),
  Trunc: operation('x', (given, to) => truncated(to, given.tensor('x'))),
  Round: operation('x decimals', (given, to) => {
    const scale = 10 ** given.number('decimals', 0);
    const round = (x: Tensor): Tensor => to.unary('round', x, {}, functions['round']!);
    if (scale === 1) return round(given.tensor('x'));
    return to.binary('div', round(times(to, given.tensor('x'), scale)), host.scalar(scale));
  }),
  Cast: operation('x dtype', (given, to) => {
    const name = given.text('dtype', 'float32');
    return converted(to, given.tensor('x'), numberType(name.replace(/^tf\./, '')));
  }),

  Relu: plain('relu'),
  Relu6: operation('x', (given, to) => clipped(to, given.tensor('x'), 0, 6)),
  LeakyRelu: operation('x negative_slope', (given, to) =>
    to.unary('leakyRelu', given.tensor('x'), { slope: given.number('negative_slope', 0.2) }, null),
  ),
  Elu: operation('x alpha', (given, to) =>
    to.unary('elu', given.tensor('x'), { alpha: given.number('alpha', 1) }, null),
  ),
  Selu: unary('selu', {}),
  Celu: operation('x alpha', (given, to) =>
    to.unary('celu', given.tensor('x'), { alpha: given.number('alpha', 1) }, null),
  ),
  Gelu: operation('x approximate', (given, to) =>
    to.unary(given.flag('approximate', true) ? 'geluTanh' : 'gelu', given.tensor('x'), {}, null),
  ),
  Sigmoid: plain('sigmoid'),
  LogSigmoid: unary('logSigmoid', {}),
  HardSigmoid: unary('hardSigmoid', { slope: 1 / 6, offset: 0.5 }),
  Silu: operation('x beta', (given, to) => {
    if (given.number('beta', 1) !== 1) throw new NotExpressible(`a beta of ${given.number('beta')}`);
    return to.unary('silu', given.tensor('x'), {}, null);
  }),
  HardSilu: unary('hardSilu', {}),
  HardTanh: operation('x', (given, to) => clipped(to, given.tensor('x'), -1, 1)),
  HardShrink: operation('x threshold', (given, to) =>
    to.unary('hardShrink', given.tensor('x'), { lambda: given.number('threshold', 0.5) }, null),
  ),
  SoftShrink: operation('x threshold', (given, to) =>
    to.unary('softShrink', given.tensor('x'), { lambda: given.number('threshold', 0.5) }, null),
  ),
  Threshold: operation('x threshold default_value', (given, to) => {
    const [threshold, value] = [given.number('threshold'), given.number('default_value')];
    return to.unary('threshold', given.tensor('x'), { threshold, value }, null);
  }),
  Mish: unary('mish', {}),
  Softplus: unary('softplus', {}),
  Softsign: unary('softsign', {}),
  Tanh: plain('tanh'),
  TanhShrink: unary('tanhShrink', {}),
  Squareplus: operation('x b', (given, to) =>
    to.unary('squarePlus', given.tensor('x'), { b: given.number('b', 4) }, null),
  ),
  SparsePlus: unary('sparsePlus', {}),
  SparseSigmoid: unary('sparseSigmoid', {}),
} satisfies Readonly<Record<string, Operation>>;
