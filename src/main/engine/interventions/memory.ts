/** What interventions on one question have in common. Without tensors: whoever keeps it needs no backend. */
import type { NumericArray, TargetTerm } from '../../../contract/attribution';
import type { Lines, Seed } from '../attribution/path';
import type { ValueId } from '../graph/graph';

/** A question that was looked into: its inputs and baselines as they are fed, and where F lies. */
export interface Standing {
  readonly examples: number;
  readonly references: number;
  readonly starts: readonly ValueId[];
  readonly lines: Lines;
  readonly sinks: readonly ValueId[];
  readonly seeds: readonly Seed[];
  readonly targets: readonly string[];
  readonly terms: readonly TargetTerm[];
  readonly atInput: ReadonlyMap<ValueId, NumericArray>;
  readonly pool: ReadonlyMap<ValueId, NumericArray>;
  /** Of the pool, those that means are over. */
  readonly averaged: readonly number[];
}

/** Bytes of layers' values that are remembered. */
const MOST_REMEMBERED = 128e6;

/**
 * What is the same from one intervention to the next of one question: F and values of layers at both ends, on the host. With it only
 * what lies behind the replaced layers is computed.
 */
export class GroundMemory {
  standing: Standing | null = null;
  atInput: Float64Array | null = null;
  atBaseline: Float64Array | null = null;
  /** Of values whose sizes the model leaves open. */
  shapes: ReadonlyMap<ValueId, readonly number[]> | null = null;
  readonly #values = new Map<string, NumericArray>();
  #bytes = 0;

  /** Values that are known, or computed now: by what they are of. */
  async values(
    of: 'input' | 'baseline',
    ids: readonly ValueId[],
    compute: (missing: readonly ValueId[]) => Promise<ReadonlyMap<ValueId, NumericArray>>,
  ): Promise<Map<ValueId, NumericArray>> {
    const known = new Map(
      ids.flatMap((id) => {
        const array = this.#values.get(`${of} ${id}`);
        return array ? [[id, array] as const] : [];
      }),
    );
    const missing = [...new Set(ids)].filter((id) => !known.has(id));
    const computed = missing.length > 0 ? await compute(missing) : new Map<ValueId, NumericArray>();
    for (const [id, array] of computed) this.#remember(`${of} ${id}`, array);
    return new Map(ids.map((id) => [id, (known.get(id) ?? computed.get(id))!]));
  }

  /** One value that is known by what it is of, or computed now. */
  async value(of: string, id: ValueId, compute: () => Promise<NumericArray>): Promise<NumericArray> {
    const known = this.#values.get(`${of} ${id}`);
    if (known) return known;
    const computed = await compute();
    this.#remember(`${of} ${id}`, computed);
    return computed;
  }

  #remember(key: string, array: NumericArray): void {
    if (this.#bytes + array.data.byteLength > MOST_REMEMBERED) {
      this.#values.clear();
      this.#bytes = 0;
    }
    this.#values.set(key, array);
    this.#bytes += array.data.byteLength;
  }
}
