/** Operations on every number by itself: arithmetic, comparisons, functions. */
import type { OpName } from '../../../graph/ops';
import * as host from '../../tensors/array';
import { isArray, NotExpressible } from '../../tensors/array';
import type { Assembly, Comparison, Tensor } from '../../tensors/assembly';
import { converted, numberType } from '../../tensors/casts';
import { clipped, negated, raised, remainder, safeDivision, selected, squared } from '../../tensors/compositions';
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

const where: Operation = operation('condition x1 x2', (given, to) => {
  if (!given.has('x1') || !given.has('x2')) throw new NotExpressible('places where a condition holds');
  return selected(to, given.tensor('condition'), given.tensor('x1'), given.tensor('x2'));
});

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
  LogicalAnd: binary('mul'),
  LogicalOr: binary('maximum'),
  LogicalNot: operation('x', (given, to) => negated(to, given.tensor('x'))),
  Where: where,
  Clip: clip,

  Absolute: plain('abs'),
  Abs: plain('abs'),
  Negative: plain('neg'),
  Exp: plain('exp'),
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
  Floor: plain('floor'),
  Round: operation('x decimals', (given, to) => {
    if (given.number('decimals', 0) !== 0) throw new NotExpressible('decimals');
    return to.unary('round', given.tensor('x'), {}, functions['round']!);
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
