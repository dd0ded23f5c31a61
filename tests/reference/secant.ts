/**
 * The secant walk in float64: DeepLIFT's rules written out for the ops of the reference nets, each sum term by term; forward by the
 * literal twins. Closed forms where a quotient would drown, so that segments of any width can be walked.
 */
import type { Graph, Node, ValueId } from '../../src/main/engine/graph/graph';
import type { OpName } from '../../src/main/engine/graph/ops';
import { sizeOf, twins, windowValues, type Nd, type Twin } from './ops';

const twinOf = (op: OpName): Twin<OpName> => twins[op as keyof typeof twins] as unknown as Twin<OpName>;

/** Activations of one example at one point. */
export type Activations = ReadonlyMap<ValueId, Nd>;

/** Slopes of functions of one value between a and b. */
type Slope = (a: number, b: number, attributes: never) => number;
/** A quotient; the slope in the middle where the quotient would be rounding. */
const quotient =
  (f: (x: number) => number, slope: (x: number) => number): Slope =>
  (a, b) =>
    Math.abs(b - a) > 1e-5 * Math.max(1, Math.abs(a)) ? (f(b) - f(a)) / (b - a) : slope((a + b) / 2);
/** Of functions that are straight on either side of a kink. */
const straight =
  (f: (x: number, attributes: never) => number): Slope =>
  (a, b, attributes) =>
    a > 0 && b > 0
      ? f(1, attributes)
      : a <= 0 && b <= 0
        ? -f(-1, attributes)
        : (f(b, attributes) - f(a, attributes)) / (b - a);
const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const exponential = (a: number, b: number): number =>
  a === b ? Math.exp(a) : (Math.exp(a) * Math.expm1(b - a)) / (b - a);
const squared = (a: number, b: number): number => a + b;
const inverse = (a: number, b: number): number => -1 / a / b;
const inverseRoot = (a: number, b: number): number =>
  -1 / (Math.sqrt(a) * Math.sqrt(b) * (Math.sqrt(a) + Math.sqrt(b)));
const slopes: { readonly [Op in OpName]?: Slope } = {
  relu: straight((x) => Math.max(x, 0)),
  leakyRelu: straight((x, { slope }: { slope: number }) => (x > 0 ? x : slope * x)) as Slope,
  elu: quotient(
    (x) => (x > 0 ? x : Math.expm1(x)),
    (x) => (x > 0 ? 1 : Math.exp(x)),
  ),
  tanh: quotient(Math.tanh, (x) => 1 - Math.tanh(x) ** 2),
  sigmoid: quotient(logistic, (x) => logistic(x) * (1 - logistic(x))),
  softplus: quotient((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), logistic),
  log: (a, b) => (a === b ? 1 / a : Math.log1p((b - a) / a) / (b - a)),
  square: squared,
  sqrt: (a, b) => 1 / (Math.sqrt(a) + Math.sqrt(b)),
  reciprocal: inverse,
};

type Both = readonly [Nd, Nd];
/** Multipliers of the inputs from that of the output, over a segment. */
type Back = (upstream: Float64Array, inputs: readonly Both[]) => (Float64Array | null)[];

const zeros = (of: Nd): Float64Array => new Float64Array(of.data.length);
const middle = ([a, b]: Both): Nd => ({ shape: a.shape, data: a.data.map((value, i) => (value + b.data[i]!) / 2) });
/** Where each output of an op that only moves values comes from; -1 where it is none of its input's. */
const sources = (op: OpName, inputs: readonly Nd[], attributes: never, of: number): Float64Array =>
  twinOf(op)(
    inputs.map(({ shape, data }, i) => ({ shape, data: data.map((_, place) => (i === of ? place + 1 : 0)) })),
    attributes,
  ).data.map((place) => place - 1);

const moving: ReadonlySet<OpName> = new Set<OpName>([
  'identity',
  'reshape',
  'transpose',
  'slice',
  'pad',
  'gather',
  'concat',
]);

/** y[out] = Σ x[place]·w[weight], term by term. */
interface Terms {
  readonly out: Uint32Array;
  readonly x: Uint32Array;
  readonly w: Uint32Array;
}
function termsOf(list: (add: (out: number, x: number, w: number) => void) => void): Terms {
  const [out, x, w]: number[][] = [[], [], []];
  list((o, a, b) => {
    out!.push(o);
    x!.push(a);
    w!.push(b);
  });
  return { out: Uint32Array.from(out!), x: Uint32Array.from(x!), w: Uint32Array.from(w!) };
}

const BILINEAR: ReadonlySet<OpName> = new Set<OpName>(['conv', 'depthwiseConv', 'matmul']);
/** Convolutions over one or two axes, and matrices; every weight by itself. */
function bilinear(node: Node, [x, w]: readonly Nd[], shape: readonly number[]): Terms {
  return termsOf((add) => {
    if (node.op === 'matmul') {
      const { transposeA, transposeB } = node.attributes as { transposeA: boolean; transposeB: boolean };
      const [a, b] = [x!.shape, w!.shape];
      const inner = transposeA ? a.at(-2)! : a.at(-1)!;
      const columns = transposeB ? b.at(-2)! : b.at(-1)!;
      const rows = sizeOf(shape) / columns;
      const perBatch = a.length > 1 ? (transposeA ? a.at(-1)! : a.at(-2)!) : 1;
      for (let row = 0; row < rows; row++) {
        const [batch, i] = [Math.floor(row / perBatch), row % perBatch];
        const second = b.length > 2 ? batch * inner * columns : 0;
        for (let j = 0; j < columns; j++)
          for (let k = 0; k < inner; k++)
            add(
              row * columns + j,
              batch * inner * perBatch + (transposeA ? k * perBatch + i : i * inner + k),
              second + (transposeB ? j * inner + k : k * columns + j),
            );
      }
      return;
    }
    const { strides, dilations, padding } = node.attributes as Record<string, number[]> & {
      padding: [number, number][];
    };
    const wide = (of: readonly number[]): number[] => (of.length === 1 ? [1, ...of] : [...of]);
    const pads = padding.length === 1 ? [[0, 0], ...padding] : padding;
    const [height, width] = wide(x!.shape.slice(0, -1)) as [number, number];
    const [tall, broad] = wide(w!.shape.slice(0, -2)) as [number, number];
    const [outHeight, outWidth] = wide(shape.slice(0, -1)) as [number, number];
    const [down, across] = wide(strides!) as [number, number];
    const [apart, aside] = wide(dilations!) as [number, number];
    const channels = x!.shape.at(-1)!;
    const [taken, units] = [w!.shape.at(-2)!, shape.at(-1)!];
    for (let r = 0; r < outHeight; r++)
      for (let c = 0; c < outWidth; c++)
        for (let i = 0; i < tall; i++)
          for (let j = 0; j < broad; j++) {
            const row = r * down! + i * apart! - pads[0]![0]!;
            const column = c * across! + j * aside! - pads[1]![0]!;
            if (row < 0 || row >= height! || column < 0 || column >= width!) continue;
            for (let u = 0; u < units; u++)
              for (let k = 0; k < taken; k++) {
                // a depthwise filter has one channel for each unit
                const depthwise = node.op === 'depthwiseConv';
                if (depthwise && k !== u) continue;
                add(
                  (r * outWidth! + c) * units + u,
                  (row * width! + column) * channels + k,
                  depthwise ? (i * broad! + j) * taken + k : ((i * broad! + j) * taken + k) * units + u,
                );
              }
          }
  });
}

/** Places of an array that lie together along axes. */
function groups(shape: readonly number[], axes: readonly number[]): number[][] {
  const found = new Map<number, number[]>();
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  for (let flat = 0; flat < sizeOf(shape); flat++) {
    const rest = axes.reduce(
      (left, axis) => left - (Math.floor(flat / strides[axis]!) % shape[axis]!) * strides[axis]!,
      flat,
    );
    found.set(rest, [...(found.get(rest) ?? []), flat]);
  }
  return [...found.values()];
}

/** How an op passes multipliers. */
function backOf(node: Node, at: readonly Nd[], terms: Terms | null): Back {
  const { op } = node;
  const attributes = node.attributes as never;
  const { axis, axes, epsilon } = node.attributes as { axis: number; axes: readonly number[]; epsilon: number };
  const slope = slopes[op];
  if (slope) return (up, [x]) => [up.map((m, i) => m * slope(x![0].data[i]!, x![1].data[i]!, attributes))];

  const scattered =
    (
      from: readonly ArrayLike<number>[],
      weight: (input: number, out: number, inputs: readonly Both[]) => number,
    ): Back =>
    (up, inputs) =>
      inputs.map(([a], input) => {
        const passed = zeros(a);
        up.forEach((m, out) => {
          const place = from[input]![out]!;
          if (place >= 0) passed[place]! += m * weight(input, out, inputs);
        });
        return passed;
      });
  const placesBy = (of: OpName): Float64Array[] => at.map((_, input) => sources(of, at, attributes, input));
  if (moving.has(op)) return scattered(placesBy(op), () => 1);
  const each =
    (list: readonly (readonly number[])[], share: (of: readonly number[]) => number): Back =>
    (up, [x]) => {
      const passed = zeros(x![0]);
      list.forEach((places, out) => places.forEach((place) => (passed[place]! += up[out]! * share(places))));
      return [passed];
    };

  switch (op) {
    case 'add':
      return scattered(placesBy('add'), () => 1);
    case 'mul': {
      const places = placesBy('add');
      return scattered(places, (input, out, inputs) => mean(inputs[1 - input]!, places[1 - input]![out]!));
    }
    case 'div': {
      const places = placesBy('add');
      return scattered(places, (input, out, inputs) => {
        const [above, [from, to]] = inputs as [Both, Both];
        const [i, j] = [places[0]![out]!, places[1]![out]!];
        const [a, b] = [from.data[j]!, to.data[j]!];
        return input === 0 ? (1 / a + 1 / b) / 2 : mean(above, i) * inverse(a, b);
      });
    }
    case 'affine':
      return (up, [, scale]) => [up.map((m, out) => m * scale![0].data[out % scale![0].data.length]!), null, null];
    case 'conv':
    case 'depthwiseConv':
    case 'matmul': {
      const { out, x, w } = terms!;
      return (up, [a, b]) => {
        const [left, right] = [middle(a!).data, middle(b!).data];
        const [toLeft, toRight] = [zeros(a![0]), zeros(b![0])];
        for (let term = 0; term < out.length; term++) {
          const m = up[out[term]!]!;
          toLeft[x[term]!]! += m * right[w[term]!]!;
          toRight[w[term]!]! += m * left[x[term]!]!;
        }
        return [toLeft, toRight];
      };
    }
    case 'averagePool':
    case 'maxPool': {
      const indices = { shape: at[0]!.shape, data: at[0]!.data.map((_, place) => place) };
      const windows = windowValues(indices, attributes);
      return op === 'averagePool'
        ? each(windows, ({ length }) => 1 / length)
        : (up, [x]) => [crossing(up, x!, windows)];
    }
    case 'mean':
      return each(groups(at[0]!.shape, axes), ({ length }) => 1 / length);
    case 'sum':
      return each(groups(at[0]!.shape, axes), () => 1);
    case 'softmax': {
      const along = groups(at[0]!.shape, [axis]);
      return (up, [x]) => [softmaxBack(up, x!, along)];
    }
    case 'normalise': {
      const along = groups(at[0]!.shape, axes);
      return (up, [x]) => [normaliseBack(up, x!, along, epsilon)];
    }
    default:
      throw new Error(`No rule for ${op}`);
  }
}

const mean = ([a, b]: Both, place: number): number => (a.data[place]! + b.data[place]!) / 2;

/** Of a maximum: the start's winner carries the change until the lines cross, the end's from there. */
function crossing(up: Float64Array, [a, b]: Both, windows: readonly (readonly number[])[]): Float64Array {
  const passed = zeros(a);
  windows.forEach((places, out) => {
    const winner = ({ data }: Nd): number =>
      places.reduce((best, place) => (data[place]! > data[best]! ? place : best));
    const [i, j] = [winner(a), winner(b)];
    const leads = [a.data[i]! - a.data[j]!, b.data[j]! - b.data[i]!] as const;
    const share = leads[0] + leads[1] > 0 ? leads[0] / (leads[0] + leads[1]) : 0.5;
    passed[i]! += up[out]! * share;
    passed[j]! += up[out]! * (1 - share);
  });
  return passed;
}

/** exp, divided by its sum; shifted by one constant for both ends. */
function softmaxBack(up: Float64Array, [a, b]: Both, along: readonly (readonly number[])[]): Float64Array {
  const passed = zeros(a);
  for (const places of along) {
    const top = Math.max(...places.flatMap((place) => [a.data[place]!, b.data[place]!]));
    const [from, to] = [a, b].map(({ data }) => places.map((place) => Math.exp(data[place]! - top))) as [
      number[],
      number[],
    ];
    const [whole, wholeTo] = [from, to].map((list) => list.reduce((sum, value) => sum + value, 0)) as [number, number];
    const bySum =
      places.reduce((sum, place, k) => sum + (up[place]! * (from[k]! + to[k]!)) / 2, 0) * inverse(whole, wholeTo);
    const share = (1 / whole + 1 / wholeTo) / 2;
    for (const place of places)
      passed[place] = (up[place]! * share + bySum) * exponential(a.data[place]! - top, b.data[place]! - top);
  }
  return passed;
}

/** c·rsqrt(mean(c²) + ε), c = x − mean(x). */
function normaliseBack(
  up: Float64Array,
  [a, b]: Both,
  along: readonly (readonly number[])[],
  epsilon: number,
): Float64Array {
  const passed = zeros(a);
  for (const places of along) {
    const n = places.length;
    const total = (f: (k: number) => number): number => places.reduce((sum, _, k) => sum + f(k), 0);
    const centred = [a, b].map(({ data }) => {
      const centre = places.reduce((sum, place) => sum + data[place]!, 0) / n;
      return places.map((place) => data[place]! - centre);
    }) as [number[], number[]];
    const [v, w] = centred.map((c) => total((k) => c[k]! ** 2) / n + epsilon) as [number, number];
    const byVariance = total((k) => (up[places[k]!]! * (centred[0][k]! + centred[1][k]!)) / 2) * inverseRoot(v, w);
    const root = (1 / Math.sqrt(v) + 1 / Math.sqrt(w)) / 2;
    const byCentred = places.map(
      (place, k) => up[place]! * root + (byVariance * squared(centred[0][k]!, centred[1][k]!)) / n,
    );
    const centre = total((k) => byCentred[k]!) / n;
    places.forEach((place, k) => (passed[place] = byCentred[k]! - centre));
  }
  return passed;
}

/** A net's secant walk: contributions of every value to one element of another. */
export class SecantTwin {
  // Made once for a node's shapes.
  readonly #terms = new Map<Node, Terms>();
  readonly #backs = new Map<Node, Back>();
  readonly #constants: ReadonlyMap<ValueId, Nd>;

  /** @param target left out where only activations are asked for */
  constructor(
    readonly graph: Graph,
    private readonly target?: { readonly value: ValueId; readonly index: number },
  ) {
    this.#constants = new Map(
      graph.values.flatMap(({ id, constant }) =>
        constant ? [[id, { shape: constant.shape, data: Float64Array.from(constant.data) }]] : [],
      ),
    );
  }

  /** @param start values that the others follow from */
  forward(start: ReadonlyMap<ValueId, Float64Array>): Activations {
    const values = new Map(this.#constants);
    for (const [id, data] of start) values.set(id, { shape: this.graph.values[id]!.shape as number[], data });
    for (const node of this.graph.nodes) {
      const inputs = node.inputs.flatMap((id) => values.get(id) ?? []);
      if (!values.has(node.output) && inputs.length === node.inputs.length)
        values.set(node.output, this.#run(node, inputs));
    }
    return values;
  }

  #run(node: Node, inputs: readonly Nd[]): Nd {
    const shape = this.graph.values[node.output]!.shape as number[];
    if (!BILINEAR.has(node.op)) return twinOf(node.op)(inputs, node.attributes as never);
    const { out, x, w } = this.#terms.get(node) ?? bilinear(node, inputs, shape);
    this.#terms.set(node, { out, x, w });
    const data = new Float64Array(sizeOf(shape));
    for (let term = 0; term < out.length; term++)
      data[out[term]!]! += inputs[0]!.data[x[term]!]! * inputs[1]!.data[w[term]!]!;
    return { shape, data };
  }

  /** @returns multiplier × difference of every value between the start and the target */
  walk(from: Activations, to: Activations): Map<ValueId, Float64Array> {
    const { value, index } = this.target!;
    const seed = new Float64Array(to.get(value)!.data.length);
    seed[index] = 1;
    const multipliers = new Map<ValueId, Float64Array>([[value, seed]]);
    for (const node of [...this.graph.nodes].reverse()) {
      const up = multipliers.get(node.output);
      const inputs = node.inputs.flatMap((id): Both[] => (from.has(id) ? [[from.get(id)!, to.get(id)!]] : []));
      if (!up || inputs.length < node.inputs.length) continue;
      const at = inputs.map(([a]) => a);
      const back = this.#backs.get(node) ?? backOf(node, at, this.#terms.get(node) ?? null);
      this.#backs.set(node, back);
      back(up, inputs).forEach((passed, input) => {
        const id = node.inputs[input]!;
        if (!passed || this.#constants.has(id)) return;
        const met = multipliers.get(id);
        multipliers.set(id, met ? met.map((value, i) => value + passed[i]!) : passed);
      });
    }
    return new Map(
      [...multipliers].map(([id, m]) => {
        const [a, b] = [from.get(id)!.data, to.get(id)!.data];
        return [id, m.map((value, i) => value * (b[i]! - a[i]!))];
      }),
    );
  }
}
