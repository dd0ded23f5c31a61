/**
 * Functions called in functional models: keras.ops (Keras 3), and the `TFOpLambda` and `SlicingOpLambda` that Keras 2
 * makes of TensorFlow's. They count the batch axis, so they are built with tensors; each result is a value in Keras's
 * order of axes, or numbers that do not depend on the input (shapes, masks).
 */
import type { ValueId } from '../../graph/graph';
import type { OpAttributes, OpName, Padding } from '../../graph/ops';
import { ConfigFault, nested } from '../json';
import * as host from '../tensors/array';
import { type HostArray, isArray, NotExpressible, product, range } from '../tensors/array';
import {
  type Assembly,
  type BinaryOp,
  type Comparison,
  type ReduceOp,
  symbolic,
  type Tensor,
} from '../tensors/assembly';
import { clipped, completed, contraction, safeDivision, selected } from '../tensors/compositions';
import { converted, numberType } from '../tensors/casts';
import { functions } from '../tensors/functions';
import { ELLIPSIS, Operand, Slice } from './arguments';
import type { LayerCall } from './call';
import type { LayerSpec } from './config';

type Result = Tensor | readonly Tensor[];

/** Arguments of one call, by the names of keras.ops. */
class Arguments {
  constructor(
    readonly to: Assembly,
    private readonly values: ReadonlyMap<string, unknown>,
    private readonly inputs: readonly Tensor[],
  ) {}

  raw(name: string): unknown {
    return this.values.get(name) ?? null;
  }

  has(name: string): boolean {
    return this.raw(name) !== null;
  }

  private asTensor(value: unknown, name: string): Tensor {
    if (value instanceof Operand) return this.inputs[value.place]!;
    const { shape, data } = nested(value);
    if (!data) {
      // A shape made of sizes: [tf.shape(x)[0], -1]
      if (Array.isArray(value)) {
        const parts = value.map((each) => this.asTensor(each, name));
        return this.to.concat(
          parts.map((part) => this.to.reshape(part, [1, ...this.to.shape(part)])),
          0,
        );
      }
      throw new NotExpressible(`${name} of this kind`);
    }
    const numbers = data.map(Number);
    // JSON does not tell 2.0 from 2; real numbers take it either way.
    return numbers.every(Number.isInteger) ? host.wholes(numbers, shape) : host.reals(shape, numbers);
  }

  tensor(name: string): Tensor {
    if (!this.has(name)) throw new ConfigFault(`${name} is missing`);
    return this.asTensor(this.raw(name), name);
  }

  operand({ place }: Operand): Tensor {
    return this.inputs[place]!;
  }

  /** A tensor, or the tensors of a list. */
  tensors(name: string): Tensor[] {
    const value = this.raw(name);
    return Array.isArray(value) ? value.map((each) => this.asTensor(each, name)) : [this.tensor(name)];
  }

  number(name: string, missing?: number): number {
    if (!this.has(name) && missing !== undefined) return missing;
    const array = this.to.array(this.tensor(name), `a ${name}`);
    if (array.data.length !== 1) throw new ConfigFault(`${name} is ${array.data.length} numbers, expected one`);
    return array.data[0]!;
  }

  flag(name: string, missing = false): boolean {
    return this.has(name) ? this.raw(name) === true || this.raw(name) === 1 : missing;
  }

  text(name: string, missing: string): string {
    const value = this.raw(name);
    return typeof value === 'string' ? value : missing;
  }

  /** Whole numbers, one or a list. */
  list(name: string): number[] {
    return this.to.list(this.tensor(name), `a ${name}`);
  }

  axis(x: Tensor, missing: number, name = 'axis'): number {
    return this.to.axis(x, this.number(name, missing));
  }

  /** Axes, or null for all of them. */
  axes(x: Tensor, name = 'axis'): number[] | null {
    return this.has(name) ? this.list(name).map((axis) => this.to.axis(x, axis)) : null;
  }
}

interface Operation {
  /** Names of the parameters, in order; `*name` takes all that are given by place. */
  readonly parameters: readonly string[];
  readonly run: (given: Arguments, to: Assembly) => Result;
}

const operation = (parameters: string, run: Operation['run']): Operation => ({
  parameters: parameters.split(' '),
  run,
});

const unary = <Op extends OpName>(op: Op, attributes: OpAttributes[Op]): Operation =>
  operation('x', (given, to) => to.unary(op, given.tensor('x'), attributes, functions[op] ?? null));
const plain = (op: OpName): Operation => unary(op as 'relu', {});
const binary = (op: BinaryOp): Operation =>
  operation('x1 x2', (given, to) => to.binary(op, given.tensor('x1'), given.tensor('x2')));
const reduction = (op: ReduceOp): Operation =>
  operation('x axis keepdims', (given, to) => {
    const x = given.tensor('x');
    if (given.has('initial')) throw new NotExpressible('an initial value');
    return to.reduce(op, x, given.axes(x), given.flag('keepdims'));
  });
const along = (op: 'softmax' | 'logSoftmax'): Operation =>
  operation('x axis', (given, to) => {
    const x = given.tensor('x');
    const axes = given.axes(x) ?? [to.rank(x) - 1];
    if (axes.length > 1) throw new NotExpressible('several axes');
    return to.along(x, axes[0]!, op);
  });
/** x1 ∘ x2, or x2 ∘ x1: 1 where it holds, else 0. */
const compared = (op: Comparison, swapped = false): Operation =>
  operation('x1 x2', (given, to) => {
    const [a, b] = [given.tensor('x1'), given.tensor('x2')];
    return swapped ? to.binary(op, b, a) : to.binary(op, a, b);
  });
/** The contrary of a condition. */
const denied = (to: Assembly, condition: Tensor): Tensor => to.binary('equal', condition, host.wholes([0], []));
/** Arithmetic of numbers known when the file is opened. */
const computed = (compute: (a: number, b: number) => number): Operation =>
  operation('x1 x2', (given, to) =>
    host.combined(to.array(given.tensor('x1'), 'an operand'), to.array(given.tensor('x2'), 'an operand'), compute),
  );

const squared = (to: Assembly, x: Tensor): Tensor => to.unary('square', x, {}, functions['square']!);

function variance(given: Arguments, to: Assembly): Tensor {
  const x = given.tensor('x');
  const axes = given.axes(x) ?? range(to.rank(x));
  const centred = to.binary('sub', x, to.reduce('mean', x, axes, true));
  return to.reduce('mean', squared(to, centred), axes, given.flag('keepdims'));
}

function power(given: Arguments, to: Assembly): Tensor {
  const [a, b] = [given.tensor('x1'), given.tensor('x2')];
  if (isArray(a) && isArray(b)) return host.combined(a, b, (x, y) => x ** y);
  const value = isArray(b) && b.data.every((each) => each === b.data[0]) ? b.data[0]! : null;
  if (value === null) return to.binary('power', a, b);
  if (value === 1) return a;
  if (value === 2) return squared(to, a);
  if (value === 0.5) return to.unary('sqrt', a, {}, functions['sqrt']!);
  if (value === -0.5) return to.unary('rsqrt', a, {}, functions['rsqrt']!);
  if (value === -1) return to.unary('reciprocal', a, {}, functions['reciprocal']!);
  return to.unary('pow', a, { exponent: value }, null);
}

/** Parts of these sizes along an axis. */
function parts(to: Assembly, x: Tensor, axis: number, sizes: readonly number[]): Tensor[] {
  const rank = to.rank(x);
  const at = (value: number): (number | null)[] => range(rank).map((each) => (each === axis ? value : null));
  let begin = 0;
  return sizes.map((size) => {
    const part = to.slice(
      x,
      at(begin),
      at(begin + size),
      range(rank).map(() => 1),
    );
    begin += size;
    return part;
  });
}

/** Sizes of parts, one of which may be −1: what is left. */
const filled = (sizes: readonly number[], total: number): number[] => {
  const known = sizes.reduce((sum, size) => (size < 0 ? sum : sum + size), 0);
  return sizes.map((size) => (size < 0 ? total - known : size));
};

/** `number`: that many equal parts; a list: places to cut (keras.ops), or the parts' sizes (TensorFlow). */
function split(given: Arguments, to: Assembly, sizes: boolean): Tensor[] {
  const x = given.tensor('x');
  const axis = given.axis(x, 0);
  const total = to.shape(x)[axis]!;
  if (symbolic(total)) throw new NotExpressible('a free size cut in parts');
  const places = given.list('indices_or_sections');
  if (Array.isArray(given.raw('indices_or_sections'))) {
    if (!sizes) {
      const ends = [...places, total];
      return parts(
        to,
        x,
        axis,
        ends.map((end, i) => end - (ends[i - 1] ?? 0)),
      );
    }
    return parts(to, x, axis, filled(places, total));
  }
  const count = places[0]!;
  if (!(count >= 1) || total % count) throw new ConfigFault(`a size of ${total} cannot be cut in ${count} parts`);
  return parts(
    to,
    x,
    axis,
    range(count).map(() => total / count),
  );
}

/** x[key], as numpy: numbers, slices, the ellipsis, new axes. */
function indexed(to: Assembly, x: Tensor, given: unknown, numberOf: (value: unknown) => number | null): Tensor {
  const key = Array.isArray(given) ? (given as unknown[]) : [given];
  const rank = to.rank(x);
  const taken = key.filter((each) => each !== ELLIPSIS && each !== null).length;
  if (taken > rank) throw new ConfigFault(`${taken} places do not fit ${rank} axes`);
  const [begin, end, strides]: [(number | null)[], (number | null)[], number[]] = [[], [], []];
  const shrunk: number[] = [];
  const fresh: number[] = [];
  const whole = (): void => {
    begin.push(null);
    end.push(null);
    strides.push(1);
  };
  for (const each of key) {
    const place = begin.length + fresh.length;
    if (each === ELLIPSIS) for (let left = rank - taken; left > 0; left--) whole();
    else if (each === null) fresh.push(place);
    else if (each instanceof Slice) {
      begin.push(numberOf(each.start));
      end.push(numberOf(each.stop));
      strides.push(numberOf(each.step) ?? 1);
    } else {
      const at = numberOf(each);
      if (at === null || !Number.isInteger(at)) throw new NotExpressible('places that are no whole numbers');
      begin.push(at);
      end.push(at === -1 ? null : at + 1);
      strides.push(1);
      shrunk.push(place);
    }
  }
  while (begin.length < rank) whole();
  let made = to.slice(x, begin, end, strides);
  if (fresh.length) made = to.unsqueeze(made, fresh);
  return shrunk.length ? to.squeeze(made, shrunk) : made;
}

/** Sums up to each place: a product with a triangle of ones. */
function cumulative(given: Arguments, to: Assembly): Tensor {
  const x = given.tensor('x');
  const axis = given.axis(x, 0);
  const size = to.shape(x)[axis]!;
  if (symbolic(size) || size > 4096) throw new NotExpressible('sums along a free or long axis');
  if (given.flag('exclusive') || given.flag('reverse')) throw new NotExpressible('sums in another order');
  const rank = to.rank(x);
  const triangle = new Float32Array(size * size);
  for (let from = 0; from < size; from++) for (let at = from; at < size; at++) triangle[from * size + at] = 1;
  const swap = range(rank).map((each) => (each === axis ? rank - 1 : each === rank - 1 ? axis : each));
  return to.transpose(to.matmul(to.transpose(x, swap), host.reals([size, size], triangle)), swap);
}

function rolled(given: Arguments, to: Assembly): Tensor {
  const x = given.tensor('x');
  const [shifts, axes] = [given.list('shift'), given.list('axis')];
  return axes.reduce<Tensor>((value, each, i) => {
    const axis = to.axis(x, each);
    const size = to.shape(x)[axis]!;
    if (symbolic(size)) throw new NotExpressible('a free size rolled');
    const shift = (((shifts[i] ?? shifts[0]!) % size) + size) % size;
    if (shift === 0) return value;
    return to.concat([...parts(to, value, axis, [size - shift, shift])].reverse(), axis);
  }, x);
}

function flipped(given: Arguments, to: Assembly): Tensor {
  const x = given.tensor('x');
  const axes = new Set(given.axes(x) ?? range(to.rank(x)));
  const open = range(to.rank(x)).map(() => null);
  return to.slice(
    x,
    open,
    open,
    open.map((_, axis) => (axes.has(axis) ? -1 : 1)),
  );
}

function padded(given: Arguments, to: Assembly): Tensor {
  const x = given.tensor('x');
  const widths = given.list('pad_width');
  const rank = to.rank(x);
  const pairs = range(rank).map((axis): [number, number] =>
    widths.length === 2 * rank ? [widths[2 * axis]!, widths[2 * axis + 1]!] : [widths[0]!, widths.at(-1)!],
  );
  const mode = given.text('mode', 'constant').toLowerCase();
  if (mode !== 'constant' && mode !== 'reflect' && mode !== 'symmetric' && mode !== 'edge' && mode !== 'wrap')
    throw new NotExpressible(`mode ${mode}`);
  return to.pad(x, pairs as Padding, mode, given.number('constant_values', 0));
}

function repeated(given: Arguments, to: Assembly): Tensor {
  const x = given.tensor('x');
  const times = given.list('repeats');
  if (!given.has('axis')) throw new NotExpressible('a repetition without an axis');
  const axis = given.axis(x, 0);
  const size = to.shape(x)[axis]!;
  if (symbolic(size)) throw new NotExpressible('a free size repeated');
  const places = range(size).flatMap((place) => range(times[place] ?? times[0]!).map(() => place));
  return to.gather(x, host.wholes(places), axis);
}

/** Sums over axes of both, as numpy: a number of axes, or a list for each. */
function tensordot(given: Arguments, to: Assembly): Tensor {
  const [a, b] = [given.tensor('x1'), given.tensor('x2')];
  const raw = given.raw('axes') ?? 2;
  const [left, right] = Array.isArray(raw)
    ? raw.map((each) => (Array.isArray(each) ? (each as number[]) : [each as number]))
    : [range(raw as number, to.rank(a) - (raw as number)), range(raw as number)];
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  const first = [...letters.slice(0, to.rank(a))];
  const second = [...letters.slice(first.length, first.length + to.rank(b))];
  left!.forEach((axis, i) => (second[to.axis(b, right![i]!)] = first[to.axis(a, axis)]!));
  const output = [...first, ...second].filter((each) => !(first.includes(each) && second.includes(each)));
  return contraction(to, `${first.join('')},${second.join('')}->${output.join('')}`, [a, b]);
}

const ordered = (to: Assembly, x: Tensor, axes: readonly number[] | null): Tensor =>
  to.transpose(x, axes ?? range(to.rank(x)).reverse());
const swappedAxes = (rank: number, a: number, b: number): number[] =>
  range(rank).map((axis) => (axis === a ? b : axis === b ? a : axis));

function movedAxes(given: Arguments, to: Assembly): Tensor {
  const x = given.tensor('x');
  const [from, target] = [given.axes(x, 'source')!, given.axes(x, 'destination')!];
  const order = range(to.rank(x)).filter((axis) => !from.includes(axis));
  const moves = from.map((axis, i) => [target[i]!, axis] as const).sort(([a], [b]) => a - b);
  for (const [place, axis] of moves) order.splice(place, 0, axis);
  return to.transpose(x, order);
}

/** x / max(‖x‖, ε) */
function normalized(given: Arguments, to: Assembly): Tensor {
  const x = given.tensor('x');
  if (given.number('order', 2) !== 2) throw new NotExpressible(`order ${given.number('order')}`);
  const sum = to.reduce('sum', squared(to, x), given.axes(x), true);
  // keras.ops holds the norm above epsilon, TensorFlow its square.
  const least = given.has('epsilon_of_square')
    ? given.number('epsilon_of_square')
    : given.number('epsilon', 1e-12) ** 2;
  const held = to.binary('maximum', sum, host.scalar(least));
  return to.binary('mul', x, to.unary('rsqrt', held, {}, functions['rsqrt']!));
}

/** log Σ exp(x): the largest is taken out first. */
function logSumExp(given: Arguments, to: Assembly): Tensor {
  const x = given.tensor('x');
  const axes = given.axes(x) ?? range(1, to.rank(x) - 1);
  const most = to.reduce('max', x, axes, true);
  const sum = to.reduce('sum', to.unary('exp', to.binary('sub', x, most), {}, functions['exp']!), axes, true);
  const whole = to.binary('add', most, to.unary('log', sum, {}, functions['log']!));
  return given.flag('keepdims') ? whole : to.squeeze(whole, axes);
}

function chosen(given: Arguments, to: Assembly): Tensor {
  const [condition, a, b] = [given.tensor('condition'), given.tensor('x1'), given.tensor('x2')];
  return isArray(condition) ? selected(to, condition, a, b) : to.select(condition, a, b);
}

function taken(given: Arguments, to: Assembly): Tensor {
  const x = given.tensor('x');
  if (given.number('batch_dims', 0)) throw new NotExpressible('batch dimensions');
  if (!given.has('axis')) throw new NotExpressible('places of all axes at once');
  return to.gather(x, given.tensor('indices'), given.axis(x, 0));
}

function layerNormed(given: Arguments, to: Assembly): Tensor {
  const x = given.tensor('x');
  if (given.flag('rms_scaling')) throw new NotExpressible('rms_scaling');
  let made: Tensor = to.normalise(x, given.axes(x) ?? [to.rank(x) - 1], given.number('epsilon', 1e-7));
  if (given.has('gamma')) made = to.binary('mul', made, given.tensor('gamma'));
  return given.has('beta') ? to.binary('add', made, given.tensor('beta')) : made;
}

/** softmax(scale · query · keyᵀ + bias) · value over [N, steps, heads, width]. */
function dotProductAttention(given: Arguments, to: Assembly): Tensor {
  const query = given.tensor('query');
  if (given.has('mask') || given.has('attn_logits_soft_cap')) throw new NotExpressible('a mask or a cap');
  const [queries, width] = [to.shape(query)[1]!, to.shape(query)[3]!];
  const scaled = to.binary('mul', query, host.scalar(given.number('scale', 1 / Math.sqrt(width))));
  let scores = contraction(to, 'abcd,aecd->acbe', [scaled, given.tensor('key')]);
  if (given.has('bias')) scores = to.binary('add', scores, given.tensor('bias'));
  if (given.flag('is_causal')) {
    const keys = to.shape(scores)[3]!;
    if (symbolic(queries) || symbolic(keys)) throw new NotExpressible('a mask over a free number of steps');
    const hidden = range(queries).flatMap((q) => range(keys).map((k) => (k > q ? -1e9 : 0)));
    scores = to.binary('add', scores, host.reals([1, 1, queries, keys], hidden));
  }
  return contraction(to, 'acbe,aecd->abcd', [to.along(scores, 3, 'softmax'), given.tensor('value')]);
}

const times = (to: Assembly, x: Tensor, factor: number): Tensor => to.binary('mul', x, host.scalar(factor));
const sameShape = (value: number): Operation =>
  operation('x', (given, to) =>
    host.filled(
      to.shape(given.tensor('x')).map((size) => (symbolic(size) ? 1 : size)),
      value,
      false,
    ),
  );

/** By class name in keras.ops. */
const operations: Readonly<Record<string, Operation>> = {
  Add: binary('add'),
  Subtract: binary('sub'),
  Multiply: binary('mul'),
  Divide: binary('div'),
  TrueDivide: binary('div'),
  DivideNoNan: operation('x1 x2', (given, to) => safeDivision(to, given.tensor('x1'), given.tensor('x2'))),
  Maximum: binary('maximum'),
  Minimum: binary('minimum'),
  Power: operation('x1 x2', power),
  FloorDivide: computed((a, b) => Math.floor(a / b)),
  Mod: computed((a, b) => a - b * Math.floor(a / b)),
  SquaredDifference: operation('x1 x2', (given, to) =>
    squared(to, to.binary('sub', given.tensor('x1'), given.tensor('x2'))),
  ),
  AddN: operation('x', (given, to) => given.tensors('x').reduce((sum, x) => to.binary('add', sum, x))),
  Equal: compared('equal'),
  NotEqual: operation('x1 x2', (given, to) => denied(to, to.binary('equal', given.tensor('x1'), given.tensor('x2')))),
  Greater: compared('greater'),
  GreaterEqual: compared('greaterEqual'),
  Less: compared('greater', true),
  LessEqual: compared('greaterEqual', true),
  LogicalAnd: binary('mul'),
  LogicalOr: binary('maximum'),
  LogicalNot: operation('x', (given, to) => denied(to, given.tensor('x'))),
  Where: operation('condition x1 x2', chosen),

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
  Clip: operation('x x_min x_max', (given, to) =>
    clipped(to, given.tensor('x'), given.number('x_min', -Infinity), given.number('x_max', Infinity)),
  ),

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
  Softmax: along('softmax'),
  LogSoftmax: along('logSoftmax'),
  Normalize: operation('x axis order epsilon epsilon_of_square', normalized),

  Glu: operation('x axis', (given, to) => {
    const x = given.tensor('x');
    const axis = given.axis(x, -1);
    const half = to.shape(x)[axis]! / 2;
    if (!Number.isInteger(half)) throw new ConfigFault(`glu cannot halve ${2 * half} features`);
    const [gated, gate] = parts(to, x, axis, [half, half]) as [Tensor, Tensor];
    return to.binary('mul', gated, to.unary('sigmoid', gate, {}, functions['sigmoid']!));
  }),
  LayerNorm: operation('x gamma beta axis epsilon rms_scaling', layerNormed),
  RMSNorm: operation('x scale axis epsilon', (given, to) => {
    const x = given.tensor('x');
    const mean = to.reduce('mean', squared(to, x), given.axes(x) ?? [to.rank(x) - 1], true);
    const shifted = to.binary('add', mean, host.scalar(given.number('epsilon', 1e-7)));
    const normal = to.binary('mul', x, to.unary('rsqrt', shifted, {}, functions['rsqrt']!));
    return given.has('scale') ? to.binary('mul', normal, given.tensor('scale')) : normal;
  }),
  Norm: operation('x ord axis keepdims', (given, to) => {
    const x = given.tensor('x');
    if (given.has('ord') && given.raw('ord') !== 2 && given.raw('ord') !== 'fro')
      throw new NotExpressible(`ord ${String(given.raw('ord'))}`);
    const sum = to.reduce('sum', squared(to, x), given.axes(x), given.flag('keepdims'));
    return to.unary('sqrt', sum, {}, functions['sqrt']!);
  }),
  DotProductAttention: operation('query key value bias mask scale', dotProductAttention),

  Sum: reduction('sum'),
  Mean: reduction('mean'),
  Max: reduction('max'),
  Amax: reduction('max'),
  Min: reduction('min'),
  Amin: reduction('min'),
  Var: operation('x axis keepdims', variance),
  Std: operation('x axis keepdims', (given, to) => to.unary('sqrt', variance(given, to), {}, functions['sqrt']!)),
  Logsumexp: operation('x axis keepdims', logSumExp),
  Cumsum: operation('x axis exclusive reverse', cumulative),

  Matmul: operation('x1 x2 transpose_a transpose_b', (given, to) => {
    const turned = (x: Tensor, flag: string): Tensor => (given.flag(flag) ? to.swapLast(x) : x);
    return to.matmul(turned(given.tensor('x1'), 'transpose_a'), turned(given.tensor('x2'), 'transpose_b'));
  }),
  Dot: operation('x1 x2', (given, to) => {
    const [a, b] = [given.tensor('x1'), given.tensor('x2')];
    if (to.rank(b) > 2) throw new NotExpressible('a second factor of more than two axes');
    return to.matmul(a, b);
  }),
  Einsum: operation('*operands', (given, to) =>
    contraction(to, given.text('subscripts', ''), given.tensors('operands')),
  ),
  Tensordot: operation('x1 x2 axes', tensordot),

  Identity: operation('x', (given) => given.tensor('x')),
  StopGradient: operation('variable', (given) => given.tensor('variable')),
  ConvertToTensor: operation('x', (given) => given.tensor('x')),
  Copy: operation('x', (given) => given.tensor('x')),
  Cast: operation('x dtype', (given, to) => {
    const name = given.text('dtype', 'float32');
    return converted(to, given.tensor('x'), numberType(name.replace(/^tf\./, '')));
  }),
  Shape: operation('x', (given, to) => host.wholes([...to.shape(given.tensor('x'))])),
  Arange: operation('start stop step', (given) => {
    const one = !given.has('stop');
    const [start, stop] = one ? [0, given.number('start')] : [given.number('start'), given.number('stop')];
    const step = given.number('step', 1);
    const count = Math.max(0, Math.ceil((stop - start) / step));
    if (!(count <= 1e6)) throw new NotExpressible(`${count} numbers in a row`);
    return host.wholes(range(count).map((i) => start + i * step));
  }),
  ZerosLike: sameShape(0),
  OnesLike: sameShape(1),
  Reshape: operation('x newshape', (given, to) => {
    const x = given.tensor('x');
    return to.reshape(x, completed(given.list('newshape'), product(to.shape(x))));
  }),
  Ravel: operation('x', (given, to) => to.reshape(given.tensor('x'), [product(to.shape(given.tensor('x')))])),
  Transpose: operation('x axes', (given, to) => ordered(to, given.tensor('x'), given.axes(given.tensor('x'), 'axes'))),
  Swapaxes: operation('x axis1 axis2', (given, to) => {
    const x = given.tensor('x');
    return to.transpose(x, swappedAxes(to.rank(x), given.axis(x, 0, 'axis1'), given.axis(x, 0, 'axis2')));
  }),
  Moveaxis: operation('x source destination', movedAxes),
  ExpandDims: operation('x axis', (given, to) => {
    const x = given.tensor('x');
    return to.unsqueeze(x, given.list('axis'));
  }),
  Squeeze: operation('x axis', (given, to) => to.squeeze(given.tensor('x'), given.axes(given.tensor('x')))),
  Concatenate: operation('xs axis', (given, to) => {
    const xs = given.tensors('xs');
    return to.concat(xs, given.axis(xs[0]!, 0));
  }),
  Stack: operation('x axis', (given, to) => {
    const xs = given.tensors('x');
    const axis = to.axis(xs[0]!, given.number('axis', 0), 1);
    return to.concat(
      xs.map((x) => to.unsqueeze(x, [axis])),
      axis,
    );
  }),
  Unstack: operation('x num axis', (given, to) => {
    const x = given.tensor('x');
    const axis = given.axis(x, 0);
    const size = to.shape(x)[axis]!;
    if (symbolic(size)) throw new NotExpressible('a free size taken apart');
    const each = parts(
      to,
      x,
      axis,
      range(size).map(() => 1),
    );
    return each.map((part) => to.squeeze(part, [axis]));
  }),
  Split: operation('x indices_or_sections axis', (given, to) => split(given, to, false)),
  SplitBySizes: operation('x indices_or_sections axis', (given, to) => split(given, to, true)),
  Take: operation('x indices axis batch_dims', taken),
  Tile: operation('x repeats', (given, to) => {
    const x = given.tensor('x');
    const repeats = given.list('repeats');
    return to.tile(to.toRank(x, Math.max(to.rank(x), repeats.length)), [
      ...range(to.rank(x) - repeats.length).map(() => 1),
      ...repeats,
    ]);
  }),
  Repeat: operation('x repeats axis', repeated),
  BroadcastTo: operation('x shape', (given, to) => to.expand(given.tensor('x'), given.list('shape'))),
  Flip: operation('x axis', flipped),
  Roll: operation('x shift axis', rolled),
  Pad: operation('x pad_width mode constant_values', padded),
  GetItem: operation('x key', (given, to) =>
    indexed(to, given.tensor('x'), given.raw('key'), (value) => {
      if (value === null || value === undefined) return null;
      if (typeof value === 'number') return value;
      if (value instanceof Operand) return to.array(given.operand(value), 'a place').data[0]!;
      throw new NotExpressible('places of this kind');
    }),
  ),
};

/** TensorFlow's function → the one of keras.ops; its parameters, in order, by the names that they have there. */
const tensorflow: Readonly<Record<string, readonly [operation: string, parameters: string, fixed?: object]>> = {
  '__operators__.add': ['Add', 'x:x1 y:x2'],
  'math.add': ['Add', 'x:x1 y:x2'],
  'math.subtract': ['Subtract', 'x:x1 y:x2'],
  'math.multiply': ['Multiply', 'x:x1 y:x2'],
  'math.divide': ['Divide', 'x:x1 y:x2'],
  'math.truediv': ['Divide', 'x:x1 y:x2'],
  'math.divide_no_nan': ['DivideNoNan', 'x:x1 y:x2'],
  'math.maximum': ['Maximum', 'x:x1 y:x2'],
  'math.minimum': ['Minimum', 'x:x1 y:x2'],
  'math.pow': ['Power', 'x:x1 y:x2'],
  'math.floordiv': ['FloorDivide', 'x:x1 y:x2'],
  'math.floormod': ['Mod', 'x:x1 y:x2'],
  'math.squared_difference': ['SquaredDifference', 'x:x1 y:x2'],
  'math.add_n': ['AddN', 'inputs:x'],
  '__operators__.eq': ['Equal', 'self:x1 other:x2'],
  '__operators__.ne': ['NotEqual', 'self:x1 other:x2'],
  'math.equal': ['Equal', 'x:x1 y:x2'],
  'math.not_equal': ['NotEqual', 'x:x1 y:x2'],
  'math.greater': ['Greater', 'x:x1 y:x2'],
  'math.greater_equal': ['GreaterEqual', 'x:x1 y:x2'],
  'math.less': ['Less', 'x:x1 y:x2'],
  'math.less_equal': ['LessEqual', 'x:x1 y:x2'],
  'math.logical_and': ['LogicalAnd', 'x:x1 y:x2'],
  'math.logical_or': ['LogicalOr', 'x:x1 y:x2'],
  'math.logical_not': ['LogicalNot', 'x'],
  where: ['Where', 'condition x:x1 y:x2'],
  'math.abs': ['Abs', 'x'],
  'math.negative': ['Negative', 'x'],
  'math.exp': ['Exp', 'x'],
  'math.expm1': ['Expm1', 'x'],
  'math.log': ['Log', 'x'],
  'math.log1p': ['Log1p', 'x'],
  'math.sqrt': ['Sqrt', 'x'],
  'math.rsqrt': ['Rsqrt', 'x'],
  'math.square': ['Square', 'x'],
  'math.reciprocal': ['Reciprocal', 'x'],
  'math.sin': ['Sin', 'x'],
  'math.cos': ['Cos', 'x'],
  'math.atan': ['Arctan', 'x'],
  'math.tan': ['Tan', 'x'],
  'math.asin': ['Arcsin', 'x'],
  'math.acos': ['Arccos', 'x'],
  'math.sinh': ['Sinh', 'x'],
  'math.cosh': ['Cosh', 'x'],
  'math.asinh': ['Arcsinh', 'x'],
  'math.acosh': ['Arccosh', 'x'],
  'math.atanh': ['Arctanh', 'x'],
  'math.erfc': ['Erfc', 'x'],
  'math.atan2': ['Arctan2', 'y:x1 x:x2'],
  'math.erf': ['Erf', 'x'],
  'math.sign': ['Sign', 'x'],
  'math.floor': ['Floor', 'x'],
  'math.round': ['Round', 'x'],
  clip_by_value: ['Clip', 't:x clip_value_min:x_min clip_value_max:x_max'],
  'math.sigmoid': ['Sigmoid', 'x'],
  'math.log_sigmoid': ['LogSigmoid', 'x'],
  'math.softplus': ['Softplus', 'features:x'],
  'math.tanh': ['Tanh', 'x'],
  'nn.relu': ['Relu', 'features:x'],
  'nn.relu6': ['Relu6', 'features:x'],
  'nn.leaky_relu': ['LeakyRelu', 'features:x alpha:negative_slope'],
  'nn.elu': ['Elu', 'features:x'],
  'nn.selu': ['Selu', 'features:x'],
  'nn.gelu': ['Gelu', 'features:x approximate', { approximate: false }],
  'nn.silu': ['Silu', 'features:x beta'],
  'nn.softsign': ['Softsign', 'features:x'],
  'nn.softmax': ['Softmax', 'logits:x axis'],
  'nn.log_softmax': ['LogSoftmax', 'logits:x axis'],
  'math.l2_normalize': ['Normalize', 'x axis epsilon:epsilon_of_square', { epsilon_of_square: 1e-12 }],
  'math.reduce_sum': ['Sum', 'input_tensor:x axis keepdims'],
  'math.reduce_mean': ['Mean', 'input_tensor:x axis keepdims'],
  'math.reduce_max': ['Max', 'input_tensor:x axis keepdims'],
  'math.reduce_min': ['Min', 'input_tensor:x axis keepdims'],
  'math.reduce_variance': ['Var', 'input_tensor:x axis keepdims'],
  'math.reduce_std': ['Std', 'input_tensor:x axis keepdims'],
  'math.reduce_logsumexp': ['Logsumexp', 'input_tensor:x axis keepdims'],
  'math.cumsum': ['Cumsum', 'x axis exclusive reverse'],
  'linalg.matmul': ['Matmul', 'a:x1 b:x2 transpose_a transpose_b'],
  tensordot: ['Tensordot', 'a:x1 b:x2 axes'],
  identity: ['Identity', 'input:x'],
  stop_gradient: ['Identity', 'input:x'],
  convert_to_tensor: ['Identity', 'value:x'],
  cast: ['Cast', 'x dtype'],
  shape: ['Shape', 'input:x'],
  range: ['Arange', 'start limit:stop delta:step'],
  zeros_like: ['ZerosLike', 'input:x'],
  ones_like: ['OnesLike', 'input:x'],
  reshape: ['Reshape', 'tensor:x shape:newshape'],
  transpose: ['Transpose', 'a:x perm:axes'],
  expand_dims: ['ExpandDims', 'input:x axis'],
  squeeze: ['Squeeze', 'input:x axis'],
  concat: ['Concatenate', 'values:xs axis'],
  stack: ['Stack', 'values:x axis'],
  unstack: ['Unstack', 'value:x num axis'],
  split: ['SplitBySizes', 'value:x num_or_size_splits:indices_or_sections axis'],
  gather: ['Take', 'params:x indices validate_indices axis batch_dims', { axis: 0 }],
  tile: ['Tile', 'input:x multiples:repeats'],
  repeat: ['Repeat', 'input:x repeats axis'],
  broadcast_to: ['BroadcastTo', 'input:x shape'],
  reverse: ['Flip', 'tensor:x axis'],
  roll: ['Roll', 'input:x shift axis'],
  pad: ['Pad', 'tensor:x paddings:pad_width mode constant_values'],
  '__operators__.getitem': ['GetItem', 'x slice_spec:key'],
};

/** Whether a layer of the file is a call of a function; @returns what it does, or null for layers. */
export function operationOf(
  layer: LayerSpec,
): ((call: LayerCall, given: readonly (ValueId | HostArray)[]) => readonly Tensor[]) | null {
  if (layer.kind === 'TFOpLambda' || layer.kind === 'SlicingOpLambda') {
    const name = layer.config.text('function').replace(/^(tf\.)?(compat\.v1\.)?/, '');
    const found = Object.hasOwn(tensorflow, name) ? tensorflow[name]! : null;
    return (call, given) => {
      if (!found) throw new NotExpressible(`tf.${name}`);
      const [kind, parameters, fixed] = found;
      return performed(call, given, operations[kind]!, parameters.split(' '), fixed ?? {});
    };
  }
  if (layer.isLayer) return null;
  const found = layer.isKeras && Object.hasOwn(operations, layer.kind) ? operations[layer.kind]! : null;
  return (call, given) => {
    if (!found) throw new NotExpressible('');
    const { name: _, ...configured } = layer.config.raw;
    return performed(call, given, found, found.parameters, configured);
  };
}

/** @param names of the parameters in order, as `theirs:ours` or as both have it */
function performed(
  call: LayerCall,
  given: readonly (ValueId | HostArray)[],
  { run }: Operation,
  names: readonly string[],
  fixed: object,
): readonly Tensor[] {
  const { to, spec } = call;
  const ours = new Map(names.map((name) => name.split(':') as [string, string?]).map(([a, b]) => [a, b ?? a]));
  const values = new Map<string, unknown>(Object.entries(fixed));
  const [rest] = names[0]!.startsWith('*') ? names : [];
  if (rest) values.set(rest.slice(1), spec.positional);
  else
    spec.positional.forEach((value, place) => {
      const name = names[place];
      if (name === undefined) throw new NotExpressible(`${spec.positional.length} arguments`);
      values.set(ours.get(name.split(':')[0]!)!, value);
    });
  for (const [name, value] of Object.entries(spec.named)) if (value !== null) values.set(ours.get(name) ?? name, value);
  const tensors = given.map((each): Tensor => {
    if (typeof each !== 'number') return each;
    const { constant } = to.builder.at(each);
    // Constants of the graph have no batch axis.
    return constant ? host.reals([1, ...constant.shape], Float32Array.from(constant.data)) : call.tensor(each);
  });
  const result = to.at({ name: `${call.name}/inside`, kind: call.kind }, () =>
    run(new Arguments(to, values, tensors), to),
  );
  return Array.isArray(result) ? (result as readonly Tensor[]) : [result as Tensor];
}
