/**
 * Where ops are most easily wrong: at kinks, at the edge of where they are defined, at ties, at large values. The type asks for
 * every op. Numbers are such as float32 holds, so that the twin sees the same side of a kink.
 */
import type { OpAttributes, OpName } from '../../src/main/engine/graph/ops';
import { cases, type Case, type Input } from './cases';

export interface Special<Op extends OpName = OpName> {
  readonly attributes: OpAttributes[Op];
  readonly inputs: readonly Input[];
  /** Examples: the numbers of each input that varies. Every two of them are a segment. */
  readonly points: readonly (readonly (readonly number[])[])[];
  /** The numbers of each input that is a constant. */
  readonly constants?: readonly (readonly number[])[];
  /** Ends of where it is defined: it has a value and a segment may end there, but no derivative. */
  readonly ends?: readonly (readonly (readonly number[])[])[];
  /** Its scale is its argument's (logarithms, roots, powers). */
  readonly scaleless?: true;
}

const ONE: readonly Input[] = [{ shape: [1] }];
const TWO: readonly Input[] = [{ shape: [1] }, { shape: [1] }];
const single = (values: readonly number[]): number[][][] => values.map((value) => [[value]]);

/** A function of one value at some of them. */
const at = <Attributes>(
  attributes: Attributes,
  values: readonly number[],
  ends: readonly number[] = [],
  scaleless?: true,
) => [{ attributes, inputs: ONE, points: single(values), ends: single(ends), ...(scaleless ? { scaleless } : {}) }];
/** Two values at some pairs of them. */
const pairs = (...points: readonly (readonly [number, number])[]) => [
  { attributes: {}, inputs: TWO, points: points.map(([a, b]) => [[a], [b]]) },
];
/** A value beside a constant that stands for nothing. */
const besideConstant = (
  values: readonly number[],
  constant: number,
): (Pick<Special, 'inputs' | 'points' | 'constants'> & { readonly attributes: Record<string, never> })[] => [
  {
    attributes: {},
    inputs: [{ shape: [1] }, { shape: [1], constant: true }],
    points: single(values),
    constants: [[constant]],
  },
];
/** Values along one axis. */
const along = <Attributes>(
  attributes: Attributes,
  points: readonly (readonly number[])[],
  ends: readonly (readonly number[])[] = [],
) => [
  {
    attributes,
    inputs: [{ shape: [points[0]!.length] }],
    points: points.map((point) => [point]),
    ends: ends.map((end) => [end]),
  },
];
/** All inputs of the op's first case full of one number: nothing, one, much. */
function uniform<Op extends OpName>(op: Op): Special<Op>[] {
  const [{ attributes, inputs }] = cases[op] as readonly [Case<Op>];
  const sizes = inputs.map(({ shape }) => shape.reduce((product, size) => product * size, 1));
  const full = (value: number, constant: boolean): number[][] =>
    inputs.flatMap((input, index) =>
      (input.constant === true) === constant ? [new Array<number>(sizes[index]!).fill(value)] : [],
    );
  return [
    { attributes, inputs, points: [0, 1, -1, 1e10].map((value) => full(value, false)), constants: full(-0.5, true) },
  ];
}

const FAR = 1e30;
const PIECEWISE = [0, 1e-30, -1e-30, 1, -1, FAR, -FAR, -Infinity];
const SATURATING = [0, 1e-3, 1, -1, 20, -20, 100, -100, 1e4, -1e4];

export const specials: { readonly [Op in OpName]: readonly Special<Op>[] } = {
  relu: at({}, PIECEWISE),
  clippedRelu: [
    ...at({ maxValue: 6, threshold: 0, slope: 0 }, [0, 6, 5.5, 6.5, -1, FAR, -FAR, -Infinity]),
    ...at({ maxValue: 1.5, threshold: 0, slope: 0.125 }, [0, 1.5, 1, 2, -1, FAR]),
    ...at({ maxValue: null, threshold: 0.25, slope: 0 }, [0.25, 0, 0.5, FAR, -FAR]),
  ],
  leakyRelu: at({ slope: 0.25 }, PIECEWISE),
  prelu: [{ attributes: {}, inputs: [{ shape: [1] }, { shape: [1], constant: true }], points: single(PIECEWISE), constants: [[0.25]] }],
  elu: [...at({ alpha: 1 }, [...SATURATING, -Infinity]), ...at({ alpha: 0.5 }, [...SATURATING, -Infinity])],
  selu: at({}, [...SATURATING, -Infinity]),
  celu: at({ alpha: 1.5 }, [...SATURATING, -Infinity]),
  gelu: at({}, SATURATING),
  geluTanh: at({}, SATURATING),
  sigmoid: at({}, [...SATURATING, -Infinity]),
  logSigmoid: at({}, SATURATING),
  hardSigmoid: at({ slope: 0.25, offset: 0.5 }, [-2, 2, 0, 1, 3, FAR, -FAR, -Infinity]),
  silu: at({}, SATURATING),
  hardSilu: at({}, [-3, 3, 0, 1, -4, 4, 1e10, -1e10]),
  mish: at({}, SATURATING),
  softplus: at({}, [...SATURATING, -Infinity]),
  softsign: at({}, SATURATING),
  tanh: at({}, [...SATURATING, -Infinity]),
  tanhShrink: at({}, [0, 1, -1, 20, -20, 1e4, -1e4]),
  softShrink: at({ lambda: 0.5 }, [0.5, -0.5, 0, 1, -1, FAR, -FAR, -Infinity]),
  hardShrink: at({ lambda: 0.5 }, [0.5, -0.5, 0, 1, -1, FAR, -FAR, -Infinity]),
  threshold: at({ threshold: 0.25, value: -1 }, [0.25, 0, 0.5, FAR, -FAR, -Infinity]),
  squarePlus: [...at({ b: 4 }, [0, 1, -1, 100, -100]), ...at({ b: 0 }, [0, 1, -1, 100, -100])],
  sparsePlus: at({}, [-1, 1, 0, 2, -2, 1e10, -1e10, -Infinity]),
  sparseSigmoid: at({}, [-1, 1, 0, 2, -2, FAR, -FAR, -Infinity]),
  clip: at({ min: -0.5, max: 0.75 }, [-0.5, 0.75, 0, 1, -1, FAR, -FAR, -Infinity]),
  exp: at({}, [0, 1, -1, 80, -80, -1e4, -Infinity]),
  log: at({}, [1, 1e-30, FAR, 0.5], [], true),
  log1p: at({}, [0, 1, 1e-4, FAR, -0.5]),
  sqrt: at({}, [1, 1e-20, 1e20], [0], true),
  rsqrt: at({}, [1, 1e-10, 1e10], [], true),
  reciprocal: at({}, [1, -1, 1e10, -1e10, 1e-10], [], true),
  reciprocalOrZero: at({}, [1, -1, 1e10, 1e-5], [0], true),
  square: at({}, [0, 1, -1, 1e15, -1e15]),
  pow: [...at({ exponent: 3 }, [0, 1, -1, 1e10, -1e10]), ...at({ exponent: 0.5 }, [1, 1e-10, 1e10], [0], true)],
  abs: at({}, PIECEWISE),
  neg: at({}, PIECEWISE),
  erf: at({}, [0, 1e-3, 1, -1, 20, -20, 1e4, -Infinity]),
  sin: at({}, [0, Math.PI / 2, -Math.PI / 2, Math.PI, 100].map(Math.fround)),
  cos: at({}, [0, Math.PI / 2, -Math.PI / 2, Math.PI, 100].map(Math.fround)),
  tan: at({}, [0, 0.5, -0.5, 1.5, -1.5]),
  asin: at({}, [0, 0.5, -0.5, 0.984375], [1, -1]),
  acos: at({}, [0, 0.5, -0.5, 0.984375], [1, -1]),
  atan: at({}, [0, 1e-3, 1, -1, 1e4, -1e4]),
  sinh: at({}, [0, 1, -1, 80, -80]),
  cosh: at({}, [0, 1, -1, 80, -80]),
  asinh: at({}, [0, 1, -1, 1e4]),
  acosh: at({}, [1.5, 10, 1e4], [1]),
  atanh: at({}, [0, 0.5, 0.984375, -0.984375]),
  sign: at({}, [0, 1, -1, FAR, -FAR]),
  floor: at({}, [0, 0.5, 1, -1, -0.5, 1e6]),
  hash: at({ bins: 7, mask: null, key: null }, [0, 0.5, 1, -1, -0.5, 1e6]),
  round: at({}, [0.5, -0.5, 1.5, 2.5, 0, 1e6]),

  // Pairs of the same infinity are the ends of segments in which it stays and the other value moves.
  add: pairs([0, 0], [1, 1], [-1, 1], [1e15, -1e15], [-Infinity, 1], [-Infinity, 3], [2, Infinity], [1, Infinity]),
  sub: pairs([0, 0], [1, 1], [-1, 1], [1e15, -1e15], [-Infinity, 1], [-Infinity, 3], [2, Infinity], [1, Infinity]),
  mul: pairs([0, 0], [1, 0], [0, 1], [1e15, 1e-15], [-1e10, 1e10]),
  div: pairs([0, 1], [1, 1], [1, -1], [1e10, 1e-5], [0, 1e10], [1, Infinity], [3, Infinity], [-2, Infinity]),
  maximum: [
    ...pairs([0, 0], [1, 1], [1, 2], [2, 1], [-FAR, FAR], [FAR, FAR], [-Infinity, 1], [-Infinity, 3]),
    ...pairs([1, -Infinity], [3, -Infinity], [-FAR, -Infinity], [-Infinity, -Infinity]),
    ...besideConstant([1, -2, FAR, -FAR, 0], -Infinity),
  ],
  minimum: [
    ...pairs([0, 0], [1, 1], [1, 2], [2, 1], [-FAR, FAR], [FAR, FAR], [-Infinity, 1]),
    ...pairs([1, Infinity], [3, Infinity], [-FAR, Infinity], [Infinity, 2], [Infinity, -4]),
    ...besideConstant([1, -2, FAR, -FAR, 0], Infinity),
  ],
  power: pairs([1, 0], [2, 2], [0.5, -2], [1, 1], [10, 10], [0.125, 3]),
  // some on opposite sides of the origin, through which the segment goes
  atan2: [
    {
      attributes: {},
      inputs: TWO,
      points: [[[0], [1]], [[1], [0]], [[1], [-1]], [[-1], [-1]], [[10], [5]], [[1], [1]], [[-1], [0]], [[-2], [-1]], [[1e-3], [1]]],
      ends: [[[0], [0]]],
    },
  ],
  greater: pairs([0, 0], [1, 1], [1, 2], [2, 1], [-FAR, FAR], [-Infinity, 1], [-Infinity, 2], [-Infinity, -Infinity], [1, Infinity], [3, Infinity]),
  greaterEqual: pairs([0, 0], [1, 1], [1, 2], [2, 1], [-FAR, FAR], [-Infinity, 1], [-Infinity, 2], [-Infinity, -Infinity], [1, Infinity], [3, Infinity]),
  equal: pairs([0, 0], [1, 1], [1, 2], [2, 1], [-FAR, FAR], [-Infinity, 1], [-Infinity, 2], [-Infinity, -Infinity], [1, Infinity], [3, Infinity]),
  select: [
    {
      attributes: {},
      inputs: [{ shape: [1], below: 2 }, { shape: [1] }, { shape: [1] }],
      points: [[[0], [1], [2]], [[1], [1], [2]], [[1], [0], [0]], [[0], [-1e10], [5]], [[0], [-Infinity], [5]], [[0], [-Infinity], [7]], [[1], [4], [Infinity]], [[1], [2], [Infinity]]],
    },
  ],

  matmul: uniform('matmul'),
  conv: uniform('conv'),
  depthwiseConv: uniform('depthwiseConv'),
  convTranspose: uniform('convTranspose'),
  affine: uniform('affine'),
  averagePool: uniform('averagePool'),

  sum: uniform('sum'),
  mean: uniform('mean'),
  max: along({ axes: [0], keepDims: false }, [[0, 0, 0], [1, 1, 0], [0, 1, 1], [FAR, -FAR, FAR], [-Infinity, 0, -1], [-Infinity, -2, 1], [-Infinity, -Infinity, 3], [-Infinity, -Infinity, 5], [-Infinity, -Infinity, -Infinity]]),
  min: along({ axes: [0], keepDims: false }, [[0, 0, 0], [1, 1, 0], [0, 1, 1], [FAR, -FAR, -FAR], [-Infinity, 0, -1], [Infinity, 3, 1], [Infinity, 2, 4], [Infinity, Infinity, Infinity]]),
  maxPool: [
    {
      attributes: { size: [2], strides: [1], padding: [[1, 0]] },
      inputs: [{ shape: [4, 1] }],
      points: [[[0, 0, 0, 0]], [[1, 1, 0, 0]], [[-1, 2, 2, -3]], [[FAR, -FAR, -FAR, FAR]], [[0, -Infinity, 1, -1]], [[2, -Infinity, -1, 3]], [[-Infinity, -Infinity, -Infinity, 1]], [[-Infinity, -Infinity, -Infinity, 2]]],
    },
    {
      attributes: { size: [1, 2, 2], strides: [1, 1, 1], padding: [[0, 0], [0, 0], [1, 0]] },
      inputs: [{ shape: [1, 2, 3, 1] }],
      points: [[[0, 1, 2, 3, 4, 5]], [[-Infinity, 1, 2, -Infinity, 4, -5]], [[-Infinity, 2, 1, -Infinity, 0, 5]]],
    },
  ],
  softmax: along({ axis: 0 }, [[0, 0, 0], [1, 1, 0], [100, 0, -100], [1e4, 1e4, 0], [-Infinity, 0, 1], [-Infinity, 3, -2], [-Infinity, 200, -200]], [[-3.4e38, 1, 2], [-3.4e38, 0, 4]]),
  logSoftmax: along({ axis: 0 }, [[0, 0, 0], [1, 1, 0], [100, 0, -100], [1e4, 1e4, 0], [-Infinity, 0, 1], [-Infinity, 3, -2], [-Infinity, 200, -200]], [[-3.4e38, 1, 2], [-3.4e38, 0, 4]]),
  sparsemax: along({ axis: 0 }, [[5, 0, -1], [1, 0.25, 0], [0.5, 0.25, 0], [-3, -3.5, 4]]),
  normalise: along({ axes: [0], epsilon: 1e-3 }, [[0, 0, 0], [1, 2, 4], [1e4, -1e4, 0]]),
  // halfway between two steps; a largest value that alone changes
  roundToSteps: along({ axes: [0], least: -8, most: 4, epsilon: 0 }, [[4, 2.5, 1.5], [8, 2.5, 1.5], [4, -0.5, -3.5], [1e4, -1e4, 0]]),

  identity: uniform('identity'),
  reshape: uniform('reshape'),
  transpose: uniform('transpose'),
  concat: uniform('concat'),
  slice: uniform('slice'),
  pad: uniform('pad'),
  tile: uniform('tile'),
  repeat: uniform('repeat'),
  gather: uniform('gather'),
  upsample: uniform('upsample'),
  stack: uniform('stack'),

  // whole numbers are looked up, and what is not known is refused: neither has a place that is special
  embedding: [],
  unknown: [],
}; // prettier-ignore
