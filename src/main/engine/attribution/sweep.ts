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
import { Chunk, type Nonlinearity, type Spans, type SumKind } from './chunk';
import { lanesOf, nextChunk, RECORDED_PEAK, type ChunkSize } from './chunks';
import { Course } from './course';
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
import { sweepStages } from './staged';
import type { Stage } from './stages';
import { Added, layoutOf, Sums, type Layout, type SumsByKind, type Told } from './sums';
import type { Weights } from './weights';

/** What is swept, whatever the points. */
export interface Swept {
  readonly plan: Plan;
  readonly weights: Weights;
  readonly lines: Lines;
  readonly seeds: readonly Seed[];
  /** Groups of layers that are done at once. */
  readonly stages: readonly Stage[];
  readonly kinds: readonly SumKind[];
  /** How errors are estimated; null: not at all. */
  readonly spans: Spans | null;
  /** For `genomics`. */
  readonly nonlinearity: Nonlinearity;
  /** Value whose running sum is reported. */
  readonly watched: ValueId;
  /** Bytes of the activations that a row keeps. */
  readonly rowBytes: number;
  /** Memory that chunks may take. */
  readonly bytes: number;
}

export interface GroupResult {
  readonly sums: SumsByKind;
  /** How F came about; and, where errors are estimated, what is summed at each value. */
  readonly ofTarget: Course;
  readonly courses: ReadonlyMap<SumKind, ReadonlyMap<ValueId, Course>>;
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
 * @param onChunk called after every chunk; what it throws (a cancel) ends the sweep, all tensors freed
 */
export async function sweepGroup(
  swept: Swept,
  group: Group,
  alphas: readonly number[],
  size: Pick<ChunkSize, 'segments' | 'span'>,
  onChunk: (report: ChunkReport) => Promise<void>,
): Promise<GroupResult> {
  const { kinds } = swept;
  const { pairs } = group;
  const sums = new Sums();
  const lines = new GroupLines(swept, group);
  const ends = { baseline: new Float32Array(0), input: new Float32Array(0) };
  const ofTarget = new Course(pairs);
  const courses = new Map(kinds.map((kind) => [kind, new Map<ValueId, Course>()]));
  let running = 0;
  try {
    for (let first = 0; first < alphas.length - 1;) {
      const count = nextChunk(alphas.length - 1 - first, size);
      const lanes = lines.walk(alphas.slice(first, first + count + 1));
      for (const { flats, told, about } of lanes) {
        flats.forEach((flat, stage) => sums.add(stage, flat, about.layouts[stage]!));
        const numbers = new Numbers((await told.data()) as Float32Array);
        told.dispose();
        const atPoints = numbers.next((about.count + 1) * pairs);
        if (first === 0) ends.baseline = atPoints.slice(0, pairs);
        ends.input = atPoints.slice(-pairs); // until the next one's
        running += numbers.next(1)[0]!;
        const own = alphas.slice(first, first + about.count + 1);
        ofTarget.addMoves(own, atPoints);
        for (const { kind, id, pieces, stretches } of about.told) {
          const course = courses.get(kind)!.get(id) ?? new Course(pairs);
          courses.get(kind)!.set(id, course);
          course.addPieces(own, pieces, numbers.next(pieces.length * pairs));
          course.addDetails(numbers.next(stretches * pairs));
        }
        first += about.count;
      }
      await onChunk({
        passes: (count + lanes.length) * pairs,
        alpha: alphas[first]!,
        expected: ends.input[0]! - ends.baseline[0]!,
        running,
      });
    }
    return { sums: await sums.read(kinds), ofTarget, courses, atBaseline: ends.baseline, atInput: ends.input };
  } finally {
    lines.dispose();
    sums.dispose();
  }
}

/** Reads on in numbers that lie end to end. */
class Numbers {
  #at = 0;

  constructor(private readonly all: Float32Array) {}

  next(size: number): Float32Array {
    return this.all.subarray(this.#at, (this.#at += size));
  }
}

/** What of a lane its numbers do not say. */
interface About {
  /** Segments. */
  readonly count: number;
  /** Of each stage's sums. */
  readonly layouts: readonly Layout[];
  readonly told: readonly Told[];
}

/** What a lane of a chunk gives. */
interface LaneSums {
  /** All sums end to end, by stage. */
  readonly flats: readonly Tensor[];
  /** F at every row, the watched value's sum, and what is told besides. */
  readonly told: Tensor;
  readonly about: About;
}

/** A lane's own points. */
interface Points {
  /** Segments, neighbours along the path. */
  readonly count: number;
  /** See `pointWeights`. */
  readonly weights: Tensor;
  /** Of the rows, where the mean gradient is asked for. */
  readonly alphas: Tensor | null;
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
    const { weights, stages, kinds, spans, rowBytes, bytes: most } = this.swept;
    const { pairs } = this.group;
    const segments = alphas.length - 1;
    const bytes = alphas.length * pairs * rowBytes;
    const records = weights.device.records && stages.length === 1 && bytes * RECORDED_PEAK <= most;
    const { counts, cores } = records
      ? lanesOf(segments, bytes, spans?.walked ?? 1)
      : ({ counts: [segments], cores: 'all' } as const);
    const told: About[] = [];
    const made = tf.tidy(() => {
      let point = 0;
      const lanes = counts.map((count): Points => {
        const own = alphas.slice(point, point + count + 1);
        point += count;
        const rows = kinds.includes('influence') ? own.flatMap((alpha) => Array<number>(pairs).fill(alpha)) : null;
        return { count, weights: pointWeights(own), alphas: rows && tf.tensor1d(rows, 'float32') };
      });
      const works = lanes.map((lane) => () => this.#compute(lane));
      const own = lanes.flatMap((lane) => (lane.alphas ? [lane.weights, lane.alphas] : [lane.weights]));
      const inputs = [...this.#lines.values(), ...this.#fixed.values(), ...this.#marks, ...own];
      const done = records
        ? weights.recordings.run(this.#key(counts), inputs, works, cores)
        : works.map((work) => work());
      return done.map(({ tensors, about }) => {
        told.push(about);
        return [...tensors];
      });
    }) as [Tensor, ...Tensor[]][];
    return made.map(([numbers, ...flats], place) => ({ flats, told: numbers, about: told[place]! }));
  }

  dispose(): void {
    for (const tensor of [...this.#lines.values(), ...this.#fixed.values(), ...this.#marks]) tensor.dispose();
  }

  /** All that the work depends on besides the numbers in its tensors. */
  #key(counts: readonly number[]): string {
    const { plan, seeds, kinds, spans, watched } = this.swept;
    return JSON.stringify([
      [plan.starts, plan.fixed],
      plan.layers.map(({ layer }) => layer.output),
      seeds.map(({ value, sign }) => [value, sign]),
      [kinds, spans, watched, this.group.pairs, counts],
    ]);
  }

  /** A lane's work, from tensors to tensors: its sums and what it tells; about them, where each lies. */
  #compute({ count, weights: points, alphas }: Points): Done<About> {
    const { plan, weights, stages, kinds, spans, nonlinearity, seeds, watched } = this.swept;
    const { pairs } = this.group;
    const given = new Map([
      ...[...this.#lines].map(([id, line]) => [id, pointsOn(line, points)] as const),
      ...[...this.#fixed].map(([id, tensor]) => [id, atPoints(tensor, count + 1)] as const),
    ]);
    const chunk = new Chunk(plan, weights, pairs, count, spans, nonlinearity, alphas, (at) =>
      seedsAt(seeds, this.#marks, at),
    );
    const added = new Added(kinds, chunk);
    const axes = new Map(plan.layers.map(({ layer }) => [layer.output, layer.unitAxis]));
    const levels = spans ? (['fine', 'coarse', 'squares'] as const) : (['fine'] as const);
    const flats: Tensor[] = [];
    const layouts: Layout[] = [];
    const told: Told[] = [];
    const numbers: Tensor[] = [];
    let target: Tensor;
    let running: Tensor | null = null;
    try {
      sweepStages({ weights, stages, kept: plan.kept }, given, added.backwards(), {
        reached: (activations) => (target = tf.tidy(() => targetAt(seeds, this.#marks, count + 1, activations))),
        left: ({ nodes, first }, activations) => {
          const own = new Set([...nodes.map(({ output }) => output), ...(first ? plan.starts : [])]);
          const layers = new Map([...axes].filter(([id]) => own.has(id)));
          const shapes = new Map([...layers.keys()].map((id) => [id, activations.get(id)!.shape.slice(1)]));
          if (layers.size === 0) return;
          const layout = layoutOf(layers, kinds, levels, pairs, shapes);
          layouts.push(layout);
          const made = tf.tidy(() => {
            const { numbers: inStage, about } = added.told(layers.keys());
            told.push(...about);
            const sum = own.has(watched) ? [tf.reshape(added.first(kinds[0]!, watched), [1])] : [];
            return [added.flat(layout), ...sum, ...inStage];
          });
          flats.push(made.shift()!);
          if (own.has(watched)) running = made.shift()!;
          numbers.push(...made);
          added.dispose();
        },
      });
      const all = tf.concat([target!, running ?? tf.zeros([1]), ...numbers]);
      return { tensors: [all, ...flats], about: { count, layouts, told } };
    } finally {
      added.dispose();
    }
  }
}
