/**
 * One sweep over a path: points stacked on the batch axis, chunk by chunk; each chunk is one forward pass and the backward
 * walks that the asked sums need, over the whole graph. Only sums are kept, whatever the number of steps and layers.
 *
 * A chunk's points lie in the path's order, each holding all pairs of the group, so that its segments begin and end in
 * contiguous rows. Its last point is computed again as the next one's first: one row in a chunk's many, which is cheaper than
 * copying every activation over.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { NumericArray, Rule } from '../../../contract/attribution';
import type { Device, Done, OnSegments } from '../backends';
import { sizeOf, type Node, type ValueId } from '../graph/graph';
import { sharesOf, type Shares } from './chunks';
import { forward } from './forward';
import type { Plan } from './plan';
import { Differences, endsOf, type Segments } from './segments';
import { walkGradients, walkMultipliers, walkParts } from './walk';
import type { Weights } from './weights';

/** What is summed along the path. `influence` is the mean gradient; the others sum multiplier or gradient × difference. */
export type SumKind = Rule | 'influence' | 'reveal-cancel' | 'genomics';

/** Straight lines in the space of the path's starts, one per pair of input and baseline. */
export interface Lines {
  readonly pairs: number;
  /** Per start value: `from` and `to`, [pairs, …]; the same array twice for what stays as it is. */
  readonly ends: ReadonlyMap<ValueId, { readonly from: NumericArray; readonly to: NumericArray }>;
}

/** A flat index of F in one value, per pair, and whether it is added or subtracted. */
export interface Seed {
  readonly value: ValueId;
  /** The value's, without rows. */
  readonly shape: readonly number[];
  readonly index: readonly number[];
  readonly sign: 1 | -1;
}

/** Sums of one kind at one layer's value: over all segments, and over segments of double length. [pairs in the group, …] */
export interface LayerSums {
  readonly shape: readonly number[];
  readonly fine: Float32Array;
  readonly coarse: Float32Array;
}

export interface GroupResult {
  readonly sums: ReadonlyMap<SumKind, ReadonlyMap<ValueId, LayerSums>>;
  /** F at the path's ends, per pair of the group. */
  readonly atBaseline: Float32Array;
  readonly atInput: Float32Array;
}

export interface ChunkReport {
  /** Points evaluated in this chunk, over the group's pairs. */
  readonly passes: number;
  readonly alpha: number;
  /** F(α) − F(0) of the group's first pair. */
  readonly expected: number;
  /** The sum so far at the value `watched`, for the first pair and sum kind. */
  readonly running: number;
}

export interface SweepRequest {
  readonly plan: Plan;
  readonly weights: Weights;
  readonly lines: Lines;
  readonly seeds: readonly Seed[];
  /** 0 = α_0 < … < α_n = 1 */
  readonly alphas: Float64Array;
  readonly kinds: readonly SumKind[];
  /** Whether to sum the doubled segments too. */
  readonly estimateError: boolean;
  /** For `genomics`: how a nonlinear node passes its parts. */
  readonly nonlinearity: (node: Node) => 'rescale' | 'reveal-cancel';
  /** Value whose running sum is reported. */
  readonly watched: ValueId;
  /** Bytes of the activations that a row keeps. */
  readonly rowBytes: number;
}

type Level = 'fine' | 'coarse';

/** What a chunk adds to one sum at one layer's value, [pairs, …]. */
interface Part {
  readonly kind: SumKind;
  readonly level: Level;
  readonly id: ValueId;
  readonly tensor: Tensor;
}

/** The sums of one kind and level, end to end in a chunk's flat array of all. */
interface Section {
  readonly kind: SumKind;
  readonly level: Level;
  readonly layers: readonly { readonly id: ValueId; readonly shape: readonly number[]; readonly size: number }[];
  readonly at: number;
  readonly size: number;
}

/** Sums of all chunks so far, on the device, as one flat array: added to and read back in one call. */
class Sums {
  #held: Tensor | null = null;
  #layout: readonly Section[] = [];

  /** Takes the tensor over. */
  add(flat: Tensor, layout: readonly Section[]): void {
    const before = this.#held;
    this.#layout = layout;
    this.#held = before ? tf.add(before, flat) : flat;
    if (before) [before, flat].forEach((each) => each.dispose());
  }

  read(kinds: readonly SumKind[]): GroupResult['sums'] {
    const flat = this.#held!.dataSync() as Float32Array;
    const sums = new Map(kinds.map((kind) => [kind, new Map<ValueId, LayerSums>()]));
    for (const { kind, level, layers, at, size } of this.#layout) {
      // In memory of its own: what a result keeps does not hold on to the rest.
      const section = size === flat.length ? flat : flat.slice(at, at + size);
      let place = 0;
      for (const { id, shape, size } of layers) {
        const held = section.subarray(place, (place += size));
        const before = sums.get(kind)!.get(id) ?? { shape, fine: held, coarse: held };
        sums.get(kind)!.set(id, { ...before, [level]: held });
      }
    }
    return sums;
  }

  dispose(): void {
    this.#held?.dispose();
  }
}

/** A line's `from`, `to` and their difference for the group's pairs: [3, pairs, …]. */
function lineTensor({ from, to }: { from: NumericArray; to: NumericArray }, group: Group): Tensor {
  const shape = from.shape.slice(1);
  const size = group.pairs * sizeOf(shape);
  const data = new Float32Array(3 * size);
  const at = group.first * sizeOf(shape);
  data.set(from.data.subarray(at, at + size));
  data.set(to.data.subarray(at, at + size), size);
  for (let place = 0; place < size; place++) data[2 * size + place] = to.data[at + place]! - from.data[at + place]!;
  return tf.tensor(data, [3, group.pairs, ...shape], 'float32');
}

/**
 * What a point takes of `from`, `to` and their difference: [points, 3]. Exact where the path ends, at which from + (to − from)
 * need not be `to`, and where it does not change.
 */
const pointWeights = (alphas: readonly number[]): Tensor =>
  tf.tensor2d(alphas.flatMap((alpha) => (alpha === 1 ? [0, 1, 0] : [1, 0, alpha])), [alphas.length, 3], 'float32'); // prettier-ignore

/** Points on lines, [points × pairs, …]. */
const pointsOn = (line: Tensor, weights: Tensor): Tensor =>
  tf.reshape(tf.matMul(weights as Tensor2D, tf.reshape(line, [3, -1])), [-1, ...line.shape.slice(2)]);

/** For each part of F where its value lies, one-hot: [pairs, …]. */
const markTensors = ({ seeds }: SweepRequest, group: Group): Tensor[] =>
  seeds.map(({ shape, index }) => {
    const size = sizeOf(shape);
    const data = new Float32Array(group.pairs * size);
    for (let pair = 0; pair < group.pairs; pair++) data[pair * size + index[group.first + pair]!] = 1;
    return tf.tensor(data, [group.pairs, ...shape], 'float32');
  });

/** Rows of the group's pairs: [pairs, …]. */
function pairsTensor({ shape, data }: NumericArray, { first, pairs }: Group): Tensor {
  const size = sizeOf(shape.slice(1));
  return tf.tensor(data.subarray(first * size, (first + pairs) * size), [pairs, ...shape.slice(1)], 'float32');
}

/** [pairs, …] → [points × pairs, …], the same at every point. */
const atPoints = (tensor: Tensor, points: number): Tensor =>
  tf.tile(tensor, [points, ...tensor.shape.slice(1).map(() => 1)]);

interface Group {
  readonly first: number;
  readonly pairs: number;
}

/** Σ over segments of a product laid out [segments × pairs, …] → [pairs, …]. */
const overSegments = (product: Tensor, pairs: number): Tensor =>
  tf.sum(tf.reshape(product, [-1, pairs, ...product.shape.slice(1)]), 0);

/** Σ over segments of multiplier × difference: [segments × pairs, …] → [pairs, …]. */
const contribution = ({ kernels }: Device, multiplier: Tensor, y: OnSegments, delta: () => Tensor): Tensor =>
  kernels.fused?.contribution(multiplier, y) ?? overSegments(tf.mul(multiplier, delta()), y.pairs);

/** end − start of the segments. */
function deltaOf(points: Tensor, segments: Segments): Tensor {
  const { start, end } = endsOf(points, segments);
  return tf.sub(end, start);
}

/**
 * Sweeps the path of one group of pairs.
 * @param segments segments of a chunk at the most (even, or 1)
 * @param onChunk called after every chunk; what it throws (a cancel) ends the sweep, all tensors freed
 */
export async function sweepGroup(
  request: SweepRequest,
  group: Group,
  segments: number,
  onChunk: (report: ChunkReport) => Promise<void>,
): Promise<GroupResult> {
  const { alphas, kinds } = request;
  const { pairs } = group;
  const sums = new Sums();
  const ends = { baseline: new Float32Array(0), input: new Float32Array(0) };
  let running = 0;
  try {
    for (let first = 0; first < alphas.length - 1;) {
      const left = alphas.length - 1 - first;
      const count = left === 1 ? 1 : Math.min(segments, left - (left % 2));
      const bytes = (count + 1) * pairs * request.rowBytes;
      const shares = request.weights.device.kernels.records
        ? sharesOf(count, bytes, request.estimateError)
        : ({ counts: [count], cores: 'all' } as const);
      const layouts: (readonly Section[])[] = [];
      const computed = tf.tidy(() =>
        sweepChunk(request, group, first, shares).map(({ tensors, about }) => {
          layouts.push(about);
          return [...tensors];
        }),
      ) as [Tensor, Tensor][];
      for (const [place, [flat, told]] of computed.entries()) {
        sums.add(flat, layouts[place]!);
        const scalars = (await told.data()) as Float32Array;
        told.dispose();
        if (first === 0) ends.baseline = scalars.slice(0, pairs);
        const at = shares.counts[place]! * pairs;
        ends.input = scalars.slice(at, at + pairs); // until the next one's
        first += shares.counts[place]!;
        running += scalars.at(-1)!;
      }
      await onChunk({
        passes: (count + shares.counts.length) * pairs,
        alpha: alphas[first]!,
        expected: ends.input[0]! - ends.baseline[0]!,
        running,
      });
    }
    return { sums: sums.read(kinds), atBaseline: ends.baseline, atInput: ends.input };
  } finally {
    sums.dispose();
  }
}

/**
 * One chunk from point `first` on, share by share.
 * @returns per share the flat sums, and F at its rows with the watched value's sum at last; about the sums, where each lies
 */
function sweepChunk(
  request: SweepRequest,
  group: Group,
  first: number,
  { counts, cores }: Shares,
): readonly Done<readonly Section[]>[] {
  const { plan, weights, kinds } = request;
  const { pairs } = group;
  const { ends } = request.lines;
  const lines = new Map(plan.starts.map((id) => [id, lineTensor(ends.get(id)!, group)]));
  const fixed = new Map(plan.fixed.map((id) => [id, pairsTensor(ends.get(id)!.to, group)]));
  const marks = markTensors(request, group);
  let point = first;
  const shares = counts.map((count): Share => {
    const alphas = [...request.alphas.subarray(point, point + count + 1)];
    point += count;
    const influence = kinds.includes('influence') ? influenceWeights(alphas, pairs) : null;
    return { pairs, count, lines, fixed, points: pointWeights(alphas), marks, influence };
  });
  const parts = shares.map((share) => () => computeShare(request, share));
  if (!weights.device.kernels.records) return parts.map((part) => part());
  const own = shares.flatMap(({ points, influence }) => [points, ...Object.values(influence ?? {})]);
  const inputs = [...lines.values(), ...fixed.values(), ...marks, ...own];
  return weights.recordings.run(keyOf(request, pairs, counts), inputs, parts, cores);
}

/** What a share of a chunk is computed from. */
interface Share {
  readonly pairs: number;
  /** Segments. */
  readonly count: number;
  /** Per start; see `lineTensor`. */
  readonly lines: ReadonlyMap<ValueId, Tensor>;
  /** Per value that stays as it is: [pairs, …]. */
  readonly fixed: ReadonlyMap<ValueId, Tensor>;
  /** See `pointWeights`. */
  readonly points: Tensor;
  /** Where each part of F lies in its value, one-hot. */
  readonly marks: readonly Tensor[];
  readonly influence: Record<Level, Tensor> | null;
}

/** All that a chunk's work depends on besides the numbers in its tensors. */
const keyOf = (
  { plan, seeds, kinds, estimateError, watched }: SweepRequest,
  pairs: number,
  counts: readonly number[],
): string =>
  JSON.stringify([
    [plan.starts, plan.fixed],
    plan.layers.map(({ layer }) => layer.output),
    seeds.map(({ value, sign }) => [value, sign]),
    [kinds, estimateError, watched, pairs, counts],
  ]);

/** A share's work, from tensors to tensors. */
function computeShare(request: SweepRequest, share: Share): Done<readonly Section[]> {
  const { plan, weights, kinds, estimateError } = request;
  const { pairs, count } = share;
  const points = new Map([
    ...[...share.lines].map(([id, line]) => [id, pointsOn(line, share.points)] as const),
    ...[...share.fixed].map(([id, tensor]) => [id, atPoints(tensor, count + 1)] as const),
  ]);
  const activations = forward(plan.pruned.nodes, weights, points, plan.kept);
  const shapes = new Map([...activations].map(([id, tensor]) => [id, tensor.shape.slice(1)]));
  const asked = new Set(plan.layers.map(({ layer }) => layer.output));
  const levels: readonly Level[] = estimateError ? ['fine', 'coarse'] : ['fine'];
  const parts: Part[] = [];
  const add = (kind: SumKind, id: ValueId, to: readonly Level[], tensor: Tensor): void => {
    tf.keep(tensor);
    for (const level of to) parts.push({ kind, level, id, tensor });
  };

  const single: Segments = { stride: 1, pairs, rows: count * pairs };
  const walks: readonly { segments: Segments; to: readonly Level[] }[] =
    count === 1 || !estimateError
      ? [{ segments: single, to: levels }]
      : [
          { segments: single, to: ['fine'] },
          { segments: { stride: 2, pairs, rows: (count / 2) * pairs }, to: ['coarse'] },
        ];
  /** ∂F/∂value of every value that F reads, at `rows` rows. */
  const seedRows = (rows: number): Map<ValueId, Tensor> => {
    const seeds = new Map<ValueId, Tensor>();
    for (const [part, { value, sign }] of request.seeds.entries()) {
      const before = seeds.get(value);
      const seed = tf.tidy(() => {
        const signed = tf.mul(atPoints(share.marks[part]!, rows / pairs), sign);
        return before ? tf.add(before, signed) : signed;
      });
      before?.dispose();
      seeds.set(value, seed);
    }
    return seeds;
  };

  try {
    for (const { segments, to } of walks) {
      if (kinds.includes('secant')) {
        const differences = new Differences(activations, segments);
        walkMultipliers(plan, weights, differences, seedRows(segments.rows), (id, multiplier) => {
          if (!asked.has(id)) return;
          const y = differences.of(id);
          add(
            'secant',
            id,
            to,
            tf.tidy(() => contribution(weights.device, multiplier, y, () => y.delta)),
          );
        });
      }
      for (const kind of kinds)
        if (kind === 'reveal-cancel' || kind === 'genomics') {
          const differences = new Differences(activations, segments);
          const nonlinearity = kind === 'genomics' ? request.nonlinearity : () => 'reveal-cancel' as const;
          walkParts(
            plan,
            weights,
            differences,
            seedRows(segments.rows),
            nonlinearity,
            (id, multiplier, { positive, negative }) => {
              if (!asked.has(id)) return;
              const sum = tf.tidy(() => {
                const both = tf.add(tf.mul(multiplier.positive, positive), tf.mul(multiplier.negative, negative));
                return overSegments(both, pairs);
              });
              add(kind, id, to, sum); // one segment, from baseline to input
            },
          );
        }
    }

    const gradientRules = kinds.filter((kind): kind is GradientRule => kind in GRADIENT_SUMS);
    const { influence } = share;
    if (gradientRules.length > 0 || influence)
      walkGradients(plan, weights, activations, seedRows((count + 1) * pairs), (id, gradient) => {
        if (!asked.has(id)) return;
        const y = activations.get(id)!;
        for (const { segments, to } of gradientRules.length ? walks : [])
          for (const rule of gradientRules) {
            const sum = tf.tidy(() => {
              const slopes = endsOf(gradient, segments);
              const slope = GRADIENT_SUMS[rule](slopes.start, slopes.end);
              return contribution(weights.device, slope, { points: y, ...segments }, () => deltaOf(y, segments));
            });
            add(rule, id, to, sum);
          }
        for (const level of influence ? levels : []) {
          const weight = influence![level];
          const sum = tf.tidy(() =>
            overSegments(tf.mul(gradient, tf.reshape(weight, [-1, ...y.shape.slice(1).map(() => 1)])), pairs),
          );
          add('influence', id, [level], sum);
        }
      });
    const layout = layoutOf(request, shapes, pairs, levels);
    const tensors = tf.tidy(() => {
      const made = new Map(parts.map(({ kind, level, id, tensor }) => [`${kind}/${level}/${id}`, tensor]));
      const pieces = layout.flatMap(({ kind, level, layers }) =>
        layers.map(({ id, size }) => {
          const tensor = made.get(`${kind}/${level}/${id}`);
          return tensor ? tf.reshape(tensor, [-1]) : tf.zeros([size]); // nothing flowed
        }),
      );
      const watched = parts.find(({ kind, id }) => kind === kinds[0] && id === request.watched);
      const running = watched ? tf.sum(tf.slice(watched.tensor, 0, 1)) : tf.scalar(0);
      return [tf.concat(pieces), tf.concat([targetValues(request, share, activations), tf.reshape(running, [1])])];
    });
    return { tensors, about: layout };
  } finally {
    for (const { tensor } of parts) tensor.dispose();
  }
}

/** All sums of a chunk end to end, in an order that does not depend on the chunk. */
function layoutOf(
  { plan, kinds }: SweepRequest,
  shapes: ReadonlyMap<ValueId, readonly number[]>,
  pairs: number,
  levels: readonly Level[],
): readonly Section[] {
  const ids = new Set(plan.layers.map(({ layer }) => layer.output));
  const layers = [...ids].map((id) => ({ id, shape: shapes.get(id)!, size: pairs * sizeOf(shapes.get(id)!) }));
  const size = layers.reduce((total, layer) => total + layer.size, 0);
  return kinds.flatMap((kind, place) =>
    levels.map((level, half) => ({ kind, level, layers, at: (place * levels.length + half) * size, size })),
  );
}

type GradientRule = Exclude<Rule, 'secant'>;

/** The gradient that stands for a segment, from those at its ends (1807.09946, equation 4, takes the later one). */
const GRADIENT_SUMS = {
  right: (_start: Tensor, end: Tensor) => end,
  left: (start: Tensor, _end: Tensor) => start,
  trapezoid: (start: Tensor, end: Tensor) => tf.mul(tf.add(start, end), 0.5),
} satisfies Record<GradientRule, (start: Tensor, end: Tensor) => Tensor>;

/** Trapezoid weights of ∫ dα at a chunk's rows: over all points, and over every second alone. */
function influenceWeights(alphas: readonly number[], pairs: number): Record<Level, Tensor> {
  const weigh = (stride: number): Tensor => {
    const weights = new Float32Array(alphas.length * pairs);
    for (let point = stride; point < alphas.length; point += stride) {
      const width = alphas[point]! - alphas[point - stride]!;
      for (const place of [point - stride, point])
        for (let pair = 0; pair < pairs; pair++) weights[place * pairs + pair]! += width / 2;
    }
    return tf.tensor1d(weights, 'float32');
  };
  return { fine: weigh(1), coarse: weigh(alphas.length === 2 ? 1 : 2) };
}

/** F at every row: [points × pairs]. */
function targetValues(
  { seeds }: SweepRequest,
  { marks, count }: Share,
  activations: ReadonlyMap<ValueId, Tensor>,
): Tensor {
  const parts = seeds.map(({ value, sign }, part) => {
    const values = activations.get(value)!;
    const marked = tf.cast(atPoints(marks[part]!, count + 1), 'bool');
    const picked = tf.where(marked, values, tf.zerosLike(values));
    return tf.mul(tf.sum(tf.reshape(picked, [values.shape[0]!, -1]), 1), sign);
  });
  return parts.length === 1 ? parts[0]! : tf.addN(parts);
}
