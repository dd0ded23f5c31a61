/** Contributions by plain differences: an independent check that uses forward passes alone. */
import type { NumericArray } from '../../src/contract/attribution';
import { Weights } from '../../src/main/engine/attribution/weights';
import { evaluate } from '../../src/main/engine/attribution/evaluate';
import type { Device } from '../../src/main/engine/backends';
import { sizeOf, type Graph } from '../../src/main/engine/graph/graph';
import { variation } from '../../src/main/engine/graph/varied';
import { resolveTarget } from '../../src/main/engine/graph/target';

export interface Asked {
  /** One example per model input, and the baseline. */
  readonly inputs: Readonly<Record<string, NumericArray>>;
  readonly baselines: Readonly<Record<string, NumericArray>>;
  /** Output or layer, and flat index. */
  readonly target: string;
  readonly index: number;
}

const rowsAt = (from: NumericArray, to: NumericArray, places: readonly number[]): NumericArray => ({
  shape: [places.length, ...to.shape.slice(1)],
  data: Float32Array.from(
    places.flatMap((at) => Array.from(to.data, (end, i) => from.data[i]! + at * (end - from.data[i]!))),
  ),
});

/**
 * ∫ ∂F/∂y · dy along the straight path for some values y of a layer: the slope by a central difference of F in the middle of
 * each of `points` steps, times the difference of y over the step.
 * @param places flat indices of values in the layer's activation
 * @param share of the layer's largest value, by which a value is moved to either side: wide enough for float32's rounding,
 * narrow enough for the curvature; a kink within its reach spoils it
 */
export async function numericContributions(
  device: Device,
  graph: Graph,
  { inputs, baselines, target, index }: Asked,
  layer: string,
  places: readonly number[],
  points = 64,
  share = 5e-3,
): Promise<number[]> {
  const { value: sink } = resolveTarget(graph, { layer: target, index });
  const { output } = graph.layers.find((each) => each.name === layer)!;
  const weights = new Weights(device, graph);
  try {
    // Behind inputs of whole numbers the path runs through the first real values.
    const starts = variation(graph).starts;
    const at = (given: Asked['inputs']) =>
      evaluate(graph, weights, new Map(graph.inputs.map(({ name, value }) => [value, given[name]!])), starts);
    const [from, to] = [await at(baselines), await at(inputs)];
    // What whole numbers decide (which places count) stays as it is at the input.
    const decided = variation(graph).fixed;
    const fixed = await evaluate(
      graph,
      weights,
      new Map(graph.inputs.map(({ name, value }) => [value, inputs[name]!])),
      decided,
    );
    const repeated = (rows: number): [number, NumericArray][] =>
      decided.map((id) => {
        const { shape, data } = fixed.get(id)!;
        const all = Float32Array.from({ length: rows * data.length }, (_, i) => data[i % data.length]!);
        return [id, { shape: [rows, ...shape.slice(1)], data: all }];
      });
    const along = (places: readonly number[]) =>
      new Map([
        ...repeated(places.length),
        ...starts.map((id) => [id, rowsAt(from.get(id)!, to.get(id)!, places)] as const),
      ]);
    const steps = Array.from({ length: points }, (_, step) => step);
    const ends = (await evaluate(graph, weights, along([...steps, points].map((step) => step / points)), [output])).get(
      output,
    )!;
    const middles = along(steps.map((step) => (step + 0.5) / points));
    const activation = (await evaluate(graph, weights, middles, [output])).get(output)!;
    const size = sizeOf(activation.shape.slice(1));
    const result: number[] = [];
    for (const place of places) {
      // What a mask puts in is no value of the layer's own.
      const own = (value: number): number => (Math.abs(value) < 1e9 ? Math.abs(value) : 0);
      const width = share * activation.data.reduce((most, value) => Math.max(most, own(value)), 0.1);
      const moved = async (by: number): Promise<Float32Array> => {
        const data = activation.data.slice();
        for (const step of steps) data[step * size + place]! += by;
        const feeds = new Map([...middles, [output, { ...activation, data }]]);
        const { shape, data: all } = (await evaluate(graph, weights, feeds, [sink])).get(sink)!;
        const each = sizeOf(shape.slice(1));
        return Float32Array.from(steps, (step) => all[step * each + index]!);
      };
      const [above, below] = [await moved(width), await moved(-width)];
      result.push(
        steps.reduce((sum, step) => {
          const difference = ends.data[(step + 1) * size + place]! - ends.data[step * size + place]!;
          return sum + ((above[step]! - below[step]!) / (2 * width)) * difference;
        }, 0),
      );
    }
    return result;
  } finally {
    weights.dispose();
  }
}
