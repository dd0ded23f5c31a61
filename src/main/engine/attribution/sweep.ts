/**
 * One sweep over a path: points stacked on the batch axis, chunk by chunk; each chunk is one forward pass and the backward
 * walks that the asked sums need, over the whole graph. Only sums are kept, whatever the number of steps and layers.
 *
 * A chunk's points lie in the path's order, each holding all pairs of the group, so that its segments begin and end in
 * contiguous rows. Its last point is computed again as the next one's first: one row in a chunk's many, which is cheaper than
 * copying every activation over.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Done } from '../backends';
import type { ValueId } from '../graph/graph';
import { lanesOf } from './chunks';
import { forward } from './forward';
import {
  atPoints,
  lineTensor,
  markTensor,
  pairsTensor,
  pointsOn,
  pointWeights,
  seedsAt,
  targetAt,
  type Group,
  type Lines,
  type Seed,
} from './path';
import type { Plan } from './plan';
import { Added, Chunk, influenceWeights, layoutOf, Sums } from './sums';
import type { Layout, Level, Nonlinearity, SumKind, SumsByKind } from './sums';
import type { Weights } from './weights';

/** What is swept, whatever the points. */
export interface Swept {
  readonly plan: Plan;
  readonly weights: Weights;
  readonly lines: Lines;
  readonly seeds: readonly Seed[];
  readonly kinds: readonly SumKind[];
  /** Whether to sum the doubled segments too. */
  readonly estimateError: boolean;
  /** For `genomics`. */
  readonly nonlinearity: Nonlinearity;
  /** Value whose running sum is reported. */
  readonly watched: ValueId;
  /** Bytes of the activations that a row keeps. */
  readonly rowBytes: number;
}

export interface GroupResult {
  readonly sums: SumsByKind;
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

/**
 * Sweeps the path of one group of pairs.
 * @param alphas 0 = α_0 < … < α_n = 1
 * @param segments segments of a chunk at the most (even, or 1)
 * @param onChunk called after every chunk; what it throws (a cancel) ends the sweep, all tensors freed
 */
export async function sweepGroup(
  swept: Swept,
  group: Group,
  alphas: readonly number[],
  segments: number,
  onChunk: (report: ChunkReport) => Promise<void>,
): Promise<GroupResult> {
  const { kinds } = swept;
  const { pairs } = group;
  const sums = new Sums();
  const lines = new GroupLines(swept, group);
  const ends = { baseline: new Float32Array(0), input: new Float32Array(0) };
  let running = 0;
  try {
    for (let first = 0; first < alphas.length - 1;) {
      const left = alphas.length - 1 - first;
      const count = left === 1 ? 1 : Math.min(segments, left - (left % 2));
      const lanes = lines.walk(alphas.slice(first, first + count + 1));
      for (const { flat, layout, told } of lanes) {
        sums.add(flat, layout);
        const numbers = (await told.data()) as Float32Array;
        told.dispose();
        const atPoints = numbers.subarray(0, -1);
        if (first === 0) ends.baseline = atPoints.slice(0, pairs);
        ends.input = atPoints.slice(-pairs); // until the next one's
        first += atPoints.length / pairs - 1;
        running += numbers.at(-1)!;
      }
      await onChunk({
        passes: (count + lanes.length) * pairs,
        alpha: alphas[first]!,
        expected: ends.input[0]! - ends.baseline[0]!,
        running,
      });
    }
    return { sums: await sums.read(kinds), atBaseline: ends.baseline, atInput: ends.input };
  } finally {
    lines.dispose();
    sums.dispose();
  }
}

/** What a lane of a chunk gives. */
interface LaneSums {
  /** All sums end to end. */
  readonly flat: Tensor;
  readonly layout: Layout;
  /** F at every row, and at last the watched value's sum. */
  readonly told: Tensor;
}

/** A lane's own points. */
interface Points {
  /** Segments, neighbours along the path. */
  readonly count: number;
  /** See `pointWeights`. */
  readonly weights: Tensor;
  readonly influence: Readonly<Record<Level, Tensor>> | null;
}

/** The lines of a group on the device, uploaded once: any stretch of neighbouring points on them can be walked. */
class GroupLines {
  /** Per start; see `lineTensor`. */
  readonly #lines: ReadonlyMap<ValueId, Tensor>;
  /** Per value that stays as it is: [pairs, …]. */
  readonly #fixed: ReadonlyMap<ValueId, Tensor>;
  /** Where each term of F lies in its value, one-hot. */
  readonly #marks: readonly Tensor[];

  constructor(
    private readonly swept: Swept,
    private readonly group: Group,
  ) {
    const { plan, lines, seeds } = swept;
    this.#lines = new Map(plan.starts.map((id) => [id, lineTensor(lines.ends.get(id)!, group)]));
    this.#fixed = new Map(plan.fixed.map((id) => [id, pairsTensor(lines.ends.get(id)!.to, group)]));
    this.#marks = seeds.map((seed) => markTensor(seed, group));
  }

  /**
   * Forward and backward over neighbouring points and the segments between them, split into lanes, a core each.
   * @param alphas of the points
   * @returns in the points' order; the caller disposes of the tensors
   */
  walk(alphas: readonly number[]): readonly LaneSums[] {
    const { weights, kinds, estimateError, rowBytes } = this.swept;
    const { pairs } = this.group;
    const { records } = weights.device;
    const segments = alphas.length - 1;
    const bytes = alphas.length * pairs * rowBytes;
    const { counts, cores } = records
      ? lanesOf(segments, bytes, estimateError)
      : ({ counts: [segments], cores: 'all' } as const);
    const layouts: Layout[] = [];
    const made = tf.tidy(() => {
      let point = 0;
      const lanes = counts.map((count): Points => {
        const own = alphas.slice(point, point + count + 1);
        point += count;
        const influence = kinds.includes('influence') ? influenceWeights(own, pairs) : null;
        return { count, weights: pointWeights(own), influence };
      });
      const works = lanes.map((lane) => () => this.#compute(lane));
      const own = lanes.flatMap((lane) => [lane.weights, ...Object.values(lane.influence ?? {})]);
      const inputs = [...this.#lines.values(), ...this.#fixed.values(), ...this.#marks, ...own];
      const done = records
        ? weights.recordings.run(this.#key(counts), inputs, works, cores)
        : works.map((work) => work());
      return done.map(({ tensors, about }) => {
        layouts.push(about);
        return [...tensors];
      });
    }) as [Tensor, Tensor][];
    return made.map(([flat, told], place) => ({ flat, told, layout: layouts[place]! }));
  }

  dispose(): void {
    for (const tensor of [...this.#lines.values(), ...this.#fixed.values(), ...this.#marks]) tensor.dispose();
  }

  /** All that the work depends on besides the numbers in its tensors. */
  #key(counts: readonly number[]): string {
    const { plan, seeds, kinds, estimateError, watched } = this.swept;
    return JSON.stringify([
      [plan.starts, plan.fixed],
      plan.layers.map(({ layer }) => layer.output),
      seeds.map(({ value, sign }) => [value, sign]),
      [kinds, estimateError, watched, this.group.pairs, counts],
    ]);
  }

  /** A lane's work, from tensors to tensors: its sums and what it tells; about the sums, where each lies. */
  #compute({ count, weights: points, influence }: Points): Done<Layout> {
    const { plan, weights, kinds, estimateError, nonlinearity, seeds, watched } = this.swept;
    const { pairs } = this.group;
    const given = new Map([
      ...[...this.#lines].map(([id, line]) => [id, pointsOn(line, points)] as const),
      ...[...this.#fixed].map(([id, tensor]) => [id, atPoints(tensor, count + 1)] as const),
    ]);
    const activations = forward(plan.pruned.nodes, weights, given, plan.kept);
    const shapes = new Map([...activations].map(([id, tensor]) => [id, tensor.shape.slice(1)]));
    const chunk = new Chunk(plan, weights, activations, pairs, count, estimateError, nonlinearity, influence, (at) =>
      seedsAt(seeds, this.#marks, at),
    );
    const added = new Added(kinds);
    try {
      added.from(chunk);
      const layout = layoutOf(plan, kinds, chunk.levels, pairs, shapes);
      const tensors = tf.tidy(() => {
        const running = tf.reshape(added.first(kinds[0]!, watched), [1]);
        return [added.flat(layout), tf.concat([targetAt(seeds, this.#marks, count + 1, activations), running])];
      });
      return { tensors, about: layout };
    } finally {
      added.dispose();
    }
  }
}
