/**
 * Where ops have no derivative: how far a place is from the nearest such one. Finite differences cannot straddle it, so samples
 * keep away. The type asks for every op.
 */
import type { OpAttributes, OpName } from '../../src/main/engine/graph/ops';
import { sparsemaxTau, windowValues, type Nd } from '../reference/ops';

type Distance<Attributes> = (inputs: readonly Nd[], attributes: Attributes) => number;
type Kinks<Op extends OpName> = 'smooth' | Distance<OpAttributes[Op]>;

const least = (distances: Iterable<number>): number => {
  let found = Infinity;
  for (const each of distances) found = Math.min(found, each);
  return found;
};

/** Kinks of a function of one value, by its attributes. */
const at =
  <Attributes>(places: (attributes: Attributes) => readonly number[]): Distance<Attributes> =>
  ([x], attributes) =>
    least([...x!.data].flatMap((value) => places(attributes).map((place) => Math.abs(value - place))));
const atZero = at<unknown>(() => [0]);
const toWhole = (value: number): number => Math.abs(value - Math.round(value));

/** Elements of two values that meet, by numpy's broadcasting. */
function* met([a, b]: readonly Nd[]): Generator<readonly [number, number]> {
  const rank = Math.max(a!.shape.length, b!.shape.length);
  const sizeAt = (x: Nd, axis: number): number => x.shape[axis - rank + x.shape.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, axis) => Math.max(sizeAt(a!, axis), sizeAt(b!, axis)));
  const flat = (x: Nd, place: readonly number[]): number =>
    place.reduce((sum, each, axis) => sum * sizeAt(x, axis) + (sizeAt(x, axis) === 1 ? 0 : each), 0);
  const total = shape.reduce((product, size) => product * size, 1);
  for (let index = 0; index < total; index++) {
    const place: number[] = [];
    for (let axis = rank - 1, left = index; axis >= 0; left = Math.floor(left / shape[axis]!), axis--)
      place.unshift(left % shape[axis]!);
    yield [a!.data[flat(a!, place)]!, b!.data[flat(b!, place)]!];
  }
}
const whereEqual = (inputs: readonly Nd[]): number => least([...met(inputs)].map(([a, b]) => Math.abs(a - b)));
/** Negative x, beside which the angle jumps, and the origin. */
const angleCut = (inputs: readonly Nd[]): number =>
  least([...met(inputs)].map(([y, x]) => (x < 0 ? Math.abs(y) : Math.hypot(x, y))));

/** Between the largest and the next. */
const lead = (values: readonly number[]): number => {
  const [first, second] = [...values].sort((a, b) => b - a);
  return second === undefined ? Infinity : first! - second;
};
const negative = (values: readonly number[]): number[] => values.map((value) => -value);

/** What meets in a reduction over axes, or along one. */
function groups({ shape, data }: Nd, axes: readonly number[]): number[][] {
  const found = new Map<string, number[]>();
  data.forEach((value, index) => {
    const key: number[] = [];
    for (let axis = shape.length - 1, left = index; axis >= 0; left = Math.floor(left / shape[axis]!), axis--)
      if (!axes.includes(axis)) key.unshift(left % shape[axis]!);
    found.set(`${key}`, [...(found.get(`${key}`) ?? []), value]);
  });
  return [...found.values()];
}

/** Where the order or the support changes. */
function support(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => b - a);
  let sum = 0;
  const borders = sorted.map((value, index) => {
    sum += value;
    return Math.abs(1 + (index + 1) * value - sum);
  });
  const tau = sparsemaxTau(values);
  // The largest is always in the support.
  return least([
    ...sorted.slice(1).map((value, index) => sorted[index]! - value),
    ...borders.slice(1),
    ...values.map((value) => Math.abs(value - tau)),
  ]);
}

export const kinks: { readonly [Op in OpName]: Kinks<Op> } = {
  relu: atZero,
  clippedRelu: at<OpAttributes['clippedRelu']>(({ threshold, maxValue }) =>
    maxValue === null ? [threshold] : [threshold, maxValue],
  ),
  leakyRelu: atZero,
  prelu: atZero,
  elu: atZero,
  selu: atZero,
  celu: 'smooth',
  gelu: 'smooth',
  geluTanh: 'smooth',
  sigmoid: 'smooth',
  logSigmoid: 'smooth',
  hardSigmoid: at<OpAttributes['hardSigmoid']>(({ slope, offset }) => [-offset / slope, (1 - offset) / slope]),
  silu: 'smooth',
  hardSilu: at<OpAttributes['hardSilu']>(() => [-3, 3]),
  mish: 'smooth',
  softplus: 'smooth',
  softsign: 'smooth',
  tanh: 'smooth',
  tanhShrink: 'smooth',
  softShrink: at<OpAttributes['softShrink']>(({ lambda }) => [-lambda, lambda]),
  hardShrink: at<OpAttributes['hardShrink']>(({ lambda }) => [-lambda, lambda]),
  threshold: at<OpAttributes['threshold']>(({ threshold }) => [threshold]),
  squarePlus: 'smooth',
  sparsePlus: 'smooth',
  sparseSigmoid: at<OpAttributes['sparseSigmoid']>(() => [-1, 1]),
  clip: at<OpAttributes['clip']>(({ min, max }) => [min, max]),
  exp: 'smooth',
  log: 'smooth',
  log1p: 'smooth',
  sqrt: 'smooth',
  rsqrt: 'smooth',
  reciprocal: 'smooth',
  reciprocalOrZero: atZero,
  square: 'smooth',
  pow: 'smooth',
  abs: atZero,
  neg: 'smooth',
  erf: 'smooth',
  sin: 'smooth',
  cos: 'smooth',
  tan: 'smooth',
  asin: 'smooth',
  acos: 'smooth',
  atan: 'smooth',
  sinh: 'smooth',
  cosh: 'smooth',
  asinh: 'smooth',
  acosh: 'smooth',
  atanh: 'smooth',
  sign: atZero,
  floor: ([x]) => least([...x!.data].map(toWhole)),
  hash: ([x]) => least([...x!.data].map(toWhole)),
  round: ([x]) => least([...x!.data].map((value) => toWhole(value - 0.5))),

  add: 'smooth',
  sub: 'smooth',
  mul: 'smooth',
  div: 'smooth',
  maximum: whereEqual,
  minimum: whereEqual,
  power: 'smooth',
  atan2: angleCut,
  greater: whereEqual,
  greaterEqual: whereEqual,
  equal: whereEqual,
  select: 'smooth',

  matmul: 'smooth',
  conv: 'smooth',
  depthwiseConv: 'smooth',
  convTranspose: 'smooth',
  affine: 'smooth',
  averagePool: 'smooth',

  sum: 'smooth',
  mean: 'smooth',
  max: ([x], { axes }) => least(groups(x!, axes).map(lead)),
  min: ([x], { axes }) => least(groups(x!, axes).map((values) => lead(negative(values)))),
  maxPool: ([x], attributes) => least(windowValues(x!, attributes).map(lead)),
  softmax: 'smooth',
  logSoftmax: 'smooth',
  sparsemax: ([x], { axis }) => least(groups(x!, [axis]).map(support)),
  normalise: 'smooth',
  roundToSteps: ([x], { axes, most, epsilon }) =>
    least(
      groups(x!, axes).flatMap((values) => {
        const scale = most / (Math.max(...values.map(Math.abs)) + epsilon);
        return values.map((value) => toWhole(value * scale - 0.5));
      }),
    ),

  identity: 'smooth',
  reshape: 'smooth',
  transpose: 'smooth',
  concat: 'smooth',
  slice: 'smooth',
  pad: 'smooth',
  tile: 'smooth',
  repeat: 'smooth',
  gather: 'smooth',
  upsample: 'smooth',
  stack: 'smooth',

  embedding: 'smooth',
  unknown: 'smooth',
};

/** How far an example is from the nearest kink. */
export const distanceToKink = <Op extends OpName>(
  op: Op,
  inputs: readonly Nd[],
  attributes: OpAttributes[Op],
): number => {
  const distance = kinks[op] as Kinks<Op>;
  return distance === 'smooth' ? Infinity : distance(inputs, attributes);
};
