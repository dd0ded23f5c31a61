/** The segments of a chunk: which rows begin and end them, and the differences over them. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ValueId } from '../graph/graph';
import type { Difference } from '../ops/rule';

/** Segments whose start rows and whose end rows are contiguous. Rows are points × examples. */
export interface SegmentRows {
  readonly start: number;
  readonly end: number;
  readonly rows: number;
}

class LazyDifference implements Difference {
  #start: Tensor | null = null;
  #end: Tensor | null = null;
  #delta: Tensor | null = null;

  constructor(
    private readonly activation: Tensor,
    private readonly segments: SegmentRows,
  ) {}

  get shape(): number[] {
    return [this.segments.rows, ...this.activation.shape.slice(1)];
  }
  get start(): Tensor {
    return (this.#start ??= tf.keep(this.#slice(this.segments.start)));
  }
  get end(): Tensor {
    return (this.#end ??= tf.keep(this.#slice(this.segments.end)));
  }
  get delta(): Tensor {
    return (this.#delta ??= tf.keep(tf.sub(this.end, this.start)));
  }

  dispose(): void {
    for (const tensor of [this.#start, this.#end, this.#delta]) tensor?.dispose();
    this.#start = this.#end = this.#delta = null;
  }

  /** Rows are the outermost axis, so that TensorFlow shares the memory and copies nothing. */
  #slice(begin: number): Tensor {
    const rest = this.activation.shape.slice(1);
    return tf.slice(this.activation, [begin, ...rest.map(() => 0)], [this.segments.rows, ...rest]);
  }
}

/** Differences of values over one set of segments, each made once and freed when the walk has passed it. */
export class Differences {
  readonly #made = new Map<ValueId, LazyDifference>();

  constructor(
    private readonly activations: ReadonlyMap<ValueId, Tensor>,
    private readonly segments: SegmentRows,
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
