/** Rows of a network behind its replaced layers, each with units of its own replaced. Nothing before those layers is computed. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { NumericArray } from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import type { MemoryBudget } from '../../../contract/memory';
import { coresFor } from '../attribution/chunks';
import { forward } from '../attribution/forward';
import { MemoryShort } from '../attribution/memory';
import type { Seed } from '../attribution/path';
import type { Weights } from '../attribution/weights';
import { sizeOf, type Graph, type Node, type ValueId } from '../graph/graph';
import { placeOf, rowOf, targetOf } from './values';

/** A layer of which units are replaced. */
export interface Replaced {
  readonly value: ValueId;
  readonly shape: readonly number[];
  readonly unitAxis: number | null;
  /** By rows of pairs, or one for all; by a number; by a multiple of what is there. */
  readonly by: { readonly array: NumericArray } | { readonly constant: number } | { readonly factor: number };
}

/** One intervention. */
export interface Row {
  /** Of input and baseline. */
  readonly pair: number;
  /** For each replaced layer what stays as it is, 1 or 0: of its units, or of its neurons. */
  readonly keep: readonly Uint8Array[];
}

export interface RowValues {
  readonly target: number;
  /** The value in which F lies, where it is one: what classes are told apart by. */
  readonly values: Float32Array;
  /** Place of F in it. */
  readonly index: number;
  /** Of what was wanted beside F. */
  readonly also: readonly Float32Array[];
}

export interface Opened {
  readonly graph: Graph;
  /** Of values, without rows. */
  readonly shapes: (id: ValueId) => readonly number[];
  readonly weights: Weights;
  readonly nodes: readonly Node[];
  /** [examples, …] of all that the nodes read and do not compute. */
  readonly atInput: ReadonlyMap<ValueId, NumericArray>;
  readonly roots: readonly ValueId[];
  readonly replaced: readonly Replaced[];
  readonly seeds: readonly Seed[];
  /** Of F's values and of `also`, those that lie behind the replaced layers. */
  readonly moving: readonly ValueId[];
  readonly also: readonly ValueId[];
  readonly references: number;
  readonly budget: MemoryBudget;
  readonly mostRows: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Bytes of a batch's values above which more rows run no faster, and how many at the most. */
const FASTEST_BYTES = 50e6;
const MOST_ROWS = 256;
const FEWEST_ROWS = 8;
/** Copies of the largest value that one op, or the choice of what stays, has beside what waits. */
const COPIES = 3;

/** Bytes of one row at the worst moment: what was given, what waits for later nodes, and the op that is done. */
function rowBytes({ nodes, atInput, moving }: Opened, sizeOfValue: (id: ValueId) => number): number {
  const lastRead = new Map(moving.map((id) => [id, nodes.length]));
  for (const [at, { inputs }] of nodes.entries())
    for (const id of inputs) lastRead.set(id, Math.max(at, lastRead.get(id) ?? 0));
  const given = [...atInput.keys()].reduce((sum, id) => sum + 2 * sizeOfValue(id), 0); // and what units become
  const freed = new Map<number, number>();
  let waiting = 0;
  let worst = 0;
  for (const [at, { output }] of nodes.entries()) {
    const bytes = sizeOfValue(output);
    waiting += bytes;
    worst = Math.max(worst, waiting + COPIES * bytes);
    const last = lastRead.get(output) ?? at;
    freed.set(last, (freed.get(last) ?? 0) + bytes);
    waiting -= freed.get(at) ?? 0;
  }
  return given + worst;
}

export class InterventionRows {
  get replaced(): readonly Replaced[] {
    return this.opened.replaced;
  }

  /** Rows that are computed at once. */
  readonly rows: number;
  readonly #bytes: number;

  /** @throws MemoryShort where not even one row fits */
  constructor(private readonly opened: Opened) {
    const { budget, mostRows, shapes } = opened;
    const sizes = (id: ValueId): number => 4 * sizeOf(shapes(id));
    const worst = rowBytes(opened, sizes);
    if (worst > 1e6 * budget.megabytes) throw new MemoryShort(worst, budget);
    this.#bytes = [...opened.nodes.map(({ output }) => output), ...opened.atInput.keys()].reduce((sum, id) => sum + sizes(id), 0); // prettier-ignore
    const affordable = Math.floor((1e6 * budget.megabytes) / worst);
    const fastest = Math.min(mostRows ?? MOST_ROWS, Math.max(FEWEST_ROWS, Math.round(FASTEST_BYTES / worst)));
    this.rows = Math.max(1, Math.min(affordable, fastest));
  }

  /**
   * Computes rows, a batch at a time.
   * @param count how many
   * @param rowAt makes one when its turn has come
   * @param told sees each, in their order
   * @param onBatch how many are done, after each batch
   * @throws CANCELLED, INTERVENTION_NOT_FINITE
   */
  async run(
    count: number,
    rowAt: (at: number) => Row,
    told: (at: number, values: RowValues) => void,
    onBatch?: (done: number) => void,
  ): Promise<void> {
    const { seeds, also, references, atInput, signal } = this.opened;
    const { device } = this.opened.weights;
    for (let first = 0; first < count; first += this.rows) {
      if (signal?.aborted) throw new MhoError('CANCELLED', { done: first, total: count });
      const rows = Array.from({ length: Math.min(this.rows, count - first) }, (_, at) => rowAt(first + at));
      const computed = this.#compute(rows);
      const moved = new Map<ValueId, NumericArray>();
      for (const [id, tensor] of computed) {
        moved.set(id, { shape: tensor.shape, data: new Float32Array(await tensor.data()) });
        tensor.dispose();
      }
      rows.forEach(({ pair }, at) => {
        const of = (id: ValueId): Float32Array => {
          const own = moved.get(id);
          return own ? rowOf(own, at) : rowOf(atInput.get(id)!, Math.floor(pair / references));
        };
        const target = targetOf(seeds, of, pair);
        if (!Number.isFinite(target)) throw this.#notFinite(rows[at]!, target);
        const { value, index } = placeOf(seeds, pair);
        told(first + at, { target, values: of(value), index, also: also.map(of) });
      });
      onBatch?.(first + rows.length);
      if (first + rows.length < count) await device.between();
    }
  }

  #notFinite({ pair, keep }: Row, value: number): MhoError {
    const { replaced, graph, references } = this.opened;
    const taken = replaced.map(({ value: id, shape, unitAxis }, at) => {
      const name = graph.values[id]!.name;
      if (keep[at]!.length !== (unitAxis === null ? 1 : shape[unitAxis])) return `positions of ${name}`;
      const gone = [...keep[at]!].flatMap((stays, unit) => (stays ? [] : [unit]));
      const some = gone.slice(0, 3).join(', ') + (gone.length > 3 ? ', …' : '');
      return `${name} #${some}`;
    });
    return new MhoError('INTERVENTION_NOT_FINITE', {
      units: taken.join('; '),
      value: String(value),
      example: Math.floor(pair / references),
    });
  }

  /** What lies behind, of a batch: the caller's to dispose of. */
  #compute(rows: readonly Row[]): ReadonlyMap<ValueId, Tensor> {
    const { weights, nodes, atInput, roots, replaced, moving, references } = this.opened;
    const ids = [...atInput.keys()];
    const computed = tf.tidy(() => {
      const examples = rows.map(({ pair }) => Math.floor(pair / references));
      const fed = [...atInput.values()].map((array) => atRows(array, examples));
      const masks = replaced.map((layer, at) =>
        maskOf(
          layer,
          rows.map(({ keep }) => keep[at]!),
        ),
      );
      const by = replaced.map((layer) => replacementAt(layer, rows));
      const changed = (id: ValueId, before: Tensor): Tensor =>
        replaced.reduce((value, layer, at) => {
          if (layer.value !== id) return value;
          const other = 'factor' in layer.by ? tf.mul(value, by[at]!) : by[at]!;
          return tf.where(tf.cast(masks[at]!, 'bool'), value, other);
        }, before);
      const work = () => {
        const given = new Map(ids.map((id, at) => [id, roots.includes(id) ? changed(id, fed[at]!) : fed[at]!]));
        const values = forward(nodes, weights, given, new Set(moving), { changed });
        return { tensors: moving.map((id) => tf.clone(values.get(id)!)), about: null };
      };
      if (!weights.device.records) return [...work().tensors];
      const inputs = [...fed, ...masks, ...by];
      const [done] = weights.recordings.run(this.#key(inputs), inputs, [work], coresFor(rows.length * this.#bytes));
      return [...done!.tensors];
    });
    return new Map(moving.map((id, at) => [id, computed[at]!]));
  }

  /** All that the work depends on besides its tensors. */
  #key(inputs: readonly Tensor[]): string {
    const { atInput, roots, replaced, moving } = this.opened;
    const by = replaced.map((layer) => [layer.value, 'factor' in layer.by]);
    return JSON.stringify(['intervention', [...atInput.keys()], roots, by, moving, inputs.map(({ shape }) => shape)]);
  }
}

/** What a layer's units become, on the device. */
function replacementAt({ by }: Replaced, rows: readonly Row[]): Tensor {
  if (!('array' in by)) return tf.tensor1d(['factor' in by ? by.factor : by.constant], 'float32');
  const one = by.array.shape[0] === 1;
  return atRows(
    by.array,
    rows.map(({ pair }) => (one ? 0 : pair)),
  );
}

/** Some rows of an array, on the device. */
function atRows({ shape, data }: NumericArray, rows: readonly number[]): Tensor {
  const size = sizeOf(shape.slice(1));
  const picked = new Float32Array(rows.length * size);
  rows.forEach((row, at) => picked.set(data.subarray(row * size, (row + 1) * size), at * size));
  return tf.tensor(picked, [rows.length, ...shape.slice(1)], 'float32');
}

/** What stays, in a shape that meets the layer's values. */
function maskOf({ shape, unitAxis }: Replaced, keep: readonly Uint8Array[]): Tensor {
  const size = keep[0]!.length;
  const whole = size === sizeOf(shape) && !(unitAxis !== null && shape[unitAxis] === size);
  const own = whole ? shape : shape.map((length, axis) => (axis === unitAxis ? length : 1));
  const data = new Float32Array(keep.length * size);
  keep.forEach((each, row) => data.set(each, row * size));
  return tf.tensor(data, [keep.length, ...own], 'float32');
}
