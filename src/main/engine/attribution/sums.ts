/** What is summed along a path: a row for each kind, which takes from a chunk's walks what it adds at each layer's value. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Rule } from '../../../contract/attribution';
import { kernels, type FusedKernels, type OnSegments } from '../backends';
import { sizeOf, type Node, type ValueId } from '../graph/graph';
import type { Difference, Parts } from '../ops/rule';
import type { Plan } from './plan';
import { Differences, endsOf, type Segments } from './segments';
import { walkGradients, walkMultipliers, walkParts } from './walk';
import type { Weights } from './weights';

/** `influence` is the mean gradient; the others sum multiplier or gradient × difference. */
export type SumKind = Rule | 'influence' | 'reveal-cancel' | 'genomics';

/** Over all segments, and over segments of double length: their distance tells the error. */
export type Level = 'fine' | 'coarse';

/** How a nonlinear node passes positive and negative parts. */
export type Nonlinearity = (node: Node) => 'rescale' | 'reveal-cancel';

/** Takes over a tensor [pairs, …] that a kind sums at a value; `to` which levels. */
type Add = (id: ValueId, to: readonly Level[], tensor: Tensor) => void;

/** One backward walk over segments, and which sums it serves. */
interface Walk {
  readonly segments: Segments;
  readonly to: readonly Level[];
}

/** Points of a path with their activations, to be walked back from the target by whatever is asked for. */
export class Chunk {
  readonly walks: readonly Walk[];
  readonly levels: readonly Level[];
  readonly #asked: ReadonlySet<ValueId>;
  readonly #onMultipliers: ((id: ValueId, multiplier: Tensor, y: Difference, to: readonly Level[]) => void)[] = [];
  readonly #onGradients: ((id: ValueId, gradient: Tensor, y: Tensor) => void)[] = [];
  readonly #onParts: {
    readonly nonlinearity: Nonlinearity;
    readonly visit: (id: ValueId, multiplier: Parts, parts: Parts, to: readonly Level[]) => void;
  }[] = [];

  /**
   * @param count segments, neighbours along the path
   * @param estimateError whether there are double segments too
   * @param influence trapezoid weights of ∫ dα at the rows, where the mean gradient is asked for
   * @param seeds ∂F/∂value at so many points
   */
  constructor(
    private readonly plan: Plan,
    private readonly weights: Weights,
    private readonly activations: ReadonlyMap<ValueId, Tensor>,
    readonly pairs: number,
    private readonly count: number,
    estimateError: boolean,
    readonly nonlinearity: Nonlinearity,
    readonly influence: Readonly<Record<Level, Tensor>> | null,
    private readonly seeds: (points: number) => Map<ValueId, Tensor>,
  ) {
    this.#asked = new Set(plan.layers.map(({ layer }) => layer.output));
    this.levels = estimateError ? ['fine', 'coarse'] : ['fine'];
    const single: Segments = { stride: 1, pairs, rows: count * pairs };
    const double: Segments = { stride: 2, pairs, rows: (count / 2) * pairs };
    this.walks =
      count === 1 || !estimateError
        ? [{ segments: single, to: this.levels }]
        : [
            { segments: single, to: ['fine'] },
            { segments: double, to: ['coarse'] },
          ];
  }

  get fused(): FusedKernels | null {
    return this.weights.device.fused;
  }

  // What is asked for before the walk: each kind of walk is done once for all that want it.
  onMultipliers(visit: (id: ValueId, multiplier: Tensor, y: Difference, to: readonly Level[]) => void): void {
    this.#onMultipliers.push(visit);
  }
  onGradients(visit: (id: ValueId, gradient: Tensor, y: Tensor) => void): void {
    this.#onGradients.push(visit);
  }
  onParts(
    nonlinearity: Nonlinearity,
    visit: (id: ValueId, multiplier: Parts, parts: Parts, to: readonly Level[]) => void,
  ): void {
    this.#onParts.push({ nonlinearity, visit });
  }

  /** Walks back; every layer's value that is asked for is seen once by each walk, if anything flows to it. */
  walk(): void {
    const { plan, weights, activations } = this;
    for (const { segments, to } of this.walks) {
      const seeds = (): Map<ValueId, Tensor> => this.seeds(segments.rows / this.pairs);
      if (this.#onMultipliers.length > 0) {
        const differences = new Differences(activations, segments);
        walkMultipliers(plan, weights, differences, seeds(), (id, multiplier) => {
          if (!this.#asked.has(id)) return;
          for (const visit of this.#onMultipliers) visit(id, multiplier, differences.of(id), to);
        });
      }
      for (const { nonlinearity, visit } of this.#onParts) {
        const differences = new Differences(activations, segments);
        walkParts(plan, weights, differences, seeds(), nonlinearity, (id, multiplier, parts) => {
          if (this.#asked.has(id)) visit(id, multiplier, parts, to);
        });
      }
    }
    if (this.#onGradients.length > 0)
      walkGradients(plan, weights, activations, this.seeds(this.count + 1), (id, gradient) => {
        if (!this.#asked.has(id)) return;
        for (const visit of this.#onGradients) visit(id, gradient, activations.get(id)!);
      });
  }
}

/** Σ over segments of a product laid out [segments × pairs, …] → [pairs, …]. */
const overSegments = (product: Tensor, pairs: number): Tensor =>
  tf.sum(tf.reshape(product, [-1, pairs, ...product.shape.slice(1)]), 0);

/** Multiplier × difference: 0 where either is 0, whatever the other is. */
export function carried(multiplier: Tensor, delta: Tensor): Tensor {
  const product = kernels.mulNoNan(multiplier, delta);
  return tf.where(tf.equal(multiplier, 0), tf.zerosLike(product), product);
}

/** Σ over segments of multiplier × difference: [segments × pairs, …] → [pairs, …]. */
const contribution = (fused: FusedKernels | null, multiplier: Tensor, y: OnSegments, delta: () => Tensor): Tensor =>
  fused?.contribution(multiplier, y) ?? overSegments(carried(multiplier, delta()), y.pairs);

/** end − start of the segments. */
function deltaOf(points: Tensor, segments: Segments): Tensor {
  const { start, end } = endsOf(points, segments);
  return kernels.difference(start, end);
}

/** The gradient that stands for a segment, from those at its ends (1807.09946, equation 4, takes the later one). */
export const STANDS_FOR = {
  right: (_start: Tensor, end: Tensor) => end,
  left: (start: Tensor, _end: Tensor) => start,
  trapezoid: (start: Tensor, end: Tensor) => tf.mul(tf.add(start, end), 0.5),
} satisfies Record<Exclude<Rule, 'secant'>, (start: Tensor, end: Tensor) => Tensor>;

const byGradient =
  (standsFor: (start: Tensor, end: Tensor) => Tensor) =>
  (chunk: Chunk, add: Add): void =>
    chunk.onGradients((id, gradient, y) => {
      for (const { segments, to } of chunk.walks)
        add(
          id,
          to,
          tf.tidy(() => {
            const slopes = endsOf(gradient, segments);
            const slope = standsFor(slopes.start, slopes.end);
            return contribution(chunk.fused, slope, { points: y, ...segments }, () => deltaOf(y, segments));
          }),
        );
    });

const byParts = (chunk: Chunk, add: Add, nonlinearity: Nonlinearity): void =>
  chunk.onParts(nonlinearity, (id, multiplier, { positive, negative }, to) =>
    add(
      id,
      to,
      tf.tidy(() => {
        const both = tf.add(carried(multiplier.positive, positive), carried(multiplier.negative, negative));
        return overSegments(both, chunk.pairs);
      }),
    ),
  );

/** Each row asks a chunk for the walk that it sums from. */
export const SUMS: Readonly<Record<SumKind, (chunk: Chunk, add: Add) => void>> = {
  secant: (chunk, add) =>
    chunk.onMultipliers((id, multiplier, y, to) =>
      add(
        id,
        to,
        tf.tidy(() => contribution(chunk.fused, multiplier, y, () => y.delta)),
      ),
    ),
  right: byGradient(STANDS_FOR.right),
  left: byGradient(STANDS_FOR.left),
  trapezoid: byGradient(STANDS_FOR.trapezoid),
  influence: (chunk, add) =>
    chunk.onGradients((id, gradient) => {
      for (const level of chunk.levels)
        add(
          id,
          [level],
          tf.tidy(() => {
            const weights = tf.reshape(chunk.influence![level], [-1, ...gradient.shape.slice(1).map(() => 1)]);
            return overSegments(tf.mul(gradient, weights), chunk.pairs);
          }),
        );
    }),
  'reveal-cancel': (chunk, add) => byParts(chunk, add, () => 'reveal-cancel'),
  genomics: (chunk, add) => byParts(chunk, add, chunk.nonlinearity),
};

/** Trapezoid weights of ∫ dα at the rows of neighbouring points: over all of them, and over every second alone. */
export function influenceWeights(alphas: readonly number[], pairs: number): Record<Level, Tensor> {
  const weigh = (stride: number): Tensor => {
    const weights = new Float32Array(alphas.length * pairs);
    for (let point = stride; point < alphas.length; point += stride) {
      const width = alphas[point]! - alphas[point - stride]!;
      for (const place of [point - stride, point])
        for (let pair = 0; pair < pairs; pair++) weights[place * pairs + pair]! += width / 2;
    }
    return tf.tensor1d(weights, 'float32');
  };
  return { fine: weigh(1), coarse: weigh(alphas.length === 2 ? 1 : 2) };
}

/** Sums of one kind at one layer's value. [pairs in the group, …] */
export interface LayerSums {
  readonly shape: readonly number[];
  readonly fine: Float32Array;
  readonly coarse: Float32Array;
}

export type SumsByKind = ReadonlyMap<SumKind, ReadonlyMap<ValueId, LayerSums>>;

/** The sums of one kind and level, end to end in a chunk's flat array of all. */
interface Section {
  readonly kind: SumKind;
  readonly level: Level;
  readonly layers: readonly { readonly id: ValueId; readonly shape: readonly number[]; readonly size: number }[];
  readonly at: number;
  readonly size: number;
}

/** Where each sum lies in a chunk's flat array of all: the same for every chunk of a group. */
export type Layout = readonly Section[];

/** @param shapes of the layers' values, without rows */
export function layoutOf(
  { layers: planned }: Plan,
  kinds: readonly SumKind[],
  levels: readonly Level[],
  pairs: number,
  shapes: ReadonlyMap<ValueId, readonly number[]>,
): Layout {
  const ids = new Set(planned.map(({ layer }) => layer.output));
  const layers = [...ids].map((id) => ({ id, shape: shapes.get(id)!, size: pairs * sizeOf(shapes.get(id)!) }));
  const size = layers.reduce((total, layer) => total + layer.size, 0);
  return kinds.flatMap((kind, place) =>
    levels.map((level, half) => ({ kind, level, layers, at: (place * levels.length + half) * size, size })),
  );
}

/** What a chunk adds to each sum. */
export class Added {
  readonly #tensors = new Map<string, Tensor>();
  readonly #kept: Tensor[] = [];

  constructor(private readonly kinds: readonly SumKind[]) {}

  /** Takes the sums from the chunk's walks. */
  from(chunk: Chunk): void {
    for (const kind of this.kinds)
      SUMS[kind](chunk, (id, to, tensor) => {
        this.#kept.push(tf.keep(tensor));
        for (const level of to) this.#tensors.set(`${kind}/${level}/${id}`, tensor);
      });
    chunk.walk();
  }

  /** One kind's sum at a value for the first pair, over the whole of it. */
  first(kind: SumKind, id: ValueId): Tensor {
    const tensor = this.#tensors.get(`${kind}/fine/${id}`);
    return tensor ? tf.sum(tf.slice(tensor, 0, 1)) : tf.scalar(0);
  }

  flat(layout: Layout): Tensor {
    return tf.concat(
      layout.flatMap(({ kind, level, layers }) =>
        layers.map(({ id, size }) => {
          const tensor = this.#tensors.get(`${kind}/${level}/${id}`);
          return tensor ? tf.reshape(tensor, [-1]) : tf.zeros([size]); // nothing flowed
        }),
      ),
    );
  }

  dispose(): void {
    for (const tensor of this.#kept) tensor.dispose();
  }
}

/** Sums of all chunks so far, on the device, as one flat array: added to and read back in one call. */
export class Sums {
  #held: Tensor | null = null;
  #layout: Layout = [];

  /** Takes the tensor over. */
  add(flat: Tensor, layout: Layout): void {
    const before = this.#held;
    this.#layout = layout;
    this.#held = before ? tf.add(before, flat) : flat;
    if (before) [before, flat].forEach((each) => each.dispose());
  }

  async read(kinds: readonly SumKind[]): Promise<SumsByKind> {
    const flat = (await this.#held!.data()) as Float32Array;
    const sums = new Map(kinds.map((kind) => [kind, new Map<ValueId, LayerSums>()]));
    for (const { kind, level, layers, at, size } of this.#layout) {
      // In memory of its own: what a result keeps does not hold on to the rest.
      const section = size === flat.length ? flat : flat.slice(at, at + size);
      let place = 0;
      for (const { id, shape, size } of layers) {
        const held = section.subarray(place, (place += size));
        const before = sums.get(kind)!.get(id) ?? { shape, fine: held, coarse: held };
        sums.get(kind)!.set(id, { ...before, [level]: held });
      }
    }
    return sums;
  }

  dispose(): void {
    this.#held?.dispose();
  }
}
