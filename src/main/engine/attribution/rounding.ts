/**
 * What float32 leaves of a run's numbers, however finely its path is walked: of F(x) − F(x'), and of every unit's contribution.
 * First order in the precision, at both ends of the path; where the path itself is a staircase of numbers close together (1.6e6 ± 3),
 * its coordinates are rounded otherwise a few times over, and it is seen what becomes of the sums.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Done } from '../backends';
import { sizeOf, type ValueId } from '../graph/graph';
import type { Difference } from '../ops/rule';
import { coresFor, knownBytes, PEAK_PER_KEPT, RECORDED_PEAK } from './chunks';
import { markTensor, pairsTensor, seedsAt, type Group, type Line, type Lines, type Seed } from './path';
import { planRun, type Plan } from './plan';
import { positionSums } from './positions';
import { numbersFrom } from './random';
import type { Room } from './room';
import { sweepStages } from './staged';
import type { Stage } from './stages';
import { carried, overPositions } from './terms';
import { gradientWalk, multiplierWalk } from './walk';
import type { Weights } from './weights';

/** Half the distance from 1 to the next number. */
const PRECISION = 2 ** -24;
/** What float32 leaves of a sum over a path's segments whatever lies on it, as a share of it: 1e-7 to 1e-6 on networks of ReLUs and max pools, up to 2e-6 on others. */
const OF_SUMS = 1e-6;
/** Of F(x) − F(x'): partial sums inside dot products are rounded as well. */
const OF_TARGET = 2;
/** Above this share of what moves, rounding of the path's points is looked at. */
const STAIRCASE = 1e-5;
/** Segments and roundings by which it is looked at. */
const SEGMENTS = 8;
const ROUNDINGS = 4;
/** Pairs whose ends are walked at once, as far as their activations stay below so many bytes. */
const MOST_BYTES = 200e6;

export interface Rounding {
  /** Uncertainty of F(x) − F(x'), per pair. */
  readonly target: Float64Array;
  /** Of each unit's contribution at the value of an asked layer, by its own rounding and the path's: [pairs × units]. */
  readonly units: ReadonlyMap<ValueId, Float64Array>;
  /** Pairs at an end of which a value, or F's slope there, is not finite: sums may be all the same, as 0 × ∞ counts nothing. */
  readonly unbounded: ReadonlySet<number>;
}

/** What is walked. */
interface Walked {
  readonly plan: Plan;
  readonly weights: Weights;
  readonly lines: Lines;
  readonly seeds: readonly Seed[];
  readonly room: Room;
}

/**
 * Takes one backward walk over both ends of every pair, and where its path is a staircase some thirty over segments.
 * @throws nothing of its own
 */
export async function roundingOf(walked: Walked): Promise<Rounding> {
  const { plan, weights, lines } = walked;
  // All values are looked at, whatever layers are asked for.
  const live = plan.graph.layers.filter(({ output }) => plan.pruned.live.has(output));
  const whole =
    plan.layers.length === live.length
      ? plan
      : planRun(plan.graph, plan.starts, plan.sinks, undefined, ['gradient-difference'], plan.fixed);
  const target = new Float64Array(lines.pairs);
  const units = new Map<ValueId, Float64Array>();
  const unbounded = new Set<number>();
  const at = (id: ValueId, size: number): Float64Array => {
    const held = units.get(id) ?? new Float64Array(lines.pairs * size);
    units.set(id, held);
    return held;
  };
  const bytes = knownBytes(plan.graph, whole.pruned.live) ?? Infinity;
  const { pairs: most, stages } = walked.room.ends(Math.max(1, Math.floor(MOST_BYTES / (2 * bytes))));
  for (let first = 0, pairs = 1; first < lines.pairs; first += pairs) {
    pairs = Math.min(most, lines.pairs - first);
    const ends = walkEnds({ ...walked, stages }, whole, { first, pairs }, bytes);
    for (const [id, values] of ends.units) at(id, values.length / pairs).set(values, first * (values.length / pairs));
    target.set(ends.target, first);
    for (const pair of ends.unbounded) unbounded.add(pair);
    for (const pair of ends.stairs) {
      for (const [id, spread] of walkStairs(walked, pair)) {
        const held = at(id, spread.length).subarray(pair * spread.length, (pair + 1) * spread.length);
        spread.forEach((value, unit) => (held[unit] = Math.hypot(held[unit]!, value)));
      }
    }
    await weights.device.between();
  }
  return { target, units, unbounded };
}

/** Least errors of one layer at one example. */
export interface Floor {
  readonly unit: Float64Array;
  /** L1 over the units, and over the neurons. */
  readonly units: number;
  readonly neurons: number;
}

/**
 * The least errors of a layer at one example.
 * @param contributions of its units
 * @param neuronsTotal Σ|contribution| over its neurons
 * @param first, end the example's pairs, from `first` to before `end`: its references
 */
export function floorOf(
  { target, units }: Rounding,
  value: ValueId,
  contributions: Float32Array | Float64Array,
  neuronsTotal: number,
  first: number,
  end: number,
): Floor {
  const count = contributions.length;
  const total = sumOf(contributions);
  const own = units.get(value);
  const references = end - first;
  // What is rounded before the layer reaches F through its units.
  let before = 0;
  if (total > 0) {
    for (let pair = first; pair < end; pair++) before += target[pair]! ** 2;
    before = Math.sqrt(before) / references / total;
  }
  const unit = new Float64Array(count);
  let sum = 0;
  for (let place = 0; place < count; place++) {
    let squares = 0;
    if (own) for (let pair = first; pair < end; pair++) squares += own[pair * count + place]! ** 2;
    unit[place] =
      (OF_SUMS / 2 + before) * Math.abs(contributions[place]!) +
      ((OF_SUMS / 2) * total) / count +
      Math.sqrt(squares) / references;
    sum += unit[place]!;
  }
  return { unit, units: sum, neurons: sum + OF_SUMS * neuronsTotal };
}

function sumOf(values: Float32Array | Float64Array): number {
  let sum = 0;
  for (let place = 0; place < values.length; place++) sum += Math.abs(values[place]!);
  return sum;
}

/** Of sums that are no shares of F(x) − F(x'): their own rounding alone. */
export const ofOtherSums = (pairs: number): Rounding => ({
  target: new Float64Array(pairs),
  units: new Map(),
  unbounded: new Set(),
});

/** Uncertainty of F(x) − F(x'), averaged over references, per example. */
export const targetRounding = ({ target }: Rounding, examples: readonly number[], references: number): Float32Array =>
  Float32Array.from(examples, (example) => {
    const own = target.subarray(example * references, (example + 1) * references);
    return Math.sqrt(own.reduce((sum, each) => sum + each ** 2, 0)) / references;
  });

interface WalkedEnds extends Walked {
  readonly stages: readonly Stage[];
}

interface Ends {
  /** [pairs] */
  readonly target: Float64Array;
  /** [pairs × units] */
  readonly units: ReadonlyMap<ValueId, Float64Array>;
  /** Pairs whose path is a staircase. */
  readonly stairs: readonly number[];
  readonly unbounded: ReadonlySet<number>;
}

/** What was read of one value at both ends. */
interface EndsOf {
  readonly id: ValueId;
  /** Without rows. */
  readonly shape: readonly number[];
  /**
   * Of a start: gradients. Of others: gradient × activation, whole or, of many, their squares summed to units on the device, and how
   * many are not finite.
   */
  readonly is: 'slopes' | 'products' | 'squares' | 'infinities';
  /** Numbers at each end of each pair. */
  readonly size: number;
}

/** Numbers of a value up to which all are read: summing takes more ops than the value had, and ops are what small networks wait for. */
const FEW = 16_384;

/** First-order error analysis: every value is rounded by its own size, times what F makes of it. @param bytes of all values of a row */
function walkEnds(walked: WalkedEnds, whole: Plan, group: Group, bytes: number): Ends {
  const axes = unitAxes(walked.plan);
  const { first, pairs } = group;
  const read = readEnds(walked, whole, group, bytes);
  const target = new Float64Array(2 * pairs);
  const units = new Map<ValueId, Float64Array>();
  const paths = Array.from({ length: pairs }, () => new PathRounding());
  const unbounded = new Set<number>();
  for (const { id, shape, is, size, numbers } of read) {
    if (is === 'slopes') {
      const line = walked.lines.ends.get(id)!;
      paths.forEach((path, pair) => path.note(line, first + pair, numbers, pair, pairs));
      continue;
    }
    if (is === 'products') squared(numbers, (at) => unbounded.add(first + (Math.floor(at / size) % pairs)));
    if (is === 'infinities') {
      numbers.forEach((count, row) => count > 0 && unbounded.add(first + (row % pairs)));
      continue;
    }
    const sums = is === 'products' ? positionSums(numbers, 2 * pairs, shape, axes.get(id) ?? null) : numbers;
    const count = sums.length / (2 * pairs);
    for (let at = 0; at < sums.length; at++) target[Math.floor(at / count)]! += sums[at]!;
    if (axes.has(id)) units.set(id, ofBothEnds(sums));
  }
  return {
    target: ofBothEnds(target).map((each) => OF_TARGET * each),
    units,
    stairs: paths.flatMap((path, pair) => (path.isStaircase ? [first + pair] : [])),
    unbounded,
  };
}

const unitAxes = ({ layers }: Plan): ReadonlyMap<ValueId, number | null> =>
  new Map(layers.map(({ layer }) => [layer.output, layer.unitAxis]));

/** A gradient without bound (of a root at zero) says nothing of a rounding without extent. @param infinite hears where one is */
function squared(products: Float32Array, infinite: (at: number) => void): void {
  for (let at = 0; at < products.length; at++) {
    const square = products[at]! ** 2;
    products[at] = square < Infinity ? square : 0;
    if (!(square < Infinity)) infinite(at);
  }
}

/** Both ends of every pair, baselines first, value by value. */
function readEnds(
  { plan, weights, lines, seeds, room, stages }: WalkedEnds,
  whole: Plan,
  group: Group,
  bytes: number,
): (EndsOf & { readonly numbers: Float32Array })[] {
  const { pairs } = group;
  const axes = unitAxes(plan);
  let about: readonly EndsOf[];
  const told = tf.tidy(() => {
    const given = new Map(
      [...lines.ends].map(([id, { from, to }]) => [id, tf.concat([pairsTensor(from, group), pairsTensor(to, group)])]),
    );
    const marks = seeds.map((seed) => markTensor(seed, group));
    const work = (): Done<readonly EndsOf[]> => {
      const kept: Tensor[] = [];
      const values: EndsOf[] = [];
      const visit = (id: ValueId, gradient: Tensor, y: Tensor): void => {
        const shape = gradient.shape.slice(1);
        // A start is given as it is, and rounded on the way only.
        const is = plan.starts.includes(id) ? 'slopes' : sizeOf(shape) <= FEW ? 'products' : 'squares';
        const made = tf.tidy(() => {
          if (is === 'slopes') return [tf.reshape(gradient, [-1])];
          const product = tf.mul(gradient, y);
          if (is === 'products') return [tf.reshape(product, [-1])];
          const finite = tf.isFinite(product);
          const bounded = tf.where(finite, tf.square(product), tf.zerosLike(product));
          const infinities = tf.sum(tf.reshape(tf.cast(tf.logicalNot(finite), 'float32'), [2 * pairs, -1]), 1);
          return [tf.reshape(overPositions(bounded, axes.get(id) ?? null), [-1]), infinities];
        });
        for (const [at, numbers] of made.entries()) {
          kept.push(tf.keep(numbers));
          values.push({ id, shape, is: at === 0 ? is : 'infinities', size: numbers.size / (2 * pairs) });
        }
      };
      const walk = gradientWalk(whole, weights, () => seedsAt(seeds, marks, 2), visit);
      sweepStages({ weights, stages, kept: whole.pruned.live }, given, [walk]);
      const flat = tf.concat(kept);
      for (const numbers of kept) numbers.dispose();
      return { tensors: [flat], about: values };
    };
    const inputs = [...given.values(), ...marks];
    const key = JSON.stringify([
      'rounding',
      [[...lines.ends.keys()], [...axes.keys()], pairs],
      seeds.map(({ value, sign }) => [value, sign]),
    ]);
    const records = weights.device.records && stages.length === 1 && 2 * pairs * bytes * RECORDED_PEAK <= room.left;
    const [done] = records ? weights.recordings.run(key, inputs, [work], coresFor(2 * pairs * bytes)) : [work()];
    about = done!.about;
    return done!.tensors[0]!;
  });
  const numbers = told.dataSync() as Float32Array;
  told.dispose();
  let at = 0;
  return about!.map((each) => ({ ...each, numbers: numbers.subarray(at, (at += 2 * pairs * each.size)) }));
}

/** Squares at the baselines, then at the inputs, [2 × pairs × size] → roots of their sums, rounded so: [pairs × size]. */
function ofBothEnds(squares: Float32Array | Float64Array): Float64Array {
  const roots = new Float64Array(squares.length / 2);
  for (let at = 0; at < roots.length; at++)
    roots[at] = PRECISION * Math.sqrt(squares[at]! + squares[roots.length + at]!);
  return roots;
}

/** How far the points of one path are rounded, against how far they move: by what F makes of it, and by itself. */
class PathRounding {
  #moves = 0;
  #roundings = 0;
  #length = 0;
  #blur = 0;

  /** @param slopes gradients at the baselines, then at the inputs, of so many pairs; `own` is this one's place among them */
  note({ from, to }: Line, pair: number, slopes: ArrayLike<number>, own: number, pairs: number): void {
    const size = to.data.length / to.shape[0]!;
    for (let place = 0; place < size; place++) {
      const [start, end] = [from.data[pair * size + place]!, to.data[pair * size + place]!];
      if (start === end) continue;
      const move = end - start;
      const rounding = PRECISION * Math.max(Math.abs(start), Math.abs(end));
      this.#length += move ** 2;
      this.#blur += rounding ** 2;
      const slope = Math.abs(slopes[own * size + place]!) + Math.abs(slopes[(pairs + own) * size + place]!);
      if (!Number.isFinite(slope)) continue;
      this.#moves += slope * Math.abs(move);
      this.#roundings += slope * rounding;
    }
  }

  get isStaircase(): boolean {
    return this.#roundings > STAIRCASE * this.#moves || this.#blur > STAIRCASE ** 2 * this.#length;
  }
}

/** How far the sums of every unit lie apart when a path's points are rounded otherwise: standard deviations. */
function walkStairs({ plan, weights, lines, seeds, room }: Walked, pair: number): Map<ValueId, Float64Array> {
  const samples = new Map<ValueId, Float32Array[]>();
  const group = { first: pair, pairs: 1 };
  const axes = new Map(plan.layers.map(({ layer }) => [layer.output, layer.unitAxis]));
  const random = numbersFrom(((pair + 1) * 0x9e3779b1) | 1);
  const segments = { stride: 1, pairs: 1, rows: SEGMENTS };
  const stages = room.stagesFor(SEGMENTS + 1, PEAK_PER_KEPT);
  for (let rounding = 0; rounding < ROUNDINGS; rounding++)
    tf.tidy(() => {
      const given = new Map([...lines.ends].map(([id, line]) => [id, roundedPoints(line, pair, random)]));
      const marks = seeds.map((seed) => markTensor(seed, group));
      const visit = (id: ValueId, multiplier: Tensor, y: Difference): void => {
        if (!axes.has(id)) return;
        const sums = tf.tidy(() => {
          const whole = tf.sum(carried(multiplier, y.delta), 0, true);
          return overPositions(whole, axes.get(id)!).dataSync() as Float32Array;
        });
        samples.set(id, [...(samples.get(id) ?? []), sums]);
      };
      const walk = multiplierWalk(plan, weights, segments, () => seedsAt(seeds, marks, SEGMENTS), visit);
      sweepStages({ weights, stages, kept: plan.kept }, given, [walk]);
    });
  return new Map([...samples].map(([id, own]) => [id, deviations(own)]));
}

/** Points of a path, each coordinate that moves rounded to one of the two numbers beside it: [SEGMENTS + 1, …]. */
function roundedPoints({ from, to }: Line, pair: number, random: () => number): Tensor {
  const shape = to.shape.slice(1);
  const size = sizeOf(shape);
  const data = new Float32Array((SEGMENTS + 1) * size);
  for (let point = 0, out = 0; point <= SEGMENTS; point++)
    for (let place = pair * size; place < (pair + 1) * size; place++, out++) {
      const [start, end] = [from.data[place]!, to.data[place]!];
      const exact = start + (point / SEGMENTS) * (end - start);
      const between = point > 0 && point < SEGMENTS && start !== end;
      data[out] = between ? exact + (random() - 0.5) * 2 * PRECISION * Math.abs(exact) : point === 0 ? start : end;
    }
  return tf.tensor(data, [SEGMENTS + 1, ...shape], 'float32');
}

/** Of each place, over samples. */
function deviations(samples: readonly Float32Array[]): Float64Array {
  return Float64Array.from(samples[0]!, (_, place) => {
    const mean = samples.reduce((sum, each) => sum + each[place]!, 0) / samples.length;
    const squares = samples.reduce((sum, each) => sum + (each[place]! - mean) ** 2, 0);
    return Math.sqrt(squares / (samples.length - 1));
  });
}
