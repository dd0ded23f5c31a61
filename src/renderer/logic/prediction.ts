/** A prediction as its largest values. */
import type { OutputPrediction } from '../../contract/studio';
import { exampleOf } from './inputs';

export interface TopValue {
  readonly index: number;
  readonly atInput: number;
  readonly atBaseline: number;
}

/** The `limit` largest values of an output at an example, largest first. */
export function topValues(output: OutputPrediction, place: number, limit: number): TopValue[] {
  const atInput = exampleOf(output.atInput, place).data;
  const baselinePlace = Math.min(place, (output.atBaseline.shape[0] ?? 1) - 1);
  const atBaseline = exampleOf(output.atBaseline, baselinePlace).data;
  return Array.from(atInput, (value, index) => ({ index, atInput: value, atBaseline: atBaseline[index]! }))
    .sort((a, b) => b.atInput - a.atInput)
    .slice(0, limit);
}

/** Whether an output's values can be read as probabilities. */
export const looksLikeProbabilities = (output: OutputPrediction): boolean =>
  output.atInput.data.every((value) => value >= 0 && value <= 1.0001);
