/** Cases of every op. The type asks for all: a row of the op table without a case does not compile. */
import type { OpAttributes, OpName } from '../../src/main/engine/graph/ops';

export interface Input {
  /** Without the batch axis. */
  readonly shape: readonly number[];
  /** Fixed in the model: the same for every row. */
  readonly constant?: true;
  /** Where the op is defined: values from here on, or whole numbers below a limit. */
  readonly from?: number;
  readonly below?: number;
  /** Values between these. */
  readonly within?: readonly [low: number, high: number];
  /** Rounded to halves, so that values tie. */
  readonly ties?: true;
}
export interface Case<Op extends OpName> {
  readonly attributes: OpAttributes[Op];
  readonly inputs: readonly Input[];
}

const x: Input = { shape: [3, 5] };
const of = (...shape: number[]): Input => ({ shape });
const constant = (...shape: number[]): Input => ({ shape, constant: true });
const positive: Input = { shape: [3, 5], from: 0.05 };
const plain = [{ attributes: {}, inputs: [x] }];
const onPositive = [{ attributes: {}, inputs: [positive] }];
const inside = (low: number, high: number) => [{ attributes: {}, inputs: [{ shape: [3, 5], within: [low, high] as const }] }]; // prettier-ignore
const ties = (...shape: number[]): Input => ({ shape, ties: true });
/** Conditions: 0 or 1. */
const switches = (...shape: number[]): Input => ({ shape, below: 2 });

const pairs = [
  { attributes: {}, inputs: [of(3, 5), of(3, 5)] },
  { attributes: {}, inputs: [of(3, 5), constant(5)] },
  { attributes: {}, inputs: [constant(3, 1), of(3, 5)] },
  { attributes: {}, inputs: [of(2, 3, 5), of(5)] },
  { attributes: {}, inputs: [of(3, 1), of(2, 1, 5)] },
  { attributes: {}, inputs: [of(5), constant(3, 5)] },
  { attributes: {}, inputs: [of(2, 1, 2, 2, 1, 3), of(2, 2, 2, 2, 1, 3)] },
];
const quotients = pairs.map(({ inputs: [a, b] }) => ({ attributes: {}, inputs: [a!, { ...b!, from: 0.5 }] }));

const none: readonly (readonly [number, number])[] = [[0, 0], [0, 0]]; // prettier-ignore
const conv2d = { strides: [1, 1], dilations: [1, 1], padding: none, groups: 1 };
const conv1d = { strides: [1], dilations: [1], padding: [[0, 0]] as const, groups: 1 };
const conv3d = { strides: [1, 1, 1], dilations: [1, 1, 1], padding: [[0, 0], [0, 0], [0, 0]] as const, groups: 1 }; // prettier-ignore
const axes = [
  { attributes: { axes: [0], keepDims: false }, inputs: [of(4, 3)] },
  { attributes: { axes: [1], keepDims: true }, inputs: [of(4, 3)] },
  { attributes: { axes: [0, 1], keepDims: false }, inputs: [of(3, 2, 4)] },
  { attributes: { axes: [0, 2], keepDims: true }, inputs: [ties(3, 2, 4)] },
];
const pools = [
  { size: [2, 2], strides: [2, 2], padding: none },
  { size: [3, 3], strides: [1, 1], padding: none },
  { size: [3, 2], strides: [2, 1], padding: 'same' as const },
  { size: [2, 3], strides: [2, 3], padding: [[1, 0], [1, 2]] as const },
]; // prettier-ignore
const poolInputs = [of(4, 6, 2), ties(5, 5, 2), of(5, 4, 3), of(5, 6, 2)];
const softmaxes = [
  { attributes: { axis: 0 }, inputs: [of(6)] },
  { attributes: { axis: 0 }, inputs: [of(5, 2)] },
  { attributes: { axis: 2 }, inputs: [of(2, 3, 4)] },
  { attributes: { axis: 1 }, inputs: [ties(2, 4, 3)] },
];

export const cases: { readonly [Op in OpName]: readonly Case<Op>[] } = {
  relu: plain,
  clippedRelu: [
    { attributes: { maxValue: 1, threshold: 0, slope: 0 }, inputs: [x] },
    { attributes: { maxValue: 1.5, threshold: 0, slope: 0.1 }, inputs: [x] },
    { attributes: { maxValue: null, threshold: 0.3, slope: 0 }, inputs: [x] },
    { attributes: { maxValue: null, threshold: 0.3, slope: 0.2 }, inputs: [x] },
  ],
  leakyRelu: [
    { attributes: { slope: 0.3 }, inputs: [x] },
    { attributes: { slope: 0.01 }, inputs: [of(2, 2, 3)] },
  ],
  prelu: [
    { attributes: {}, inputs: [x, constant(5)] },
    { attributes: {}, inputs: [of(2, 3, 4), constant(1, 1, 4)] },
  ],
  elu: [
    { attributes: { alpha: 1 }, inputs: [x] },
    { attributes: { alpha: 0.4 }, inputs: [x] },
  ],
  selu: plain,
  celu: [{ attributes: { alpha: 1.7 }, inputs: [x] }],
  gelu: plain,
  geluTanh: plain,
  sigmoid: plain,
  logSigmoid: plain,
  hardSigmoid: [
    { attributes: { slope: 0.2, offset: 0.5 }, inputs: [x] },
    { attributes: { slope: 1 / 6, offset: 0.5 }, inputs: [x] },
  ],
  silu: plain,
  hardSilu: plain,
  mish: plain,
  softplus: plain,
  softsign: plain,
  tanh: plain,
  tanhShrink: plain,
  softShrink: [{ attributes: { lambda: 0.5 }, inputs: [x] }],
  hash: [
    { attributes: { bins: 7, mask: null, key: null }, inputs: [x] },
    { attributes: { bins: 5, mask: 1, key: [3, 4] }, inputs: [x] },
  ],
  hardShrink: [{ attributes: { lambda: 0.5 }, inputs: [x] }],
  threshold: [{ attributes: { threshold: 0.2, value: -1 }, inputs: [x] }],
  squarePlus: [
    { attributes: { b: 4 }, inputs: [x] },
    { attributes: { b: 0.01 }, inputs: [x] },
  ],
  sparsePlus: plain,
  sparseSigmoid: plain,
  clip: [{ attributes: { min: -0.5, max: 0.7 }, inputs: [x] }],
  exp: plain,
  log: onPositive,
  log1p: onPositive,
  sqrt: onPositive,
  rsqrt: onPositive,
  reciprocal: onPositive,
  reciprocalOrZero: onPositive,
  square: plain,
  pow: [
    { attributes: { exponent: 3 }, inputs: [x] },
    { attributes: { exponent: 0.7 }, inputs: [positive] },
    { attributes: { exponent: -1.5 }, inputs: [positive] },
  ],
  abs: plain,
  neg: plain,
  erf: plain,
  sin: plain,
  cos: plain,
  tan: inside(-1.4, 1.4),
  asin: inside(-0.9, 0.9),
  acos: inside(-0.9, 0.9),
  atan: plain,
  sinh: inside(-4, 4),
  cosh: inside(-4, 4),
  asinh: plain,
  acosh: [{ attributes: {}, inputs: [{ shape: [3, 5], from: 1.1 }] }],
  atanh: inside(-0.9, 0.9),
  sign: plain,
  floor: plain,
  round: plain,

  add: [...pairs, { attributes: {}, inputs: [constant(5), of(2, 3, 5)] }],
  sub: pairs,
  mul: pairs,
  div: quotients,
  maximum: [...pairs, { attributes: {}, inputs: [ties(3, 5), ties(3, 5)] }],
  minimum: [...pairs, { attributes: {}, inputs: [ties(3, 5), ties(5)] }],
  power: pairs.map(({ inputs: [a, b] }) => ({
    attributes: {},
    inputs: [
      { ...a!, within: [0.3, 3] },
      { ...b!, within: [-2, 2] },
    ],
  })),
  atan2: pairs,
  greater: pairs,
  greaterEqual: [...pairs, { attributes: {}, inputs: [ties(3, 5), ties(3, 5)] }],
  equal: [...pairs, { attributes: {}, inputs: [ties(3, 5), ties(5)] }],
  select: [
    { attributes: {}, inputs: [switches(3, 5), of(3, 5), of(3, 5)] },
    { attributes: {}, inputs: [switches(2, 1, 5), of(3, 1), constant(5)] },
    { attributes: {}, inputs: [switches(5), constant(), of(3, 5)] },
    { attributes: {}, inputs: [{ shape: [3, 5], below: 2, constant: true }, of(3, 5), of(5)] },
  ],

  matmul: [
    { attributes: { transposeA: false, transposeB: false }, inputs: [of(4), constant(4, 3)] },
    { attributes: { transposeA: false, transposeB: true }, inputs: [of(2, 4), constant(3, 4)] },
    { attributes: { transposeA: false, transposeB: false }, inputs: [of(2, 3, 4), constant(4, 3)] },
    { attributes: { transposeA: true, transposeB: false }, inputs: [of(4, 2), constant(4, 3)] },
    { attributes: { transposeA: false, transposeB: false }, inputs: [of(2, 3, 4), constant(2, 4, 3)] },
    { attributes: { transposeA: false, transposeB: false }, inputs: [constant(3, 4), of(4, 2)] },
    { attributes: { transposeA: false, transposeB: false }, inputs: [of(3, 4), of(4, 2)] },
    { attributes: { transposeA: false, transposeB: true }, inputs: [of(2, 3, 4), of(2, 5, 4)] },
    { attributes: { transposeA: true, transposeB: false }, inputs: [of(2, 4, 3), of(2, 4, 5)] },
    { attributes: { transposeA: true, transposeB: true }, inputs: [of(4, 3), of(2, 4)] },
    { attributes: { transposeA: false, transposeB: false }, inputs: [of(2, 3, 4), of(4, 2)] },
    { attributes: { transposeA: false, transposeB: false }, inputs: [of(4, 1, 1, 3), constant(4, 2, 3, 5)] },
    { attributes: { transposeA: false, transposeB: true }, inputs: [constant(2, 1, 4, 3), of(3, 2, 3)] },
    { attributes: { transposeA: false, transposeB: false }, inputs: [of(1, 2, 2, 3), of(2, 1, 3, 2)] },
  ],
  conv: [
    { attributes: conv2d, inputs: [of(5, 6, 2), constant(3, 3, 2, 4)] },
    { attributes: { ...conv2d, padding: 'same' }, inputs: [of(5, 6, 2), constant(3, 2, 2, 3)] },
    { attributes: { ...conv2d, strides: [2, 2], padding: 'same' }, inputs: [of(7, 6, 2), constant(3, 3, 2, 3)] },
    { attributes: { ...conv2d, strides: [2, 3], padding: [[1, 2], [0, 1]] }, inputs: [of(7, 8, 2), constant(3, 2, 2, 3)] },
    { attributes: { ...conv2d, strides: [2, 2] }, inputs: [of(8, 8, 2), constant(1, 1, 2, 3)] },
    { attributes: { ...conv2d, dilations: [2, 3], padding: 'same' }, inputs: [of(8, 9, 2), constant(3, 2, 2, 3)] },
    { attributes: { ...conv2d, strides: [2, 2], dilations: [2, 1] }, inputs: [of(8, 7, 2), constant(3, 2, 2, 3)] },
    { attributes: { ...conv2d, padding: [[3, 3], [4, 0]] }, inputs: [of(3, 4, 2), constant(2, 2, 2, 3)] },
    { attributes: { ...conv2d, groups: 2, padding: 'same' }, inputs: [of(5, 5, 4), constant(3, 3, 2, 6)] },
    { attributes: { ...conv2d, groups: 3, strides: [2, 2] }, inputs: [of(6, 6, 3), constant(2, 2, 1, 6)] },
    { attributes: conv1d, inputs: [of(9, 3), constant(4, 3, 2)] },
    { attributes: { ...conv1d, strides: [2], padding: 'same' }, inputs: [of(9, 3), constant(4, 3, 2)] },
    { attributes: { ...conv1d, dilations: [3], padding: [[6, 0]] }, inputs: [of(9, 3), constant(3, 3, 2)] },
    { attributes: { ...conv1d, groups: 2, strides: [3] }, inputs: [of(10, 4), constant(2, 2, 2)] },
    { attributes: conv3d, inputs: [of(4, 4, 5, 2), constant(2, 3, 2, 2, 3)] },
    { attributes: { ...conv3d, strides: [2, 1, 2], padding: 'same' }, inputs: [of(4, 3, 5, 2), constant(2, 3, 2, 2, 3)] },
    { attributes: { ...conv3d, dilations: [1, 2, 1], padding: 'same' }, inputs: [of(3, 5, 3, 2), constant(2, 2, 2, 2, 2)] },
  ], // prettier-ignore
  depthwiseConv: [
    { attributes: { ...conv2d, padding: 'same' }, inputs: [of(5, 6, 3), constant(3, 3, 3, 1)] },
    { attributes: { ...conv2d, strides: [2, 2], padding: [[1, 1], [0, 2]] }, inputs: [of(6, 5, 2), constant(3, 2, 2, 2)] },
    { attributes: { ...conv2d, strides: [2, 1] }, inputs: [of(6, 5, 2), constant(3, 2, 2, 2)] },
    { attributes: { ...conv2d, dilations: [2, 2], padding: 'same' }, inputs: [of(7, 7, 2), constant(3, 3, 2, 1)] },
    { attributes: { ...conv1d, padding: 'same' }, inputs: [of(7, 3), constant(4, 3, 2)] },
    { attributes: conv3d, inputs: [of(3, 4, 3, 2), constant(2, 2, 2, 2, 2)] },
  ], // prettier-ignore
  convTranspose: [
    { attributes: { strides: [2, 2], dilations: [1, 1], crop: [[0, 0], [0, 0]], extend: [0, 0], groups: 1 }, inputs: [of(3, 4, 2), constant(3, 3, 5, 2)] },
    { attributes: { strides: [2, 3], dilations: [1, 1], crop: [[1, 0], [1, 1]], extend: [1, 0], groups: 1 }, inputs: [of(3, 4, 2), constant(3, 4, 5, 2)] },
    { attributes: { strides: [1, 1], dilations: [2, 1], crop: [[1, 1], [0, 0]], extend: [0, 0], groups: 1 }, inputs: [of(3, 4, 2), constant(2, 3, 3, 2)] },
    { attributes: { strides: [2, 2], dilations: [1, 1], crop: [[0, 1], [0, 1]], extend: [0, 0], groups: 2 }, inputs: [of(3, 3, 4), constant(3, 3, 2, 4)] },
    { attributes: { strides: [3], dilations: [1], crop: [[0, 0]], extend: [1], groups: 1 }, inputs: [of(4, 2), constant(2, 3, 2)] },
    { attributes: { strides: [2, 1, 2], dilations: [1, 1, 1], crop: [[0, 0], [1, 0], [0, 0]], extend: [0, 0, 0], groups: 1 }, inputs: [of(2, 3, 2, 2), constant(2, 2, 3, 3, 2)] },
  ], // prettier-ignore
  affine: [
    { attributes: {}, inputs: [of(3, 4, 2), constant(2), constant(2)] },
    { attributes: {}, inputs: [of(4), constant(4), constant(4)] },
  ],
  averagePool: [
    ...pools.flatMap((window, index) =>
      [true, false].map((countPadding) => ({
        attributes: { ...window, countPadding },
        inputs: [poolInputs[index]!],
      })),
    ),
    { attributes: { size: [4], strides: [4], padding: [[0, 0]], countPadding: false }, inputs: [of(10, 3)] },
    { attributes: { size: [3], strides: [2], padding: 'same', countPadding: false }, inputs: [of(8, 3)] },
    { attributes: { size: [2, 2, 2], strides: [2, 1, 2], padding: [[0, 0], [0, 0], [1, 0]], countPadding: false }, inputs: [of(4, 3, 3, 2)] }, // prettier-ignore
  ],

  sum: axes,
  mean: axes,
  max: axes,
  min: axes,
  maxPool: [
    ...pools.map((attributes, index) => ({ attributes, inputs: [poolInputs[index]!] })),
    ...pools.map((attributes, index) => ({ attributes, inputs: [{ ...poolInputs[index]!, ties: true as const }] })),
    { attributes: { size: [2, 2], strides: [2, 2], padding: none }, inputs: [of(5, 7, 2)] },
    { attributes: { size: [3, 2], strides: [2, 1], padding: none }, inputs: [of(6, 4, 19)] }, // more channels than are looked at together
    { attributes: { size: [3], strides: [2], padding: 'same' }, inputs: [of(8, 3)] },
    { attributes: { size: [4], strides: [4], padding: [[0, 0]] }, inputs: [of(9, 2)] },
    { attributes: { size: [2, 2, 2], strides: [1, 2, 2], padding: [[0, 0], [1, 0], [0, 0]] }, inputs: [of(3, 3, 4, 2)] }, // prettier-ignore
  ],
  softmax: softmaxes,
  logSoftmax: softmaxes,
  sparsemax: softmaxes,
  normalise: [
    { attributes: { axes: [0], epsilon: 1e-3 }, inputs: [of(6)] },
    { attributes: { axes: [1], epsilon: 1e-3 }, inputs: [of(3, 5)] },
    { attributes: { axes: [0, 2], epsilon: 1e-2 }, inputs: [of(3, 2, 4)] },
  ],
  roundToSteps: [
    { attributes: { axes: [0], least: -7, most: 7, epsilon: 1e-7 }, inputs: [of(6)] },
    { attributes: { axes: [1], least: -127, most: 127, epsilon: 1e-7 }, inputs: [of(3, 5)] },
    { attributes: { axes: [0, 2], least: -8, most: 7, epsilon: 1e-2 }, inputs: [of(3, 2, 4)] },
  ],

  identity: plain,
  reshape: [
    { attributes: { shape: [5, 3] }, inputs: [of(3, 5)] },
    { attributes: { shape: [2, -1, 2] }, inputs: [of(4, 5)] },
  ],
  transpose: [
    { attributes: { permutation: [1, 0] }, inputs: [of(3, 5)] },
    { attributes: { permutation: [2, 0, 1] }, inputs: [of(3, 2, 4)] },
  ],
  concat: [
    { attributes: { axis: 0 }, inputs: [of(2, 3), of(4, 3), of(1, 3)] },
    { attributes: { axis: 1 }, inputs: [of(2, 3), constant(2, 2), of(2, 1)] },
  ],
  slice: [
    { attributes: { begin: [1, null], end: [3, null], strides: [1, 1] }, inputs: [of(4, 5)] },
    { attributes: { begin: [null, -4], end: [null, -1], strides: [2, 2] }, inputs: [of(5, 6)] },
    { attributes: { begin: [null, -2], end: [null, 0], strides: [-1, -2] }, inputs: [of(4, 6)] },
  ],
  pad: [
    { attributes: { padding: [[1, 2], [0, 1]], mode: 'constant', value: 0.5 }, inputs: [of(3, 4)] },
    { attributes: { padding: [[1, 1], [2, 0], [0, 0]], mode: 'constant', value: 0 }, inputs: [of(3, 4, 2)] },
    { attributes: { padding: [[2, 1], [0, 3], [0, 0]], mode: 'reflect', value: 0 }, inputs: [of(3, 4, 2)] },
    { attributes: { padding: [[2, 3], [1, 0]], mode: 'symmetric', value: 0 }, inputs: [of(3, 4)] },
    { attributes: { padding: [[2, 3], [1, 0]], mode: 'edge', value: 0 }, inputs: [of(3, 4)] },
    { attributes: { padding: [[2, 3], [1, 0], [0, 0]], mode: 'wrap', value: 0 }, inputs: [of(3, 4, 2)] },
  ], // prettier-ignore
  tile: [
    { attributes: { repeats: [2, 1] }, inputs: [of(3, 4)] },
    { attributes: { repeats: [2, 3, 2] }, inputs: [of(2, 3, 2)] },
  ],
  repeat: [
    { attributes: { axis: 0, repeats: 3 }, inputs: [of(2, 4)] },
    { attributes: { axis: 1, repeats: 2 }, inputs: [of(2, 3, 2)] },
  ],
  gather: [
    { attributes: { axis: 0, indices: [2, 0, 2, -1] }, inputs: [of(4, 3)] },
    { attributes: { axis: 1, indices: [1] }, inputs: [of(2, 3, 2)] },
  ],
  upsample: [
    { attributes: { scale: [2, 3], method: 'nearest' }, inputs: [of(3, 2, 2)] },
    { attributes: { scale: [3], method: 'nearest' }, inputs: [of(4, 2)] },
    { attributes: { scale: [2, 2], method: 'bilinear' }, inputs: [of(3, 4, 2)] },
    { attributes: { scale: [1.5, 0.5], method: 'bilinear' }, inputs: [of(4, 4, 2)] },
  ],
  stack: [
    { attributes: { axis: 0 }, inputs: [of(2, 3), of(2, 3)] },
    { attributes: { axis: 2 }, inputs: [of(2, 3), constant(2, 3), of(2, 3)] },
  ],

  embedding: [{ attributes: {}, inputs: [{ shape: [4], below: 6 }, constant(6, 3)] }],
  unknown: [{ attributes: { kind: 'Mystery' }, inputs: [x] }],
};
