/** From sums over pairs to what the user is told: means over references, residuals, error estimates, units. */
import type { LayerResult } from '../../../contract/attribution';
import { sizeOf } from '../graph/graph';
import type { MethodSum } from './methods';
import type { PlannedLayer } from './plan';
import type { LayerSums } from './sweep';

/**
 * One layer's result, from its sums over all complete pairs (pair = example · references + reference).
 * @param delta F(x) − F(x') per example, averaged over references
 */
export function layerResult(
  { layer, cut }: PlannedLayer,
  { shape, fine, coarse }: LayerSums,
  references: number,
  delta: Float32Array,
  method: MethodSum,
): LayerResult {
  const size = sizeOf(shape);
  const examples = delta.length;
  const contributions = meanOverReferences(fine, examples, references, size);
  const sum = perExample(contributions, examples, (values) => values.reduce((total, value) => total + value, 0));
  const units = overPositions(contributions, examples, shape, layer.unitAxis);

  let error: Float32Array | null = null;
  let unitError: Float32Array | null = null;
  if (method.integral) {
    const other = meanOverReferences(coarse, examples, references, size);
    const difference = contributions.map((value, place) => value - other[place]!);
    error = perExample(difference, examples, (values) => values.reduce((total, value) => total + Math.abs(value), 0));
    unitError = overPositions(difference, examples, shape, layer.unitAxis).map(Math.abs);
  }
  return {
    name: layer.name,
    kind: layer.kind,
    shape,
    unitAxis: layer.unitAxis,
    cut,
    contributions,
    sum,
    residual: cut && method.complete ? sum.map((value, example) => value - delta[example]!) : null,
    error,
    units,
    unitError,
    spread: references > 1 ? spreadOverReferences(fine, contributions, examples, references, size) : null,
  };
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
  return Float32Array.from({ length: examples * size }, (_, at) => {
    const mean = means[at]!;
    const example = Math.floor(at / size);
    let squares = 0;
    for (let reference = 0; reference < references; reference++)
      squares += (sums[(example * references + reference) * size + (at % size)]! - mean) ** 2;
    return Math.sqrt(squares / (references - 1));
  });
}

const perExample = (values: Float32Array, examples: number, reduce: (values: Float32Array) => number): Float32Array => {
  const size = values.length / examples;
  return Float32Array.from({ length: examples }, (_, example) =>
    reduce(values.subarray(example * size, (example + 1) * size)),
  );
};

/** Sums over every axis but the units' one: [examples, …shape] → [examples, units]. */
export function overPositions(
  values: Float32Array,
  examples: number,
  shape: readonly number[],
  unitAxis: number | null,
): Float32Array {
  const units = unitAxis === null ? 1 : shape[unitAxis]!;
  const inner = unitAxis === null ? 1 : sizeOf(shape.slice(unitAxis + 1));
  const size = sizeOf(shape);
  const totals = new Float64Array(examples * units);
  for (let at = 0; at < values.length; at++) {
    const unit = unitAxis === null ? 0 : Math.floor((at % size) / inner) % units;
    totals[Math.floor(at / size) * units + unit]! += values[at]!;
  }
  return Float32Array.from(totals);
}
