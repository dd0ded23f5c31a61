/** How the memory of a run is shared out among what is there at once: rows of activations, sums, and results. */
import type { MemoryBudget } from '../../../contract/memory';
import type { SumKind } from './chunk';
import { chunkSize, layersBytes, PARTS_PEAK, PEAK_PER_KEPT, type ChunkSize } from './chunks';
import type { EvenGrid } from './methods';
import type { Plan } from './plan';
import { Rows, type Shapes, type Stage } from './stages';

/** For how many examples, baselines each, and methods. */
export interface Extent {
  readonly examples: number;
  readonly references: number;
  readonly methods: number;
}

/** Flows, and parts of values, that wait between groups of layers for a sum of that kind; joined segments have up to two walks more. */
const FLOWS: Readonly<Record<SumKind, { readonly own: number; readonly joined: number }>> = {
  secant: { own: 1, joined: 2 },
  right: { own: 1, joined: 0 },
  left: { own: 1, joined: 0 },
  trapezoid: { own: 1, joined: 0 },
  influence: { own: 1, joined: 0 },
  'reveal-cancel': { own: 4, joined: 0 },
  genomics: { own: 4, joined: 0 },
};

/** Bytes that rules for parts make of weights and keep, per byte of them: both signs, as they are read forward and back. */
const SPLIT_WEIGHTS = 6;

/** Bytes at the worst moment of a walk of gradients, per byte of all values. */
const ENDS_PEAK = 2;

export class Room {
  /** Bytes of one result. */
  readonly result: number;
  readonly #layers: number;
  #ends: Rows | null = null;

  constructor(
    private readonly plan: Plan,
    readonly shapes: Shapes,
    private readonly extent: Extent,
    readonly budget: MemoryBudget,
    private readonly mostRows: number | undefined,
    readonly rows = new Rows(plan, shapes),
  ) {
    this.#layers = layersBytes(plan, shapes);
    this.result = extent.examples * this.#layers * (extent.references > 1 ? 2 : 1); // with the spread over baselines
  }

  /** The same with another budget. */
  of(budget: MemoryBudget): Room {
    const { plan, shapes, extent, mostRows, rows } = this;
    return new Room(plan, shapes, extent, budget, mostRows, rows);
  }

  /**
   * How a grid is swept.
   * @param estimated whether errors are
   * @param before results of other methods that are there
   * @throws MemoryShort
   */
  chunks({ steps, kinds }: EvenGrid, estimated: boolean, before: number): ChunkSize {
    const { examples, references } = this.extent;
    const pairs = examples * references;
    const sums = kinds.length * (estimated ? 2 : 1);
    const inParts = kinds.includes('reveal-cancel') || kinds.includes('genomics');
    const beside = {
      layers: this.#layers,
      sums,
      peak: inParts ? PARTS_PEAK : PEAK_PER_KEPT,
      flows: kinds.reduce((sum, kind) => sum + FLOWS[kind].own + (estimated ? FLOWS[kind].joined : 0), 0),
      others:
        before * this.result +
        (pairs > 1 ? pairs * sums * this.#layers : 0) +
        (inParts ? SPLIT_WEIGHTS * this.#weights() : 0),
    };
    return chunkSize(steps, this.rows, beside, this.budget, this.mostRows);
  }

  /** Bytes of the constants that nodes read. */
  #weights(): number {
    const { pruned, graph } = this.plan;
    const read = new Set(pruned.nodes.flatMap(({ inputs }) => inputs));
    return [...read].reduce((sum, id) => sum + (graph.values[id]!.constant?.data.byteLength ?? 0), 0);
  }

  /** Bytes that are left when all results are there. */
  get left(): number {
    return Math.max(0, 1e6 * this.budget.megabytes - this.extent.methods * this.result);
  }

  /** Groups of layers in which so many rows fit into what is left, or those that take least. */
  stagesFor(rows: number, peak: number): readonly Stage[] {
    return this.rows.grouped(rows, { peak, flows: 1 }, this.left).stages;
  }

  /** The same for gradients that look at all values at the ends of a path: of how many pairs at once, up to `most`. */
  ends(most: number): { readonly pairs: number; readonly stages: readonly Stage[] } {
    this.#ends ??= new Rows(this.plan, this.shapes, this.plan.pruned.live);
    const pairs = Math.max(1, Math.min(most, Math.floor(this.left / (2 * this.#ends.bytes * ENDS_PEAK))));
    return { pairs, stages: this.#ends.grouped(2 * pairs, { peak: ENDS_PEAK, flows: 1 }, this.left).stages };
  }
}
