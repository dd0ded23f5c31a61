/** A chunk of a path: the walks back over its points that the asked sums need, each walk once for all. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Rule } from '../../../contract/attribution';
import type { OnSegments } from '../backends';
import type { Node, ValueId } from '../graph/graph';
import type { Difference, Parts } from '../ops/rule';
import type { Plan } from './plan';
import { asSegments, joined, type Segments, type Stretch } from './segments';
import { termOf, termOfProduct, type Term } from './terms';
import { gradientWalk, multiplierWalk, partsWalk, type BackwardWalk } from './walk';
import type { Weights } from './weights';

/** `influence` is the mean gradient; the others sum multiplier or gradient × difference. */
export type SumKind = Rule | 'influence' | 'reveal-cancel' | 'genomics';

/** How a nonlinear node passes positive and negative parts. */
export type Nonlinearity = (node: Node) => 'rescale' | 'reveal-cancel';

/** How many segments are joined for the estimate of the error, where that needs walks of their own, and where it needs none. */
export interface Spans {
  readonly walked: number;
  readonly free: number;
}

/** One backward walk over segments. */
export interface Walk {
  readonly segments: Segments;
  readonly over: 'segments' | 'joined';
  /** See `termOf`. */
  readonly stretches: readonly Stretch[] | null;
}

/** Points of a path, to be walked back from the target by whatever is asked for. */
export class Chunk {
  readonly #axes: ReadonlyMap<ValueId, number | null>;
  readonly #onMultipliers: ((id: ValueId, multiplier: Tensor, y: Difference, walk: Walk) => void)[] = [];
  readonly #onGradients: ((id: ValueId, gradient: Tensor, y: Tensor) => void)[] = [];
  readonly #onParts: {
    readonly nonlinearity: Nonlinearity;
    readonly visit: (id: ValueId, multiplier: Parts, parts: Parts) => void;
  }[] = [];

  /**
   * @param count segments, neighbours along the path
   * @param spans how errors are estimated; null: not at all
   * @param alphas of the rows, where the mean gradient is asked for
   * @param seeds ∂F/∂value at so many points
   */
  constructor(
    private readonly plan: Plan,
    private readonly weights: Weights,
    readonly pairs: number,
    private readonly count: number,
    private readonly spans: Spans | null,
    readonly nonlinearity: Nonlinearity,
    readonly alphas: Tensor | null,
    private readonly seeds: (points: number) => Map<ValueId, Tensor>,
  ) {
    this.#axes = new Map(plan.layers.map(({ layer }) => [layer.output, layer.unitAxis]));
  }

  /** All of the chunk's segments in one walk, for what is not estimated. */
  get whole(): Walk {
    return { segments: this.#segments, over: 'segments', stretches: null };
  }

  get #segments(): Segments {
    return { stride: 1, pairs: this.pairs, rows: this.count * this.pairs };
  }

  /** Which segments a kind's errors are estimated from, joined; null where they are not estimated. */
  stretches(kind: SumKind): Stretch[] | null {
    return this.spans && joined(this.count, this.spans[kind === 'secant' ? 'walked' : 'free']);
  }

  /** The walks that a kind asks for. */
  walks(kind: SumKind): Walk[] {
    const stretches = this.stretches(kind);
    return [
      { ...this.whole, stretches },
      ...asSegments(stretches ?? [], this.pairs).map((each): Walk => ({
        segments: each,
        over: 'joined',
        stretches: [],
      })),
    ];
  }

  /** Multiplier × difference at a value, summed over a walk's segments. */
  term(id: ValueId, multiplier: Tensor, y: OnSegments, delta: () => Tensor, { stretches }: Walk): Term {
    return termOf(this.weights.device.fused, multiplier, y, delta, this.#axes.get(id)!, stretches);
  }

  /** The same of a product of one's own. */
  termOfProduct(id: ValueId, product: Tensor, { stretches }: Walk): Term {
    return termOfProduct(product, this.pairs, this.#axes.get(id)!, stretches);
  }

  // What is asked for before the walk: each kind of walk is done once for all that want it.
  onMultipliers(visit: (id: ValueId, multiplier: Tensor, y: Difference, walk: Walk) => void): void {
    this.#onMultipliers.push(visit);
  }
  onGradients(visit: (id: ValueId, gradient: Tensor, y: Tensor) => void): void {
    this.#onGradients.push(visit);
  }
  onParts(nonlinearity: Nonlinearity, visit: (id: ValueId, multiplier: Parts, parts: Parts) => void): void {
    this.#onParts.push({ nonlinearity, visit });
  }

  /** The walks back; every layer's value that is asked for is seen once by each, if anything flows to it. */
  backwards(): BackwardWalk[] {
    const { plan, weights } = this;
    const seeds =
      ({ rows }: Segments) =>
      () =>
        this.seeds(rows / this.pairs);
    const made: BackwardWalk[] = [];
    if (this.#onMultipliers.length > 0)
      for (const walk of this.walks('secant'))
        made.push(
          multiplierWalk(plan, weights, walk.segments, seeds(walk.segments), (id, multiplier, y) => {
            if (!this.#axes.has(id)) return;
            for (const visit of this.#onMultipliers) visit(id, multiplier, y, walk);
          }),
        );
    for (const { nonlinearity, visit } of this.#onParts)
      made.push(
        partsWalk(plan, weights, this.#segments, seeds(this.#segments), nonlinearity, (id, ...flows) => {
          if (this.#axes.has(id)) visit(id, ...flows);
        }),
      );
    if (this.#onGradients.length > 0)
      made.push(
        gradientWalk(
          plan,
          weights,
          () => this.seeds(this.count + 1),
          (id, gradient, y) => {
            if (!this.#axes.has(id)) return;
            for (const visit of this.#onGradients) visit(id, gradient, y);
          },
        ),
      );
    return made;
  }
}
