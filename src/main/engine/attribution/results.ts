/** From sums over pairs to what the user is told: means over references, residuals, error estimates, units. */
import type { LayerResult } from '../../../contract/attribution';
import { sizeOf } from '../graph/graph';
import type { Course } from './course';
import { errorsOf, type Calibration, type Distances } from './evenErrors';
import type { MethodSum } from './methods';
import type { PlannedLayer } from './plan';
import { positionSums } from './positions';
import { floorOf, type Rounding } from './rounding';
import type { LayerSums } from './sums';

/** What a layer's errors are estimated from. */
export interface Estimated {
  readonly course: Course;
  readonly calibration: Calibration;
  /** What no number of steps brings the errors below. */
  readonly rounding: Rounding;
}

/**
 * One layer's result, from its sums over the examples' pairs (pair = example · references + reference).
 * @param chosen which examples those are, among all that courses and rounding tell of
 * @param delta F(x) − F(x') per example, averaged over references
 * @param estimated null where the method has no integral
 */
export function layerResult(
  { layer, cut }: PlannedLayer,
  sums: LayerSums,
  chosen: readonly number[],
  references: number,
  delta: Float32Array,
  method: MethodSum,
  estimated: Estimated | null,
): LayerResult {
  const { shape, fine } = sums;
  const size = sizeOf(shape);
  const examples = delta.length;
  const { unitAxis } = layer;
  const contributions = meanOverReferences(fine, examples, references, size);
  const totals = positionSums(contributions, examples, shape, unitAxis);
  const sum = perExample(totals, examples);
  const neuronsTotal = magnitudes(contributions, examples);
  const unitsTotal = magnitudes(totals, examples);
  const count = totals.length / examples;
  const error = new Float32Array(examples);
  const unitsError = new Float32Array(examples);
  const unitError = new Float32Array(estimated ? totals.length : 0);
  if (estimated) {
    const { course, calibration, rounding } = estimated;
    const apart = meanOverReferences(sums.coarse, examples, references, size).map(
      (value, at) => contributions[at]! - value,
    );
    const neurons = magnitudes(apart, examples);
    const coherent = positionSums(apart, examples, shape, unitAxis);
    const independent = rootsOverReferences(sums.squares, examples, references, count);
    for (let example = 0; example < examples; example++) {
      const own = <Values extends Float32Array | Float64Array>(values: Values) =>
        values.subarray(example * count, (example + 1) * count) as Values;
      const first = chosen[example]! * references;
      const distances: Distances = {
        independent: own(independent),
        coherent: own(coherent),
        neurons: neurons[example]!,
        spread: course.spread(first, first + references),
      };
      const errors = errorsOf(distances, unitsTotal[example]!, calibration);
      const least = floorOf(rounding, layer.output, own(totals), neuronsTotal[example]!, first, first + references);
      error[example] = errors.neurons + least.neurons;
      unitsError[example] = errors.units + least.units;
      errors.unit.forEach((value, unit) => (unitError[example * count + unit] = value + least.unit[unit]!));
    }
  }
  return {
    name: layer.name,
    kind: layer.kind,
    shape,
    unitAxis,
    cut,
    contributions,
    sum,
    residual: cut && method.complete ? sum.map((value, example) => value - delta[example]!) : null,
    error: estimated && error,
    unitsError: estimated && unitsError,
    neuronsTotal,
    unitsTotal,
    units: Float32Array.from(totals),
    unitError: estimated && unitError,
    certain: null,
    spread: references > 1 ? spreadOverReferences(fine, contributions, examples, references, size) : null,
    ...(isKept(examples * references * count) &&
      references > 1 && { references: Float32Array.from(positionSums(fine, examples * references, shape, unitAxis)) }),
  };
}

/** Numbers of one layer's units, reference by reference, that are kept with a result at the most. */
const MOST_REFERENCES_KEPT = 2 ** 20;
export const isKept = (numbers: number): boolean => numbers <= MOST_REFERENCES_KEPT;

// Layers of large networks have millions of neurons: what follows is loops over arrays, without a call for each number.

/** Rows of some examples, in rising order; where these are the first ones, a view. @param size of one example's rows */
export function rowsOf(values: Float32Array, examples: readonly number[], size: number): Float32Array {
  if (examples.every((example, place) => example === place)) return values.subarray(0, examples.length * size);
  const rows = new Float32Array(examples.length * size);
  for (const [place, example] of examples.entries())
    rows.set(values.subarray(example * size, (example + 1) * size), place * size);
  return rows;
}

/** [examples × references, size] → [examples, size] */
function meanOverReferences(sums: Float32Array, examples: number, references: number, size: number): Float32Array {
  if (references === 1) return sums;
  const means = new Float32Array(examples * size);
  for (let example = 0; example < examples; example++)
    for (let place = 0; place < size; place++) {
      let total = 0;
      for (let reference = 0; reference < references; reference++)
        total += sums[(example * references + reference) * size + place]!;
      means[example * size + place] = total / references;
    }
  return means;
}

/** Standard deviation of each neuron's contribution over the references (of the sample: divided by R − 1). */
function spreadOverReferences(
  sums: Float32Array,
  means: Float32Array,
  examples: number,
  references: number,
  size: number,
): Float32Array {
  const spread = new Float32Array(examples * size);
  for (let example = 0; example < examples; example++)
    for (let place = 0; place < size; place++) {
      const mean = means[example * size + place]!;
      let squares = 0;
      for (let reference = 0; reference < references; reference++)
        squares += (sums[(example * references + reference) * size + place]! - mean) ** 2;
      spread[example * size + place] = Math.sqrt(squares / (references - 1));
    }
  return spread;
}

/** Of squares per pair, roots of their sums over references, divided by how many: [examples × references, size] → [examples, size]. */
function rootsOverReferences(squares: Float32Array, examples: number, references: number, size: number): Float64Array {
  const roots = new Float64Array(examples * size);
  for (let pair = 0; pair < examples * references; pair++)
    for (let place = 0, to = Math.floor(pair / references) * size; place < size; place++)
      roots[to + place]! += squares[pair * size + place]!;
  return roots.map((total) => Math.sqrt(total) / references);
}

/** Σ|·| per example, of [examples, …]. */
export function magnitudes(values: Float32Array | Float64Array, examples: number): Float32Array {
  const size = values.length / examples;
  return Float32Array.from({ length: examples }, (_, example) => {
    let total = 0;
    for (let at = example * size, end = at + size; at < end; at++) total += Math.abs(values[at]!);
    return total;
  });
}

/** [examples, units] → [examples] */
const perExample = (totals: Float64Array, examples: number): Float32Array => {
  const units = totals.length / examples;
  return Float32Array.from({ length: examples }, (_, example) =>
    totals.subarray(example * units, (example + 1) * units).reduce((sum, each) => sum + each, 0),
  );
};
