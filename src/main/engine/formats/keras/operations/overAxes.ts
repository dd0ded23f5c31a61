/**
 * Operations over axes: sums, extremes, norms, softmax. Where a call names no axis they go over all of them, as numpy's
 * do, and so over the examples, which is refused; those with an axis of their own by default say it here.
 */
import * as host from '../../tensors/array';
import { isArray, NotExpressible } from '../../tensors/array';
import type { Assembly, Tensor } from '../../tensors/assembly';
import type { ReduceOp } from '../../tensors/reductions';
import {
  logSumExp,
  multipliedOver,
  norm,
  safeDivision,
  softmaxOver,
  squared,
  summedUp,
  truthOver,
  variance,
} from '../../tensors/compositions';
import { functions } from '../../tensors/functions';
import { equalParts } from '../../tensors/pieces';
import type { Arguments } from './given';
import { type Operation, operation } from './row';
import * as reductions from '../../tensors/reductions';

const reduction = (op: ReduceOp): Operation =>
  operation('x axis keepdims', (given, to) => {
    const x = given.tensor('x');
    if (given.has('initial')) throw new NotExpressible('an initial value');
    return reductions.reduce(to, op, x, given.axes(x), given.flag('keepdims'));
  });

/** A reduction made of several ops. */
const composed = (apply: (to: Assembly, x: Tensor, axes: readonly number[], keepDims: boolean) => Tensor): Operation =>
  operation('x axis keepdims', (given, to) => {
    const x = given.tensor('x');
    return apply(to, x, given.allAxes(x), given.flag('keepdims'));
  });

const softmax = (op: 'softmax' | 'logSoftmax'): Operation =>
  operation('x axis', (given, to) => {
    const x = given.tensor('x');
    return softmaxOver(to, x, given.axes(x) ?? [to.rank(x) - 1], op);
  });

/** The order of a norm: a number, or numpy's names of those over matrices. */
function orderOf(given: Arguments, name: string, axes: number): number {
  const order = given.raw(name);
  if (order === null) return 2;
  if (order === 'fro' || order === 'euclidean') {
    if (axes !== 2 && order === 'fro') throw new NotExpressible('the norm of matrices over one axis');
    return 2;
  }
  const number = order === 'inf' ? Infinity : order === '-inf' ? -Infinity : order;
  if (typeof number !== 'number') throw new NotExpressible(`a norm of order ${JSON.stringify(order)}`);
  // Of matrices, a number asks for singular values or sums of rows.
  if (axes !== 1) throw new NotExpressible(`a norm of order ${number} over ${axes} axes`);
  return number;
}

/** x / max(‖x‖, ε) */
function normalized(given: Arguments, to: Assembly): Tensor {
  const x = given.tensor('x');
  const axes = given.allAxes(x, 'axis', -1);
  const order = given.number('order', 2);
  if (order !== 2) {
    const length = norm(to, x, order, axes, true);
    return safeDivision(to, x, to.binary('maximum', length, host.scalar(given.number('epsilon', 1e-12))));
  }
  const sum = reductions.reduce(to, 'sum', squared(to, x), axes, true);
  // keras.ops holds the norm above epsilon, TensorFlow its square.
  const least = given.has('epsilon_of_square')
    ? given.number('epsilon_of_square')
    : given.number('epsilon', 1e-12) ** 2;
  const held = to.binary('maximum', sum, host.scalar(least));
  return to.binary('mul', x, to.unary('rsqrt', held, {}, functions['rsqrt']!));
}

/** A weight of the axes that are normalised, beside values of all axes. */
function beside(to: Assembly, x: Tensor, axes: readonly number[], weight: Tensor): Tensor {
  const shape = to.shape(x);
  if (!isArray(weight) || weight.shape.length === shape.length) return weight;
  return host.reshaped(
    weight,
    shape.map((size, axis) => (axes.includes(axis) ? size : 1)),
  );
}

function layerNormed(given: Arguments, to: Assembly): Tensor {
  const x = given.tensor('x');
  if (given.flag('rms_scaling')) throw new NotExpressible('rms_scaling');
  const axes = given.axes(x, 'axis', -1) ?? [to.rank(x) - 1];
  const weight = (name: string): Tensor => beside(to, x, axes, given.tensor(name));
  let made: Tensor = reductions.normalise(to, x, axes, given.number('epsilon', 1e-7));
  if (given.has('gamma')) made = to.binary('mul', made, weight('gamma'));
  return given.has('beta') ? to.binary('add', made, weight('beta')) : made;
}

/** By class name in keras.ops. */
export const overAxes = {
  Softmax: softmax('softmax'),
  LogSoftmax: softmax('logSoftmax'),
  Normalize: operation('x axis order epsilon epsilon_of_square', normalized),
  Glu: operation('x axis', (given, to) => {
    const x = given.tensor('x');
    const [gated, gate] = equalParts(to, x, given.axis(x, -1), 2) as [Tensor, Tensor];
    return to.binary('mul', gated, to.unary('sigmoid', gate, {}, functions['sigmoid']!));
  }),
  LayerNorm: operation('x gamma beta axis epsilon rms_scaling', layerNormed),
  RMSNorm: operation('x scale axis epsilon', (given, to) => {
    const x = given.tensor('x');
    const mean = reductions.reduce(to, 'mean', squared(to, x), given.axes(x) ?? [to.rank(x) - 1], true);
    const shifted = to.binary('add', mean, host.scalar(given.number('epsilon', 1e-7)));
    const normal = to.binary('mul', x, to.unary('rsqrt', shifted, {}, functions['rsqrt']!));
    return given.has('scale') ? to.binary('mul', normal, given.tensor('scale')) : normal;
  }),
  Norm: operation('x ord axis keepdims', (given, to) => {
    const x = given.tensor('x');
    const axes = given.allAxes(x);
    return norm(to, x, orderOf(given, 'ord', axes.length), axes, given.flag('keepdims'));
  }),

  Sum: reduction('sum'),
  Mean: reduction('mean'),
  Max: reduction('max'),
  Amax: reduction('max'),
  Min: reduction('min'),
  Amin: reduction('min'),
  Any: operation('x axis keepdims', (given, to) => {
    const x = given.tensor('x');
    return truthOver(to, x, 'any', given.axes(x), given.flag('keepdims'));
  }),
  All: operation('x axis keepdims', (given, to) => {
    const x = given.tensor('x');
    return truthOver(to, x, 'all', given.axes(x), given.flag('keepdims'));
  }),
  Prod: composed(multipliedOver),
  Var: composed(variance),
  Std: composed((to, x, axes, keepDims) => to.unary('sqrt', variance(to, x, axes, keepDims), {}, Math.sqrt)),
  Logsumexp: composed(logSumExp),
  Cumsum: operation('x axis exclusive reverse', (given, to) => {
    const { x, axis } = given.flattened('x');
    return summedUp(to, x, axis, given.flag('exclusive'), given.flag('reverse'));
  }),
} satisfies Readonly<Record<string, Operation>>;
