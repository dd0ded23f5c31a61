/** How many points go into one chunk: as many as run fastest, within the memory budget. */
import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { MhoError } from '../../../contract/errors';
import type { MemoryBudget } from '../../../contract/memory';
import { memoryWords } from '../../../contract/words/memory';
import type { Cores } from '../backends';
import { sizeOf, type Graph, type ValueId } from '../graph/graph';
import { forward } from './forward';
import type { Lines } from './path';
import type { Plan } from './plan';
import type { Weights } from './weights';

/**
 * Bytes of a chunk's activations at which more rows no longer run faster. Measured on native TensorFlow: 50 steps of the
 * benchmark's conv net take as long in one chunk of 190 MB as in two, with 180 MB more at the peak; in six they take a fifth
 * longer.
 */
const FASTEST_BYTES = 100e6;
const MOST_ROWS = 512;
const FEWEST_ROWS = 8;
/** Bytes in use at the worst moment of a walk, per byte of kept activations: differences, upstream flows, temporaries. */
export const PEAK_PER_KEPT = 3;

/** Bytes of one row of values; null where the model leaves their sizes free. */
export function knownBytes(graph: Graph, ids: Iterable<ValueId>): number | null {
  let elements = 0;
  for (const id of ids) {
    const { shape } = graph.values[id]!;
    if (shape.includes(null)) return null;
    elements += sizeOf(shape as number[]);
  }
  return 4 * elements;
}

/** Shapes of the values that one row keeps, without rows. Runs one row where the model leaves sizes free. */
export function keptShapes(plan: Plan, weights: Weights, lines: Lines): ReadonlyMap<ValueId, readonly number[]> {
  const { values } = plan.graph;
  if ([...plan.kept].every((id) => !values[id]!.shape.includes(null)))
    return new Map([...plan.kept].map((id) => [id, values[id]!.shape as readonly number[]]));
  const shapes = new Map<ValueId, readonly number[]>();
  tf.tidy(() => {
    const row = new Map(
      [...lines.ends].map(([id, { to }]) => {
        const size = to.data.length / to.shape[0]!;
        return [id, tf.tensor(to.data.subarray(0, size), [1, ...to.shape.slice(1)], 'float32')];
      }),
    );
    const computed = forward(plan.pruned.nodes, weights, row, new Set(plan.sinks));
    for (const id of plan.kept) shapes.set(id, computed.get(id)!.shape.slice(1));
  });
  return shapes;
}

/** Bytes of the activations that one row keeps. @param shapes of its values */
export const rowBytes = (shapes: ReadonlyMap<ValueId, readonly number[]>): number =>
  4 * [...shapes.values()].reduce((sum, shape) => sum + sizeOf(shape), 0);

/**
 * Bytes that the sums of one pair take at the worst moment, per byte of the layers' values and for each of fine and coarse: on the
 * device, read back, and as results. Measured on ResNet-18 and MobileNet v2 at 224²: what is left when the activations are counted by
 * PEAK_PER_KEPT.
 */
const SUMS_PER_LAYER = 3.5;

/**
 * Bytes that the sums of a pair take.
 * @param shapes of the values
 * @param sums of how many kinds and levels
 */
export const sumsBytes = (plan: Plan, shapes: ReadonlyMap<ValueId, readonly number[]>, sums: number): number => {
  const values = new Set(plan.layers.map(({ layer }) => layer.output));
  return 4 * SUMS_PER_LAYER * sums * [...values].reduce((total, id) => total + sizeOf(shapes.get(id)!), 0);
};

/** Bytes of activations at hand that a core is worth waking for. */
const LANE_BYTES = 0.5e6;
/** Above this many the cores rather share every kernel: each on its own, their activations drive one another's from the cache. */
const TOGETHER_BYTES = 64e6;
/** Segments of a lane at the least: each begins with a point more. */
const LANE_SEGMENTS = 4;
/**
 * Segments that the error estimate joins, and where not even one joined stretch and what is left over fits the budget. Joining
 * four tells as much as joining two, with half the walks.
 */
const JOINED = 4;
const JOINED_AT_LEAST = 2;

/** Which cores are best for work that cannot be split into lanes. */
export const coresFor = (bytes: number): Cores => (bytes < 2 * LANE_BYTES ? 'each' : 'all');

/** What of a chunk each core does: its lane. */
export interface Lanes {
  /** Segments of each. */
  readonly counts: readonly number[];
  readonly cores: Cores;
}

/**
 * Splits a chunk's segments into lanes, a core each. (Measured on the reference networks, a conv net and ResNet-18: on two cores,
 * one alone is fastest up to some 1 MB, one for each half up to some 60 MB.)
 * @param bytes activations of the whole chunk
 * @param span segments that are joined somewhere: no lane ends inside; the last one takes what is left over
 */
export function lanesOf(segments: number, bytes: number, span: number): Lanes {
  const units = Math.floor(segments / span);
  const lanes = Math.min(availableParallelism(), Math.floor(bytes / LANE_BYTES), Math.floor(segments / LANE_SEGMENTS));
  if (bytes > TOGETHER_BYTES || Math.min(units, lanes) < 2) return { counts: [segments], cores: coresFor(bytes) };
  const before = (lane: number): number => (lane === lanes ? segments : span * Math.floor((units * lane) / lanes));
  const counts = Array.from({ length: lanes }, (_, lane) => before(lane + 1) - before(lane));
  return { counts, cores: 'each' };
}

export interface ChunkSize {
  /** Segments of a chunk: a multiple of `span`, or all there are; the last one may hold up to span − 1 more. */
  readonly segments: number;
  /** How many segments the error estimate joins. */
  readonly span: number;
  /** Pairs of input and baseline that a chunk's points hold. */
  readonly pairs: number;
}

/** The refusal tells what would do. @param megabytes that are needed */
const tooSmall = (megabytes: number, budget: MemoryBudget): MhoError =>
  new MhoError('MEMORY_BUDGET', { need: Math.ceil(megabytes), budget: memoryWords(budget) });

/** Rows of a chunk that holds one joined stretch, what is left over included. */
const rowsAtLeast = (steps: number, span: number): number => 1 + Math.min(steps, span + (steps % span));

/**
 * Splits a grid of `steps` segments into chunks.
 * @param bytes what one row keeps
 * @param held bytes of a pair's sums
 * @param mostRows a cap given by hand
 * @throws MEMORY_BUDGET when not even one segment and the next fit
 */
export function chunkSize(
  steps: number,
  bytes: number,
  held: number,
  budget: MemoryBudget,
  mostRows?: number,
): ChunkSize {
  const most = budget.megabytes * 1e6;
  const affordable = Math.floor((most - held) / (bytes * PEAK_PER_KEPT));
  const span = affordable < rowsAtLeast(steps, JOINED) ? JOINED_AT_LEAST : JOINED;
  const least = rowsAtLeast(steps, span);
  if (affordable < least) throw tooSmall((least * bytes * PEAK_PER_KEPT + held) / 1e6, budget);
  const fastest = Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, Math.round(FASTEST_BYTES / bytes)));
  const rows = Math.max(least, Math.min(affordable, mostRows ?? fastest));
  if (rows >= steps + 1) {
    const pairs = Math.floor(most / ((steps + 1) * bytes * PEAK_PER_KEPT + held));
    return { segments: steps, span, pairs: Math.min(pairs, Math.floor(rows / (steps + 1))) };
  }
  // As few chunks as fit, all of about the same size; what is left over goes into the last.
  const longest = span * Math.floor((rows - 1 - (steps % span)) / span);
  const chunks = Math.ceil((steps - (steps % span)) / longest);
  return { segments: span * Math.ceil((steps - (steps % span)) / chunks / span), span, pairs: 1 };
}

/** Segments of the next chunk, with so many left. */
export const nextChunk = (left: number, { segments, span }: ChunkSize): number =>
  left < segments + span ? left : segments;

/**
 * As PEAK_PER_KEPT, where work is run op by op and then as a graph: TensorFlow gives neither's memory back to the other. Measured on
 * MobileNet v2 at 224²: 8.4 for chains of an adaptive path; on ResNet-18 8.9 for chunks of even steps.
 */
export const RECORDED_PEAK = 9;
/**
 * As PEAK_PER_KEPT, for chains of an adaptive path, whose sums are kept for each: summed in one trip, and in ordinary ops. Measured on
 * MobileNet v2 at 224²: a row more takes 2.5, and in ordinary ops 4.9.
 */
export const CHAIN_PEAK = { fused: 3, plain: 5 };

/**
 * Points of an adaptive path whose chains are walked at once: at least the three of one.
 * @param bytes what one row keeps
 * @param heldMB what grids and sums of all neurons may take of it
 * @param peak of CHAIN_PEAK
 * @param mostRows a cap given by hand
 * @throws MEMORY_BUDGET when not even one fits
 */
export function pointsAtOnce(
  bytes: number,
  budget: MemoryBudget,
  heldMB: number,
  peak: number,
  mostRows?: number,
): number {
  const affordable = Math.floor(((budget.megabytes - heldMB) * 1e6) / (bytes * peak));
  if (affordable < 3) throw tooSmall((3 * bytes * peak) / 1e6 + heldMB, budget);
  const fastest = Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, Math.round(FASTEST_BYTES / bytes)));
  return Math.max(3, Math.min(affordable, mostRows ?? fastest));
}
