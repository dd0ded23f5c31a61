/** What the walks of a batch give: each segment's contributions, laid out or summed as the walks come past a layer. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { FusedKernels } from '../../backends';
import { sizeOf, type ValueId } from '../../graph/graph';
import type { Difference } from '../../ops/rule';
import { overPositions } from '../terms';
import type { Slice } from './points';

/** Where a layer's numbers lie in a vector, and which of its neurons those are. */
export interface LayerEntries {
  readonly id: ValueId;
  /** Without rows. */
  readonly shape: readonly number[];
  readonly unitAxis: number | null;
  readonly units: Slice;
  readonly neurons: Slice;
  /** Flat places of the neurons that are held, ascending; null: all of them. */
  readonly sample: Int32Array | null;
}

/** The walks of a batch: over its segments, and over pairs of them. */
export type Part = 'halves' | 'wholes';

/** Rows of each walk of a batch. */
export type Rows = ReadonlyMap<Part, number>;

/** Takes what a batch's walks come past. */
export interface Collected {
  /** @param multiplier [rows of the walk, …] */
  add(id: ValueId, part: Part, multiplier: Tensor, y: Difference): void;
  /** A row for each segment, halves first; then what the chains change in the sums over leaves, where that is wanted. */
  tensors(): Tensor[];
  dispose(): void;
}

/** Every neuron's contribution over each segment. */
export class Contributions implements Collected {
  readonly #rows = new Map<string, Tensor>();
  readonly #asked: ReadonlySet<ValueId>;

  constructor(
    private readonly layers: readonly LayerEntries[],
    private readonly rows: Rows,
  ) {
    this.#asked = new Set(layers.map(({ id }) => id));
  }

  add(id: ValueId, part: Part, multiplier: Tensor, y: Difference): void {
    if (!this.#asked.has(id)) return;
    const rows = tf.tidy(() => tf.reshape(tf.mul(multiplier, y.delta), [multiplier.shape[0]!, -1]));
    this.#rows.set(`${part}/${id}`, tf.keep(rows));
  }

  /** [segments and wholes, neurons] */
  tensors(): Tensor[] {
    return tf.tidy(() => {
      const blocks = [...this.rows].map(([part, count]) =>
        tf.concat(
          this.layers.map(({ id, shape }) => this.#rows.get(`${part}/${id}`) ?? tf.zeros([count, sizeOf(shape)])), // nothing flowed
          1,
        ),
      );
      return [blocks.length > 1 ? tf.concat(blocks) : blocks[0]!];
    });
  }

  dispose(): void {
    for (const tensor of this.#rows.values()) tensor.dispose();
  }
}

/** Each segment's entries of every layer, and what all segments change in the sums of all neurons. */
export class Sums implements Collected {
  /** By part and layer: [rows, entries]. */
  readonly #rows = new Map<string, Tensor>();
  readonly #totals = new Map<ValueId, Tensor>();
  readonly #asked: ReadonlyMap<ValueId, LayerEntries>;

  /**
   * @param counts what each segment counts in the sums of each pair, [pairs, rows]; none where those are not wanted
   * @param before of each layer, what is added to: [pairs, neurons]; none where it is zeros
   */
  constructor(
    private readonly layers: readonly LayerEntries[],
    private readonly rows: Rows,
    private readonly fused: FusedKernels | null,
    private readonly counts: ReadonlyMap<Part, Tensor>,
    before: readonly Tensor[],
  ) {
    this.#asked = new Map(layers.map((layer) => [layer.id, layer]));
    for (const [at, sum] of before.entries()) this.#totals.set(layers[at]!.id, tf.keep(tf.clone(sum)));
  }

  add(id: ValueId, part: Part, multiplier: Tensor, y: Difference): void {
    const layer = this.#asked.get(id);
    if (!layer) return;
    const before = this.#totals.get(id);
    const [rows, total] = tf.tidy(() =>
      this.fused
        ? this.#inOneTrip(this.fused, layer, part, multiplier, y)
        : this.#opByOp(layer, part, tf.mul(multiplier, y.delta)),
    );
    this.#rows.set(`${part}/${id}`, tf.keep(rows!));
    if (!total) return;
    before?.dispose();
    this.#totals.set(id, tf.keep(total));
  }

  /** [segments and wholes, entries]; then of each layer [pairs, neurons] */
  tensors(): Tensor[] {
    return tf.tidy(() => {
      const blocks = [...this.rows].map(([part, count]) =>
        tf.concat(
          this.layers.map(({ id, units, neurons }) => {
            const entries = units.end - units.begin + neurons.end - neurons.begin;
            return this.#rows.get(`${part}/${id}`) ?? tf.zeros([count, entries]); // nothing flowed
          }),
          1,
        ),
      );
      const rows = blocks.length > 1 ? tf.concat(blocks) : blocks[0]!;
      const pairs = this.counts.get('halves')?.shape[0];
      if (pairs === undefined) return [rows];
      const totals = this.layers.map(({ id, shape }) => {
        const total = this.#totals.get(id);
        return total ? tf.clone(total) : tf.zeros([pairs, sizeOf(shape)]);
      });
      return [rows, ...totals];
    });
  }

  dispose(): void {
    for (const tensor of [...this.#rows.values(), ...this.#totals.values()]) tensor.dispose();
  }

  #inOneTrip(
    fused: FusedKernels,
    { id, shape, unitAxis, sample }: LayerEntries,
    part: Part,
    multiplier: Tensor,
    y: Difference,
  ): Tensor[] {
    const { rows, total } = fused.segmentSums(multiplier, y, {
      units: unitAxis === null ? 1 : shape[unitAxis]!,
      after: sizeOf(unitAxis === null ? shape : shape.slice(unitAxis + 1)),
      held: sample,
      counts: this.counts.get(part) ?? null,
      sum: this.#totals.get(id) ?? null,
    });
    return this.counts.size > 0 ? [rows, total] : [rows];
  }

  #opByOp({ id, unitAxis, sample }: LayerEntries, part: Part, contributions: Tensor): Tensor[] {
    const flat = tf.reshape(contributions, [contributions.shape[0]!, -1]);
    const neurons = sample ? tf.gather(flat, tf.tensor1d(sample, 'int32'), 1) : flat;
    const rows = tf.concat([overPositions(contributions, unitAxis), neurons], 1);
    const counts = this.counts.get(part);
    if (!counts) return [rows];
    // Not as a product of matrices: on few rows that takes longer to begin than to do.
    const change = tf.sum(tf.mul(tf.expandDims(counts, 2), tf.expandDims(flat, 0)), 1);
    const before = this.#totals.get(id);
    return [rows, before ? tf.add(before, change) : change];
  }
}
