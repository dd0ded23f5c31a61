/**
 * One sweep over a path: points stacked on the batch axis, chunk by chunk; each chunk is one forward pass and the backward
 * walks that the asked sums need, over the whole graph. Only sums are kept, whatever the number of steps and layers.
 *
 * A chunk's points lie even ones first, then odd ones, each point holding all examples of the group:
 * [x0 x2 … xS | x1 x3 … xS−1]. So the segments from even to odd points, from odd to even ones, and the doubled segments of
 * the error estimate all begin and end in contiguous rows. A chunk's last point is computed again as the next one's first:
 * one row in a chunk's many, which is cheaper than copying every activation over.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { NumericArray, Rule } from '../../../contract/attribution';
import { kernels } from '../backends';
import { sizeOf, type Node, type ValueId } from '../graph/graph';
import type { Difference } from '../ops/rule';
import type { Ends } from '../ops/secant';
import { forward } from './forward';
import type { Plan } from './plan';
import { Differences, joined, type SegmentRows, type Segments } from './segments';
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

/** Accumulators on the device. */
class Sums {
  readonly #held = new Map<string, Tensor>();

  add(kind: SumKind, id: ValueId, levels: readonly Level[], part: Tensor): void {
    for (const level of levels) {
      const key = `${kind}/${level}/${id}`;
      const before = this.#held.get(key);
      this.#held.set(key, tf.keep(before ? tf.add(before, part) : tf.clone(part)));
      before?.dispose();
    }
  }

  read(kind: SumKind, level: Level, id: ValueId, size: number): Float32Array {
    const held = this.#held.get(`${kind}/${level}/${id}`);
    return held ? (held.dataSync() as Float32Array) : new Float32Array(size);
  }

  /** Σ over the first pair's neurons. */
  total(kind: SumKind, id: ValueId): number {
    const held = this.#held.get(`${kind}/fine/${id}`);
    if (!held) return 0;
    return tf.tidy(() => tf.sum(tf.slice(held, 0, 1)).dataSync()[0]!);
  }

  dispose(): void {
    for (const tensor of this.#held.values()) tensor.dispose();
    this.#held.clear();
  }
}

/** Points of a chunk: for a row order of points, [points × pairs, …] of every start. */
function pointsTensor(
  ends: { from: NumericArray; to: NumericArray },
  alphas: readonly number[],
  first: number,
  pairs: number,
): Tensor {
  const shape = ends.from.shape.slice(1);
  const size = sizeOf(shape);
  const data = new Float32Array(alphas.length * pairs * size);
  const { data: from } = ends.from;
  const { data: to } = ends.to;
  let at = 0;
  for (const alpha of alphas)
    for (let place = first * size; place < (first + pairs) * size; place++) {
      // Exact at the ends, where from + 1 · (to − from) need not be `to`.
      data[at++] = alpha === 1 ? to[place]! : from[place]! + alpha * (to[place]! - from[place]!);
    }
  return tf.tensor(data, [alphas.length * pairs, ...shape], 'float32');
}

/** One-hot seeds of ∂F/∂value for `rows` rows of a group. */
function seedTensors(
  request: SweepRequest,
  group: Group,
  shapes: ReadonlyMap<ValueId, readonly number[]>,
  points: number,
) {
  const seeds = new Map<ValueId, Tensor>();
  for (const { value, index, sign } of request.seeds) {
    const shape = shapes.get(value)!;
    const size = sizeOf(shape);
    const data = new Float32Array(group.pairs * size);
    for (let pair = 0; pair < group.pairs; pair++) data[pair * size + index[group.first + pair]!] = sign;
    const seed = tf.tidy(() => tf.tile(tf.tensor(data, [group.pairs, ...shape]), [points, ...shape.map(() => 1)]));
    const before = seeds.get(value);
    seeds.set(value, before ? tf.add(before, seed) : seed);
    if (before) [before, seed].forEach((each) => each.dispose());
  }
  return seeds;
}

interface Group {
  readonly first: number;
  readonly pairs: number;
}

/** Σ over segments of a product laid out [segments × pairs, …] → [pairs, …]. */
const overSegments = (product: Tensor, pairs: number): Tensor =>
  tf.sum(tf.reshape(product, [-1, pairs, ...product.shape.slice(1)]), 0);

/** Σ over segments of multiplier × difference: [segments × pairs, …] → [pairs, …]. */
const contribution = (multiplier: Tensor, ends: Partial<Difference> & Ends, pairs: number): Tensor => {
  const { fused } = kernels();
  if (fused) return fused.contribution(multiplier, ends.start, ends.end, pairs);
  return overSegments(tf.mul(multiplier, ends.delta ?? tf.sub(ends.end, ends.start)), pairs);
};

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
  const { plan, alphas, kinds } = request;
  const sums = new Sums();
  const ends = { baseline: new Float32Array(0), input: new Float32Array(0) };
  const shapes = new Map<ValueId, readonly number[]>();
  try {
    for (let first = 0; first < alphas.length - 1;) {
      const left = alphas.length - 1 - first;
      const count = left === 1 ? 1 : Math.min(segments, left - (left % 2));
      const values = tf.tidy(() => {
        const chunk = sweepChunk(request, group, sums, first, count, shapes);
        return tf.keep(chunk);
      });
      const scalars = (await values.data()) as Float32Array;
      values.dispose();
      const evens = count === 1 ? 1 : count / 2 + 1;
      const lastPoint = count === 1 ? 1 : evens - 1;
      if (first === 0) ends.baseline = scalars.slice(0, group.pairs);
      if (count === left) ends.input = scalars.slice(lastPoint * group.pairs, (lastPoint + 1) * group.pairs);
      first += count;
      await onChunk({
        passes: (count + 1) * group.pairs,
        alpha: alphas[first]!,
        expected: scalars[lastPoint * group.pairs]! - ends.baseline[0]!,
        running: sums.total(kinds[0]!, request.watched),
      });
    }
    const read = (kind: SumKind): ReadonlyMap<ValueId, LayerSums> => {
      const ids = new Set(plan.layers.map(({ layer }) => layer.output));
      return new Map(
        [...ids].map((id) => {
          const size = group.pairs * sizeOf(shapes.get(id)!);
          const fine = sums.read(kind, 'fine', id, size);
          return [
            id,
            {
              shape: shapes.get(id)!,
              fine,
              coarse: request.estimateError ? sums.read(kind, 'coarse', id, size) : fine,
            },
          ];
        }),
      );
    };
    return { sums: new Map(kinds.map((kind) => [kind, read(kind)])), atBaseline: ends.baseline, atInput: ends.input };
  } finally {
    sums.dispose();
  }
}

/** Below this size of a chunk's activations, joining its walks into one costs less in copies than it saves in calls. */
const JOINED_BYTES = 8e6;

type Walk = SegmentRows & { readonly levels: readonly Level[] };

/** Segments walked together, and into which sums which of their rows go. */
interface WalkGroup {
  readonly segments: Segments;
  readonly sums: readonly { readonly first: number; readonly rows: number; readonly levels: readonly Level[] }[];
}

/** Rows of walks laid end to end; neighbours that go into the same sums are one. */
function consecutive(walks: readonly Walk[]): WalkGroup['sums'] {
  const sums: { first: number; rows: number; levels: readonly Level[] }[] = [];
  let first = 0;
  for (const { rows, levels } of walks) {
    const last = sums.at(-1);
    if (last && last.levels.join() === levels.join()) last.rows += rows;
    else sums.push({ first, rows, levels });
    first += rows;
  }
  return sums;
}

/** One chunk of `count` segments from point `first` on. @returns F at the chunk's rows */
function sweepChunk(
  request: SweepRequest,
  group: Group,
  sums: Sums,
  first: number,
  count: number,
  shapes: Map<ValueId, readonly number[]>,
): Tensor {
  const { plan, weights, kinds, estimateError } = request;
  const { pairs } = group;
  const evens = count === 1 ? [first] : Array.from({ length: count / 2 + 1 }, (_, k) => first + 2 * k);
  const odds = count === 1 ? [first + 1] : Array.from({ length: count / 2 }, (_, k) => first + 2 * k + 1);
  const alphas = [...evens, ...odds].map((point) => request.alphas[point]!);

  const points = new Map(
    [...plan.starts, ...plan.fixed].map((id) => [
      id,
      pointsTensor(request.lines.ends.get(id)!, alphas, group.first, pairs),
    ]),
  );
  const activations = forward(plan.pruned.nodes, weights, points, plan.kept);
  if (shapes.size === 0) for (const [id, tensor] of activations) shapes.set(id, tensor.shape.slice(1));
  const asked = new Set(plan.layers.map(({ layer }) => layer.output));
  const both: readonly Level[] = estimateError ? ['fine', 'coarse'] : ['fine'];

  /** Ends of the segments, in rows: every walk's segments begin and end in contiguous rows. */
  const odd = evens.length * pairs;
  const half = odds.length * pairs;
  const walks: readonly Walk[] =
    count === 1
      ? [{ start: 0, end: odd, rows: half, levels: both }]
      : [
          { start: 0, end: odd, rows: half, levels: ['fine'] },
          { start: odd, end: pairs, rows: half, levels: ['fine'] },
          ...(estimateError ? [{ start: 0, end: pairs, rows: half, levels: ['coarse'] as const }] : []),
        ];

  const small = alphas.length * pairs * request.rowBytes < JOINED_BYTES;
  const groups: readonly WalkGroup[] =
    small && walks.length > 1
      ? [{ segments: joined(walks), sums: consecutive(walks) }]
      : walks.map((walk) => ({ segments: walk, sums: consecutive([walk]) }));
  for (const { segments, sums: asSums } of groups) {
    const start = () => ({
      differences: new Differences(activations, segments),
      seeds: seedTensors(request, group, shapes, segments.rows / pairs),
    });
    if (kinds.includes('secant')) {
      const { differences, seeds } = start();
      walkMultipliers(plan, weights, differences, seeds, (id, multiplier) => {
        if (!asked.has(id)) return;
        tf.tidy(() => {
          for (const { first, rows, levels } of asSums) {
            const whole = rows === segments.rows;
            const part = (tensor: Tensor): Tensor => (whole ? tensor : tf.slice(tensor, first, rows));
            const difference = differences.of(id);
            const ends = whole ? difference : { start: part(difference.start), end: part(difference.end) };
            sums.add('secant', id, levels, contribution(part(multiplier), ends, pairs));
          }
        });
      });
    }
    for (const kind of kinds)
      if (kind === 'reveal-cancel' || kind === 'genomics') {
        const { differences, seeds } = start();
        const nonlinearity = kind === 'genomics' ? request.nonlinearity : () => 'reveal-cancel' as const;
        walkParts(plan, weights, differences, seeds, nonlinearity, (id, multiplier, parts) => {
          if (!asked.has(id)) return;
          tf.tidy(() => {
            const positive = tf.mul(multiplier.positive, parts.positive);
            const negative = tf.mul(multiplier.negative, parts.negative);
            // One segment, from baseline to input.
            sums.add(kind, id, asSums[0]!.levels, overSegments(tf.add(positive, negative), pairs));
          });
        });
      }
  }

  const gradientRules = kinds.filter((kind): kind is GradientRule => kind in GRADIENT_SUMS);
  const influence = kinds.includes('influence');
  if (gradientRules.length > 0 || influence) {
    const seeds = seedTensors(request, group, shapes, alphas.length);
    const weightsOf = influenceWeights(alphas, evens.length, pairs);
    walkGradients(plan, weights, activations, seeds, (id, gradient) => {
      if (!asked.has(id)) return;
      tf.tidy(() => {
        const rows = (tensor: Tensor, start: number, size: number): Tensor => tf.slice(tensor, start, size);
        const y = activations.get(id)!;
        for (const { start, end, rows: size, levels } of gradientRules.length ? walks : []) {
          const ends = { start: rows(y, start, size), end: rows(y, end, size) };
          for (const rule of gradientRules) {
            const slope = GRADIENT_SUMS[rule](rows(gradient, start, size), rows(gradient, end, size));
            sums.add(rule, id, levels, contribution(slope, ends, pairs));
          }
        }
        for (const level of influence ? both : []) {
          const weight = tf.tensor(weightsOf[level], [alphas.length * pairs, ...y.shape.slice(1).map(() => 1)]);
          sums.add('influence', id, [level], overSegments(tf.mul(gradient, weight), pairs));
        }
      });
    });
  }
  return targetValues(request, group, activations, alphas.length);
}

type GradientRule = Exclude<Rule, 'secant'>;

/** The gradient that stands for a segment, from those at its ends (1807.09946, equation 4, takes the later one). */
const GRADIENT_SUMS = {
  right: (_start: Tensor, end: Tensor) => end,
  left: (start: Tensor, _end: Tensor) => start,
  trapezoid: (start: Tensor, end: Tensor) => tf.mul(tf.add(start, end), 0.5),
} satisfies Record<GradientRule, (start: Tensor, end: Tensor) => Tensor>;

/** Trapezoid weights of ∫ dα at a chunk's rows: over all points, and over the even ones alone. */
function influenceWeights(alphas: readonly number[], evens: number, pairs: number): Record<Level, Float32Array> {
  const order = Array.from({ length: alphas.length }, (_, k) => (k % 2 ? evens + (k - 1) / 2 : k / 2));
  const weigh = (places: readonly number[]): Float32Array => {
    const weights = new Float32Array(alphas.length * pairs);
    for (let k = 1; k < places.length; k++) {
      const width = alphas[places[k]!]! - alphas[places[k - 1]!]!;
      for (const place of [places[k - 1]!, places[k]!])
        for (let pair = 0; pair < pairs; pair++) weights[place * pairs + pair]! += width / 2;
    }
    return weights;
  };
  return { fine: weigh(order), coarse: weigh(evens === 1 ? order : order.filter((_, k) => k % 2 === 0)) };
}

/** F at every row: [points × pairs]. */
function targetValues(
  request: SweepRequest,
  group: Group,
  activations: ReadonlyMap<ValueId, Tensor>,
  points: number,
): Tensor {
  const parts = request.seeds.map(({ value, index, sign }) => {
    const activation = activations.get(value)!;
    const flat = tf.reshape(activation, [activation.shape[0]!, -1]);
    const size = flat.shape[1]!;
    const places = new Int32Array(points * group.pairs);
    for (let row = 0; row < places.length; row++) places[row] = row * size + index[group.first + (row % group.pairs)]!;
    return tf.mul(tf.gather(tf.reshape(flat, [-1]), tf.tensor1d(places, 'int32')), sign);
  });
  return parts.length === 1 ? parts[0]! : tf.addN(parts);
}
