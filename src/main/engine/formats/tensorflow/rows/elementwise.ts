/** Ops on every number by itself: arithmetic, comparisons, activations, types. */
import * as host from '../../tensors/array';
import { isArray, NotExpressible, range } from '../../tensors/array';
import type { BinaryOp, Tensor } from '../../tensors/assembly';
import { converted, numberType } from '../../tensors/casts';
import {
  ceiled,
  clipped,
  crossProduct,
  isFinite,
  isInfinite,
  isNotNumber,
  negated,
  raised,
  remainder,
  safeDivision,
  selected,
  truncated,
} from '../../tensors/compositions';
import { functions, PLAIN } from '../../tensors/functions';
import type { TfCall } from '../call';
import { isReal, TYPE_NAMES } from '../node';
import type { Row } from './row';
import { prelu } from './windows';

const plain =
  (op: (typeof PLAIN)[keyof typeof PLAIN]): Row =>
  (call) =>
    call.to.unary(op, call.input(0), {}, functions[op] ?? null);

const binary =
  (op: BinaryOp): Row =>
  (call) =>
    call.to.binary(op, call.input(0), call.input(1));

/** A quotient of whole numbers stays one. */
const divided =
  (apply: (a: number, b: number) => number, round: (call: TfCall, quotient: Tensor) => Tensor): Row =>
  (call) => {
    const { to } = call;
    const [a, b] = [call.input(0), call.input(1)];
    if (isArray(a) && isArray(b)) return host.combined(a, b, apply, a.whole && b.whole);
    const make = (): Tensor => round(call, to.binary('div', a, b));
    return isReal(call.type('T')) ? make() : to.asWhole(make);
  };

/** What stands for 0 where x is 0, whatever y is. */
const unlessZero =
  (make: (call: TfCall, y: Tensor) => Tensor): Row =>
  (call) => {
    const x = call.input(0);
    const isZero = call.to.binary('equal', x, host.scalar(0));
    return selected(call.to, isZero, host.scalar(0), make(call, call.input(1)));
  };

const cast: Row = (call) => {
  const { to } = call;
  const type = call.type('DstT');
  const name = TYPE_NAMES.get(type);
  if (name === undefined) throw new NotExpressible(`a conversion to type ${type}`);
  return converted(to, call.input(0), numberType(name));
};

const power: Row = (call) => raised(call.to, call.input(0), call.input(1));

export const elementwise: Readonly<Record<string, Row>> = {
  ...Object.fromEntries(Object.entries(PLAIN).map(([kind, op]) => [kind, plain(op)])),
  Add: binary('add'),
  AddV2: binary('add'),
  AddN: (call) => call.inputs.slice(1).reduce<Tensor>((sum, x) => call.to.binary('add', sum, x), call.input(0)),
  Sub: binary('sub'),
  Mul: binary('mul'),
  Div: binary('div'),
  RealDiv: binary('div'),
  DivNoNan: (call) => safeDivision(call.to, call.input(0), call.input(1)),
  MulNoNan: binary('mul'),
  Maximum: binary('maximum'),
  Minimum: binary('minimum'),
  SquaredDifference: (call) =>
    call.to.unary('square', call.to.binary('sub', call.input(0), call.input(1)), {}, functions['square']!),
  Pow: power,
  FloorDiv: divided(
    (a, b) => Math.floor(a / b),
    (call, quotient) => call.to.unary('floor', quotient, {}, null),
  ),
  FloorMod: (call) => remainder(call.to, call.input(0), call.input(1), false),
  Mod: (call) => remainder(call.to, call.input(0), call.input(1), true),
  TruncateMod: (call) => remainder(call.to, call.input(0), call.input(1), true),
  TruncateDiv: divided(
    (a, b) => Math.trunc(a / b),
    (call, quotient) => truncated(call.to, quotient),
  ),
  Xdivy: unlessZero((call, y) => call.to.binary('div', call.input(0), y)),
  Xlogy: unlessZero((call, y) => call.to.binary('mul', call.input(0), call.to.unary('log', y, {}, Math.log))),
  Xlog1py: unlessZero((call, y) => call.to.binary('mul', call.input(0), call.to.unary('log1p', y, {}, Math.log1p))),
  Atan2: binary('atan2'),
  Cross: (call) => crossProduct(call.to, call.input(0), call.input(1)),
  Equal: binary('equal'),
  NotEqual: (call) => negated(call.to, call.to.binary('equal', call.input(0), call.input(1))),
  Greater: binary('greater'),
  GreaterEqual: binary('greaterEqual'),
  Less: (call) => call.to.binary('greater', call.input(1), call.input(0)),
  LessEqual: (call) => call.to.binary('greaterEqual', call.input(1), call.input(0)),
  LogicalAnd: binary('mul'),
  LogicalOr: binary('maximum'),
  IsNan: (call) => isNotNumber(call.to, call.input(0)),
  IsInf: (call) => isInfinite(call.to, call.input(0), true, true),
  IsFinite: (call) => isFinite(call.to, call.input(0)),
  LogicalNot: (call) => negated(call.to, call.input(0)),
  Ceil: (call) => ceiled(call.to, call.input(0)),
  Select: (call) => {
    const { to } = call;
    const [condition, a] = [call.input(0), call.input(1)];
    // A condition of one axis picks along the first.
    const missing = to.rank(a) - to.rank(condition);
    const turned = missing > 0 && to.rank(condition) === 1 ? to.unsqueeze(condition, range(missing, 1)) : condition;
    return selected(to, turned, a, call.input(2));
  },
  SelectV2: (call) => selected(call.to, call.input(0), call.input(1), call.input(2)),
  ClipByValue: (call) => clipped(call.to, call.input(0), call.list(1, 'a bound')[0]!, call.list(2, 'a bound')[0]!),
  Cast: cast,

  Relu6: (call) => clipped(call.to, call.input(0), 0, 6),
  LeakyRelu: (call) => call.to.unary('leakyRelu', call.input(0), { slope: call.float('alpha', 0.2) }, null),
  Elu: (call) => call.to.unary('elu', call.input(0), { alpha: 1 }, null),
  Selu: (call) => call.to.unary('selu', call.input(0), {}, null),
  Prelu: (call) => prelu(call, call.input(0), call.to.array(call.input(1), 'a slope')),
  Erfc: (call) => call.to.binary('sub', host.scalar(1), call.to.unary('erf', call.input(0), {}, null)),
  Expm1: (call) => call.to.binary('sub', call.to.unary('exp', call.input(0), {}, functions['exp']!), host.scalar(1)),
};
