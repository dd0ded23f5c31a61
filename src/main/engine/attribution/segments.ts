/** The segments of a chunk: which rows begin and end them, and the differences over them. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { kernels } from '../backends';
import type { ValueId } from '../graph/graph';
import type { Difference } from '../ops/rule';

/** Segments of a chunk, whose rows are points × pairs in the path's order: between neighbours, or between points further apart. */
export interface Segments {
  /** Points from a segment's start to its end: above 1 for the joined segments of the error estimate. */
  readonly stride: number;
  /** The point at which the first one begins; absent: the chunk's first. */
  readonly first?: number;
  readonly pairs: number;
  /** Segments × pairs. */
  readonly rows: number;
}

/** Neighbouring segments of a chunk. */
export interface Stretch {
  /** Place of the first of them. */
  readonly first: number;
  readonly segments: number;
}

/**
 * Joins `count` segments `span` at a time; the last stretch takes what is left over, so that it may hold up to 2 · span − 1.
 * @returns none where there is one segment, which nothing is joined to
 */
export function joined(count: number, span: number): Stretch[] {
  if (count === 1) return [];
  const stretches = Math.max(1, Math.floor(count / span));
  return Array.from({ length: stretches }, (_, place) => ({
    first: place * span,
    segments: place === stretches - 1 ? count - place * span : span,
  }));
}

/** Neighbouring stretches of one length. */
export interface Alike extends Stretch {
  readonly count: number;
}

export function alike(stretches: readonly Stretch[]): Alike[] {
  const found: Alike[] = [];
  for (const { first, segments } of stretches) {
    const last = found.at(-1);
    if (last?.segments === segments) found[found.length - 1] = { ...last, count: last.count + 1 };
    else found.push({ first, segments, count: 1 });
  }
  return found;
}

/** Stretches as segments of their own, walk by walk. */
export const asSegments = (stretches: readonly Stretch[], pairs: number): Segments[] =>
  alike(stretches).map(({ first, segments, count }) => ({ stride: segments, first, pairs, rows: count * pairs }));

/** The rows from which segments are told: from where the first begins. */
export const pointsOf = (tensor: Tensor, { first = 0, stride, pairs, rows }: Segments): Tensor =>
  first === 0 ? tensor : tf.slice(tensor, first * pairs, rows * stride + pairs);

/** The rows at which segments begin and end, [segments × pairs, …] each. */
export function endsOf(tensor: Tensor, { stride, first = 0, pairs, rows }: Segments): { start: Tensor; end: Tensor } {
  // Rows are the outermost axis, so that TensorFlow shares the memory of contiguous ones and copies nothing.
  if (stride === 1 || rows === pairs) {
    const from = (point: number): Tensor => tf.slice(tensor, point * pairs, rows);
    return { start: from(first), end: from(first + stride) };
  }
  const rowOf = (_: unknown, row: number): number =>
    first * pairs + row + Math.floor(row / pairs) * pairs * (stride - 1);
  const points = tf.gather(tensor, tf.tensor1d(Array.from({ length: rows + pairs }, rowOf), 'int32'));
  const from = (row: number): Tensor => tf.slice(points, row, rows);
  return { start: from(0), end: from(pairs) };
}

class LazyDifference implements Difference {
  #ends: { start: Tensor; end: Tensor } | null = null;
  #delta: Tensor | null = null;

  /** @param activations at all points of the chunk */
  constructor(
    private readonly activations: Tensor,
    private readonly segments: Segments,
  ) {}

  get points(): Tensor {
    return pointsOf(this.activations, this.segments);
  }
  get pairs(): number {
    return this.segments.pairs;
  }
  get stride(): number {
    return this.segments.stride;
  }
  get shape(): number[] {
    return [this.segments.rows, ...this.activations.shape.slice(1)];
  }
  get start(): Tensor {
    return this.#both().start;
  }
  get end(): Tensor {
    return this.#both().end;
  }
  get delta(): Tensor {
    return (this.#delta ??= tf.keep(kernels.difference(this.start, this.end)));
  }

  dispose(): void {
    for (const tensor of [this.#ends?.start, this.#ends?.end, this.#delta]) tensor?.dispose();
    this.#ends = this.#delta = null;
  }

  #both(): { start: Tensor; end: Tensor } {
    if (!this.#ends) {
      this.#ends = tf.tidy(() => endsOf(this.activations, this.segments));
      tf.keep(this.#ends.start);
      tf.keep(this.#ends.end);
    }
    return this.#ends;
  }
}

/** Differences of values over one set of segments, each made once and freed when the walk has passed it. */
export class Differences {
  readonly #made = new Map<ValueId, LazyDifference>();

  constructor(
    private readonly activations: ReadonlyMap<ValueId, Tensor>,
    private readonly segments: Segments,
  ) {}

  of(id: ValueId): Difference {
    let difference = this.#made.get(id);
    if (!difference) {
      // A value that only linear ops touch was disposed of: its shape is all that is asked of it.
      difference = new LazyDifference(this.activations.get(id)!, this.segments);
      this.#made.set(id, difference);
    }
    return difference;
  }

  /** Frees one value's difference, or all. */
  dispose(id?: ValueId): void {
    for (const each of id === undefined ? [...this.#made.keys()] : [id]) {
      this.#made.get(each)?.dispose();
      this.#made.delete(each);
    }
  }
}
