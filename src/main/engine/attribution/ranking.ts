/** Which units carried most: across layers or within one, with what the error leaves open. */
import type { LayerResult } from '../../../contract/attribution';

export interface RankedUnit {
  readonly layer: string;
  readonly unit: number;
  /** In units of the target; ranked by its magnitude. */
  readonly contribution: number;
  /** Estimated error of the contribution; null where the method has none. */
  readonly error: number | null;
  /** From 1. Equal magnitudes keep the order of layers and units. */
  readonly rank: number;
  /** The ranks that the errors leave possible. */
  readonly ranks: readonly [best: number, worst: number];
  /** Whether its order against a neighbour in the ranking lies within their errors. */
  readonly tied: boolean;
}

type Units = Pick<LayerResult, 'name' | 'units' | 'unitError' | 'sum'>;

/**
 * The units of the given layers by magnitude of contribution, largest first.
 *
 * A unit surely stands above another when its interval of magnitude, contribution ± error, lies above the other's.
 * @param layers one for a ranking within, several for one across
 * @param example place in the run's complete examples
 * @param top how many; all when absent
 */
export function rankUnits(layers: readonly Units[], example: number, top = Infinity): RankedUnit[] {
  const examples = layers[0]?.sum.length ?? 0;
  const starts: number[] = [];
  let count = 0;
  for (const { units } of layers) {
    starts.push(count);
    count += units.length / examples;
  }
  const magnitudes = new Float64Array(count);
  const errors = new Float64Array(count);
  layers.forEach(({ units, unitError }, layer) => {
    const size = units.length / examples;
    for (let unit = 0; unit < size; unit++) {
      const value = Math.abs(units[example * size + unit]!);
      magnitudes[starts[layer]! + unit] = Number.isNaN(value) ? -Infinity : value; // what is no number ranks last
      errors[starts[layer]! + unit] = unitError?.[example * size + unit] ?? 0;
    }
  });
  const order = Uint32Array.from({ length: count }, (_, place) => place).sort(
    (a, b) => magnitudes[b]! - magnitudes[a]! || a - b,
  );
  const lows = magnitudes.map((value, place) => value - errors[place]!).sort();
  const highs = magnitudes.map((value, place) => value + errors[place]!).sort();

  const withinError = (a: number | undefined, b: number | undefined): boolean =>
    a !== undefined &&
    b !== undefined &&
    Math.abs(magnitudes[a]! - magnitudes[b]!) <= errors[a]! + errors[b]! &&
    magnitudes[a]! > 0;

  const ranked: RankedUnit[] = [];
  for (let place = 0; place < Math.min(count, top); place++) {
    const at = order[place]!;
    const layer = starts.findLastIndex((start) => start <= at);
    const { name, units, unitError } = layers[layer]!;
    const size = units.length / examples;
    const unit = at - starts[layer]!;
    ranked.push({
      layer: name,
      unit,
      contribution: units[example * size + unit]!,
      error: unitError ? unitError[example * size + unit]! : null,
      rank: place + 1,
      ranks: [
        1 + count - firstAbove(lows, magnitudes[at]! + errors[at]!),
        count - firstNotBelow(highs, magnitudes[at]! - errors[at]!),
      ],
      tied: withinError(order[place - 1], at) || withinError(at, order[place + 1]),
    });
  }
  return ranked;
}

/** First place in a sorted array where `holds` is true, given that it stays true from there on. */
function firstWhere(sorted: Float64Array, holds: (value: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(sorted[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

const firstAbove = (sorted: Float64Array, value: number): number => firstWhere(sorted, (each) => each > value);
const firstNotBelow = (sorted: Float64Array, value: number): number => firstWhere(sorted, (each) => each >= value);
