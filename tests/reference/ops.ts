/** Literal twins of the canonical ops: one example, plain loops, float64. */
import { binOf } from '../../src/main/engine/graph/hashing';
import type { OpAttributes, OpName, WindowPadding } from '../../src/main/engine/graph/ops';

export interface Nd {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}
export type Twin<Op extends OpName> = (inputs: readonly Nd[], attributes: OpAttributes[Op]) => Nd;

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
const strideOf = (shape: readonly number[]): number[] =>
  shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));

/** An array by its elements' formula. */
export function build(shape: readonly number[], f: (at: readonly number[]) => number): Nd {
  const data = new Float64Array(sizeOf(shape));
  const at = shape.map(() => 0);
  for (let flat = 0; flat < data.length; flat++) {
    data[flat] = f(at);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++at[axis]! < shape[axis]!) break;
      at[axis] = 0;
    }
  }
  return { shape, data };
}
export const read = ({ shape, data }: Nd, at: readonly number[]): number =>
  data[strideOf(shape).reduce((flat, stride, axis) => flat + stride * at[axis]!, 0)]!;
const each = (x: Nd, f: (value: number) => number): Nd => ({ shape: x.shape, data: x.data.map(f) });

/** Reads with numpy's broadcasting. */
const readWide = (x: Nd, at: readonly number[]): number =>
  read(
    x,
    at.slice(at.length - x.shape.length).map((place, axis) => (x.shape[axis] === 1 ? 0 : place)),
  );
const wide = (a: readonly number[], b: readonly number[]): number[] =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, i) => i).map((i) => {
    const rank = Math.max(a.length, b.length);
    return Math.max(a[i - (rank - a.length)] ?? 1, b[i - (rank - b.length)] ?? 1);
  });
const two =
  (f: (a: number, b: number) => number) =>
  ([a, b]: readonly Nd[]): Nd =>
    build(wide(a!.shape, b!.shape), (at) => f(readWide(a!, at), readWide(b!, at)));

/** erf by its Taylor series, and by a continued fraction for large x. */
export function erf(x: number): number {
  const t = Math.abs(x);
  if (t > 3) {
    let fraction = 0;
    for (let k = 60; k > 0; k--) fraction = k / 2 / (t + fraction);
    return Math.sign(x) * (1 - Math.exp(-t * t) / Math.sqrt(Math.PI) / (t + fraction));
  }
  let term = t;
  let sum = t;
  for (let n = 1; n < 100; n++) {
    term *= (-t * t) / n;
    sum += term / (2 * n + 1);
  }
  return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
}
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const clip = (x: number, min: number, max: number): number => Math.min(Math.max(x, min), max);

type Scalar<Op extends OpName> = (x: number, attributes: OpAttributes[Op]) => number;

/** Functions of one value. */
export const scalars = {
  relu: (x) => Math.max(x, 0),
  clippedRelu: (x, a) =>
    a.maxValue !== null && x >= a.maxValue
      ? a.maxValue
      : x >= a.threshold
        ? x
        : a.slope === 0
          ? 0
          : a.slope * (x - a.threshold),
  leakyRelu: (x, a) => (x > 0 ? x : a.slope * x),
  elu: (x, a) => (x > 0 ? x : a.alpha * Math.expm1(x)),
  selu: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
  celu: (x, a) => (x > 0 ? x : a.alpha * Math.expm1(x / a.alpha)),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  geluTanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  sigmoid,
  logSigmoid: (x) => -softplus(-x),
  hardSigmoid: (x, a) => clip(a.slope * x + a.offset, 0, 1),
  silu: (x) => x * sigmoid(x),
  hardSilu: (x) => x * clip(x / 6 + 0.5, 0, 1),
  mish: (x) => x * Math.tanh(softplus(x)),
  softplus,
  softsign: (x) => x / (1 + Math.abs(x)),
  tanh: Math.tanh,
  tanhShrink: (x) => x - Math.tanh(x),
  softShrink: (x, a) => Math.sign(x) * Math.max(Math.abs(x) - a.lambda, 0),
  hardShrink: (x, a) => (Math.abs(x) > a.lambda ? x : 0),
  threshold: (x, a) => (x > a.threshold ? x : a.value),
  squarePlus: (x, a) => 0.5 * (x + Math.sqrt(x * x + a.b)),
  sparsePlus: (x) => (x <= -1 ? 0 : x < 1 ? 0.25 * (x + 1) ** 2 : x),
  sparseSigmoid: (x) => clip(0.5 * (x + 1), 0, 1),
  clip: (x, a) => clip(x, a.min, a.max),
  exp: Math.exp,
  log: Math.log,
  log1p: Math.log1p,
  sqrt: Math.sqrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
  reciprocal: (x) => 1 / x,
  reciprocalOrZero: (x) => (x === 0 ? 0 : 1 / x),
  square: (x) => x * x,
  pow: (x, a) => x ** a.exponent,
  abs: Math.abs,
  neg: (x) => -x,
  erf,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  sign: Math.sign,
  floor: Math.floor,
  // itself held to what TensorFlow gives: tests/formats/hashing.test.ts
  hash: binOf,
  // half to even, as TensorFlow and ONNX
  round: (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)),
} satisfies { [Op in OpName]?: Scalar<Op> };

const elementwise = Object.fromEntries(
  Object.entries(scalars).map(([op, f]) => [
    op,
    ([x]: readonly Nd[], attributes: never) => each(x!, (value) => f(value, attributes)),
  ]),
) as { [Op in keyof typeof scalars]: Twin<Op> };

/** Steps through a window. */
function* places(size: readonly number[]): Generator<number[]> {
  const total = sizeOf(size);
  const strides = strideOf(size);
  for (let flat = 0; flat < total; flat++) yield size.map((each, axis) => Math.floor(flat / strides[axis]!) % each);
}

const padNumbers = (
  padding: WindowPadding,
  spatial: readonly number[],
  reach: readonly number[],
  strides: readonly number[],
): (readonly [number, number])[] =>
  padding === 'same'
    ? spatial.map((size, axis) => {
        const total = Math.max(0, (Math.ceil(size / strides[axis]!) - 1) * strides[axis]! + reach[axis]! - size);
        return [Math.floor(total / 2), total - Math.floor(total / 2)] as const;
      })
    : [...padding];

interface WindowShape {
  readonly strides: readonly number[];
  readonly padding: WindowPadding;
}

/** Output sizes, and for each output place the input places (null: padding) of its window. */
function windowing(x: Nd, size: readonly number[], dilations: readonly number[], { strides, padding }: WindowShape) {
  const spatial = x.shape.slice(0, -1);
  const reach = size.map((each, axis) => (each - 1) * dilations[axis]! + 1);
  const pads = padNumbers(padding, spatial, reach, strides);
  const count = spatial.map((each, axis) => {
    const [before, after] = pads[axis]!;
    return Math.floor((each + before + after - reach[axis]!) / strides[axis]!) + 1;
  });
  const input = (at: readonly number[], place: readonly number[]): number[] | null => {
    const where = place.map((p, axis) => at[axis]! * strides[axis]! + p * dilations[axis]! - pads[axis]![0]);
    return where.every((p, axis) => p >= 0 && p < spatial[axis]!) ? where : null;
  };
  return { count, input };
}

const ones = (list: readonly unknown[]): number[] => list.map(() => 1);

function conv([x, filter]: readonly Nd[], attributes: OpAttributes['conv']): Nd {
  const size = filter!.shape.slice(0, -2);
  const [perGroup, out] = filter!.shape.slice(-2) as [number, number];
  const { count, input } = windowing(x!, size, attributes.dilations, attributes);
  return build([...count, out], (at) => {
    const unit = at.at(-1)!;
    const first = Math.floor(unit / (out / attributes.groups)) * perGroup;
    let sum = 0;
    for (const place of places(size)) {
      const where = input(at, place);
      if (where)
        for (let c = 0; c < perGroup; c++) sum += read(x!, [...where, first + c]) * read(filter!, [...place, c, unit]);
    }
    return sum;
  });
}

function pool(x: Nd, attributes: OpAttributes['maxPool'], reduce: (values: number[]) => number): Nd {
  const { count, input } = windowing(x, attributes.size, ones(attributes.size), attributes);
  return build([...count, x.shape.at(-1)!], (at) => {
    const values: number[] = [];
    for (const place of places(attributes.size)) {
      const where = input(at, place);
      if (where) values.push(read(x, [...where, at.at(-1)!]));
    }
    return reduce(values);
  });
}

/** The values in every window of a pool, padding left out. */
export function windowValues(x: Nd, attributes: OpAttributes['maxPool']): number[][] {
  const found: number[][] = [];
  pool(x, attributes, (values) => found.push(values));
  return found;
}

interface Reduced {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}
function reduce(x: Nd, { axes, keepDims }: Reduced, f: (values: number[]) => number): Nd {
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const whole = build(kept, (at) =>
    f([...places(axes.map((axis) => x.shape[axis]!))].map((place) => {
      const where = [...at];
      axes.forEach((axis, index) => (where[axis] = place[index]!));
      return read(x, where);
    })),
  ); // prettier-ignore
  return keepDims ? whole : { shape: x.shape.filter((_, axis) => !axes.includes(axis)), data: whole.data };
}
const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** The values along one axis through a place. */
const along = (x: Nd, at: readonly number[], axis: number): number[] =>
  Array.from({ length: x.shape[axis]! }, (_, index) =>
    read(
      x,
      at.map((place, other) => (other === axis ? index : place)),
    ),
  );
export const softmaxOf = (values: readonly number[]): number[] => {
  const top = Math.max(...values);
  const exponentials = values.map((value) => Math.exp(value - top));
  return exponentials.map((value) => value / total(exponentials));
};
/** Keras's threshold of sparsemax, as keras.ops.sparsemax writes it. */
export const sparsemaxTau = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => b - a);
  const sums = sorted.map((_, place) => total(sorted.slice(0, place + 1)));
  const support = sums.filter((sum, place) => sorted[place]! - (sum - 1) / (place + 1) > 0);
  return (total(support) - 1) / support.length;
};

const python = (size: number, begin: number | null, end: number | null, stride: number): number[] => {
  const clamp = (place: number, low: number, high: number): number => clip(place < 0 ? place + size : place, low, high);
  const found: number[] = [];
  if (stride > 0) for (let i = clamp(begin ?? 0, 0, size); i < clamp(end ?? size, 0, size); i += stride) found.push(i);
  else
    for (
      let i = clamp(begin ?? size - 1, -1, size - 1);
      i > (end === null ? -1 : clamp(end, -1, size - 1));
      i += stride
    )
      found.push(i);
  return found;
};

const padSource = (place: number, size: number, mode: OpAttributes['pad']['mode']): number | null => {
  if (place >= 0 && place < size) return place;
  if (mode === 'constant') return null;
  if (mode === 'edge') return clip(place, 0, size - 1);
  if (mode === 'wrap') return (place + size) % size;
  const skip = mode === 'reflect' ? 0 : 1;
  return place < 0 ? -place - skip : 2 * (size - 1) - place + skip;
};

const moved = (at: readonly number[], axis: number, place: number): number[] =>
  at.map((each, other) => (other === axis ? place : each));

export const twins: { readonly [Op in Exclude<OpName, 'unknown'>]: Twin<Op> } = {
  ...elementwise,
  prelu: two((x, slope) => (x > 0 ? x : slope * x)),
  add: two((a, b) => a + b),
  sub: two((a, b) => a - b),
  mul: two((a, b) => a * b),
  div: two((a, b) => a / b),
  maximum: two(Math.max),
  minimum: two(Math.min),
  power: two((a, b) => a ** b),
  atan2: two(Math.atan2),
  greater: two((a, b) => (a > b ? 1 : 0)),
  greaterEqual: two((a, b) => (a >= b ? 1 : 0)),
  equal: two((a, b) => (a === b ? 1 : 0)),
  select: ([condition, a, b]) =>
    build(wide(condition!.shape, wide(a!.shape, b!.shape)), (at) =>
      readWide(condition!, at) === 1 ? readWide(a!, at) : readWide(b!, at),
    ),
  matmul: ([a, b], { transposeA, transposeB }) => {
    const left = (lead: readonly number[], i: number, k: number): number =>
      readWide(a!, [...lead, ...(transposeA ? [k, i] : [i, k])]);
    const right = (lead: readonly number[], k: number, j: number): number =>
      readWide(b!, [...lead, ...(transposeB ? [j, k] : [k, j])]);
    const inner = a!.shape.at(transposeA ? -2 : -1)!;
    const columns = b!.shape.at(transposeB ? -2 : -1)!;
    if (a!.shape.length === 1)
      return build([columns], ([j]) => total(Array.from({ length: inner }, (_, k) => a!.data[k]! * right([], k, j!))));
    const lead = wide(a!.shape.slice(0, -2), b!.shape.slice(0, -2));
    return build([...lead, a!.shape.at(transposeA ? -1 : -2)!, columns], (at) => {
      const [i, j] = at.slice(-2) as [number, number];
      const before = at.slice(0, -2);
      return total(Array.from({ length: inner }, (_, k) => left(before, i, k) * right(before, k, j)));
    });
  },
  conv,
  depthwiseConv: ([x, filter], attributes) => {
    const size = filter!.shape.slice(0, -2);
    const [channels, times] = filter!.shape.slice(-2) as [number, number];
    const { count, input } = windowing(x!, size, attributes.dilations, attributes);
    return build([...count, channels * times], (at) => {
      const channel = Math.floor(at.at(-1)! / times);
      let sum = 0;
      for (const place of places(size)) {
        const where = input(at, place);
        if (where) sum += read(x!, [...where, channel]) * read(filter!, [...place, channel, at.at(-1)! % times]);
      }
      return sum;
    });
  },
  convTranspose: ([x, filter], { strides, dilations, crop, extend, groups }) => {
    const size = filter!.shape.slice(0, -2);
    const [out, channels] = filter!.shape.slice(-2) as [number, number];
    const spatial = x!.shape.slice(0, -1);
    const whole = spatial.map(
      (each, i) => (each - 1) * strides[i]! + (size[i]! - 1) * dilations[i]! + 1 - total(crop[i]!) + extend[i]!,
    );
    return build([...whole, out * groups], (at) => {
      const unit = at.at(-1)!;
      const group = Math.floor(unit / out);
      // What was appended is zero, also where the cropped part would have gone on.
      if (at.slice(0, -1).some((place, i) => place >= whole[i]! - extend[i]!)) return 0;
      let sum = 0;
      for (const from of places(spatial))
        for (const place of places(size))
          if (from.every((f, i) => f * strides[i]! + place[i]! * dilations[i]! - crop[i]![0] === at[i]!))
            for (let c = (group * channels) / groups; c < ((group + 1) * channels) / groups; c++)
              sum += read(x!, [...from, c]) * read(filter!, [...place, unit % out, c]);
      return sum;
    });
  },
  affine: ([x, scale, offset]) => build(x!.shape, (at) => read(x!, at) * readWide(scale!, at) + readWide(offset!, at)),
  averagePool: ([x], attributes) =>
    pool(
      x!,
      attributes,
      (values) => total(values) / (attributes.countPadding ? sizeOf(attributes.size) : values.length),
    ),
  maxPool: ([x], attributes) => pool(x!, attributes, (values) => Math.max(...values)),
  sum: ([x], attributes) => reduce(x!, attributes, total),
  mean: ([x], attributes) => reduce(x!, attributes, (values) => total(values) / values.length),
  max: ([x], attributes) => reduce(x!, attributes, (values) => Math.max(...values)),
  min: ([x], attributes) => reduce(x!, attributes, (values) => Math.min(...values)),
  softmax: ([x], { axis }) => build(x!.shape, (at) => softmaxOf(along(x!, at, axis))[at[axis]!]!),
  logSoftmax: ([x], { axis }) =>
    build(x!.shape, (at) => {
      const values = along(x!, at, axis);
      const top = Math.max(...values);
      return read(x!, at) - top - Math.log(total(values.map((value) => Math.exp(value - top))));
    }),
  sparsemax: ([x], { axis }) => build(x!.shape, (at) => Math.max(read(x!, at) - sparsemaxTau(along(x!, at, axis)), 0)),
  normalise: ([x], { axes, epsilon }) => {
    const mean = reduce(x!, { axes, keepDims: true }, (values) => total(values) / values.length);
    const variance = reduce(x!, { axes, keepDims: true }, (values) => {
      const middle = total(values) / values.length;
      return total(values.map((value) => (value - middle) ** 2)) / values.length;
    });
    return build(x!.shape, (at) => (read(x!, at) - readWide(mean, at)) / Math.sqrt(readWide(variance, at) + epsilon));
  },
  roundToSteps: ([x], { axes, least, most, epsilon }) => {
    const scale = reduce(
      x!,
      { axes, keepDims: true },
      (values) => most / (Math.max(...values.map(Math.abs)) + epsilon),
    );
    const halfToEven = (each: number): number =>
      Math.abs(each % 1) === 0.5 ? 2 * Math.round(each / 2) : Math.round(each);
    return build(x!.shape, (at) => {
      const step = readWide(scale, at);
      return Math.min(Math.max(halfToEven(read(x!, at) * step), least), most) / step;
    });
  },
  identity: ([x]) => x!,
  reshape: ([x], { shape }) => {
    const given = shape.reduce((product, size) => (size === -1 ? product : product * size), 1);
    return { shape: shape.map((size) => (size === -1 ? x!.data.length / given : size)), data: x!.data };
  },
  transpose: ([x], { permutation }) =>
    build(
      permutation.map((axis) => x!.shape[axis]!),
      (at) => {
        const where: number[] = [];
        permutation.forEach((axis, index) => (where[axis] = at[index]!));
        return read(x!, where);
      },
    ),
  concat: (inputs, { axis }) =>
    build(moved(inputs[0]!.shape, axis, total(inputs.map((each) => each.shape[axis]!))), (at) => {
      let place = at[axis]!;
      let index = 0;
      while (place >= inputs[index]!.shape[axis]!) place -= inputs[index++]!.shape[axis]!;
      return read(inputs[index]!, moved(at, axis, place));
    }),
  slice: ([x], { begin, end, strides }) => {
    const picked = x!.shape.map((size, axis) => python(size, begin[axis]!, end[axis]!, strides[axis]!));
    return build(
      picked.map((list) => list.length),
      (at) =>
        read(
          x!,
          at.map((place, axis) => picked[axis]![place]!),
        ),
    );
  },
  pad: ([x], { padding, mode, value }) =>
    build(
      x!.shape.map((size, axis) => size + total(padding[axis]!)),
      (at) => {
        const where = at.map((place, axis) => padSource(place - padding[axis]![0], x!.shape[axis]!, mode));
        return where.includes(null) ? value : read(x!, where as number[]);
      },
    ),
  tile: ([x], { repeats }) =>
    build(
      x!.shape.map((size, axis) => size * repeats[axis]!),
      (at) =>
        read(
          x!,
          at.map((place, axis) => place % x!.shape[axis]!),
        ),
    ),
  repeat: ([x], { axis, repeats }) =>
    build(moved(x!.shape, axis, x!.shape[axis]! * repeats), (at) =>
      read(x!, moved(at, axis, Math.floor(at[axis]! / repeats))),
    ),
  gather: ([x], { axis, indices }) =>
    build(moved(x!.shape, axis, indices.length), (at) => {
      const index = indices[at[axis]!]!;
      return read(x!, moved(at, axis, index < 0 ? index + x!.shape[axis]! : index));
    }),
  upsample: ([x], { scale, method }) =>
    build(
      x!.shape.map((size, axis) => Math.floor(size * (scale[axis] ?? 1))),
      (at) => {
        if (method === 'nearest')
          return read(
            x!,
            at.map((place, axis) => Math.floor(place / (scale[axis] ?? 1))),
          );
        let sum = 0;
        const position = scale.map((times, axis) => clip((at[axis]! + 0.5) / times - 0.5, 0, x!.shape[axis]! - 1));
        for (const corner of places(scale.map(() => 2))) {
          const weight = corner.reduce((product, high, axis) => {
            const share = position[axis]! - Math.floor(position[axis]!);
            return product * (high ? share : 1 - share);
          }, 1);
          const where = corner.map((high, axis) => Math.min(Math.floor(position[axis]!) + high, x!.shape[axis]! - 1));
          sum += weight * read(x!, [...where, at.at(-1)!]);
        }
        return sum;
      },
    ),
  stack: (inputs, { axis }) =>
    build([...inputs[0]!.shape.slice(0, axis), inputs.length, ...inputs[0]!.shape.slice(axis)], (at) =>
      read(inputs[at[axis]!]!, [...at.slice(0, axis), ...at.slice(axis + 1)]),
    ),
  embedding: ([indices, table]) =>
    build([...indices!.shape, table!.shape[1]!], (at) => read(table!, [read(indices!, at.slice(0, -1)), at.at(-1)!])),
};
