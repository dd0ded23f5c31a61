/** The segments of a chunk: which rows begin and end them, and the differences over them. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { ValueId } from '../graph/graph';
import type { Difference } from '../ops/rule';

/** Segments whose start rows and whose end rows are contiguous. Rows are points × examples. */
export interface SegmentRows {
  readonly start: number;
  readonly end: number;
  readonly rows: number;
}

/** What a walk goes over: contiguous rows, which are views, or rows picked by index, which are copied. */
export interface Segments {
  readonly start: number | Tensor1D;
  readonly end: number | Tensor1D;
  readonly rows: number;
}

/** Several sets of segments as one, in their order: fewer, longer kernels where the rows are small. */
export function joined(sets: readonly SegmentRows[]): Segments {
  const rows = (which: 'start' | 'end'): Tensor1D =>
    tf.tensor1d(
      sets.flatMap((set) => Array.from({ length: set.rows }, (_, row) => set[which] + row)),
      'int32',
    );
  return { start: rows('start'), end: rows('end'), rows: sets.reduce((total, set) => total + set.rows, 0) };
}

class LazyDifference implements Difference {
  #start: Tensor | null = null;
  #end: Tensor | null = null;
  #delta: Tensor | null = null;

  constructor(
    private readonly activation: Tensor,
    private readonly segments: Segments,
  ) {}

  get shape(): number[] {
    return [this.segments.rows, ...this.activation.shape.slice(1)];
  }
  get start(): Tensor {
    return (this.#start ??= tf.keep(this.#rows(this.segments.start)));
  }
  get end(): Tensor {
    return (this.#end ??= tf.keep(this.#rows(this.segments.end)));
  }
  get delta(): Tensor {
    return (this.#delta ??= tf.keep(tf.sub(this.end, this.start)));
  }

  dispose(): void {
    for (const tensor of [this.#start, this.#end, this.#delta]) tensor?.dispose();
    this.#start = this.#end = this.#delta = null;
  }

  /** Rows are the outermost axis, so that TensorFlow shares the memory of contiguous ones and copies nothing. */
  #rows(from: number | Tensor1D): Tensor {
    if (typeof from !== 'number') return tf.gather(this.activation, from);
    const rest = this.activation.shape.slice(1);
    return tf.slice(this.activation, [from, ...rest.map(() => 0)], [this.segments.rows, ...rest]);
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
