/** How many points go into one chunk: as many as run fastest, within the memory budget. */
import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import type { MemoryBudget } from '../../../contract/memory';
import type { Cores } from '../backends';
import { sizeOf, type Graph, type ValueId } from '../graph/graph';
import { forward } from './forward';
import { MemoryShort } from './memory';
import type { Lines } from './path';
import type { Plan } from './plan';
import type { Rows, Shapes, Stage } from './stages';
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
/**
 * The same of walks that carry positive and negative parts: every value has two beside its difference, and products are done part by
 * part. Measured on a residual net in the proportions of ResNet-18.
 */
export const PARTS_PEAK = 9;

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

/** Shapes of all live values, without rows. Runs one row where the model leaves sizes free. */
export function liveShapes({ graph, pruned, sinks }: Plan, weights: Weights, lines: Lines): Shapes {
  const { values } = graph;
  if ([...pruned.live].every((id) => !values[id]!.shape.includes(null)))
    return new Map([...pruned.live].map((id) => [id, values[id]!.shape as readonly number[]]));
  const shapes = new Map<ValueId, readonly number[]>();
  tf.tidy(() => {
    const row = new Map(
      [...lines.ends].map(([id, { to }]) => {
        const size = to.data.length / to.shape[0]!;
        return [id, tf.tensor(to.data.subarray(0, size), [1, ...to.shape.slice(1)], 'float32')];
      }),
    );
    const computed = forward(pruned.nodes, weights, row, new Set(sinks));
    for (const id of pruned.live) shapes.set(id, computed.get(id)!.shape.slice(1));
  });
  return shapes;
}

/**
 * Bytes that the sums of one pair take at the worst moment, per byte of the layers' values and for each of fine and coarse: on the
 * device, read back, and as results. Measured on ResNet-18 and MobileNet v2 at 224²: what is left when the activations are counted by
 * PEAK_PER_KEPT. In groups of layers they are read back group by group.
 */
const SUMS_PER_LAYER = { whole: 3.5, grouped: 4 };

/** Bytes that all layers' values take, of one row. @param shapes of the values */
export const layersBytes = ({ layers }: Plan, shapes: Shapes): number =>
  4 * [...new Set(layers.map(({ layer }) => layer.output))].reduce((sum, id) => sum + sizeOf(shapes.get(id)!), 0);

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
  /** Groups of layers that are done at once: one, unless not even the fewest points fit so. */
  readonly stages: readonly Stage[];
  /** Bytes at the worst moment. */
  readonly bytes: number;
}

/** Rows of a chunk that holds one joined stretch, what is left over included. */
const rowsAtLeast = (steps: number, span: number): number => 1 + Math.min(steps, span + (steps % span));

/** What a sweep over even steps has beside its rows. */
export interface Beside {
  /** Bytes of all layers' values. */
  readonly layers: number;
  /** Sums of so many kinds and levels. */
  readonly sums: number;
  /** Bytes at the worst moment per byte of the activations that are kept. */
  readonly peak: number;
  /** Flows that wait between groups of layers. */
  readonly flows: number;
  /** Bytes of what else is there: other methods' results, and sums of all pairs. */
  readonly others: number;
}

/**
 * Splits a grid of `steps` segments into chunks.
 * @param rows what rows take
 * @param mostRows a cap given by hand
 * @throws MemoryShort when not even one segment and the next fit, in groups of layers
 */
export function chunkSize(
  steps: number,
  rows: Pick<Rows, 'bytes' | 'grouped'>,
  { layers, sums, peak, flows, others }: Beside,
  budget: MemoryBudget,
  mostRows?: number,
): ChunkSize {
  const most = budget.megabytes * 1e6 - others;
  const each = rows.bytes * peak;
  const held = SUMS_PER_LAYER.whole * sums * layers;
  const affordable = Math.floor((most - held) / each);
  const span = affordable < rowsAtLeast(steps, JOINED) ? JOINED_AT_LEAST : JOINED;
  const least = rowsAtLeast(steps, span);
  const taken = { peak, flows };
  if (affordable < least) {
    const heldSo = SUMS_PER_LAYER.grouped * sums * layers;
    const { stages, bytes } = rows.grouped(least, taken, most - heldSo);
    if (bytes + heldSo > most) throw new MemoryShort(bytes + heldSo + others, budget);
    return { segments: Math.min(span, steps), span, pairs: 1, stages, bytes: bytes + heldSo + others };
  }
  const { stages } = rows.grouped(least, taken, Infinity);
  const bytesOf = (segments: number, pairs: number): number => ((segments + 1) * each + held) * pairs + others;
  const fastest = Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, Math.round(FASTEST_BYTES / rows.bytes)));
  const count = Math.max(least, Math.min(affordable, mostRows ?? fastest));
  if (count >= steps + 1) {
    const pairs = Math.min(Math.floor(most / ((steps + 1) * each + held)), Math.floor(count / (steps + 1)));
    return { segments: steps, span, pairs, stages, bytes: bytesOf(steps, pairs) };
  }
  // As few chunks as fit, all of about the same size; what is left over goes into the last.
  const longest = span * Math.floor((count - 1 - (steps % span)) / span);
  const chunks = Math.ceil((steps - (steps % span)) / longest);
  const segments = span * Math.ceil((steps - (steps % span)) / chunks / span);
  return { segments, span, pairs: 1, stages, bytes: bytesOf(segments + (steps % span), 1) };
}

/** Segments of the next chunk, with so many left. */
export const nextChunk = (left: number, { segments, span }: Pick<ChunkSize, 'segments' | 'span'>): number =>
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

/** Points whose chains are walked at once, and in which groups of layers. */
export interface PointsAtOnce {
  readonly points: number;
  readonly stages: readonly Stage[];
  /** Bytes at the worst moment. */
  readonly bytes: number;
}

/** Flows that wait between groups of layers: of halves and of wholes. */
const CHAIN_FLOWS = 2;

/**
 * Points of an adaptive path whose chains are walked at once: at least the three of one.
 * @param rows what rows take
 * @param most bytes that they may take
 * @param peak of CHAIN_PEAK
 * @param mostRows a cap given by hand
 */
export function pointsAtOnce(
  rows: Pick<Rows, 'bytes' | 'grouped'>,
  most: number,
  peak: number,
  mostRows?: number,
): PointsAtOnce {
  const affordable = Math.floor(most / (rows.bytes * peak));
  const fastest = Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, Math.round(FASTEST_BYTES / rows.bytes)));
  const points = Math.max(3, Math.min(affordable, mostRows ?? fastest));
  return { points, ...rows.grouped(points, { peak, flows: CHAIN_FLOWS }, most) };
}
