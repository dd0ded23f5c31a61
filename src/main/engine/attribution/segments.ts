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
  readonly pairs: number;
  /** Segments × pairs. */
  readonly rows: number;
}

/** The rows at which segments begin and end, [segments × pairs, …] each. */
export function endsOf(tensor: Tensor, { stride, pairs, rows }: Segments): { start: Tensor; end: Tensor } {
  const points =
    stride === 1
      ? tensor
      : tf.gather(
          tensor,
          tf.tensor1d(
            Array.from({ length: rows + pairs }, (_, row) => row + Math.floor(row / pairs) * pairs * (stride - 1)),
            'int32',
          ),
        );
  // Rows are the outermost axis, so that TensorFlow shares the memory of contiguous ones and copies nothing.
  const from = (first: number): Tensor => tf.slice(points, first, rows);
  return { start: from(0), end: from(pairs) };
}

class LazyDifference implements Difference {
  #ends: { start: Tensor; end: Tensor } | null = null;
  #delta: Tensor | null = null;

  constructor(
    readonly points: Tensor,
    private readonly segments: Segments,
  ) {}

  get pairs(): number {
    return this.segments.pairs;
  }
  get stride(): number {
    return this.segments.stride;
  }
  get shape(): number[] {
    return [this.segments.rows, ...this.points.shape.slice(1)];
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
      this.#ends = tf.tidy(() => endsOf(this.points, this.segments));
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
