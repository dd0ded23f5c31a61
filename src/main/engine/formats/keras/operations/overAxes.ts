/**
 * Operations over axes: sums, extremes, norms, softmax. Where a call names no axis they go over all of them, as numpy's
 * do, and so over the examples, which is refused; those with an axis of their own by default say it here.
 */
import * as host from '../../tensors/array';
import { type HostArray, isArray, NotExpressible, range } from '../../tensors/array';
import { converted } from '../../tensors/casts';
import { AcrossBatch, type Assembly, symbolic, type Tensor } from '../../tensors/assembly';
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
import { along, equalParts, stacked, unstacked } from '../../tensors/pieces';
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
    // Without an axis Keras takes all numbers there are, of all examples.
    const axes = given.axes(x, 'axis', -1);
    if (!axes) throw new AcrossBatch('a softmax over all examples');
    return softmaxOver(to, x, axes, op);
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

/** The mean of numbers that count as much as their weights say. */
const averaged: Operation = operation('x weights axis', (given, to) => {
  const x = given.tensor('x');
  const axes = given.allAxes(x);
  if (!given.has('weights')) return reductions.reduce(to, 'mean', x, axes, false);
  const weights = given.tensor('weights');
  const [axis] = axes;
  const flat = to.rank(weights) === 1 && to.rank(x) > 1;
  if (flat && (axes.length !== 1 || isArray(weights) === false)) throw new NotExpressible('weights of this shape');
  const along = range(to.rank(x)).map((each) => (each === axis ? to.shape(weights)[0]! : 1));
  const shaped = flat ? to.reshape(weights, along) : weights;
  const summed = (value: Tensor): Tensor => reductions.reduce(to, 'sum', value, axes, false);
  return to.binary('div', summed(to.binary('mul', x, shaped)), summed(shaped));
});

/** Products of all places up to each. */
function multipliedUp(to: Assembly, x: Tensor, axis: number): Tensor {
  const size = to.shape(x)[axis]!;
  if (symbolic(size) || size > MOST_FACTORS) throw new NotExpressible('products over a free or very long axis');
  const made: Tensor[] = [];
  for (const factor of unstacked(to, x, axis)) {
    const before = made.at(-1);
    made.push(before ? to.binary('mul', before, factor) : factor);
  }
  return stacked(to, made, axis);
}
const MOST_FACTORS = 512;

/** Differences of neighbours along an axis, as often as is asked. */
function differences(to: Assembly, x: Tensor, axis: number, times: number): Tensor {
  if (!(times >= 0 && times <= MOST_FACTORS)) throw new NotExpressible(`differences, ${times} times`);
  let value = x;
  for (let left = times; left > 0; left--) {
    const size = to.shape(value)[axis]!;
    if (symbolic(size)) throw new NotExpressible('differences along a free size');
    value = to.binary('sub', along(to, value, axis, 1, size), along(to, value, axis, 0, size - 1));
  }
  return value;
}

/** (x − mean) / √(variance + epsilon) · scale + offset, along one axis. */
const batchNorm: Operation = operation('x mean variance offset scale axis epsilon', (given, to) => {
  const x = given.tensor('x');
  const axis = given.axis(x, -1);
  const part = (name: string, missing: number): HostArray =>
    given.has(name) ? to.array(given.tensor(name), name) : host.scalar(missing);
  const epsilon = given.number('epsilon', 1e-3);
  const width = host.mapped(part('variance', 1), (each) => 1 / Math.sqrt(each + epsilon), false);
  const scale = host.combined(part('scale', 1), width, (a, b) => a * b, false);
  const shift = host.combined(part('mean', 0), scale, (a, b) => -a * b, false);
  return to.affine(
    x,
    axis,
    scale,
    host.combined(shift, part('offset', 0), (a, b) => a + b, false),
  );
});

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
  Average: averaged,
  Moments: operation('x axes keepdims synchronized', (given, to) => {
    const x = given.tensor('x');
    const [axes, keepDims] = [given.allAxes(x, 'axes'), given.flag('keepdims')];
    return [reductions.reduce(to, 'mean', x, axes, keepDims), variance(to, x, axes, keepDims)];
  }),
  BatchNorm: batchNorm,
  Ptp: composed((to, x, axes, keepDims) => {
    const [high, low] = (['max', 'min'] as const).map((op) => reductions.reduce(to, op, x, axes, keepDims));
    return to.binary('sub', high!, low!);
  }),
  CountNonzero: operation('x axis', (given, to) => {
    const x = given.tensor('x');
    const counted = converted(to, converted(to, x, 'bool'), 'int32');
    return reductions.reduce(to, 'sum', counted, given.allAxes(x), false);
  }),
  Diff: operation('a n axis', (given, to) => {
    const x = given.tensor('a');
    return differences(to, x, given.axis(x, -1), given.number('n', 1));
  }),
  Cumprod: operation('x axis', (given, to) => {
    if (given.flag('exclusive') || given.flag('reverse')) throw new NotExpressible('exclusive or reverse');
    const { x, axis } = given.flattened('x');
    return multipliedUp(to, x, axis);
  }),
  Cumsum: operation('x axis exclusive reverse', (given, to) => {
    const { x, axis } = given.flattened('x');
    return summedUp(to, x, axis, given.flag('exclusive'), given.flag('reverse'));
  }),
} satisfies Readonly<Record<string, Operation>>;
