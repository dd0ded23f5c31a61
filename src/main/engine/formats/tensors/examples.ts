/**
 * Where a file's examples lie. Files of tensors with all their axes (ONNX, TensorFlow) do not say it; three readings are
 * tried, and the first that leads from the inputs to every output is taken, else the one that leads farthest.
 */
import { closedOf } from '../../graph/closed';
import type { Graph, Size, ValueId } from '../../graph/graph';

/**
 * `batched`: the first axis of every input counts examples.
 * `one`: the file computes one example at a time, with a batch of one (fixed, or of arithmetic across the batch): that axis
 * is not held, and examples lie in front of all others. So they are computed side by side all the same.
 * `whole`: there is no batch axis; the whole of an input is one example.
 */
export type Reading = 'batched' | 'one' | 'whole';

/** What a reading comes to. */
export interface Attempt {
  readonly graph: Graph;
  /** Outputs of the file, as many of them as vary. */
  readonly outputs: readonly ValueId[];
}

/** Sizes of an input as the file declares it; null where free. Null as a whole where nothing is declared. */
export type Declared = readonly Size[] | null;

/** Readings that may differ, in the order in which they are tried. */
export function readingsOf(inputs: readonly Declared[]): readonly Reading[] {
  const firsts = inputs.flatMap((shape) => (shape ? [shape[0]] : []));
  const fixed = new Set(firsts.filter((size) => typeof size === 'number'));
  const batched = fixed.size <= 1 && !firsts.includes(undefined);
  return [...(batched ? (['batched'] as const) : []), 'one', ...(firsts.includes(null) ? (['whole'] as const) : [])];
}

/** The batch size that all inputs fix. */
export function fixedBatch(inputs: readonly Declared[]): number | undefined {
  const first = inputs[0]?.[0] ?? undefined;
  return inputs.every((shape) => shape?.[0] === first) ? first : undefined;
}

/** The reading that leads farthest. @param read makes the graph of one */
export function farthest<T extends Attempt>(
  inputs: readonly Declared[],
  read: (reading: Reading) => T,
): T & { readonly reading: Reading } {
  let best: {
    readonly attempt: T & { readonly reading: Reading };
    readonly reached: number;
    readonly closed: number;
  } | null = null;
  for (const reading of readingsOf(inputs)) {
    const attempt = { ...read(reading), reading };
    const closed = closedOf(attempt.graph);
    const reached = attempt.outputs.filter((id) => !closed.has(id)).length;
    if (!best || reached > best.reached || (reached === best.reached && closed.size < best.closed))
      best = { attempt, reached, closed: closed.size };
    if (reached === attempt.outputs.length) break;
  }
  return best!.attempt;
}
