/** A unit at many examples: its largest activation and where, and what of the inputs it sees there. */
import type { NumericArray } from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import type { ReceptiveField } from '../../../contract/unitValues';
import type { Graph, Layer } from '../../engine/graph/graph';
import { layerNamed } from '../../engine/graph/layers';
import { receptiveField } from '../../engine/graph/receptive';
import { sizeOf } from '../../engine/graph/values';
import { tops } from './verdicts';

/** @throws LAYER_UNKNOWN, OUTPUT_INDEX where the layer has no such unit */
export function layerOfUnit(graph: Graph, name: string, unit: number): Layer {
  const layer = layerNamed(graph, name);
  if (!layer) throw new MhoError('LAYER_UNKNOWN', { layer: name, hint: '' });
  const units = layer.unitAxis === null ? 1 : graph.values[layer.output]!.shape[layer.unitAxis];
  if (units != null && unit >= units)
    throw new MhoError('OUTPUT_INDEX', { index: `${unit}`, layer: name, size: units, last: units - 1 });
  return layer;
}

/**
 * @param values of the layer, `[examples, …]`
 * @param strange examples of which some value is not a number
 */
export function unitPeaks(
  { shape, data }: NumericArray,
  unitAxis: number | null,
  unit: number,
  strange: ReadonlySet<number>,
): { value: Float32Array; position: Int32Array } {
  if (unitAxis === null) {
    const { top, value } = tops({ shape, data }, strange);
    return { value, position: top };
  }
  const [examples = 0, ...sizes] = shape;
  const units = sizes[unitAxis]!;
  const inner = sizeOf(sizes.slice(unitAxis + 1));
  const outer = sizeOf(sizes.slice(0, unitAxis));
  const own = new Float32Array(examples * outer * inner);
  for (let at = 0; at < examples * outer; at++)
    own.set(data.subarray((at * units + unit) * inner, (at * units + unit + 1) * inner), at * inner);
  const { top, value } = tops({ shape: [examples, outer * inner], data: own }, strange);
  return { value, position: top };
}

/** What of each input the unit sees from positions. @throws as `layerOfUnit`, OUTPUT_INDEX for a position that the layer has not */
export function fieldsOf(graph: Graph, name: string, unit: number, positions: readonly number[]): ReceptiveField[][] {
  const layer = layerOfUnit(graph, name, unit);
  const { shape } = graph.values[layer.output]!;
  const sizes = shape.filter((_, axis) => axis !== layer.unitAxis);
  const size = sizes.includes(null) ? Infinity : sizeOf(sizes as readonly number[]);
  const known = new Map<number, ReceptiveField[]>();
  return positions.map((position) => {
    if (position >= size)
      throw new MhoError('OUTPUT_INDEX', { index: `${position}`, layer: name, size, last: size - 1 });
    const field = known.get(position) ?? [...receptiveField(graph, layer, unit, position)];
    known.set(position, field);
    return field;
  });
}
