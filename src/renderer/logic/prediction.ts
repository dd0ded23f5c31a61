/** A prediction as its largest values. */
import { scaleLinear } from 'd3-scale';
import type { OutputPrediction } from '../../contract/studio';
import { exampleOf } from './inputs';

export interface TopValue {
  readonly index: number;
  /** With units taken out; of the whole network the same as at the input. */
  readonly now: number;
  readonly atInput: number;
  readonly atBaseline: number;
}

/**
 * The `limit` largest values of an output at an example, largest first.
 * @param after the example's values with units taken out: those are sorted by, and the whole network's largest stays among them
 */
export function topValues(
  output: OutputPrediction,
  place: number,
  limit: number,
  after: ArrayLike<number> | null = null,
): TopValue[] {
  const atInput = exampleOf(output.atInput, place).data;
  const baselinePlace = Math.min(place, (output.atBaseline.shape[0] ?? 1) - 1);
  const atBaseline = exampleOf(output.atBaseline, baselinePlace).data;
  const all = Array.from(atInput, (value, index) => ({
    index,
    now: after?.[index] ?? value,
    atInput: value,
    atBaseline: atBaseline[index]!,
  }));
  const largest = all.toSorted((a, b) => b.now - a.now).slice(0, limit);
  const before = all.reduce((most, each) => (each.atInput > most.atInput ? each : most), all[0]!);
  return all.length === 0 || largest.includes(before) ? largest : [...largest.slice(0, -1), before];
}

/** What an output says, as a shape that its labels go by. */
export const portOf = ({ name, atInput }: OutputPrediction) => ({ name, shape: atInput.shape.slice(1) });

/** One axis for rows of values: where it begins and ends, zero included. */
export interface Axis {
  readonly low: number;
  readonly high: number;
}

/** A value's place on an axis, per cent of its length. */
export const placeOn = ({ low, high }: Axis, value: number): number =>
  (100 * (Math.min(high, Math.max(low, value)) - low)) / (high - low);

/** Nothing that a float32 output tells apart is smaller. */
const LEAST_RANGE = 1e-37;

/**
 * The axis of all rows that are shown: of probabilities 0 to 1, else round numbers that hold every value and zero, so that a bar is
 * as long as its value and no longer.
 */
export function axisOf(rows: readonly (readonly TopValue[])[], probable: boolean): Axis {
  if (probable) return { low: 0, high: 1 };
  const values = rows.flat().flatMap(({ now, atInput, atBaseline }) => [now, atInput, atBaseline]);
  const finite = values.filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...finite), Math.max(0, ...finite)];
  if (high - low < LEAST_RANGE) return { low: 0, high: 1 };
  const [from, to] = scaleLinear().domain([low, high]).nice(4).domain() as [number, number];
  return { low: from, high: to };
}

/**
 * Whether an output's values can be read as probabilities.
 * @param known whether the model says so; a value that stands alone is one only then
 */
export const looksLikeProbabilities = ({ atInput }: OutputPrediction, known: boolean): boolean =>
  (known || atInput.data.length > atInput.shape[0]!) && atInput.data.every((value) => value >= 0 && value <= 1.0001);
