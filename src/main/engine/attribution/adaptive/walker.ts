/**
 * Walks chains of an adaptive path on the device: three neighbouring points and the two segments between them, any number of
 * chains at once, of any pairs. A batch is one forward pass over its points and one backward walk over its segments, as a chunk of
 * even steps is; but what is summed is kept for each segment: the units of every layer, and some neurons or all.
 *
 * A batch's trains are to it what pairs are to a chunk of even steps: its rows are all their first points, then all second ones, and
 * so on, so that the halves of a chain, and its whole, begin and end in contiguous rows.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Done } from '../../backends';
import { sizeOf, type ValueId } from '../../graph/graph';
import { lanesOf, RECORDED_PEAK } from '../chunks';
import { seedsAt, targetAt, type Line, type Lines, type Seed } from '../path';
import type { Plan } from '../plan';
import { positionSums } from '../positions';
import type { Segments } from '../segments';
import { sweepStages } from '../staged';
import type { Stage } from '../stages';
import { multiplierWalk } from '../walk';
import type { Weights } from '../weights';
import { batchesOf, pointsIn, type PairChain, type Train } from './batches';
import { Contributions, Sums, type LayerEntries, type Part } from './contributions';
import type { Chain, Point, Walked } from './points';

/** What all batches have in common. */
export interface Walking {
  readonly plan: Plan;
  readonly weights: Weights;
  /** Groups of layers that are done at once. */
  readonly stages: readonly Stage[];
  readonly lines: Lines;
  readonly seeds: readonly Seed[];
  readonly layers: readonly LayerEntries[];
  /** Whether the sums over leaves of all neurons are wanted too; else the vectors hold every neuron. */
  readonly totals: boolean;
  /**
   * Whether vectors and sums are made on the device, in one trip for each layer where it has the kernel. Where it has not, of few
   * neurons every contribution is read instead: the ops that sums take, some thirty for each layer, would be most of the time.
   */
  readonly onDevice: boolean;
  /** Bytes of the activations that a row keeps. */
  readonly rowBytes: number;
  /** Memory that batches may take. */
  readonly bytes: number;
  /** Points of a batch at the most. */
  readonly rows: number;
}

/** What chains change in the sums over leaves of all neurons of their pair: layer after layer, in one piece or several. */
export interface Change {
  readonly pair: number;
  readonly pieces: readonly Float32Array[];
}

export interface Batch {
  readonly walked: readonly Walked[];
  /** F at each chain's three points. */
  readonly targets: readonly (readonly [number, number, number])[];
  /** What is known of changes by now: `settle` tells the rest. */
  readonly changes: readonly Change[];
  /** Backward walks that were done. */
  readonly walks: number;
}

/** A train's points in the path's order. */
const pointsOf = (train: Train): Point[] => [
  train[0]!.chain.points[0],
  ...train.flatMap(({ chain: { points } }) => [points[1], points[2]]),
];

/**
 * A batch's points on one line, in float64 from the nearer end, so that both ends are exact and points beside them resolve;
 * [points × trains, …].
 */
function pointsTensor({ from, to }: Line, trains: readonly Train[]): Tensor {
  const shape = from.shape.slice(1);
  const size = sizeOf(shape);
  const places = trains.map(pointsOf);
  const rows = trains.length * places[0]!.length;
  const data = new Float32Array(rows * size);
  for (let row = 0, out = 0; row < rows; row++) {
    const train = row % trains.length;
    const { side, t } = places[train]![Math.floor(row / trains.length)]!;
    const at = trains[train]![0]!.pair * size;
    const near = (side === 0 ? from : to).data;
    const far = (side === 0 ? to : from).data;
    for (let each = at, end = at + size; each < end; each++) data[out++] = near[each]! + t * (far[each]! - near[each]!);
  }
  return tf.tensor(data, [rows, ...shape], 'float32');
}

/** A value that stays as it is, at a batch's points; [points × trains, …]. */
function fixedTensor({ to }: Line, trains: readonly Train[]): Tensor {
  const shape = to.shape.slice(1);
  const size = sizeOf(shape);
  const rows = trains.length * pointsIn(trains[0]!.length);
  const data = new Float32Array(rows * size);
  for (let row = 0; row < rows; row++) {
    const { pair } = trains[row % trains.length]![0]!;
    data.set(to.data.subarray(pair * size, (pair + 1) * size), row * size);
  }
  return tf.tensor(data, [rows, ...shape], 'float32');
}

/** Where a term of F lies in its value, one-hot; [trains, …]. */
function marksTensor({ shape, index }: Seed, trains: readonly Train[]): Tensor {
  const size = sizeOf(shape);
  const data = new Float32Array(trains.length * size);
  trains.forEach(([first], place) => (data[place * size + index[first!.pair]!] = 1));
  return tf.tensor(data, [trains.length, ...shape], 'float32');
}

const pairsOf = (trains: readonly Train[]): number[] => [...new Set(trains.map(([first]) => first!.pair))];

/** What a lane is given on the device. */
interface Given {
  readonly starts: ReadonlyMap<ValueId, Tensor>;
  readonly fixed: ReadonlyMap<ValueId, Tensor>;
  readonly marks: readonly Tensor[];
  /** What each segment of a walk counts in its pair's sums over leaves: [pairs, rows]; none where not wanted. */
  readonly counts: ReadonlyMap<Part, Tensor>;
}

const tensorsOf = ({ starts, fixed, marks, counts }: Given): Tensor[] => [
  ...starts.values(),
  ...fixed.values(),
  ...marks,
  ...counts.values(),
];

/** Activations of a batch, in bytes, up to which a few more chains take next to no time: beginning does. */
const FEW_BYTES = 1e6;
/** Sizes of small batches, so that the same few graphs serve them all. */
const SIZES = [1, 2, 4, 7, 10, 14, 20, 28, 40, 56, 80, 112, 160];

/** With trains at the end that nobody asked for. */
function filledUp(trains: readonly Train[]): readonly Train[] {
  const size = SIZES.find((each) => each >= trains.length) ?? trains.length;
  const more = trains.at(-1)!.map(({ pair, chain }): PairChain => ({ pair, chain: { ...chain, effect: 'none' } }));
  return [...trains, ...Array.from({ length: size - trains.length }, () => more)];
}

/** What a walk over each of a batch's segments goes over; or one over pairs of them. */
const segmentsOf = (part: Part, trains: number, length: number): Segments =>
  part === 'halves'
    ? { stride: 1, pairs: trains, rows: 2 * length * trains }
    : { stride: 2, pairs: trains, rows: length * trains };

const partsOf = (whole: boolean): readonly Part[] => (whole ? ['halves', 'wholes'] : ['halves']);

/** What a chain's segments count in the sums over leaves. */
const COUNTS: Readonly<Record<Part, (chain: Chain) => readonly number[]>> = {
  halves: ({ effect }) => (effect === 'none' ? [0, 0] : [1, 1]),
  wholes: ({ effect }) => [effect === 'replaces' ? -1 : 0],
};

/** Changes that are still on the device, of each layer [pairs, neurons]. */
interface Unsettled {
  readonly pairs: readonly number[];
  readonly totals: readonly Tensor[];
}

/** A sum for each pair, [pairs, neurons] each. */
const changesOf = (pairs: readonly number[], sums: readonly Float32Array[]): Change[] =>
  pairs.map((pair, own) => {
    const ofPair = (sum: Float32Array): Float32Array => {
      const size = sum.length / pairs.length;
      return sum.subarray(own * size, (own + 1) * size);
    };
    return { pair, pieces: sums.map(ofPair) };
  });

/** Reads tensors one after the other, and frees them. */
async function taken(tensors: readonly Tensor[]): Promise<Float32Array[]> {
  const numbers: Float32Array[] = [];
  for (const tensor of tensors) {
    numbers.push((await tensor.data()) as Float32Array);
    tensor.dispose();
  }
  return numbers;
}

export class Walker {
  /** Large batches of the same pairs go on adding to what those before them changed: it is read once a round. */
  #unsettled: Unsettled | null = null;

  constructor(private readonly walking: Walking) {}

  /** What is walked at once, in the order of the chains but for their trains' lengths. */
  batches<Item extends PairChain>(chains: readonly Item[]): readonly (readonly Train<Item>[])[] {
    const { rows } = this.walking;
    // Of batches that are recorded there are to be few kinds.
    const shared = !this.#records(Math.min(rows, pointsIn(1) * chains.length));
    return batchesOf(chains, rows, shared);
  }

  /** Whether batches of so many points are run as graphs. */
  #records(rows: number): boolean {
    const { weights, stages, rowBytes, bytes } = this.walking;
    return weights.device.records && stages.length === 1 && rows * rowBytes * RECORDED_PEAK <= bytes;
  }

  /**
   * One forward pass and the backward walks of all chains; of their wholes too where any of them asks for it.
   * @param asked all of one length
   * @returns of each chain, train after train
   */
  async walk(asked: readonly Train[]): Promise<Batch> {
    const { weights, rowBytes, totals, onDevice } = this.walking;
    const [{ length }] = asked as [Train];
    const trains = pointsIn(length) * asked.length * rowBytes < FEW_BYTES ? filledUp(asked) : asked;
    const whole = trains.some((train) => train.some(({ chain }) => chain.whole));
    const rows = pointsIn(length) * trains.length;
    const records = length === 1 && this.#records(rows);
    const { counts, cores } = records
      ? lanesOf(2 * trains.length, rows * rowBytes, 2)
      : ({ counts: [2 * trains.length], cores: 'all' } as const);
    let from = 0;
    const lanes = counts.map((segments) => trains.slice(from, (from += segments / 2)));
    const goesOn = !records && totals && onDevice;
    const pairs = pairsOf(trains);
    const told = this.#unsettled?.pairs.join() === pairs.join() ? [] : await this.settle();
    const before = (goesOn && this.#unsettled?.totals) || [];
    const made = tf.tidy(() => {
      const given = lanes.map((lane) => this.#given(lane, whole));
      const works = lanes.map((lane, at) => () => this.#compute(lane.length, length, whole, given[at]!, before));
      const done = records
        ? weights.recordings.run(this.#key(lanes, whole), given.flatMap(tensorsOf), works, cores)
        : works.map((work) => work());
      return done.map(({ tensors }) => [...tensors]);
    });
    if (goesOn) {
      tf.dispose([...before]);
      this.#unsettled = { pairs, totals: made[0]!.splice(2) };
    }
    const { walked, targets, changes } = await this.#read(lanes, whole, made);
    const chains = length * asked.length;
    return {
      walked: walked.slice(0, chains),
      targets: targets.slice(0, chains),
      changes: [...told, ...changes],
      walks: (whole ? 3 : 2) * chains,
    };
  }

  /** What batches changed that have not told it. */
  async settle(): Promise<readonly Change[]> {
    if (!this.#unsettled) return [];
    const { pairs, totals } = this.#unsettled;
    this.#unsettled = null;
    return changesOf(pairs, await taken(totals));
  }

  dispose(): void {
    tf.dispose([...(this.#unsettled?.totals ?? [])]);
    this.#unsettled = null;
  }

  #given(trains: readonly Train[], whole: boolean): Given {
    const { plan, lines, seeds, totals, onDevice } = this.walking;
    const pairs = pairsOf(trains);
    const counts = (part: Part): Tensor => {
      const { rows } = segmentsOf(part, trains.length, trains[0]!.length);
      const ofTrains = trains.map((train) => train.flatMap(({ chain }) => COUNTS[part](chain)));
      const each = (own: number, row: number): number => {
        const train = row % trains.length;
        return trains[train]![0]!.pair === own ? ofTrains[train]![Math.floor(row / trains.length)]! : 0;
      };
      const all = pairs.flatMap((own) => Array.from({ length: rows }, (_, row) => each(own, row)));
      return tf.tensor2d(all, [pairs.length, rows], 'float32');
    };
    return {
      starts: new Map(plan.starts.map((id) => [id, pointsTensor(lines.ends.get(id)!, trains)])),
      fixed: new Map(plan.fixed.map((id) => [id, fixedTensor(lines.ends.get(id)!, trains)])),
      marks: seeds.map((seed) => marksTensor(seed, trains)),
      counts: new Map(totals && onDevice ? partsOf(whole).map((part) => [part, counts(part)]) : []),
    };
  }

  /** All that the work depends on besides the numbers in its tensors. */
  #key(lanes: readonly (readonly Train[])[], whole: boolean): string {
    const { plan, seeds, layers, totals, onDevice } = this.walking;
    return JSON.stringify([
      'chains',
      [plan.starts, plan.fixed],
      layers.map(({ id, neurons }) => [id, neurons.end - neurons.begin]),
      seeds.map(({ value, sign }) => [value, sign]),
      [totals, onDevice, whole, lanes.map((trains) => [trains.length, totals && onDevice && pairsOf(trains).length])],
    ]);
  }

  /**
   * A lane's work, from tensors to tensors: F; each segment's vector, halves first, then wholes; the change.
   * @param before what the change is added to, of each layer; none where nothing is
   */
  #compute(
    trains: number,
    length: number,
    whole: boolean,
    { starts, fixed, marks, counts }: Given,
    before: readonly Tensor[],
  ): Done<null> {
    const { plan, weights, stages, seeds, layers, onDevice } = this.walking;
    const walks = new Map(partsOf(whole).map((part) => [part, segmentsOf(part, trains, length)]));
    const rows = new Map([...walks].map(([part, segments]) => [part, segments.rows]));
    const collected = onDevice
      ? new Sums(layers, rows, weights.device.fused, counts, before)
      : new Contributions(layers, rows);
    try {
      let told: Tensor;
      const backwards = [...walks].map(([part, segments]) =>
        multiplierWalk(
          plan,
          weights,
          segments,
          () => seedsAt(seeds, marks, segments.rows / trains),
          (id, multiplier, y) => collected.add(id, part, multiplier, y),
        ),
      );
      sweepStages({ weights, stages, kept: plan.kept }, new Map([...starts, ...fixed]), backwards, {
        reached: (activations) => (told = tf.tidy(() => targetAt(seeds, marks, pointsIn(length), activations))),
      });
      return { tensors: [told!, ...collected.tensors()], about: null };
    } finally {
      collected.dispose();
    }
  }

  async #read(
    lanes: readonly (readonly Train[])[],
    whole: boolean,
    made: readonly (readonly Tensor[])[],
  ): Promise<Omit<Batch, 'walks'>> {
    const walked: Walked[] = [];
    const targets: Batch['targets'][number][] = [];
    const { layers, totals, onDevice } = this.walking;
    const changes: Change[] = [];
    for (const [at, lane] of lanes.entries()) {
      const trains = lane.length;
      const { length: chains } = lane[0]!;
      const [told, rows, ...sums] = (await taken(made[at]!)) as [Float32Array, Float32Array, ...Float32Array[]];
      const each = rows.length / ((whole ? 3 : 2) * chains * trains);
      const row = (index: number): Float32Array => rows.subarray(index * each, (index + 1) * each);
      for (const [own, train] of lane.entries())
        for (const [place, { pair, chain }] of train.entries()) {
          const toldAt = (point: number): number => told[point * trains + own]!;
          targets.push([toldAt(2 * place), toldAt(2 * place + 1), toldAt(2 * place + 2)]);
          const halves = [row(2 * place * trains + own), row((2 * place + 1) * trains + own)] as const;
          const both = whole ? row((2 * chains + place) * trains + own) : null;
          if (onDevice) {
            walked.push({ first: halves[0], second: halves[1], whole: both });
            continue;
          }
          const [first, second] = [entriesIn(halves[0], layers), entriesIn(halves[1], layers)];
          walked.push({ first, second, whole: both && entriesIn(both, layers) });
          if (totals) changes.push({ pair, pieces: [changeBy(chain, ...halves, both)] });
        }
      if (sums.length > 0) changes.push(...changesOf(pairsOf(lane), sums));
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
