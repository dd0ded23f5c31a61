/**
 * Walks chains of an adaptive path on the device: three neighbouring points and the two segments between them, any number of
 * chains at once, of any pairs. A batch is one forward pass over its points and one backward walk over its segments, as a chunk of
 * even steps is; but what is summed is kept for each segment: the units of every layer, and some neurons or all.
 *
 * A batch's rows are all first points, then all middles, then all last points: the halves of a chain, and the whole of it, begin and
 * end in contiguous rows.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Done, FusedKernels } from '../../backends';
import { sizeOf, type ValueId } from '../../graph/graph';
import type { Difference } from '../../ops/rule';
import { CHAIN_PEAK, lanesOf } from '../chunks';
import { forward } from '../forward';
import { seedsAt, targetAt, type Line, type Lines, type Seed } from '../path';
import type { Plan } from '../plan';
import { positionSums } from '../positions';
import { Differences, type Segments } from '../segments';
import { overPositions } from '../terms';
import { walkMultipliers } from '../walk';
import type { Weights } from '../weights';
import type { Chain, Slice, Walked } from './grid';

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

/** What all batches have in common. */
export interface Walking {
  readonly plan: Plan;
  readonly weights: Weights;
  readonly lines: Lines;
  readonly seeds: readonly Seed[];
  readonly layers: readonly LayerEntries[];
  /** Whether the sums over leaves of all neurons are wanted too; else the vectors hold every neuron. */
  readonly totals: boolean;
  /**
   * Whether vectors and sums are made on the device. Of few neurons every contribution is read instead: the ops that sums take, some
   * thirty for each layer, would be most of the time.
   */
  readonly onDevice: boolean;
  /** Bytes of the activations that a row keeps. */
  readonly rowBytes: number;
  /** Memory that batches may take. */
  readonly bytes: number;
}

/** A chain of one pair of input and baseline. */
export interface PairChain {
  readonly pair: number;
  readonly chain: Chain;
}

export interface Batch {
  readonly walked: readonly Walked[];
  /** F at each chain's three points. */
  readonly targets: readonly (readonly [number, number, number])[];
  /** What the chains of each pair change in the sums over leaves of all its neurons, layer after layer; where wanted. */
  readonly changes: readonly { readonly pair: number; readonly change: Float32Array }[];
  /** Backward walks that were done. */
  readonly walks: number;
}

/**
 * A batch's points on one line, in float64 from the nearer end, so that both ends are exact and points beside them resolve;
 * [3 × chains, …].
 */
function pointsTensor({ from, to }: Line, chains: readonly PairChain[]): Tensor {
  const shape = from.shape.slice(1);
  const size = sizeOf(shape);
  const data = new Float32Array(3 * chains.length * size);
  let out = 0;
  for (const place of [0, 1, 2] as const)
    for (const { pair, chain } of chains) {
      const { side, t } = chain.points[place];
      const at = pair * size;
      const near = (side === 0 ? from : to).data;
      const far = (side === 0 ? to : from).data;
      for (let each = at, end = at + size; each < end; each++)
        data[out++] = near[each]! + t * (far[each]! - near[each]!);
    }
  return tf.tensor(data, [3 * chains.length, ...shape], 'float32');
}

/** A value that stays as it is, at a batch's points; [3 × chains, …]. */
function fixedTensor({ to }: Line, chains: readonly PairChain[]): Tensor {
  const shape = to.shape.slice(1);
  const size = sizeOf(shape);
  const data = new Float32Array(3 * chains.length * size);
  chains.forEach(({ pair }, place) => {
    const row = to.data.subarray(pair * size, (pair + 1) * size);
    for (const point of [0, 1, 2]) data.set(row, (point * chains.length + place) * size);
  });
  return tf.tensor(data, [3 * chains.length, ...shape], 'float32');
}

/** Where a term of F lies in its value, one-hot; [chains, …]. */
function marksTensor({ shape, index }: Seed, chains: readonly PairChain[]): Tensor {
  const size = sizeOf(shape);
  const data = new Float32Array(chains.length * size);
  chains.forEach(({ pair }, place) => (data[place * size + index[pair]!] = 1));
  return tf.tensor(data, [chains.length, ...shape], 'float32');
}

const pairsOf = (chains: readonly PairChain[]): number[] => [...new Set(chains.map(({ pair }) => pair))];

/** What a lane is given on the device. */
interface Given {
  readonly starts: ReadonlyMap<ValueId, Tensor>;
  readonly fixed: ReadonlyMap<ValueId, Tensor>;
  readonly marks: readonly Tensor[];
  /** What each chain's halves, and its whole, count in its pair's sums over leaves: [pairs, chains, 1] each; none where not wanted. */
  readonly counts: readonly Tensor[];
}

const tensorsOf = ({ starts, fixed, marks, counts }: Given): Tensor[] => [
  ...starts.values(),
  ...fixed.values(),
  ...marks,
  ...counts,
];

/** Activations of a batch, in bytes, up to which a few more chains take next to no time: beginning does. */
const FEW_BYTES = 1e6;
/** Sizes of small batches, so that the same few graphs serve them all. */
const SIZES = [1, 2, 4, 7, 10, 14, 20, 28, 40, 56, 80, 112, 160];

/** With chains at the end that nobody asked for. */
function filledUp(chains: readonly PairChain[]): readonly PairChain[] {
  const size = SIZES.find((each) => each >= chains.length) ?? chains.length;
  const { pair, chain } = chains.at(-1)!;
  const more: PairChain = { pair, chain: { ...chain, effect: 'none' } };
  return [...chains, ...Array.from({ length: size - chains.length }, () => more)];
}

export class Walker {
  constructor(private readonly walking: Walking) {}

  /** One forward pass and the backward walks of all chains; of their wholes too where any of them asks for it. */
  async walk(asked: readonly PairChain[]): Promise<Batch> {
    const { weights, rowBytes, bytes: budget } = this.walking;
    const chains = 3 * asked.length * rowBytes < FEW_BYTES ? filledUp(asked) : asked;
    const whole = chains.some(({ chain }) => chain.whole);
    const bytes = 3 * chains.length * rowBytes;
    const records = weights.device.records && bytes * CHAIN_PEAK.recorded <= budget;
    const { counts, cores } = records
      ? lanesOf(2 * chains.length, bytes, 2)
      : ({ counts: [2 * chains.length], cores: 'all' } as const);
    let from = 0;
    const lanes = counts.map((segments) => chains.slice(from, (from += segments / 2)));
    const made = tf.tidy(() => {
      const given = lanes.map((lane) => this.#given(lane, whole));
      const works = lanes.map((lane, at) => () => this.#compute(lane.length, whole, given[at]!));
      const done = records
        ? weights.recordings.run(this.#key(lanes, whole), given.flatMap(tensorsOf), works, cores)
        : works.map((work) => work());
      return done.map(({ tensors }) => [...tensors]);
    });
    const { walked, targets, changes } = await this.#read(lanes, whole, made);
    const walks = (whole ? 3 : 2) * asked.length;
    return { walked: walked.slice(0, asked.length), targets: targets.slice(0, asked.length), changes, walks };
  }

  #given(chains: readonly PairChain[], whole: boolean): Given {
    const { plan, lines, seeds, totals, onDevice } = this.walking;
    const pairs = pairsOf(chains);
    const row = (count: (chain: Chain) => number): Tensor => {
      const each = pairs.flatMap((own) => chains.map(({ pair, chain }) => (pair === own ? count(chain) : 0)));
      return tf.tensor3d(each, [pairs.length, chains.length, 1], 'float32');
    };
    const halves = (): Tensor => row(({ effect }) => (effect === 'none' ? 0 : 1));
    const wholes = (): Tensor => row(({ effect }) => (effect === 'replaces' ? -1 : 0));
    return {
      starts: new Map(plan.starts.map((id) => [id, pointsTensor(lines.ends.get(id)!, chains)])),
      fixed: new Map(plan.fixed.map((id) => [id, fixedTensor(lines.ends.get(id)!, chains)])),
      marks: seeds.map((seed) => marksTensor(seed, chains)),
      counts: totals && onDevice ? [halves(), ...(whole ? [wholes()] : [])] : [],
    };
  }

  /** All that the work depends on besides the numbers in its tensors. */
  #key(lanes: readonly (readonly PairChain[])[], whole: boolean): string {
    const { plan, seeds, layers, totals, onDevice } = this.walking;
    return JSON.stringify([
      'chains',
      [plan.starts, plan.fixed],
      layers.map(({ id, neurons }) => [id, neurons.end - neurons.begin]),
      seeds.map(({ value, sign }) => [value, sign]),
      [totals, onDevice, whole, lanes.map((chains) => [chains.length, totals && onDevice && pairsOf(chains).length])],
    ]);
  }

  /** A lane's work, from tensors to tensors: each segment's vector, first halves, second halves, wholes; F; the change. */
  #compute(count: number, whole: boolean, { starts, fixed, marks, counts }: Given): Done<null> {
    const { plan, weights, seeds, layers, onDevice } = this.walking;
    const activations = forward(plan.pruned.nodes, weights, new Map([...starts, ...fixed]), plan.kept);
    const sums = onDevice ? new Sums(layers, weights.device.fused, count, counts) : new Contributions(layers);
    const halves: Segments = { stride: 1, pairs: count, rows: 2 * count };
    const wholes: Segments = { stride: 2, pairs: count, rows: count };
    try {
      for (const segments of whole ? [halves, wholes] : [halves]) {
        const differences = new Differences(activations, segments);
        walkMultipliers(plan, weights, differences, seedsAt(seeds, marks, segments.rows / count), (id, multiplier) =>
          sums.add(id, segments === halves, multiplier, differences.of(id)),
        );
      }
      const told = tf.tidy(() => targetAt(seeds, marks, 3, activations));
      return { tensors: [...sums.tensors(whole, count), told], about: null };
    } finally {
      sums.dispose();
    }
  }

  async #read(
    lanes: readonly (readonly PairChain[])[],
    whole: boolean,
    made: readonly (readonly Tensor[])[],
  ): Promise<Omit<Batch, 'walks'>> {
    const walked: Walked[] = [];
    const targets: Batch['targets'][number][] = [];
    const { layers, totals, onDevice } = this.walking;
    const changes: Batch['changes'][number][] = [];
    for (const [at, lane] of lanes.entries()) {
      const count = lane.length;
      const [rows, ...rest] = await Promise.all(made[at]!.map(async (tensor) => (await tensor.data()) as Float32Array));
      for (const tensor of made[at]!) tensor.dispose();
      const told = rest.pop()!;
      const parts = whole ? 3 : 2;
      const length = rows!.length / (parts * count);
      const row = (index: number): Float32Array => rows!.subarray(index * length, (index + 1) * length);
      for (let own = 0; own < count; own++) {
        const halves = [row(own), row(count + own)] as const;
        const both = whole ? row(2 * count + own) : null;
        targets.push([told[own]!, told[count + own]!, told[2 * count + own]!]);
        if (onDevice) {
          walked.push({ first: halves[0], second: halves[1], whole: both });
          continue;
        }
        const [first, second] = [entriesIn(halves[0], layers), entriesIn(halves[1], layers)];
        walked.push({ first, second, whole: both && entriesIn(both, layers) });
        if (totals) changes.push({ pair: lane[own]!.pair, change: changeBy(lane[own]!.chain, ...halves, both) });
      }
      const change = rest[0];
      if (!change) continue;
      const pairs = pairsOf(lane);
      const size = change.length / pairs.length;
      pairs.forEach((pair, own) => changes.push({ pair, change: change.subarray(own * size, (own + 1) * size) }));
    }
    return { walked, targets, changes };
  }
}

/** A vector out of the contributions of all neurons, layer after layer. */
function entriesIn(neurons: Float32Array, layers: readonly LayerEntries[]): Float32Array {
  const vector = new Float32Array(layers.at(-1)?.neurons.end ?? 0);
  let from = 0;
  for (const { shape, unitAxis, units, neurons: held, sample } of layers) {
    const size = sizeOf(shape);
    const own = neurons.subarray(from, (from += size));
    vector.set(positionSums(own, 1, shape, unitAxis), units.begin);
    if (!sample) vector.set(own, held.begin);
    else for (let at = 0; at < sample.length; at++) vector[held.begin + at] = own[sample[at]!]!;
  }
  return vector;
}

/** What a chain changes in the sums over leaves; its whole, where it was one, leaves them. */
function changeBy(
  { effect }: Chain,
  first: Float32Array,
  second: Float32Array,
  whole: Float32Array | null,
): Float32Array {
  const change = new Float32Array(first.length);
  if (effect === 'none') return change;
  const before = effect === 'replaces' ? whole! : change;
  for (let at = 0; at < change.length; at++) change[at] = first[at]! + second[at]! - before[at]!;
  return change;
}

/** Every neuron's contribution over each segment, as the walks come past its layer. */
class Contributions {
  readonly #rows = new Map<string, Tensor>();
  readonly #asked: ReadonlySet<ValueId>;

  constructor(private readonly layers: readonly LayerEntries[]) {
    this.#asked = new Set(layers.map(({ id }) => id));
  }

  add(id: ValueId, halves: boolean, multiplier: Tensor, y: Difference): void {
    if (!this.#asked.has(id)) return;
    const rows = tf.tidy(() => tf.reshape(tf.mul(multiplier, y.delta), [multiplier.shape[0]!, -1]));
    this.#rows.set(`${halves}/${id}`, tf.keep(rows));
  }

  /** [segments and wholes, neurons] */
  tensors(whole: boolean, chains: number): Tensor[] {
    return tf.tidy(() => {
      const block = (halves: boolean): Tensor =>
        tf.concat(
          this.layers.map(
            ({ id, shape }) =>
              this.#rows.get(`${halves}/${id}`) ?? tf.zeros([(halves ? 2 : 1) * chains, sizeOf(shape)]), // nothing flowed
          ),
          1,
        );
      return [whole ? tf.concat([block(true), block(false)]) : block(true)];
    });
  }

  dispose(): void {
    for (const tensor of this.#rows.values()) tensor.dispose();
  }
}

/** What each segment gives at each layer, summed on the device as the walks come past it. */
class Sums {
  /** By part (first halves, second halves, wholes) and layer: [chains, entries]. */
  readonly #rows = new Map<string, Tensor>();
  readonly #totals = new Map<ValueId, Tensor>();
  readonly #asked: ReadonlyMap<ValueId, LayerEntries>;

  constructor(
    private readonly layers: readonly LayerEntries[],
    private readonly fused: FusedKernels | null,
    private readonly count: number,
    private readonly counts: readonly Tensor[],
  ) {
    this.#asked = new Map(layers.map((layer) => [layer.id, layer]));
  }

  /** @param halves of a walk over halves, [2 × chains, …], or over wholes */
  add(id: ValueId, halves: boolean, multiplier: Tensor, y: Difference): void {
    const layer = this.#asked.get(id);
    if (!layer) return;
    // What is left of it: the layer's entries of each part, and at last the change, where that is wanted.
    const made = tf.tidy(() => {
      const parts = halves
        ? [this.#contribution(multiplier, y, 0), this.#contribution(multiplier, y, 1)]
        : [this.fused?.contribution(multiplier, y) ?? tf.mul(multiplier, y.delta)];
      const rows = parts.map((part) => this.#entries(layer, part));
      if (this.counts.length === 0) return rows;
      const flat = tf.reshape(halves ? tf.add(parts[0]!, parts[1]!) : parts[0]!, [parts[0]!.shape[0]!, -1]);
      // Not as a product of matrices: on few rows that takes longer to begin than to do.
      const counted = tf.mul(this.counts[halves ? 0 : 1]!, tf.expandDims(flat, 0));
      const change = tf.sum(counted, 1);
      const before = this.#totals.get(id);
      return [...rows, before ? tf.add(before, change) : change];
    });
    for (const [place, tensor] of made.entries()) {
      if (place < (halves ? 2 : 1)) {
        this.#rows.set(`${halves ? place : 2}/${id}`, tf.keep(tensor));
        continue;
      }
      this.#totals.get(id)?.dispose();
      this.#totals.set(id, tf.keep(tensor));
    }
  }

  /** [segments and wholes, entries], then what the chains change, where that is wanted. */
  tensors(whole: boolean): Tensor[] {
    return tf.tidy(() => {
      const block = (part: number): Tensor =>
        tf.concat(
          this.layers.map(({ id, units, neurons }) => {
            const entries = units.end - units.begin + neurons.end - neurons.begin;
            return this.#rows.get(`${part}/${id}`) ?? tf.zeros([this.count, entries]); // nothing flowed
          }),
          1,
        );
      const rows = tf.concat((whole ? [0, 1, 2] : [0, 1]).map(block));
      if (this.counts.length === 0) return [rows];
      const pairs = this.counts[0]!.shape[0]!;
      const none = (size: number): Tensor => tf.zeros([pairs, size]);
      return [
        rows,
        tf.concat(
          this.layers.map(({ id, shape }) => this.#totals.get(id) ?? none(sizeOf(shape))),
          1,
        ),
      ];
    });
  }

  dispose(): void {
    for (const tensor of [...this.#rows.values(), ...this.#totals.values()]) tensor.dispose();
  }

  /** Multiplier × difference over one half of the chains: [chains, …]. */
  #contribution(multiplier: Tensor, y: Difference, half: 0 | 1): Tensor {
    const { count, fused } = this;
    const own = tf.slice(multiplier, half * count, count);
    if (fused)
      return fused.contribution(own, { points: tf.slice(y.points, half * count, 2 * count), pairs: count, stride: 1 });
    return tf.mul(own, tf.slice(y.delta, half * count, count));
  }

  /** A layer's entries of a vector: [rows, …] → [rows, units + neurons]. */
  #entries({ unitAxis, sample }: LayerEntries, part: Tensor): Tensor {
    const flat = tf.reshape(part, [part.shape[0]!, -1]);
    const neurons = sample ? tf.gather(flat, tf.tensor1d(sample, 'int32'), 1) : flat;
    return tf.concat([overPositions(part, unitAxis), neurons], 1);
  }
}
