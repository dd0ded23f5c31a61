/** F at the ends of paths as a model gives it that rounds its values to steps; the path itself walks the line that they stand for. */
import type { Remark, RunResult } from '../../../contract/attribution';
import type { Device } from '../backends';
import type { Graph } from '../graph/graph';
import { evaluate } from './evaluate';
import { NOT_HERE } from './path';
import type { Prepared } from './request';
import { withWeights } from './weights';

/** F per pair. */
export interface SteppedEnds {
  readonly atInput: Float32Array;
  readonly atBaseline: Float32Array;
}

/**
 * @param given the graph with its steps
 * @param line the graph that is walked; the same where nothing is rounded: then null is returned
 */
export async function steppedEnds(
  device: Device,
  given: Graph,
  line: Graph,
  { lines, seeds, sinks }: Pick<Prepared, 'lines' | 'seeds' | 'sinks'>,
): Promise<SteppedEnds | null> {
  if (given === line) return null;
  return withWeights(device, given, async (weights) => {
    const at = async (end: 'from' | 'to'): Promise<Float32Array> => {
      const feeds = new Map([...lines.ends].map(([id, each]) => [id, each[end]]));
      const values = await evaluate(given, weights, feeds, sinks);
      const sums = new Float32Array(lines.pairs);
      for (const { value, index, sign } of seeds) {
        const { shape, data } = values.get(value)!;
        const size = data.length / shape[0]!;
        index.forEach((place, pair) => {
          if (place !== NOT_HERE) sums[pair]! += sign * data[pair * size + place]!;
        });
      }
      return sums;
    };
    return { atInput: await at('to'), atBaseline: await at('from') };
  });
}

/** Numbers of pairs, over the references of each example. */
export const meanOver = (values: Float32Array, examples: readonly number[], references: number): Float32Array =>
  Float32Array.from(examples, (example) =>
    values.subarray(example * references, (example + 1) * references).reduce((a, b) => a + b / references, 0),
  );

/** F of a result as the model rounds it; what it is on the line becomes a remark. */
export function asRounded(
  stepped: SteppedEnds | null,
  { atInput, atBaseline, examples }: Pick<RunResult, 'atInput' | 'atBaseline' | 'examples'>,
  references: number,
): Partial<Pick<RunResult, 'atInput' | 'atBaseline'>> & { readonly told: readonly Remark[] } {
  if (!stepped) return { told: [] };
  return {
    told: examples.map((example, place) => ({
      kind: 'quantised',
      example,
      atInput: atInput[place]!,
      atBaseline: atBaseline[place]!,
    })),
    atInput: meanOver(stepped.atInput, examples, references),
    atBaseline: meanOver(stepped.atBaseline, examples, references),
  };
}
